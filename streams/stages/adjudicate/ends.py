"""What relations can be between: the regions that mean something in the consensus."""

from __future__ import annotations

from streams.scores import ControlScore, ObjectEvidence
from streams.stages.adjudicate.voters import Settled, Voters, sources

__all__ = ["mean_the_answer", "not_kept"]


def mean_the_answer(control: ControlScore, settled: Settled, voters: Voters) -> None:
    """Whatever an annotator answered to a control, a relation to it is one to what the control comes to."""
    if settled.consensus and not isinstance(control.evidence, ObjectEvidence):
        settled.members = [_regions(control, voters)]


def not_kept(control: ControlScore, settled: Settled, voters: Voters) -> set[str]:
    """The counted annotators' regions of a control that mean nothing in the consensus: too few drew or gave them."""
    kept = {source for members in settled.members for source in members}
    return set(_regions(control, voters)) - kept


def _regions(control: ControlScore, voters: Voters) -> list[str]:
    evidence = control.evidence
    if not isinstance(evidence, ObjectEvidence):
        return [name for i in range(len(voters.rows)) for name in sources(voters, i, evidence.regions)]
    submission = dict(zip(voters.rows, voters.submissions, strict=True))
    marks = zip(evidence.owners, evidence.regions, strict=True)
    return [f"{submission[row]}/{region.id}" for row, region in marks if row in submission]
