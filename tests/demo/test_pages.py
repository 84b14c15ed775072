"""The demo's reports are pages on what was handed in."""

from __future__ import annotations

from pathlib import Path

from streams.demo.pages import can_write, write_report
from streams.demo.recorded import load, packaged
from streams.settings_file import read_settings


def test_a_page_is_written_for_a_project_and_tells_of_its_alert(tmp_path: Path) -> None:
    recording = load("bluebirds").first_tasks(12)
    events = [*recording.gold_values.values(), *(answer.value for answer in recording.answers)]

    assert can_write()
    path = write_report("bluebirds", events, read_settings(packaged("settings.yaml")), tmp_path / "new")

    assert path == tmp_path / "new" / "bluebirds.html"
    page = path.read_text()
    assert "bluebirds" in page
    assert f"{len(events):,} events that the demo handed in" in page
