from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scoring.rolling.sums import NO_SCORES, ScoreSums
from scoring.rolling.window import BucketedSums

Change = tuple[int, float]
changes = st.lists(st.tuples(st.integers(-5, 12), st.sampled_from([0.0, 0.25, 0.5, 1.0])), max_size=40)


def bucketed(window: int, entries: list[Change], kept: int = 1_000) -> BucketedSums:
    sums = BucketedSums(window, kept)
    for bucket, score in entries:
        sums.add(bucket, ScoreSums.of(score))
    return sums


def naive_recent(sums: BucketedSums) -> ScoreSums:
    recent = NO_SCORES
    for bucket in sorted(sums.buckets, reverse=True):
        if recent.n >= sums.window:
            break
        recent = recent.plus(sums.buckets[bucket])
    return recent


def picture(sums: BucketedSums) -> object:
    return sums.buckets, sums.older, sums.horizon, sums.recent, sums.baseline


def test_the_window_is_the_newest_whole_buckets_that_hold_enough() -> None:
    # Newest first: bucket 9 holds 1, bucket 7 holds 2 (3 so far, 3 wanted), bucket 4 is before the window.
    sums = bucketed(3, [(4, 1.0), (7, 0.5), (9, 0.0), (7, 0.5)])
    assert sums.recent == ScoreSums(3, 1_000_000, 500_000)
    assert sums.baseline == ScoreSums.of(1.0)
    assert sums.full


def test_a_bucket_that_holds_more_than_the_window_is_the_window() -> None:
    sums = bucketed(2, [(1, 1.0), (2, 0.5), (2, 0.5), (2, 0.5)])
    assert sums.recent.n == 3
    assert sums.baseline.n == 1


def test_a_window_that_is_not_full_holds_everything() -> None:
    sums = bucketed(3, [(1, 1.0), (2, 0.5)])
    assert (sums.full, sums.recent.n, sums.baseline) == (False, 2, NO_SCORES)


def test_a_late_score_goes_to_its_own_time_and_not_into_the_window() -> None:
    sums = bucketed(1, [(5, 1.0), (9, 1.0)])
    sums.add(2, ScoreSums.of(0.0))
    assert sums.recent == ScoreSums.of(1.0)
    assert sums.baseline.mean() == 0.5


def test_old_buckets_merge_and_a_retraction_there_is_exact() -> None:
    sums = bucketed(1, [(1, 0.25), (2, 0.5), (3, 1.0), (4, 1.0)], kept=2)
    assert (sums.horizon, sums.older, sorted(sums.buckets)) == (3, ScoreSums(2, 750_000, 312_500), [3, 4])
    sums.retract(1, ScoreSums.of(0.25))
    assert sums.older == ScoreSums.of(0.5)


def test_changed_buckets_are_named_once_with_none_for_the_merged_ones() -> None:
    sums = bucketed(1, [(1, 0.25), (2, 0.5)], kept=2)
    assert sums.take_changed() == {1, 2}
    sums.add(3, ScoreSums.of(1.0))
    assert sums.take_changed() == {1, 3, None}
    assert sums.take_changed() == set()


@given(changes, st.integers(1, 6), st.integers(6, 20))
def test_the_running_window_is_what_a_walk_from_the_newest_bucket_finds(
    entries: list[Change], window: int, kept: int
) -> None:
    sums = BucketedSums(window, kept)
    for place, (bucket, score) in enumerate(entries):
        sums.add(bucket, ScoreSums.of(score))
        if place % 3 == 2:
            sums.retract(entries[place - 1][0], ScoreSums.of(entries[place - 1][1]))
        assert sums.recent == naive_recent(sums)
        assert sums.recent.plus(sums.baseline) == sums.total
        assert len(sums.buckets) <= kept


@given(changes, st.data(), st.integers(1, 5), st.integers(5, 8))
def test_any_order_of_changes_leaves_the_same_buckets_horizon_and_window(
    entries: list[Change], data: st.DataObject, window: int, kept: int
) -> None:
    # A retraction follows its addition; all else is free, merging included.
    retracted = data.draw(st.lists(st.sampled_from(range(len(entries))), unique=True)) if entries else []

    def run(order: list[int]) -> object:
        sums, added = BucketedSums(window, kept), set()
        for index in order:
            bucket, score = entries[index]
            if index in added:
                sums.retract(bucket, ScoreSums.of(score))
            else:
                sums.add(bucket, ScoreSums.of(score))
                added.add(index)
        return picture(sums)

    steps = [*range(len(entries)), *retracted]
    assert run(data.draw(st.permutations(steps))) == run(steps)


@given(changes, st.integers(1, 6), st.integers(1, 6))
def test_another_window_on_the_same_sums_is_as_if_it_had_always_been(
    entries: list[Change], first: int, second: int
) -> None:
    sums = bucketed(first, entries)
    sums.resize(second, 1_000)
    assert picture(sums) == picture(bucketed(second, entries))


@given(changes, st.integers(1, 6))
def test_stored_sums_come_back_as_they_were(entries: list[Change], window: int) -> None:
    sums = bucketed(window, entries, kept=5)
    assert picture(BucketedSums(window, 5, sums.buckets, sums.older, sums.horizon)) == picture(sums)
