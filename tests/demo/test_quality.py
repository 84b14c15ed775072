"""Answers against the truth, by hand."""

from __future__ import annotations

from streams.contracts.regions import Box, Choice
from streams.demo.quality import Hits, compare, majority


def box(x: float, width: float = 10, label: str = "person") -> Box:
    return Box(control="c", label=label, x=x, y=0, width=width, height=10)


def bird(value: str) -> Choice:
    return Choice(control="species", value=value)


def test_each_true_box_is_hit_once() -> None:
    # Boxes at 0 and 1 both overlap the true one at 0 by more than half; one of them is too many. 500 is missed.
    assert compare([box(0), box(1)], [box(0), box(500)]) == Hits(hits=1, given=2, true=2)


def test_half_an_overlap_is_a_hit_and_less_is_none() -> None:
    # 10 px and 5 px of width share 5 px: IoU 5/10. At 4 px: 4/10.
    assert compare([box(0, width=5)], [box(0)]).hits == 1
    assert compare([box(0, width=4)], [box(0)]).hits == 0


def test_boxes_of_another_label_are_no_hit() -> None:
    assert compare([box(0, label="dog")], [box(0)]) == Hits(hits=0, given=1, true=1)


def test_nothing_here_is_right_where_nothing_is() -> None:
    nothing = compare([], [])
    assert nothing == Hits()
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)


def test_a_choice_is_right_or_wrong() -> None:
    assert compare([bird("bunting")], [bird("bunting")]) == Hits(1, 1, 1)
    assert compare([bird("grosbeak")], [bird("bunting")]) == Hits(0, 1, 1)


def test_figures_add_up_over_tasks() -> None:
    total = Hits(1, 2, 3) + Hits(1, 1, 1)
    assert total == Hits(2, 3, 4)
    assert (total.precision, total.recall, total.f1) == (2 / 3, 2 / 4, 4 / 7)


def test_the_majority_names_the_most_common_choice_and_ties_go_by_the_alphabet() -> None:
    assert majority([[bird("b")], [bird("b")], [bird("a")]]) == [bird("b")]
    assert majority([[bird("b")], [bird("a")]]) == [bird("a")]


def test_the_majority_keeps_boxes_that_more_than_half_drew_at_the_median() -> None:
    answers = [[box(0), box(500)], [box(1)], [box(3)], []]
    # Three of four drew the first: x is the median of 0, 1, 3. One of four drew the other.
    assert majority(answers) == [box(1)]
    assert majority([[box(0)], []]) == []
