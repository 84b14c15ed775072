"""Thresholds that no answers can miss: the lowest score that a platform's formula can give."""

from __future__ import annotations

from math import ceil, comb
from typing import Literal

__all__ = ["Method", "ProfileName", "lowest_score", "threshold_cannot_fail"]

ProfileName = Literal["ango", "cvat", "dataloop", "label_studio", "redbrick"]
"""The profiles, as settings name them."""

Method = Literal["pairwise", "consensus"]
"""Label Studio's methodology for categories."""


def lowest_score(
    profile: ProfileName, annotators: int, labels: int | None = None, method: Method = "pairwise"
) -> float:
    """The lowest score that any answers of so many annotators can get.

    With k possible answers and n annotators somebody must agree as soon as n > k: the most common answer has at least
    `ceil(n / k)` of them, and fewest pairs agree where the answers are spread evenly. Objects have no such limit, but
    Ango compares with oneself too.

    - `ango`: `ceil(n / k) / n`, for objects and open answers `1 / n`.
    - `label_studio` with `consensus`: the same. With `pairwise`, `dataloop` and `redbrick`: agreeing pairs of an even
      spread over all pairs; 0 for objects and open answers.
    - `cvat`: `1 / n`. Its threshold is the quorum, and a quorum of one vote keeps whatever anybody marked.

    Parameters
    ----------
    annotators
        How many answer, n.
    labels
        How many different answers there can be, k; None for objects, text and other open answers.

    Returns
    -------
    float
        In [0, 1]; 0 for no annotators, and for `pairwise` with one.

    Raises
    ------
    ValueError
        Negative annotators, or less than one possible answer.

    Examples
    --------
    >>> lowest_score("ango", 4), lowest_score("label_studio", 3, labels=2, method="consensus")
    (0.25, 0.6666666666666666)
    >>> lowest_score("label_studio", 4, labels=2)        # two against two: 2 of 6 pairs
    0.3333333333333333
    """
    if annotators < 0 or (labels is not None and labels < 1):
        raise ValueError(f"expected annotators >= 0 and at least one possible answer, got {annotators} and {labels}")
    if annotators == 0:
        return 0.0
    classes = annotators if labels is None or profile == "cvat" else min(labels, annotators)
    if profile in ("ango", "cvat") or (profile == "label_studio" and method == "consensus"):
        return ceil(annotators / classes) / annotators
    if annotators < 2:
        return 0.0
    size, larger = divmod(annotators, classes)
    agreeing = larger * comb(size + 1, 2) + (classes - larger) * comb(size, 2)
    return agreeing / comb(annotators, 2)


def threshold_cannot_fail(
    profile: ProfileName, threshold: float, annotators: int, labels: int | None = None, method: Method = "pairwise"
) -> str | None:
    """Warn where every task passes, whatever is answered: the threshold is at or below `lowest_score`.

    A score passes when it is at least the threshold. A threshold of 0 always passes, by design, and is not warned of.

    Parameters
    ----------
    profile, annotators, labels, method
        As in `lowest_score`.
    threshold
        In [0, 1]; for `cvat` the quorum.

    Returns
    -------
    str | None
        What is wrong and which threshold begins to mean something; None where the threshold can be missed.

    Raises
    ------
    ValueError
        As `lowest_score`.

    References
    ----------
    The 30 % is the example of Ango Hub's own consensus page.

    Examples
    --------
    >>> threshold_cannot_fail("ango", 0.3, annotators=3)
    'a threshold of 0.3 cannot fail in profile ango with 3 annotators: the lowest possible score is 0.333; choose more'
    >>> threshold_cannot_fail("ango", 0.34, annotators=3) is None
    True
    """
    lowest = lowest_score(profile, annotators, labels, method)
    if threshold <= 0.0 or threshold > lowest:
        return None
    answers = "" if labels is None or profile == "cvat" else f" and {labels} possible answers"
    return (
        f"a threshold of {threshold:g} cannot fail in profile {profile} with {annotators} annotators{answers}: "
        f"the lowest possible score is {lowest:.3g}; choose more"
    )
