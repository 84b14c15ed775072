"""How much each annotator's word counts."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

__all__ = ["checked_weights"]


def checked_weights(weights: Sequence[float] | None, count: int) -> Sequence[float]:
    """The weights to use: those given, or 1 each where none are given or all are 0.

    All 0 means that nobody is trusted more than anybody else, so all count alike.

    Raises
    ------
    ValueError
        Not one weight each, or one that is negative or not finite.

    Examples
    --------
    >>> checked_weights(None, 2), checked_weights([0, 0], 2), checked_weights([2, 0.5], 2)
    ([1.0, 1.0], [1.0, 1.0], [2, 0.5])
    """
    if weights is None:
        return [1.0] * count
    if len(weights) != count:
        raise ValueError(f"expected one weight each, got {len(weights)} weights for {count}")
    if not all(isfinite(weight) and weight >= 0.0 for weight in weights):
        raise ValueError(f"expected finite weights of at least 0, got {list(weights)}")
    return weights if any(weights) else [1.0] * count
