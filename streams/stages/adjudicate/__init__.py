"""Scores → one consensus annotation, and what each annotator's answer has against it.

Every consensus region keeps who supports it, how sure it is and which regions it was made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from msgspec import Struct

from streams.plan import NOTHING, Learned
from streams.scores import AnswerEvidence, CategoryEvidence, ControlScore, ObjectEvidence, Scores, SetEvidence
from streams.stages.adjudicate.answers import settle_answers
from streams.stages.adjudicate.categories import settle_category, settle_set
from streams.stages.adjudicate.ends import settle_relations
from streams.stages.adjudicate.objects import settle_objects
from streams.stages.adjudicate.recall import is_by_recall
from streams.stages.adjudicate.voters import Settled, Voters

__all__ = ["Adjudication", "adjudicate"]


class Adjudication(Struct):
    """What a task comes to."""

    consensus: list[Any]
    """`ConsensusRegion`s, and plain objects for the types that have no struct of their own.

    Numbered `c1`, `c2`, … by control name, then content.
    """
    controls: dict[str, Settled]


_SETTLE: dict[type, Callable[[ControlScore, Voters], Settled]] = {
    CategoryEvidence: settle_category,
    SetEvidence: settle_set,
    AnswerEvidence: settle_answers,
    ObjectEvidence: settle_objects,
}


def adjudicate(
    scores: Scores,
    submissions: Sequence[str],
    weights: Mapping[str, float],
    learned: Learned = NOTHING,
) -> Adjudication:
    """Adjudicate every control by the method of its settings.

    Args:
        scores: from `stages.score`.
        submissions: the submission id of each of `scores.annotators`.
        weights: by annotator, for controls that ask for `weighted`: as the project's settings have them.
        learned: for whoever `weights` does not name; a weight of 1 for whoever neither does. Votes on a category are
            counted by recall where it was learned of a voter and `weights` names none of them: how a weight that
            somebody has set compares with a probability, nobody can tell.
    """
    ids = [scores.annotators[row] for row in scores.counted]
    equal = Voters(scores.counted, ids, [submissions[row] for row in scores.counted], None)
    relations: list[tuple[ControlScore, Voters]] = []
    others: list[tuple[ControlScore, Voters, Settled]] = []
    for control in scores.controls:
        voters = _weighed(equal, control, weights, learned) if control.plan.adjudication == "weighted" else equal
        if control.plan.type == "relation":
            relations.append((control, voters))
        else:
            others.append((control, voters, _SETTLE[type(control.evidence)](control, voters)))
    # Relations come last: whether their ends are in the consensus, the other controls say.
    found = [*others, *(settle_relations(relations, others) if relations else ())]
    for _, voters, settled in found:
        if voters.weights is not None:
            settled.weights = dict(zip(ids, voters.weights, strict=True))
    controls = {control.name: settled for control, _, settled in sorted(found, key=lambda one: one[0].name)}
    return Adjudication(_named(controls.values()), controls)


def _weighed(equal: Voters, control: ControlScore, weights: Mapping[str, float], learned: Learned) -> Voters:
    ids, known = equal.ids, learned.get(control.name, {})
    found = [known.get(name) for name in ids]
    weighing = [weights.get(name, 1.0 if one is None else one.weight) for name, one in zip(ids, found, strict=True)]
    return Voters(
        equal.rows,
        ids,
        equal.submissions,
        # Where nobody does better than guessing, nobody is trusted more than anybody.
        weighing if any(weighing) else [1.0] * len(ids),
        found if is_by_recall(weights, ids, found) else None,
    )


def _named(controls: Iterable[Settled]) -> list[Any]:
    """Number the regions, and have relations name the numbered ones instead of what annotators drew.

    An end is the region that was made of the annotator's own, else the first that means the same object. A relation to
    a mark or an answer that was not kept is not kept either; an end that is no region of a scored control has no other
    name than the one that it was drawn with, `submission_id/region_id`.
    """
    consensus: list[Any] = []
    made_of: dict[str, str] = {}
    means: dict[str, str] = {}
    for settled in controls:
        for region, members in zip_longest(settled.consensus, settled.members):
            consensus.append(region)
            name = f"c{len(consensus)}"
            if isinstance(region, dict):
                region["id"], sources = name, region["sources"]
            else:
                region.id, sources = name, region.sources
            for source in sources:
                made_of.setdefault(source, name)
            for source in members or ():
                means.setdefault(source, name)
    ends = means | made_of
    for region in consensus:
        if isinstance(region, dict) and region["type"] == "relation":
            region["from"] = ends.get(region["from"], region["from"])
            region["to"] = ends.get(region["to"], region["to"])
    return consensus
