"""What SETTLE tells WATCH: per unit of work and project, how the contribution of each touched task changed.

A fact is numbered by the offset of the record that caused it, so WATCH drops what it has counted already however the
records are cut into units of work. `before` is what the task contributed until now and is subtracted; `after` is added.
"""

from __future__ import annotations

from msgspec import Struct

__all__ = ["Contribution", "Fact", "FactBatch"]


class Contribution(Struct, frozen=True, omit_defaults=True, array_like=True, gc=False):
    """What one task adds to its project's sums."""

    state: str
    answers: int
    """Counted answers."""
    event_time_us: int
    """Event time of the decision, or of the latest answer where there is none."""
    score: float | None
    """Overall agreement of the decision in force; none without one."""
    labels: dict[str, dict[str, float]]
    """Consensus labels: control → label → how many regions."""
    stalled: bool = False


class Fact(Struct, frozen=True, array_like=True, gc=False):
    """One change of one task's contribution."""

    offset: int
    task_id: str
    before: Contribution | None
    after: Contribution | None


class FactBatch(Struct, frozen=True, gc=False):
    """The facts of one project out of one unit of work of one source partition, in offset order."""

    project_id: str
    source_partition: int
    facts: list[Fact]
