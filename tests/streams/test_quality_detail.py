"""What stands behind a decision, in sums: hand-worked figures, exact retraction, bounds, only what changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from scoring.chance.units import MISSING
from streams.contracts.facts import Contribution, Detail, Fact
from streams.quality import (
    STORED_FORM,
    AnnotatorRecord,
    Cells,
    ProjectRecord,
    Touched,
    annotator_key,
    control_key,
    encode,
)
from streams.quality.aged import Aged
from streams.quality.tallies import Tallies
from streams.stages.tally import tally
from tests.streams.quality_builders import (
    Shell,
    contribution,
    control,
    detail,
    part,
    record,
    records,
    scene,
    small_windows,
)


def counted(*contributions: Contribution) -> Tallies:
    tallies = Tallies(ProjectRecord(STORED_FORM, "street"), 2, 100)
    for offset, one in enumerate(contributions):
        tally(tallies, Fact(offset, f"t-{offset}", None, one), Touched())
    return tallies


def agreed(found: Detail, **more: Any) -> Contribution:
    return contribution(0.5, detail=found, **more)


def test_a_settled_task_tells_its_overlap_its_time_to_quorum_and_what_models_and_reviewers_did() -> None:
    people = [part("a"), part("m", model=True, counts=False)]
    question = control(["day"], ["day"], ["night"], conflicts={"value": 1})
    sums = counted(agreed(detail(*people, review="approved", scene=question), answers=3)).record.sums
    assert (sums.settled, sums.settled_answers, sums.spared_answers) == (1, 3, 4)  # of 7 that might have been asked
    assert sums.quorum_times == {"53": 1}  # 100 s lie between 2^(53/8) = 98.7 and 107.6
    assert (sums.prelabelled, sums.conflicts, sums.reviews) == (1, {"value": 1}, {"approved": 1})


def test_a_task_that_asks_for_more_annotators_is_not_settled() -> None:
    sums = counted(agreed(scene("day", "night"), state="reassigning")).record.sums
    assert (sums.settled, sums.quorum_times) == (0, {})


def test_an_annotator_is_summed_up_against_peers_consensus_gold_and_reviews() -> None:
    people = [
        part("a", seconds=8.0, agreement=0.25, consensus=0.5, gold=1.0),
        part("m", model=True, seconds=None, gold=0.5),
    ]
    tallies = counted(agreed(detail(*people, review="rejected", consensus_gold=0.75)))
    a, m = tallies.annotators["a"], tallies.annotators["m"]
    assert (a.submissions, a.as_model, a.seconds, a.reviews) == (1, 0, {"24": 1}, {"rejected": 1})  # 8 s = 2^(24/8)
    assert (a.agreement, a.consensus, a.gold) == ([1, 250_000], [1, 500_000], [1, 1_000_000])
    assert (m.as_model, m.seconds) == (1, {})
    sums = tallies.record.sums
    assert (sums.gold_tasks, sums.gold_people, sums.gold_models) == (1, [1, 1_000_000], [1, 500_000])
    assert sums.gold_consensus == [1, 750_000]


def test_a_rejected_answer_counts_as_rejected_whatever_the_task_came_to_since() -> None:
    tallies = counted(agreed(detail(part("a", rejected=True), part("b"), review="approved")))
    assert [tallies.annotators[name].reviews for name in "ab"] == [{"rejected": 1}, {"approved": 1}]
    assert tallies.record.sums.reviews == {"approved": 1}

    again = counted(agreed(detail(part("a", rejected=True), part("b")))).record.sums
    assert again.reviews == {"rejected": 1}  # until a reviewer has seen what the next round comes to


def test_pairs_are_counted_on_the_first_by_id_with_the_mean_over_controls() -> None:
    controls = {
        "scene": control(["day"], ["day"], ["night"]),
        "blurred": control(["true"], ["true"], ["true"], type="boolean"),
    }
    tallies = counted(agreed(detail(part("b"), part("a"), controls=controls)))
    assert tallies.annotators["a"].peers == {"b": [1, 500_000, 0, 0]}
    assert tallies.annotators["b"].peers == {}


def test_identical_marks_are_a_share_of_the_tasks_common_marks() -> None:
    marks = control(["car"], ["car"], ["car"], type="box", identical=[(0, 1, 4, 3)])
    more = control(["bus"], ["bus"], ["bus"], type="box", identical=[(0, 1, 2, 0)])
    tallies = counted(agreed(detail(part("a"), part("b"), objects=marks, others=more)))
    assert tallies.annotators["a"].peers == {"b": [1, 1_000_000, 1, 500_000]}  # 3 of 6
    assert tallies.record.sums.identical == [1, 500_000]


def test_a_choice_fills_the_confusion_matrix_and_the_pattern_of_its_task() -> None:
    tallies = counted(agreed(scene("day", "night", "day", gold="night")))
    cells = tallies.annotators["a-1"].controls["scene"]
    assert cells.unjudged == Cells({"day": {"night": 1}}, 24, 0, 1, 0)  # 3 + 5 bytes, and 16
    assert cells.gold == Cells({"night": {"night": 1}}, 26, 0, 1, 1)
    assert cells.consensus == Cells()
    found = tallies.controls["scene", "choice"]
    assert found.patterns == {'["day","day","night"]': 1}
    assert (found.tasks, found.passed) == (1, [1, 1])


def test_an_object_that_was_not_marked_is_missing_and_one_of_a_model_alone_is_no_unit() -> None:
    people = [part("a"), part("m", model=True, counts=False)]
    marks = control(["car", None], ["car", None], [None, "bus"], type="box")
    tallies = counted(agreed(detail(*people, objects=marks)))
    a, m = (tallies.annotators[name].controls["objects"].unjudged.counts for name in ("a", "m"))
    assert a == {"car": {"car": 1}}
    assert m == {"car": {MISSING: 1}, MISSING: {"bus": 1}}
    assert tallies.controls["objects", "box"].patterns == {'["car"]': 1}


def test_a_set_counts_once_for_each_of_its_labels() -> None:
    tags = control([["car", "dog"]], [["car", "owl"]], type="choices")
    tallies = counted(agreed(detail(part("a"), tags=tags)))
    found = tallies.annotators["a"].controls["tags"].unjudged.counts
    assert found == {"car": {"car": 1}, "dog": {MISSING: 1}, MISSING: {"owl": 1}}
    assert tallies.controls["tags", "choices"].patterns == {'[["car","owl"]]': 1}


def test_numbers_have_sums_of_powers_and_no_confusion() -> None:
    tallies = counted(agreed(detail(part("a"), part("b"), age=control([1.5], [1.0], [2.0], type="number"))))
    assert tallies.controls["age", "number"].ratings["2"][:2] == ["1", "3000000"]
    assert (tallies.annotators["a"].controls, tallies.controls["age", "number"].patterns) == ({}, {})


def test_names_beyond_the_bounds_are_counted_together_and_come_back() -> None:
    first, second = agreed(scene("day", "day", "night")), agreed(scene("night", "night", "night", truth="night"))
    with (
        patch("streams.quality.tallies.ANNOTATORS", 2),
        patch("streams.quality.labels.CELL_BYTES", 23),
        patch("streams.quality.labels.PATTERN_BYTES", 40),
    ):
        tallies = counted(first, second)
        assert set(tallies.annotators) == {"a-0", "a-1", None}
        beyond = tallies.annotators[None]
        assert (beyond.submissions, beyond.peers) == (2, {})
        # "day" and "day" take 22 bytes; nothing else fits
        assert tallies.annotators["a-0"].controls["scene"].consensus == Cells({"day": {"day": 1}}, 22, 1, 2, 2)
        assert tallies.controls["scene", "choice"].further_patterns == 1
        tally(tallies, Fact(2, "t-1", second, None), Touched())
        assert _bytes(tallies) == _bytes(counted(first))


def test_further_controls_and_peers_are_counted_and_come_back() -> None:
    both = {name: control(["day"], ["day"], ["day"], ["day"]) for name in ("one", "two")}
    wide = agreed(detail(part("a"), part("b"), part("c"), controls=both))
    with patch("streams.quality.tallies.CONTROLS", 1), patch("streams.quality.pairs.PEERS", 1):
        tallies = counted(wide)
        assert list(tallies.controls) == [("one", "choice")]
        assert tallies.record.sums.further_controls == 1
        assert tallies.annotators["a"].peers == {"b": [1, 1_000_000, 0, 0]}
        assert tallies.annotators["a"].further_peers == [1, 1_000_000, 0, 0]
        tally(tallies, Fact(1, "t", wide, None), Touched())
        assert _bytes(tallies) == _bytes(counted())


LABELS = st.sampled_from(["day", "night", "dusk"])


@st.composite
def details(draw: st.DrawFn) -> Detail:
    who = sorted(draw(st.sets(st.sampled_from(["a", "b", "c", "d", "e", "f", "m"]), min_size=1)))
    scores = st.none() | st.sampled_from([0.0, 1 / 3, 1.0])
    people = [
        part(
            name,
            model=name == "m",
            counts=name != "m",
            seconds=draw(st.none() | st.sampled_from([0.5, 7.0, 90.0])),
            agreement=draw(scores),
            consensus=draw(scores),
            gold=draw(scores),
        )
        for name in who
    ]
    kinds: dict[str, tuple[str, st.SearchStrategy[Any], st.SearchStrategy[Any]]] = {
        "scene": ("choice", LABELS | st.none(), LABELS),
        "tags": ("choices", st.lists(LABELS, unique=True).map(sorted) | st.none(), st.lists(LABELS, unique=True)),
        "age": ("number", st.sampled_from([0.0, 1.5, 80.0]) | st.none(), st.just(1.0)),
        "objects": ("box", LABELS | st.none(), LABELS | st.none()),
    }
    controls = {}
    for name in draw(st.sets(st.sampled_from(sorted(kinds)))):
        kind, answers, truths = kinds[name]
        n = draw(st.integers(1, 3)) if kind == "box" else 1
        given = [draw(st.lists(answers, min_size=n, max_size=n)) for _ in who]
        truth, gold = draw(st.lists(truths, min_size=n, max_size=n)), draw(st.lists(truths, min_size=n, max_size=n))
        controls[name] = control(
            truth,
            *given,
            type=kind,
            gold=draw(st.sampled_from([None, gold])),
            conflicts=draw(st.sampled_from([{}, {"value": 1}, {"missing": 2, "extra": 1}])),
            identical=[(0, 1, 2, draw(st.integers(0, 2)))] if kind == "box" and len(who) > 1 else [],
            passed=draw(st.none() | st.booleans()),
        )
    review = draw(st.sampled_from([None, "approved", "rejected", "corrected"]))
    return detail(*people, review=review, consensus_gold=draw(scores), controls=controls)


detailed = st.builds(
    contribution,
    score=st.none() | st.sampled_from([0.0, 1 / 3, 1.0]),
    minute=st.integers(0, 5),
    labels=st.just({}) | st.dictionaries(LABELS, st.integers(0, 3), max_size=2).map(lambda found: {"scene": found}),
    state=st.sampled_from(["waiting", "agreed", "in_review", "reassigning"]),
    detail=st.none() | details(),
)
histories = st.lists(st.lists(st.none() | detailed, min_size=1, max_size=3), max_size=4)


def _undated(record: AnnotatorRecord) -> AnnotatorRecord:
    return msgspec.structs.replace(record, aged=Aged(None, record.aged.cells))


def _bytes(tallies: Tallies) -> dict[bytes, bytes]:
    """Everything that would be stored, but for the buckets, whose places stay, and dates: also the latest seen."""
    stored = {annotator_key("p", name): encode(_undated(found)) for name, found in tallies.annotators.items()}
    stored |= {control_key("p", *place): encode(found) for place, found in tallies.controls.items()}
    stored[b"labels"] = encode({str(b): labels for b, labels in tallies.labels.items()})
    return stored | {b"sums": encode(tallies.record.sums)}


@given(histories)
def test_whatever_went_before_the_bytes_are_those_of_the_last_contributions(
    tasks: Sequence[Sequence[Contribution | None]],
) -> None:
    revised = Tallies(ProjectRecord(STORED_FORM, "street"), 2, 100)
    for round_ in range(3):  # tasks interleave
        for name, history in enumerate(tasks):
            if round_ < len(history):
                before = history[round_ - 1] if round_ else None
                tally(revised, Fact(0, str(name), before, history[round_]), Touched())
    at_once = counted(*(history[-1] for history in tasks if history[-1] is not None))
    assert _bytes(revised) == _bytes(at_once)


@given(histories, st.data())
def test_no_cut_into_batches_units_or_restarts_changes_a_byte(
    tasks: Sequence[Sequence[Contribution | None]], data: st.DataObject
) -> None:
    changes = [
        (name, before, after)
        for name, history in enumerate(tasks)
        for before, after in zip([None, *history], history, strict=False)
    ]
    facts = [Fact(i, str(name), before, after) for i, (name, before, after) in enumerate(changes)]
    whole, parts = Shell(small_windows()), Shell(small_windows())
    whole.step([record(len(facts), facts)])
    for at, one in enumerate(records(facts, data.draw(st.integers(1, 3)))):
        parts.step([one._replace(offset=len(facts) if at == len(facts) - 1 else at)])
        if data.draw(st.booleans()):
            parts.restart()
    known = [key for key in whole.state if key != encode(("w",))]
    assert {key: parts.state.get(key) for key in known} == {key: whole.state[key] for key in known}
    assert sorted(parts.state) == sorted(whole.state) if facts else True
