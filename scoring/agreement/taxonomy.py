"""Agreement of answers in a tree: each annotator chose any number of paths from the root."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from math import fsum
from typing import Literal, TypeAlias

import numpy as np

from scoring.agreement.matching import match, match_rows
from scoring.agreement.pairwise import pairwise
from scoring.agreement.sets import jaccard
from scoring.types import Array, Matrix

__all__ = [
    "Path",
    "TaxonomyMetric",
    "path_similarity",
    "path_steps",
    "taxonomy_matrix",
    "taxonomy_paths",
    "taxonomy_similarity",
]

Path: TypeAlias = tuple[str, ...]
"""From the root down. The same name under another parent is another node, so a node is known by its whole path."""

TaxonomyMetric = Literal["path", "nodes", "exact"]

_FEW = 100
# Pairs of paths up to which comparing one by one is faster than setting up arrays.


def path_similarity(a: Sequence[str], b: Sequence[str]) -> float:
    """Share of the way that two paths go together: `2 * |common prefix| / (|a| + |b|)`.

    The symmetric form of Label Studio's path matching (common prefix over the length of the reference path), and the
    similarity of Wu and Palmer with the root at depth 0.

    Returns
    -------
    float
        In [0, 1], symmetric, 1 where equal (two empty paths too), 0 where already the first step differs.

    References
    ----------
    Wu, Z. and Palmer, M. (1994). Verb semantics and lexical selection. doi:10.3115/981732.981751

    Examples
    --------
    Three of four steps; the whole path of one is half of the other.

    >>> path_similarity(["animal", "bird", "owl", "barn"], ["animal", "bird", "owl", "snowy"])
    0.75
    >>> round(path_similarity(["animal"], ["animal", "bird", "owl"]), 3)
    0.5
    """
    if not a and not b:
        return 1.0
    common = 0
    for mine, other in zip(a, b, strict=False):
        if mine != other:
            break
        common += 1
    return 2.0 * common / (len(a) + len(b))


def taxonomy_similarity(
    a: Collection[Sequence[str]], b: Collection[Sequence[str]], metric: TaxonomyMetric = "path"
) -> float:
    """How alike two sets of paths are.

    - `path` (default): `2 * sum(path_similarity of matched paths) / (|a| + |b|)` over the optimal one-to-one matching,
      so an extra path costs. (Label Studio takes each reference path's best partner: one path can serve several, and
      extra paths are free.)
    - `nodes`: Jaccard of all nodes on the chosen paths, inner ones included.
    - `exact`: 1 for equal sets, else 0 (Label Studio's default).

    Parameters
    ----------
    a, b
        Paths. Order, repetition and paths without a step do not count.
    metric
        See above.

    Returns
    -------
    float
        In [0, 1], symmetric, 1 for equal sets and, save with `nodes`, only for them; two empty ones are equal ("none
        of these"), an empty one with another is 0. `path` costs a matching of the paths that only one has.

    Examples
    --------
    The matched paths share one of two steps and two of two: 2 x (0.5 + 1) / 4. Nodes: 3 of 5.

    >>> mine = [["animal", "bird"], ["plant", "tree"]]
    >>> other = [["plant", "tree"], ["animal", "fish"]]
    >>> taxonomy_similarity(mine, other), taxonomy_similarity(mine, other, metric="nodes")
    (0.75, 0.6)
    """
    return _similarity(taxonomy_paths(a), taxonomy_paths(b), metric)


def taxonomy_matrix(answers: Sequence[Collection[Sequence[str]] | None], metric: TaxonomyMetric = "path") -> Matrix:
    """`taxonomy_similarity` of every annotator's paths with every other's.

    Parameters
    ----------
    answers
        The paths of each annotator; None gave no answer, no path at all is one.
    metric
        As in `taxonomy_similarity`.

    Returns
    -------
    Matrix
        As `pairwise`.

    Examples
    --------
    >>> taxonomy_matrix([[["animal", "bird"]], [["animal", "fish"]], []])
    [[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    paths = [None if answer is None else taxonomy_paths(answer) for answer in answers]
    return pairwise(paths, partial(_similarity, metric=metric))


def taxonomy_paths(answer: Collection[Sequence[str]]) -> list[Path]:
    """The distinct paths that have a step, in code point order.

    >>> taxonomy_paths([["b"], ["a", "c"], [], ["b"]])
    [('a', 'c'), ('b',)]
    """
    return sorted({tuple(path) for path in answer if path})


def path_steps(paths: Collection[Path]) -> set[Path]:
    """All nodes on the paths, each as its own path from the root.

    >>> sorted(path_steps([("a", "b"), ("a", "c")]))
    [('a',), ('a', 'b'), ('a', 'c')]
    """
    return {path[:depth] for path in paths for depth in range(1, len(path) + 1)}


def _similarity(a: list[Path], b: list[Path], metric: TaxonomyMetric) -> float:
    if a == b:
        return 1.0
    if metric == "exact":
        return 0.0
    if metric == "nodes":
        return jaccard(path_steps(a), path_steps(b))
    # Of several optimal matchings the same one either way round, so that not even a rounding differs.
    a, b = min(a, b), max(a, b)
    # A path that both chose is matched with itself in some optimal matching: to take two others in its place, each of
    # which shares part of it, gains at most 1 over what these two share with each other.
    both = set(a) & set(b)
    return 2.0 * (len(both) + _matched(_without(a, both), _without(b, both))) / (len(a) + len(b))


def _without(paths: list[Path], others: set[Path]) -> list[Path]:
    return [path for path in paths if path not in others] if others else paths


def _matched(a: list[Path], b: list[Path]) -> float:
    """The summed similarity of the best matching."""
    if len(a) * len(b) <= _FEW:
        rows = [[path_similarity(mine, other) for other in b] for mine in a]
        return fsum(rows[i][j] for i, j in match_rows(rows))
    similarity = _path_similarities(a, b)
    return fsum(similarity[i, j] for i, j in match(similarity))


def _path_similarities(a: list[Path], b: list[Path]) -> Array:
    """`path_similarity` of all paths without repetition on both sides, (|a|, |b|): the same bits."""
    common = np.zeros((len(a), len(b)))
    numbers: dict[Path, int] = {}
    steps = [np.array([len(path) for path in paths]) for paths in (a, b)]
    for depth in range(1, min(steps[0].max(), steps[1].max()) + 1):
        rows, columns = (np.flatnonzero(steps_of >= depth) for steps_of in steps)
        mine, other = (
            np.array([numbers.setdefault(paths[i][:depth], len(numbers)) for i in places])
            for paths, places in ((a, rows), (b, columns))
        )
        common[np.ix_(rows, columns)] += mine[:, None] == other
    shares: Array = 2.0 * common / (steps[0][:, None] + steps[1])
    return shares
