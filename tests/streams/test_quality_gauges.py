"""What Prometheus is shown: everything in the catalogue, bounded, and gone with the project."""

from __future__ import annotations

from unittest.mock import patch

from streams.contracts.facts import Fact
from streams.metrics import METRICS
from streams.quality.gauges import gauges_of
from streams.quality.views import agreement, classes
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


def shown(shell: Shell) -> dict[tuple[str, ...], float]:
    return {(name, *labels): value for name, labels, value in shell.watch.gauges()}


def full() -> Shell:
    """A project in which every gauge is defined: a task with all that there is, two more answers, and 400 others."""
    people = [part("a", gold=1.0), part("b", gold=0.5), part("m", model=True, gold=0.25)]
    question = control(["day"], ["day"], ["night"], ["day"], gold=["day"], conflicts={"value": 2})
    found = detail(*people, review="approved", consensus_gold=1.0, scene=question)
    shell = Shell()
    labels = {"scene": {"day": 3.0, "night": 1.0}}
    first = [contribution(0.5, labels=labels, detail=found)]
    for answer in ("day", "night"):
        alike = detail(part("a"), part("b"), scene=control([answer], [answer], [answer]))
        first.append(contribution(0.5, detail=alike, state="reassigning"))
    day, night = {"scene": {"day": 1.0}}, {"scene": {"night": 1.0}}
    others = [decided(3 + i, 0.5, minute=i, labels=night if i % 4 else day) for i in range(400)]
    shell.step(records([Fact(i, f"t-{i}", None, one) for i, one in enumerate(first)] + others))
    return shell


def test_every_gauge_of_projects_and_annotators_is_declared_shown_and_labeled_as_declared() -> None:
    gauges = shown(full())
    declared = {name for name in METRICS if name.startswith(("project_", "annotator_"))}
    assert {name for name, *_ in gauges} == declared
    assert all(len(METRICS[name].labels) == len(labels) for name, *labels in gauges)
    assert all(METRICS[name].kind == "gauge" for name in declared)


def test_figures_are_those_of_the_views() -> None:
    gauges = shown(full())
    assert gauges["project_annotators", "street"] == 3
    assert (gauges["project_settled_tasks", "street"], gauges["project_spared_answers", "street"]) == (1, 4)
    assert gauges["project_gold_accuracy_ratio", "street", "human"] == 0.75
    assert gauges["project_gold_accuracy_ratio", "street", "consensus"] == 1.0
    assert gauges["project_label_ratio", "street", "scene", "day"] == 103 / 404
    assert gauges["project_disagreements", "street", "value"] == 2
    assert gauges["annotator_submissions", "street", "m", "model"] == 1
    assert gauges["annotator_gold_accuracy_ratio", "street", "b"] == 0.5
    assert gauges["project_control_passed_ratio", "street", "scene", "choice"] == 1.0


def test_a_coefficient_has_both_ends_of_its_interval_or_neither_as_the_view_has_them() -> None:
    shell = Shell()
    answers = [("day", "day"), ("day", "night"), ("night", "night"), ("day", "day")]
    shell.step(
        records([Fact(i, f"t-{i}", None, contribution(0.5, detail=scene(*said))) for i, said in enumerate(answers)])
    )
    gauges = shown(shell)
    (view,) = agreement(shell.watch.quality("street")).controls
    for name, found in view.coefficients.items():
        place = ("project_coefficient_bound", "street", "scene", "choice", name)
        ends = {bound: gauges.get((*place, bound)) for bound in ("low", "high")}
        assert ends == {"low": found.low, "high": found.high}, name
    known = [found for found in view.coefficients.values() if found.low is not None and found.value is not None]
    assert known and all(found.low <= found.value <= found.high for found in known)  # type: ignore[operator]


def test_the_stability_index_is_that_of_the_view_and_absent_until_the_window_is_full() -> None:
    shell, key = Shell(), ("project_stability_index", "street", "scene")
    days = [decided(i, 0.5, minute=i, labels={"scene": {"day" if i % 2 else "night": 1.0}}) for i in range(200)]
    nights = [decided(200 + i, 0.5, minute=200 + i, labels={"scene": {"night": 1.0}}) for i in range(200)]
    shell.step(records(days[:50]))
    assert key not in shown(shell)
    shell.step(records([*days, *nights])[50:])
    (view,) = classes(shell.watch.quality("street")).controls
    assert view.stability_index.value is not None
    assert shown(shell)[key] == view.stability_index.value > 0.25, "two hundred nights after as many days as nights"


def test_annotators_and_labels_beyond_the_bound_are_summed() -> None:
    shell = full()
    quality = shell.watch.quality("street")
    few = {(name, *labels): value for name, labels, value in gauges_of(quality, annotators=1)}
    assert few["annotator_submissions", "street", "a", "human"] == 3
    assert few["annotator_submissions", "street", "(others)", "(others)"] == 4
    assert few["annotator_gold_accuracy_ratio", "street", "(others)"] == 0.375
    assert not any("b" in labels for labels in few)
    with patch("streams.quality.gauges.LABELS_SHOWN", 1):
        labels = {key[3]: value for key, value in shown(shell).items() if key[0] == "project_label_ratio"}
    assert labels == {"night": 301 / 404, "(others)": 103 / 404}


def test_how_many_annotators_are_named_is_a_setting() -> None:
    shell = Shell(small_windows(quality={"annotators_in_metrics": 0}))
    shell.step(records([Fact(0, "t-0", None, contribution(0.5, detail=scene("day", "day")))]))
    named = {labels[1] for (name, *labels) in shown(shell) if name.startswith("annotator_")}
    assert named == {"(others)"}


def test_coefficients_follow_their_control_though_they_are_remembered() -> None:
    shell = Shell()
    key = ("project_coefficient", "street", "scene", "choice", "percent_agreement")
    shell.step(records([Fact(0, "t-0", None, contribution(0.5, detail=scene("day", "day")))]))
    assert shown(shell)[key] == 1.0
    more = records([Fact(1, "t-1", None, contribution(0.5, detail=scene("day", "night")))])
    shell.step([one._replace(offset=1) for one in more])
    assert shown(shell)[key] == 0.5


def test_gauges_are_gone_with_the_partition() -> None:
    shell = full()
    shell.watch.close(0)
    assert shown(shell) == {}
