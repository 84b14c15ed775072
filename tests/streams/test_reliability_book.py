"""Weights learned of annotators: from the topic into the votes, and into what a decision says of itself."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.contracts.settings import TYPE_DEFAULTS
from streams.limits import Limits
from streams.reliability_book import ReliabilityBook
from streams.replay import LEARNED_EVERY_LINES, Replay
from streams.settings import SettingsBook
from streams.settle import Settle
from tests.builders import PROJECT, answers, choice, configured, line, record, submitted
from tests.builders import settings as project
from tests.streams.kinds_builders import CONTROL, KINDS, region
from tests.streams.reliability_builders import WEIGHTED, decided_by, learned_record


def test_whoever_is_known_to_be_right_outvotes_two_who_are_not_and_the_decision_says_so() -> None:
    book = ReliabilityBook()
    book.publish(b"street/a3", learned_record("a3", 2.5))
    decided = decided_by(book, *answers("day", "day", "night"))
    assert decided["consensus"][0]["value"] == "night"
    assert decided["controls"]["scene"]["weights"] == {"a1": 1.0, "a2": 1.0, "a3": 2.5}
    assert decided["controls"]["scene"]["soft_labels"] == {"day": 0.444444, "night": 0.555556}


def test_what_the_settings_say_of_an_annotator_goes_before_what_was_learned() -> None:
    book = ReliabilityBook()
    book.publish(b"street/a3", learned_record("a3", 2.5))
    decided = decided_by(book, *answers("day", "day", "night"), annotator_weights={"a3": 0.5})
    assert decided["controls"]["scene"]["weights"] == {"a1": 1.0, "a2": 1.0, "a3": 0.5}
    assert decided["consensus"][0]["value"] == "day"


def test_other_controls_and_other_projects_learn_nothing_of_it() -> None:
    book = ReliabilityBook()
    book.publish(b"street/a3", learned_record("a3", 9.0, control="weather"))
    book.publish(b"lake/a3", learned_record("a3", 9.0, owner="lake"))
    decided = decided_by(book, *answers("day", "day", "night"))
    assert decided["controls"]["scene"]["weights"] == {"a1": 1.0, "a2": 1.0, "a3": 1.0}


def test_a_control_that_is_not_weighted_names_no_weights() -> None:
    settle = Settle(SettingsBook({}), Limits())
    settle.open(0, {})
    work = settle.step(0, [record(i, given) for i, given in enumerate(answers("day", "day", "day"))])
    assert "weights" not in msgspec.json.decode(work.outgoing[0].value)["controls"]["scene"]


def test_weights_that_are_all_0_trust_nobody_more_than_anybody() -> None:
    book = ReliabilityBook()
    for name in ("a1", "a2", "a3"):
        book.publish(b"street/" + name.encode(), learned_record(name, 0.0))
    assert decided_by(book, *answers("day", "day", "night"))["consensus"][0]["value"] == "day"


def test_the_latest_record_of_a_key_holds_and_one_without_a_value_takes_it_back() -> None:
    book = ReliabilityBook()
    learned = book.of(PROJECT)
    book.publish(b"street/a3", learned_record("a3", 2.5, control="weather"))
    book.publish(b"street/a3", learned_record("a3", 1.5, recall={"day": 0.7}))
    assert {name: list(known) for name, known in learned.items() if known} == {"scene": ["a3"]}
    known = learned["scene"]["a3"]
    assert (known.weight, known.accuracy, known.recall) == (1.5, 0.9, {"day": 0.7})
    book.publish(b"street/a3", None)
    book.publish(b"nobody", None)
    assert not any(learned.values())


_KINDS = st.sampled_from([kind for kind in KINDS if "weighted" in TYPE_DEFAULTS[kind].adjudications])


@settings(max_examples=60, deadline=None)
@given(
    _KINDS,
    st.lists(st.tuples(st.sampled_from([0.0, 1e-9, 0.5, 4.0]), st.sampled_from([0, 1, 2])), min_size=2, max_size=4),
)
def test_any_weights_that_can_be_learned_settle_any_kind(kind: str, voters: list[tuple[float, int]]) -> None:
    """Also where only those gave an answer who do no better than guessing."""
    book = ReliabilityBook()
    events = [configured(required_annotators=len(voters))]
    for i, (weight, said) in enumerate(voters):
        book.publish(b"street/a%d" % i, learned_record(f"a{i}", weight, control=CONTROL))
        result = [[], [region(kind)], [region(kind, other=True)]][said]
        events.append(submitted(annotator=f"a{i}", result=result))
    weighted = {CONTROL: {"type": kind, "adjudication": "weighted"}}
    settle = Settle(SettingsBook({PROJECT: project(controls=weighted)}), Limits(), book)
    settle.open(0, {})
    work = settle.step(0, [record(i, given) for i, given in enumerate(events)])
    decision = next(msgspec.json.decode(out.value) for out in work.outgoing if out.topic.endswith("agreement"))
    weights = decision["controls"][CONTROL]["weights"]
    learned = {f"a{i}": weight for i, (weight, _) in enumerate(voters)}
    assert weights == (learned if any(learned.values()) else dict.fromkeys(learned, 1.0))
    if all(said == 1 for _, said in voters):
        assert [one["support"] for one in decision["consensus"]] == [list(learned)]


@pytest.mark.parametrize("weight", [-0.1, float("inf"), float("nan")])
def test_a_weight_that_no_vote_can_be_counted_by_is_refused_and_the_former_one_stays(weight: float) -> None:
    book = ReliabilityBook()
    book.publish(b"street/a3", learned_record("a3", 1.5))
    with pytest.raises(ValueError, match="a3"):
        book.publish(
            b"street/a3", learned_record("a3", 2.5).replace(b'"weight":2.5', b'"weight":%s' % str(weight).encode())
        )
    with pytest.raises(ValueError, match="expected an AnnotatorReliability"):
        book.publish(b"street/a3", b"[]")
    assert book.of(PROJECT)["scene"]["a3"].weight == 1.5


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"accuracy": 1.5}, "an accuracy"),
        ({"recall": {"day": -0.1}}, "a recall of day"),
        ({"tasks": {"day": -1.0}}, "tasks of day"),
        ({"n": -1.0}, "n"),
        ({"gold": -1.0}, "gold"),
        ({"recall": {f"class {i}": 0.5 for i in range(1_001)}}, "at most 1000 classes"),
        ({"tasks": {f"class {i}": 0.5 for i in range(1_001)}}, "at most 1000 classes"),
    ],
)
def test_what_no_vote_can_be_counted_by_recall_with_is_refused(wrong: dict[str, Any], named: str) -> None:
    book = ReliabilityBook()
    with pytest.raises(ValueError, match=f"expected .*{named}.* for control scene; got"):
        book.publish(b"street/a3", learned_record("a3", 1.0, **wrong))
    assert not book.of(PROJECT)


def _log() -> list[bytes]:
    """a1 and a2 are right wherever a3 and a4 are not with them; then a3 and a4 meet a1 alone."""
    events = []
    for i in range(60):
        right, wrong = ("day", "night") if i % 2 else ("night", "day")
        events += [submitted(f"t{i}", name, right, at=i) for name in ("a1", "a2", "a5")]
        events.append(submitted(f"t{i}", "a3" if i % 3 else "a4", wrong, at=i + 0.5))
    events += [submitted("last", name, value, at=99) for name, value in (("a1", "day"), ("a3", "dusk"), ("a4", "dusk"))]
    return [line(given) for given in events]


def _replayed(lines: list[bytes], cuts: list[int]) -> list[tuple[str, bytes]]:
    engine = Replay({PROJECT: project(controls=WEIGHTED, required_annotators=3)}, Limits())
    found, start = [], 0
    for end in [*sorted(cuts), len(lines)]:
        found += [(out.topic, out.value) for out in engine.step(lines[start:end])]
        start = end
    return sorted(found)


def test_a_replay_learns_whom_to_trust_from_its_own_decisions() -> None:
    lines = _log()
    assert len(lines) > 2 * LEARNED_EVERY_LINES
    decisions = [msgspec.json.decode(value) for topic, value in _replayed(lines, []) if topic.startswith("task-")]
    last = next(d for d in decisions if d["task_id"] == "last" and "controls" in d and isinstance(d["controls"], dict))
    weights = last["controls"]["scene"]["weights"]
    assert weights["a1"] > weights["a3"] + weights["a4"]
    assert last["consensus"][0]["value"] == choice("day")["value"]


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 243), max_size=4))
def test_how_a_replay_that_learns_is_cut_into_steps_changes_no_byte(cuts: list[int]) -> None:
    lines = _log()
    assert _replayed(lines, cuts) == _replayed(lines, [])
