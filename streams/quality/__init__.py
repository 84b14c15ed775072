"""What WATCH knows of a project.

| module | what it holds |
|---|---|
| `records` | the stored forms |
| `stored` | their keys, and reading them back |
| `bounds` | how much is remembered |
| `tallies` | the same in memory, and what of it has changed |
| `detail`, `labels`, `pairs` | count what stands behind a decision |
| `views` | shows it all, from the records alone |
| `gauges` | shows some of it to Prometheus |
"""

from __future__ import annotations

from streams.quality.bounds import *  # noqa: F403
from streams.quality.bounds import __all__ as _bounds
from streams.quality.records import *  # noqa: F403
from streams.quality.records import __all__ as _records
from streams.quality.stored import *  # noqa: F403
from streams.quality.stored import __all__ as _stored

__all__ = [*_bounds, *_records, *_stored]
