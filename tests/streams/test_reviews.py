"""A review holds for the answers that the reviewer saw, and for nothing else."""

from __future__ import annotations

from typing import Any

from streams.contracts.settings import ProjectSettings
from tests.builders import Driver, answers, cancelled, choice, gold, reviewed, skipped, submitted, withdrawn
from tests.builders import settings as project


def _contested(**more: Any) -> Driver:
    """Three answers of which no two agree, and nobody more may be asked: a person decides."""
    return Driver(project(routing={"max_annotators": 3, **more})).feed(*answers("day", "night", "dusk"))


def _approve(driver: Driver, decision_id: str) -> Driver:
    return driver.feed(reviewed("approved", at=9, decision_id=decision_id))


def test_after_a_rejection_the_decision_that_is_sent_for_review_again_can_be_approved() -> None:
    """Once an approval had to name the decision that the review itself had put out of force."""
    driver = _contested()
    driver.feed(reviewed("rejected", at=5, decision_id=driver.decided()["decision_id"]))
    again = driver.reviews[-1]["decision_id"]
    assert driver.decided()["reason"] == "rejected"

    assert _approve(driver, again).decided()["state"] == "reviewed"


def test_a_late_skip_does_not_undo_an_approval() -> None:
    driver = _contested()
    _approve(driver, driver.decided()["decision_id"])

    driver.feed(skipped(annotator="a8", at=20))

    assert driver.decided()["state"] == "reviewed"
    assert driver.decided()["skipped"] == ["a8"]


def test_a_models_answer_that_does_not_count_does_not_undo_an_approval() -> None:
    driver = _contested()
    _approve(driver, driver.decided()["decision_id"])

    driver.feed(submitted(annotator="m1", kind="model", at=20))

    assert driver.decided()["state"] == "reviewed"


def test_an_answer_more_that_counts_does_undo_it() -> None:
    driver = _contested()
    _approve(driver, driver.decided()["decision_id"])

    driver.feed(submitted(annotator="a4", value="day", at=20))

    assert driver.decided()["state"] == "in_review"


def test_decisions_on_the_same_answers_share_the_first_half_of_their_ids() -> None:
    driver = _contested()
    _approve(driver, driver.decided()["decision_id"])
    before, after = (d["decision_id"] for d in driver.decisions)

    assert before[:16] == after[:16]
    assert before != after
    assert len(after) == 32


def test_regions_that_nobody_compared_are_whole_up_to_what_fits_through_kafka_and_named_beyond() -> None:
    big = "x" * 900_000
    regions = [{"id": "r1", "control": "cells", "type": "voxels", "data": big}]
    driver = Driver(ProjectSettings())
    driver.feed(*(submitted(annotator=f"a{i}", result=regions, at=i) for i in range(3)))

    shown = [report["region"] for report in driver.decided()["unscored"]]

    assert shown[:2] == regions * 2
    assert shown[2] == {"id": "r1", "control": "cells", "type": "voxels"}


def _afresh(**more: Any) -> ProjectSettings:
    return project(routing={"on_rejected": "all", **more})


def _rejected(**more: Any) -> Driver:
    """Three said day, and a reviewer at second 9 that it is not."""
    return Driver(_afresh(**more)).feed(*answers("day", "day", "day"), reviewed("rejected", at=9))


def _counts(driver: Driver) -> list[bool]:
    return [s["counts"] for s in driver.decided()["submissions"]]


def test_a_rejection_for_all_asks_for_as_many_new_annotators_as_the_task_requires() -> None:
    driver = _rejected()
    decided, asked = driver.decided(), driver.reassignments[-1]
    assert (decided["state"], decided["reason"], decided["review"]["verdict"]) == (
        "reassigning",
        "rejected",
        "rejected",
    )
    assert (asked["annotators_wanted"], asked["exclude_annotators"], asked["reason"]) == (
        3,
        ["a1", "a2", "a3"],
        "rejected",
    )
    assert _counts(driver) == [False] * 3


def test_a_rejection_for_some_keeps_the_answers_and_asks_for_one_more() -> None:
    driver = Driver().feed(*answers("day", "day", "day"), reviewed("rejected", at=9))
    assert (driver.decided()["state"], _counts(driver)) == ("reassigning", [True] * 3)
    assert driver.reassignments[-1]["annotators_wanted"] == 1


def test_after_a_rejection_for_all_only_the_new_answers_decide() -> None:
    driver = _rejected()
    for i in (4, 5):
        driver.feed(submitted(annotator=f"a{i}", value="night", at=10 + i))
        assert (driver.decided()["state"], driver.decided()["reason"]) == ("reassigning", "rejected")
    driver.feed(submitted(annotator="a6", value="night", at=16))
    decided = driver.decided()
    assert (decided["state"], decided["score"], decided["consensus"][0]["value"]) == ("agreed", 1.0, "night")
    assert _counts(driver) == [False] * 3 + [True] * 3
    assert [asked["annotators_wanted"] for asked in driver.reassignments] == [3]


def test_what_a_rejected_annotator_edits_afterwards_counts_again() -> None:
    driver = _rejected().feed(submitted(annotator="a2", value="night", version=2, at=12))
    assert _counts(driver) == [False, True, False]


def test_an_answer_of_the_very_moment_of_the_rejection_is_rejected() -> None:
    assert _counts(_rejected().feed(submitted(annotator="a4", at=9))) == [False] * 4


def test_a_later_approval_stands_on_the_new_answers_alone() -> None:
    driver = _rejected().feed(*(submitted(annotator=f"a{i}", value="night", at=10 + i) for i in (4, 5, 6)))
    driver.feed(reviewed("approved", at=30, decision_id=driver.decided()["decision_id"]))
    assert (driver.decided()["state"], driver.decided()["consensus"][0]["value"]) == ("reviewed", "night")


def test_a_second_rejection_starts_the_limit_again_too() -> None:
    driver = _rejected(max_annotators=3)
    driver.feed(
        *(submitted(annotator=f"a{i}", value="night", at=10 + i) for i in (4, 5, 6)), reviewed("rejected", at=30)
    )
    assert [asked["annotators_wanted"] for asked in driver.reassignments] == [3, 3]
    assert driver.decided()["state"] == "reassigning"


def test_a_new_answer_withdrawn_is_asked_for_again() -> None:
    driver = _rejected().feed(submitted(annotator="a4", at=14), withdrawn(annotator="a4", at=20))
    assert [asked["annotators_wanted"] for asked in driver.reassignments] == [3, 1]


def _rejected_of(driver: Driver) -> dict[str, bool]:
    return {part.annotator_id: part.rejected for part in driver.header().contribution.detail.annotators}


def test_who_was_rejected_stays_so_when_others_have_answered_in_their_place() -> None:
    driver = _rejected().feed(*(submitted(annotator=f"a{i}", value="night", at=10 + i) for i in (4, 5, 6)))
    assert _rejected_of(driver) == {"a1": True, "a2": True, "a3": True, "a4": False, "a5": False, "a6": False}
    driver.feed(reviewed("approved", at=30, decision_id=driver.decided()["decision_id"]))
    assert [name for name, rejected in _rejected_of(driver).items() if rejected] == ["a1", "a2", "a3"]


def test_answers_that_stand_after_a_rejection_are_rejected_until_a_reviewer_says_otherwise() -> None:
    driver = Driver().feed(*answers("day", "day", "day"), reviewed("rejected", at=9))
    driver.feed(submitted(annotator="a4", value="day", at=12))
    assert _rejected_of(driver) == {"a1": True, "a2": True, "a3": True, "a4": False}
    driver.feed(reviewed("approved", at=30, decision_id=driver.decided()["decision_id"]))
    assert not any(_rejected_of(driver).values())


_PROMOTES = project(gold={"promote_at": 1.0, "promote_minimum": 3}, required_annotators=3)


def _gold_of(driver: Driver) -> dict[str, float | None]:
    return {part.annotator_id: part.gold for part in driver.header().contribution.detail.annotators}


def test_truth_promoted_from_unanimous_answers_scores_those_who_come_later_and_not_those_who_made_it() -> None:
    driver = Driver(_PROMOTES).feed(*answers("day", "day", "day"))
    assert driver.decided()["promoted_gold"] is True
    driver.feed(submitted(annotator="a0", value="night", at=9), submitted(annotator="m", kind="model", at=0))
    assert driver.decided()["promoted_gold"] is True
    assert _gold_of(driver) == {"a0": 0.0, "a1": None, "a2": None, "a3": None, "m": 1.0}


def test_nothing_is_promoted_by_default_or_below_the_line() -> None:
    assert "promoted_gold" not in Driver().feed(*answers("day", "day", "day")).decided()
    driver = Driver(_PROMOTES).feed(*answers("day", "day", "night", "day", "day", "day"))
    assert driver.decided()["state"] == "agreed"
    assert "promoted_gold" not in driver.decided()
    assert set(_gold_of(driver).values()) == {None}


def test_gold_that_was_set_goes_before_promoted_gold() -> None:
    driver = Driver(_PROMOTES).feed(*answers("day", "day", "day"), gold("t1", choice("night"), at=9))
    assert _gold_of(driver) == {"a1": 0.0, "a2": 0.0, "a3": 0.0}


def test_nothing_is_promoted_against_a_reviewer_or_of_a_cancelled_task() -> None:
    for event in (reviewed("rejected", at=9), reviewed("corrected", at=9, result=[choice("x")]), cancelled(at=9)):
        assert "promoted_gold" not in Driver(_PROMOTES).feed(*answers("day", "day", "day"), event).decided()
