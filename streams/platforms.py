"""Other platforms' agreement: what a project's `profile` presets, and their formulas where our own do not give them.

A profile fills in what a control's settings leave open. Categories need no formula of their own: an exact or Jaccard
comparison as the mean of pairs or the share of the most common answer is what the platforms compute. Objects do: there
the metric has the platform's name, and a control may also ask for it by itself. Where a platform compares two marks
otherwise than we do, `platform_marks` has its way, unless the control's settings name a similarity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np

from scoring.agreement.aggregate import mean_with_others
from scoring.agreement.similarity import Similarity, as_dense, submatrix
from scoring.profiles import ango, cvat, dataloop, label_studio, redbrick
from scoring.profiles.score import ProfileScore
from scoring.types import Array, Matrix, Undefined
from streams.contracts.settings import PLATFORMS, ProfileName

__all__ = [
    "MARKS",
    "PLATFORMS",
    "PLATFORM_POINTS",
    "PlatformFigures",
    "Preset",
    "platform_figures",
    "platform_points",
    "preset",
]

Place = tuple[float, float]

MARKS: Final = 1_000
"""Marks on one control of a task up to which a platform's formula is worked out: it compares every two."""


class Preset(NamedTuple):
    """What a profile gives a control whose settings are silent; None: our own default of the type."""

    metric: str | None = None
    aggregate: str | None = None


_SHARE: Final = Preset("exact", aggregate="consensus_share")
_PAIRS: Final = Preset("exact", aggregate="pairs")
_ANSWERS: Final = ("choice", "choices", "boolean", "text", "number", "rating", "ranking", "taxonomy")

_PRESETS: Final[dict[ProfileName, dict[str, Preset]]] = {
    "ango": dict.fromkeys(_ANSWERS, _SHARE),
    "cvat": dict.fromkeys(("choice", "choices", "boolean"), _PAIRS),
    "dataloop": {"choice": _PAIRS, "boolean": _PAIRS, "choices": Preset("jaccard", aggregate="pairs")},
    "label_studio": {
        "choice": _PAIRS, "boolean": _PAIRS, "choices": _PAIRS, "taxonomy": _PAIRS, "text": Preset("edit"),
        "number": Preset("scale"), "rating": Preset("scale"),
    },
    "redbrick": dict.fromkeys(("choice", "choices", "boolean", "text"), _PAIRS),
}  # fmt: skip
"""As `scoring.profiles` documents the platforms, with the sources."""


PLATFORM_POINTS: Final = ("label_studio", "redbrick")
"""Whose measures of points need the image's size; where nobody has said it, points are compared by our own."""


def platform_points(platform: str, points: Sequence[Place], size_px: tuple[float, float]) -> Array:
    """Points as one of `PLATFORM_POINTS` compares them, (N, N), in an image of this size.

    All at once what `scoring.profiles` says of two: with `redbrick.point_similarity`, and `label_studio`'s of
    percentages of the sides.

    >>> platform_points("redbrick", [(0, 0), (30, 80)], (100, 200))[0, 1].round(4).item()
    0.6464
    """
    places: Array = np.array(points, dtype=np.float64).reshape(-1, 2) / np.array(size_px)
    if platform == "label_studio":
        percent = 100.0 * places
        similarity: Array = np.all(np.abs(percent[:, None] - percent) < 1.0, axis=2).astype(np.float64)
    else:
        similarity = np.maximum(0.0, 1.0 - np.sqrt(np.square(places[:, None] - places).sum(axis=2) / 2.0))
    return similarity


def preset(profile: ProfileName | None, kind: str) -> Preset:
    """What a profile gives a control of a region type.

    >>> preset("ango", "choice").aggregate, preset("cvat", "box").metric, preset(None, "box").metric
    ('consensus_share', 'cvat', None)
    """
    if profile is None:
        return Preset()
    return _PRESETS[profile].get(kind) or Preset(None if kind in _ANSWERS else profile)


class PlatformFigures(NamedTuple):
    """A control's agreement in the way of a platform."""

    matrix: Matrix
    """Everybody's, as `ProfileScore.matrix`."""
    score: float | Undefined
    """Of those who count."""
    individual: list[float | None]
    """Of those who count the figure that ranks them; of others the mean with those who count."""


def platform_figures(
    platform: str,
    kind: str,
    similarity: Similarity,
    owners: Sequence[int],
    regions: Sequence[Any],
    rows: int,
    counted: list[int],
) -> PlatformFigures | Undefined:
    """Objects by the formula of a platform.

    Args:
        platform: one of `PLATFORMS`.
        kind: the type of the marks.
        similarity: of all marks.
        owners: of the marks, 0 to `rows` - 1, never decreasing.
        regions: of the marks: their labels and attributes.
        rows: how many annotators answered.
        counted: the rows of those who count, ascending.

    Returns:
        Figures; a score that is undefined with fewer than two who count. `Undefined` for more than `MARKS` marks.
    """
    if len(owners) > MARKS:
        return Undefined(f"{platform} compares every two marks: at most {MARKS} are; got {len(owners)}")
    compare = _OF_A_TYPE.get((platform, kind)) or _OBJECTS[platform]
    everybody = compare(similarity, owners, regions, rows)
    if len(counted) < 2:
        return PlatformFigures(everybody.matrix, Undefined(_FEW.format(len(counted))), [None] * rows)
    scored = everybody
    if len(counted) < rows:
        place = {row: i for i, row in enumerate(counted)}
        mine = [i for i, owner in enumerate(owners) if owner in place]
        theirs = [regions[i] for i in mine]
        scored = compare(submatrix(similarity, mine), [place[owners[i]] for i in mine], theirs, len(counted))
    individual = mean_with_others(everybody.matrix, counted)
    for row, figure in zip(counted, scored.by_annotator, strict=True):
        individual[row] = figure
    return PlatformFigures(everybody.matrix, scored.score, individual)


_FEW: Final = "needs two annotators who count, got {}"
_Formula = Callable[[Similarity, Sequence[int], Sequence[Any], int], ProfileScore]


def _plain(formula: Callable[..., ProfileScore]) -> _Formula:
    return lambda similarity, owners, regions, annotators: formula(
        as_dense(similarity), owners, [region.label for region in regions], annotators
    )


def _dataloop(similarity: Similarity, owners: Sequence[int], regions: Sequence[Any], annotators: int) -> ProfileScore:
    labels = [region.label for region in regions]
    attributes = [frozenset(f"{name}={value}" for name, value in region.attributes.items()) for region in regions]
    return dataloop.objects(as_dense(similarity), owners, labels, annotators, attributes)


_OBJECTS: Final[dict[str, _Formula]] = {
    "ango": _plain(ango.objects),
    "cvat": _plain(cvat.objects),
    "dataloop": _dataloop,
    "label_studio": _plain(label_studio.objects),
    "redbrick": _plain(redbrick.objects),
}
_OF_A_TYPE: Final[dict[tuple[str, str], _Formula]] = {
    ("cvat", "segment"): _plain(partial(cvat.objects, iou_threshold=cvat.AUDIO_IOU)),
}
