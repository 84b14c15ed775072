"""`scoring/README.md` is held to its word: the tables are what the code makes, and what they say of it is so."""

from __future__ import annotations

import re
from math import hypot
from pathlib import Path

import pytest

from scoring.shapes.common import UNKNOWN_DIAGONAL_PX
from scoring.shapes.keypoints import DEFAULT_SIGMA
from scoring.shapes.point import DEFAULT_POINT_RATE
from scoring.shapes.polyline import DEFAULT_LINE_SCALE
from scoring.shapes.regions import DEFAULT_TOLERANCE_SHARE
from streams.coefficients import STATISTICS
from streams.contracts.events import TaskFields
from streams.contracts.settings import SIMILARITY_DEFAULTS, TYPE_DEFAULTS, ControlSettings, SimilarityDefaults
from streams.kinds import OBJECT_KINDS
from streams.scoreboard import Board, Scoreboard
from tests.builders import PROJECT, Event, box, line, settings, submitted
from tests.scoring.type_table import README, WORDS, tables, with_tables
from tests.streams.test_scoreboard import ONE_OF_EACH

TEXT = README.read_text(encoding="utf-8")
SOURCES = "".join(path.read_text(encoding="utf-8") for path in sorted(README.parent.rglob("*.py")))
FAMILIES = {
    "categories": {"choice", "boolean"},
    "sets": {"choices"},
    "numbers": {"number"},
    "ratings": {"rating"},
    "objects": set(OBJECT_KINDS),
    "every type": set(TYPE_DEFAULTS),
}


def rows(heading: str) -> list[list[str]]:
    """The cells of the table whose first column is called so."""
    _, _, rest = TEXT.partition(f"| {heading} | ")
    body = rest.partition("\n\n")[0].splitlines()[2:]
    return [re.split(r"(?<!\\) \| ", row.strip("| ")) for row in body if row.startswith("|")]


def names(cell: str) -> set[str]:
    return set(re.findall(r"`([a-z0-9_]+)`", cell))


def compared(kind: str, *said: list[Event]) -> Board:
    """What annotators of one task come to who say these things to a control `it` of the type, and draw one box each."""
    scoreboard = Scoreboard({PROJECT: settings(controls={"it": {"type": kind}})})
    drawn = box(id="r0", control="boxes")
    scoreboard.read(line(submitted("t1", f"a{i}", result=[drawn, *given])) for i, given in enumerate(said))
    scoreboard.score(scoreboard.tasks())
    return scoreboard.board()


def score_of(board: Board) -> float | None:
    (value,) = [c.statistics[0].value for c in board.controls if c.control == "it"]
    return value


# ---- the tables


def test_the_tables_are_those_that_the_code_makes() -> None:
    assert with_tables(TEXT) == TEXT, "run `python -m tests.scoring.type_table`"


def test_a_table_that_was_edited_by_hand_is_noticed() -> None:
    edited = TEXT.replace("| `masi`, `exact` |", "| `masi` |", 1)

    assert edited != TEXT
    assert with_tables(edited) == TEXT


def test_a_file_without_a_place_for_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one place between <!-- agreement -->"):
        with_tables(TEXT.replace("<!-- agreement -->", ""))


def test_every_type_has_its_words_and_its_row() -> None:
    assert WORDS.keys() == TYPE_DEFAULTS.keys()
    for table in tables().values():
        assert [names(row.split("|")[1]) for row in table.splitlines()[2:]] == [{kind} for kind in TYPE_DEFAULTS]


def test_every_parameter_that_is_named_is_a_setting_or_a_field_of_the_task() -> None:
    known = {*ControlSettings.__struct_fields__, *TaskFields.__struct_fields__}
    metrics = {name for default in TYPE_DEFAULTS.values() for name in (*default.metrics, *default.similarities)}

    named = {name for words in WORDS.values() for name in names(words.parameters)}

    assert named <= known | metrics | WORDS.keys()
    assert {"labels", "fold_case", "scale_minimum", "scale_maximum", "tolerance", "width_px", "height_px"} <= named


def test_every_metric_is_explained_and_nothing_else() -> None:
    explained = {name for metric, *_ in rows("metric") for name in names(metric)}
    answers = {m for kind, d in TYPE_DEFAULTS.items() if kind not in OBJECT_KINDS for m in d.metrics}
    marks = {name for default in TYPE_DEFAULTS.values() for name in default.similarities}

    assert explained == answers | marks
    for metric in {m for kind in OBJECT_KINDS for m in TYPE_DEFAULTS[kind].metrics}:
        assert f"- `{metric}` = 2 ×" in TEXT


# ---- what they say


@pytest.mark.parametrize("kind", sorted(TYPE_DEFAULTS))
def test_nothing_with_nothing_is_1_and_nothing_with_something_0(kind: str) -> None:
    """Of an answer type, a question that nobody answered is not scored: perhaps nobody was asked."""
    something: list[Event] = [{"id": "r1", "control": "it", "type": kind, **ONE_OF_EACH[kind]}]
    marking_nothing_answers = kind in OBJECT_KINDS or kind == "choices"

    if marking_nothing_answers:
        assert score_of(compared(kind, [], [])) == 1.0
    else:
        assert [c.control for c in compared(kind, [], []).controls] == ["boxes"]
    share = TYPE_DEFAULTS[kind].aggregates[0] == "consensus_share"
    assert score_of(compared(kind, [], something)) == (0.5 if share else 0.0)
    # Of three pairs one agrees: on nothing. Of three annotators two do.
    assert score_of(compared(kind, [], [], something)) == pytest.approx(2 / 3 if share else 1 / 3, abs=1e-6)


def test_the_numbers_in_the_text_are_those_of_the_code() -> None:
    defaults = ControlSettings()

    assert hypot(500, 500) == UNKNOWN_DIAGONAL_PX and "diagonal 707 px" in TEXT
    assert DEFAULT_TOLERANCE_SHARE == 0.0075 and "0.75 % of the diagonal" in TEXT
    assert DEFAULT_LINE_SCALE == 0.014 and "s = 1.4 % of the diagonal" in TEXT
    assert DEFAULT_POINT_RATE == 20.0 and "exp(−20 d / diagonal)" in TEXT
    assert DEFAULT_SIGMA == 0.09 and "σ = 0.09" in TEXT
    assert SimilarityDefaults() == (0.4, 0.8) and "`minimum_similarity` (0.4)" in TEXT
    assert "`loose_similarity` (0.8)" in TEXT
    assert SIMILARITY_DEFAULTS["giou"] == (0.7, 0.9) and "`giou` 0.7 and 0.9" in TEXT
    assert SIMILARITY_DEFAULTS["boundary_f1"] == (0.5, 0.8) and "`boundary_f1` 0.5" in TEXT
    assert SIMILARITY_DEFAULTS["linear"] == (0.95, 0.99) and "`linear` 0.95 and 0.99" in TEXT
    assert defaults.minimum_support == 0.5 and "more than `minimum_support`\n(half)" in TEXT


def test_every_statistic_is_explained_with_the_types_that_have_it() -> None:
    """Two annotators, so that Cohen's kappa is among them."""
    said_to_be_for = {
        name: set().union(*(FAMILIES[family] for family in types.split(", ")))
        for statistic, types, *_ in rows("statistic")
        for name in names(statistic)
    }
    found: dict[str, set[str]] = {name: set() for name in STATISTICS}
    for kind in TYPE_DEFAULTS:
        region = {"id": "r1", "control": "it", "type": kind, **ONE_OF_EACH[kind]}
        (control,) = [c for c in compared(kind, [region], [region]).controls if c.control == "it"]
        for statistic in control.statistics:
            if not (statistic.undefined or "").startswith("sets have no"):
                found[statistic.name].add(kind)

    assert said_to_be_for == found


# ---- where it comes from


def test_every_doi_is_the_one_that_the_module_s_docstring_gives() -> None:
    dois = set(re.findall(r"doi:(10\.\d+/[^\s|,;]*[^\s|,;.)])", TEXT))

    assert len(dois) > 20
    assert {doi for doi in dois if f"doi:{doi}" not in SOURCES} == set()


def test_every_link_leads_somewhere() -> None:
    targets = re.findall(r"\]\(([^)]+)\)", TEXT)

    assert targets
    assert [target for target in targets if not (README.parent / target).exists()] == []


def test_every_package_is_pointed_at_and_every_profile_named() -> None:
    packages = {path.parent.name for path in README.parent.glob("*/__init__.py")}
    profiles = {path.stem for path in (README.parent / "profiles").glob("*.py")} - {"__init__", "floors", "score"}

    assert {Path(target).parent.name for target in re.findall(r"\]\(([^)]+)\)", TEXT)} == packages
    assert profiles <= names(TEXT)
