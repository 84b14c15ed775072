"""Bytes → event, or the reason why not. The only place where input is judged.

One typed parse does the checking. Only what fails it is looked at again: to keep region types that are not scored,
and to say precisely what is wrong.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any, NamedTuple, get_args

import msgspec
from msgspec import UNSET, Struct

from scoring.shapes.mask import Mask as Runs
from streams.contracts.events import (
    AnnotationSubmitted,
    Event,
    GoldSet,
    ReviewDecided,
)
from streams.contracts.regions import (
    FARTHEST,
    Box,
    Choices,
    Keypoints,
    Mask,
    Polygon,
    Polyline,
    Ranking,
    ScoredRegion,
    Taxonomy,
    Text,
    Track,
)
from streams.errors import Rejected
from streams.stages.decode.again import ID_CHARACTERS, WITH_RESULT, look_again, unscored

__all__ = ["Decoded", "decode"]

_parse = msgspec.json.Decoder(Event).decode
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
_LONG: dict[Any, tuple[str, str]] = {
    Polygon: ("points", "points"),
    Polyline: ("points", "points"),
    Keypoints: ("points", "points"),
    Track: ("frames", "frames"),
    Ranking: ("items", "items"),
    Taxonomy: ("paths", "paths"),
    Choices: ("value", "labels"),
}
"""Region type → the field that is bounded, and what it holds."""
_WITH_TEXT = frozenset(kind for kind in get_args(ScoredRegion) if kind is Text or "text" in kind.__struct_fields__)
_TO_BE_CHECKED = frozenset((Box, Mask, *_LONG))


class Decoded(Struct, frozen=True):
    """A usable event, and the regions of it that were set aside."""

    event: Event
    set_aside: tuple[Rejected, ...] = ()


def decode(
    value: bytes | None,
    max_bytes: int = 1_000_000,
    max_regions: int = 1_000,
    max_points: int = 2_000,
    max_characters: int = 20_000,
    max_depth: int = 100,
    max_mask_side_px: int = 2**18,
) -> Decoded | Rejected:
    """Decode one input record.

    Args:
        value: the record's bytes.
        max_bytes: longer records are refused unread.
        max_regions: submissions with more regions are refused.
        max_points: so are regions with more points (a hole has at least one), key frames, items, paths or labels:
            matching and repairing them grows faster than they do.
        max_characters: so are regions with longer texts, their own or what the marked place reads.
        max_depth: so are paths of more levels, and regions of unknown type, which are kept whole: recursive readers
            give up at some depth, which depends on who calls them.
        max_mask_side_px: so are masks that are higher or wider.

    Returns:
        The event, with regions of unknown type as `UnscoredRegion`s, zero-size boxes set aside (a click without a drag
        is no object: it is reported, and the rest of the submission counts), and a region id that repeats within the
        submission made its own (`r1` again is `r1~2`, and nothing is lost; a relation means the first); or `Rejected`.

    >>> decode(b'{"schema": 1').reason
    'malformed_json'
    """
    if value is None:
        return Rejected("empty_record", "$", "expected a JSON event; the record has no value")
    if len(value) > max_bytes:
        return Rejected(
            "oversized", "$", f"expected at most {max_bytes} bytes (max_record_bytes); the record has {len(value)}"
        )
    try:
        event = _parse(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        looked = look_again(value, error, max_depth)
        if isinstance(looked, Rejected):
            return looked
        event = looked
    if not _EARLIEST <= event.occurred_at <= _LATEST:  # a UTC offset can lead past what a calendar holds
        return Rejected(
            "out_of_range", "$.occurred_at", f"expected a time in the years 1970 to 9999 UTC; got {event.occurred_at}"
        )
    if isinstance(event, WITH_RESULT):
        if len(value) > max_characters and isinstance(event.result, list):  # in a shorter record no text is longer
            problem = _text_too_long(event.result, max_characters)
            if problem is not None:
                return problem
        return _check_result(event, max_regions, _Bounds(max_points, max_depth, max_mask_side_px))
    return Decoded(event)


def _check_result(
    event: AnnotationSubmitted | GoldSet | ReviewDecided, max_regions: int, bounds: _Bounds
) -> Decoded | Rejected:
    result = event.result
    if result is UNSET:
        if isinstance(event, ReviewDecided) and event.verdict == "corrected":
            return Rejected(
                "missing_field", "$.result", "expected the corrected result; a verdict `corrected` needs one"
            )
        return Decoded(event)
    if len(result) > max_regions:
        return Rejected(
            "too_many_regions", "$.result", f"expected at most {max_regions} regions (max_regions); got {len(result)}"
        )
    set_aside: list[Rejected] = []
    for index, region in enumerate(result):
        if not region.id:
            region.id = f"r{index + 1}"
        if type(region) not in _TO_BE_CHECKED:
            continue
        if isinstance(region, Box):
            _upright(region)
        path = f"$.result[{index}]"
        problem = _too_long(region, path, bounds) or _impossible(region, path)
        if problem is None:
            continue
        if problem.reason != "zero_size_box":
            return problem
        set_aside.append(problem)
        # The union's static type knows nothing of regions that decode itself makes.
        result[index] = unscored(msgspec.to_builtins(region), "zero_size_box", region.id)  # type: ignore[call-overload]
    if len(result) > 1 and len({region.id for region in result}) < len(result):
        _name_apart(result)
    return Decoded(event, tuple(set_aside))


def _name_apart(result: list[Any]) -> None:
    """Nothing is lost of regions that share an id, and each can be named: the first keeps it."""
    taken = {region.id for region in result}
    seen: set[str] = set()
    for region in result:
        if region.id in seen:
            name = region.id[: ID_CHARACTERS - 8]
            region.id = next(new for n in count(2) if (new := f"{name}~{n}") not in taken)
            taken.add(region.id)
        seen.add(region.id)


def _impossible(region: Any, path: str) -> Rejected | None:
    """What the types of JSON can't say is wrong with a region."""
    if isinstance(region, Box):
        if min(region.x, region.y) < -FARTHEST:  # what is stored must be readable by the same contract
            message = f"expected corners of at least {-FARTHEST:g} px; a negative size leads past it"
            return Rejected("out_of_range", path, message)
        if region.width == 0 or region.height == 0:
            side = "width" if region.width == 0 else "height"
            message = "expected a size above 0 px; a box without area is set aside, the rest of the submission counts"
            return Rejected("zero_size_box", f"{path}.{side}", message)
    elif isinstance(region, Mask):
        try:
            Runs.of(region.size, region.counts)
        except ValueError as error:
            return Rejected("invalid_geometry", f"{path}.counts", str(error))
    return None


class _Bounds(NamedTuple):
    """How much of a region is read; see `decode`."""

    points: int
    depth: int
    mask_side_px: int


def _too_long(region: Any, path: str, bounds: _Bounds) -> Rejected | None:
    kind = type(region)
    if kind is Mask:
        return _too_wide(region, path, bounds.mask_side_px)
    if kind not in _LONG:
        return None
    name, what = _LONG[kind]
    number = len(getattr(region, name)) + sum(max(1, len(hole)) for hole in getattr(region, "holes", ()))
    if number > bounds.points:
        message = f"expected at most {bounds.points} {what} (max_points); got {number}"
        return Rejected("too_many_points", f"{path}.{name}", message)
    if kind is Taxonomy and (levels := max(map(len, region.paths), default=0)) > bounds.depth:
        message = f"expected paths of at most {bounds.depth} levels (max_depth); got {levels}"
        return Rejected("out_of_range", f"{path}.paths", message)
    return None


def _too_wide(mask: Mask, path: str, most_px: int) -> Rejected | None:
    for place, side in enumerate(mask.size):
        if side > most_px:
            message = f"expected a side of at most {most_px} px (max_mask_side_px); got {side}"
            return Rejected("out_of_range", f"{path}.size[{place}]", message)
    return None


def _text_too_long(result: list[Any], max_characters: int) -> Rejected | None:
    for index, region in enumerate(result):
        if type(region) in _WITH_TEXT:
            field = "value" if type(region) is Text else "text"
            length = len(getattr(region, field) or "")
            if length > max_characters:
                message = f"expected at most {max_characters} characters (max_characters); got {length}"
                return Rejected("out_of_range", f"$.result[{index}].{field}", message)
    return None


def _upright(box: Box) -> None:
    """A box drawn from right to left, or from bottom to top, has a negative size: the same box, said differently."""
    if box.width < 0:
        box.x, box.width = box.x + box.width, -box.width
    if box.height < 0:
        box.y, box.height = box.y + box.height, -box.height
