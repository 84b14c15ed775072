"""Whatever an owner may ask for, and whatever people may answer, there is a decision that keeps the contract."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.contracts.decisions import Decision
from streams.contracts.settings import TYPE_DEFAULTS, ProjectSettings
from tests.builders import Driver, Event, boolean, box, choice, choices, submitted
from tests.builders import settings as project

_share = st.sampled_from([0, 0.3, 0.5, 0.7, 1])
_pixels = st.sampled_from([0, 1, 2.5, 7, 1e-200, 5e-324, 1e9, -1e9, 1e6, 123.456]) | st.floats(-50, 50)
_sides = st.sampled_from([1e-200, 5e-324, 1e-9, 1, 10, 1e9, -3, 0]) | st.floats(1, 60)
_turns = st.sampled_from([0, 0, 30, 45, 89.999999, 90, 180, -90, 360, 1e6]) | st.floats(-720, 720)
_labels = st.sampled_from(["car", "bus", "", "\x1f", "a\x1fb"])
_attributes = st.dictionaries(
    st.sampled_from(["occluded", "n"]), st.sampled_from([True, 1, 1.0, "1", None, "", 2**63 - 1, -(2**63), 1e300])
)


@st.composite
def _controls(draw: st.DrawFn) -> dict[str, Any]:
    controls = {}
    for name, kind in (("q", draw(st.sampled_from(list(TYPE_DEFAULTS)))), ("objects", "box")):
        offered = TYPE_DEFAULTS[kind]
        controls[name] = {
            "type": kind,
            "metric": draw(st.sampled_from(offered.metrics)),
            "aggregate": draw(st.sampled_from(offered.aggregates)),
            "adjudication": draw(st.sampled_from(offered.adjudications)),
            "agreement_threshold": draw(_share | st.none()),
            "weight": draw(st.sampled_from([1, 2.5, 1e-9, 1e6])),
            "labels": draw(st.sampled_from([[], ["bus", "car"], ["true", "false"]])),
            "minimum_similarity": draw(st.sampled_from([0.01, 0.4, 1])),
            "minimum_support": draw(st.sampled_from([0, 0.5, 0.99])),
            "loose_similarity": draw(st.sampled_from([0.01, 0.8, 1])),
            **({"fusion": draw(st.sampled_from(offered.fusions))} if offered.fusions else {}),
        }
    return {name: control for name, control in controls.items() if draw(st.booleans())}


_projects: st.SearchStrategy[ProjectSettings] = st.builds(
    lambda controls, aggregate, threshold, weights, limit, models: project(
        required_annotators=2, controls=controls, aggregate=aggregate, agreement_threshold=threshold,
        annotator_weights=weights, routing={"max_annotators": 3, "on_limit": limit, "count_models": models},
    ),
    _controls(), st.sampled_from(["weighted_mean", "minimum"]), _share | st.none(),
    st.dictionaries(st.sampled_from(["a1", "a2", "a3"]), st.sampled_from([1e-9, 0.5, 3, 1e6])),
    st.sampled_from(["review", "accept_best", "abandon"]), st.booleans(),
)  # fmt: skip

_regions: st.SearchStrategy[Event] = st.one_of(
    _labels.map(lambda label: choice(label, "q")),
    st.lists(_labels, max_size=3).map(lambda labels: choices(*labels, control="q")),
    st.booleans().map(lambda value: boolean(value, "q")),
    st.builds(
        lambda x, y, w, h, turn, label, attributes: box(
            x, y, w, h, label, rotation_degrees=turn, attributes=attributes
        ),
        _pixels, _pixels, _sides, _sides, _turns, _labels, _attributes,
    ),
)  # fmt: skip


@settings(max_examples=120)
@given(_projects, st.lists(st.lists(_regions, max_size=4), min_size=2, max_size=4), st.integers(0, 4))
def test_any_answers_under_any_settings_are_decided_within_the_contract(
    chosen: ProjectSettings, results: list[list[Event]], model: int
) -> None:
    driver = Driver(chosen)
    for i, result in enumerate(results, 1):
        kind = "model" if i == model else None
        driver.feed(submitted(annotator=f"a{i}", result=result, at=i, kind=kind))
    assert {reason for reason, _ in driver.reasons} <= {"zero_size_box", "out_of_range"}
    for out in driver.outgoing:
        if out.topic in ("task-agreement", "task-disagreement"):
            decided = msgspec.json.decode(out.value, type=Decision)
            assert msgspec.json.encode(decided) == out.value
            assert decided.score is None or 0 <= decided.score <= 1
            for control in decided.controls.values():
                assert all(cell is not None and 0 <= cell <= 1 for row in control.matrix for cell in row)
                assert (control.score is None) == (control.undefined is not None)
            for region in msgspec.json.decode(out.value)["consensus"]:
                assert 0 <= region["confidence"] <= 1
                assert set(region["support"]) <= {f"a{i}" for i in range(1, 5)}
