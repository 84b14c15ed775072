"""The table of alerts says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec import structs

import streams.stages.warn as stage
from streams.contracts.alert_evidence import EVIDENCE
from streams.contracts.alert_settings import AlertSettings
from streams.quality import OUTLIER_BELOW
from streams.stages.warn import ALERTS, LOOK_EVERY
from streams.stages.warn.standing import OPEN_ALERTS


def defaults(name: str) -> str:
    """The settings of a type, as the table writes them."""
    values = structs.asdict(getattr(AlertSettings(), name))
    assert values.pop("enabled") is True
    return ", ".join(f"`{key}` {'none' if value is None else format(value, 'g')}" for key, value in values.items())


def readme() -> str:
    return (Path(stage.__file__).parent / "README.md").read_text(encoding="utf-8")


def test_the_table_lists_every_type_with_its_severity_and_defaults() -> None:
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in readme().splitlines() if line[:3] == "| `"
    ]
    found = {row[0].strip("`"): (row[2], row[5]) for row in cells if len(row) > 2}
    assert found == {name: (kind.severity, defaults(name)) for name, kind in ALERTS.items()}
    assert list(found) == sorted(found)


def test_every_type_has_settings_and_every_setting_a_type() -> None:
    assert set(AlertSettings.__struct_fields__) == ALERTS.keys()


def test_the_page_explains_every_figure_in_the_words_of_the_code() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|$", readme(), re.MULTILINE)
    assert dict(rows) == EVIDENCE


def test_what_is_explained_is_what_stands_in_evidence() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in Path(stage.__file__).parent.glob("*.py"))
    named = set(re.findall(r'"(\w+)":', code)) | set(re.findall(r'figures\["(\w+)"\]', code))
    named |= {f"fall_{name}" for name in ("since", "baseline_mean", "baseline_n", "recent_mean", "n", "evidence")}
    assert EVIDENCE.keys() <= named


def test_the_numbers_in_the_text_are_those_of_the_code() -> None:
    text = " ".join(readme().split())
    assert f"looked at whenever {LOOK_EVERY} more decisions" in text
    assert f"at most {OPEN_ALERTS} of a type in a project" in text
    assert f"agrees with by less than {OUTLIER_BELOW:g}" in text
