"""The final decision is a function of the set of events: no order, duplicate, cut, crash or cache leaves a trace."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.contracts.settings import ProjectSettings
from streams.quality import BucketRecord, ProjectRecord, decode_state
from tests.builders import (
    PROJECT,
    Driver,
    Event,
    boolean,
    box,
    cancelled,
    choice,
    choices,
    configured,
    gold,
    record,
    reviewed,
    skipped,
    submitted,
    tick,
    withdrawn,
)
from tests.builders import settings as project

# Tiny alphabets, so that ids, versions and times collide.
_seconds = st.integers(0, 6)
_annotators = st.sampled_from(["a1", "a2", "a3", "m1"])
_submissions = st.sampled_from(["s1", "s2", "s3", "s4"])
_versions = st.sampled_from([None, 1, 2])
_event_ids = st.sampled_from(["e1", "e2", None])
_regions = st.sampled_from(
    [
        choice("day"), choice("night"), choice("day", "weather"), choices("wet", "dark"), choices("wet"), boolean(True),
        boolean(False), box(), box(1, 1), box(label="bus"), box(50, 50, rotation_degrees=30, attributes={"n": 1}),
        box(width=0), {"control": "m", "type": "voxels", "counts": [1, 2]}, choice("box?", "objects"),
    ]
)  # fmt: skip
_results = st.lists(_regions, max_size=3)


def _with_id(given: Event, event_id: str | None) -> Event:
    return given if event_id is None else given | {"event_id": event_id}


def _answer(at: int, annotator: str, submission: str, version: int | None, result: list[Event]) -> Event:
    kind = "model" if annotator == "m1" else None
    return submitted(annotator=annotator, at=at, submission=submission, version=version, kind=kind, result=result)


_answers = st.builds(_answer, _seconds, _annotators, _submissions, _versions, _results)
_others = st.one_of(
    st.builds(lambda s, v, at: withdrawn(submission=s, version=v, at=at), _submissions, _versions, _seconds),
    st.builds(lambda a, at: skipped(annotator=a, at=at), _annotators, _seconds),
    st.builds(lambda n, at: configured(required_annotators=n, at=at), st.sampled_from([1, 2, 3]), _seconds),
    st.builds(lambda at, r: gold("t1", *r, at=at), _seconds, _results),
)
_events = st.lists(
    st.builds(_with_id, _answers | _answers | _others, _event_ids), min_size=1, max_size=9
) | st.lists(st.builds(_with_id, _answers, _event_ids), min_size=4, max_size=7)  # fmt: skip

Log = tuple[ProjectSettings, list[tuple[Event | bytes, int]]]

PROJECTS = [
    project(required_annotators=2),
    project(required_annotators=2, routing={"max_annotators": 3, "on_limit": "accept_best", "skip_policy": "reassign"}),
    project(
        required_annotators=2, routing={"on_rejected": "all", "max_annotators": 3},
        gold={"promote_at": 0.5, "promote_minimum": 2},
    ),
    project(required_annotators=2, routing={"count_models": True, "on_limit": "abandon", "skip_policy": "review"}),
    project(
        required_annotators=2, aggregate="minimum", annotator_weights={"a1": 3},
        routing={"redecide_when_weight_moves": 0, "redecide_after_seconds": 1},
        controls={
            "objects": {"type": "box", "adjudication": "weighted", "fusion": "weighted_mean"},
            "scene": {"type": "choice", "adjudication": "weighted", "labels": ["night", "day"]},
            "tags": {"type": "choices", "adjudication": "best_annotator", "agreement_threshold": None},
        },
    ),
]  # fmt: skip


class Set(NamedTuple):
    """All events of a task, and the project."""

    project: ProjectSettings
    events: list[Event]


@st.composite
def _sets(draw: st.DrawFn) -> Set:
    """Events of every type; a review may name the decision that it looked at, as far as one can exist."""
    chosen, events = draw(st.sampled_from(PROJECTS)), draw(_events)
    looked_at = [None, "another", *(d["decision_id"] for d in Driver(chosen).feed(*events).decisions[-1:])]
    verdicts = st.sampled_from(["approved", "rejected", "corrected"])
    for _ in range(draw(st.integers(0, 2))):
        verdict = draw(verdicts)
        result = draw(_results) if verdict == "corrected" else None
        given = reviewed(verdict, at=draw(_seconds), decision_id=draw(st.sampled_from(looked_at)), result=result)
        events.append(_with_id(given, draw(_event_ids)))
    if draw(st.integers(0, 7)) == 0:
        events.append(cancelled(at=draw(_seconds)))
    return Set(chosen, events)


def _final(driver: Driver) -> Any:
    """The decision in force but for its place in the chain, and what the project's sums hold."""
    if not driver.state or msgspec.msgpack.encode(("t", PROJECT, "t1")) not in driver.state:
        return None
    header = driver.header()
    decision = None
    if header.state != "waiting":
        decision = {k: v for k, v in driver.decided().items() if k not in ("replaces", "revision")}
        assert decision["decision_id"] == header.decision_id
        assert decision["state"] == header.state
    return header.state, decision, header.contribution


def _sums(driver: Driver) -> Any:
    """WATCH's sums, of the project and by minute."""
    stored = [decode_state(key, value) for key, value in driver.watch_state.items()]
    projects = [found.sums for found in stored if isinstance(found, ProjectRecord)]
    return projects, sorted(found for found in stored if isinstance(found, BucketRecord) and found.sums.n)


@settings(max_examples=150)
@given(_sets(), st.data())
def test_any_order_and_duplication_of_a_tasks_events_ends_in_the_same_decision(found: Set, data: st.DataObject) -> None:
    once = Driver(found.project).feed(*found.events)
    again = data.draw(st.lists(st.sampled_from(found.events), max_size=3))
    shuffled = data.draw(st.permutations(found.events + again))
    other = Driver(found.project, check_keys=True).feed(*shuffled, size=1)
    assert _final(other) == _final(once)
    assert _sums(other) == _sums(once)


@st.composite
def _logs(draw: st.DrawFn) -> Log:
    """Records of a few tasks and two projects, with broken ones and ticks between, days apart: (event, broker's ms)."""
    chosen = draw(st.sampled_from([*PROJECTS, project(routing={"stalled_after_seconds": 2}, required_annotators=2)]))
    records: list[tuple[Event | bytes, int]] = []
    timestamp = 1_000
    for _ in range(draw(st.integers(1, 14))):
        timestamp += draw(st.sampled_from([0, 1_000, 5_000]))
        task, owner = draw(st.sampled_from(["t1", "t2", "t3"])), draw(st.sampled_from([PROJECT, PROJECT, "other"]))
        body = draw(_answers | _answers | _others) | {"task_id": task, "project_id": owner}
        kind = draw(st.integers(0, 9))
        records.append((b"{" if kind == 0 else tick() if kind < 3 else body, timestamp))
    return chosen, records


def _play(log: Log, cuts: list[int], crashes: dict[int, int], **limits: Any) -> Driver:
    """Play the log in units that end at `cuts`; after the i-th unit crash and go back by `crashes[i]` records."""
    chosen, entries = log
    driver = Driver(chosen, retention_seconds=3, **limits)
    records = [record(i, given, timestamp) for i, (given, timestamp) in enumerate(entries)]
    start = 0
    for i, end in enumerate([*cuts, len(records)]):
        driver.step(records[start:end])
        start = end
        if i in crashes:
            driver.crash()
            start = max(0, end - crashes[i])
    return driver


def _state(driver: Driver) -> tuple[dict[bytes, bytes], Any]:
    return driver.state, _sums(driver)


@settings(max_examples=100)
@given(_logs(), st.data())
def test_how_a_log_is_cut_where_it_crashes_and_what_is_cached_changes_no_byte(log: Log, data: st.DataObject) -> None:
    places = st.integers(0, len(log[1]))
    cuts = sorted(data.draw(st.lists(places, max_size=5)))
    crashes = data.draw(st.dictionaries(st.integers(0, len(cuts)), st.integers(0, 4), max_size=3))
    whole = _play(log, [], {})
    other = _play(log, cuts, crashes, cached_tasks=data.draw(st.sampled_from([1, 20_000])))
    assert other.flat() == whole.flat()
    assert _state(other) == _state(whole)


def test_a_crash_before_the_unit_is_durable_repeats_the_same_bytes() -> None:
    records = [record(i, submitted(annotator=f"a{i}", value=v, at=i)) for i, v in enumerate(("day", "day", "night"))]
    driver = Driver(project(required_annotators=2))
    driver.step(records[:1])
    lost = driver.settle.step(driver.partition, records[1:])
    driver.crash()
    assert driver.settle.step(driver.partition, records[1:]) == lost
