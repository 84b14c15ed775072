"""The queue hands out what a live queue would, and knows when there is nothing left to wait for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.demo.ledger import Ledger
from streams.demo.queue import LabelingQueue
from streams.demo.recorded import Answer, load
from tests.demo.builders import answer, dead_letter, decision, encoded, reassignment, recording


def who(answers: list[Answer]) -> list[str]:
    return [f"{a.event.task_id}{a.event.annotator_id}" for a in answers]


def two_tasks(required: int = 2) -> LabelingQueue:
    """Tasks 1 and 2, each answered by a, b, c, d, people working on both in turn."""
    lines = [answer(task, annotator) for annotator in "abcd" for task in "12"]
    return LabelingQueue([recording(*lines)], {"p": required})


def ledger_of(*outputs: tuple[str, object]) -> Ledger:
    ledger = Ledger()
    for topic, output in outputs:
        ledger.take(topic, encoded(output))
    return ledger


def test_each_task_first_gets_the_required_answers_in_recorded_order() -> None:
    assert who(two_tasks().take(100)) == ["1a", "2a", "1b", "2b"]


def test_answers_come_in_portions_without_repetition() -> None:
    queue = two_tasks()
    assert [who(queue.take(3)), who(queue.take(3)), who(queue.take(3))] == [["1a", "2a", "1b"], ["2b"], []]


def test_a_reassignment_gets_the_next_recorded_annotator_before_planned_work_goes_on() -> None:
    queue = two_tasks()
    queue.take(3)
    assert queue.ask(reassignment("1", ["a", "b"])) == 1
    assert who(queue.take(100)) == ["1c", "2b"]


def test_excluded_annotators_are_passed_over() -> None:
    queue = two_tasks()
    queue.take(100)
    assert queue.ask(reassignment("1", ["a", "b", "c"])) == 1
    assert who(queue.take(100)) == ["1d"]


def test_a_repeated_reassignment_finds_nobody_more() -> None:
    queue = two_tasks()
    queue.take(100)
    assert [queue.ask(reassignment("1", ["a", "b"])) for _ in range(3)] == [1, 0, 0]
    assert who(queue.take(100)) == ["1c"]


def test_a_reassignment_for_a_task_that_is_not_in_play_finds_nobody() -> None:
    queue = two_tasks()
    assert queue.ask(reassignment("unknown", [])) == 0
    assert queue.missing == {}


def test_projects_are_played_side_by_side() -> None:
    long = recording(*[answer(str(task), "a", project="long") for task in range(4)], project="long")
    short = recording(*[answer(str(task), "a", project="short") for task in range(2)], project="short")
    queue = LabelingQueue([long, short], {"long": 1, "short": 1})
    # long at 1/8, 3/8, 5/8, 7/8 of the whole, short at 2/8 and 6/8.
    assert [a.event.project_id for a in queue.take(100)] == ["long", "short", "long", "long", "short", "long"]


def test_it_is_settled_when_every_task_is_final_and_every_answer_is_in_a_decision() -> None:
    queue = two_tasks()
    queue.take(100)
    ledger = ledger_of(("task-agreement", decision("1", "agreed", "ab")))
    assert queue.unsettled(ledger) == [("p", "2")]
    ledger.take("task-disagreement", encoded(decision("2", "in_review", "ab")))
    assert queue.unsettled(ledger) == []
    assert queue.lost(ledger) == {}


def test_a_task_is_not_settled_while_its_reassignment_is_under_way() -> None:
    queue = two_tasks()
    queue.take(100)
    ledger = ledger_of(
        ("task-agreement", decision("1", "agreed", "ab")), ("task-disagreement", decision("2", "reassigning", "ab"))
    )
    assert queue.unsettled(ledger) == [("p", "2")]
    queue.ask(reassignment("2", "ab"))
    assert queue.unsettled(ledger) == [("p", "2")]
    queue.take(100)
    ledger.take("task-agreement", encoded(decision("2", "agreed", "abc", revision=2)))
    assert queue.unsettled(ledger) == []


def test_a_final_decision_without_an_answer_that_was_handed_in_is_not_settled_and_the_answer_is_lost() -> None:
    queue = two_tasks(required=3)
    queue.take(100)
    ledger = ledger_of(
        ("task-agreement", decision("1", "agreed", "ab")), ("task-agreement", decision("2", "agreed", "abc"))
    )
    assert queue.unsettled(ledger) == [("p", "1")]
    assert queue.lost(ledger) == {("p", "1"): {"c"}}


def test_recorded_answers_that_run_out_explain_an_undecided_task() -> None:
    queue = two_tasks(required=4)
    queue.take(100)
    ledger = ledger_of(
        ("task-agreement", decision("1", "agreed", "abcd")), ("task-disagreement", decision("2", "reassigning", "abcd"))
    )
    assert queue.ask(reassignment("2", "abcd", wanted=2)) == 0
    assert queue.missing == {("p", "2"): 2}
    assert queue.unsettled(ledger) == []
    assert queue.explanation(("p", "2"), ledger) == "the recorded answers ran out, 2 more wanted"
    assert queue.explanation(("p", "1"), ledger) is None


def test_a_task_with_fewer_recorded_answers_than_required_is_explained_once_they_are_handed_in() -> None:
    queue = LabelingQueue([recording(answer("1", "a"))], {"p": 2})
    assert queue.unsettled(Ledger()) == [("p", "1")]
    queue.take(100)
    assert queue.unsettled(Ledger()) == []
    assert queue.explanation(("p", "1"), Ledger()) == "only 1 recorded answers, fewer than the project requires"


def test_an_answer_that_became_a_dead_letter_explains_its_task_and_is_not_lost() -> None:
    queue = LabelingQueue([recording(answer("1", "a"), answer("1", "b"))], {"p": 2})
    queue.take(100)
    ledger = ledger_of(("dead-letter", dead_letter(answer("1", "b"))))
    assert queue.unsettled(ledger) == []
    assert queue.explanation(("p", "1"), ledger) == "1 of its answers became dead letters"
    ledger.take("task-agreement", encoded(decision("1", "agreed", "a")))
    assert queue.lost(ledger) == {}


def test_a_dead_region_does_not_excuse_a_lost_answer() -> None:
    queue = LabelingQueue([recording(answer("1", "a"))], {"p": 1})
    queue.take(100)
    ledger = ledger_of(("dead-letter", dead_letter(answer("1", "a"), scope="region")))
    assert queue.unsettled(ledger) == [("p", "1")]


def test_the_whole_recording_is_handed_out_when_every_task_keeps_asking() -> None:
    birds = load("bluebirds").first_tasks(5)
    queue = LabelingQueue([birds], {"bluebirds": 7})
    handed = queue.take(10_000)
    assert len(handed) == 5 * 7
    for number in range(40):
        for task in {a.task for a in birds.answers}:
            queue.ask(reassignment(task[1], sorted(queue.handed[task]), number=number, project="bluebirds"))
        handed += queue.take(10_000)
    assert sorted(a.value for a in handed) == sorted(a.value for a in birds.answers)
    assert set(queue.missing.values()) == {40 - (39 - 7)}


@given(st.lists(st.tuples(st.sampled_from("12"), st.integers(1, 3), st.integers(0, 6)), max_size=12), st.integers(1, 5))
def test_nobody_ever_answers_a_task_twice(requests: list[tuple[str, int, int]], portion: int) -> None:
    queue = two_tasks()
    handed: list[Answer] = []
    for task, wanted, number in requests:
        handed += queue.take(portion)
        queue.ask(reassignment(task, sorted(queue.handed.get(("p", task), set())), wanted=wanted, number=number))
    handed += queue.take(100)
    assert len(who(handed)) == len(set(who(handed)))
