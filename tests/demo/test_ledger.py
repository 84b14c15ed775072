"""The ledger keeps the last word on each task, whatever the order and however often it hears it."""

from __future__ import annotations

from itertools import permutations

import msgspec
import pytest

from streams.demo.ledger import Ledger, SeenDecision
from tests.demo.builders import alert, answer, dead_letter, decision, encoded, reassignment

HISTORY = [
    ("task-disagreement", decision("1", "reassigning", "ab", score=0.4)),
    ("task-disagreement", decision("1", "reassigning", "abc", score=0.5, revision=2)),
    ("task-agreement", decision("1", "agreed", "abcd", score=0.8, revision=3)),
]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_highest_revision_holds_in_whatever_order_decisions_come(order: tuple[int, ...]) -> None:
    ledger = Ledger()
    for place in order:
        topic, output = HISTORY[place]
        ledger.take(topic, encoded(output))
    assert ledger.decisions["p", "1"].revision == 3
    assert ledger.states() == {"agreed": 1}
    assert ledger.answered(("p", "1")) == set("abcd")
    assert ledger.scores == {"p": [0.8]}  # what was still to be reassigned is no result


def test_the_same_output_twice_is_reported_once() -> None:
    ledger = Ledger()
    for topic, output in (
        ("task-agreement", decision("1", "agreed", "ab")),
        ("task-reassignment", reassignment("1", "ab")),
        ("quality-alerts", alert()),
        ("dead-letter", dead_letter(b"{")),
    ):
        assert ledger.take(topic, encoded(output)) is not None
        assert ledger.take(topic, encoded(output)) is None
    assert [len(x) for x in (ledger.decisions, ledger.reassignments, ledger.alerts, ledger.dead_letters)] == [1] * 4


def test_an_alert_and_its_end_are_two_outputs() -> None:
    ledger = Ledger()
    ledger.take("quality-alerts", encoded(alert()))
    ledger.take("quality-alerts", encoded(alert(resolved=True)))
    assert [state for _, state in ledger.alerts] == ["raised", "resolved"]


def test_a_dead_letter_that_is_nobodys_answer_excuses_nobody() -> None:
    ledger = Ledger()
    ledger.take("dead-letter", encoded(dead_letter(b"not json")))
    ledger.take("dead-letter", encoded(dead_letter(answer("1", "a"), offset=1)))
    assert ledger.refused(("p", "1")) == {"a"}
    assert len(ledger.dead_letters) == 2


def test_a_record_that_breaks_the_contract_is_an_error() -> None:
    broken = msgspec.json.encode(msgspec.to_builtins(decision("1", "agreed", "ab")) | {"revision": "one"})
    with pytest.raises(msgspec.ValidationError, match="revision"):
        Ledger().take("task-agreement", broken)
    assert isinstance(Ledger().take("task-agreement", encoded(decision("1", "agreed", "ab"))), SeenDecision)
