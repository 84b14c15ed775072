"""Text that a marked place reads (OCR, transcripts): place and text are judged together.

Which marks are one object the place alone decides, so a misread word is a wrong text and no missing mark. What a pair
is worth then falls by its texts: `similarity · (1 - w + w · text)`, the product of both for the default w = 1
(`scoring.sequences.region_text`, there over all pairs of marks). A mark without a text beside one with a text has not
been transcribed: it reads as the empty text does. Two without are compared by their places alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from scoring.agreement.objects import ObjectAgreement
from scoring.agreement.text import LONGEST_TEXT, compare_texts, normalise_text
from streams.plan import ControlPlan

__all__ = ["Worth", "text_worth", "with_texts"]

_READ = frozenset(("box", "polygon", "mask", "ellipse", "area", "segment"))
"""A span's text is what it spans: compared by the span already."""


Worth = Callable[[str | None, str | None], float]
"""What a matched pair keeps of its similarity by its texts, in [0, 1]; all of it where both have none."""


def text_worth(plan: ControlPlan) -> Worth | None:
    """How texts are compared under a control.

    None: texts do not matter to the control.
    """
    weight = plan.text_weight
    if plan.type not in _READ or not weight:
        return None
    compare = compare_texts("edit", LONGEST_TEXT)

    def worth(a: str | None, b: str | None) -> float:
        if a == b:
            return 1.0
        alike = compare(normalise_text(a or "", plan.fold_case), normalise_text(b or "", plan.fold_case))
        return 1.0 - weight + weight * alike

    return worth


def with_texts(
    agreement: ObjectAgreement, owners: Sequence[int], regions: Sequence[Any], plan: ControlPlan
) -> ObjectAgreement:
    """The agreement with every matched pair of one label worth what its texts leave of it."""
    worth = text_worth(plan)
    if worth is None or not any(region.text is not None for region in regions):
        return agreement
    counts = [0] * len(agreement.matrix)
    for owner in owners:
        counts[owner] += 1
    matrix = [list(row) for row in agreement.matrix]
    for pair in agreement.pairs:
        lost = 1.0 - worth(regions[pair.first].text, regions[pair.second].text) if pair.same_label else 0.0
        if lost:
            a, b = owners[pair.first], owners[pair.second]
            counted = 1.0 if plan.metric == "f1" else pair.similarity
            left = matrix[a][b] - 2.0 * counted * lost / (counts[a] + counts[b])
            matrix[a][b] = matrix[b][a] = max(0.0, left)
    return replace(agreement, matrix=matrix)
