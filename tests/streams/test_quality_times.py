"""Times as they are told: to within 5 %, in three digits, and zero as zero."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.contracts.facts import Fact
from streams.quality.times import lead_time_name, quantile_seconds, quorum_seconds, quorum_time_name
from streams.quality.views import annotators, overview
from tests.streams.quality_builders import Shell, contribution, detail, part, records


@given(st.floats(0.07, 120_000))
def test_a_lead_time_is_told_to_within_five_percent_in_three_digits(seconds: float) -> None:
    found = quantile_seconds({lead_time_name(seconds): 1}, 0.5)
    assert isinstance(found, float)
    assert abs(found - seconds) <= 0.05 * seconds
    assert float(f"{found:.3g}") == found


@given(st.floats(4.4, 7_000_000))
def test_a_time_to_quorum_is_told_to_within_five_percent_in_three_digits(seconds: float) -> None:
    found = quorum_seconds({quorum_time_name(seconds): 1}, 0.5)
    assert isinstance(found, float)
    assert abs(found - seconds) <= 0.05 * seconds
    assert float(f"{found:.3g}") == found


def test_zero_is_told_as_zero() -> None:
    shell = Shell()
    made = contribution(0.9, detail=detail(part("ann", seconds=0.0), part("bea", seconds=13.955), seconds_before=0.0))
    shell.step(records([Fact(0, "t-0", None, made)]))
    quality = shell.watch.quality("street")
    people = {item.annotator_id: item.median_seconds.value for item in annotators(quality).items}
    assert people == {"ann": 0.0, "bea": 14.1}
    assert overview(quality).time_to_quorum_seconds["p50"].value == 0.0
