"""What relations can be between: the regions that mean something in the consensus."""

from __future__ import annotations

from collections.abc import Sequence

from streams.scores import ControlScore, ObjectEvidence
from streams.stages.adjudicate.objects import settle_objects
from streams.stages.adjudicate.voters import Settled, Voters, sources

__all__ = ["settle_relations"]

_Of = tuple[ControlScore, Voters, Settled]


def settle_relations(relations: Sequence[tuple[ControlScore, Voters]], others: Sequence[_Of]) -> list[_Of]:
    """The consensus of the controls that hold relations, given that of all others.

    A relation to a region that is not kept is not kept either; where that was an end of another one, nor is that. And
    whatever an annotator answered to a control, a relation to it is one to what the control comes to: its `members`.
    """
    for control, voters, settled in others:
        if settled.consensus and not isinstance(control.evidence, ObjectEvidence):
            settled.members = [_regions(control, voters)]
    lost = _not_kept(others)
    while True:
        found = [(control, voters, settle_objects(control, voters, lost)) for control, voters in relations]
        gone = _not_kept(found) - lost
        ends = (one[end] for _, _, settled in found for one in settled.consensus for end in ("from", "to"))
        if gone.isdisjoint(ends):
            return found
        lost |= gone


def _not_kept(controls: Sequence[_Of]) -> set[str]:
    """The counted annotators' regions that mean nothing in the consensus: too few drew or gave them."""
    lost: set[str] = set()
    for control, voters, settled in controls:
        lost.update(_regions(control, voters))
        lost.difference_update(source for members in settled.members for source in members)
    return lost


def _regions(control: ControlScore, voters: Voters) -> list[str]:
    evidence = control.evidence
    if not isinstance(evidence, ObjectEvidence):
        return [name for i in range(len(voters.rows)) for name in sources(voters, i, evidence.regions)]
    submission = dict(zip(voters.rows, voters.submissions, strict=True))
    marks = zip(evidence.owners, evidence.regions, strict=True)
    return [f"{submission[row]}/{region.id}" for row, region in marks if row in submission]
