"""The kinds of regions: one entry per type, and nothing outside this package knows a type by name.

`choice`, `choices` and `boolean` are not here: categories are votes, and `stages.score` and `stages.adjudicate` take
them by a shorter way.
"""

from __future__ import annotations

from streams.kinds.answers import ANSWER_KINDS
from streams.kinds.base import tag_of
from streams.kinds.objects import OBJECT_KINDS

__all__ = ["ANSWER_KINDS", "OBJECT_KINDS", "tag_of", "takes"]

_AREAS = frozenset(("box", "polygon", "mask", "ellipse"))


def takes(kind: str, region_type: type) -> bool:
    """Whether a control of a kind takes a region: one of its own type does, and to `area` whatever covers a place."""
    tag = tag_of(region_type)
    return tag == kind or (kind == "area" and tag in _AREAS)
