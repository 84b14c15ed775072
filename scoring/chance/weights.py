"""How much a label counts as agreeing with another one: the weights of weighted kappa and of Gwet's AC2."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, Literal

import numpy as np
from scipy.sparse import eye_array

from scoring.types import Array

__all__ = ["Scheme", "agreement_weights", "scale"]

Scheme = Literal["identity", "linear", "quadratic", "ordinal", "radical", "ratio"]
"""The weights of `agreement_weights`."""


def agreement_weights(labels: Sequence[Hashable], scheme: Scheme) -> Any:
    """Partial credit for answers that differ: 1 on the diagonal, 0 for the two ends of the scale, symmetric.

    | scheme | weight of x and y | for |
    |---|---|---|
    | `identity` | 1 where equal, 0 where not | labels without an order |
    | `linear` | 1 - abs(x - y) / (max - min) | ordered labels |
    | `quadratic` | 1 - (x - y)² / (max - min)² | ratings; weighted kappa is then near the ICC |
    | `radical` | 1 - √(abs(x - y) / (max - min)) | near misses count nearly as misses |
    | `ordinal` | 1 - C(steps, 2) / C(labels, 2), steps = ranks from x to y, both counted | only the order counts |
    | `ratio` | 1 - ((x - y) / (x + y))² / ((max - min) / (max + min))² | numbers from 0 up |

    x and y are the labels themselves where all are numbers, else their places 1, 2, ... in `labels`.

    Returns
    -------
    Array
        (labels, labels); a sparse one for `identity`, so that a large vocabulary costs nothing. One label: 1.

    Raises
    ------
    ValueError
        `ratio` of a negative number, or an unknown scheme.

    References
    ----------
    Gwet, K. L. (2014). Handbook of Inter-Rater Reliability, 4th ed., chapter 3. Linear: Cicchetti and Allison (1971).
    Quadratic: Fleiss and Cohen (1973), doi:10.1177/001316447303300309

    Examples
    --------
    >>> agreement_weights(["bad", "fair", "good"], "linear").tolist()
    [[1.0, 0.5, 0.0], [0.5, 1.0, 0.5], [0.0, 0.5, 1.0]]
    """
    if scheme == "identity":
        return eye_array(len(labels), format="csr")
    if scheme not in ("linear", "quadratic", "ordinal", "radical", "ratio"):
        raise ValueError(f"expected weights identity, linear, quadratic, ordinal, radical or ratio, got {scheme!r}")
    x = scale(labels)
    difference = np.abs(x[:, None] - x)
    if scheme == "quadratic":
        difference = difference**2
    elif scheme == "radical":
        difference = np.sqrt(difference)
    elif scheme == "ratio":
        difference = ratio_difference(x)
    elif scheme == "ordinal":
        ranks = np.arange(len(labels), dtype=np.float64)[np.argsort(np.argsort(x))]
        steps = np.abs(ranks[:, None] - ranks) + 1.0
        difference = steps * (steps - 1.0) / 2.0
    largest = float(difference.max(initial=0.0))
    return 1.0 - difference / largest if largest > 0.0 else np.ones_like(difference)


def scale(labels: Sequence[Hashable]) -> Array:
    """The numbers that labels stand for: themselves where all are numbers, else their places 1, 2, ...

    >>> scale([1, 2, 5]).tolist(), scale(["low", "high"]).tolist()
    ([1.0, 2.0, 5.0], [1.0, 2.0])
    """
    numbers = [float(label) for label in labels if isinstance(label, int | float) and not isinstance(label, bool)]
    return np.array(numbers if len(numbers) == len(labels) else range(1, len(labels) + 1), dtype=np.float64)


def ratio_difference(x: Array) -> Array:
    """((x - y) / (x + y))², 0 for two zeros.

    Raises
    ------
    ValueError
        A number is negative: it has no ratio to others.
    """
    if x.min(initial=0.0) < 0.0:
        raise ValueError(f"expected numbers of at least 0 for ratios, got {x.min()}; interval takes any numbers")
    total = x[:, None] + x
    quotient: Array = (x[:, None] - x) / np.where(total > 0.0, total, 1.0)
    return quotient**2
