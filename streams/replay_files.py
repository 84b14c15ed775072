"""Replay from a file into files."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import msgspec

from streams.contracts.settings import ProjectSettings
from streams.limits import Limits
from streams.quality.documents import Seen, documents
from streams.replay import Replay

__all__ = ["FILES", "QUALITY", "SUMMARY", "read_lines", "replay_files"]

UNIT_LINES = 2_000
"""Lines in one step: trades memory against speed, and changes nothing else."""

FILES = {
    "task-agreement": "decisions.jsonl",
    "task-disagreement": "decisions.jsonl",
    "task-reassignment": "reassignments.jsonl",
    "task-review": "reviews.jsonl",
    "quality-alerts": "alerts.jsonl",
    "annotator-reliability": "reliability.jsonl",
    "dead-letter": "dead-letters.jsonl",
}
"""Output topic → the file that gets its records, one a line."""
SUMMARY = "summary.json"
QUALITY = "quality.json"
"""The statistics at the end: project → view (`contracts.views.VIEW_NAMES`) → document."""


def read_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, gzipped or not, without their ends; empty lines are passed over."""
    with path.open("rb") as file:
        lines: IO[bytes] = gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file  # type: ignore[assignment]
        for line in lines:
            stripped = line.strip(b"\r\n")
            if stripped:
                yield stripped


def replay_files(
    lines: Iterable[bytes], settings: dict[str, ProjectSettings], out: Path, limits: Limits | None = None
) -> dict[str, Any]:
    """Replay `lines` and write `FILES`, `QUALITY` and `SUMMARY` into `out`; returns the summary (`replay.Summary`)."""
    seen = Seen()
    engine = Replay(settings, limits or Limits(), seen.follow)
    out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        files = {name: stack.enter_context((out / name).open("wb")) for name in sorted(set(FILES.values()))}
        for unit in _units(lines):
            for outgoing in engine.step(unit):
                files[FILES[outgoing.topic]].write(outgoing.value + b"\n")
                seen.add(outgoing)
    (out / QUALITY).write_bytes(_readable(documents(map(engine.quality, engine.projects()), seen)))
    summary = engine.summary.as_dict()
    (out / SUMMARY).write_bytes(_readable(summary))
    return summary


def _readable(document: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _units(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    unit: list[bytes] = []
    for line in lines:
        unit.append(line)
        if len(unit) == UNIT_LINES:
            yield unit
            unit = []
    if unit:
        yield unit
