"""The kinds of regions: one entry per type, and nothing outside this package knows a type by name.

`choice`, `choices` and `boolean` are not here: categories are votes, and `stages.score` and `stages.adjudicate` take
them by a shorter way.
"""

from __future__ import annotations

from streams.kinds.answers import ANSWER_KINDS
from streams.kinds.objects import OBJECT_KINDS

__all__ = ["ANSWER_KINDS", "OBJECT_KINDS", "tag_of"]


def tag_of(region_type: type) -> str:
    """The `type` of a region struct, as events spell it."""
    return str(region_type.__struct_config__.tag)  # type: ignore[attr-defined]
