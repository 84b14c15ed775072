"""The summary's figures, by hand."""

from __future__ import annotations

import msgspec
import pytest

from streams.demo import summary as summary_module
from streams.demo.ledger import Ledger
from streams.demo.queue import LabelingQueue
from streams.demo.recorded import Recording
from streams.demo.summary import Summary, summarise
from tests.demo.builders import (
    alert,
    answer,
    box_answer,
    box_gold,
    dead_letter,
    decision,
    encoded,
    fused,
    gold,
    reassignment,
    recording,
    species,
)


@pytest.fixture(autouse=True)
def _everybody_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary_module, "_JUDGED_TASKS", 1)
    monkeypatch.setattr(summary_module, "_BEST_TASKS", 1)


def played(recorded: Recording, required: int, *outputs: tuple[str, object]) -> Summary:
    queue, ledger = LabelingQueue([recorded], {recorded.project_id: required}), Ledger()
    queue.take(10_000)
    for topic, output in outputs:
        ledger.take(topic, encoded(output))
    return summarise([recorded], queue, ledger, seconds=12.0)


def cats() -> Recording:
    """Two tasks, three people: a is right twice, b and c once each. Majority of everyone: cat, dog."""
    answers = {"1": {"a": "cat", "b": "cat", "c": "dog"}, "2": {"a": "cat", "b": "dog", "c": "dog"}}
    lines = [answer(task, person, value) for task, given in answers.items() for person, value in given.items()]
    return recording(gold("1", "cat"), gold("2", "cat"), *lines)


ALL_WELL = (
    ("task-agreement", decision("1", "agreed", "ab", score=1.0, consensus=[species("cat")])),
    ("task-disagreement", decision("2", "accepted", "ab", score=0.5, consensus=[species("dog")])),
)


def test_a_played_queue_counts_answers_states_and_agreement() -> None:
    project = played(cats(), 2, *ALL_WELL).projects[0]
    assert (project.tasks, project.states) == (2, {"agreed": 1, "accepted": 1})
    # Two of three recorded answers of each task were needed.
    assert (project.answers_used, project.answers_recorded) == (4, 6)
    assert project.spared_ratio == pytest.approx(1 / 3)
    assert project.agreement_histogram == [0, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    assert project.agreement_mean == 0.75


def test_the_consensus_is_judged_beside_single_people_and_beside_everyone() -> None:
    quality = played(cats(), 2, *ALL_WELL).projects[0].quality
    assert quality is not None
    assert quality.measure == "accuracy"
    assert (quality.consensus.value, quality.consensus.tasks) == (0.5, 2)
    assert (quality.agreed_only.value, quality.agreed_only.tasks) == (1.0, 1)
    assert quality.everyone.value == 0.5
    # a: 2 of 2, b: 1 of 2, c: 0 of 2.
    assert (quality.annotators, quality.annotator_median, quality.annotator_best) == (3, 0.5, 1.0)


def test_boxes_are_judged_by_f1() -> None:
    true, off = (0, 0, 10, 10), (100, 0, 10, 10)
    recorded = recording(box_gold("1", true), box_answer("1", "a", true), box_answer("1", "b", true, off))
    done = decision("1", "agreed", "ab", consensus=[fused(true)])
    quality = played(recorded, 2, ("task-agreement", done)).projects[0].quality
    assert quality is not None
    assert (quality.measure, quality.consensus.value) == ("F1 at IoU 0.5", 1.0)
    # a: F1 1; b: 2 hits doubled over 2 + 1 boxes = 2/3; their median 5/6. More than half of two people: both.
    assert quality.annotator_median == pytest.approx(5 / 6)
    assert quality.everyone.value == 1.0


def test_without_gold_there_is_nothing_to_judge_by() -> None:
    project = played(recording(answer("1", "a")), 1, ("task-agreement", decision("1", "agreed", "a"))).projects[0]
    assert project.quality is None


def test_all_is_well_when_every_task_is_decided_and_nothing_lost() -> None:
    summary = played(cats(), 2, *ALL_WELL)
    assert summary.succeeded
    assert (summary.unexplained, summary.lost, summary.explained) == ([], [], {})


def test_an_undecided_task_is_named() -> None:
    summary = played(cats(), 2, ALL_WELL[0])
    assert not summary.succeeded
    assert summary.unexplained == ["p/2"]
    assert summary.projects[0].states == {"agreed": 1, "undecided": 1}


def test_an_answer_that_no_decision_holds_is_named() -> None:
    summary = played(cats(), 3, *ALL_WELL)
    assert not summary.succeeded
    assert summary.lost == ["p/1/c", "p/2/c"]


def test_a_task_whose_recorded_answers_ran_out_is_explained() -> None:
    recorded = cats()
    queue, ledger = LabelingQueue([recorded], {"p": 3}), Ledger()
    queue.take(100)
    queue.ask(reassignment("2", "abc"))
    ledger.take("task-agreement", encoded(decision("1", "agreed", "abc")))
    ledger.take("task-disagreement", encoded(decision("2", "reassigning", "abc")))
    summary = summarise([recorded], queue, ledger, 1.0)
    assert summary.succeeded
    assert summary.explained == {"the recorded answers ran out, 1 more wanted": 1}


def test_dead_letters_are_counted_by_reason_and_alerts_listed() -> None:
    letters = [("dead-letter", dead_letter(b"{", reason=reason, offset=n)) for n, reason in enumerate("xxy")]
    letters.append(("dead-letter", dead_letter(b"{", reason="z", scope="region", offset=3)))
    summary = played(cats(), 2, *ALL_WELL, *letters, ("quality-alerts", alert()))
    assert summary.dead_letters == {"x": 2, "y": 1, "z (the region alone; the rest of the answer counts)": 1}
    assert [(a.project_id, a.alert, a.raised, a.resolved) for a in summary.alerts] == [("p", "agreement_drift", 1, 0)]


def test_it_can_be_read_back_from_json() -> None:
    summary = played(cats(), 2, *ALL_WELL)
    assert msgspec.json.decode(msgspec.json.encode(summary), type=Summary) == summary
