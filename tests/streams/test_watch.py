from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import count
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.rolling.sums import ScoreSums
from streams.contracts.facts import Contribution, Fact, FactBatch
from streams.metrics import METRICS
from streams.ports import Processor, Record
from streams.quality import WATERMARK_KEY, BucketRecord, ProjectRecord, bucket_key, project_key
from streams.settings import SettingsBook
from streams.stages.tally import bucket_of
from streams.state import Watermark
from streams.watch import Watch, decode_state, overview_of
from tests.streams.quality_builders import (
    START_US,
    Shell,
    contribution,
    decided,
    record,
    records,
    settings,
    small_windows,
)

BUCKET = bucket_of(START_US)

contributions = st.builds(
    contribution,
    score=st.none() | st.sampled_from([0.0, 0.3, 0.9, 1.0]),
    minute=st.integers(0, 8),
    labels=st.just({}) | st.sampled_from(["day", "night"]).map(lambda label: {"scene": {label: 60.0}}),
    state=st.sampled_from(["waiting", "agreed", "in_review"]),
    stalled=st.booleans(),
)
histories = st.lists(st.tuples(st.integers(0, 5), contributions), max_size=25)


def chained(history: Sequence[tuple[int, Contribution]]) -> list[Fact]:
    """(task, what it contributes now) → facts, as SETTLE numbers them."""
    known: dict[int, Contribution] = {}
    facts = []
    for offset, (task, after) in enumerate(history):
        facts.append(Fact(offset, f"t-{task}", known.get(task), after))
        known[task] = after
    return facts


def cut(records: list[Record], data: st.DataObject) -> list[list[Record]]:
    places = sorted(data.draw(st.sets(st.integers(0, len(records)), max_size=4))) if records else []
    steps = [records[a:b] for a, b in zip([0, *places], [*places, len(records)], strict=True)]
    return [step for step in steps if step]


def sums_of(shell: Shell) -> dict[bytes, object]:
    """What does not depend on how facts of different source partitions interleave."""
    kept: dict[bytes, object] = {}
    for key, value in shell.state.items():
        found = decode_state(key, value)
        if isinstance(found, ProjectRecord):
            kept[key] = (found.sums, found.event_time_us, found.seen, found.recent, found.horizon, found.imbalance)
        elif isinstance(found, BucketRecord):
            kept[key] = found
    return kept


def test_watch_is_a_processor() -> None:
    processor: Processor = Watch(SettingsBook())
    assert (processor.source, processor.table) == ("quality-facts", "quality")


def test_a_step_writes_the_bucket_the_project_and_last_the_watermark() -> None:
    shell = Shell()
    work = shell.step([record(41, [decided(7, 0.5, minute=3)])])
    assert list(work.changes) == [bucket_key("street", BUCKET + 3), project_key("street"), WATERMARK_KEY]
    assert work.next_offset == 42
    decoded = [decode_state(key, value) for key, value in shell.state.items()]
    assert decoded[0] == BucketRecord("street", BUCKET + 3, ScoreSums.of(0.5), {})
    assert isinstance(decoded[1], ProjectRecord)
    assert decoded[1].seen == {"0": 7}
    assert decoded[2] == Watermark(42)


def test_only_what_was_touched_is_written() -> None:
    shell = Shell()
    shell.step([record(0, [decided(i, 0.5, minute=i) for i in range(5)]), record(1, [decided(0, 1.0)], project="b")])
    work = shell.step([record(2, [decided(5, 0.5, minute=2)])])
    assert list(work.changes) == [bucket_key("street", BUCKET + 2), project_key("street"), WATERMARK_KEY]
    waiting = Fact(6, "w", None, contribution(state="waiting"))
    assert list(shell.step([record(3, [waiting])]).changes) == [project_key("street"), WATERMARK_KEY]


def test_records_below_the_watermark_are_passed_over_and_counted_so() -> None:
    shell = Shell()
    log = records([decided(i, 0.5) for i in range(3)])
    shell.step(log)
    before = dict(shell.state)
    shell.restart()
    work = shell.step(log)
    assert (shell.state, work.outgoing, work.next_offset) == (before, [], 3)
    assert work.counts == {("records_replayed_total", "watch"): 3}


def test_facts_sent_again_in_other_batches_count_once() -> None:
    # SETTLE died after sending facts 0 to 3 in batches of two, and sends them again with two more in batches of three.
    facts = [decided(i, score, minute=i) for i, score in enumerate([0.9, 0.9, 0.1, 0.1, 0.9, 0.9])]
    crashed, smooth = Shell(small_windows()), Shell(small_windows())
    crashed.step([*records(facts[:4], 2), *[r._replace(offset=r.offset + 2) for r in records(facts, 3)]])
    smooth.step(records(facts))
    assert sums_of(crashed) == sums_of(smooth)
    assert [out.value for out in crashed.outgoing] == [out.value for out in smooth.outgoing]
    assert [alert["state"] for alert in crashed.alerts] == ["raised", "resolved"]


def test_each_source_partition_numbers_its_own_facts() -> None:
    shell = Shell()
    shell.step([record(0, [decided(9, 0.5)], source=0), record(1, [decided(3, 0.5)], source=1)])
    assert shell.watch.overview("street")["agreement"]["mean"] == {"value": 0.5, "n": 2, "undefined": None}


def test_alerts_leave_as_cloud_events_keyed_by_project_and_are_counted() -> None:
    shell = Shell()
    shell.step(records([Fact(0, "t", None, contribution(state="waiting", stalled=True))]))
    (out,) = shell.outgoing
    headers = dict(out.headers)
    assert (out.topic, out.key, out.partition) == ("quality-alerts", b"street", None)
    assert (headers["ce_source"], headers["ce_time"]) == (b"labelquorum", b"2026-01-31T10:00:00.000Z")
    assert headers["ce_id"].startswith(shell.alerts[0]["alert_id"].encode())
    assert shell.counts == {("alerts_total", "stalled_tasks", "raised"): 1}


@pytest.mark.parametrize("value", [None, b"{", b'{"project_id": "street"}'])
def test_what_is_no_fact_batch_stops_the_worker_and_names_its_place(value: bytes | None) -> None:
    shell = Shell()
    with pytest.raises(ValueError, match=r"quality-facts partition 0 offset 17: expected a FactBatch"):
        shell.step([Record(17, b"street", value)])


def test_a_partition_that_is_not_open_is_named() -> None:
    with pytest.raises(LookupError, match=r"partition 3 .* not open; open are \[\]"):
        Watch(SettingsBook()).step(3, [])


def test_state_of_another_form_is_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"form 3; got form 99 .* see CHANGELOG"):
        decode_state(project_key("p"), msgspec.msgpack.encode([99, "p"]))
    with pytest.raises(ValueError, match="got key"):
        decode_state(msgspec.msgpack.encode(("x", 1)), b"\x90")
    with pytest.raises(ValueError, match="expected a record of the quality table"):
        decode_state(b"\xc1", b"")


def test_a_closed_partition_takes_its_gauges_along_and_may_be_closed_twice() -> None:
    shell = Shell()
    shell.step(records([decided(0, 0.5)]))
    assert list(shell.watch.open_partitions()) == [0]
    shell.watch.close(0)
    shell.watch.close(0)
    assert (list(shell.watch.gauges()), list(shell.watch.open_partitions())) == ([], [])
    with pytest.raises(KeyError):
        shell.watch.overview("street")


def test_gauges_are_in_the_catalogue_and_leave_out_what_is_undefined() -> None:
    shell = Shell(small_windows())
    shell.step(records([decided(0, 0.5, 0, {"scene": {"day": 1}})]))
    early = {name for name, _, _ in shell.watch.gauges()}
    shell.step([record(1, [decided(i, 1.0, i, {"scene": {"night": 2}}) for i in (1, 2)])])
    gauges = {(name, *labels): value for name, labels, value in shell.watch.gauges()}
    undefined = {"project_agreement_recent_ratio", "project_agreement_baseline_ratio", "project_imbalance_ratio"}
    assert {name for name, *_ in gauges} - early == undefined
    assert METRICS.keys() >= {name for name, *_ in gauges}
    assert all(len(METRICS[name].labels) == len(labels) for name, *labels in gauges)
    assert gauges["project_tasks", "street", "agreed"] == 3
    assert gauges["project_agreement_recent_ratio", "street"] == 1.0
    assert gauges["project_agreement_baseline_ratio", "street"] == 0.5
    assert gauges["project_imbalance_ratio", "street", "scene"] == 4.0
    assert gauges["project_alerts_open", "street", "stalled_tasks"] == 0


def test_an_overview_says_what_it_knows_and_why_it_does_not_know_the_rest() -> None:
    shell = Shell(small_windows())
    stalled = Fact(1, "w", None, contribution(state="waiting", answers=1, stalled=True))
    shell.step(records([decided(0, 0.58, 0, {"scene": {"day": 1}}), stalled]))
    overview = shell.watch.overview("street")
    assert overview["tasks"] == {"agreed": 1, "waiting": 1}
    assert (overview["answers"], overview["stalled_tasks"]) == (4, 1)
    agreement = overview["agreement"]
    assert agreement["mean"] == {"value": 0.58, "n": 1, "undefined": None}
    assert agreement["recent"]["undefined"] == "the window is not full: 1 of 2 decided tasks"
    assert agreement["baseline"] == {"value": None, "n": 0, "undefined": "no scores"}
    assert agreement["histogram"] == [0, 0, 0, 0, 0, 1, 0, 0, 0, 0]
    assert overview["labels"]["scene"]["undefined"] == "fewer than two labels are known"
    assert [alert["alert"] for alert in overview["alerts"]] == ["stalled_tasks"]
    assert json.loads(json.dumps(overview, allow_nan=False)) == overview


def test_a_wide_window_survives_recovery_before_its_settings_are_known() -> None:
    wide = settings(alerts={"agreement_drift": {"window_tasks": 40, "minimum_baseline_tasks": 2}})
    facts = [decided(i, 0.9, minute=i) for i in range(50)]
    with patch("streams.watched.BUCKETS_BEFORE_WINDOW", 5):
        shell, steady = Shell(wide), Shell(wide)
        shell.step(records(facts[:-1]))
        shell.book.publish("street", small_windows())
        shell.restart()
        shell.book.publish("street", wide)
        shell.step(records(facts)[-1:])
        steady.step(records(facts))
    assert shell.state == steady.state


@given(histories, st.data(), st.integers(1, 4))
def test_neither_steps_nor_restarts_nor_batches_change_alerts_or_state(
    history: list[tuple[int, Contribution]], data: st.DataObject, size: int
) -> None:
    project, facts = small_windows(), chained(history)
    whole, parts, batched = Shell(project), Shell(project), Shell(project)
    log = records(facts)
    whole.step(log)
    for step in cut(log, data):
        parts.step(step)
        if data.draw(st.booleans()):
            parts.restart()
    batched.step(records(facts, size))
    assert parts.outgoing == whole.outgoing == batched.outgoing
    if log:
        assert parts.state == whole.state
        assert sums_of(batched) == sums_of(whole)


@given(histories, histories, st.data())
def test_interleaving_and_repeating_source_partitions_leaves_the_same_sums(
    left: list[tuple[int, Contribution]], right: list[tuple[int, Contribution]], data: st.DataObject
) -> None:
    sources = [records(chained(left)), records(chained(right))]

    def run(order: list[int], repeats: int) -> dict[bytes, object]:
        shell, sent, offsets = Shell(small_windows()), [0, 0], count()
        for source in order:
            again = max(0, sent[source] - repeats)
            for old in sources[source][again : sent[source] + 1]:
                batch = msgspec.json.decode(old.value or b"", type=FactBatch)
                shell.step([record(next(offsets), batch.facts, source)])
            sent[source] += 1
        return sums_of(shell)

    order = [0] * len(left) + [1] * len(right)
    with patch("streams.watched.BUCKETS_BEFORE_WINDOW", 3):
        assert run(data.draw(st.permutations(order)), data.draw(st.integers(0, 3))) == run(order, 0)


@given(histories)
def test_the_changelog_alone_shows_what_memory_shows(history: list[tuple[int, Contribution]]) -> None:
    shell = Shell(small_windows(controls={"scene": {"labels": ["day", "night", "dusk"]}}))
    followed: dict[bytes, bytes | None] = {}
    for step in records(chained(history)):
        followed.update(shell.step([step]).changes)
        stored = decode_state(project_key("street"), followed[project_key("street")] or b"")
        assert isinstance(stored, ProjectRecord)
        assert overview_of(stored) == shell.watch.overview("street")
        recovered = Watch(shell.book)
        recovered.open(0, shell.state)
        assert sorted(recovered.gauges()) == sorted(shell.watch.gauges())
