from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.datasets import __main__ as command
from tests.datasets import table
from tests.datasets.__main__ import CARRIED, default_folder, main, names_in, open_set
from tests.datasets.records import from_lines, shipped
from tests.datasets.reference import MEASURED, NOTES, PUBLISHED

HEAVY = {"lidc_masks", "planetfour_marks", "zoo_cats_polygons"}
"""Take seconds each; that they are in the page is what is tested of them."""
AT_HAND = sorted(set(names_in(default_folder())) & MEASURED.keys() - HEAVY)

_LINE = re.compile(r"^\| (.+?) \| (.+?) \| (.+?) \|(?: ([+=−≠]))? \|(?: (.+?))? \|$", re.MULTILINE)


def _page() -> dict[str, str]:
    return table.sections(table.PAGE.read_text())


def _lines(name: str) -> list[tuple[str, ...]]:
    return [line for line in _LINE.findall(_page()[name]) if line[0] not in {"measure", "---"}]


@pytest.mark.parametrize("name", AT_HAND)
def test_the_page_has_what_the_command_makes(name: str) -> None:
    data = open_set(name, default_folder())
    assert table.section(data, table.rows_of(data)) == _page()[name]


@pytest.mark.parametrize("name", CARRIED)
def test_the_package_carries_what_the_page_was_made_from(name: str) -> None:
    data = shipped(name)
    assert data is not None
    assert table.section(data, table.rows_of(data)) == _page()[name]


@pytest.mark.parametrize("name", sorted(MEASURED))
def test_every_figure_of_others_is_in_the_page(name: str) -> None:
    stated = {(measure, theirs) for measure, theirs, *_ in _lines(name)}
    measured = {(measure, table.joined(parts)) for measure, parts in MEASURED[name].items()}
    published = {(measure, theirs) for measure, (theirs, _) in PUBLISHED.get(name, {}).items()}
    assert measured | published <= stated


@pytest.mark.parametrize("name", sorted(MEASURED))
def test_where_ours_falls_behind_a_note_says_why(name: str) -> None:
    behind = [line for line in _lines(name) if line[3] in {"−", "≠"}]
    assert [line for line in behind if len(line[4]) < 20] == []
    assert _lines(name)


def test_every_note_is_about_a_line_of_the_page() -> None:
    assert {(name, line[0]) for name in MEASURED for line in _lines(name)} >= NOTES.keys()


def _answers(
    gold: list[dict[str, Any]] | None, *answers: list[dict[str, Any]], task: str = "t"
) -> list[dict[str, Any]]:
    lines = [{"task_id": task, "annotator_id": f"a{i}", "annotations": answer} for i, answer in enumerate(answers)]
    return [line | ({"gold": gold} if gold is not None else {}) for line in lines]


def _box(x: float) -> dict[str, Any]:
    return {"label": "car", "x": x, "y": 0, "w": 10, "h": 10}


def _ring(size: float) -> dict[str, Any]:
    return {"label": "cat", "points": [[0, 0], [size, 0], [size, 10], [0, 10]]}


def _ours(name: str, lines: list[dict[str, Any]]) -> dict[str, str]:
    return {row.measure: row.ours for row in table.rows_of(from_lines(name, lines))}


def test_labels_unseen_before_have_their_accuracies() -> None:
    lines = [
        *_answers([{"label": "yes"}], [{"label": "yes"}], [{"label": "yes"}], [{"label": "no"}]),
        *_answers([{"label": "no"}], [{"label": "yes"}], [{"label": "yes"}], [{"label": "no"}], task="u"),
        *_answers([{"label": "no"}], [{"label": "no"}], [{"label": "no"}], [{"label": "no"}], task="v"),
    ]
    ours = _ours("new", lines)
    # Right: 2 of 3, 1 of 3, 3 of 3 answers; the vote on t and v. It says yes twice, once rightly: 2 x 1 / (2 + 1).
    assert ours["accuracy of a single answer"] == "0.6667"
    assert ours["accuracy, majority vote"] == "0.6667"
    assert ours["F1 of yes, majority vote"] == "0.6667"


def test_one_label_alone_has_an_alpha_that_says_why_it_is_none() -> None:
    (row,) = table.rows_of(from_lines("new", _answers(None, [{"label": "yes"}], [{"label": "yes"}])))
    assert (row.ours, row.verdict) == ("-", "")
    assert "all answers are equal" in row.note


def test_boxes_unseen_before_are_fused_and_held_against_gold() -> None:
    # Two annotators drew what there is, the third drew it elsewhere: 2 hits of 3 boxes; together 1 of 1.
    ours = _ours("new", _answers([_box(0)], [_box(0)], [_box(0)], [_box(500)]))
    assert ours["precision against gold, single annotator"] == "0.6667"
    assert (ours["precision against gold, consensus"], ours["recall against gold, consensus"]) == ("1.0000", "1.0000")
    # Pairs: 1, 0, 0.
    assert ours["F1 of two annotators who drew a box"] == "0.3333"


def test_without_gold_the_others_are_held_against_each_annotator() -> None:
    ours = _ours("new", _answers(None, [_ring(10)], [_ring(10)], [_ring(20)]))
    # IoU 1, 1/2 and 1/2.
    assert ours["mean IoU of all that two annotators drew"] == "cat 0.6667"
    # What two others both cover is the smaller ring each time: IoU 1, 1 and 1/2.
    assert ours["soft F1 with a held-out annotator, consensus"] == "0.8333"


def test_numbers_unseen_before_have_their_errors() -> None:
    lines = [
        *_answers([{"value": 4}], [{"value": 4}], [{"value": 4}], [{"value": 10}]),
        *_answers([{"value": 2}], [{"value": 1}], [{"value": 2}], [{"value": 3}], task="u"),
    ]
    ours = _ours("new", lines)
    # Means 6 and 2, medians 4 and 2.
    assert (ours["MAE of all, mean"], ours["MAE of all, default (median)"]) == ("1.0000", "0.0000")


@pytest.mark.parametrize(
    ("answers", "without_gold", "with_gold"),
    [
        ([[{"label": "a"}, {"label": "b"}], [{"label": "a"}], []], "Jaccard with a held-out", "Jaccard with gold"),
        ([[{"text": "a cat"}], [{"text": "a cat"}], [{"text": "a dog"}]], "likeness to a held-out", "likeness to gold"),
        ([[{"value": 1}], [{"value": 2}], [{"value": 4}]], "MAE from a held-out answer", "MAE of all, mean"),
        ([[{"label": "p", "start": 0, "end": 4}], [], []], "mean soft F1 of two answers", "F1 against gold"),
        ([[{"label": "p", "size": [2, 2], "counts": [1, 3]}], [], []], "mean Dice of two", "recall against gold"),
        ([[{"label": "p", "x": 1, "y": 2}], [{"x": 4, "y": 6}], []], "F1 of centres", "precision against gold"),
        ([[_box(0)], [_box(1)], []], "soft F1 with a held-out annotator", "F1 against gold, consensus"),
        (
            [[_ring(10)], [_ring(12)], [_ring(14)]],
            "mean IoU of all that two",
            "mean similarity of matches against gold",
        ),
        (
            [[{"label": "a"}], [{"label": "a"}], [{"label": "b"}]],
            "answers that the majority",
            "accuracy, majority vote",
        ),
    ],
)
def test_a_file_of_any_kind_gets_a_table_and_its_part_of_the_page(
    answers: list[list[dict[str, Any]]],
    without_gold: str,
    with_gold: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(command, "PAGE", tmp_path / "PAGE.md")
    for gold, measure in ((None, without_gold), (answers[0], with_gold)):
        (tmp_path / "unseen.jsonl").write_text("\n".join(map(json.dumps, _answers(gold, *answers))))
        done = CliRunner().invoke(main, ["unseen", "--datasets", str(tmp_path), "--write"])
        assert done.exit_code == 0, done.output
        assert any(line.startswith(f"| {measure}") for line in (tmp_path / "PAGE.md").read_text().splitlines())
        assert "unseen ..." in done.stderr


def test_a_part_of_the_page_is_replaced_and_the_others_stay() -> None:
    page = table.with_sections("", {"b": "## b\n\nold\n", "a": "## a\n"})
    again = table.with_sections(page, {"b": "## b\n\nnew\n"})
    assert table.sections(again) == {"a": "## a\n", "b": "## b\n\nnew\n"}
    assert again == table.with_sections(again, {})


def test_a_set_that_is_nowhere_is_told_what_there_is(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["bluebird", "--datasets", str(tmp_path)])
    assert done.exit_code == 2
    assert "expected a set among bluebirds, pedestrians_boxes, got 'bluebird'" in done.stderr


def test_a_file_of_no_known_kind_says_what_would_be_one(tmp_path: Path) -> None:
    (tmp_path / "odd.jsonl").write_text(json.dumps(_answers(None, [{"smell": 3}])[0]))
    done = CliRunner().invoke(main, ["odd", "--datasets", str(tmp_path)])
    assert done.exit_code == 1
    assert "one kind among classification" in done.stderr
    assert "smell" in done.stderr


def test_one_set_that_is_not_as_it_should_be_does_not_cost_the_others_theirs(tmp_path: Path) -> None:
    labels = _answers(None, [{"label": "a"}], [{"label": "b"}])
    (tmp_path / "a_bad.jsonl").write_text(json.dumps(labels[0] | {"type": "bbox"}))
    (tmp_path / "b_good.jsonl").write_text("\n".join(map(json.dumps, labels)))
    done = CliRunner().invoke(main, ["a_bad", "b_good", "--datasets", str(tmp_path)])
    assert done.exit_code == 1
    assert "a_bad was taken for bbox, and its marks are not of that kind: KeyError: 'x'" in done.stderr
    assert "b_good (classification)" in done.stdout
