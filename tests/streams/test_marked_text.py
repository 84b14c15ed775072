"""OCR: where a mark is and what it reads, judged together."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import Driver, Event, box, configured, gold, submitted
from tests.builders import settings as project


def _decided(*results: list[Event], **control: Any) -> Driver:
    driver = Driver(project(controls={"objects": {"type": "box", **control}}))
    driver.feed(configured(required_annotators=len(results)))
    return driver.feed(*(submitted(annotator=f"a{i}", result=result, at=i) for i, result in enumerate(results, 1)))


def _score(*results: list[Event], **control: Any) -> float:
    score: float = _decided(*results, **control).decided()["score"]
    return score


@pytest.mark.parametrize(
    ("weight", "score"),
    [(1, 0.6), (0.5, 0.7), (0, 0.8)],  # place 0.8, text 3 of 4 letters: 0.8 · (1 - w + w · 0.75)
)
def test_place_and_text_each_cost_their_share(weight: float, score: float) -> None:
    assert _score([box(text="STOP")], [box(width=8, text="STOB")], text_weight=weight) == score


def test_a_mark_without_text_beside_one_with_a_text_was_not_transcribed() -> None:
    """Else whoever leaves the text out agrees with everybody."""
    assert _score([box(text="STOP")], [box(width=8)]) == 0.0
    assert _score([box(text="STOP")], [box(width=8)], text_weight=0.25) == 0.6
    assert _score([box(text="STOP")], [box(width=8, text="")]) == 0.0
    assert _score([box(text="")], [box(width=8)]) == 0.8
    beside = [box(text="STOP"), box(500)]
    assert _score(beside, beside) == 1.0
    individual = [
        a["score"] for a in _decided([box(text="STOP")], [box(text="STOP")], [box()]).decided()["submissions"]
    ]
    assert individual == [0.5, 0.5, 0.0]


@pytest.mark.parametrize("fusion", ["median", "medoid"])
def test_confidence_falls_with_what_was_read_otherwise(fusion: str) -> None:
    driver = _decided([box(text="STOP")], [box(text="STOP")], [box(text="SHOP")], [box()], fusion=fusion)
    (made,) = driver.decided()["consensus"]
    assert (made["text"], made["confidence"]) == ("STOP", 0.6875)  # (1 + 1 + 0.75 + 0) / 4
    chosen = _decided([box(text="STOP")], [box(text="SHOP")], adjudication="best_annotator").decided()
    assert [found["confidence"] for found in chosen["consensus"]] == [0.875]
    assert [found["confidence"] for found in _decided([box()], [box()]).decided()["consensus"]] == [1.0]


def test_the_best_answer_is_the_one_that_is_read_alike() -> None:
    """By place alone the third, in the middle, would be."""
    results = [[box(0, text="hello")], [box(1, text="hello")], [box(0.5, text="XXXXX")]]
    (made,) = _decided(*results, adjudication="best_answer").decided()["consensus"]
    assert (made["x"], made["text"]) == (0, "hello")


def test_the_best_answer_is_by_the_metric_of_the_control() -> None:
    """Widths of 10, 9 and 5. By IoU 10 and 9 and 5: means 0.7, 0.728, 0.528. By hits from 0.95 on nobody has any."""
    results = [[box(width=10)], [box(width=9)], [box(width=5)]]
    (soft,) = _decided(*results, adjudication="best_answer").decided()["consensus"]
    assert soft["width"] == 9
    (hits,) = _decided(*results, adjudication="best_answer", metric="f1", minimum_similarity=0.95).decided()[
        "consensus"
    ]
    assert hits["width"] == 10


def test_the_best_answer_under_a_platforms_metric_is_the_platforms() -> None:
    """To Ango who drew no bus has no value for it, so the only bus stays; to us two of three saw none."""
    results = [[box()], [box()], [box(), box(500, label="bus")]]
    labels = [
        sorted(found["label"] for found in _decided(*results, **how).decided()["consensus"])
        for how in ({"adjudication": "best_answer"}, {"adjudication": "best_answer", "metric": "ango"})
    ]
    assert labels == [["car"], ["bus", "car"]]


def test_capitals_are_told_apart_unless_the_control_says_otherwise() -> None:
    assert (
        _score([box(text="STOP")], [box(text="stop")]),
        _score([box(text="STOP")], [box(text="stop")], fold_case=True),
    ) == (0.0, 1.0)


def test_f1_counts_a_pair_by_its_text() -> None:
    assert _score([box(text="STOP")], [box(width=8, text="SHOP")], metric="f1") == 0.75


def test_a_misread_word_is_a_wrong_text_and_no_missing_mark() -> None:
    driver = _decided([box(text="STOP")], [box(text="STOP")], [box(text="")])
    conflicts = driver.decided()["controls"]["objects"]["conflicts"]
    assert [(c["kind"], c["annotators"]) for c in conflicts] == [("value", ["a3"])]
    detail = driver.header().contribution.detail
    assert [part.consensus for part in detail.annotators] == [1.0, 1.0, 0.0]
    assert detail.controls["objects"].consensus.given == [["car", "car", "car"]]


def test_gold_that_reads_otherwise_costs_too() -> None:
    driver = _decided([box(text="STOP")], [box(text="STOP")]).feed(gold("t1", box(text="SHOP"), at=9))
    assert [part.gold for part in driver.header().contribution.detail.annotators] == [0.75, 0.75]


def test_what_a_span_spans_is_not_counted_twice() -> None:
    spans = [
        {"control": "q", "type": "span", "label": "name", "start": 0, "end": e, "text": "Mary Ann"[:e]} for e in (8, 4)
    ]
    driver = Driver().feed(configured(required_annotators=2))
    driver.feed(*(submitted(annotator=f"a{i}", result=[span]) for i, span in enumerate(spans)))
    assert driver.decided()["score"] == 0.5


_MARKS = st.lists(
    st.builds(
        lambda x, text, label: box(x, text=text, label=label) if text is not None else box(x, label=label),
        st.sampled_from([0, 2, 50, 53]), st.sampled_from([None, "", "STOP", "SHOP"]), st.sampled_from(["car", "bus"]),
    ),
    max_size=3,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(_MARKS, _MARKS, st.sampled_from([0, 0.3, 1]), st.sampled_from(["soft_f1", "f1"]))
def test_texts_only_ever_cost_and_agreement_stays_in_range_and_symmetric(
    first: list[Event], second: list[Event], weight: float, metric: str
) -> None:
    with_texts = _score(first, second, text_weight=weight, metric=metric)
    without = _score(first, second, text_weight=0, metric=metric)
    assert 0.0 <= with_texts <= without + 1e-6
    assert _score(second, first, text_weight=weight, metric=metric) == with_texts
    assert _score(first, first, text_weight=weight, metric=metric) == 1.0
