"""Other platforms' numbers out of our own decisions, by the worked examples of `scoring.profiles`."""

from __future__ import annotations

from math import cos, exp, hypot, sin
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from scoring.profiles import ango, cvat, dataloop, label_studio, redbrick
from streams.contracts.settings import PLATFORMS, TYPE_DEFAULTS, ProfileName
from streams.errors import ConfigurationError
from streams.plan import Plan
from streams.platforms import MARKS
from tests.builders import Driver, Event, box, choice, choices, configured, gold, submitted
from tests.builders import settings as project
from tests.streams.kinds_builders import CONTROL, KINDS, OBJECTS, region


def _decided(profile: str | None, *results: list[Event], **more: Any) -> dict[str, Any]:
    driver = Driver(project(profile=profile, **more)).feed(configured(required_annotators=len(results)))
    driver.feed(*(submitted(annotator=f"a{i}", result=result, at=i) for i, result in enumerate(results, 1)))
    return driver.decided()


def _score(profile: str | None, *results: list[Event], **more: Any) -> Any:
    return _decided(profile, *results, **more)["score"]


def test_three_boxes_that_share_nothing_agree_with_themselves_at_ango() -> None:
    """The floor of 1 / n."""
    apart = [[box(0, 0)], [box(100, 0)], [box(200, 0)]]
    assert (_score("ango", *apart), _score(None, *apart)) == (0.333333, 0.0)


def test_copies_of_a_box_cost_nothing_at_label_studio() -> None:
    assert _score("label_studio", [box()] * 3, [box()]) == 1.0


def test_redbrick_takes_the_mean_over_categories() -> None:
    """Cars: 0.8 and an extra one, 0.8 / 2; buses: 0.6. (0.4 + 0.6) / 2."""
    first = [box(width=10), box(100, width=10, label="bus")]
    second = [box(width=8), box(300), box(100, width=6, label="bus")]
    assert _score("redbrick", first, second) == 0.5


def test_a_match_at_dataloop_is_a_third_geometry_attributes_and_label() -> None:
    """(0.7 + 1 + 1) / 3; with other attributes (0.7 + 0 + 1) / 3."""
    assert _score("dataloop", [box(width=10)], [box(width=7)]) == 0.9
    other = [box(width=7, attributes={"far": True})]
    assert _score("dataloop", [box(width=10, attributes={"far": False})], other) == 0.566667


def test_cvat_counts_matches_from_its_threshold_on_and_nothing_by_both_as_nothing() -> None:
    assert _score("cvat", [box(width=10)], [box(width=5)]) == 1.0
    objects = {"objects": {"type": "box"}}
    assert (_score("cvat", [], [], controls=objects), _score(None, [], [], controls=objects)) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("profile", "score"),
    [("ango", 2 / 3), ("label_studio", 1 / 3), ("redbrick", 1 / 3), ("dataloop", 1 / 3), ("cvat", 1 / 3)],
)
def test_two_of_three_is_two_thirds_to_some_and_one_pair_of_three_to_others(profile: str, score: float) -> None:
    assert _score(profile, [choice("day")], [choice("day")], [choice("night")]) == round(score, 6)


@pytest.mark.parametrize(("profile", "score"), [("dataloop", 0.5), ("label_studio", 0.0), ("ango", 0.5)])
def test_half_of_a_set_is_half_to_some_and_nothing_to_others(profile: str, score: float) -> None:
    assert _score(profile, [choices("day", "wet")], [choices("day")]) == score


def test_ango_compares_texts_to_the_character_and_points_by_the_diagonal() -> None:
    text = [[region("text") | {"value": value}] for value in ("Main Street", "Main Street", "Main street")]
    assert _score("ango", *text) == 0.666667
    points = [[region("point") | {"x": x, "y": y}] for x, y in ((0.0, 0.0), (300.0, 400.0))]
    driver = Driver(project(profile="ango"))
    driver.feed(configured(required_annotators=2, width_px=500, height_px=1200))
    driver.feed(*(submitted(annotator=f"a{i}", result=result) for i, result in enumerate(points)))
    assert driver.decided()["score"] == round((1 + 1 - 500 / 1300) / 2, 6)  # with itself, and with the other


def _points(profile: str, *places: tuple[float, float], **size: Any) -> Any:
    driver = Driver(project(profile=profile)).feed(configured(required_annotators=len(places), **size))
    marks = [region("point") | {"x": x, "y": y} for x, y in places]
    driver.feed(*(submitted(annotator=f"a{i}", result=[mark]) for i, mark in enumerate(marks)))
    return driver.decided()["score"]


def test_points_are_compared_in_shares_of_the_sides_where_a_platform_does() -> None:
    """RedBrick: 1 - sqrt((0.3² + 0.4²) / 2). Label Studio: within a hundredth of each side, or not at all."""
    assert _points("redbrick", (0, 0), (30, 80), width_px=100, height_px=200) == 0.646447
    assert _points("label_studio", (50, 50), (59, 50), width_px=1000, height_px=100) == 1.0
    assert _points("label_studio", (50, 50), (50, 59), width_px=1000, height_px=100) == 0.0


_SIZE: dict[str, Any] = {"width_px": 1280, "height_px": 720}


def _marks(profile: str | None, kind: str, *fields: dict[str, Any], **more: Any) -> Any:
    """The score of marks of a type in an image of 1280 x 720, one an annotator."""
    driver = Driver(project(profile=profile, **more)).feed(configured(required_annotators=len(fields), **_SIZE))
    driver.feed(*(submitted(annotator=f"a{i}", result=[region(kind) | mark]) for i, mark in enumerate(fields)))
    return driver.decided()


def _lines(*lines: list[list[float]]) -> Any:
    return _marks("cvat", "polyline", *({"points": points} for points in lines))["score"]


def test_cvat_compares_lines_corner_by_corner_by_the_area_of_the_image() -> None:
    """25 px apart exp(-625 / 737.28) = 0.428 is a match, 27 px apart 0.372 is none; reversed is the same."""
    line = [[100.0, 100.0], [900.0, 100.0]]
    assert _lines(line, [[100.0, 125.0], [900.0, 125.0]]) == 1.0
    assert _lines(line, [[100.0, 127.0], [900.0, 127.0]]) == 0.0
    assert _lines(line, [[900.0, 125.0], [100.0, 125.0]]) == 1.0
    assert _lines([*line, [900.0, 500.0]], line) == 0.0  # its first part: a third


def test_cvat_compares_single_points_by_the_area_of_the_image_and_skeletons_by_their_visible_joints() -> None:
    point = {"x": 100.0, "y": 100.0}
    assert _marks("cvat", "point", point, point | {"x": 180.0})["score"] == 1.0  # 0.898
    assert _marks("cvat", "point", point, point | {"x": 340.0})["score"] == 0.0  # exp(-57600 / 59719.68) = 0.381
    hidden = {"a": [0.0, 0.0, 2], "b": [50.0, 50.0, 1], "c": [50.0, 0.0, 1]}
    seen = {name: [x, y, 2] for name, (x, y, _) in hidden.items()}
    assert _marks("cvat", "keypoints", {"points": hidden}, {"points": seen})["score"] == 0.0  # one joint of three


def test_cvat_matches_audio_from_three_tenths_on() -> None:
    stretch = {"start_seconds": 0.0, "end_seconds": 10.0}
    assert _marks("cvat", "segment", stretch, stretch | {"end_seconds": 3.5})["score"] == 1.0
    assert _marks("cvat", "segment", stretch, stretch | {"end_seconds": 2.5})["score"] == 0.0


@pytest.mark.parametrize(("profile", "score"), [("label_studio", 1.0), ("dataloop", 1.0), ("redbrick", 0.142857)])
def test_boxes_are_as_if_upright_to_some(profile: str, score: float) -> None:
    """80 x 20 turned by a right angle shares 400 of 2,800 px."""
    upright = {"x": 100.0, "y": 100.0, "width": 80.0, "height": 20.0, "rotation_degrees": 0.0}
    assert _marks(profile, "box", upright, upright | {"rotation_degrees": 90.0})["score"] == score


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("ellipse", {}, {"rx": 20.5}),
        ("mask", {}, {"counts": [0, 7, 13]}),
        ("polyline", {}, {"points": [[0.0, 0.0], [40.0, 0.0], [40.0, 30.5]]}),
    ],
)
def test_label_studio_wants_these_equal_and_the_consensus_is_made_all_the_same(
    kind: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    decided = _marks("label_studio", kind, one, one, other)
    assert decided["score"] == 0.333333
    assert [found["support"] for found in decided["consensus"]] == [["a0", "a1", "a2"]]


def test_label_studio_compares_tracks_at_the_key_frames_of_both() -> None:
    still = {"x": 0.0, "y": 0.0, "width": 10.0, "height": 10.0}
    one, other = {"0": still, "4": still}, {"0": still, "8": still}
    assert _marks("label_studio", "track", {"frames": one}, {"frames": other})["score"] == 0.333333


def test_redbrick_compares_arms_of_angles_and_ends_of_lengths() -> None:
    """1 - 0.5 / 2 pi; and one end 0.3 and 0.4 of the sides away: (1 + 1 - sqrt(0.25 / 2)) / 2."""
    one, other = ([[100.0, 0.0], [100 * cos(turn), 100 * sin(turn)]] for turn in (1.0, 1.5))
    angles = [{"vertex": [0.0, 0.0], "arms": arms} for arms in (one, other)]
    assert _marks("redbrick", "angle", *angles)["score"] == round(redbrick.angle_similarity(0, 0.5), 6) == 0.920423
    lengths = [{"points": [[0.0, 0.0], end]} for end in ([100.0, 100.0], [484.0, 388.0])]
    assert _marks("redbrick", "polyline", *lengths)["score"] == 0.823223


def test_what_a_control_says_of_similarity_goes_before_the_platforms_own() -> None:
    upright = {"x": 100.0, "y": 100.0, "width": 80.0, "height": 20.0, "rotation_degrees": 0.0}
    own = {CONTROL: {"type": "box", "similarity": "iou"}}
    turned = [upright, upright | {"rotation_degrees": 90.0}]
    assert _marks("label_studio", "box", *turned, controls=own)["score"] == 0.142857


def test_points_far_apart_are_no_object_of_the_consensus_under_a_profile_either() -> None:
    decided = _marks("ango", "point", {"x": 0.0, "y": 0.0}, {"x": 500.0, "y": 0.0})
    assert decided["consensus"] == []


def test_without_the_size_of_the_image_points_are_compared_by_our_own_measure() -> None:
    assert _points("redbrick", (0, 0), (30, 80)) == round(exp(-20 * hypot(30, 80) / hypot(500, 500)), 6)


def test_what_a_control_says_goes_before_the_profile() -> None:
    own = {"objects": {"type": "box", "metric": "f1"}}
    decided = _decided("ango", [box()], [box(500)], controls=own)["controls"]["objects"]
    assert (decided["metric"], decided["aggregate"], decided["score"]) == ("f1", "pairs", 0.0)


def test_a_control_may_be_scored_as_a_platform_does_by_itself() -> None:
    decided = _decided(None, [box()], [box(500)], controls={"objects": {"type": "box", "metric": "ango"}})
    objects = decided["controls"]["objects"]
    assert (objects["metric"], objects["aggregate"], objects["score"]) == ("ango", "ango", 0.5)
    assert [s["score"] for s in decided["submissions"]] == [0.5, 0.5]


def test_an_answer_that_does_not_count_is_compared_and_changes_no_score() -> None:
    driver = Driver(project(profile="ango")).feed(configured(required_annotators=2))
    driver.feed(submitted(annotator="m", kind="model", result=[box(500)]))
    driver.feed(*(submitted(annotator=f"a{i}", result=[box(width=10 - i)], at=i) for i in range(2)))
    assert driver.decided()["score"] == 0.95  # (1 + 0.9) / 2
    assert [s["score"] for s in driver.decided()["submissions"]] == [0.95, 0.95, 0.0]


def test_very_many_marks_are_left_to_a_person_with_the_reason() -> None:
    many = [box(20 * i, 0) for i in range(MARKS // 3 + 1)]
    decided = _decided("redbrick", many, many, many)
    assert (decided["state"], decided["score"]) == ("in_review", None)
    assert f"at most {MARKS}" in decided["controls"]["objects"]["undefined"]


def test_a_profile_that_nobody_knows_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError) as refused:
        project(profile="labelbox")
    assert all(name in str(refused.value) for name in PLATFORMS)


@pytest.mark.parametrize("profile", PLATFORMS)
@pytest.mark.parametrize("kind", TYPE_DEFAULTS)
def test_a_profile_asks_of_a_type_only_what_its_control_may_be_given(profile: ProfileName, kind: str) -> None:
    plan, allowed = Plan(project(profile=profile)).control("q", [kind]), TYPE_DEFAULTS[kind]
    assert plan is not None
    assert plan.metric in (*allowed.metrics, profile)
    assert (plan.metric == profile) == bool(allowed.fusions)
    assert plan.similarity == (*allowed.similarities, "")[0]
    by_itself = Plan(project(controls={"q": {"type": kind, "metric": plan.metric}})).control("q", [kind])
    assert by_itself is not None
    assert (by_itself.metric, by_itself.by_platform) == (plan.metric, plan.by_platform)
    assert plan.by_platform == (plan.metric == profile)
    assert plan.aggregate in (*allowed.aggregates, plan.metric)


@effort(max_examples=40, deadline=None)
@given(st.sampled_from(PLATFORMS), st.sampled_from(KINDS), st.lists(st.booleans(), min_size=2, max_size=4), st.data())
def test_any_kind_under_any_profile_is_scored_in_range_in_any_order(
    profile: ProfileName, kind: str, others: list[bool], data: st.DataObject
) -> None:
    events = [submitted(annotator=f"a{i}", result=[region(kind, other)], at=i) for i, other in enumerate(others)]
    events += [configured(required_annotators=len(others)), gold("t1", region(kind), at=99)]
    once = Driver(project(profile=profile)).feed(*events).decided()
    again = Driver(project(profile=profile)).feed(*data.draw(st.permutations(events))).decided()
    assert again["decision_id"] == once["decision_id"]
    assert 0.0 <= once["score"] <= 1.0
    assert once["controls"][CONTROL]["metric"] in (profile, *TYPE_DEFAULTS[kind].metrics)
    if not any(others):
        assert once["score"] == 1.0


def test_every_platform_has_its_formula_for_objects() -> None:
    modules = {"ango": ango, "cvat": cvat, "dataloop": dataloop, "label_studio": label_studio, "redbrick": redbrick}
    assert set(modules) == set(PLATFORMS)
    for name in modules:
        assert {Plan(project(profile=name)).control("q", [kind]).metric for kind in OBJECTS} == {name}  # type: ignore[union-attr]
