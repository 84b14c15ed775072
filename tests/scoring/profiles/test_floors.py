"""Thresholds that cannot fail: `scoring.profiles.floors`, against every possible set of answers."""

from __future__ import annotations

from itertools import product

import pytest

from scoring.profiles import ango, dataloop, label_studio, redbrick
from scoring.profiles.floors import Method, ProfileName, lowest_score, threshold_cannot_fail
from scoring.profiles.score import ProfileScore


def scored(profile: ProfileName, method: Method, answers: tuple[int, ...]) -> ProfileScore:
    if profile == "ango":
        return ango.question(answers)
    if profile == "dataloop":
        return dataloop.classes([{str(answer)} for answer in answers])
    if profile == "redbrick":
        return redbrick.classification(answers)
    return label_studio.consensus(answers) if method == "consensus" else label_studio.exact(answers)


@pytest.mark.parametrize("profile", ["ango", "dataloop", "redbrick", "label_studio"])
@pytest.mark.parametrize("method", ["pairwise", "consensus"])
@pytest.mark.parametrize("labels", [1, 2, 3, 5])
def test_the_lowest_score_is_that_of_the_worst_answers(profile: ProfileName, method: Method, labels: int) -> None:
    for annotators in (2, 3, 4, 5):
        scores = [scored(profile, method, answers).score for answers in product(range(labels), repeat=annotators)]
        worst = min(score for score in scores if isinstance(score, float))
        assert lowest_score(profile, annotators, labels, method) == pytest.approx(worst)


def test_angos_own_example_cannot_fail_with_three_annotators() -> None:
    # Its consensus page sets 30 % for three annotators.
    message = threshold_cannot_fail("ango", 0.3, annotators=3)
    assert message is not None
    assert "a threshold of 0.3 cannot fail in profile ango with 3 annotators" in message
    assert "lowest possible score is 0.333" in message
    assert threshold_cannot_fail("ango", 0.3, annotators=4) is None


def test_a_share_of_binary_answers_is_never_below_a_half() -> None:
    message = threshold_cannot_fail("label_studio", 0.5, annotators=4, labels=2, method="consensus")
    assert message is not None
    assert "4 annotators and 2 possible answers: the lowest possible score is 0.5" in message
    assert threshold_cannot_fail("label_studio", 0.51, 4, 2, "consensus") is None
    # Of an odd number one side has more: 2 of 3.
    assert threshold_cannot_fail("label_studio", 0.66, 3, 2, "consensus") is not None
    # Over pairs: two against two agree in 2 of 6.
    assert threshold_cannot_fail("label_studio", 0.33, 4, 2) is not None
    assert threshold_cannot_fail("label_studio", 0.34, 4, 2) is None


def test_objects_can_share_nothing_at_all() -> None:
    for profile in ("dataloop", "label_studio", "redbrick"):
        assert threshold_cannot_fail(profile, 0.01, annotators=5) is None


def test_a_quorum_of_one_vote_keeps_everything() -> None:
    # ceil(0.33 x 3) = 1 vote, ceil(0.34 x 3) = 2.
    assert threshold_cannot_fail("cvat", 0.33, annotators=3) is not None
    assert threshold_cannot_fail("cvat", 0.34, annotators=3, labels=2) is None


def test_a_threshold_of_zero_is_meant_to_pass() -> None:
    assert threshold_cannot_fail("ango", 0.0, annotators=3) is None


def test_odd_numbers_of_annotators_and_labels() -> None:
    assert lowest_score("ango", 0) == 0.0
    assert lowest_score("ango", 1) == 1.0
    assert lowest_score("redbrick", 1) == 0.0
    with pytest.raises(ValueError, match="got -1 and None"):
        lowest_score("ango", -1)
    with pytest.raises(ValueError, match="at least one possible answer, got 3 and 0"):
        threshold_cannot_fail("ango", 0.5, 3, labels=0)
