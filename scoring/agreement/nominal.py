"""Agreement of categorical answers: equal or not."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from scoring.types import Matrix

__all__ = ["equality_matrix"]


def equality_matrix(answers: Sequence[Hashable]) -> Matrix:
    """Compare every annotator's answer with every other's: 1.0 where equal, 0.0 where not.

    Parameters
    ----------
    answers
        One answer per annotator, compared by `==`. `None` (unanswered) is an answer like others: it equals only `None`.
        Answers of one control are of one kind; mind that Python holds `True == 1`.

    Returns
    -------
    Matrix
        n x n, symmetric, diagonal 1.0; `[]` for no answers.

    Examples
    --------
    >>> equality_matrix(["day", "night", "day"])
    [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]]
    """
    return [[1.0 if mine == other else 0.0 for other in answers] for mine in answers]
