"""Agreement of two named annotators: Cohen's kappa, from counts of their answers that can be taken back."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import inf
from typing import Any

import numpy as np

from scoring.chance.coefficient import CONFIDENCE, Coefficient, around, check_confidence
from scoring.chance.tally import Tally, natural_order
from scoring.chance.weights import Scheme, agreement_weights
from scoring.types import Array, Undefined

__all__ = ["PairCounts", "cohen_kappa"]


class PairCounts(Tally[tuple[Hashable, Hashable]]):
    """How often one annotator said this where the other said that; over the tasks that both answered.

    >>> pair = PairCounts()
    >>> pair.add("cat", "dog", tasks=2)
    >>> pair.retract("cat", "dog")
    >>> pair
    PairCounts({('cat', 'dog'): 1})
    """

    def add(self, one: Hashable, other: Hashable, tasks: int = 1) -> None:
        """Count a task (or several alike) that both answered: the first annotator's label, the second's."""
        self.change((one, other), tasks)

    def retract(self, one: Hashable, other: Hashable, tasks: int = 1) -> None:
        """Take a task back that was counted with these labels."""
        self.change((one, other), -tasks)

    def table(self, labels: Sequence[Hashable] | None = None) -> tuple[list[Hashable], Array]:
        """The labels, and the contingency table: (labels of the first, labels of the second) numbers of tasks.

        Parameters
        ----------
        labels
            All labels in their order; default: those used by either, in natural order.

        Raises
        ------
        ValueError
            A label was used that is not among `labels`.
        """
        used = {label for pair, _ in self for label in pair}
        known = sorted(used, key=natural_order) if labels is None else list(labels)
        if strangers := used - set(known):
            raise ValueError(f"expected labels among {known}, got also {sorted(strangers, key=natural_order)}")
        place = {label: i for i, label in enumerate(known)}
        table = np.zeros((len(known), len(known)))
        for (one, other), tasks in self:
            table[place[one], place[other]] = tasks
        return known, table


def cohen_kappa(
    pairs: PairCounts,
    weights: Scheme = "identity",
    labels: Sequence[Hashable] | None = None,
    confidence: float = CONFIDENCE,
) -> Coefficient | Undefined:
    """Cohen's kappa, `(p_o - p_e) / (1 - p_e)` with `p_e = sum w_ij p_i. p_.j`; weighted where `weights` says so.

    Unlike Fleiss' kappa it lets each of the two use the labels in their own proportions. For one figure over many
    annotators take `fleiss_kappa` or `krippendorff_alpha`.

    Parameters
    ----------
    labels
        See `PairCounts.table`: the order of the labels, which weights other than `identity` need.

    Returns
    -------
    Coefficient | Undefined
        In [-1, 1]. Undefined where the two share no task, and where both always gave the same single label (sklearn
        and statsmodels give NaN). The interval is the large-sample one of Fleiss, Cohen and Everitt.

    Raises
    ------
    ValueError
        `labels` lacks one that was used.

    References
    ----------
    Cohen, J. (1960). A coefficient of agreement for nominal scales. Educational and Psychological Measurement 20,
    37-46. doi:10.1177/001316446002000104. Weighted: Cohen (1968), doi:10.1037/h0026256. Interval: Fleiss, J. L.,
    Cohen, J. and Everitt, B. S. (1969). Large sample standard errors of kappa and weighted kappa. Psychological
    Bulletin 72, 323-327. doi:10.1037/h0028106

    Examples
    --------
    >>> pairs = PairCounts({("yes", "yes"): 20, ("yes", "no"): 5, ("no", "yes"): 10, ("no", "no"): 15})
    >>> round(cohen_kappa(pairs).value, 3)
    0.4
    """
    check_confidence(confidence)
    if pairs.is_negative():
        return Undefined("more tasks were taken back than added")
    known, table = pairs.table(labels)
    n = float(table.sum())
    if not n:
        return Undefined("the two annotators have no task in common")
    w = _dense(agreement_weights(known, weights))
    p = table / n
    first, second = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float((w * p).sum()), float(first @ w @ second)
    if expected > 1.0 - 1e-12:
        return Undefined("both always gave the same label, so agreement can't be told from habit")
    kappa = (observed - expected) / (1.0 - expected)
    # An answer's mean weight against the other's answers, for the first (row) and the second (column).
    habit = (w @ second)[:, None] + (w.T @ first)[None, :]
    squares = float((p * (w - habit * (1.0 - kappa)) ** 2).sum())
    variance = (squares - (kappa - expected * (1.0 - kappa)) ** 2) / (n * (1.0 - expected) ** 2)
    interval = around(kappa, variance, int(n), confidence, "Fleiss, Cohen and Everitt 1969", inf)
    return Coefficient(kappa, observed, expected, interval, tasks=int(n), answers=2 * int(n), pairs=int(n))


def _dense(weights: Any) -> Array:
    dense: Array = weights if isinstance(weights, np.ndarray) else weights.toarray()
    return dense
