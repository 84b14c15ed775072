"""Decided tasks are decided again once those who answered them are trusted far otherwise, and never for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams import settle as settle_module
from streams.errors import ConfigurationError
from streams.limits import Limits
from streams.ports import Record
from streams.reliability_book import ReliabilityBook
from streams.settings import parse_document
from streams.settle import Settle
from tests.builders import PROJECT, START_MS, Driver, Event, answers, box, record, submitted, tick
from tests.builders import settings as project
from tests.streams.reliability_builders import learned_record

_SCENE = {"scene": {"type": "choice", "adjudication": "weighted", "agreement_threshold": 0.5}}
_KEPT_OPEN: dict[str, Any] = {"retention_seconds": 1_000}


def _project(moves: float | None = 0.5, after: int = 100, **more: Any) -> Any:
    routing = {"redecide_when_weight_moves": moves, "redecide_after_seconds": after}
    return project(**({"controls": _SCENE, "routing": routing} | more))


class _Taught(Driver):
    """With a book of what was learned, which a restart finds again."""

    def __init__(self, project: Any, **limits: Any) -> None:
        self.reliabilities = ReliabilityBook()
        super().__init__(project, **(_KEPT_OPEN | limits))

    def crash(self) -> None:
        super().crash()
        self.settle = Settle(self.book, self.limits, self.reliabilities)
        self.settle.open(self.partition, self.state)

    def learn(self, weights: dict[str, float], **more: Any) -> _Taught:
        for name, weight in weights.items():
            self.reliabilities.publish(name.encode(), learned_record(name, weight, **more))
        return self

    def pass_time(self, at: float) -> _Taught:
        """A tick of the broker's clock, so many seconds after the start."""
        self.feed(tick(), timestamp=START_MS + round(1_000 * at))
        return self

    def answered(self, *events: Event) -> _Taught:
        """All at one time of the broker's clock."""
        self.feed(*events, timestamp=START_MS)
        return self

    @property
    def said(self) -> list[list[Any]]:
        """What each decision on t1 came to."""
        return [
            [one.get("value", one.get("label")) for one in d["consensus"]]
            for d in self.decisions
            if d["task_id"] == "t1"
        ]


def _two_days_and_a_night(moves: float | None = 0.5, **more: Any) -> _Taught:
    driver = _Taught(_project(moves, **more)).learn({"a1": 1.0, "a2": 1.0, "a3": 1.6})
    return driver.answered(*answers("day", "day", "night"))


def test_a_decided_task_is_decided_again_once_a_weight_has_moved_far_and_the_first_decision_is_replaced() -> None:
    driver = _two_days_and_a_night().learn({"a3": 2.2}).pass_time(99)
    assert driver.said == [["day"]], "it is not looked at yet"
    driver.pass_time(104)
    assert driver.said == [["day"], ["night"]]
    first, second = driver.decisions
    assert (second["replaces"], second["revision"]) == (first["decision_id"], 2)
    assert second["controls"]["scene"]["weights"] == {"a1": 1.0, "a2": 1.0, "a3": 2.2}
    assert driver.overview()["labels"]["scene"]["counts"] == {"night": 1.0}


@pytest.mark.parametrize(
    ("moves", "learned"),
    [
        (0.5, {"a3": 2.05}),  # would be decided otherwise, and has not moved far
        (0.5, {"a3": 1.0}),  # has moved far, and nothing comes out otherwise
        (0.5, {"a4": 9.0}),  # did not answer it
        (None, {"a3": 2.2}),  # not asked for
    ],
)
def test_a_decision_stays_where_nothing_says_otherwise(moves: float | None, learned: dict[str, float]) -> None:
    driver = (
        _Taught(_project(moves) if moves is not None else project(controls=_SCENE))
        .learn({"a1": 1.0, "a2": 1.0, "a3": 1.6})
        .answered(*answers("day", "day", "night"))
        .learn(learned)
    )
    sent = len(driver.outgoing)
    for at in range(100, 1_200, 100):
        driver.pass_time(at)
    assert driver.said == [["day"]]
    assert len(driver.outgoing) == sent, "no revision, no fact, nothing"
    assert driver.header().closed


@pytest.mark.parametrize(
    ("recall", "said"),
    [
        ({"day": 0.86, "night": 0.75}, [["day"]]),  # 0.43 and 0.29 in log odds
        ({"day": 0.95, "night": 0.05}, [["day"], ["night"]]),  # 1.56 and 4.33
    ],
)
def test_where_votes_are_counted_by_recall_it_is_a_recall_that_has_to_move(
    recall: dict[str, float], said: list[list[str]]
) -> None:
    """Both ways a1 and a2 keep their weight; by the second recalls, their day says nothing and the night of a3 does."""
    driver = _Taught(_project()).learn({"a1": 1.0, "a2": 1.0}, recall={"day": 0.8, "night": 0.8})
    driver.learn({"a3": 1.0}, recall={"day": 0.8, "night": 0.9}).answered(*answers("day", "day", "night"))
    assert driver.learn({"a1": 1.0, "a2": 1.0}, recall=recall).pass_time(104).said == said


def test_only_recalls_of_classes_that_were_answered_count() -> None:
    driver = _Taught(_project()).learn({"a1": 1.0}, recall={"day": 0.8, "dusk": 0.8})
    driver.answered(*answers("day", "day", "day"))
    by = driver.header().decided_by.trusted["scene"]
    assert by["a1"].recall == {"day": 0.8}
    assert by["a2"].recall == {"day": 0.8}, "as whoever nothing is known of"


def test_votes_that_were_counted_by_weights_and_are_counted_by_recalls_now_have_moved_however_little() -> None:
    """Who says night of everything says nothing by it; their weight is the same."""
    driver = _Taught(_project(100.0)).learn({"a1": 1.0, "a2": 1.0, "a3": 1.0})
    driver.answered(*answers("night", "night", "day"))
    driver.learn({"a1": 1.0, "a2": 1.0}, recall={"night": 0.95, "day": 0.05}).pass_time(104)
    assert driver.said == [["night"], ["day"]]


@pytest.mark.parametrize(("learned_at", "looked_at"), [(10, 100), (150, 200), (350, 400), (750, 800), (950, 1_000)])
def test_it_is_looked_at_ever_less_often_and_for_the_last_time_when_it_is_closed(
    learned_at: float, looked_at: float
) -> None:
    driver = _two_days_and_a_night().pass_time(learned_at).learn({"a3": 2.2}).pass_time(looked_at - 1)
    assert driver.said == [["day"]]
    assert driver.pass_time(looked_at).said == [["day"], ["night"]]
    assert driver.header().closed == (looked_at == 1_000)


def test_what_is_closed_is_settled_for_good() -> None:
    driver = _two_days_and_a_night().pass_time(1_000).learn({"a3": 2.2}).pass_time(9_999)
    assert driver.said == [["day"]]


def test_it_may_come_out_otherwise_more_than_once() -> None:
    driver = _two_days_and_a_night().learn({"a3": 2.2}).pass_time(104).learn({"a3": 1.6}).pass_time(204)
    assert driver.said == [["day"], ["night"], ["day"]]
    assert [d["revision"] for d in driver.decisions] == [1, 2, 3]


def test_movements_that_are_small_one_by_one_add_up() -> None:
    driver = _two_days_and_a_night()
    for at, weight in ((104, 1.8), (204, 2.0), (404, 2.2)):
        driver.learn({"a3": weight}).pass_time(at)
    assert driver.said == [["day"], ["night"]]


def test_a_new_answer_is_counted_by_what_is_known_then_and_time_begins_anew() -> None:
    driver = _two_days_and_a_night().pass_time(104)
    assert driver.header().looks == 1
    driver.learn({"a3": 2.2}).feed(submitted(annotator="a4", value="night", at=110), timestamp=START_MS + 110_000)
    assert driver.said[-1] == ["night"]
    assert (driver.header().looks, driver.header().decided_by.trusted["scene"]["a3"].weight) == (0, 2.2)


def test_shapes_are_decided_again_too() -> None:
    controls = {"objects": {"type": "box", "adjudication": "weighted", "fusion": "weighted_mean"}}
    driver = _Taught(_project(controls=controls, required_annotators=2))
    driver.answered(*(submitted(annotator=f"a{i}", result=[box(x=i)], at=i) for i in (1, 2)))
    driver.learn({"a2": 3.0}, control="objects").pass_time(104)
    assert [d["consensus"][0]["x"] for d in driver.decisions] == [1.5, 1.75]


@pytest.mark.parametrize("state", ["reassigning", "in_review"])
def test_a_task_that_waits_for_somebody_is_not_looked_at(state: str) -> None:
    most = 7 if state == "reassigning" else 3
    routing = {"redecide_when_weight_moves": 0.5, "redecide_after_seconds": 100, "max_annotators": most}
    scene = {"scene": _SCENE["scene"] | {"agreement_threshold": 0.8}}
    driver = _Taught(_project(routing=routing, controls=scene)).answered(*answers("day", "day", "night"))
    assert (driver.header().state, driver.header().decided_by) == (state, None)
    assert len(driver.learn({"a3": 9.0}).pass_time(104).said) == 1


def test_a_look_at_what_has_not_moved_works_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = _two_days_and_a_night()
    monkeypatch.setattr(settle_module, "outcome", None)
    assert driver.pass_time(104).header().looks == 1


def test_when_to_look_without_what_to_look_for_is_a_contradiction() -> None:
    with pytest.raises(ConfigurationError, match=r"routing\.redecide_after_seconds: .*redecide_when_weight_moves"):
        parse_document({"projects": {PROJECT: {"routing": {"redecide_after_seconds": 60}}}})


_values = st.lists(st.sampled_from(["day", "night", None]), min_size=3, max_size=4)
_weights = st.dictionaries(st.sampled_from(["a1", "a2", "a3"]), st.sampled_from([0.0, 0.4, 1.0, 2.5, 3.1]))
_recalls = st.sampled_from([{}, {"day": 0.9, "night": 0.2}, {"day": 0.3, "night": 0.9}])


@settings(max_examples=80)
@given(_values, _weights, _weights, _recalls, st.sampled_from([0, 0.5, 1.0]), st.data())
def test_any_order_and_duplication_of_a_tasks_events_ends_in_the_same_decision_by_what_is_known_when_it_closes(
    values: list[str | None],
    before: dict[str, float],
    after: dict[str, float],
    recall: dict[str, float],
    moves: float,
    data: st.DataObject,
) -> None:
    events = answers(*values)
    again = data.draw(st.lists(st.sampled_from(events), max_size=3))
    ends = []
    for order in (events, data.draw(st.permutations(events + again))):
        driver = _Taught(_project(moves)).learn(before).answered(*order)
        driver.learn(after, recall=recall).pass_time(5_000)
        last = driver.decided()
        ends.append(({k: v for k, v in last.items() if k not in ("replaces", "revision")}, driver.contributions))
        if moves == 0 and last["state"] == "agreed":
            fresh = _Taught(_project()).learn(before).learn(after, recall=recall).answered(*order)
            assert [_value(one) for one in fresh.decided()["consensus"]] == [_value(o) for o in last["consensus"]]
    assert ends[0] == ends[1]


def _value(region: dict[str, Any]) -> tuple[str, Any]:
    return region["control"], region["value"]


_steps = st.lists(
    st.one_of(
        st.builds(
            lambda task, name, value: submitted(task, name, value),
            st.sampled_from(["t1", "t2"]), st.sampled_from(["a1", "a2", "a3"]), st.sampled_from(["day", "night"]),
        ),
        st.just(tick()),
        _weights,
    ),
    min_size=4, max_size=16,
)  # fmt: skip


def _played(steps: Sequence[Any], cuts: set[int], crashes: set[int], **limits: Any) -> Driver:
    """A second passes with every step; what is learned comes between the same two records however they are cut."""
    driver = _Taught(_project(0.3, after=2, required_annotators=2), retention_seconds=6, **limits)
    waiting: list[Record] = []
    for i, step in enumerate(steps):
        if "type" in step:
            at = step if step["type"] == "clock.tick" else step | {"occurred_at": f"2026-01-31T10:00:{i:02d}.000Z"}
            waiting.append(record(driver.next_offset + len(waiting), at, START_MS + 1_000 * i))
        if waiting and ("type" not in step or i in cuts or i == len(steps) - 1):
            driver.step(waiting)
            waiting = []
        if i in crashes and not waiting:
            driver.crash()
        if "type" not in step:
            driver.learn(step)
    return driver


@settings(max_examples=100)
@given(_steps, st.data())
def test_how_a_log_is_cut_where_it_crashes_and_what_is_cached_changes_no_byte(
    steps: list[Any], data: st.DataObject
) -> None:
    places = st.sets(st.integers(0, len(steps) - 1), max_size=6)
    whole = _played(steps, set(), set())
    other = _played(
        steps, data.draw(places), data.draw(places), cached_tasks=data.draw(st.sampled_from([1, Limits().cached_tasks]))
    )
    assert other.flat() == whole.flat()
    assert other.state == whole.state
