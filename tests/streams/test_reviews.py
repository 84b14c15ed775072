"""A review holds for the answers that the reviewer saw, and for nothing else."""

from __future__ import annotations

from typing import Any

from streams.contracts.settings import ProjectSettings
from tests.builders import Driver, answers, reviewed, skipped, submitted
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
