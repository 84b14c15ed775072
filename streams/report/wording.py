"""Figures, times and names as a person reads them. What others wrote (ids, labels) is made fit to be shown here."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

from streams.contracts.views import Statistic

__all__ = ["count", "duration", "interval", "moment", "number", "percent", "shown", "signed", "words"]

NOTHING = "–"
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
"""Categories of characters that are not seen: controls, text direction marks, halves of characters, line ends."""


def shown(text: object, most: int = 80) -> str:
    r"""Text of others on one line of at most `most` characters, the middle left out, what can't be seen made visible.

    >>> shown("a\x00b\u202ec"), shown("abcdefghij", 7)
    ('a\ufffdb\ufffdc', 'abc…hij')
    """
    whole = str(text)
    if len(whole) > most:
        kept = most - 1
        whole = f"{whole[: kept - kept // 2]}…{whole[len(whole) - kept // 2 :]}"
    return "".join("\ufffd" if unicodedata.category(c) in _HIDDEN else c for c in whole)


def words(name: str) -> str:
    """An identifier of the contracts in words.

    >>> words("loose_boundary")
    'loose boundary'
    """
    return shown(name).replace("_", " ")


def count(value: float) -> str:
    """A number of things; weighted ones have a fraction.

    >>> count(14348), count(2.5)
    ('14,348', '2.5')
    """
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def number(value: float | None, places: int = 2) -> str:
    """A figure on a scale to 1.

    >>> number(0.8346), number(None), number(-0.001)
    ('0.83', '–', '0.00')
    """
    return NOTHING if value is None else f"{value:z.{places}f}"


def signed(value: float | None, places: int = 2) -> str:
    """A difference.

    >>> signed(0.051), signed(-0.1)
    ('+0.05', '−0.10')
    """
    return NOTHING if value is None else f"{value:+z.{places}f}".replace("-", "−")


def percent(value: float | None) -> str:
    """A share.

    >>> percent(0.5), percent(0.004), percent(None)
    ('50 %', '0.4 %', '–')
    """
    if value is None:
        return NOTHING
    return f"{value * 100:.1f} %" if 0 < abs(value) < 0.01 else f"{value * 100:.0f} %"


def interval(statistic: Statistic) -> str:
    """The 95 % interval, or nothing where none is known.

    >>> interval(Statistic(value=0.8, n=9, low=0.71, high=0.86))
    '0.71 to 0.86'
    """
    if statistic.low is None or statistic.high is None:
        return ""
    return f"{number(statistic.low)} to {number(statistic.high)}"


def duration(seconds: float | None) -> str:
    """A stretch of time in its two largest units.

    >>> duration(0.25), duration(12.3), duration(75), duration(3_720), duration(190_000), duration(None)
    ('0.25 s', '12 s', '1 min 15 s', '1 h 2 min', '2 d 4 h', '–')
    """
    if seconds is None:
        return NOTHING
    if seconds < 1:
        return f"{seconds:.2g} s"
    whole = round(seconds)
    for unit, size, below, part in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1)):
        if whole >= size:
            return f"{whole // size:,} {unit} {whole % size // part} {below}"
    return f"{whole} s"


def moment(text: str | None) -> str:
    """An RFC 3339 time to the minute, in UTC.

    >>> moment("2026-01-31T10:04:59.000+01:00"), moment(None)
    ('2026-01-31 09:04 UTC', '–')
    """
    if text is None:
        return NOTHING
    try:
        return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except ValueError:
        return shown(text)
