"""crowd-kit beside the models of reliability, the vote and the fusion of masks, on the same answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from crowdkit.aggregation import DawidSkene, MajorityVote, OneCoinDawidSkene, SegmentationMajorityVote

from scoring import vote
from scoring.reliability.answers import IndexedAnswers, index_answers
from scoring.reliability.em import Fit, Stopping
from scoring.reliability.models import dawid_skene, majority, one_coin
from scoring.shapes import Mask, fuse_mask

# What it asks of pandas is its own affair.
pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")

ITERATIONS = 100
EXACTLY = Stopping(ITERATIONS, 0.0)
Rows = list[tuple[str, str, str]]

seeds = pytest.mark.parametrize("seed", range(2))


def answered(seed: int) -> Rows:
    """Five to seven answers to each of 60 tasks of three unequal classes, by 12 annotators of unequal skill."""
    random = np.random.default_rng(seed)
    skills = random.uniform(0.45, 0.95, 12)
    rows: Rows = []
    for task, truth in enumerate(random.choice(3, 60, p=[0.5, 0.3, 0.2])):
        for annotator in random.choice(12, random.integers(5, 8), replace=False):
            wrong = (truth + random.integers(1, 3)) % 3
            label = truth if random.random() < skills[annotator] else wrong
            rows.append((f"t{task:02}", f"a{annotator:02}", f"c{label}"))
    return rows


def frame(rows: Rows) -> Any:
    return pd.DataFrame(rows, columns=["task", "worker", "label"])


def assert_same_posteriors(fit: Fit, indexed: IndexedAnswers, theirs: Any, within: float) -> None:
    table = theirs.probas_.reindex(index=indexed.task_ids, columns=indexed.classes).fillna(0.0)
    assert np.abs(fit.posteriors - table.to_numpy()).max() < within


@seeds
def test_dawid_skene_is_crowd_kits_after_as_many_iterations(seed: int) -> None:
    rows = answered(seed)
    indexed = index_answers(rows)
    # Left to itself theirs stops where its likelihood, which counts the class prior once an answer, does not grow.
    theirs = DawidSkene(n_iter=ITERATIONS, tol=-1.0).fit(frame(rows))
    assert_same_posteriors(dawid_skene(indexed.answers, smoothing=0.0, stopping=EXACTLY), indexed, theirs, 1e-6)


@seeds
def test_one_coin_is_crowd_kits_after_as_many_iterations(seed: int) -> None:
    rows = answered(seed)
    indexed = index_answers(rows)
    theirs = OneCoinDawidSkene(n_iter=ITERATIONS, tol=-1.0).fit(frame(rows))
    fit = one_coin(indexed.answers, stopping=EXACTLY)
    assert_same_posteriors(fit, indexed, theirs, 1e-6)
    skills = theirs.skills_.reindex(indexed.annotator_ids).to_numpy()
    assert fit.confusion[:, 0, 0] == pytest.approx(skills, abs=1e-5)


@seeds
def test_the_shares_of_a_vote_are_crowd_kits(seed: int) -> None:
    rows = answered(seed)
    indexed = index_answers(rows)
    theirs: Any = MajorityVote().fit(frame(rows))
    assert_same_posteriors(majority(indexed.answers), indexed, theirs, 1e-12)
    told = dict(theirs.labels_)  # of a tie any
    voted = {task: vote([label for named, _, label in rows if named == task]) for task in told}
    assert {task: told[task] for task in told if not voted[task].tied} == {
        task: found.winner for task, found in voted.items() if not found.tied
    }


@pytest.mark.parametrize("annotators", [3, 5, 7])
def test_the_majority_of_masks_is_crowd_kits_for_odd_numbers_of_annotators(annotators: int) -> None:
    # For even ones theirs keeps a pixel that exactly half painted, and ours does not: see tests of the fusion.
    random = np.random.default_rng(annotators)
    middle = np.zeros((12, 17), dtype=bool)
    middle[3:9, 4:12] = True
    painted = [middle ^ (random.random(middle.shape) < 0.15) for _ in range(annotators)]
    rows = [("t", f"a{number}", mask) for number, mask in enumerate(painted)]
    theirs = SegmentationMajorityVote().fit_predict(pd.DataFrame(rows, columns=["task", "worker", "segmentation"]))
    assert fuse_mask([mask_of(mask) for mask in painted]) == mask_of(theirs["t"])


def mask_of(painted: Any) -> Mask:
    """By run lengths, the first one of pixels left out."""
    flat = painted.ravel().astype(int)
    ends = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff([0, *ends, flat.size]).tolist()
    return Mask.of(list(painted.shape), runs if not flat[0] else [0, *runs])
