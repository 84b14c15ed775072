"""The whole recorded queue against the real engine, without a broker: what the demo promises, in seconds."""

from __future__ import annotations

import pytest

from streams.contracts.decisions import Reassignment
from streams.demo.ledger import Ledger
from streams.demo.queue import LabelingQueue
from streams.demo.recorded import PROJECTS, load, packaged
from streams.demo.summary import ProjectSummary, Summary, summarise
from streams.limits import Limits
from streams.replay import Replay
from streams.settings_file import read_settings


@pytest.fixture(scope="module")
def summary() -> Summary:
    settings = read_settings(packaged("settings.yaml"))
    recordings = [load(project) for project in PROJECTS]
    queue = LabelingQueue(recordings, {name: p.required_annotators for name, p in settings.items()})
    ledger, engine = Ledger(), Replay(settings, Limits())

    def hand_in(values: list[bytes]) -> None:
        for outgoing in engine.step(values):
            output = ledger.take(outgoing.topic, outgoing.value)
            if isinstance(output, Reassignment):
                queue.ask(output)

    hand_in([value for recording in recordings for value in recording.gold_values.values()])
    while answers := queue.take(200):
        hand_in([answer.value for answer in answers])
    return summarise(recordings, queue, ledger, seconds=0.0)


@pytest.fixture
def pedestrians(summary: Summary) -> ProjectSummary:
    return summary.projects[0]


def test_every_task_is_decided_and_no_answer_lost(summary: Summary) -> None:
    assert summary.succeeded
    assert summary.explained == {}
    assert sum(sum(p.states.values()) for p in summary.projects) == 1_448 + 108


def test_there_is_something_to_see_of_everything(summary: Summary, pedestrians: ProjectSummary) -> None:
    birds = summary.projects[1]
    assert {"agreed", "in_review"} <= set(pedestrians.states)
    assert {"agreed", "accepted"} <= set(birds.states)
    assert pedestrians.reassignments > 100
    assert birds.reassignments > 100


def test_the_consensus_boxes_beat_the_median_annotator_with_half_of_the_answers(pedestrians: ProjectSummary) -> None:
    quality = pedestrians.quality
    assert quality is not None
    assert quality.consensus.value is not None
    assert quality.annotator_median is not None
    assert quality.everyone.value is not None
    assert quality.consensus.tasks == 938
    assert quality.consensus.value > quality.annotator_median + 0.02
    # As good as asking everyone, to a point in a hundred, and without almost half of the answers.
    assert quality.consensus.value > quality.everyone.value - 0.01
    assert pedestrians.spared_ratio > 0.4


def test_where_annotators_agree_the_consensus_is_better(summary: Summary) -> None:
    for project in summary.projects:
        assert project.quality is not None
        assert project.quality.agreed_only.value is not None
        assert project.quality.consensus.value is not None
        assert project.quality.agreed_only.value > project.quality.consensus.value


def test_the_figures_of_the_majority_are_those_published(summary: Summary) -> None:
    birds = summary.projects[1].quality
    assert birds is not None
    # Zhang et al. (2016) report 24.07 % errors of the majority vote on the bluebirds.
    assert birds.everyone.value == pytest.approx(1 - 0.2407, abs=5e-5)


def test_one_alert_is_raised_and_resolved_for_a_reason_that_is_in_the_data(summary: Summary) -> None:
    imbalance = next(a for a in summary.alerts if (a.project_id, a.alert) == ("bluebirds", "class_imbalance"))
    assert imbalance.raised == imbalance.resolved >= 1
    assert " Blue Grosbeak : " in imbalance.course
    assert "grosbeak" in imbalance.why
