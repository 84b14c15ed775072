"""Every option that the settings offer for a region type does what it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from streams.contracts.settings import TYPE_DEFAULTS
from tests.builders import Driver, submitted
from tests.builders import settings as project
from tests.streams.kinds_builders import KINDS, consensus, control, given, region, said


def _offers() -> Iterator[tuple[str, str, str]]:
    for kind, offered in TYPE_DEFAULTS.items():
        for key in ("metric", "similarity", "aggregate", "adjudication", "fusion"):
            plural = "similarities" if key == "similarity" else f"{key}s"
            yield from ((kind, key, name) for name in getattr(offered, plural))


OFFERS = [offer for offer in _offers() if offer[0] in KINDS]


@pytest.mark.parametrize(("kind", "key", "name"), OFFERS)
def test_whatever_is_offered_for_a_kind_keeps_what_all_agree_on(kind: str, key: str, name: str) -> None:
    driver = given(region(kind), region(kind), region(kind), type=kind, **{key: name})
    assert (driver.decided()["state"], driver.decided()["score"]) == ("agreed", 1.0)
    copies = 3 if name == "select_all" else 1
    assert consensus(driver) == [said(region(kind))] * copies
    assert [made["confidence"] for made in driver.decided()["consensus"]] == [1.0] * copies


@pytest.mark.parametrize(("kind", "key", "name"), OFFERS)
def test_whatever_is_offered_for_a_kind_tells_answers_apart(kind: str, key: str, name: str) -> None:
    driver = given(region(kind), region(kind), region(kind, other=True), type=kind, **{key: name})
    assert driver.decided()["score"] < 1
    assert control(driver)["matrix"][0][1] == 1
    assert said(region(kind)) in consensus(driver) or name == "trimmed_mean"
    assert control(driver)["conflicts"]


def test_a_trimmed_mean_counts_the_ends_less() -> None:
    driver = given(*(region("number", value=v) for v in (1, 2, 9)), type="number", adjudication="trimmed_mean")
    assert driver.decided()["consensus"][0]["value"] == pytest.approx(6 / 1.8)


def test_one_control_answered_with_two_types_takes_the_commoner_and_reports_the_rest() -> None:
    driver = given(region("box"), region("box"), region("ellipse"))
    assert control(driver)["type"] == "box"
    assert [(r["reason"], r["annotator_id"]) for r in driver.decided()["unscored"]] == [("wrong_control_type", "a3")]


def test_number_and_rating_in_one_control_are_two_types() -> None:
    driver = given(region("number", value=4), region("number", value=4), region("rating", value=4))
    assert control(driver)["type"] == "number"
    assert control(driver)["matrix"][0] == [1, 1, 0]
    assert [r["region"]["type"] for r in driver.decided()["unscored"]] == ["rating"]


@pytest.mark.parametrize(
    ("kind", "options", "score"),
    [
        ("number", {}, 0.8),  # 1 - 1 / 5
        ("number", {"scale_minimum": 0, "scale_maximum": 10}, 0.9),
        ("number", {"scale_minimum": 0, "scale_maximum": 1}, 0),
        ("number", {"tolerance": 0.5}, 0),
        ("number", {"tolerance": 1}, 1),
        ("rating", {"scale_minimum": 1, "scale_maximum": 5}, 0.75),
    ],
)
def test_the_scale_and_the_tolerance_say_how_far_4_is_from_5(kind: str, options: dict[str, Any], score: float) -> None:
    driver = given(region(kind, value=4), region(kind, value=5), type=kind, **options)
    assert driver.decided()["score"] == pytest.approx(score)


def test_a_rating_falls_on_a_step_that_somebody_gave_and_a_number_between() -> None:
    rated = given(region("rating", value=4), region("rating", value=5), type="rating")
    numbered = given(region("number", value=4), region("number", value=5), type="number")
    assert [d.decided()["consensus"][0]["value"] for d in (rated, numbered)] == [4, 4.5]


def test_fold_case_makes_capitals_equal_to_small_letters() -> None:
    texts = [region("text", value="STOP"), region("text", value="stop")]
    assert given(*texts, type="text").decided()["score"] == 0
    assert given(*texts, type="text", fold_case=True).decided()["score"] == 1


_SAME: list[tuple[str, list[dict[str, Any]], dict[str, Any]]] = [
    ("number", [{"value": value} for value in (20.5, 20.8, 20.6)], {"tolerance": 0.5}),
    ("number", [{"value": value} for value in (20.4, 20.8, 20.6)], {"tolerance": 0.3}),
    ("rating", [{"value": value} for value in (3.0, 4.0)], {"tolerance": 1}),
    ("text", [{"value": value} for value in ("Cat", "cat")], {"fold_case": True}),
    ("text", [{"value": value} for value in ("the  cat", "the cat")], {}),
    ("ranking", [{"items": items} for items in (["a", "b"], ["a", "b", "a"])], {}),
    ("taxonomy", [{"paths": paths} for paths in ([["a"], []], [["a"]])], {}),
]


@pytest.mark.parametrize(("kind", "said_so", "options"), _SAME)
def test_the_share_of_the_commonest_answer_counts_answers_that_say_the_same(
    kind: str, said_so: list[dict[str, Any]], options: dict[str, Any]
) -> None:
    """All of them support the consensus."""
    driver = given(*(region(kind) | said for said in said_so), type=kind, aggregate="consensus_share", **options)
    assert driver.decided()["score"] == 1.0
    assert len(driver.decided()["consensus"][0]["support"]) == len(said_so)


def test_a_number_between_may_still_bring_those_together_that_are_too_far_apart() -> None:
    """0 and 2 at a tolerance of 1: 1 / 2 agree, and with an answer of 1 all three do."""
    options = {"type": "number", "aggregate": "consensus_share", "tolerance": 1, "agreement_threshold": 0.9}
    driver = given(region("number", value=0), region("number", value=2), **options)
    assert (driver.decided()["score"], driver.decided()["state"]) == (0.5, "reassigning")
    driver.feed(submitted(annotator="a9", result=[region("number", value=1)], at=9))
    assert (driver.decided()["score"], driver.decided()["state"]) == (1.0, "agreed")


@pytest.mark.parametrize(
    ("kind", "near", "tolerance"),
    [("span", {"start": 5, "end": 11}, 2), ("segment", {"start_seconds": 2.0, "end_seconds": 4.75}, 0.5)],
)
def test_a_tolerance_forgives_ends_that_are_so_far_off(kind: str, near: dict[str, Any], tolerance: float) -> None:
    def score(**options: Any) -> float:
        marks = region(kind), region(kind, **near)
        return float(given(*marks, type=kind, similarity="tolerant", **options).decided()["score"])

    assert score(tolerance=tolerance) == 1
    assert score() < 1
    assert score(tolerance=0) < 1


def test_a_boundary_tolerance_forgives_outlines_that_are_so_far_off() -> None:
    def score(tolerance: float | None) -> float:
        square = region("polygon", points=[[0, 0], [40, 0], [40, 40], [0, 40]], holes=[])
        moved = region("polygon", points=[[3, 0], [43, 0], [43, 40], [3, 40]], holes=[])
        chosen = {"type": "polygon", "similarity": "boundary_f1", "tolerance": tolerance}
        return float(given(square, moved, **chosen).decided()["score"])

    assert score(5) == 1
    assert score(0.5) < 0.7
    assert score(0) == score(None)  # no outline is drawn to the last bit


_APART: dict[str, Any] = {"x": 0.0, "y": 0.0, "width": 40.0, "height": 40.0, "rotation_degrees": 0.0}


@pytest.mark.parametrize(
    ("similarity", "other", "options", "score"),
    [
        # 40 x 40, 40 px of room and 40 x 40: no area in common, and 1,600 of 4,800 px of their hull are in neither.
        ("giou", {"x": 80.0}, {}, (1 - 1600 / 4800) / 2),
        ("giou", {"x": 80.0, "rotation_degrees": 90.0}, {}, (1 - 1600 / 4800) / 2),
        ("boundary_f1", {"x": 1.0}, {"tolerance": 2}, 1.0),
        ("boundary_f1", {"x": 1.0}, {"tolerance": 0.5}, 0.5),  # the two sides that lie on one another, nearly
    ],
)
def test_boxes_may_be_compared_as_areas_are(
    similarity: str, other: dict[str, Any], options: dict[str, Any], score: float
) -> None:
    driver = given(
        region("box", **_APART), region("box", **_APART | other), similarity=similarity, type="box", **options
    )
    assert driver.decided()["score"] == pytest.approx(score, abs=0.01)


@pytest.mark.parametrize("similarity", ["giou", "boundary_f1"])
def test_a_fused_box_is_as_sure_as_the_similarity_says(similarity: str) -> None:
    """Two equal ones and a third 10 px aside: the median is the first."""
    aside = _APART | {"x": 10.0}
    boxes = [region("box", **fields) for fields in (_APART, _APART, aside)]
    driver = given(*boxes, type="box", similarity=similarity, minimum_similarity=0.1)
    (made,) = driver.decided()["consensus"]
    alike = control(driver)["matrix"][0][2]
    assert (made["x"], made["confidence"]) == (0, pytest.approx((2 + alike) / 3))
    assert alike != pytest.approx(0.6)  # their IoU


def test_several_texts_of_one_control_are_the_lines_of_one_in_the_order_of_their_ids() -> None:
    lines = [region("text", value=f"line {i}") for i in range(1, 12)]
    driver = given(lines, lines, type="text")
    assert driver.decided()["score"] == 1
    assert driver.decided()["consensus"][0]["value"] == "\n".join(f"line {i}" for i in range(1, 12))


def test_segments_of_other_channels_are_other_segments() -> None:
    driver = given(region("segment"), region("segment", channel="right"), type="segment")
    assert driver.decided()["score"] == 0


def test_a_track_is_read_between_its_key_frames() -> None:
    frames = {"0": {"x": 0, "y": 0, "width": 10, "height": 10}, "2": {"x": 20, "y": 0, "width": 10, "height": 10}}
    more = frames | {"1": {"x": 10, "y": 0, "width": 10, "height": 10}}
    driver = given(region("track", frames=frames), region("track", frames=more), type="track")
    assert driver.decided()["score"] == 1


def test_the_size_of_the_image_says_how_far_a_point_is_off() -> None:
    def score(size: dict[str, int]) -> float:
        driver = Driver(project(required_annotators=2))
        for i, x in enumerate((0, 30), 1):
            driver.feed(submitted(annotator=f"a{i}", result=[region("point", x=x, y=0)], at=i) | {"task": size})
        return float(driver.decided()["score"])

    assert score({"width_px": 100, "height_px": 100}) < score({"width_px": 4000, "height_px": 4000})
