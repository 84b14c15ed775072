"""Every two annotators of a task: how alike they are, and how many of their marks are identical.

A task of n annotators has n (n - 1) / 2 pairs, and a further answer changes n of them: what a revised decision leaves
as it was is neither taken back nor added again.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Final, NamedTuple

from scoring.rolling.sums import MICRO
from streams.contracts.facts import Detail
from streams.quality.bounds import PAIRED_ROWS, PEERS
from streams.quality.records import AnnotatorRecord, PairSums, ProjectSums

__all__ = ["NOBODY", "Unchanged", "count_pairs", "unchanged_pairs"]


class Unchanged(NamedTuple):
    """Whose pairs two details have in common."""

    both: frozenset[str]
    """Annotators of both."""
    steady: frozenset[str]
    """Those of them whose pairs with all of them are the same."""


NOBODY: Final = Unchanged(frozenset(), frozenset())


def unchanged_pairs(before: Detail, after: Detail) -> Unchanged:
    """Whose pairs need no counting when `after` takes the place of `before`."""
    places = {part.annotator_id: row for row, part in enumerate(after.annotators[:PAIRED_ROWS])}
    rows = [
        (row, places[part.annotator_id])
        for row, part in enumerate(before.annotators[:PAIRED_ROWS])
        if part.annotator_id in places
    ]
    if len(rows) < 2 or [*before.controls] != [*after.controls]:
        return NOBODY
    old, new = itemgetter(*(row for row, _ in rows)), itemgetter(*(row for _, row in rows))
    moved = _moved_shares(_identical(before), _identical(after), dict(rows))
    for one, other in zip(before.controls.values(), after.controls.values(), strict=True):
        if bool(one.matrix) != bool(other.matrix):
            return NOBODY
        if one.matrix:
            moved.update(row for row, now in rows if old(one.matrix[row]) != new(other.matrix[now]))
    names = {row: before.annotators[row].annotator_id for row, _ in rows}
    steady = frozenset(name for row, name in names.items() if row not in moved)
    return Unchanged(frozenset(names.values()), steady)


def count_pairs(
    sums: ProjectSums, detail: Detail, records: Sequence[AnnotatorRecord], sign: int, unchanged: Unchanged = NOBODY
) -> None:
    """Count every two annotators on the first of them by id, but for pairs that are `unchanged`."""
    matrices = [control.matrix for control in detail.controls.values() if control.matrix]
    shares = _identical(detail)
    n = len(matrices)
    if not n and not shares:
        return
    names = [record.annotator_id for record in records[:PAIRED_ROWS]]
    both, steady = unchanged
    unit = sign * MICRO
    fresh = [row for row, name in enumerate(names) if name not in both] if steady else []
    for i, mine in enumerate(names):
        if mine is None:
            continue
        known = mine in both
        for j in [row for row in fresh if row > i] if mine in steady else range(i + 1, len(names)):
            other = names[j]
            if other is None or other == mine or (known and other in steady):
                continue
            share = shares.get((i, j)) if shares else None
            if not n and share is None:
                continue
            first, second = (records[i], other) if mine < other else (records[j], mine)
            pair = first.peers.get(second)
            if pair is None:
                pair = _new_pair(first, second, sign)
            if n:
                pair[0] += sign
                same = matrices[0][i][j] if n == 1 else sum([matrix[i][j] for matrix in matrices]) / n
                pair[1] += round(same * unit)
            if share is not None:
                for counts, place in ((pair, 2), (sums.identical, 0)):
                    counts[place] += sign
                    counts[place + 1] += sign * share
            if sign < 0 and not pair[0] and not pair[2]:
                first.peers.pop(second, None)


def _new_pair(first: AnnotatorRecord, second: str, sign: int) -> PairSums:
    beyond = first.further_peers
    if sign < 0 or beyond[0] or beyond[2] or len(first.peers) >= PEERS:
        return beyond
    pair = first.peers[second] = [0, 0, 0, 0]
    return pair


def _identical(detail: Detail) -> dict[tuple[int, int], int]:
    """Rows of two annotators → the share of their common marks that are identical, in millionths."""
    found: dict[tuple[int, int], list[int]] = {}
    for control in detail.controls.values():
        for row, other, compared, same in control.identical:
            sums = found.setdefault((row, other), [0, 0])
            sums[0] += compared
            sums[1] += same
    return {rows: same * MICRO // compared for rows, (compared, same) in found.items() if compared}


def _moved_shares(
    before: dict[tuple[int, int], int], after: dict[tuple[int, int], int], places: dict[int, int]
) -> set[int]:
    """Rows before of which a share with another row of both is not what it was."""
    kept = {(places[i], places[j]): share for (i, j), share in before.items() if i in places and j in places}
    back = {now: row for row, now in places.items()}
    now = {rows: share for rows, share in after.items() if rows[0] in back and rows[1] in back}
    return {back[row] for rows in kept.keys() | now.keys() if kept.get(rows) != now.get(rows) for row in rows}
