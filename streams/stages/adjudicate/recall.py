"""Votes on a category, counted by what was learned of each voter: how often they name a class where it is true.

Two opinions pooled: Bayes' rule by the recalls and by how common the classes are among the tasks that the voters have
answered; and the plain vote, for as much as was learned of the consensus, and for less where more than ten answered.
Share of the last decisions that are right, no gold given, three answers required (bluebirds: nine); in the order of the
file / shuffled / a task at once:

| | bluebirds | weather_cf | zencrowd_us | vldb_d_product |
|---|---|---|---|---|
| majority | .759 / .759 / .759 | .900 / .900 / .900 | .869 / .868 / .868 | .897 / .897 / .897 |
| weights: log odds of accuracy | .546 / .741 / .778 | .873 / .890 / .860 | .884 / .858 / .878 | .925 / .927 / .926 |
| recalls, all classes alike | .889 / .898 / .861 | .887 / .890 / .893 | .837 / .812 / .816 | .903 / .901 / .890 |
| recalls and class shares | .889 / .898 / .861 | .890 / .887 / .890 | .912 / .846 / .838 | .936 / .922 / .930 |
| **these and the plain vote** | .852 / .852 / .802 | .893 / .893 / .888 | .882 / .870 / .869 | .928 / .928 / .928 |

Only the last is nowhere more than two points under the majority. Where gold is given nothing has to be held back: with
gold for all bluebirds .889, by weights .861.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from scoring.consensus.posterior import Trust, posterior_vote, recall_table
from scoring.consensus.votes import Vote
from scoring.reliability.parameters import DEFAULT, accuracy, prior_of
from scoring.reliability.sums import Counts, Sums
from streams.contracts.reliability import ControlReliability
from streams.scores import JOIN, Category, ControlScore
from streams.stages.adjudicate.voters import DIGITS

__all__ = ["UNKNOWN", "RecallVote", "by_recall", "is_by_recall", "named", "spelled"]

UNKNOWN: Final = accuracy(Counts(), prior_of(Sums()))
"""Accuracy of whom nothing is learned, as reliability is learned from it; and of everybody in the plain vote."""
_MOST_LABELS: Final = 50
"""Of more, only those that were answered are thought possible: the decision names the recalls of all, and has to fit
through Kafka."""
_MOST_PLAIN: Final = 0.5
_ANSWERS: Final = 10
"""Up to so many answers the plain vote has its most: few answers can't tell a bias that voters share from the truth."""
_RAREST: Final = 10.0**-DIGITS


class RecallVote(NamedTuple):
    """A vote, and what it was counted by: to as many digits as the decision says, so that it can be counted again."""

    vote: Vote
    recall: dict[str, dict[str, float]]
    """Annotator → class → probability of naming it where it is true."""
    class_shares: dict[str, float]
    """Class → share of the tasks."""
    plain_vote: float
    """Share of the plain vote in the pool."""


def is_by_recall(
    weights: Mapping[str, float], ids: Iterable[str], learned: Iterable[ControlReliability | None]
) -> bool:
    """Whether the votes of these annotators are counted by recall: some is learned, and the settings weigh nobody."""
    return any(one is not None and one.recall for one in learned) and weights.keys().isdisjoint(ids)


def by_recall(
    control: ControlScore,
    answers: Sequence[Category],
    ids: Sequence[str],
    learned: Sequence[ControlReliability | None],
) -> RecallVote:
    """Count the answers of voters by what was learned of each, if anything was."""
    labels = _possible(control, answers, learned)
    classes = list(dict.fromkeys([*labels, *answers]))
    trusts = [_trust(one, classes) for one in learned]
    table = [{k: round(p, DIGITS) for k, p in row.items()} for row in recall_table(trusts, classes)]
    shares, plain = _shares(classes, learned), _plain(learned)
    return RecallVote(
        posterior_vote(answers, [Trust(UNKNOWN, row) for row in table], labels, shares, UNKNOWN, plain),
        {name: {named(k): row[k] for k in classes} for name, row in zip(ids, table, strict=True)},
        {named(k): shares[k] for k in classes},
        plain,
    )


def _possible(
    control: ControlScore, answers: Sequence[Category], learned: Sequence[ControlReliability | None]
) -> Sequence[Category]:
    """The classes that a control has besides those answered, preferred first: as configured, else as learned."""
    if control.plan.type == "boolean":
        return (False, True)
    labels: Sequence[Category] = control.plan.labels
    if not labels:
        answered = set(map(named, answers))
        labels = sorted({name for one in learned if one is not None for name in one.recall} - answered)
    return labels if len(labels) <= _MOST_LABELS else ()


def _trust(learned: ControlReliability | None, classes: Sequence[Category]) -> Trust:
    if learned is None:
        return Trust(UNKNOWN)
    return Trust(learned.accuracy, {k: learned.recall[name] for k in classes if (name := named(k)) in learned.recall})


def _shares(classes: Sequence[Category], learned: Sequence[ControlReliability | None]) -> dict[Hashable, float]:
    """How common each class is, drawn towards all alike as reliability is; never 0."""
    tasks = {
        k: DEFAULT.prior_tasks + sum(one.tasks.get(named(k), 0.0) for one in learned if one is not None)
        for k in classes
    }
    total = sum(tasks.values())
    return {k: max(_RAREST, round(n / total, DIGITS)) for k, n in tasks.items()}


def _plain(learned: Sequence[ControlReliability | None]) -> float:
    """Half of it, less of many answers, by what was learned of the consensus: gold shares no bias with the voters."""
    most = min(_MOST_PLAIN, _ANSWERS / (_ANSWERS + max(len(learned), 1)))
    n = sum(one.n for one in learned if one is not None)
    gold = sum(one.gold for one in learned if one is not None)
    return round(most if n <= 0.0 else most * (1.0 - min(1.0, gold / n)), DIGITS)


def named(answer: Category) -> str:
    """As reliabilities and decisions name a class; no answer is `""`."""
    return "" if answer is None else spelled(answer)


def spelled(answer: str | bool) -> str:
    """An answer as people read it."""
    return str(answer).lower() if isinstance(answer, bool) else answer.replace(JOIN, " | ")
