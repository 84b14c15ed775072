from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.rolling.lines import above_lines, below_lines
from scoring.rolling.sums import Verdict
from scoring.types import Undefined


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.3, Verdict.BEYOND), (0.25, Verdict.BETWEEN), (0.11, Verdict.BETWEEN), (0.1, Verdict.WITHIN)],
)
def test_only_more_than_the_upper_line_raises_and_the_lower_one_resolves(value: float, expected: Verdict) -> None:
    assert above_lines(value, 0.25, 0.1) is expected


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(0, 5))
def test_below_is_above_upside_down(value: float, line: float, margin: float) -> None:
    assert below_lines(value, line, line + margin) is above_lines(-value, -line, -line - margin)


def test_undefined_moves_nothing() -> None:
    assert above_lines(Undefined("too few"), 0.0, 0.0) is Verdict.BETWEEN
    assert below_lines(Undefined("too few"), 0.0, 0.0) is Verdict.BETWEEN
