"""Records become changes: only the newest per key, whatever the order, and nothing unusable stops the rest."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from streams.adapters.redis_model import Batch, OpenTask, translators
from streams.adapters.redis_model.keys import Keys
from streams.contracts.views import TaskItem
from streams.ports import Record
from streams.quality import STORED_FORM, WATERMARK_KEY, ProjectRecord, ProjectSums, bucket_key, encode, project_key
from streams.state import Watermark
from tests.contract.outputs import CHANGELOG, TRANSLATE, alert, batch, decision, fact, facts

IDENTIFIERS = st.text(st.sampled_from("a/:%1"), min_size=1, max_size=4)


def test_topics_are_followed_by_their_deployed_names() -> None:
    assert set(translators(lambda name: f"eu.{name}", "app-quality-changelog")) == {
        "eu.task-agreement", "eu.task-disagreement", "eu.quality-facts", "eu.quality-alerts", "app-quality-changelog",
    }  # fmt: skip


@given(st.permutations([1, 1, 2, 3, 9, 10]))
def test_of_a_tasks_decisions_every_revision_stays_once_in_any_order(revisions: Sequence[int]) -> None:
    made = batch("task-agreement", [decision("a", revision=r, second=r) for r in revisions])
    assert list(made.decisions) == [("street", "a")]
    kept = made.decisions["street", "a"]
    assert [kept[version].value for version in sorted(kept)] == [
        decision("a", revision=r, second=r) for r in (1, 2, 3, 9, 10)
    ]


def test_a_decision_carries_its_event_time_in_microseconds_and_its_own_bytes() -> None:
    sent = decision("a", second=1)
    (change,) = batch("task-agreement", [sent]).decisions["street", "a"].values()
    assert change.time_us == 1_769_853_601_000_000  # 2026-01-31T10:00:01Z
    assert change.value is sent


def test_a_decision_is_listed_with_who_answered_and_what_they_do_not_agree_on() -> None:
    sent = decision("a", passed=False, annotators=("ann", "bob"), conflicts=("missing", "extra", "missing"))
    (change,) = batch("task-disagreement", [sent]).decisions["street", "a"].values()
    assert change.score == 0.4
    assert msgspec.json.decode(change.item, type=TaskItem) == TaskItem(
        task_id="a", state="in_review", score=0.4, event_time="2026-01-31T10:00:00.000Z", annotators=["ann", "bob"],
        conflicts={"extra": 1, "missing": 2}, decision_id="a-1",
    )  # fmt: skip


def test_a_cancelled_task_is_not_contested() -> None:
    (change,) = batch("task-disagreement", [decision("a", state="cancelled")]).decisions["street", "a"].values()
    assert change.score is None


@given(st.permutations([("raised", 1), ("resolved", 3), ("raised", 2)]))
def test_of_an_episode_the_end_stays_in_any_order(events: Sequence[tuple[str, int]]) -> None:
    made = batch("quality-alerts", [alert("x", state, second=second) for state, second in events])
    assert made.alerts["street", "x"].final
    assert made.alerts["street", "x"].value == alert("x", "resolved", second=3)


def test_of_a_tasks_facts_the_last_one_stays() -> None:
    made = batch("quality-facts", [facts(fact(1, "a", "waiting"), fact(2, "b", "waiting")), facts(fact(3, "b", None))])
    assert made.tasks == {
        ("street", "a"): OpenTask("a", "waiting", 1, 0, None, False),
        ("street", "b"): None,
    }


def test_of_watchs_state_only_the_projects_own_records_are_shown() -> None:
    made = Batch()
    record = ProjectRecord(STORED_FORM, "street", ProjectSums(answers=4))
    pairs = [(project_key("street"), encode(record)), (WATERMARK_KEY, encode(Watermark(9))), (None, b"x"), (b"x", None)]
    made.add([Record(i, key, value) for i, (key, value) in enumerate(pairs)], TRANSLATE[CHANGELOG])
    overviews = made.overviews()
    assert list(overviews) == ["street"]
    assert msgspec.json.decode(overviews["street"])["answers"] == 4
    assert made.unusable == 2, "no key, and one that no record has"


def test_a_project_s_records_stay_as_they_came_the_last_of_each_key_with_the_offset_of_the_last() -> None:
    made = Batch()
    record, minute = project_key("street"), bucket_key("street", 7)
    pairs = [(record, b"1"), (minute, b"sums"), (project_key("alley"), b"2"), (record, b"3"), (minute, None)]
    made.add([Record(40 + i, key, value) for i, (key, value) in enumerate(pairs)], TRANSLATE[CHANGELOG])
    assert made.figures == {
        "street": (44, {record: b"3", minute: None}),
        "alley": (42, {project_key("alley"): b"2"}),
    }


def test_what_is_unusable_is_counted_and_passed_over() -> None:
    for topic in ("task-agreement", "task-disagreement", "quality-facts", "quality-alerts"):
        made = batch(topic, [b"no JSON", b"{}", b"\xff"])
        made.add([Record(3, b"k", None)], TRANSLATE[topic])
        assert (made.unusable, made.decisions, made.tasks, made.alerts) == (4, {}, {}, {})
    made = batch(CHANGELOG, [b"written by another version"], key=project_key("street"))
    assert (made.overviews(), made.unusable) == ({}, 1)


@given(st.tuples(IDENTIFIERS, IDENTIFIERS), st.tuples(IDENTIFIERS, IDENTIFIERS))
def test_different_tasks_never_share_a_key(one: tuple[str, str], other: tuple[str, str]) -> None:
    keys = Keys()
    assert (keys.item("decision", *one) == keys.item("decision", *other)) == (one == other)
