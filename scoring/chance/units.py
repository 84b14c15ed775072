"""Objects as units: clusters of matched objects turned into what the statistics of labels take.

Chance correction needs units that everybody looked at. For shapes these are not given: annotators find them. Each
cluster of matched objects (`scoring.consensus.clusters.cluster`) is taken for one unit, whose values are the label that
each annotator gave and `MISSING` for those who drew nothing there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from scoring.chance.alpha import krippendorff_alpha
from scoring.chance.coefficient import Coefficient
from scoring.chance.coincidences import Coincidences
from scoring.types import Undefined

__all__ = ["MISSING", "unit_alpha", "unit_counts"]

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


def unit_alpha(
    units: Iterable[tuple[Mapping[str, int], int]], *, count_missing: bool = True
) -> tuple[Coefficient | Undefined, int]:
    """Nominal alpha over units, and how many of them have two values or more.

    Parameters
    ----------
    units
        Counts of all tasks, as `unit_counts` gives them with those who drew nothing, and how many units were so.
    count_missing
        Whether those who drew nothing count: alpha of found and named. Without, alpha of the names alone.

    Returns
    -------
    tuple
        As `krippendorff_alpha`, with reasons that speak of objects; and the number of units.

    Examples
    --------
    >>> unit_alpha([(Counter({"car": 2}), 3), (Counter({"bus": 1, MISSING: 1}), 1)], count_missing=False)[1]
    3
    >>> unit_alpha([(Counter({"bus": 1, MISSING: 1}), 1)], count_missing=False)
    (Undefined(reason='no object was found by two annotators, so no two names can be compared'), 0)
    """
    seen, comparable = Coincidences(), 0
    for unit, times in units:
        values = {label: n for label, n in unit.items() if count_missing or label != MISSING}
        seen.add(values, times)
        comparable += times * (sum(values.values()) > 1)
    if not seen:
        return Undefined("nobody marked an object"), 0
    if not comparable and not seen.is_negative():
        return Undefined("no object was found by two annotators, so no two names can be compared"), 0
    found = krippendorff_alpha(seen.table())
    if isinstance(found, Coefficient) and isinstance(found.interval, Undefined):
        # To alpha, what was sampled is a task; here it is an object.
        reason = found.interval.reason.replace("task", "object")
        found = replace(found, interval=Undefined(reason))
    return found, comparable
