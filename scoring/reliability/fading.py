"""A half-life for sums: the older a contribution, the less it counts, and it can still be taken back exactly."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from scoring.reliability.sums import MAX_ANNOTATORS, MAX_CLASSES, Contribution, Counts, Sums

__all__ = ["KEPT_AGES", "FadingSums", "age_of"]

KEPT_AGES: Final = 10
"""Half-lives after which a contribution is let go: it counts for less than a thousandth by then."""


def age_of(position: float, half_life: float) -> int:
    """The age that something belongs to: `floor(position / half_life)`.

    Parameters
    ----------
    position
        Event time in seconds, or the number of the answer in its project: whatever the half-life is counted in. It must
        come with the fact, so that a retraction names the same age.
    half_life
        In the same unit; above 0.

    Raises
    ------
    ValueError
        The half-life is not above 0.

    Examples
    --------
    >>> age_of(999, half_life=500), age_of(1000, half_life=500)
    (1, 2)
    """
    if not half_life > 0.0:
        raise ValueError(f"expected a half-life above 0, got {half_life}")
    return int(position // half_life)


@dataclass(slots=True)
class FadingSums:
    """Sums by age; those of an age count half of those of the next.

    Forward decay (Cormode, G., Shkapenyuk, V., Srivastava, D. and Xu, B. (2009), Forward decay: a practical time decay
    model for streaming systems, doi:10.1109/ICDE.2009.65) in steps of one half-life: weights are powers of two of whole
    ages, so what is stored stays whole numbers, nothing is ever rescaled, and adding and taking back undo each other.
    Within an age all contributions weigh the same.

    The newest age decides what is let go; a contribution that is older than that is neither added nor taken back. So
    the sums depend on the tasks in force and on the newest age that was ever seen, and on nothing else.

    Examples
    --------
    >>> from scoring.reliability.sums import gold
    >>> fading, task = FadingSums(), gold({"al": "cat"}, "cat")
    >>> fading.add(task, age=7)
    >>> fading.add(task, age=8)
    >>> fading.faded(["al"]).annotators["al"].total  # 1 and a half
    1500000
    >>> fading.subtract(task, age=7)
    >>> fading.faded(["al"]).annotators["al"].total
    1000000
    """

    ages: dict[int, Sums] = field(default_factory=dict)
    """Age → sums of what was decided in it; each has its own caps."""
    newest: int | None = None
    """The newest age that was ever added to; none before the first."""
    max_annotators: int = MAX_ANNOTATORS
    max_classes: int = MAX_CLASSES

    def add(self, task: Contribution, age: int) -> None:
        """Count a task as of this age. O(answers x possible classes)."""
        if self.newest is None or age > self.newest:
            self.newest = age
            for gone in [known for known in self.ages if self._is_let_go(known)]:
                del self.ages[gone]
        if self._is_let_go(age):
            return
        sums = self.ages.get(age)
        if sums is None:
            sums = self.ages[age] = Sums(max_annotators=self.max_annotators, max_classes=self.max_classes)
        sums.add(task)

    def subtract(self, task: Contribution, age: int) -> None:
        """Take back what `add` counted with this age.

        Raises
        ------
        ValueError
            Nothing of that age is counted.
        """
        if self._is_let_go(age):
            return
        if age not in self.ages:
            raise ValueError(f"expected an age that something was counted in, {sorted(self.ages)}, got {age}")
        self.ages[age].subtract(task)
        if not self.ages[age].tasks:
            del self.ages[age]

    def faded(self, annotators: Collection[str]) -> Sums:
        """What the models read, for these annotators alone: amounts halved once for each age, rounded down.

        To read, not to add to: the caps and `named` count tasks, which do not fade, and `bias` compares annotators
        within an age. O(ages x (cells of everybody together + cells of the annotators)).
        """
        read = Sums(max_annotators=self.max_annotators, max_classes=self.max_classes)
        for age, sums in sorted(self.ages.items()):
            halvings = (age if self.newest is None else self.newest) - age
            read.tasks += sums.tasks
            read.further_classes += sums.further_classes
            _fade(read.named, sums.named, 0)
            _fade(read.classes, sums.classes, halvings)
            _fade(read.bias.ahead, sums.bias.ahead, halvings)
            read.bias.spread += sums.bias.spread >> halvings
            _fade_counts(read.everyone, sums.everyone, halvings)
            _fade_counts(read.further_annotators, sums.further_annotators, halvings)
            for annotator in annotators:
                counts = sums.annotators.get(annotator)
                if counts is not None:
                    _fade_counts(read.annotators.setdefault(annotator, Counts()), counts, halvings)
        return read

    def _is_let_go(self, age: int) -> bool:
        return self.newest is not None and age <= self.newest - KEPT_AGES


def _fade(into: dict[str, int], amounts: dict[str, int], halvings: int) -> None:
    for name, amount in amounts.items():
        into[name] = into.get(name, 0) + (amount >> halvings)


def _fade_counts(into: Counts, counts: Counts, halvings: int) -> None:
    into.total += counts.total >> halvings
    into.right += counts.right >> halvings
    _fade(into.rows, counts.rows, halvings)
    for given, column in counts.cells.items():
        _fade(into.cells.setdefault(given, {}), column, halvings)
