"""Every exception that labelquorum raises on purpose.

    LabelquorumError                 shown to a person as one message, without a traceback
    ├── ConfigurationError           the worker, its topics or the settings are not as they must be; lists all problems
    │   └── TransactionsUnavailable  the broker has no transactions, and `exactly-once` was asked for
    └── DeadLetterBudgetExceeded     too much of the input cannot be used: a bad deploy, ours or a producer's

A bad *event* is none of these: it is a value, `Rejected`, and becomes a dead letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["ConfigurationError", "DeadLetterBudgetExceeded", "LabelquorumError", "Rejected", "TransactionsUnavailable"]


class Rejected(NamedTuple):
    """Why an input, or one region of it, can't be used."""

    reason: str
    """One word of a closed set; the README lists them."""
    path: str
    """JSON path of what is wrong; `$` for the record as such."""
    message: str


class LabelquorumError(Exception):
    """Base of all; `exit_code` is the command line's."""

    exit_code = 1


class ConfigurationError(LabelquorumError):
    """Something that a person has to put right; `problems` are all that were found."""

    exit_code = 2

    def __init__(self, problems: Sequence[str], heading: str = "Configuration is not usable") -> None:
        self.problems = list(problems)
        count = len(self.problems)
        lines = "\n".join(f"  - {p}" for p in self.problems)
        super().__init__(f"{heading} ({count} problem{'' if count == 1 else 's'}):\n{lines}")


class TransactionsUnavailable(ConfigurationError):
    """The broker refused a transactional producer."""


class DeadLetterBudgetExceeded(LabelquorumError):
    """Stops the worker before it drains the topic into dead letters."""

    exit_code = 3
