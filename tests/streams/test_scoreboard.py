"""The agreement of a file of events: hand-worked figures, the engine's idea of what an answer is, reasons why not."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.coefficients import STATISTICS, LabelSet, Statistic
from streams.contracts.settings import TYPE_DEFAULTS, ProjectSettings
from streams.demo.recorded import load, packaged
from streams.limits import Limits
from streams.replay import Replay
from streams.scoreboard import Board, ControlAgreement, Scoreboard
from streams.settings_file import read_settings
from tests.builders import (
    PROJECT,
    Event,
    answers,
    boolean,
    box,
    cancelled,
    choice,
    choices,
    configured,
    event,
    gold,
    line,
    settings,
    skipped,
    submitted,
    tick,
    withdrawn,
)

ONE_OF_EACH: dict[str, Event] = {
    "choice": {"value": "day"},
    "choices": {"value": ["wet", "dark"]},
    "boolean": {"value": True},
    "text": {"value": "a bear"},
    "number": {"value": 3.5},
    "rating": {"value": 4},
    "ranking": {"items": ["x", "y"]},
    "taxonomy": {"paths": [["animal", "bird"]]},
    "box": {"label": "car", "x": 0, "y": 0, "width": 4, "height": 3},
    "polygon": {"label": "car", "points": [[0, 0], [4, 0], [4, 4]]},
    "mask": {"label": "car", "size": [2, 3], "counts": [0, 4, 2]},
    "polyline": {"label": "lane", "points": [[0, 0], [4, 0]]},
    "point": {"label": "eye", "x": 1, "y": 2},
    "keypoints": {"label": "cat", "points": {"head": [0, 0, 2], "tail": [9, 9, 1]}},
    "ellipse": {"label": "cell", "cx": 5, "cy": 5, "rx": 3, "ry": 2},
    "span": {"label": "name", "start": 0, "end": 4},
    "segment": {"label": "speech", "start_seconds": 0.5, "end_seconds": 2},
    "track": {"label": "car", "frames": {"0": {"x": 0, "y": 0, "width": 4, "height": 4}}},
    "cuboid": {"label": "car", "center": [0, 0, 0], "size": [4, 2, 2]},
    "angle": {"label": "knee", "vertex": [0, 0], "arms": [[5, 0], [0, 5]]},
    "relation": {"label": "treats", "from": "r0", "to": "r0"},
    # No region type, but what a control is where annotators choose their tool.
    "area": {"type": "box", "label": "car", "x": 0, "y": 0, "width": 4, "height": 3},
}


def board(*events: Event | bytes, project: ProjectSettings | None = None, pairs: bool = False) -> Board:
    scoreboard = Scoreboard({} if project is None else {PROJECT: project}, pairs=pairs)
    scoreboard.read(map(line, events))
    scoreboard.score(scoreboard.tasks())
    return scoreboard.board()


def only(found: Board) -> ControlAgreement:
    (control,) = found.controls
    return control


def figures(control: ControlAgreement) -> dict[str, Statistic]:
    return {statistic.name: statistic for statistic in control.statistics}


def both(task: str, first: Event, second: Event) -> list[Event]:
    return [submitted(task, "ann", result=[first]), submitted(task, "ben", result=[second])]


def rated(*rows: tuple[float, ...], kind: str = "rating") -> list[Event]:
    return [
        submitted(f"t{i}", f"a{j}", result=[{"control": "stars", "type": kind, "value": value}])
        for i, row in enumerate(rows)
        for j, value in enumerate(row)
    ]


# ---- figures


def test_two_annotators_have_cohen_s_kappa_of_the_textbook() -> None:
    """20 and 15 tasks alike, 10 and 5 not: p_o = 0.7, p_e = 0.5 x 0.6 + 0.5 x 0.4 = 0.5, kappa = 0.2 / 0.5."""
    table = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    control = only(board(*(e for i, (a, b) in enumerate(table) for e in both(f"t{i:02}", choice(a), choice(b)))))

    found = figures(control)
    assert (control.tasks, control.annotators, control.answers) == (50, 2, 100)
    assert (found["cohen_kappa"].value, found["cohen_kappa"].n, found["cohen_kappa"].unit) == (0.4, 50, "task")
    assert found["percent_agreement"].value == 0.7
    # Scott's pi: yes is 55 of 100 answers, p_e = 0.55² + 0.45² = 0.505, (0.7 - 0.505) / 0.495.
    assert found["fleiss_kappa"].value == pytest.approx(0.195 / 0.495, abs=1e-6)
    # AC1: p_e = 2 x 0.55 x 0.45 / (2 - 1) = 0.495, (0.7 - 0.495) / 0.505.
    assert found["gwet_ac1"].value == pytest.approx(0.205 / 0.505, abs=1e-6)
    # Alpha: 1 - 99 x 30 / (2 x 55 x 45).
    assert found["krippendorff_alpha"].value == pytest.approx(1 - 99 * 30 / (2 * 55 * 45), abs=1e-6)
    for statistic in found.values():
        assert statistic.low is not None and statistic.value is not None and statistic.high is not None
        assert statistic.low < statistic.value < statistic.high


def test_a_third_annotator_and_there_is_no_cohen_s_kappa() -> None:
    assert "cohen_kappa" in figures(only(board(*answers("day", "night"))))
    assert "cohen_kappa" not in figures(only(board(*answers("day", "night", "day"))))


def test_the_mean_score_is_that_of_the_control_s_metric_with_its_spread_over_tasks() -> None:
    """Shares of the most common answer 1, 2/3 and 2/3: mean 7/9, standard error 1/9, Student's 4.302653 x 1/9."""
    rows = {"t1": "aaa", "t2": "aba", "t3": "bba"}
    events = [given for task, row in rows.items() for given in answers(*row, task=task)]

    mean = figures(only(board(*events)))["mean_score"]

    assert mean.value == pytest.approx(7 / 9, abs=1e-6)
    assert mean.low == pytest.approx(7 / 9 - 4.302653 / 9, abs=1e-6)
    assert (mean.n, mean.high) == (3, 1.0)


def test_ratings_have_ordinal_and_interval_alpha_ac2_and_shrout_and_fleiss_icc() -> None:
    control = only(board(*rated((9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7))))

    found = figures(control)
    assert list(found) == [
        "mean_score", "krippendorff_alpha", "interval_alpha", "gwet_ac2", "icc_1", "icc_2", "icc_2k",
    ]  # fmt: skip
    assert [found[name].value for name in ("icc_1", "icc_2", "icc_2k")] == pytest.approx(
        [0.1657, 0.2898, 0.6201], abs=5e-5
    )
    assert [found[name].level for name in ("krippendorff_alpha", "interval_alpha")] == ["ordinal", "interval"]
    assert {found[name].n for name in list(found)[1:]} == {6}


def test_ratings_by_rank_do_not_ask_how_far_apart_the_steps_are() -> None:
    """1, 1 and 1, 2 and 5, 5: three 1s, a 2 and two 5s have the mid-ranks 1.5, 3.5 and 5, 3 on average.

    Within 2 x 2² / 6; all 2 x 6 x (3 x 1.5² + 0.5² + 2 x 2²) / (6 x 5); the same with 500 for 5.
    """
    five, far = (figures(only(board(*rated((1, 1), (1, 2), (top, top))))) for top in (5.0, 500.0))
    assert five["krippendorff_alpha"].value == pytest.approx(1 - (8 / 6) / (2 * 6 * 15 / 30), abs=1e-6)
    assert far["krippendorff_alpha"].value == five["krippendorff_alpha"].value
    # Within 2 x 1² / 6; all 2 (6 x 57 - 15²) / 30, as the six sum to 15 and their squares to 57.
    assert five["interval_alpha"].value == pytest.approx(1 - (2 / 6) / (2 * (6 * 57 - 15**2) / 30), abs=1e-6)


def test_weights_of_ratings_know_the_steps_of_the_scale_that_nobody_gave() -> None:
    """1, 1 and 1, 2 and 3, 3 on a scale from 1 to 5: quadratic kappa 1 - sum (x - y)² / n over the expected one.

    Observed (1 - 2)² / 3; expected of {1, 1, 3} against {1, 2, 3}: (0 + 1 + 4 + 0 + 1 + 4 + 4 + 1 + 0) / 9.
    AC2, weights 1 - C(steps, 2) / 10, so 0.9 for neighbours: observed (1 + 0.9 + 1) / 3; the 25 weights sum to
    5 + 2 (4 x 0.9 + 3 x 0.7 + 2 x 0.4), shares are 1/2, 1/6 and 1/3.
    """
    project = settings(controls={"stars": {"type": "rating", "scale_minimum": 1, "scale_maximum": 5}})
    found = figures(only(board(*rated((1, 1), (1, 2), (3, 3)), project=project)))
    assert found["weighted_kappa"].value == pytest.approx(1 - (1 / 3) / (15 / 9), abs=1e-6)
    assert found["weighted_kappa"].level == "quadratic"
    expected = (5 + 2 * (3.6 + 2.1 + 0.8)) / 20 * (1 - 1 / 4 - 1 / 36 - 1 / 9)
    assert found["gwet_ac2"].value == pytest.approx((2.9 / 3 - expected) / (1 - expected), abs=1e-6)


def test_more_than_a_thousand_different_ratings_are_no_steps() -> None:
    found = figures(only(board(*rated(*((float(k), k + 0.5) for k in range(501))))))
    assert (found["gwet_ac2"].undefined or "").startswith("more than 1,000 different ratings are no steps of a scale")
    assert found["gwet_ac2"].undefined == found["weighted_kappa"].undefined
    assert found["krippendorff_alpha"].value is not None


def test_what_objects_lack_is_told_of_objects() -> None:
    """Two annotators throughout: each sees a box that the other does not; then one that both see; then none at all."""
    apart = figures(only(board(*both("t1", box(), box(x=900)))))
    assert (
        apart["object_label_alpha"].undefined
        == "no object was found by two annotators, so no two names can be compared"
    )
    assert apart["object_alpha"].interval_undefined == "all objects disagree in the same way"
    named = figures(only(board(*both("t1", box(), box(label="bus")))))
    assert named["object_label_alpha"].interval_undefined == "an interval needs two objects with two answers, got 1"


def test_objects_have_alpha_over_matched_units() -> None:
    """One box seen by both, one by ann alone. Units {car 2}, {car 1, missing 1}: disagreement 2 / 4 within and
    2 x 3 x 1 / (4 x 3) by chance, so alpha is 0. What was found by both is called alike, which nothing contradicts."""
    seen_by_one = [submitted("t2", "ann", result=[box()]), submitted("t2", "ben", None)]
    control = only(board(*both("t1", box(), box()), *seen_by_one))

    found = figures(control)
    assert found["mean_score"].value == 0.5
    assert (found["object_alpha"].value, found["object_alpha"].n, found["object_alpha"].unit) == (0.0, 2, "object")
    assert found["object_label_alpha"].n == 1
    assert found["object_label_alpha"].undefined == "all answers are equal ('car'), so nothing could have disagreed"


def test_sets_have_alpha_with_the_distance_of_their_metric_and_no_ac1() -> None:
    """Jaccard 1/2 in t1, 1 in t2. Answers {x}, {x, y}, {z}, {z}. Alpha: within 2 x 0.5 / 4; by chance, over 12 ordered
    pairs, 2 x (0.5 + 4 x 1) / 12."""
    events = [*both("t1", choices("x"), choices("x", "y")), *both("t2", choices("z"), choices("z"))]

    found = figures(only(board(*events)))

    assert found["krippendorff_alpha"].level == "jaccard"
    assert found["krippendorff_alpha"].value == pytest.approx(1 - 0.25 / 0.75, abs=1e-6)
    assert found["percent_agreement"].value == 0.5
    assert found["gwet_ac1"].undefined == "sets have no fixed number of categories, which AC1 needs"
    masi = settings(controls={"tags": {"type": "choices", "metric": "masi"}})
    assert figures(only(board(*events, project=masi)))["krippendorff_alpha"].level == "masi"


def test_the_labels_of_the_settings_tell_ac1_what_could_have_been_said() -> None:
    events = [e for task in ("t1", "t2") for e in answers("day", "day", task=task)]
    named = settings(controls={"scene": {"type": "choice", "labels": ["day", "night"]}})

    alone, told = figures(only(board(*events))), figures(only(board(*events, project=named)))

    assert alone["gwet_ac1"].undefined == "only the label 'day' is known; name the labels that could have been given"
    assert told["gwet_ac1"].value == 1.0
    assert told["fleiss_kappa"].undefined == "only the label 'day' was used, so agreement can't be told from habit"


def test_an_answer_that_the_settings_do_not_list_is_an_answer() -> None:
    named = settings(controls={"scene": {"type": "choice", "labels": ["day", "night"]}})

    control = only(board(*answers("day", "dusk", "day"), project=named))

    assert figures(control)["percent_agreement"].value == pytest.approx(1 / 3, abs=1e-6)


def test_every_two_annotators_have_their_agreement_and_their_common_tasks() -> None:
    events = [*answers("a", "a", "b", task="t1"), *answers("a", "b", task="t2")]

    pairs = only(board(*events, pairs=True)).pairs

    assert pairs is not None
    assert [(p.annotator, p.other, p.agreement, p.tasks) for p in pairs] == [
        ("a1", "a2", 0.5, 2), ("a1", "a3", 0.0, 1), ("a2", "a3", 0.0, 1),
    ]  # fmt: skip
    assert only(board(*events)).pairs is None


@pytest.mark.parametrize("kind", sorted(TYPE_DEFAULTS.keys() - {"area"}))
def test_every_type_is_scored_and_two_who_say_the_same_agree(kind: str) -> None:
    region = {"id": "r1", "control": "it", "type": kind, **ONE_OF_EACH[kind]}

    said = [box(id="r0"), region]

    found_all = board(*(submitted(task, who, result=said) for task in ("t1", "t2") for who in ("ann", "ben")))

    (control,) = [control for control in found_all.controls if control.control == "it"]
    found = figures(control)
    assert (control.type, control.tasks) == (kind, 2)
    assert (found["mean_score"].value, found["mean_score"].high) == (1.0, 1.0)
    assert found.keys() <= STATISTICS.keys()
    assert all((s.value is None) == (s.undefined is not None) for s in found.values())


# ---- what counts as an answer


def test_an_edit_replaces_a_withdrawal_takes_back_and_a_duplicate_changes_nothing() -> None:
    plain = [submitted("t1", "ann", "day"), submitted("t1", "ben", "day"), *answers("day", "night", task="t2")]
    detours = [
        submitted("t1", "ann", "night"), submitted("t1", "ann", "day", version=2, at=5.0),
        submitted("t1", "ben", "day"), submitted("t1", "ben", "day"),
        submitted("t1", "cas", "night"), withdrawn("t1", "cas", at=9.0),
        *answers("day", "night", task="t2"),
    ]  # fmt: skip

    assert board(*detours).controls == board(*plain).controls


def test_gold_skips_configuration_and_ticks_take_no_part() -> None:
    plain = answers("day", "night")

    extra = board(*plain, gold("t1", choice("day")), skipped("t1", "a9"), configured("t1", width_px=9), tick())

    assert (extra.controls, extra.projects) == (board(*plain).controls, board(*plain).projects)


def test_a_cancelled_task_is_left_out_and_said_to_be() -> None:
    found = board(*answers("day", "night"), *answers("day", "day", task="t2"), cancelled("t1"))

    assert only(found).tasks == 1
    assert [(p.tasks, p.cancelled, p.answers) for p in found.projects] == [(1, 1, 2)]


def test_a_model_counts_where_the_project_says_so() -> None:
    events = [*answers("day", "day"), submitted("t1", "net", "night", kind="model")]

    assert only(board(*events)).annotators == 2
    assert only(board(*events, project=settings(routing={"count_models": True}))).annotators == 3


def test_a_task_is_scored_below_its_quorum_and_not_with_one_answer() -> None:
    found = board(*answers("day", "night"), *answers("day", task="t2"), project=settings(required_annotators=5))

    assert (only(found).tasks, found.projects[0].tasks) == (1, 2)


def test_a_question_that_nobody_answered_is_no_agreement_but_marking_nothing_is() -> None:
    both_asked = settings(controls={"scene": {"type": "choice"}, "objects": {"type": "box"}})

    control = only(board(submitted("t1", "ann", None), submitted("t1", "ben", None), project=both_asked))

    assert (control.control, figures(control)["mean_score"].value) == ("objects", 1.0)
    assert figures(control)["object_alpha"].undefined == "nobody marked an object"


def test_what_is_no_event_is_counted_by_its_reason_and_changes_nothing() -> None:
    plain = answers("day", "night")
    flat = box(width=0)

    found = board(b"{not json", *plain, event("task.exploded"), submitted("t9", "a1", result=[flat]))

    assert (found.lines, found.rejected) == (5, {"malformed_json": 1, "unknown_event_type": 1})
    assert found.set_aside == {"zero_size_box": 1}
    assert found.controls == board(*plain).controls


def test_hostile_labels_are_labels() -> None:
    """A label may be called what stands for a missing object; a yes-or-no question may be answered with both."""
    odd = box(label="(missing)")
    boxes = board(*both("t1", odd, odd), submitted("t2", "ann", result=[box()]), submitted("t2", "ben", None))
    unsure = submitted("t1", "ann", result=[boolean(True), boolean(False)])
    asked = only(board(unsure, submitted("t1", "ben", result=[boolean(True)])))

    # Units {"(missing)" 2}, {car 1, not drawn 1}: within 2 / 4, by chance (12 - 2) / 12.
    assert figures(only(boxes))["object_alpha"].value == pytest.approx(1 - 0.5 / (10 / 12))
    assert figures(asked)["percent_agreement"].value == 0.0


def test_a_set_is_shown_the_same_in_every_process() -> None:
    assert repr(LabelSet(["wet", "dark", "it's"])) == "{'dark', \"it's\", 'wet'}"


# ---- the whole


@given(st.permutations([
    *answers("day", "night", "day"), *answers("day", "day", task="t2"),
    submitted("t2", "a1", "night", version=2, at=9.0), withdrawn("t1", "a3", at=5.0), gold("t1", choice("day")),
    *both("t3", box(), box(x=2)), submitted("t3", "ann", result=[box()], submission="again", at=1.0),
    *both("t4", choices("x"), choices("y", "x")),
]))  # fmt: skip
def test_the_order_of_events_does_not_change_a_byte(events: list[Event]) -> None:
    found = board(*events, events[0], pairs=True)

    assert msgspec.json.encode(found) == msgspec.json.encode(board(*sorted(events, key=line), events[0], pairs=True))


_REGIONS = [
    {"id": "r1", "control": control, "type": kind, **fields, **more}
    for kind, fields in ONE_OF_EACH.items()
    for control in (kind, "shared")
    for more in ({}, {"label": "(missing)"} if "label" in fields else {})
]


@given(st.lists(st.lists(st.sampled_from(_REGIONS), max_size=4), min_size=1, max_size=6), st.booleans())
def test_whatever_is_answered_each_figure_is_in_range_or_says_why_it_is_missing(
    results: list[list[Event]], configured_before: bool
) -> None:
    events = [submitted(f"t{i // 3}", f"a{i % 3}", result=result) for i, result in enumerate(results)]
    named = settings(controls={kind: {"type": kind} for kind in TYPE_DEFAULTS})

    found = board(*events, project=named if configured_before else None, pairs=True)

    for control in found.controls:
        assert control.annotators > 0 and control.tasks > 0
        for statistic in control.statistics:
            assert (statistic.value is None) == (statistic.undefined is not None)
            if statistic.value is not None:
                assert (statistic.low is None) == (statistic.interval_undefined is not None)
                assert -1.0 <= statistic.value <= 1.0 and statistic.n > 0
                if statistic.low is not None and statistic.high is not None:
                    assert -1.0 <= statistic.low <= statistic.value <= statistic.high <= 1.0


def test_the_mean_score_is_that_of_the_decisions_that_replay_writes() -> None:
    projects = read_settings(packaged("settings.yaml"))
    lines = [a.value for project in projects for a in load(project).first_tasks(20).answers]
    decided: dict[tuple[str, str], dict[str, float]] = {}
    for out in Replay(projects, Limits()).step(lines):
        if out.topic in ("task-agreement", "task-disagreement"):
            decision = msgspec.json.decode(out.value)
            scores = {name: control["score"] for name, control in decision["controls"].items()}
            decided[decision["project_id"], decision["task_id"]] = scores

    scoreboard = Scoreboard(projects)
    scoreboard.read(lines)
    scoreboard.score(scoreboard.tasks())

    for control in scoreboard.board().controls:
        scored = [scores[control.control] for (project, _), scores in decided.items() if project == control.project_id]
        assert control.tasks == len(scored) == 20
        assert figures(control)["mean_score"].value == pytest.approx(sum(scored) / len(scored), abs=1e-6)


def test_numbers_from_zero_up_have_alpha_by_their_ratios() -> None:
    """1, 2 and 10, 20 and 10, 10: ((c - k) / (c + k))² is 1/9 of 1 and 2, and of 10 and 20.

    Within (2/9 + 2/9) / 6; of all pairs 1, 2: 1/9; 1, 10: 81/121 three times; 1, 20: 361/441; 2, 10: 64/144 three
    times; 2, 20: 324/484; 10, 20: 1/9 three times; twice their sum of 6 x 5.
    """
    found = figures(only(board(*rated((1, 2), (10, 20), (10, 10), kind="number"))))["ratio_alpha"]
    between = 1 / 9 + 3 * 81 / 121 + 361 / 441 + 3 * 64 / 144 + 324 / 484 + 3 / 9
    assert found.value == pytest.approx(1 - (4 / 9 / 6) / (2 * between / 30), abs=1e-6)
    assert (found.level, found.n) == ("ratio", 3)
    below = figures(only(board(*rated((-1, 2), (3, 4), kind="number"))))["ratio_alpha"]
    assert below.undefined == "ratios are of numbers from 0 up, and -1 is below"
