"""What annotators say together in a tree: as deep as more than half of them go the same way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import fsum

from scoring.agreement.taxonomy import (
    Path,
    TaxonomyMetric,
    path_steps,
    taxonomy_paths,
    taxonomy_similarity,
)
from scoring.consensus.answers import AnswerConsensus, supported
from scoring.consensus.votes import more_than_half
from scoring.consensus.weights import checked_weights

__all__ = ["taxonomy_consensus"]


def taxonomy_consensus(
    answers: Sequence[Collection[Sequence[str]]],
    weights: Sequence[float] | None = None,
    metric: TaxonomyMetric = "path",
) -> AnswerConsensus[list[list[str]]]:
    """Vote along the tree: who chose a path also supports every node on the way to it.

    Kept is each path that more than half of the weight supports and that no longer one with such support continues:
    where annotators part ways, the path ends at the last node that they share. A path that more than half chose to
    its very end is kept too, even where one of its continuations is.

    Where no node has more than half although more than half of the weight chose paths, the node with the largest share
    is kept, as deep as that share goes: "none of these" is what most deny (`vote_labels` does the same). Of equal
    shares the first in code point order.

    Parameters
    ----------
    answers
        The paths of each annotator; none at all is an answer ("none of these").
    weights
        One per annotator, finite and at least 0; default 1 each.
    metric
        Similarity for the confidence, as in `taxonomy_similarity`.

    Returns
    -------
    AnswerConsensus[list[list[str]]]
        Paths in code point order; no path where half of the weight or more chose none and no node has more than half.
        The confidence is the weighted mean `taxonomy_similarity` of the answers with the paths.

    Raises
    ------
    ValueError
        Weights do not fit the answers.

    Examples
    --------
    All say bird, no two the same kind: similarities 2 x 2 / (3 + 2), twice, and 1.

    >>> answers = [[["animal", "bird", "owl"]], [["animal", "bird", "hawk"]], [["animal", "bird"]]]
    >>> outcome = taxonomy_consensus(answers)
    >>> outcome.value, round(outcome.confidence, 3), outcome.supporters
    ([['animal', 'bird']], 0.867, [2])
    """
    if not answers:
        return AnswerConsensus(None, 0.0, [])
    weights = checked_weights(weights, len(answers))
    chosen = [taxonomy_paths(answer) for answer in answers]
    shares = _shares([path_steps(paths) for paths in chosen], weights)
    nodes = _majority(shares)
    ends = nodes - {node[:-1] for node in nodes}
    kept = sorted(ends | _majority(_shares(chosen, weights)))
    if not kept and more_than_half(_share([w for w, paths in zip(weights, chosen, strict=True) if paths], weights)):
        kept = [_commonest(shares)]
    similarities = [taxonomy_similarity(kept, paths, metric) for paths in chosen]
    return supported([list(path) for path in kept], similarities, weights)


def _shares(supported_paths: Sequence[Collection[Path]], weights: Sequence[float]) -> dict[Path, float]:
    support: dict[Path, list[float]] = {}
    for paths, weight in zip(supported_paths, weights, strict=True):
        for path in paths:
            support.setdefault(path, []).append(weight)
    return {path: _share(given, weights) for path, given in support.items()}


def _share(given: Sequence[float], weights: Sequence[float]) -> float:
    # Rounded as shares are in a vote, so that 0.1 + 0.2 of 0.6 is the half that it is on paper.
    return round(fsum(given) / fsum(weights), 12)


def _majority(shares: dict[Path, float]) -> set[Path]:
    return {path for path, share in shares.items() if share > 0.5}


def _commonest(shares: dict[Path, float]) -> Path:
    """A node has at least the support of its continuations, so the first of the commonest is at the top of the tree."""
    most = max(shares.values())
    path, *further = sorted(node for node, share in shares.items() if share == most)
    for node in further:
        if node[:-1] == path:
            path = node
    return path
