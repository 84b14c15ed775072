"""Whatever regions people may send and whatever owners may ask: a decision within the contract, whatever the order."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.contracts.decisions import Decision
from streams.contracts.settings import TYPE_DEFAULTS
from tests.builders import Driver, Event, gold, submitted
from tests.builders import settings as project
from tests.streams.kinds_builders import any_control, any_regions

_PEOPLE = ("a1", "a2", "a3", "a4")


@st.composite
def _tasks(draw: st.DrawFn, kind: str) -> tuple[Any, list[Event]]:
    controls = {"q": draw(any_control(kind))}
    if draw(st.booleans()):
        controls["links"] = draw(any_control("relation"))
    chosen = project(
        required_annotators=2,
        controls=controls,
        annotator_weights=draw(st.dictionaries(st.sampled_from(_PEOPLE), st.sampled_from([1e-9, 0.5, 3, 1e6]))),
        routing={"max_annotators": 4, "on_limit": "accept_best"},
    )
    results = draw(st.lists(st.lists(any_regions(kind), max_size=5), min_size=2, max_size=4))
    model = draw(st.integers(0, 4))
    answers = [
        submitted(annotator=f"a{i}", result=result, at=i, kind="model" if i == model else None)
        for i, result in enumerate(results, 1)
    ]
    truth = draw(st.none() | st.lists(any_regions(kind), max_size=3))
    return chosen, answers if truth is None else [gold("t1", *truth), *answers]


def _check(driver: Driver) -> None:
    assert {reason for reason, _ in driver.reasons} <= {"zero_size_box", "out_of_range"}
    for out in driver.outgoing:
        if out.topic not in ("task-agreement", "task-disagreement"):
            continue
        decided = msgspec.json.decode(out.value, type=Decision)
        assert msgspec.json.encode(decided) == out.value
        assert decided.score is None or 0 <= decided.score <= 1
        for control in decided.controls.values():
            rows = control.matrix
            assert all(cell is not None and 0 <= cell <= 1 for row in rows for cell in row)
            assert rows == [list(column) for column in zip(*rows, strict=True)]
            assert all(row[i] == 1 for i, row in enumerate(rows))
            assert (control.score is None) == (control.undefined is not None)
        assert [region["id"] for region in decided.consensus] == [f"c{i + 1}" for i in range(len(decided.consensus))]
        for region in decided.consensus:
            assert 0 <= region["confidence"] <= 1
            assert set(region["support"]) <= set(_PEOPLE)
            assert region["sources"] or region["type"] == "choices"


@pytest.mark.parametrize("kind", TYPE_DEFAULTS)
@settings(max_examples=60)
@given(st.data())
def test_any_regions_of_a_kind_are_decided_within_the_contract_in_whatever_order_they_come(
    kind: str, data: st.DataObject
) -> None:
    chosen, events = data.draw(_tasks(kind))
    driver = Driver(chosen).feed(*events)
    _check(driver)
    shuffled = Driver(chosen).feed(*data.draw(st.permutations(events)), size=1)
    if driver.decisions:
        assert _final(shuffled) == _final(driver)


def _final(driver: Driver) -> dict[str, Any]:
    return {name: value for name, value in driver.decided().items() if name not in ("replaces", "revision")}
