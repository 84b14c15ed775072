"""JSON text with places for names: tasks that are alike but for names are written once, and then filled in.

>>> template = Template.of(b'{"task":"' + SLOT.encode() + b't","label":"day"}', ["p", "t"])
>>> template.fill([b'"street"', b'"t-17"'])
b'{"task":"t-17","label":"day"}'
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["SLOT", "Template", "slot"]

SLOT = "\ue000"
"""Begins a string that stands for another: a private character of Unicode. Who sends it is served without templates."""

_PLACE = re.compile(b'"' + SLOT.encode() + b'([^"]*)"')


def slot(name: str) -> str:
    """The string that stands for the value called `name`; JSON has to write it as it is."""
    return SLOT + name


class Template:
    """A text cut at its slots."""

    __slots__ = ("_pieces", "_places")

    def __init__(self, pieces: list[bytes], places: list[int]) -> None:
        self._pieces = pieces
        self._places = places

    @classmethod
    def of(cls, text: bytes, names: Sequence[str]) -> Template:
        """Cut a JSON text that was written with `slot(name)`s for strings, or for whole numbers.

        Raises:
            ValueError: a slot is not among the `names`.
        """
        cut = _PLACE.split(text)
        return cls(cut, [names.index(name.decode()) for name in cut[1::2]])

    def fill(self, values: Sequence[bytes]) -> bytes:
        """The text with these JSON values, in the order of the names, in place."""
        pieces = self._pieces.copy()
        pieces[1::2] = [values[place] for place in self._places]
        return b"".join(pieces)
