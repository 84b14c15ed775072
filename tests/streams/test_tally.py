from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.rolling.sums import ScoreSums
from scoring.rolling.window import BucketedSums
from streams.contracts.facts import Contribution, Fact
from streams.quality import STORED_FORM, ProjectRecord, ProjectSums, Touched, encode
from streams.quality.tallies import Tallies
from streams.stages.tally import bucket_of, tally
from tests.streams.quality_builders import START_US, contribution

BUCKET = bucket_of(START_US)

contributions = st.builds(
    contribution,
    score=st.none() | st.sampled_from([0.0, 0.1, 0.2, 1 / 3, 1.0]),
    minute=st.integers(0, 5),
    labels=st.dictionaries(
        st.sampled_from(["objects", "scene"]), st.dictionaries(st.sampled_from(["car", "bus", ""]), st.integers(0, 3))
    ),
    state=st.sampled_from(["waiting", "agreed"]),
    answers=st.integers(0, 5),
    stalled=st.booleans(),
)


def counted(*facts: tuple[Contribution | None, Contribution | None]) -> tuple[ProjectSums, BucketedSums, Touched]:
    tallies, touched = Tallies(ProjectRecord(STORED_FORM, "street"), 2, 100), Touched()
    for offset, (before, after) in enumerate(facts):
        tally(tallies, Fact(offset, "t", before, after), touched)
    return tallies.record.sums, tallies.buckets, touched


def test_a_decision_counts_in_every_sum() -> None:
    sums, buckets, touched = counted((None, contribution(0.58, 2, {"objects": {"car": 4}})))
    assert (sums.tasks, sums.answers, sums.stalled) == ({"agreed": 1}, 3, 0)
    assert sums.scores == ScoreSums(1, 580_000, 336_400)
    assert sums.histogram == [0, 0, 0, 0, 0, 1, 0, 0, 0, 0]
    assert sums.labels == {"objects": {"car": 4_000_000}}
    assert buckets.buckets == {BUCKET + 2: sums.scores}
    assert touched == Touched(scores=True, stalled=False, controls={"objects": 0})


def test_a_revision_moves_a_task_to_its_new_state_score_and_minute() -> None:
    first, second = contribution(0.2, 0, {"scene": {"day": 1}}), contribution(0.9, 7, {"scene": {"night": 1}})
    sums, buckets, _ = counted((None, first), (first, second))
    alone, _, _ = counted((None, second))
    assert encode(sums) == encode(alone)
    assert buckets.total == ScoreSums.of(0.9)
    assert buckets.buckets == {BUCKET: ScoreSums(), BUCKET + 7: ScoreSums.of(0.9)}


def test_one_more_answer_to_a_waiting_task_touches_no_statistic_that_alerts() -> None:
    waiting = contribution(state="waiting", answers=1)
    sums, _, touched = counted((None, waiting), (waiting, contribution(state="waiting", answers=2, minute=1)))
    assert (sums.tasks, sums.answers) == ({"waiting": 1}, 2)
    assert touched == Touched()


def test_stalling_and_moving_on_are_counted_and_touched() -> None:
    waiting = contribution(state="waiting", stalled=True)
    assert counted((None, waiting))[0].stalled == 1
    sums, _, touched = counted((None, waiting), (waiting, contribution(0.9)))
    assert (sums.stalled, touched.stalled) == (0, True)


def test_a_score_outside_its_range_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a score"):
        counted((None, contribution(1.5)))


def test_labels_without_room_for_their_names_are_counted_together_and_come_back() -> None:
    # An entry costs its names and 24 bytes: "c" + "a" + 24 = 26, so 60 bytes hold two.
    a, b, c = ({"c": {label: 1.0}} for label in "abc")
    with patch("streams.stages.tally.LABEL_BYTES", 60):
        sums, _, _ = counted(*((None, contribution(labels=labels)) for labels in (a, b, c)))
        assert (sums.labels, sums.further_labels_micro) == ({"c": {"a": 1_000_000, "b": 1_000_000}}, 1_000_000)
        # Once `a` has left there is room, but `c` must not be let in: its retraction would miss.
        steps = [(None, contribution(labels=x)) for x in (a, b, c)] + [(contribution(labels=a), None)]
        sums, _, _ = counted(*steps, (None, contribution(labels=c)))
        assert (sums.labels, sums.further_labels_micro) == ({"c": {"b": 1_000_000}}, 2_000_000)
        sums, _, _ = counted(*steps, (contribution(labels=c), None), (None, contribution(labels=c)))
        assert (sums.labels, sums.further_labels_micro) == ({"c": {"b": 1_000_000, "c": 1_000_000}}, 0)


@given(st.lists(contributions, max_size=10), st.lists(contributions, max_size=10))
def test_adding_and_retracting_leaves_the_same_bytes(stay: list[Contribution], leave: list[Contribution]) -> None:
    added = [(None, c) for c in (*leave, *stay)]
    sums, buckets, _ = counted(*added, *((c, None) for c in leave))
    alone, alone_buckets, _ = counted(*((None, c) for c in stay))
    assert encode(sums) == encode(alone)
    assert {b: s for b, s in buckets.buckets.items() if s.n} == alone_buckets.buckets


@given(st.lists(st.lists(contributions, min_size=1, max_size=4), max_size=5), st.data())
def test_facts_of_different_tasks_commute(histories: list[list[Contribution]], data: st.DataObject) -> None:
    facts = [list(zip([None, *history[:-1]], history, strict=True)) for history in histories]

    def run(order: list[int]) -> tuple[bytes, object]:
        queues = [iter(task) for task in facts]
        sums, buckets, _ = counted(*(next(queues[task]) for task in order))
        return encode(sums), (buckets.buckets, buckets.recent)

    order = [task for task, history in enumerate(histories) for _ in history]
    assert run(data.draw(st.permutations(order))) == run(order)
