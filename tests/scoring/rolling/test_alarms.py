"""The figures of `scoring/rolling/README.md`: small runs of the same simulations, and the tables held to their word."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import scoring.rolling
from scoring.rolling.drift import judge_drop
from scoring.rolling.level import AT_REST, PROJECT_LEVEL, LevelState, find_shift
from scoring.rolling.sums import NO_SCORES, ScoreSums, Verdict
from scoring.rolling.window import BucketedSums
from scoring.types import Array, Undefined
from tests.bench.alarm_rules import BLOCK, FALL_TESTS, cusum, evidence, page_hinkley, window_drop
from tests.bench.alarm_streams import CHANGES, LABELS, SHAPES, Change, Shape, means, sample_scores
from tests.bench.alarm_subjects import LABEL_TESTS, RATE_TESTS, imbalance_raised, labels_raised, too_fast_raised
from tests.bench.alarms import README, TABLES, defaults, delays, with_tables

TEXT = README.read_text(encoding="utf-8")
SOURCES = "".join(path.read_text(encoding="utf-8") for path in sorted(README.parent.glob("*.py")))


def rows(name: str) -> list[list[str]]:
    """The cells of a table of the file, without its heading."""
    table = TEXT.split(f"<!-- {name} -->\n")[1].split(f"<!-- /{name} -->")[0]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in table.splitlines()[2:]]


def stream(shape: Shape, seed: int, change: Change | None = None, tasks: int = 1_200, streams: int = 20) -> Array:
    return sample_scores(shape, means(shape, tasks, change, 600), streams, np.random.default_rng(seed))


# ---- the simulation is that of the code


def test_the_vectorised_scan_raises_when_the_one_over_sums_does() -> None:
    scores = stream(SHAPES[4], 1, Change("", 0.25), streams=5)
    raised = evidence(scores)

    assert raised.any(axis=1).all()
    for row, expected in zip(scores, raised, strict=True):
        buckets, start, found = BucketedSums(1, 10_000), None, np.zeros(len(row), dtype=np.bool_)
        for task, score in enumerate(row.tolist()):
            buckets.add(task // BLOCK, ScoreSums.of(score))
            if task % BLOCK == BLOCK - 1:
                shift = find_shift(buckets, PROJECT_LEVEL, start)
                if not isinstance(shift, Undefined) and shift.evidence >= PROJECT_LEVEL.evidence:
                    found[task], start = True, task // BLOCK + 1
        assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("errors", [0.0, 4.0])
def test_the_vectorised_window_raises_when_judge_drop_does(errors: float) -> None:
    for row in stream(SHAPES[3], 2, Change("", 0.2), streams=4):
        baseline, newest, standing, found = NO_SCORES, [], False, []
        for score in map(ScoreSums.of, row.tolist()):
            newest.append(score)
            if len(newest) > 100:
                baseline = baseline.plus(newest.pop(0))
            recent = ScoreSums(*map(sum, zip(*newest, strict=True)))
            warm = baseline.n >= 200
            verdict = judge_drop(baseline, recent, 0.1, 0.05, errors) if warm else Verdict.BETWEEN
            found.append(not standing and verdict is Verdict.BEYOND)
            standing = verdict is not Verdict.WITHIN if standing else found[-1]
        assert any(found)
        assert window_drop(row[None], errors)[0].tolist() == found


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_scores_have_the_mean_that_is_asked_for(shape: Shape) -> None:
    scores = sample_scores(shape, means(shape, 400, Change("", 0.2), 200), 500, np.random.default_rng(3))

    assert scores[:, :200].mean() == pytest.approx(shape.mean, abs=0.005)
    assert scores[:, 200:].mean() == pytest.approx(shape.mean - 0.2, abs=0.005)
    assert scores.min() >= 0 and scores.max() <= 1


def test_a_ramp_is_half_way_down_in_its_middle() -> None:
    course = means(SHAPES[0], 3_000, Change("", 0.1, 1_000), 1_000)

    assert course[[999, 1_500, 2_000, 2_999]].tolist() == pytest.approx([0.8, 0.75, 0.7, 0.7])


def test_delays_count_from_the_change_and_say_where_there_was_none() -> None:
    raised = np.zeros((4, 10), dtype=np.bool_)
    raised[0, 2] = raised[0, 6] = raised[1, 7] = raised[2, 5] = True  # the first one was before the change

    assert delays(raised, 5) == "3 / –"
    assert delays(raised[:3], 5, look=10) == "20 / 30"


# ---- false alarms and delays, in small


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_scores_that_stay_as_they_are_raise_nothing_and_a_fall_is_seen(shape: Shape) -> None:
    """24,000 tasks in which the bound allows 2.4 alarms; then a fall of 0.2."""
    assert evidence(stream(shape, 4)).sum() == 0

    fallen = evidence(stream(shape, 5, Change("", 0.2)))
    assert not fallen[:, :600].any()
    assert fallen.any(axis=1).mean() >= 0.95


def test_tests_without_a_bound_are_wrong_or_late() -> None:
    """Why they were not taken: the claims of the file, on the streams on which they are plainest."""
    coarse, steady = stream(SHAPES[3], 6, streams=60), stream(SHAPES[1], 7, Change("", 0.1), tasks=2_500)

    assert window_drop(coarse).sum() > 10 > window_drop(coarse, 4.0).sum()
    assert cusum(coarse).sum() > 3
    late, soon = (test(steady)[:, 600:] for test in (page_hinkley, evidence))
    assert soon[:, :100].any(axis=1).all()
    assert not late[:, :400].any()


@pytest.mark.parametrize("name", sorted(LABELS))
def test_labels_that_stay_as_they_are_raise_nothing_and_a_shift_is_seen(name: str) -> None:
    shares = np.array(LABELS[name])
    moved = shares + np.array([-0.25, 0.25, *[0.0] * (len(shares) - 2)])
    course = np.where((np.arange(1_600) < 800)[:, None], shares, moved)
    (ours,) = [test for test in LABEL_TESTS if "judge_label_shift" in test]

    raised = labels_raised(course, 6, np.random.default_rng(8))[ours]
    assert not raised[:, :40].any()  # looks at tasks 400, 410, ... 790
    assert raised[:, 40:].any(axis=1).all()


def test_8_to_1_is_taken_for_10_to_1_only_without_evidence() -> None:
    shares = np.tile(np.array([8, 1]) / 9, (2_000, 1))
    by_chance, by_evidence = (
        imbalance_raised(shares, 20, np.random.default_rng(9), wanted).any(axis=1).sum() for wanted in (0.0, 20.0)
    )

    assert by_chance >= 5
    assert by_evidence == 0


def test_a_quick_annotator_is_not_careless() -> None:
    rng = np.random.default_rng(10)

    assert not too_fast_raised(0.6, 0.7, 0.0, 50, 200, rng).any()
    assert too_fast_raised(0.6, 1.0, 0.6, 50, 200, rng).any(axis=1).all()


# ---- the file


def test_the_defaults_are_those_of_the_code() -> None:
    assert with_tables(TEXT, defaults()) == TEXT, "run `python -m tests.bench alarms --write`"


def test_a_default_that_was_edited_by_hand_is_noticed() -> None:
    edited = TEXT.replace("`slack` 0.02", "`slack` 0.01")

    assert edited != TEXT
    assert with_tables(edited, defaults()) == TEXT


def test_a_file_without_a_place_for_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one place between <!-- falls -->"):
        with_tables("no place", {"falls": "| a |\n"})


def test_every_table_has_a_row_for_everything_that_was_simulated() -> None:
    falls, labels = rows("falls"), rows("labels")

    assert {name for name in TABLES if not rows(name)} == set()
    assert {tuple(row[:2]) for row in falls} >= {(shape.name, test) for shape in SHAPES for test in FALL_TESTS}
    assert {len(row) for row in falls} == {3 + len(CHANGES)}
    assert {tuple(row[:2]) for row in labels} == {(name, test) for name in LABELS for test in LABEL_TESTS}
    assert {row[1] for row in rows("rates")} == {test.name for test in RATE_TESTS}


def test_what_is_used_keeps_the_bounds_that_it_states() -> None:
    used = [row for name in ("falls", "labels") for row in rows(name) if row[1].startswith("**")]
    on_the_line = {row[0]: float(row[2].rstrip("%")) for row in rows("rates") if row[1].startswith("**")}

    assert len(used) == 2 * len(SHAPES) + len(LABELS)
    assert max(float(row[2]) for row in used) <= 10_000 / PROJECT_LEVEL.evidence
    assert max(float(row[2]) for row in used) <= 0.1  # and in fact far less
    assert on_the_line["all answers"] <= 1.0  # one in a hundred
    assert {row[1] for row in rows("copying")} == {"0 of 40"}


def test_every_name_and_module_in_the_file_exists() -> None:
    named = set(re.findall(r"`(?:\w+\.)?([a-z]\w+|[A-Z]\w+)`", TEXT.split("## Defaults")[0]))
    alerts = {"agreement_drift", "annotator_drift", "low_agreement_annotator", "low_gold_accuracy", "low_approval"}

    unknown = {name for name in named if not re.search(rf"\b{name}\b", SOURCES)}
    assert unknown - alerts - {"too_fast", "class_imbalance", "copying"} == set()


def test_every_module_is_in_the_package_s_table() -> None:
    modules = {path.stem for path in Path(README.parent).glob("*.py")} - {"__init__"}

    assert set(re.findall(r"^\| `(\w+)` \|", scoring.rolling.__doc__ or "", re.MULTILINE)) == modules


def test_nothing_is_kept_between_two_judgements_but_plain_numbers() -> None:
    assert all(value is None for value in AT_REST)
    assert {type(value) for value in LevelState(1, 2, 3, 4)} == {int}
