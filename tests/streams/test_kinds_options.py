"""Every option that the settings offer for a region type does what it says."""

from __future__ import annotations

from collections.abc import Iterator
from math import exp
from typing import Any

import pytest

from scoring.shapes.point import DEFAULT_POINT_RATE
from streams.contracts.settings import SIMILARITY_DEFAULTS, TYPE_DEFAULTS, SimilarityDefaults
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
    def score(tolerance: float | None, moved_px: float = 3) -> float:
        x = moved_px
        square = region("polygon", points=[[0, 0], [40, 0], [40, 40], [0, 40]], holes=[])
        moved = region("polygon", points=[[x, 0], [40 + x, 0], [40 + x, 40], [x, 40]], holes=[])
        chosen = {"type": "polygon", "similarity": "boundary_f1", "tolerance": tolerance}
        return float(given(square, moved, **chosen).decided()["score"])

    assert score(5) == 1
    assert score(0.5) < 0.7
    assert score(None) == 1  # 0.75 % of the diagonal, 5.3 px
    # 0 is 0: of each outline 37 of 40 px of two of the four sides run along the other's.
    assert score(0) == pytest.approx(2 * 37 / 160, abs=0.01)
    assert score(0, moved_px=0) == score(0, moved_px=1e-9) == 1


@pytest.mark.parametrize("kind", ["ellipse", "area"])
def test_an_outline_tolerance_of_0_is_taken_at_its_word_for_every_outline(kind: str) -> None:
    marks = region("ellipse"), region("ellipse", cx=51.0)
    exact, default = (
        given(*marks, type=kind, similarity="boundary_f1", tolerance=tolerance).decided()["score"]
        for tolerance in (0, None)
    )
    assert exact < 0.2
    assert default == 1


_LEFT = {"points": [[0, 0], [10, 0], [10, 10], [0, 10]], "holes": []}
_RIGHT = {"points": [[10.5, 0], [20.5, 0], [20.5, 10], [10.5, 10]], "holes": []}
_UPPER = {"points": [[0, 0], [800, 0], [800, 40], [0, 40]], "holes": []}
_LOWER = {"points": [[0, 40], [800, 40], [800, 80], [0, 80]], "holes": []}


@pytest.mark.parametrize(
    ("kind", "similarity", "marks", "alike"),
    [
        ("polygon", "giou", (_LEFT, _RIGHT), 0.5),  # (1 - 0.5 / 20.5) / 2
        ("polygon", "boundary_f1", (_UPPER, _LOWER), 0.48),
        ("point", "linear", ({"x": 0, "y": 0}, {"x": 590, "y": 0}), 0.41),  # 1 - 590 / 1005
        ("point", "redbrick", ({"x": 0, "y": 0}, {"x": 590, "y": 0}), 0.58),
    ],
)
def test_marks_side_by_side_are_two_objects_by_every_similarity(
    kind: str, similarity: str, marks: tuple[dict[str, Any], ...], alike: float
) -> None:
    def driver(**options: Any) -> Driver:
        asked = {"type": kind, "similarity": similarity, **options}
        drawn = [region(kind, **mark) for mark in marks]
        made = Driver(project(controls={"q": asked}, required_annotators=2))
        size = {"task": {"width_px": 1000, "height_px": 100}}
        return made.feed(*(submitted(annotator=f"a{i}", result=[one]) | size for i, one in enumerate(drawn)))

    assert control(driver())["score"] == pytest.approx(alike, abs=0.02)
    assert control(driver(metric="f1"))["score"] == 0
    assert consensus(driver(minimum_support=0.5)) == []
    assert len(consensus(driver(minimum_similarity=0.4))) == 1


def test_the_defaults_of_a_similarity_are_what_those_of_the_iou_come_to_by_it() -> None:
    # 10 x 10 moved along one side by d: IoU (10 - d) / (10 + d) is 0.4 at 30 / 7 and 0.8 at 10 / 9; the hull is convex.
    for moved, iou, giou in ((30 / 7, 0.4, 0.7), (10 / 9, 0.8, 0.9)):
        drawn = [region("polygon", points=[[x + d, y] for x, y in _LEFT["points"]], holes=[]) for d in (0, moved)]
        assert given(*drawn, type="polygon").decided()["score"] == pytest.approx(iou, abs=1e-6)
        assert given(*drawn, type="polygon", similarity="giou").decided()["score"] == pytest.approx(giou, abs=1e-6)
        assert giou in SIMILARITY_DEFAULTS["giou"]
        assert iou in SimilarityDefaults()
    for near, far in zip(SIMILARITY_DEFAULTS["linear"], SimilarityDefaults(), strict=True):
        assert exp(-DEFAULT_POINT_RATE * (1 - near)) == pytest.approx(far, abs=0.04)


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
