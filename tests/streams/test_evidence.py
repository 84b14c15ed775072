"""What stands behind a decision, worked out by hand: agreement with consensus and gold, units, identical marks."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.contracts.facts import AnnotatorPart, Detail, FactBatch
from streams.contracts.settings import ProjectSettings
from streams.evidence import ROOM_BYTES
from streams.limits import Limits
from streams.settings import SettingsBook
from streams.settle import Settle
from streams.truths import UNITS
from tests.builders import (
    PROJECT,
    START_MS,
    Event,
    answers,
    boolean,
    box,
    cancelled,
    choice,
    choices,
    configured,
    gold,
    record,
    reviewed,
    submitted,
    withdrawn,
)  # fmt: skip
from tests.builders import settings as project
from tests.streams.kinds_builders import CONTROL, KINDS, region

_facts = msgspec.json.Decoder(FactBatch).decode


def _detail(*events: Event, settings_: ProjectSettings | None = None) -> Detail | None:
    """Behind the last fact of SETTLE on these events."""
    settle = Settle(SettingsBook({PROJECT: settings_ or ProjectSettings()}), Limits())
    settle.open(0, {})
    work = settle.step(0, [record(i, given) for i, given in enumerate(events)])
    facts = [fact for out in work.outgoing if out.topic == "quality-facts" for fact in _facts(out.value).facts]
    contribution = facts[-1].after
    assert contribution is not None
    return contribution.detail


def _sure(*events: Event, settings_: ProjectSettings | None = None) -> Detail:
    found = _detail(*events, settings_=settings_)
    assert found is not None
    return found


def _given(*results: list[Event], **more: Any) -> list[Event]:
    """Each result by an annotator of its own, all of them required."""
    return [
        configured(required_annotators=len(results)),
        *(submitted(annotator=f"a{i}", result=result, at=i, **more) for i, result in enumerate(results, 1)),
    ]


def _figures(detail: Detail) -> list[tuple[float | None, float | None, float | None]]:
    return [(part.agreement, part.consensus, part.gold) for part in detail.annotators]


def test_two_of_three_say_day() -> None:
    detail = _sure(*answers("day", "day", "night"))
    scene = detail.controls["scene"]
    assert (scene.type, scene.score, scene.passed) == ("choice", 0.666667, False)
    assert scene.matrix == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    assert scene.consensus is not None
    assert (scene.consensus.truth, scene.consensus.given) == (["day"], [["day", "day", "night"]])
    assert (scene.conflicts, scene.gold, scene.identical) == ({"value": 1}, None, [])
    assert _figures(detail) == [(0.5, 1.0, None), (0.5, 1.0, None), (0.0, 0.0, None)]


def test_it_says_when_the_first_answered_how_many_were_asked_and_might_have_been() -> None:
    detail = _sure(*answers("day", "day", "day", at=10), settings_=project(routing={"max_annotators": 5}))
    assert detail.first_us == (START_MS + 11_000) * 1000
    assert (detail.required, detail.most, detail.review) == (3, 5, None)


def test_an_annotator_is_named_with_kind_lead_time_and_whether_they_count() -> None:
    detail = _sure(
        submitted(annotator="m", kind="model", lead_time_seconds=0.5),
        *answers("day", "day", "day"),
    )
    assert detail.annotators[-1] == AnnotatorPart("m", True, False, 0.5, 1.0, 1.0, None)
    assert [part.counts for part in detail.annotators] == [True, True, True, False]
    assert detail.controls["scene"].consensus is not None
    assert detail.controls["scene"].consensus.given == [["day"] * 4]


def test_who_answers_a_task_again_is_held_against_their_own_other_answer() -> None:
    again = _sure(*answers("day", "day", "night"), submitted(annotator="a1", submission="again", at=9))
    assert [part.repeats for part in again.annotators] == [1.0, None, None]
    otherwise = _sure(
        *answers("day", "day", "night"), submitted(annotator="a1", submission="again", at=9, result=[choice("dusk")])
    )
    assert [part.repeats for part in otherwise.annotators] == [0.0, None, None]


def test_an_edit_and_an_answer_that_was_withdrawn_are_no_repeats() -> None:
    edited = _sure(*answers("day", "day", "night"), submitted(annotator="a1", version=2, at=9, result=[choice("dusk")]))
    assert [part.repeats for part in edited.annotators] == [None, None, None]


def test_a_task_that_waits_without_gold_has_no_detail() -> None:
    assert _detail(*answers("day", "night")) is None


def test_a_task_that_fell_under_its_quorum_again_has_none_any_more() -> None:
    assert _detail(*answers("day", "day", "day"), withdrawn(at=9)) is None


def test_a_cancelled_task_has_none() -> None:
    assert _detail(*answers("day", "day", "day"), gold("t1", choice("day")), cancelled(at=9)) is None


def test_gold_scores_single_answers_before_the_quorum_and_nothing_else() -> None:
    detail = _sure(gold("t1", choice("day")), *answers("day", "night"))
    scene = detail.controls["scene"]
    assert (scene.score, scene.passed, scene.matrix, scene.consensus) == (None, None, [], None)
    assert scene.gold is not None
    assert (scene.gold.truth, scene.gold.given) == (["day"], [["day", "night"]])
    assert _figures(detail) == [(None, None, 1.0), (None, None, 0.0)]


def test_gold_that_comes_after_the_decision_joins_it() -> None:
    detail = _sure(*answers("day", "day", "night"), gold("t1", choice("night"), at=9))
    assert _figures(detail) == [(0.5, 1.0, 0.0), (0.5, 1.0, 0.0), (0.0, 0.0, 1.0)]


def test_the_consensus_is_held_against_gold_as_an_annotator_is() -> None:
    """Half of the gold box: 2 × 0.5 / (1 + 1); the scene is wrong."""
    detail = _sure(
        *_given([box(), choice("day")], [box(), choice("day")]), gold("t1", box(width=5), choice("dusk"), at=9)
    )
    assert detail.consensus_gold == 0.25
    assert [part.gold for part in detail.annotators] == [0.25, 0.25]


def test_without_a_consensus_or_without_gold_nothing_is_said_of_both() -> None:
    assert _sure(*answers("day", "day", "day")).consensus_gold is None
    assert _sure(gold("t1", choice("day")), *answers("day")).consensus_gold is None


def test_a_correction_is_held_against_gold_too() -> None:
    corrected = reviewed("corrected", at=9, result=[choice("night")])
    assert _sure(gold("t1", choice("night")), *answers("day", "day", "day"), corrected).consensus_gold == 1.0


def test_gold_that_does_not_answer_a_category_says_nothing_of_it() -> None:
    detail = _sure(*_given([choice("day"), box()], [choice("day"), box()]), gold("t1", box(), at=9))
    assert (detail.controls["scene"].gold, _figures(detail)) == (None, [(1.0, 1.0, 1.0)] * 2)


def test_gold_without_objects_says_that_there_are_none() -> None:
    detail = _sure(gold("t1"), submitted(result=[box()]))
    objects = detail.controls["objects"]
    assert objects.gold is not None
    assert (objects.gold.truth, objects.gold.given) == ([None], [["car"]])
    assert _figures(detail) == [(None, None, 0.0)]


def test_controls_weigh_by_their_settings() -> None:
    weighed = project(
        controls={"scene": {"type": "choice", "weight": 3}, "blurred": {"type": "boolean"}}, required_annotators=3
    )
    right = [choice("day"), boolean(True)]
    detail = _sure(*_given(right, right, [choice("day"), boolean(False)]), settings_=weighed)
    assert [part.consensus for part in detail.annotators] == [1.0, 1.0, 0.75]
    blurred = detail.controls["blurred"].consensus
    assert blurred is not None
    assert (blurred.truth, blurred.given) == (["true"], [["true", "true", "false"]])


def test_a_set_agrees_by_the_metric_of_its_control() -> None:
    """Kept are wet and dark, two of three each; wet alone is half of that by Jaccard."""
    detail = _sure(*_given([choices("wet", "dark")], [choices("dark", "wet")], [choices("wet")]))
    tags = detail.controls["tags"].consensus
    assert tags is not None
    assert (tags.truth, tags.given) == ([["dark", "wet"]], [[["dark", "wet"], ["dark", "wet"], ["wet"]]])
    assert [part.consensus for part in detail.annotators] == [1.0, 1.0, 0.5]


def test_numbers_are_units_and_the_median_their_truth() -> None:
    scale = project(controls={"q": {"type": "number", "scale_minimum": 0, "scale_maximum": 10}})
    results = [[region("number") | {"value": value}] for value in (1.0, 2.0, 7.0)]
    detail = _sure(*_given(*results), settings_=scale)
    numbers = detail.controls["q"].consensus
    assert numbers is not None
    assert (numbers.truth, numbers.given) == ([2.0], [[1.0, 2.0, 7.0]])
    assert [part.consensus for part in detail.annotators] == [0.9, 1.0, 0.5]


@pytest.mark.parametrize("kind", ["text", "ranking", "taxonomy"])
def test_answers_that_are_no_classes_have_agreement_and_no_units(kind: str) -> None:
    same, other = [region(kind)], [region(kind, other=True)]
    detail = _sure(*_given(same, same, other), gold("t1", region(kind), at=9))
    assert (detail.controls[CONTROL].consensus, detail.controls[CONTROL].gold) == (None, None)
    consensus = [part.consensus for part in detail.annotators]
    assert consensus[:2] == [1.0, 1.0]
    assert [part.gold for part in detail.annotators] == consensus
    assert detail.annotators[2].consensus == detail.controls[CONTROL].matrix[0][2] < 1.0


def test_objects_are_clusters_those_of_the_consensus_first() -> None:
    """All drew the car, one called it a bus; one alone drew a second car."""
    car, far = box(0, 0), box(100, 100)
    detail = _sure(*_given([car], [car, far], [box(0, 0, label="bus")]))
    objects = detail.controls["objects"]
    assert objects.consensus is not None
    assert objects.consensus.truth == ["car", None]
    assert objects.consensus.given == [["car", "car", "bus"], [None, "car", None]]
    # 2 × 1 / (1 + 1); 2 × 1 / (2 + 1); a wrong label earns nothing.
    assert [part.consensus for part in detail.annotators] == [1.0, 0.666667, 0.0]
    assert objects.conflicts == {"extra": 1, "wrong_label": 1}
    assert objects.identical == [(0, 1, 1, 1), (0, 2, 1, 1), (1, 2, 1, 1)]


def test_only_marks_equal_to_the_last_digit_are_identical() -> None:
    """Widths 10 and 9.999: as good as the same, and not copied."""
    detail = _sure(*_given([box(), box(50, 50)], [box(width=9.999), box(50, 50)]))
    assert detail.controls["objects"].identical == [(0, 1, 2, 1)]


def test_agreement_with_an_objects_consensus_is_the_overlap_with_it() -> None:
    """The median of widths 10, 10 and 5 is 10: half of it is covered."""
    detail = _sure(*_given([box()], [box()], [box(width=5)]))
    assert [part.consensus for part in detail.annotators] == [1.0, 1.0, 0.5]


def test_f1_counts_marks_that_are_similar_enough() -> None:
    f1 = project(controls={"objects": {"type": "box", "metric": "f1", "minimum_similarity": 0.5}})
    detail = _sure(*_given([box()], [box()], [box(width=6)]), settings_=f1)
    assert [part.consensus for part in detail.annotators] == [1.0, 1.0, 1.0]


def test_a_model_that_does_not_count_is_matched_to_the_consensus_of_those_who_do() -> None:
    model = submitted(annotator="m", kind="model", result=[box(width=5), box(300, 300, label="bus")])
    detail = _sure(model, *_given([box()], [box()]))
    objects = detail.controls["objects"].consensus
    assert objects is not None
    assert (objects.truth, objects.given) == (["car", None], [["car", "car", "car"], [None, None, "bus"]])
    assert detail.annotators[2].consensus == 0.333333  # 2 × 0.5 / (2 + 1)


def test_every_mark_kept_by_select_all_is_found_by_who_drew_it() -> None:
    both = project(controls={"objects": {"type": "box", "adjudication": "select_all"}})
    detail = _sure(*_given([box()], [box(width=9)]), settings_=both)
    objects = detail.controls["objects"].consensus
    assert objects is not None
    assert (objects.truth, objects.given) == (["car"], [["car", "car"]])
    assert [part.consensus for part in detail.annotators] == [0.666667, 0.666667]  # 2 × 1 / (1 + 2)


def test_marks_beside_the_gold_are_one_unit_where_they_are_one_object() -> None:
    detail = _sure(gold("t1", box()), *_given([box(), box(90, 90)], [box(90, 90), box(200, 200, label="bus")]))
    found = detail.controls["objects"].gold
    assert found is not None
    assert found.truth == ["car", None, None]
    assert found.given == [["car", None], ["car", "car"], [None, "bus"]]


def test_what_a_reviewer_corrected_is_the_consensus() -> None:
    corrected = reviewed("corrected", at=9, result=[choice("night")])
    detail = _sure(*answers("day", "day", "night"), corrected)
    assert (detail.review, [part.consensus for part in detail.annotators]) == ("corrected", [0.0, 0.0, 1.0])


def test_an_abandoned_task_has_no_consensus() -> None:
    limits = project(routing={"max_annotators": 3, "on_limit": "abandon"})
    detail = _sure(*answers("day", "night", "dusk"), settings_=limits)
    assert (detail.controls["scene"].consensus, [part.consensus for part in detail.annotators]) == (None, [None] * 3)


def test_alone_an_annotator_has_no_consensus_to_agree_with() -> None:
    detail = _sure(*answers("day"), settings_=project(required_annotators=1))
    assert (detail.controls["scene"].consensus, _figures(detail)) == (None, [(None, None, None)])


def test_a_control_has_at_most_so_many_units() -> None:
    row = [box(20 * i, 0) for i in range(UNITS // 2 + 50)]
    below = [box(20 * i, 500) for i in range(UNITS // 2 + 50)]
    detail = _sure(*_given(row, below))
    units = detail.controls["objects"].consensus
    assert units is not None
    assert len(units.truth) == len(units.given) == UNITS


def test_what_there_is_no_room_for_keeps_its_score() -> None:
    long = [box(20 * i, 0, label=f"{i}" * 300) for i in range(100, 400)]
    detail = _sure(*_given([*long, choice("day")], [*long, choice("day")]))
    objects, scene = detail.controls["objects"], detail.controls["scene"]
    assert len(msgspec.json.encode(detail)) < ROOM_BYTES
    assert (objects.score, objects.passed, objects.matrix, objects.consensus) == (1.0, True, [], None)
    assert scene.consensus is not None
    assert [part.consensus for part in detail.annotators] == [1.0, 1.0]


_KIND = st.sampled_from(KINDS)
_ANSWERS = st.lists(st.sampled_from(["same", "other", "none"]), min_size=2, max_size=4)


@settings(max_examples=60, deadline=None)
@given(_KIND, _ANSWERS, st.sampled_from(["same", "other", "none"]), st.booleans())
def test_any_kind_has_figures_in_range_and_units_for_every_annotator(
    kind: str, said: list[str], true: str, with_model: bool
) -> None:
    results = {"same": [region(kind)], "other": [region(kind, other=True)], "none": []}
    events = [*_given(*(results[word] for word in said)), gold("t1", *results[true], at=99)]
    if with_model:
        events.insert(0, submitted(annotator="m", kind="model", result=results["same"]))
    detail = _sure(*events)
    for part in detail.annotators:
        assert all(figure is None or 0.0 <= figure <= 1.0 for figure in (part.agreement, part.consensus, part.gold))
    for control in detail.controls.values():
        for units in (control.consensus, control.gold):
            if units is not None:
                assert len(units.truth) == len(units.given)
                assert all(len(row) == len(detail.annotators) for row in units.given)


@settings(max_examples=30, deadline=None)
@given(_KIND, st.integers(2, 4))
def test_who_all_say_the_same_as_the_gold_agree_with_everything(kind: str, annotators: int) -> None:
    detail = _sure(*_given(*([region(kind)] for _ in range(annotators))), gold("t1", region(kind), at=99))
    assert _figures(detail) == [(1.0, 1.0, 1.0)] * annotators
    assert detail.consensus_gold == 1.0
