"""Votes on a category that are counted by recall, and what a decision says of it."""

from __future__ import annotations

import gzip
from typing import Any

import msgspec
import pytest

from scoring.consensus.posterior import Trust, posterior_vote
from scoring.consensus.votes import Vote
from streams.demo.recorded import packaged
from streams.limits import Limits
from streams.reliability_book import ReliabilityBook
from streams.replay import Replay
from streams.settings import SettingsBook, parse_document
from streams.settle import Settle
from tests.builders import PROJECT, answers, boolean, choice, record, submitted
from tests.builders import settings as project
from tests.streams.reliability_builders import decided_by, learned_record

_LENIENT: dict[str, Any] = {
    "accuracy": 0.6,
    "recall": {"day": 0.9, "night": 0.1},
    "tasks": {"day": 20.0, "night": 20.0},
}
"""Says day of nearly everything."""


def _taught(*lenient: str) -> ReliabilityBook:
    book = ReliabilityBook()
    for name in lenient:
        book.publish(b"street/" + name.encode(), learned_record(name, 0.4, **_LENIENT))
    return book


def _again(control: dict[str, Any], said: dict[str, str], labels: list[str]) -> Vote:
    """The vote, from nothing but what a decision says of itself."""
    told: dict[str, dict[Any, float]] = control["recall"]
    known = [Trust(0.0, told[name]) for name in said]
    return posterior_vote(list(said.values()), known, labels, dict(control["class_shares"]), 0.8, control["plain_vote"])


def test_two_who_say_day_of_everything_do_not_outvote_two_who_see_the_night() -> None:
    """Day: 0.9 ** 2 * 0.2 ** 2 = 0.0324, night: 0.9 ** 2 * 0.8 ** 2 = 0.5184; both ways the plain vote is a tie."""
    wanted = {"scene": {"type": "choice", "adjudication": "weighted", "labels": ["day", "night"]}}
    settle = Settle(
        SettingsBook({PROJECT: project(controls=wanted, required_annotators=4)}), Limits(), _taught("a1", "a2")
    )
    settle.open(0, {})
    work = settle.step(0, [record(i, one) for i, one in enumerate(answers("day", "day", "night", "night"))])
    decided = msgspec.json.decode(next(out.value for out in work.outgoing if out.topic.endswith("agreement")))
    scene = decided["controls"]["scene"]
    assert scene["recall"] == {
        "a1": {"day": 0.9, "night": 0.1}, "a2": {"day": 0.9, "night": 0.1},
        "a3": {"day": 0.8, "night": 0.8}, "a4": {"day": 0.8, "night": 0.8},
    }  # fmt: skip
    assert scene["class_shares"] == {"day": 0.5, "night": 0.5}
    assert scene["weights"] == {"a1": 0.4, "a2": 0.4, "a3": 1.0, "a4": 1.0}
    # sqrt(0.5184 / 0.0324) = 4
    assert scene["soft_labels"] == {"day": 0.2, "night": 0.8}
    assert (decided["consensus"][0]["value"], decided["consensus"][0]["support"]) == ("night", ["a3", "a4"])
    counted = _again(scene, {"a1": "day", "a2": "day", "a3": "night", "a4": "night"}, ["day", "night"])
    assert {str(k): round(share, 6) for k, share in counted.shares.items()} == scene["soft_labels"]


@pytest.mark.parametrize(("answered", "plain"), [(10, 0.5), (15, 0.4)])
def test_beyond_ten_answers_the_plain_vote_has_less(answered: int, plain: float) -> None:
    # 10 / (10 + answers), half at most
    wanted = {"scene": {"type": "choice", "adjudication": "weighted", "labels": ["day", "night"]}}
    book = SettingsBook(
        {PROJECT: project(controls=wanted, required_annotators=answered, routing={"max_annotators": 15})}
    )
    settle = Settle(book, Limits(), _taught("a1", "a2"))
    settle.open(0, {})
    work = settle.step(0, [record(i, one) for i, one in enumerate(answers(*["day"] * answered))])
    decided = msgspec.json.decode(next(out.value for out in work.outgoing if out.topic.endswith("agreement")))
    assert decided["controls"]["scene"]["plain_vote"] == plain


def test_where_the_settings_name_one_of_the_voters_all_votes_are_weighed() -> None:
    decided = decided_by(_taught("a1", "a2"), *answers("day", "day", "night"), annotator_weights={"a3": 0.5})
    assert "recall" not in decided["controls"]["scene"]
    assert decided["controls"]["scene"]["weights"] == {"a1": 0.4, "a2": 0.4, "a3": 0.5}
    others = decided_by(_taught("a1", "a2"), *answers("day", "day", "night"), annotator_weights={"somebody else": 0.5})
    assert "recall" in others["controls"]["scene"]


def test_a_decision_by_weights_names_no_recall() -> None:
    scene = decided_by(ReliabilityBook(), *answers("day", "day", "night"))["controls"]["scene"]
    assert "recall" not in scene and "class_shares" not in scene


def test_how_common_a_class_is_among_what_they_have_answered_is_part_of_the_vote() -> None:
    book = _taught("a1")
    book.publish(b"street/a2", learned_record("a2", 0.4, recall={"day": 0.8}, tasks={"day": 40.0}))
    scene = decided_by(book, *answers("day", "night", "night"))["controls"]["scene"]
    # (20 + 40 + 10) of (20 + 40 + 10 + 20 + 10)
    assert scene["class_shares"] == {"day": 0.7, "night": 0.3}


def test_no_answer_and_several_answers_are_classes_as_well() -> None:
    both = submitted(annotator="a2", result=[choice("day", id="r1"), choice("dusk", id="r2")])
    decided = decided_by(_taught("a1"), submitted(annotator="a1"), both, submitted(annotator="a3", value=None))
    scene = decided["controls"]["scene"]
    assert scene["recall"]["a1"] == {"": 0.6, "day": 0.9, "day | dusk": 0.6, "night": 0.1}
    assert set(scene["soft_labels"]) == {"day", "day | dusk", "night"}


def test_booleans_are_counted_by_recall_too() -> None:
    book = ReliabilityBook()
    for name in ("a1", "a2"):
        book.publish(name.encode(), learned_record(name, 0.4, control="blurred", recall={"true": 0.95, "false": 0.05}))
    events = [
        submitted(annotator=f"a{i}", result=[boolean(said)]) for i, said in enumerate((True, True, False, False), 1)
    ]
    blurred = {"blurred": {"type": "boolean", "adjudication": "weighted"}}
    settle = Settle(SettingsBook({PROJECT: project(controls=blurred, required_annotators=4)}), Limits(), book)
    settle.open(0, {})
    work = settle.step(0, [record(i, one) for i, one in enumerate(events)])
    decided = msgspec.json.decode(next(out.value for out in work.outgoing if out.topic.endswith("agreement")))
    assert decided["consensus"][0]["value"] is False
    assert decided["controls"]["blurred"]["recall"]["a1"] == {"false": 0.05, "true": 0.95}


def test_of_very_many_labels_only_those_answered_are_thought_possible() -> None:
    wanted = {"scene": {"type": "choice", "adjudication": "weighted", "labels": [f"l{i}" for i in range(51)]}}
    settle = Settle(SettingsBook({PROJECT: project(controls=wanted)}), Limits(), _taught("a1"))
    settle.open(0, {})
    work = settle.step(0, [record(i, one) for i, one in enumerate(answers("l7", "l7", "l50"))])
    decided = msgspec.json.decode(next(out.value for out in work.outgoing if out.topic.endswith("agreement")))
    assert set(decided["controls"]["scene"]["class_shares"]) == {"l7", "l50"}
    assert decided["consensus"][0]["value"] == "l7"


def _birds_found(adjudication: str, *, with_gold: bool) -> int:
    """How many of 108 images the last decisions are right about, of the packaged recording's first 20 annotators."""
    gold, lines = {}, []
    for text in gzip.decompress(packaged("data/bluebirds.jsonl.gz").read_bytes()).splitlines():
        event = msgspec.json.decode(text)
        if event["type"] == "gold.set":
            gold[event["task_id"]] = event["result"][0]["value"]
        lines.append((event, text))
    some = sorted({event["annotator_id"] for event, _ in lines if "annotator_id" in event})[:20]
    control = {"type": "choice", "labels": sorted(set(gold.values())), "adjudication": adjudication}
    wanted = parse_document({"projects": {"bluebirds": {"controls": {"species": control}}}})
    kept = [
        text for event, text in lines if (with_gold if event["type"] == "gold.set" else event["annotator_id"] in some)
    ]
    said: dict[str, Any] = {}
    for out in Replay(wanted, Limits()).step(kept):
        if out.topic.endswith("agreement"):
            decision = msgspec.json.decode(out.value)
            said[decision["task_id"]] = [one["value"] for one in decision["consensus"]]
    assert len(said) == len(gold) == 108
    return sum(values == [gold[task]] for task, values in said.items())


def test_votes_that_are_counted_by_recall_find_birds_that_the_majority_does_not() -> None:
    majority = _birds_found("majority", with_gold=False)
    assert majority == 81
    assert _birds_found("weighted", with_gold=False) >= majority + 5
    assert _birds_found("weighted", with_gold=True) >= majority + 10
