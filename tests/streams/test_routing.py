"""Where a task goes next: by examples along a task's life, and by what no history may bring about."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.contracts.regions import Choice
from streams.plan import Plan
from streams.stages.score import score
from tests.builders import (
    Driver,
    answers,
    cancelled,
    choice,
    configured,
    gold,
    reviewed,
    skipped,
    submitted,
    withdrawn,
)
from tests.builders import settings as project


def _states(driver: Driver) -> list[tuple[str, str]]:
    return [(d["state"], d["reason"]) for d in driver.decisions]


def _asked(driver: Driver) -> list[tuple[int, list[str], str]]:
    return [(r["annotators_wanted"], r["exclude_annotators"], r["reason"]) for r in driver.reassignments]


def test_nothing_is_said_before_the_quorum_and_an_agreement_with_it() -> None:
    driver = Driver()
    assert not driver.feed(*answers("day", "day")).decisions
    driver.feed(submitted(annotator="a3", at=3))
    assert _states(driver) == [("agreed", "all_thresholds_met")]
    assert not driver.reassignments


def test_one_annotator_more_is_asked_at_a_time_until_they_agree() -> None:
    # Two of three are 0.667 < 0.75; three of four are exactly 0.75.
    driver = Driver().feed(*answers("day", "day", "night"))
    assert _states(driver) == [("reassigning", "below_threshold")]
    assert _asked(driver) == [(1, ["a1", "a2", "a3"], "below_threshold")]
    driver.feed(submitted(annotator="a4", at=4))
    assert _states(driver)[1:] == [("agreed", "all_thresholds_met")]
    assert [(d["round"], d["revision"], d["score"]) for d in driver.decisions] == [(1, 1, 0.666667), (2, 2, 0.75)]
    assert len(driver.reassignments) == 1


def test_two_at_a_time_are_not_asked_again_while_one_of_them_is_out() -> None:
    driver = Driver(project(required_annotators=2, routing={"extra_annotators": 2, "max_annotators": 9}))
    driver.feed(*answers("day", "night"))
    assert _asked(driver) == [(2, ["a1", "a2"], "below_threshold")]
    driver.feed(submitted(annotator="a3", value="day", at=3))
    assert len(driver.reassignments) == 1
    driver.feed(submitted(annotator="a4", value="night", at=4))
    assert _asked(driver)[1:] == [(2, ["a1", "a2", "a3", "a4"], "below_threshold")]
    assert [d["round"] for d in driver.decisions] == [1, 2, 2]


def test_an_edit_asks_nobody_again() -> None:
    driver = Driver(project(routing={"max_annotators": 9}))
    driver.feed(*answers("day", "dusk", "night"), submitted(value="dawn", at=9, version=2))
    assert [d["state"] for d in driver.decisions] == ["reassigning", "reassigning"]
    assert len(driver.reassignments) == 1


def test_more_answers_than_required_do_not_make_the_next_request_come_twice() -> None:
    # Found by reading: three were required, five came, one more was asked for, and each later event asked once more.
    driver = Driver(project(routing={"max_annotators": 12})).feed(*answers("day", "day", "day", "night", "night"))
    assert _asked(driver) == [(1, ["a1", "a2", "a3", "a4", "a5"], "below_threshold")]
    driver.feed(submitted(annotator="a5", value="dusk", at=9, version=2))
    assert [d["state"] for d in driver.decisions] == ["agreed", "agreed", "reassigning", "reassigning"]
    assert len(driver.reassignments) == 1


def test_a_withdrawn_answer_is_asked_for_again_but_not_of_who_withdrew_it() -> None:
    driver = Driver().feed(*answers("day", "day"), withdrawn(annotator="a1", at=5))
    assert not driver.decisions
    assert _asked(driver) == [(1, ["a1", "a2"], "answer_withdrawn")]
    assert driver.reassignments[0]["decision_id"] is None


def test_a_withdrawal_below_the_quorum_takes_the_decision_back() -> None:
    driver = Driver().feed(*answers("day", "day", "day"), withdrawn(annotator="a1", at=5))
    assert _states(driver) == [("agreed", "all_thresholds_met"), ("waiting", "quorum_not_reached")]
    agreed, taken_back = driver.decisions
    assert (taken_back["type"], taken_back["passed"], taken_back["consensus"]) == ("task.disagreement", False, [])
    assert (taken_back["replaces"], taken_back["revision"]) == (agreed["decision_id"], 2)
    assert driver.header().contribution.score is None
    assert _asked(driver) == [(1, ["a1", "a2", "a3"], "answer_withdrawn")]
    driver.feed(withdrawn(annotator="a2", at=6))
    assert len(driver.decisions) == 2, "a task without a decision in force has none to take back"
    driver.feed(submitted(annotator="a4", at=7), submitted(annotator="a5", at=8))
    assert [d["revision"] for d in driver.decisions] == [1, 2, 3]


def test_a_request_still_out_when_an_answer_is_withdrawn_fills_the_place() -> None:
    driver = Driver().feed(*answers("day", "day", "night"), withdrawn(annotator="a1", at=5))
    assert [r["reason"] for r in driver.reassignments] == ["below_threshold"]


@pytest.mark.parametrize(
    ("on_limit", "state"), [("review", "in_review"), ("accept_best", "accepted"), ("abandon", "abandoned")]
)
def test_at_the_limit_the_setting_decides(on_limit: str, state: str) -> None:
    driver = Driver(project(routing={"max_annotators": 4, "on_limit": on_limit}))
    driver.feed(*answers("day", "day", "night", "night"))
    assert _states(driver) == [("reassigning", "below_threshold"), (state, "max_annotators_reached")]
    decided = driver.decided()
    assert (decided["type"], decided["passed"]) == ("task.disagreement", False)
    assert len(decided["consensus"]) == (0 if on_limit == "abandon" else 1)
    assert len(driver.reviews) == (1 if on_limit == "review" else 0)


def test_asking_stops_early_when_nobody_who_may_join_could_help() -> None:
    # Three answers of three kinds, one more allowed: at best two of four, 0.5 < 0.75.
    driver = Driver(project(routing={"max_annotators": 4})).feed(*answers("day", "night", "dusk"))
    assert _states(driver) == [("in_review", "threshold_unreachable")]
    assert not driver.reassignments


def test_a_task_in_review_comes_with_the_best_answer_and_what_they_differ_in() -> None:
    driver = Driver(project(routing={"max_annotators": 3})).feed(*answers("night", "day", "day"))
    (review,) = driver.reviews
    assert review["decision_id"] == driver.decided()["decision_id"]
    assert (review["reason"], review["exclude_reviewers"]) == ("max_annotators_reached", ["a1", "a2", "a3"])
    assert (review["base"]["annotator_id"], review["base"]["score"]) == ("a2", 0.5)
    assert review["base"]["result"] == [choice("day") | {"id": "r1"}]
    assert [c["annotators"] for c in review["conflicts"]["scene"]] == [["a1"]]


def test_skips_leave_the_quorum_alone() -> None:
    driver = Driver().feed(*answers("day", "day"), skipped(annotator="a9", at=3), skipped(annotator="a1", at=4))
    assert not driver.decisions
    assert not driver.reassignments
    driver.feed(submitted(annotator="a3", at=5))
    assert driver.decided()["skipped"] == ["a9"]


def test_a_skip_is_replaced_where_the_project_says_so() -> None:
    driver = Driver(project(routing={"skip_policy": "reassign"})).feed(*answers("day"), skipped(annotator="a9", at=3))
    assert _asked(driver) == [(1, ["a1", "a9"], "skipped")]
    driver.feed(skipped(annotator="a9", at=4), submitted(annotator="a9", at=5), submitted(annotator="a2", at=6))
    assert len(driver.reassignments) == 1
    assert driver.decided()["state"] == "agreed"


def test_a_skip_hands_the_task_to_a_person_where_the_project_says_so() -> None:
    driver = Driver(project(routing={"skip_policy": "review"})).feed(*answers("day"), skipped(annotator="a9", at=3))
    assert _states(driver) == [("in_review", "skipped")]
    assert len(driver.reviews) == 1
    driver.feed(submitted(annotator="a2", at=4), submitted(annotator="a3", at=5))
    assert driver.decided()["state"] == "agreed"


def test_a_model_is_compared_but_does_not_count() -> None:
    driver = Driver().feed(*answers("day", "day"), submitted(annotator="m", value="night", kind="model", at=3))
    assert not driver.decisions
    driver.feed(submitted(annotator="a3", at=4))
    decided = driver.decided()
    assert (decided["state"], decided["score"]) == ("agreed", 1.0)
    assert [(s["annotator_id"], s["counts"], s["score"]) for s in decided["submissions"]] == [
        ("a1", True, 1.0), ("a2", True, 1.0), ("a3", True, 1.0), ("m", False, 0.0),
    ]  # fmt: skip


def test_a_model_counts_where_the_project_says_so() -> None:
    driver = Driver(project(routing={"count_models": True}))
    driver.feed(*answers("day", "day"), submitted(annotator="m", value="night", kind="model", at=3))
    assert (driver.decided()["state"], driver.decided()["score"]) == ("reassigning", 0.666667)


def test_one_required_annotator_decides_alone() -> None:
    driver = Driver(project(required_annotators=1)).feed(submitted())
    decided = driver.decided()
    assert (decided["state"], decided["reason"], decided["passed"]) == ("agreed", "single_annotator", True)
    assert decided["score"] is None
    assert decided["controls"]["scene"]["undefined"] == "needs two annotators, got 1"
    assert [c["value"] for c in decided["consensus"]] == ["day"]


def test_a_tasks_own_number_of_annotators_goes_before_the_projects() -> None:
    driver = Driver(project(required_annotators=3)).feed(configured(required_annotators=2), *answers("day", "day"))
    assert driver.decided()["state"] == "agreed"
    driver.feed(configured(required_annotators=4, at=9))
    assert driver.decided()["state"] == "waiting"
    assert not driver.reassignments, "the queue hands out the required answers by itself"


def test_a_task_that_requires_more_than_the_maximum_may_have_them() -> None:
    driver = Driver(project(routing={"max_annotators": 3}))
    driver.feed(configured(required_annotators=5), *answers("day", "day", "day", "day", "day"))
    assert driver.decided()["state"] == "agreed"


def test_a_cancelled_task_stays_cancelled() -> None:
    driver = Driver().feed(*answers("day", "day", "day"), cancelled(at=5), submitted(annotator="a4", at=6))
    assert [s for s, _ in _states(driver)] == ["agreed", "cancelled", "cancelled"]
    assert driver.decided()["consensus"] == []
    assert driver.header().contribution.score is None


def test_a_task_nobody_knew_can_be_cancelled() -> None:
    assert _states(Driver().feed(cancelled())) == [("cancelled", "cancelled")]


def test_gold_by_itself_decides_nothing_and_adds_nothing() -> None:
    driver = Driver().feed(gold("t1", choice("day")))
    assert not driver.outgoing
    driver.feed(*answers("day", "day", "day"))
    assert driver.decided()["state"] == "agreed"


def _in_review() -> Driver:
    return Driver(project(routing={"max_annotators": 3})).feed(*answers("day", "day", "night"))


def test_an_approval_is_final() -> None:
    driver = _in_review()
    driver.feed(reviewed("approved", at=9, decision_id=driver.decided()["decision_id"]))
    decided = driver.decided()
    assert (decided["state"], decided["type"], decided["passed"]) == ("reviewed", "task.agreement", True)
    assert decided["review"] == {"reviewer_id": "r1", "verdict": "approved", "event_id": "review.decided/t1/--r1-/9"}
    assert [c["value"] for c in decided["consensus"]] == ["day"]


def test_an_approval_of_a_decision_that_is_gone_does_not_hold() -> None:
    driver = _in_review()
    looked_at = driver.decided()["decision_id"]
    driver.feed(submitted(annotator="a1", value="night", at=8, version=2))
    driver.feed(reviewed("approved", at=9, decision_id=looked_at))
    assert driver.decided()["state"] == "in_review"
    assert len(driver.decisions) == 2


def test_an_approval_that_names_no_decision_holds_for_whatever_stands() -> None:
    driver = Driver().feed(reviewed("approved", at=9), *answers("day"))
    assert driver.decided()["state"] == "reviewed"


def test_a_rejection_goes_round_again_and_a_new_answer_lifts_it() -> None:
    driver = Driver().feed(*answers("day", "day", "day"))
    driver.feed(reviewed("rejected", at=9, decision_id=driver.decided()["decision_id"]))
    assert _states(driver)[1:] == [("reassigning", "rejected")]
    assert _asked(driver) == [(1, ["a1", "a2", "a3"], "rejected")]
    driver.feed(submitted(annotator="a4", at=10))
    assert (driver.decided()["state"], driver.decided()["review"]) == ("agreed", None)
    assert [d["revision"] for d in driver.decisions] == [1, 2, 3]


def test_a_rejection_with_no_room_left_stays_with_a_person() -> None:
    driver = _in_review()
    driver.feed(reviewed("rejected", at=9))
    assert driver.decided()["reason"] == "rejected"
    assert driver.decided()["state"] == "in_review"
    assert len(driver.reviews) == 2


def test_a_correction_is_what_the_task_comes_to() -> None:
    driver = _in_review()
    mask = {"control": "m", "type": "voxels", "id": "x", "counts": [1]}
    driver.feed(reviewed("corrected", at=9, result=[choice("dusk"), mask]), submitted(annotator="a4", at=10))
    decided = driver.decided()
    more = {"support": ["r1"], "confidence": 1.0}
    assert decided["state"] == "reviewed"
    assert decided["consensus"] == [
        choice("dusk", id="r1") | more | {"sources": ["review/r1"]}, mask | more | {"sources": ["review/x"]},
    ]  # fmt: skip
    assert driver.header().contribution.labels == {"scene": {"dusk": 1.0}, "m": {}}


def test_nothing_is_sent_when_nothing_has_changed() -> None:
    driver = Driver().feed(*answers("day", "day", "day"))
    sent = len(driver.outgoing)
    driver.feed(*answers("day", "day", "day"), skipped(annotator="a1"), configured(width_px=9))
    assert len(driver.outgoing) == sent
    assert driver.counts[("late_duplicates_total",)] == 3


def test_gold_for_a_decided_task_changes_what_is_known_of_its_annotators_and_nothing_else() -> None:
    driver = Driver().feed(*answers("day", "day", "day"))
    sent = len(driver.outgoing)
    driver.feed(gold("t1", choice("day")))
    assert [out.topic for out in driver.outgoing[sent:]] == ["quality-facts"]


_what = st.sampled_from(["answer", "answer", "answer", "answer", "withdraw", "skip"])
_steps = st.lists(st.tuples(_what, st.integers(1, 6), st.sampled_from("xyz")), max_size=14)


@settings(max_examples=150)
@given(_steps, st.sampled_from([1, 2]), st.sampled_from(["ignore", "reassign"]), st.sampled_from([3, 6]))
def test_whatever_happens_as_many_are_asked_as_are_missing_and_never_who_has_answered(
    steps: list[tuple[str, int, str]], extra: int, skip_policy: Any, maximum: int
) -> None:
    """A queue of open places: two to begin with, one less for each newcomer, as many more as are asked for."""
    required = 2
    routing = {"extra_annotators": extra, "skip_policy": skip_policy, "max_annotators": maximum}
    driver = Driver(project(required_annotators=required, routing=routing))
    places, came, met = required, set[str](), set[str]()
    for at, (what, who, value) in enumerate(steps):
        name = f"a{who}"
        given_ = (
            skipped(annotator=name, at=at) if what == "skip"
            else withdrawn(annotator=name, at=at) if what == "withdraw"
            else submitted(annotator=name, value=value, at=at)
        )  # fmt: skip
        if what == "answer" or (what == "skip" and skip_policy == "reassign"):
            places = max(0, places - (name not in came))
            came.add(name)
        met |= {name} if what != "withdraw" else set()
        before = len(driver.reassignments)
        driver.feed(given_)
        for asked in driver.reassignments[before:]:
            assert asked["exclude_annotators"] == sorted(met)
            assert asked["annotators_wanted"] >= 1
            places += asked["annotators_wanted"]
        if what == "withdraw" and name not in met:
            continue
        contribution = driver.header().contribution
        counted = contribution.answers if contribution is not None else 0
        if contribution is None or contribution.state not in ("waiting", "reassigning"):
            continue
        rounds = (counted - required) // extra + 1
        target = required if contribution.state == "waiting" else min(required + rounds * extra, max(maximum, required))
        assert places >= target - counted, "too few are asked"
        if len(driver.reassignments) > before:
            assert places == target - counted, "more are asked than are missing"


@settings(max_examples=80)
@given(
    st.lists(st.sampled_from("abc"), min_size=2, max_size=4), st.integers(0, 3), st.sampled_from([0.5, 0.6, 0.75, 0.8]),
    st.sampled_from(["consensus_share", "pairs"]),
)  # fmt: skip
def test_a_threshold_called_unreachable_is_reached_by_no_answers_and_another_by_some(
    given_: list[str], room: int, threshold: float, aggregate: str
) -> None:
    control = {"type": "choice", "agreement_threshold": threshold, "aggregate": aggregate}
    plan = Plan(project(controls={"scene": control}))

    def passes(values: list[str]) -> bool:
        rows = [(f"a{i}", [Choice(control="scene", id="r1", value=v)], True) for i, v in enumerate(values)]
        return score(rows, plan, room).passed

    rows = [(f"a{i}", [Choice(control="scene", id="r1", value=v)], True) for i, v in enumerate(given_)]
    now = score(rows, plan, room)
    if not now.passed:
        more = [list(extra) for n in range(1, room + 1) for extra in product("abcd", repeat=n)]
        assert now.reachable == any(passes(given_ + extra) for extra in more)
