"""Input is judged in one place: each fault has a reason out of a closed set and a path; nothing raises."""

from __future__ import annotations

import copy
import json
from inspect import signature
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.config import WorkerConfig
from streams.contracts.events import AnnotationSubmitted, TaskConfigured
from streams.contracts.regions import Box, UnscoredRegion
from streams.errors import Rejected
from streams.limits import Limits, limits_of
from streams.stages.decode import Decoded, decode
from tests.builders import (
    Driver,
    boolean,
    box,
    cancelled,
    choice,
    choices,
    configured,
    gold,
    line,
    record,
    reviewed,
    skipped,
    submitted,
    tick,
    withdrawn,
)

REASONS = {
    "malformed_json", "non_finite_number", "missing_field", "wrong_type", "out_of_range", "unknown_event_type",
    "unsupported_schema", "oversized", "too_many_regions", "empty_record", "zero_size_box", "wrong_key", "task_closed",
    "too_many_points", "invalid_geometry",
}  # fmt: skip

NULL_HEADER: Any = [("null", None)]
"""Kafka knows headers without a value, whatever the port's types say."""

MASK = {"control": "m", "type": "voxels"}
EVERYTHING = [
    submitted(result=[choice("day"), choices("wet"), boolean(True), box(attributes={"occluded": True, "rows": 3})]),
    submitted(result=[{"control": "m", "type": "voxels", "size": [2, 2], "counts": [0, 4]}], kind="model"),
    withdrawn(version=2), skipped(), configured(required_annotators=2, media_url="https://x"), cancelled(),
    gold("t1", choice("day")), reviewed("corrected", result=[choice("day")]), reviewed("approved", decision_id="d"),
    tick(),
]  # fmt: skip


def _without(event: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key != name}


def _raw(old: str, new: str, *result: dict[str, Any]) -> bytes:
    return line(submitted(result=result or [box(x=1.5)])).replace(old.encode(), new.encode())


@pytest.mark.parametrize(
    ("value", "reason", "path"),
    [
        (None, "empty_record", "$"),
        (b"", "malformed_json", "$"),
        (b'{"schema": 1', "malformed_json", "$"),
        (b'{"schema": 1} trailing', "malformed_json", "$"),
        (b"\xff\xfe", "malformed_json", "$"),
        (b'{"a": "\xff"}', "malformed_json", "$"),
        (b'{"a": "\\ud800"}', "malformed_json", "$"),
        (b"[" * 100_000, "malformed_json", "$"),
        (b"[" * 100_000 + b"]" * 100_000, "malformed_json", "$"),
        (b"9" * 5_000, "malformed_json", "$"),
        (_raw("1.5", "NaN"), "non_finite_number", "$.result[0].x"),
        (_raw("1.5", "-Infinity"), "non_finite_number", "$.result[0].x"),
        (_raw("1.5", "1e400"), "non_finite_number", "$.result[0].x"),
        (b"[]", "wrong_type", "$"),
        (b"null", "wrong_type", "$"),
        (b'"text"', "wrong_type", "$"),
        (b"{}", "missing_field", "$.type"),
        (_without(submitted(), "schema"), "missing_field", "$.schema"),
        (_without(submitted(), "annotator_id"), "missing_field", "$.annotator_id"),
        (_without(submitted(), "result"), "missing_field", "$.result"),
        (_without(configured(), "task"), "missing_field", "$.task"),
        (submitted(result=[_without(box(), "width")]), "missing_field", "$.result[0].width"),
        (submitted(result=[{"type": "choice", "value": "day"}]), "missing_field", "$.result[0].control"),
        (submitted(result=[{"type": "voxels"}]), "missing_field", "$.result[0].control"),
        (reviewed("corrected"), "missing_field", "$.result"),
        (submitted(result=[box(), MASK, box() | {"x": "1"}]), "wrong_type", "$.result[2].x"),
        (submitted(result=[{"control": 7, "type": "voxels"}]), "wrong_type", "$.result[0].control"),
        (submitted(result=[{"control": "m", "type": "voxels", "id": 7}]), "wrong_type", "$.result[0].id"),
        (submitted(result=[{"control": "m", "type": 7}]), "wrong_type", "$.result[0].type"),
        (submitted() | {"result": ["text"]}, "wrong_type", "$.result[0]"),
        (submitted() | {"result": {}}, "wrong_type", "$.result"),
        (submitted(version=1) | {"version": "1"}, "wrong_type", "$.version"),
        (submitted() | {"occurred_at": "yesterday"}, "wrong_type", "$.occurred_at"),
        (submitted(kind="robot"), "wrong_type", "$.annotator_kind"),
        (submitted() | {"occurred_at": "2026-01-31T10:00:00"}, "out_of_range", "$.occurred_at"),
        (submitted() | {"occurred_at": "9999-12-31T23:59:59-12:00"}, "out_of_range", "$.occurred_at"),
        (submitted() | {"occurred_at": "1970-01-01T00:00:00+14:00"}, "out_of_range", "$.occurred_at"),
        (submitted(annotator=""), "out_of_range", "$.annotator_id"),
        (submitted("t" * 257) | {"event_id": "e"}, "out_of_range", "$.task_id"),
        (submitted(version=0), "out_of_range", "$.version"),
        (submitted(version=10**30), "out_of_range", "$.version"),
        (submitted(result=[box(x=10**40)]), "out_of_range", "$.result[0].x"),
        (submitted(result=[box(-1e9, 0, -3)]), "out_of_range", "$.result[0]"),
        (submitted(result=[MASK | {"control": "c" * 257}]), "out_of_range", "$.result[0].control"),
        (submitted(result=[MASK | {"id": "i" * 257}]), "out_of_range", "$.result[0].id"),
        (configured(required_annotators=0), "out_of_range", "$.task.required_annotators"),
        (
            _raw("1.5", '1.5,"attributes":{"n":1000000000000000000000}'),
            "out_of_range",
            "$.result[0].attributes[...]",
        ),
        (_raw('"day"', "1" * 30, {"control": "m", "type": "voxels", "n": "day"}), "out_of_range", "$.result[0]"),
        (
            _raw('"day"', "[" * 200 + "]" * 200, {"control": "m", "type": "voxels", "n": "day"}),
            "out_of_range",
            "$.result[0]",
        ),
        (submitted() | {"type": "annotation.teleported"}, "unknown_event_type", "$.type"),
        (submitted() | {"type": 7}, "unknown_event_type", "$.type"),
        (submitted() | {"schema": 2}, "unsupported_schema", "$.schema"),
        (submitted() | {"schema": "1"}, "unsupported_schema", "$.schema"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_input_is_said_with_reason_and_path(value: Any, reason: str, path: str) -> None:
    found = decode(line(value) if isinstance(value, dict) else value)
    assert isinstance(found, Rejected)
    assert (found.reason, found.path) == (reason, path)
    assert found.message


def test_an_oversized_record_is_refused_unread() -> None:
    assert decode(b" " * 101, max_bytes=100) == Rejected(
        "oversized", "$", "expected at most 100 bytes (max_record_bytes); the record has 101"
    )
    assert isinstance(decode(line(submitted()), max_bytes=len(line(submitted()))), Decoded)


@pytest.mark.parametrize("event", [submitted(result=[box()] * 3), gold("t1", *[box()] * 3)])
def test_a_submission_with_more_regions_than_allowed_is_refused(event: dict[str, Any]) -> None:
    found = decode(line(event), max_regions=2)
    assert isinstance(found, Rejected)
    assert (found.reason, found.path) == ("too_many_regions", "$.result")
    assert isinstance(decode(line(event), max_regions=3), Decoded)


@pytest.mark.parametrize("event", EVERYTHING, ids=lambda event: event["type"])
def test_every_event_type_can_be_used_and_unknown_fields_are_out_of_the_way(event: dict[str, Any]) -> None:
    plain, with_more = decode(line(event)), decode(line(event | {"x_team": {"a": [1, None]}, "zzz": 1}))
    assert isinstance(plain, Decoded)
    assert plain == with_more


def _regions(*result: dict[str, Any]) -> tuple[list[Any], list[tuple[str, str]]]:
    found = decode(line(submitted(result=result)))
    assert isinstance(found, Decoded)
    assert isinstance(found.event, AnnotationSubmitted)
    return list(found.event.result), [(r.reason, r.path) for r in found.set_aside]


def test_a_region_of_unknown_type_is_kept_whole_and_in_its_place() -> None:
    mask = {"type": "voxels", "control": "m", "id": "x", "label": "car", "counts": [0, 4], "deep": {"a": [1.5, None]}}
    regions, set_aside = _regions(choice("day"), mask, box())
    assert [type(r).__name__ for r in regions] == ["Choice", "UnscoredRegion", "Box"]
    assert regions[1] == UnscoredRegion(control="m", id="x", reason="no_metric", raw=mask)
    assert [r.id for r in regions] == ["r1", "x", "r3"]
    assert set_aside == []


def test_a_box_drawn_backwards_is_the_same_box() -> None:
    # From (30, 50) up and to the left by (20, 10): its corners are (10, 40) and (30, 50).
    (region,), set_aside = _regions(box(30, 50, -20, -10))
    assert (region.x, region.y, region.width, region.height) == (10, 40, 20, 10)
    assert set_aside == []


def test_a_box_without_area_is_set_aside_and_the_rest_counts() -> None:
    regions, set_aside = _regions(box(), box(width=0), box(height=-0.0), choice("day"))
    assert [type(r).__name__ for r in regions] == ["Box", "UnscoredRegion", "UnscoredRegion", "Choice"]
    assert set_aside == [("zero_size_box", "$.result[1].width"), ("zero_size_box", "$.result[2].height")]
    assert regions[1].reason == "zero_size_box"
    assert regions[1].raw["width"] == 0


def test_a_type_that_comes_twice_in_one_object_stops_nothing() -> None:
    twice = line(submitted(result=[{"control": "m", "type": "voxels"}]))[:-1] + b',"type":"task.skipped"}'
    assert isinstance(decode(twice), Rejected)


def test_task_fields_may_come_on_any_event() -> None:
    found = decode(line(configured(required_annotators=5, width_px=1280)))
    assert isinstance(found, Decoded)
    assert isinstance(found.event, TaskConfigured)
    assert (found.event.task.required_annotators, found.event.task.width_px) == (5, 1280)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"type": "polygon", "points": [[0, 0], [1, 0]], "holes": [[[0, 0], [1, 1]]]}, "points"),
        ({"type": "track", "frames": {str(i): {"x": 0, "y": 0, "width": 1, "height": 1} for i in range(4)}}, "frames"),
        ({"type": "taxonomy", "paths": [["a"], ["b"], ["c"], ["d"]]}, "paths"),
        ({"type": "polygon", "points": [[0, 0], [1, 0], [1, 1]], "holes": [[]]}, "points"),
        ({"type": "polygon", "points": [], "holes": [[], [], [], []]}, "points"),
        ({"type": "choices", "value": ["a", "b", "c", "d"]}, "value"),
    ],
)
def test_a_region_of_too_many_points_is_refused_by_the_name_of_the_setting(fields: dict[str, Any], name: str) -> None:
    event = line(submitted(result=[{"control": "c", **fields}]))
    what = "labels" if name == "value" else name
    message = f"expected at most 3 {what} (max_points); got 4"
    assert decode(event, max_points=3) == Rejected("too_many_points", f"$.result[0].{name}", message)
    assert isinstance(decode(event, max_points=4), Decoded)


@pytest.mark.parametrize(("size", "place"), [([1, 4], 1), ([4, 1], 0)])
def test_a_mask_that_is_too_wide_is_refused_by_the_name_of_the_setting(size: list[int], place: int) -> None:
    event = line(submitted(result=[{"control": "c", "type": "mask", "size": size, "counts": [4]}]))
    message = "expected a side of at most 3 px (max_mask_side_px); got 4"
    assert decode(event, max_mask_side_px=3) == Rejected("out_of_range", f"$.result[0].size[{place}]", message)
    assert isinstance(decode(event, max_mask_side_px=4), Decoded)


def test_a_mask_may_be_as_wide_as_the_worker_says() -> None:
    wide = submitted(result=[{"control": "c", "type": "mask", "size": [1, 300_000], "counts": [300_000]}])
    assert Driver().feed(wide).reasons == [("out_of_range", "$.result[0].size[1]")]
    limits = limits_of(WorkerConfig.from_environment({"LABELQUORUM_MAX_MASK_SIDE_PX": "300000"}))
    assert isinstance(limits.decode(line(wide)), Decoded)


def test_the_bounds_that_decode_has_by_itself_are_those_of_a_worker_that_nobody_configured() -> None:
    defaults = {name: spec.default for name, spec in signature(decode).parameters.items() if name != "value"}
    names = {"max_bytes": "max_record_bytes"}
    assert defaults == {name: getattr(WorkerConfig(), names.get(name, name)) for name in defaults}
    assert limits_of(WorkerConfig()) == Limits()


@pytest.mark.parametrize(
    ("fields", "path"),
    [({"type": "text", "value": "abcd"}, "value"), ({"type": "span", "start": 0, "end": 4, "text": "abcd"}, "text")],
)
def test_a_text_that_is_too_long_is_refused_by_the_name_of_the_setting(fields: dict[str, Any], path: str) -> None:
    event = line(submitted(result=[{"control": "c", **fields}]))
    message = "expected at most 3 characters (max_characters); got 4"
    assert decode(event, max_characters=3) == Rejected("out_of_range", f"$.result[0].{path}", message)
    assert isinstance(decode(event, max_characters=4), Decoded)


def test_what_is_nested_too_deeply_is_refused_by_the_name_of_the_setting() -> None:
    paths = line(submitted(result=[{"control": "c", "type": "taxonomy", "paths": [["a"], ["a", "b", "c"]]}]))
    message = "expected paths of at most 2 levels (max_depth); got 3"
    assert decode(paths, max_depth=2) == Rejected("out_of_range", "$.result[0].paths", message)
    assert isinstance(decode(paths, max_depth=3), Decoded)
    unknown = line(submitted(result=[{"control": "c", "type": "voxels", "a": [[1]]}]))
    message = "expected a region of at most 2 levels (max_depth)"
    assert decode(unknown, max_depth=2) == Rejected("out_of_range", "$.result[0]", message)
    assert isinstance(decode(unknown, max_depth=3), Decoded)


@pytest.mark.parametrize(
    ("ids", "named"),
    [
        (["r1", "r1", "r1"], ["r1", "r1~2", "r1~3"]),
        (["r1", "r1~2", "r1"], ["r1", "r1~2", "r1~3"]),
        (["r2", ""], ["r2", "r2~2"]),  # the second would be numbered r2
        (["a", "b", "c"], ["a", "b", "c"]),
        (["x" * 256] * 2, ["x" * 256, "x" * 248 + "~2"]),
    ],
)
def test_region_ids_that_repeat_are_told_apart_and_no_region_is_lost(ids: list[str], named: list[str]) -> None:
    found = decode(line(submitted(result=[choice("day", control=f"c{i}", id=name) for i, name in enumerate(ids)])))
    assert isinstance(found, Decoded)
    assert isinstance(found.event, AnnotationSubmitted)
    assert [region.id for region in found.event.result] == named


def test_regions_of_one_id_are_all_compared_and_named_in_the_decision() -> None:
    twice = [box(0, 0, id="r1"), box(100, 0, id="r1")]
    driver = Driver().feed(configured(required_annotators=2))
    driver.feed(*(submitted(annotator=name, result=twice) for name in ("a1", "a2")))
    assert [one["sources"] for one in driver.decided()["consensus"]] == [
        ["s-a1/r1", "s-a2/r1"], ["s-a1/r1~2", "s-a2/r1~2"],
    ]  # fmt: skip


# A record that nobody can use, or only half of one, goes through the whole agent: nothing may stop it.
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_ODD: list[Any] = [
    "", "\0", "\x1f", "a\x1fb", "\u202e", "💥", "x" * 300, "2026-01-31T10:00:00Z", "0001-01-01T00:00:00+14:00",
    "choice", 0, -1, 1.5, 1e308, -1e9, 1e9, 5e-324, 2**63, 2**64, -(2**63) - 1, 10**30, True, None, [], {}, [[]],
]  # fmt: skip
_odd = st.sampled_from(_ODD) | _json


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    """A valid event with some of its values, or some of its text, changed."""
    document: Any = msgspec.json.decode(line(draw(st.sampled_from(EVERYTHING))))
    for _ in range(draw(st.integers(0, 3))):
        node = document
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            inside = node[key]
            if isinstance(inside, dict | list) and inside and draw(st.booleans()):
                node = inside
                continue
            if isinstance(node, dict) and draw(st.integers(0, 4)) == 0:
                del node[key]
            else:
                node[key] = copy.deepcopy(draw(_odd))  # or a later change would change the sample itself
            break
    text = _dumps(document)
    if draw(st.integers(0, 5)) == 0:
        at = draw(st.integers(0, len(text)))
        noise = draw(st.binary(max_size=3) | st.sampled_from([b"NaN", b"\\ud800", b"\\udc00", b"1e400", b"\\u0000"]))
        text = text[:at] + noise + text[at + draw(st.integers(0, 3)) :]
    return text


def _dumps(document: Any) -> bytes:
    # The standard library is the loose writer: NaN, big numbers and lone surrogates, as careless producers send them.
    return json.dumps(document).encode("utf-8", "surrogatepass")


@given(st.binary(max_size=200) | _json.map(_dumps))
@example(b'{"\\ud800": NaN}')
@example(b'{"type": "annotation.submitted", "result": [{"type": "\\udc00", "control": "a"}]}')
def test_arbitrary_bytes_are_decoded_or_rejected(value: bytes) -> None:
    found = decode(value)
    assert isinstance(found, Decoded | Rejected)
    if isinstance(found, Rejected):
        assert found.reason in REASONS


@settings(max_examples=150)
@given(st.lists(_mutated(), min_size=1, max_size=6))
def test_no_event_however_odd_stops_the_agent_or_its_recovery(values: list[bytes]) -> None:
    driver = Driver(check_keys=False)
    good = [submitted(annotator=f"z{i}", at=90 + i) for i in range(3)]
    for value in [*map(line, good), *values]:
        driver.feed(value)
        driver.crash()
    assert driver.counts["events_total", "annotation.submitted"] >= 3
    assert {reason for reason, _ in driver.reasons} <= REASONS
    for out in driver.outgoing:
        assert len(out.value) + len(out.key) + sum(len(v) for _, v in out.headers) < 1_000_000


@pytest.mark.parametrize(
    "value",
    [
        b"\0" * 400_000, b'{"' + b"k" * 800_000 + b'": NaN}', "ä".encode() * 600_000, b"\xff" * 900_000,
        b"\x01" * 3_000_000,
    ],
    ids=["control characters", "a path as long as the record", "text", "bytes", "oversized control characters"],
)  # fmt: skip
def test_a_dead_letter_fits_through_kafka_whatever_it_carries(value: bytes) -> None:
    driver = Driver()
    driver.step([record(0, value)._replace(key=b"k" * 500_000, headers=[("h", b"\0" * 500_000), *NULL_HEADER])])
    (out,) = driver.outgoing
    assert len(out.value) + len(out.key) + sum(len(v) for _, v in out.headers) < 1_000_000
    (letter,) = driver.dead_letters
    assert letter["size_bytes"] == len(value)


@pytest.mark.parametrize("key", [None, b"", b"street/t2", b"\xff"])
def test_a_record_whose_key_does_not_name_its_task_is_a_dead_letter(key: bytes | None) -> None:
    driver = Driver()
    driver.step([record(0, submitted())._replace(key=key)])
    assert driver.reasons == [("wrong_key", "$")]
    assert "'street/t1'" in driver.dead_letters[0]["message"]


def test_a_dead_letter_keeps_the_record_as_it_came() -> None:
    driver = Driver()
    driver.step([record(7, b"{no")._replace(key=b"k", headers=[("source", b"hook"), *NULL_HEADER], timestamp=1_500)])
    (out,) = driver.outgoing
    assert msgspec.json.decode(out.value) == {
        "schema": 1, "type": "dead.letter", "reason": "malformed_json", "path": "$",
        "message": "expected JSON in UTF-8; JSON is malformed: object keys must be strings (byte 1)", "scope": "event",
        "topic": "annotation-events", "partition": 3, "offset": 7, "timestamp_ms": 1_500, "key": "k",
        "headers": {"source": "hook", "null": ""}, "size_bytes": 3, "truncated": False, "value": "{no",
        "value_base64": None,
    }  # fmt: skip
    assert (out.key, dict(out.headers)["ce_id"]) == (b"k", b"annotation-events-3-7-$")


def test_bytes_that_are_no_text_are_kept_as_base64() -> None:
    (letter,) = Driver().feed(b"\xff\x00").dead_letters
    assert (letter["value"], letter["value_base64"]) == (None, "/wA=")


def test_regions_without_an_id_are_numbered_by_their_place() -> None:
    regions, _ = _regions(choice("day", id="own"), box(1, 2, 3, 4), boolean(True))
    assert isinstance(regions[1], Box)
    assert [region.id for region in regions] == ["own", "r2", "r3"]
