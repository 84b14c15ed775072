"""What SETTLE tells WATCH: per unit of work and project, how the contribution of each touched task changed.

A fact is numbered by the offset of the record that caused it, so WATCH drops what it has counted already however the
records are cut into units of work. `before` is what the task contributed until now and is subtracted; `after` is added.
So WATCH keeps sums alone, and a revised decision leaves them as if it had been the first.
"""

from __future__ import annotations

from msgspec import Struct

__all__ = ["AnnotatorPart", "Contribution", "ControlPart", "Detail", "Fact", "FactBatch", "Units", "Value"]

Value = str | float | list[str] | None
"""What an annotator said of a unit: a class (`true` and `false` for a boolean), a number, or a set of classes, sorted.
None: gave no answer, or did not mark the object."""


class Units(Struct, frozen=True, array_like=True, gc=False):
    """Things that annotators were compared on.

    A categorical or numeric control is one, an object control has one per object that anybody marked.
    """

    truth: list[Value]
    """Per unit. None: the truth has no such object, or no answer."""
    given: list[list[Value]]
    """Per unit, per annotator in the order of `Detail.annotators`."""


class ControlPart(Struct, frozen=True, array_like=True, gc=False):
    """One control of a decision."""

    type: str
    score: float | None
    passed: bool | None
    matrix: list[list[float]]
    """Annotator by annotator, in the order of `Detail.annotators`; may be shared with other tasks: read only. Empty
    where the task still waits (only gold is compared then), and for what is too large to be told."""
    conflicts: dict[str, int]
    """Conflict kind → how many."""
    consensus: Units | None
    """Against the consensus; None for answers that are no classes and no numbers (texts, rankings, taxonomies)."""
    gold: Units | None = None
    """Against the gold, where the task has any."""
    identical: list[tuple[int, int, int, int]] = []
    """Objects: (row, row, pairs of marks compared, of these the same to the last digit), first row < second row."""


class AnnotatorPart(Struct, frozen=True, array_like=True, gc=False):
    """One annotator's part in a decision."""

    annotator_id: str
    model: bool
    counts: bool
    lead_time_seconds: float | None
    agreement: float | None
    """Mean agreement with the counted others."""
    consensus: float | None
    """Agreement with the consensus, weighted over the controls; None where there is no consensus."""
    gold: float | None
    """Agreement with the gold, set or promoted (see `GoldSettings`); None without one, and for those whose answers a
    promoted one was made of."""
    rejected: bool = False
    """A reviewer rejected this answer, and no verdict on what the task came to since has taken that back. Where
    rejected tasks start again nothing does."""
    repeats: float | None = None
    """Agreement of this answer with the annotator's own other submissions to the task; None without one."""


class Detail(Struct, frozen=True, array_like=True, gc=False):
    """What stands behind a decision, or behind the scores against gold of a task that still waits."""

    first_us: int
    """Event time of the first answer that counts; where none does, of the first one."""
    required: int
    """Annotators that the task asked for at first."""
    most: int
    """Annotators that it might have asked for: what overlap saved is counted against."""
    review: str | None
    """The verdict in force: approved, rejected or corrected."""
    annotators: list[AnnotatorPart]
    controls: dict[str, ControlPart]
    consensus_gold: float | None = None
    """Agreement of the consensus with the gold, as an annotator's; None without both."""


class Contribution(Struct, frozen=True, omit_defaults=True, array_like=True, gc=False):
    """What one task adds to its project's sums."""

    state: str
    answers: int
    """Counted answers."""
    event_time_us: int
    """Latest time of any event of the task, as far as it can be believed."""
    score: float | None
    """Overall agreement of the decision in force; none without one."""
    labels: dict[str, dict[str, float]]
    """Consensus labels: control → label → how many regions."""
    stalled: bool = False
    detail: Detail | None = None
    """Once there is a decision, or gold to score single answers against."""
    quorum_us: int | None = None
    """Event time at which the last annotator of those required answered, or so far; None: `event_time_us`. What the
    task tells of agreement belongs to that time: neither an edit nor a review of weeks later makes it news."""

    @property
    def told_us(self) -> int:
        """The time that its statistics count under."""
        return self.event_time_us if self.quorum_us is None else self.quorum_us


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
