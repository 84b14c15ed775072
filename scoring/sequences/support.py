"""How sure a fused object is, whatever its kind."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum

__all__ = ["support_confidence"]


def support_confidence(
    similarities: Sequence[float], total_weight: float, weights: Sequence[float] | None = None
) -> float:
    """`(weight of those who marked it / total weight) * weighted mean similarity of their marks with the fused one`.

    The same formula as for boxes (`scoring.consensus.boxes.confidence`): an object that everyone saw but marked
    differently is as unsure as one that few saw, and those who did not mark it add 0.

    Parameters
    ----------
    similarities
        Similarity in [0, 1] of each member of the cluster with what was made of it.
    total_weight
        Weight of all annotators who answered, also those who did not mark it; above 0.
    weights
        One per member, finite and at least 0; default 1 each.

    Returns
    -------
    float
        In [0, 1]; 0 for no members.

    Raises
    ------
    ValueError
        Not one weight per member, or a total weight that is not above 0 or below the members' weight.

    References
    ----------
    CVAT's consensus score, votes / n times mean similarity, with the fused object in place of the chosen one.

    Examples
    --------
    Two of three annotators, with similarities 0.5 and 1: 2 / 3 x 0.75.

    >>> support_confidence([0.5, 1.0], total_weight=3)
    0.5
    """
    weights = [1.0] * len(similarities) if weights is None else weights
    if len(weights) != len(similarities):
        raise ValueError(f"expected one weight each, got {len(weights)} weights for {len(similarities)} members")
    support = fsum(weights)
    if not total_weight > 0.0 or support > total_weight * (1.0 + 1e-9):
        raise ValueError(
            f"expected a total weight above 0 that includes the members' {support}, got {total_weight}: pass the "
            f"weight of all annotators who answered"
        )
    agreed = fsum(weight * similarity for weight, similarity in zip(weights, similarities, strict=True))
    return min(1.0, agreed / total_weight)
