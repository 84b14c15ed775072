"""Objects as units: clusters of matched objects turned into what the statistics of labels take.

Chance correction needs units that everybody looked at. For shapes these are not given: annotators find them. Each
cluster of matched objects (`scoring.consensus.clusters.cluster`) is taken for one unit, whose values are the label that
each annotator gave and `MISSING` for those who drew nothing there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

__all__ = ["MISSING", "unit_counts"]

MISSING: Final = "(missing)"
"""The value of an annotator who has no object in a cluster. No label of a control may be called so."""


def unit_counts(
    clusters: Sequence[Sequence[int]],
    owners: Sequence[int],
    labels: Sequence[str],
    annotators: int,
    *,
    count_missing: bool = True,
) -> list[Counter[str]]:
    """One count of answers per cluster of a task, to be added to `scoring.chance.coincidences.Coincidences`.

    With `count_missing` a unit has one value for each annotator who did the task, so alpha and its like judge detection
    and label together. Without, only those who drew the object answer, so they judge the labels of found objects alone.

    What to know before reading them: places where everybody rightly drew nothing are no units, so agreement on absence
    is never seen. With two annotators a missed object is therefore always a disagreement without a counterweight, and
    alpha over detection is lower than the share of found objects suggests, below 0 even where each misses a few. Read
    it with F1 beside it. And units of one task are not independent: intervals over units are too short where tasks
    differ in difficulty.

    Parameters
    ----------
    clusters
        Object indices, as `cluster` gives them; at most one object of each annotator in a cluster.
    owners, labels
        Annotator index and label of every object.
    annotators
        How many annotators did the task, those who drew nothing included.

    Returns
    -------
    list[Counter]
        By cluster, in their order: value to number of annotators. No clusters: `[]`, also where all agree that there is
        nothing.

    Raises
    ------
    ValueError
        An object's owner is not in `range(annotators)`, a cluster has two objects of one annotator, or a label is
        `MISSING`.

    Examples
    --------
    >>> unit_counts([[0, 2], [1]], owners=[0, 0, 1], labels=["car", "bus", "car"], annotators=2)
    [Counter({'car': 2}), Counter({'bus': 1, '(missing)': 1})]
    """
    if any(not 0 <= owner < annotators for owner in owners):
        raise ValueError(f"expected owners in 0..{annotators - 1}, got {sorted(set(owners))}")
    if MISSING in labels:
        raise ValueError(f"expected no label called {MISSING!r}, which stands for an object that was not drawn")
    counts: list[Counter[str]] = []
    for members in clusters:
        if len({owners[i] for i in members}) != len(members):
            raise ValueError(
                f"expected one object of each annotator in a cluster, got owners {[owners[i] for i in members]}"
            )
        count = Counter(labels[i] for i in members)
        if count_missing and len(members) < annotators:
            count[MISSING] = annotators - len(members)
        counts.append(count)
    return counts
