"""Errors that two people have in common, worked out by hand: by whose truth, of whom, and counted how often."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.contracts.facts import Contribution, Detail, Fact
from streams.quality import STORED_FORM, ProjectRecord, Touched, encode
from streams.quality import errors as errors_module
from streams.quality.tallies import Tallies
from streams.stages.tally import tally
from tests.streams.quality_builders import contribution, control, detail, part

_NAMES = "abcdefgh"


def answered(*answers: str | None, gold: str | None = None, model: str = "", review: str | None = None) -> Detail:
    """What a, b, c, … said, and after them a model where `model` did."""
    given = [*answers, model] if model else [*answers]
    people = [part(name) for name in _NAMES[: len(answers)]]
    if model:
        people.append(part("m", model=True, counts=False))
    question = control(["day"], *([one] for one in given), gold=None if gold is None else [gold])
    return detail(*people, review=review, scene=question)


def counted(*tasks: Detail) -> Tallies:
    tallies = Tallies(ProjectRecord(STORED_FORM, "street"), 2, 100)
    for i, one in enumerate(tasks):
        tally(tallies, Fact(i, f"t-{i}", None, contribution(0.5, detail=one)), Touched())
    return tallies


def pairs(tallies: Tallies) -> dict[str, list[int]]:
    """Two names → common tasks, wrong answers of either, of both alike, and of the first."""
    people = sorted((name, record) for name, record in tallies.annotators.items() if name is not None)
    return {mine + other: sums for mine, record in people for other, sums in sorted(record.errors.items())}


def test_gold_says_who_is_wrong_and_whoever_gave_the_same_wrong_answer_shares_an_error() -> None:
    found = counted(answered("night", "night", "dusk", gold="day"))
    assert pairs(found) == {"ab": [1, 2, 1, 1], "ac": [1, 2, 0, 1], "bc": [1, 2, 0, 1]}
    assert found.record.sums.errors == [3, 6, 1]


def test_without_gold_more_than_half_of_all_say_it_if_they_do_without_the_two() -> None:
    """For a and b: the other three say day. For a and c: two of three do, for c and d: one of three does."""
    found = pairs(counted(answered("night", "night", "day", "day", "day")))
    assert found == {"ab": [1, 2, 1, 1]} | {pair: [1, 1, 0, 1] for pair in ("ac", "ad", "ae", "bc", "bd", "be")}


def test_where_two_are_against_two_nobody_can_tell() -> None:
    assert pairs(counted(answered("night", "night", "day", "day"))) == {}
    assert pairs(counted(answered("night", "night", "day", "day", "dusk"))) == {}


def test_of_three_annotators_without_gold_nobody_can_tell() -> None:
    tallies = counted(answered("night", "night", "day"))
    assert pairs(tallies) == {}
    assert tallies.record.sums.errors == [0, 0, 0]


def test_a_reviewers_correction_is_the_truth_and_an_approval_is_none() -> None:
    assert pairs(counted(answered("night", "night", review="corrected"))) == {"ab": [1, 2, 1, 1]}
    assert pairs(counted(answered("night", "night", review="approved"))) == {}


def test_the_first_of_a_pair_is_so_by_name_and_not_by_row() -> None:
    question = control(["day"], ["night"], ["day"], gold=["day"])
    assert pairs(counted(detail(part("b"), part("a"), scene=question))) == {"ab": [1, 1, 0, 0]}


def test_what_a_model_proposed_and_both_took_over_is_wrong_and_no_copy() -> None:
    assert pairs(counted(answered("night", "night", gold="day", model="night"))) == {"ab": [1, 2, 0, 1]}
    assert pairs(counted(answered("night", "night", gold="day", model="dusk"))) == {"ab": [1, 2, 1, 1]}


def test_who_gave_no_answer_has_none_in_common() -> None:
    assert pairs(counted(answered("night", None, "night", gold="day"))) == {"ac": [1, 2, 1, 1]}


def test_a_task_with_many_questions_is_one_task() -> None:
    rows: list[list[list[str]]] = [[["night"], ["night"]], [["wet"], ["dry"]], [["no"], ["no"]]]
    questions = {f"q{i}": control(["yes"], *given, gold=["yes"]) for i, given in enumerate(rows)}
    assert pairs(counted(detail(part("a"), part("b"), controls=questions))) == {"ab": [1, 2, 1, 1]}


def test_sets_numbers_and_objects_are_no_categories() -> None:
    for kind, right, wrong in (("choices", ["day"], ["night"]), ("number", 1.0, 2.0), ("box", "car", "bus")):
        question = control([right], [wrong], [wrong], type=kind, gold=[right])
        assert pairs(counted(detail(part("a"), part("b"), q=question))) == {}


_votes = st.lists(st.sampled_from(["day", "day", "day", "night", "dusk", None]), min_size=1, max_size=8)


def _by_the_book(answers: Sequence[str | None], gold: str | None) -> dict[str, list[int]]:
    """The definition, with nothing left out and nothing kept."""
    found = {}
    for i, one in enumerate(answers):
        for j in range(i + 1, len(answers)):
            others = [a for k, a in enumerate(answers) if k not in (i, j) and a is not None]
            everybody = [a for a in answers if a is not None]
            agreed = [
                a
                for a in set(others)
                if others.count(a) >= 2 and 2 * others.count(a) > len(others) and len(everybody) >= 5
                if 2 * everybody.count(a) > len(everybody)
            ]
            truth = gold or (agreed[0] if agreed else None)
            two = answers[j]
            if None not in (one, two, truth):
                same = int(one == two != truth)
                found[_NAMES[i] + _NAMES[j]] = [1, (one != truth) + (two != truth), same, int(one != truth)]
    return found


@given(_votes, st.sampled_from([None, "day", "night"]))
def test_pairs_are_counted_as_defined(answers: list[str | None], gold: str | None) -> None:
    tallies = counted(answered(*answers, gold=gold))
    wanted = _by_the_book(answers, gold)
    assert pairs(tallies) == wanted
    assert tallies.record.sums.errors == [sum(pair[k] for pair in wanted.values()) for k in range(3)]


@given(st.lists(st.tuples(_votes, st.sampled_from([None, "day", "night"])), min_size=1, max_size=5))
def test_whatever_a_task_was_before_the_errors_are_those_of_its_last_decision(
    history: list[tuple[list[str | None], str | None]],
) -> None:
    tallies = Tallies(ProjectRecord(STORED_FORM, "street"), 2, 100)
    before: Contribution | None = None
    for i, (answers, gold) in enumerate(history):
        after = contribution(0.5, detail=answered(*answers, gold=gold))
        tally(tallies, Fact(i, "t", before, after), Touched())
        before = after
        assert pairs(tallies) == _by_the_book(answers, gold)
    tally(tallies, Fact(9, "t", before, None), Touched())
    assert tallies.annotators == {}
    assert encode(tallies.record.sums) == encode(Tallies(ProjectRecord(STORED_FORM, "street"), 2, 100).record.sums)


def test_a_further_answer_to_a_clear_task_counts_its_own_pairs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    real: Any = errors_module._pair

    def noted(task: Any, i: int, j: int) -> Any:
        asked.append((i, j))
        return real(task, i, j)

    before = contribution(0.5, detail=answered(*["day"] * 6))
    tallies = counted()
    tally(tallies, Fact(0, "t", None, before), Touched())
    monkeypatch.setattr(errors_module, "_pair", noted)
    after = msgspec.structs.replace(before, detail=answered(*["day"] * 7))
    tally(tallies, Fact(1, "t", before, after), Touched())
    assert asked == [(i, 6) for i in range(6)]


def test_beyond_the_bound_of_others_errors_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors_module, "PEERS", 1)
    tallies = counted(answered("night", "night", "night", gold="day"))
    assert pairs(tallies) == {"ab": [1, 2, 1, 1], "bc": [1, 2, 1, 1]}
    assert tallies.annotators["a"].further_errors == [1, 2, 1, 1]
