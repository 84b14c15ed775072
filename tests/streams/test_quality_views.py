"""What is read of a project's quality: hand-worked figures, and the same from memory, stored records and replay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.chance.coincidences import Coincidences
from scoring.chance.many import fleiss_kappa
from streams.contracts.decisions import Alert
from streams.contracts.facts import Contribution, Detail, Fact
from streams.contracts.views import VIEW_NAMES, AlertItem, AnnotatorItem, OverviewView, Statistic, TaskItem
from streams.quality import STORED_FORM, ProjectRecord, annotator_key, encode, project_key
from streams.quality.agreement import POINTS, agreement
from streams.quality.project import ProjectQuality
from streams.quality.views import (
    alert_item,
    alerts,
    annotators,
    benchmark,
    classes,
    matrix,
    overview,
    tasks,
    view,
)
from tests.streams.quality_builders import (
    Shell,
    contribution,
    control,
    decided,
    detail,
    part,
    records,
    scene,
    small_windows,
)
from tests.streams.quality_builders import settings as project_settings


def quality_of(*contributions: Contribution, shell: Shell | None = None) -> ProjectQuality:
    shell = shell or Shell()
    shell.step(records([Fact(i, f"t-{i}", None, one) for i, one in enumerate(contributions)]))
    return shell.watch.quality("street")


def agreed(found: Detail | None, score: float | None = 0.5, **more: Any) -> Contribution:
    return contribution(score, detail=found, **more)


def who(quality: ProjectQuality, name: str) -> AnnotatorItem:
    (found,) = annotators(quality, annotator=name).items
    return found


def test_the_overview_sums_a_project_up() -> None:
    waiting = contribution(state="waiting", answers=1, stalled=True)
    reviewed = agreed(detail(part("a"), part("m", model=True), review="approved"), 0.9, answers=4)
    found = overview(quality_of(agreed(scene("day", "day", "night")), reviewed, waiting))
    assert (found.tasks, found.annotations, found.annotators) == ({"agreed": 2, "waiting": 1}, 8, 5)
    assert (found.agreement.value, found.agreement.n, found.stalled_tasks) == (0.7, 2, 1)
    assert (found.overlap_mean.value, found.annotations_saved) == (3.5, 4 + 3)  # of 7 each
    assert found.time_to_quorum_seconds["p50"].value == pytest.approx(100, rel=0.044)
    assert found.reviews.approval == Statistic(value=1.0, n=1, low=0.206549, high=1.0)  # 1 / (1 + 1.96²)
    assert found.prelabelled.value == 0.5


def test_of_nothing_every_figure_says_why_it_is_not_there() -> None:
    found = overview(ProjectQuality(ProjectRecord(STORED_FORM, "new"), {}, {}, {}))
    assert found.agreement.undefined == "no scores"
    assert found.overlap_mean.undefined == found.prelabelled.undefined == "no task is settled"
    assert found.reviews.approval.undefined == "nothing was reviewed"
    assert found.event_time is None


def test_an_annotator_is_told_with_speed_agreement_gold_approval_and_bias() -> None:
    first = scene("day", "night", gold="day", review="rejected")
    second = scene("day", "day", "day")
    found = who(quality_of(agreed(first), agreed(second)), "a-1")
    assert (found.kind, found.submissions) == ("human", 2)
    assert found.median_seconds.value == pytest.approx(10, rel=0.044)
    assert (found.agreement_with_consensus.value, found.agreement_with_consensus.n) == (0.5, 2)
    assert (found.gold_accuracy.value, found.gold_accuracy.n) == (0.0, 1)
    assert (found.approval.value, found.approval.n) == (0.0, 1)
    assert found.confusion == {"scene": {"day": {"day": 1.0, "night": 1.0}}}
    assert found.bias == {"scene": {"day": -0.5, "night": 0.5}}  # one of two, where the consensus is day twice
    assert found.self_consistency.undefined == "they never answered a task twice, by a second submission"


def test_how_consistent_an_annotator_is_with_themselves_is_told_once_they_answered_twice() -> None:
    found = who(quality_of(agreed(detail(part("a-1", repeats=1.0))), agreed(detail(part("a-1", repeats=0.5)))), "a-1")
    assert (found.self_consistency.value, found.self_consistency.n) == (0.75, 2)


def test_annotators_come_by_least_agreement_with_the_consensus_and_the_unknown_last() -> None:
    silent = detail(part("s", consensus=None), part("b", consensus=0.25), part("a", consensus=0.75))
    found = annotators(quality_of(agreed(silent)))
    assert [item.annotator_id for item in found.items] == ["b", "a", "s"]
    assert [item.annotator_id for item in annotators(quality_of(agreed(silent)), limit=1).items] == ["b"]


def test_the_matrix_has_pairs_with_their_common_tasks_models_and_gold() -> None:
    people = [part("a", gold=1.0), part("b", gold=0.5), part("m", model=True)]
    question = control(["day"], ["day"], ["day"], ["night"])
    found = matrix(quality_of(agreed(detail(*people, scene=question)), agreed(scene("day"))))
    assert (found.annotators, found.kinds) == (
        ["a", "a-0", "b", "m", "gold"],
        ["human", "human", "human", "model", "gold"],
    )
    cells = {(cell.a, cell.b): (cell.agreement, cell.tasks) for cell in found.cells}
    assert cells == {
        ("a", "b"): (1.0, 1), ("a", "m"): (0.0, 1), ("b", "m"): (0.0, 1), ("a", "gold"): (1.0, 1),
        ("b", "gold"): (0.5, 1),
    }  # fmt: skip


def test_the_benchmark_tells_people_models_and_consensus_apart() -> None:
    people = [part("a", gold=1.0), part("b", gold=0.5), part("m", model=True, gold=0.25)]
    question = control(["day"], ["day"], ["night"], ["day"], gold=["day"])
    found = benchmark(quality_of(agreed(detail(*people, consensus_gold=1.0, scene=question))))
    assert (found.gold_tasks, found.annotators.value, found.models.value, found.consensus.value) == (1, 0.75, 0.25, 1.0)
    assert [item.annotator_id for item in found.items] == ["m", "b", "a"]
    assert found.items[1].confusion == {"scene": {"day": {"night": 1.0}}}
    assert benchmark(quality_of(agreed(scene("day")))).annotators.undefined == "no task has gold"


def test_agreement_beyond_chance_is_that_of_the_answers() -> None:
    answers = [("day", "day", "day"), ("day", "day", "night"), ("night", "night", "night"), ("dusk", "day", "dusk")]
    (found,) = agreement(quality_of(*(agreed(scene(*three)) for three in answers))).controls
    seen = Coincidences()
    for three in answers:
        seen.add({label: three.count(label) for label in set(three)})
    expected = fleiss_kappa(seen.table())
    assert isinstance(expected, object)
    assert found.coefficients["fleiss_kappa"].value == round(getattr(expected, "value", 0.0), 6)
    assert found.coefficients["percent_agreement"].value == pytest.approx((1 + 1 / 3 + 1 + 1 / 3) / 4)
    assert (found.scale, found.score.n, found.passed.value) == ("nominal", 4, 1.0)


def test_numbers_are_compared_on_their_scale_and_objects_as_found_and_named() -> None:
    people = [part("a"), part("b")]
    ages = [agreed(detail(*people, age=control([x], [x], [y], type="number"))) for x, y in ((1, 1), (2, 3), (5, 5))]
    (numbers,) = agreement(quality_of(*ages)).controls
    assert numbers.coefficients["krippendorff_alpha"].value == 0.950495  # the doctest of `interval_alpha`
    assert numbers.scale == "interval"
    stars = [
        agreed(detail(*people, age=control([x], [x], [y], type="rating"))) for x, y in ((1, 1), (1, 2), (500, 500))
    ]
    (ratings,) = agreement(quality_of(*stars)).controls
    assert list(ratings.coefficients) == ["krippendorff_alpha", "interval_alpha", "icc_1"]
    # Mid-ranks 1.5, 3.5 and 5: within 8 / 6, all 2 x 6 x 15 / 30.
    assert ratings.coefficients["krippendorff_alpha"].value == pytest.approx(1 - (8 / 6) / 6, abs=1e-6)
    assert ratings.scale == "ordinal"
    marks = control(["car", "bus"], ["car", "bus"], ["car", None], type="box")
    (objects,) = agreement(quality_of(agreed(detail(*people, objects=marks)))).controls
    assert objects.coefficients["object_alpha"].n == 2
    assert objects.coefficients["object_label_alpha"].undefined is not None


def test_the_trend_has_a_point_a_bucket_until_there_are_too_many() -> None:
    found = agreement(quality_of(*(agreed(None, 0.5, minute=m) for m in (0, 0, 1, 3)))).trend
    assert [(point.at, point.n) for point in found] == [
        ("2026-01-31T10:00:00.000Z", 2), ("2026-01-31T10:01:00.000Z", 1), ("2026-01-31T10:03:00.000Z", 1),
    ]  # fmt: skip
    many = agreement(quality_of(*(agreed(None, 0.5, minute=m) for m in range(POINTS + 1)))).trend
    assert (many[0].n, len(many)) == (2, 61)  # two minutes a point


def test_classes_tell_the_consensus_what_was_given_and_what_is_recent() -> None:
    shift = {"window_tasks": 2, "minimum_reference_tasks": 3}
    shell = Shell(
        project_settings(alerts={"label_shift": shift}, controls={"scene": {"labels": ["day", "night", "dusk"]}})
    )
    old, new = {"scene": {"day": 3.0}}, {"scene": {"night": 1.0}}
    quality = quality_of(
        agreed(scene("day", "night"), minute=0, labels=old),
        agreed(scene("day", "day"), minute=1, labels=old),
        agreed(scene("night", truth="night"), minute=2, labels=new),
        agreed(None, minute=3, labels=new),
        shell=shell,
    )
    (found,) = classes(quality).controls
    shown = {item.label: (item.consensus, item.share, item.recent_share, item.given) for item in found.items}
    assert shown == {"day": (6.0, 0.75, 0.0, 3.0), "night": (2.0, 0.25, 1.0, 2.0), "dusk": (0.0, 0.0, 0.0, 0.0)}
    assert found.by_annotator["a-1"] == {"day": 0.5, "night": 0.5}
    assert (found.stability_index.undefined, found.stability_index.n) == ("2 tasks before the window, it takes 3", 2)
    assert classes(quality, control="other").controls == []


def test_tasks_come_least_agreed_first_and_alerts_newest_first() -> None:
    quality = quality_of(contribution(state="waiting", stalled=True))
    items = [
        TaskItem(
            task_id=name, state=state, score=score, event_time=f"2026-01-31T10:00:0{at}Z", annotators=[], conflicts={},
            decision_id=None,
        )
        for name, state, score, at in (
            ("c", "agreed", 0.9, 0), ("b", "waiting", None, "0.000001"), ("a", "in_review", 0.1, 1),
            ("d", "waiting", None, "0.000"),
        )
    ]  # fmt: skip
    assert [item.task_id for item in tasks(quality, items).items] == ["a", "c", "d", "b"]
    assert [tasks(quality, items, state=state).total for state in (None, "waiting", "agreed")] == [1, 1, 0]
    assert [item.task_id for item in tasks(quality, items, state="agreed", limit=1).items] == ["c"]
    over = [
        Alert(
            schema=1, type="quality.alert", alert_id=str(hour), alert="class_imbalance", state="resolved",
            project_id="street", subject="scene", severity="info", event_time=f"2026-01-31T1{hour}:00:00.000Z",
            raised_at="2026-01-31T09:00:00.000Z", evidence={}, recommended_action="",
        )
        for hour in (1, 2)
    ]  # fmt: skip
    found = alerts(quality, map(alert_item, over)).items
    assert [(item.alert, item.resolved_at) for item in found] == [
        ("stalled_tasks", None), ("class_imbalance", "2026-01-31T12:00:00.000Z"),
        ("class_imbalance", "2026-01-31T11:00:00.000Z"),
    ]  # fmt: skip
    assert [type(item) for item in alerts(quality, alert="stalled_tasks").items] == [AlertItem]


def test_views_are_asked_for_by_name() -> None:
    quality = quality_of(agreed(scene("day", "day")))
    assert isinstance(view(quality, "overview"), OverviewView)
    assert view(quality, "annotators", limit=1) == annotators(quality, limit=1)
    with pytest.raises(LookupError, match=r"expected one of the views overview, .*; got 'secrets'"):
        view(quality, "secrets")


def test_records_of_two_projects_or_without_the_projects_own_are_refused() -> None:
    with pytest.raises(LookupError, match="own record"):
        ProjectQuality.from_records({encode(("w",)): encode((3,))})
    both = {project_key(name): encode(ProjectRecord(STORED_FORM, name)) for name in ("a", "b")}
    with pytest.raises(ValueError, match="one project; got those of a, b"):
        ProjectQuality.from_records(both)


answers = st.lists(st.sampled_from(["day", "night"]), min_size=1, max_size=4)
moments = st.builds(
    lambda given, gold, score, minute: agreed(scene(*given, gold=gold), score, minute=minute),
    answers,
    st.none() | st.just("day"),
    st.sampled_from([0.0, 0.4, 1.0]),
    st.integers(0, 6),
)


@settings(max_examples=40)
@given(st.lists(moments, max_size=6))
def test_every_view_is_the_same_from_memory_from_stored_records_and_after_a_restart(
    history: Sequence[Contribution],
) -> None:
    shell = Shell(small_windows())
    first = agreed(scene("day", "night"))
    quality = quality_of(first, *history, shell=shell)
    stored = ProjectQuality.from_records(shell.state)
    recovered = Shell(small_windows(), shell.state)
    for name in VIEW_NAMES:
        shown = msgspec.json.encode(view(quality, name))
        assert msgspec.json.encode(view(stored, name)) == shown
        assert msgspec.json.encode(view(recovered.watch.quality("street"), name)) == shown
    assert sorted(recovered.watch.gauges()) == sorted(shell.watch.gauges())


def test_beyond_the_bound_annotators_are_a_number() -> None:
    shell = Shell()
    quality_of(agreed(scene("day", "day")), shell=shell)
    state = dict(shell.state)
    one = msgspec.msgpack.decode(state.pop(annotator_key("street", "a-1")))
    one[2] = None
    state[annotator_key("street", None)] = encode(one)
    found = annotators(ProjectQuality.from_records(state))
    assert ([item.annotator_id for item in found.items], found.further) == (["a-0"], 1)


def test_the_trend_and_the_window_follow_what_is_decided() -> None:
    quality = quality_of(*(decided(i, 1.0 if i < 2 else 0.5, minute=i).after or agreed(None) for i in range(4)),
                         shell=Shell(small_windows()))  # fmt: skip
    found = agreement(quality)
    assert (found.baseline.value, found.recent.value, found.window_tasks) == (1.0, 0.5, 2)
    assert found.drop.value == 0.5
