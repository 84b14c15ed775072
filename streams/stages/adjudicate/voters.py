"""Who votes, and what a control comes to: what the methods of adjudication share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import fsum
from typing import Any

from msgspec import Struct

from scoring.consensus.pick import best_annotator
from streams.contracts.decisions import Conflict, ConflictKind
from streams.contracts.reliability import ControlReliability
from streams.scores import ControlScore

__all__ = ["DIGITS", "ObjectUnit", "Settled", "Voters", "best_voter", "conflict", "outweigh", "sources"]

DIGITS = 6
"""As in `stages.score`."""


class ObjectUnit(Struct, gc=False):
    """One object as the counted annotators see it: the marks of a cluster, at most one an annotator."""

    kept: list[tuple[str, Any]]
    """(label, shape) of what the consensus has of it: nothing where too few drew it, several where several were
    chosen."""
    rows: list[int]
    """Who drew it, by their rows in the matrices."""
    labels: list[str]
    """What each of them called it."""
    alike: list[float]
    """How alike each one's mark is to the consensus object of the same label; 0 where there is none."""


class Settled(Struct):
    """What one control comes to."""

    consensus: list[Any]
    soft_labels: dict[str, float] | None
    conflicts: list[Conflict]
    members: list[list[str]] = []
    """For each consensus object, every region that means it: more than its sources where one of them was kept."""
    answer: Any = None
    """The consensus of an answer kind as `scoring` compares it; None where most gave no answer."""
    objects: list[ObjectUnit] = []
    """The objects of an object kind, those of the consensus first and in its order."""
    weights: dict[str, float] | None = None
    """By annotator, where votes were weighted."""
    recall: dict[str, dict[str, float]] | None = None
    """By annotator and class, where votes were counted by it."""
    class_shares: dict[str, float] | None = None
    """By class, where votes were counted by recall."""
    plain_vote: float | None = None
    """Share of the plain vote, where votes were counted by recall."""


class Voters(Struct):
    """The counted annotators of a task, in the order of their ids."""

    rows: list[int]
    """Their rows in the matrices."""
    ids: list[str]
    submissions: list[str]
    weights: list[float] | None
    """Reliability; None: everybody counts the same."""
    learned: list[ControlReliability | None] | None = None
    """What is known of each; None where votes are counted by the weights alone."""


def outweigh(some: Iterable[float], everybody: Iterable[float], share: float = 0.5) -> bool:
    """Whether some have more than a share of everybody's weight; exactly the share on paper (within 1e-9) is not more.

    >>> outweigh([0.1, 0.2], [0.1, 0.2, 0.3]), outweigh([0.2, 0.1], [0.3, 0.2, 0.1])
    (False, False)
    """
    return fsum(some) > share * fsum(everybody) * (1.0 + 1e-9)


def best_voter(control: ControlScore, voters: Voters) -> int:
    """Place among the voters of the one who agrees best with the others; ties to the first by id."""
    names = [""] * len(control.matrix)
    for row, name in zip(voters.rows, voters.ids, strict=True):
        names[row] = name
    return voters.rows.index(best_annotator(control.matrix, voters.rows, tie_break=names))


def sources(voters: Voters, i: int, regions: Sequence[Sequence[Any]]) -> list[str]:
    """The regions of the i-th voter, as consumers name them."""
    return [f"{voters.submissions[i]}/{region.id}" for region in regions[voters.rows[i]]]


def conflict(
    kind: ConflictKind, who: Sequence[int], regions: Sequence[Sequence[Any]], voters: Voters, detail: str
) -> Conflict:
    """A conflict of the voters at places `who`, with all their regions of the control."""
    return Conflict(
        kind=kind,
        annotators=[voters.ids[i] for i in who],
        regions=[s for i in who for s in sources(voters, i, regions)],
        detail=detail,
    )
