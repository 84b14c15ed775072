"""What the property tests of `scoring.profiles` draw from: the boxes of `tests.scoring.strategies`, as matrices."""

from __future__ import annotations

from collections.abc import Callable

from scoring.agreement.boxes import iou
from scoring.profiles import ango, cvat, dataloop, label_studio, redbrick
from scoring.profiles.score import ProfileScore
from tests.scoring.strategies import Marks

ObjectProfile = Callable[[Marks], ProfileScore]


def _dataloop_consensus(drawn: Marks) -> ProfileScore:
    agreement = dataloop.consensus(iou(drawn.boxes, drawn.boxes), drawn.owners, drawn.labels, len(drawn.answers))
    return agreement.agreement


OBJECT_PROFILES: dict[str, ObjectProfile] = {
    "ango": lambda drawn: ango.objects(iou(drawn.boxes, drawn.boxes), drawn.owners, drawn.labels, len(drawn.answers)),
    "cvat": lambda drawn: cvat.objects(iou(drawn.boxes, drawn.boxes), drawn.owners, drawn.labels, len(drawn.answers)),
    "dataloop": lambda drawn: dataloop.objects(
        iou(drawn.boxes, drawn.boxes), drawn.owners, drawn.labels, len(drawn.answers)
    ),
    "dataloop consensus": _dataloop_consensus,
    "label_studio": lambda drawn: label_studio.objects(
        iou(drawn.boxes, drawn.boxes), drawn.owners, drawn.labels, len(drawn.answers)
    ),
    "redbrick": lambda drawn: redbrick.objects(
        iou(drawn.boxes, drawn.boxes), drawn.owners, drawn.labels, len(drawn.answers)
    ),
}
"""Every profile's score of labelled boxes."""
