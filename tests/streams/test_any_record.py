"""Whatever decodes can be processed, stored, recovered and emitted: a record that can't would stop the worker again
and again. The records are made from the contract itself, so that a field added tomorrow is tried too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from streams.contracts.events import AnnotationSubmitted, Event, GoldSet
from streams.contracts.regions import Mask, ScoredRegion
from streams.contracts.settings import ProjectSettings
from streams.limits import Limits
from streams.scoreboard import Scoreboard
from streams.stages.decode import Decoded, decode
from tests.builders import PROJECT, Driver, cancelled, gold, instant, line, submitted
from tests.builders import settings as project

REGIONS: tuple[type, ...] = get_args(ScoredRegion)
_WHOLE = [0, 1, 2, 2**31, 2**53, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**30, -1, -(2**63), -(2**63) - 1, -(10**30)]
_REAL = [0.0, -0.0, 1.0, -1.5, 5e-324, 1e-9, 1e9, -1e9, 1e15, 1e30, 1.7e308, -1.7e308]
_WORDS = ["a", "", "\0", "a\x1fb", "\u202e", "💥", "r1", "x" * 256, "x" * 1024]


def _bound(kind: inspect.IntType | inspect.FloatType, low: bool) -> float | None:
    inside, outside = (kind.ge, kind.gt) if low else (kind.le, kind.lt)
    return inside if inside is not None else outside


def _numbers(kind: inspect.IntType | inspect.FloatType, values: list[Any]) -> st.SearchStrategy[Any]:
    """Those of the values that the contract allows, and the ends of what it allows."""
    ends = [end for end in (kind.ge, kind.le) if end is not None]
    low, high = _bound(kind, True), _bound(kind, False)
    allowed = [v for v in (*values, *ends) if (low is None or v >= low) and (high is None or v <= high)]
    return st.sampled_from([v for v in allowed if v not in (kind.gt, kind.lt)])


def _from(kind: inspect.Type) -> st.SearchStrategy[Any]:
    """Values as JSON has them that the contract allows."""
    match kind:
        case inspect.Metadata(type=inner):
            return _from(inner)
        case inspect.IntType():
            return _numbers(kind, _WHOLE)
        case inspect.FloatType():
            return _numbers(kind, _REAL)
        case inspect.StrType(min_length=shortest, max_length=longest):
            words = [w for w in _WORDS if (shortest or 0) <= len(w) <= (longest or math.inf)]
            return st.sampled_from(words)
        case inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case inspect.UnionType(types=types):
            return st.one_of(*map(_from, types))
        case inspect.ListType(item_type=item):
            return st.lists(_from(item), max_size=3)
        case inspect.TupleType(item_types=items):
            return st.tuples(*map(_from, items))
        case inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(_from(key).map(str), _from(value), max_size=3)
        case inspect.StructType():
            return _struct(kind)
        case inspect.DateTimeType():
            return st.sampled_from(["1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", instant(0), instant(1)])
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
    raise AssertionError(f"the contract has come to hold {kind}: say here how to make one")


def _struct(kind: inspect.StructType, **given_fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    fields = {f.encode_name: given_fields[f.name] if f.name in given_fields else _from(f.type) for f in kind.fields}
    required = {f.encode_name for f in kind.fields if f.required} | set(given_fields)
    if kind.tag_field is not None:
        fields[kind.tag_field] = st.just(kind.tag)
        required.add(kind.tag_field)
    return st.fixed_dictionaries(
        {name: made for name, made in fields.items() if name in required},
        optional={name: made for name, made in fields.items() if name not in required},
    )


def _made(kind: type, **given_fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    return _struct(described, **given_fields)


_ENVELOPE: dict[str, st.SearchStrategy[Any]] = {"project_id": st.just(PROJECT), "task_id": st.just("t1")}


def _records(kind: type) -> st.SearchStrategy[list[bytes]]:
    """Answers of three annotators with regions of a type, and whatever else can be said of their task."""
    given_fields: dict[str, st.SearchStrategy[Any]] = {
        "control": st.just("q")
    }  # regions of one control meet one another
    if kind is Mask:  # runs at random never fill their size
        given_fields |= {"size": st.just([2, 3]), "counts": st.sampled_from([[0, 6], [6], [1, 2, 3]])}
    result = st.lists(_made(kind, **given_fields), min_size=1, max_size=2)
    people = [
        _made(AnnotationSubmitted, **_ENVELOPE, result=result, annotator_id=st.just(name), submission_id=st.just(name))
        for name in ("a1", "a2", "a3")
    ]
    truth = _made(GoldSet, **_ENVELOPE, result=result)
    others = [
        _made(event, **_ENVELOPE, **({"result": result} if "result" in event.__struct_fields__ else {}))
        for event in get_args(Event) if "task_id" in event.__struct_fields__
    ]  # fmt: skip
    told = st.tuples(*people, truth), st.lists(st.one_of(others), max_size=2)
    events = st.builds(lambda most, more: [*most, *more], *told).flatmap(st.permutations)
    return events.map(lambda them: [line(event) for event in them])


_RECORDS = {kind: _records(kind) for kind in REGIONS}


@pytest.mark.parametrize("kind", REGIONS, ids=lambda kind: kind.__name__)
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_decodes_is_processed_stored_recovered_and_emitted(kind: type, data: st.DataObject) -> None:
    values = data.draw(_RECORDS[kind])
    driver = Driver(check_keys=False, dead_letter_run=100)
    for value in values:
        decoded = isinstance(decode(value), Decoded)
        before = len(driver.reasons)
        driver.feed(value)
        driver.crash()
        told = [reason for reason, _ in driver.reasons[before:] if reason != "zero_size_box"]
        assert decoded or told  # nothing is dropped in silence
        assert not decoded or not told or set(told) == {"task_closed"}
    for out in driver.outgoing:
        msgspec.json.decode(out.value)
    board = Scoreboard({}, Limits())
    board.read(values)
    board.score(board.tasks())
    board.board()


def _whole_numbers(kind: inspect.Type, path: str, seen: frozenset[Any] = frozenset()) -> Iterator[tuple[str, Any]]:
    match kind:
        case inspect.IntType():
            yield path, kind
        case inspect.StructType(cls=made_of, fields=fields) if made_of not in seen:
            for field in fields:
                yield from _whole_numbers(field.type, f"{path}.{field.encode_name}", seen | {made_of})
        case inspect.Metadata(type=inner) | inspect.ListType(item_type=inner):
            yield from _whole_numbers(inner, path, seen)
        case inspect.UnionType(types=several) | inspect.TupleType(item_types=several):
            for one in several:
                name = f"{path}/{one.tag}" if isinstance(one, inspect.StructType) else path
                yield from _whole_numbers(one, name, seen)
        case inspect.DictType(key_type=key, value_type=value):
            yield from _whole_numbers(key, path, seen)
            yield from _whole_numbers(value, path, seen)


@pytest.mark.parametrize("contract", [Event, ProjectSettings], ids=["events", "settings"])
def test_every_whole_number_of_the_input_has_ends_within_64_bits(contract: Any) -> None:
    found = dict(_whole_numbers(inspect.type_info(contract), "$"))
    assert len(found) > 10
    ends = {path: (_bound(kind, True), _bound(kind, False)) for path, kind in found.items()}
    assert {p: e for p, e in ends.items() if None in e or e[0] < -(2**63) or e[1] >= 2**63} == {}  # type: ignore[operator]


@pytest.mark.parametrize(
    "channel", [2**63, -(2**63) - 1, 10**30, 10**400], ids=["64 bits", "64 bits below 0", "100", "1300"]
)
def test_a_channel_beyond_64_bits_is_a_dead_letter_and_not_the_end_of_the_worker(channel: int) -> None:
    region = {"control": "q", "type": "segment", "start_seconds": 0, "end_seconds": 1, "channel": 7}
    value = line(submitted(result=[region])).replace(b'"channel":7', b'"channel":%d' % channel)
    driver = Driver().feed(value, cancelled())
    assert driver.reasons == [("out_of_range", "$.result[0].channel")]


def test_a_consensus_at_the_end_of_what_is_read_is_held_against_gold_as_any() -> None:
    """The fused arms are 1.2e9 px long, halfway between those drawn: their ends would be at 1.115e9."""
    diagonal, straight = ([[1e9, 1e9], [-1e9, 1e9]], [[1e9, 0], [0, 1e9]])
    drawn = [{"control": "q", "type": "angle", "vertex": [0, 0], "arms": arms} for arms in (diagonal, straight)]
    driver = Driver(project(required_annotators=2)).feed(gold("t1", drawn[0]))
    driver.feed(*(submitted(annotator=f"a{i}", result=[angle]) for i, angle in enumerate(drawn)))
    (fused,) = driver.decided()["consensus"]
    assert max(abs(end) for arm in fused["arms"] for end in arm) == 1e9


def test_a_relation_of_the_longest_names_is_held_against_gold_as_any() -> None:
    link = {"control": "q", "type": "relation", "from": "f" * 256, "to": "t" * 256}
    chosen = project(required_annotators=2, controls={"q": {"type": "relation", "adjudication": "select_all"}})
    driver = Driver(chosen).feed(gold("t1", link))
    for name in "ab":
        driver.feed(submitted(annotator=name, submission=name * 256, result=[link]) | {"event_id": name})
    assert driver.decisions


@pytest.mark.parametrize("channel", [2**63 - 1, -(2**63)])
def test_a_channel_of_64_bits_is_kept_as_it_came(channel: int) -> None:
    region = {"control": "q", "type": "segment", "start_seconds": 0, "end_seconds": 1, "channel": channel}
    driver = Driver().feed(*(submitted(annotator=f"a{i}", result=[region]) for i in range(3)))
    assert driver.decided()["consensus"][0]["channel"] == channel
