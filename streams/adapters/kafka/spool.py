"""A topic into files, to be read more than once in the order of its records' times."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from streams.adapters.kafka.reader import consume

__all__ = ["merged", "spool"]


async def spool(broker: str, topic: str, folder: Path) -> list[Path]:
    """Write each partition of a topic, as it is now, to a file of its own; `merged` reads them.

    Raises:
        ConfigurationError: the topic is not there.
    """
    with ExitStack() as stack:
        files = {}
        async for record in consume(broker, [topic]):
            if record.value is None:
                continue
            if record.partition not in files:
                files[record.partition] = stack.enter_context((folder / f"{record.partition}.lines").open("wb"))
            # In JSON a line end can only be white space, so a record becomes one line and means the same.
            line = record.value.replace(b"\n", b" ").replace(b"\r", b" ")
            files[record.partition].write(b"%d\t%s\n" % (record.timestamp, line))
    return [folder / f"{partition}.lines" for partition in sorted(files)]


def merged(paths: list[Path]) -> Iterator[bytes]:
    """The records of all files, those of one partition in their order, partitions side by side by time."""
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("rb")) for path in paths]
        for _, _, line in heapq.merge(*(_timed(place, file) for place, file in enumerate(files))):
            yield line


def _timed(place: int, file: Iterator[bytes]) -> Iterator[tuple[int, int, bytes]]:
    latest = 0
    for row in file:
        time, _, line = row.partition(b"\t")
        latest = max(latest, int(time))  # producers' clocks may go back; a merge needs order
        yield latest, place, line.rstrip(b"\n")
