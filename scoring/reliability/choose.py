"""Which model suits a project? Gold tells, once there is enough of it; nothing else does.

How well a model predicts the next answer says nothing about the truth: the full matrix predicts answers best also where
it takes a bias that annotators share for the truth. So models are compared where the truth is known, each on the
answers of a gold task, with sums that it learned itself and without that task. A rival therefore costs sums of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from math import exp, log
from typing import Final, NamedTuple

from scipy.special import betainc, betaincinv, betaln

from scoring.reliability.incremental import MODELS, Model, posterior, winner
from scoring.reliability.parameters import DEFAULT, Parameters
from scoring.reliability.sums import Sums

__all__ = ["CHANCE", "Choice", "GoldRecord", "Judged", "Standing", "choose", "judge"]

CHANCE: Final = 0.05
"""Chance that the default is ever left for a model that is no better, however long a project goes on."""
_MOST: Final = 600.0
"""Logarithm of evidence that is told as it stands: beyond, floating-point numbers end."""
_DEFAULT_MODEL: Final[Model] = "shrunk"


class Judged(NamedTuple):
    """What one gold task says: which models found its class. It can be taken back as it was added."""

    right: tuple[Model, ...]
    """By name."""
    models: tuple[Model, ...]
    """All that were asked, by name."""


def judge(
    answers: Mapping[str, str],
    truth: str,
    sums: Mapping[Model, Sums],
    parameters: Parameters = DEFAULT,
    classes: Collection[str] = (),
) -> Judged:
    """Ask models for the class of a gold task.

    Parameters
    ----------
    sums
        Model → the sums that it learned, without the task itself: that counts as certain once it is added, and would be
        its own answer. Models that share sums learn what one of them learns, and differ less. `majority` reads none.

    Examples
    --------
    >>> judge({"al": "cat", "bo": "cat", "cy": "dog"}, "cat", {"shrunk": Sums(), "majority": Sums()})
    Judged(right=('majority', 'shrunk'), models=('majority', 'shrunk'))
    """
    asked = tuple(sorted(sums))
    found = {model: winner(posterior(answers, sums[model], model, parameters, classes)) for model in asked}
    return Judged(tuple(model for model in asked if found[model] == truth), asked)


@dataclass(slots=True)
class GoldRecord:
    """How the models did on gold: counts that are added, taken back and merged."""

    tasks: dict[Model, int] = field(default_factory=dict)
    """Model → gold tasks that it was asked."""
    right: dict[Model, int] = field(default_factory=dict)
    """Model → how many it found."""
    gained: dict[Model, int] = field(default_factory=dict)
    """Model → gold tasks that it found and the default did not."""
    lost: dict[Model, int] = field(default_factory=dict)
    """Model → gold tasks that the default found and it did not."""

    def add(self, task: Judged) -> None:
        """Count a gold task."""
        self._change(task, 1)

    def subtract(self, task: Judged) -> None:
        """Take back what `add` counted."""
        self._change(task, -1)

    def plus(self, other: GoldRecord) -> GoldRecord:
        """Both together.

        >>> one = GoldRecord()
        >>> one.add(Judged(("majority",), ("majority", "shrunk")))
        >>> one.plus(one).gained
        {'majority': 2}
        """
        both = GoldRecord()
        for record in (self, other):
            for into, counts in (
                (both.tasks, record.tasks),
                (both.right, record.right),
                (both.gained, record.gained),
                (both.lost, record.lost),
            ):
                for model, number in counts.items():
                    _change(into, model, number)
        return both

    def _change(self, task: Judged, sign: int) -> None:
        for model in task.models:
            _change(self.tasks, model, sign)
            found, expected = model in task.right, _DEFAULT_MODEL in task.right
            if found:
                _change(self.right, model, sign)
            if _DEFAULT_MODEL in task.models and found != expected:
                _change(self.gained if found else self.lost, model, sign)


class Standing(NamedTuple):
    """How a model stands on the gold of a project."""

    model: Model
    tasks: int
    """Gold tasks."""
    accuracy: float
    """Share found, by Jeffreys' prior: `(found + 1/2) / (tasks + 1)`."""
    low: float
    """Lower end of its 95 % credible interval."""
    high: float
    better: float
    """Probability that it finds more than the default does; 0.5 for the default itself and where nothing tells."""
    evidence: float
    """How many times its being better explains the gold than its being equal does; 1 where nothing tells."""


class Choice(NamedTuple):
    """The model to use, and how sure that is."""

    model: Model
    standings: tuple[Standing, ...]
    """All models with gold, the one with the most evidence first; of equal ones in the order of `MODELS`."""


def choose(record: GoldRecord, chance: float = CHANCE) -> Choice:
    """The default, until gold is good evidence that another model is better.

    Only the tasks count that one of the two found and the other did not (McNemar 1947, doi:10.1007/BF02295996). With b
    gained and c lost, both as likely where the models are equal, and any share above a half as likely where the other
    is better:

        evidence = 2 * B(b + 1, c + 1) * P(share > 1/2) / (1/2) ** (b + c),  share ~ Beta(1 + b, 1 + c)

    A model is taken while its evidence is at least (number of other models) / chance; of several the one with the most
    gold found, then the one with the most evidence. Asking after every gold task is allowed: by Ville's inequality
    (Ramdas et al. (2023), Game-theoretic statistics and safe anytime-valid inference, doi:10.1214/23-STS894) the chance
    that a model no better is ever taken stays below `chance`. A test at 1 % that is asked after each of 1,000 such
    tasks takes an equal model in 13 of 100 projects.

    Parameters
    ----------
    chance
        Within (0, 1).

    Raises
    ------
    ValueError
        `chance` is outside its range.

    Examples
    --------
    >>> record = GoldRecord()
    >>> choose(record).model
    'shrunk'
    >>> for _ in range(9):
    ...     record.add(Judged(("one_coin",), ("one_coin", "shrunk")))
    >>> choice = choose(record)
    >>> choice.model, choice.standings[0].tasks, round(choice.standings[0].evidence, 1)  # 2 / 10 * 2 ** 9 * 0.999
    ('one_coin', 9, 102.3)
    """
    if not 0.0 < chance < 1.0:
        raise ValueError(f"expected a chance within (0, 1), got {chance}")
    standings = [_standing(record, model) for model in MODELS if record.tasks.get(model, 0) > 0]
    standings.sort(key=lambda standing: (-standing.evidence, MODELS.index(standing.model)))
    others = [standing for standing in standings if standing.model != _DEFAULT_MODEL]
    able = [standing for standing in others if standing.evidence >= len(others) / chance]
    best = max(able, key=lambda standing: (standing.accuracy, standing.evidence), default=None)
    return Choice(_DEFAULT_MODEL if best is None else best.model, tuple(standings))


def _standing(record: GoldRecord, model: Model) -> Standing:
    tasks, found = record.tasks[model], record.right.get(model, 0)
    right, wrong = found + 0.5, tasks - found + 0.5
    gained, lost = record.gained.get(model, 0), record.lost.get(model, 0)
    better = float(betainc(lost + 1, gained + 1, 0.5))
    return Standing(
        model=model,
        tasks=tasks,
        accuracy=right / (right + wrong),
        low=float(betaincinv(right, wrong, 0.025)),
        high=float(betaincinv(right, wrong, 0.975)),
        better=better,
        evidence=2.0 * better * exp(min(float(betaln(gained + 1, lost + 1)) + (gained + lost) * log(2.0), _MOST)),
    )


def _change(counts: dict[Model, int], model: Model, by: int) -> None:
    left = counts.get(model, 0) + by
    if left:
        counts[model] = left
    else:
        counts.pop(model, None)
