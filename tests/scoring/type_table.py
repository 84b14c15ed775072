"""The tables of `scoring/README.md` that say what a region type may be given: made from `TYPE_DEFAULTS`, with words.

    python -m tests.scoring.type_table

writes them into the file again. A test holds that the file has what this makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from streams.contracts.settings import TYPE_DEFAULTS, TypeDefaults

__all__ = ["README", "WORDS", "tables", "with_tables"]

README = Path(__file__).parents[2] / "scoring" / "README.md"


class Words(NamedTuple):
    """What `TYPE_DEFAULTS` can't say of a type."""

    parameters: str
    """Settings, as `ControlSettings` names them, and the task's fields."""
    range: str
    """Of the similarity of two answers or marks."""
    undefined: str
    """What the empty and the degenerate give."""
    source: str


_NO_ANSWER = "no answer agrees with no answer, and with nothing else"
_AREA_PARAMETERS = "`tolerance` in px for `boundary_f1` (0.75 % of the diagonal), `width_px`, `height_px`"
_AREA_SOURCE = (
    "Jaccard doi:10.1111/j.1469-8137.1912.tb05611.x, boundary F1 doi:10.5244/C.27.32, GIoU doi:10.1109/CVPR.2019.00075"
)
_SIZE = "`width_px`, `height_px` (diagonal 707 px where nobody says)"

WORDS: dict[str, Words] = {
    "choice": Words("`labels`", "0 or 1", _NO_ANSWER, "equality; share: Label Studio, Ango"),
    "boolean": Words("-", "0 or 1", _NO_ANSWER, "equality; share: Label Studio, Ango"),
    "choices": Words(
        "`labels`", "[0, 1]", "two empty sets 1, an empty one with another 0",
        "Jaccard doi:10.1111/j.1469-8137.1912.tb05611.x; MASI, Passonneau, LREC 2006",
    ),
    "text": Words(
        "`fold_case`", "[0, 1]", f"two empty texts 1, an empty one with another 0; {_NO_ANSWER}",
        "Levenshtein 1966; word error rate over the longer side",
    ),
    "number": Words(
        "`scale_minimum` and `scale_maximum` (none: relative difference), `tolerance` (within it 1, else 0)", "[0, 1]",
        f"further apart than the scale is long 0; {_NO_ANSWER}",
        "Label Studio; relative difference doi:10.1016/S0022-247X(02)00219-6",
    ),
    "rating": Words(
        "`scale_minimum`, `scale_maximum`, `tolerance`, as `number`", "[0, 1]",
        f"further apart than the scale is long 0; {_NO_ANSWER}",
        "Label Studio; relative difference doi:10.1016/S0022-247X(02)00219-6",
    ),
    "ranking": Words(
        "-", "[0, 1]", "two empty lists 1, no common item 0; items that one left out come last there",
        "Kendall doi:10.1093/biomet/33.3.239, footrule doi:10.1111/j.2517-6161.1977.tb01624.x, "
        "partial lists doi:10.1137/05063088X",
    ),
    "taxonomy": Words(
        "-", "[0, 1]", "two without a path 1, one without and one with 0", "Wu and Palmer doi:10.3115/981732.981751"
    ),
    "box": Words(
        "rotation counts; " + _AREA_PARAMETERS, "[0, 1]",
        "without area: set aside and reported, the rest of the submission counts", _AREA_SOURCE,
    ),
    "polygon": Words(
        _AREA_PARAMETERS, "[0, 1]",
        "self-crossing rings by the even-odd rule, scribbles by their hull; without area 1 with an identical one, "
        "else 0",
        _AREA_SOURCE,
    ),
    "mask": Words(
        _AREA_PARAMETERS, "[0, 1]", "an empty mask 1 with an empty one, else 0", f"COCO's mask API; {_AREA_SOURCE}"
    ),
    "polyline": Words(
        _SIZE, "[0, 1]", "without length 1 with an identical one, else 0", "CVAT's `LineMatcher`, made mutual"
    ),
    "point": Words(_SIZE, "[0, 1]", "always defined", "exponential: Dataloop; linear: Ango"),
    "keypoints": Words(
        _SIZE + ", for single joints only", "[0, 1]", "two without joints 1, one without and one with 0",
        "OKS doi:10.1109/ICCV.2017.48, over the joints of either",
    ),
    "ellipse": Words(_AREA_PARAMETERS, "[0, 1]", "without area 1 with an identical one, else 0", _AREA_SOURCE),
    "span": Words(
        "`tolerance` in characters for `tolerant` (1)", "[0, 1]", "without length 1 with an identical one, else 0",
        "Labelbox, Label Studio; exact: CoNLL-2003 doi:10.3115/1119176.1119195",
    ),
    "segment": Words(
        "`tolerance` in seconds for `tolerant` (0.2)", "[0, 1]",
        "another channel 0; without length 1 with an identical one, else 0", "CVAT's audio quality",
    ),
    "track": Words(
        "-", "[0, 1]", "a frame on which only one is there counts 0; without frames 1 with an identical one, else 0",
        "vIoU doi:10.1109/ICCV.2019.00529, frame by frame",
    ),
    "cuboid": Words(
        "-", "[0, 1]", "without volume 1 with an identical one, else 0", "KITTI doi:10.1109/CVPR.2012.6248074"
    ),
    "angle": Words(
        _SIZE, "[0, 1]", "an arm without length: 1 with an identical one, else 0",
        "own: likeness of the openings × nearness of the vertices",
    ),
    "relation": Words(
        "the objects that it connects are clustered first; an end may be any region", "0 or 1",
        "an end that names no region, or is in a circle of relations, is like no other end",
        "relation F1 doi:10.3115/1219840.1219893",
    ),
    "area": Words(
        "boxes, polygons, masks and ellipses of one control; " + _AREA_PARAMETERS, "[0, 1]",
        "without area 1 with an identical one, else 0", _AREA_SOURCE,
    ),
}  # fmt: skip
"""By region type."""


def tables() -> dict[str, str]:
    """Marker → the table that stands between its two lines in the file."""
    agreement = [_agreement(kind, default) for kind, default in TYPE_DEFAULTS.items()]
    adjudication = [_adjudication(kind, default) for kind, default in TYPE_DEFAULTS.items()]
    return {
        "agreement": _table(
            ("type", "default metric", "alternatives", "parameters", "range", "empty or undefined", "source"), agreement
        ),
        "adjudication": _table(
            ("type", "over annotators", "passes at", "adjudication (default first)", "fusion (default first)"),
            adjudication,
        ),
    }


def with_tables(text: str) -> str:
    """The file's text with its tables made anew."""
    for name, table in tables().items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise ValueError(f"expected one place between {begin.strip()} and {end}")
        before, _, rest = text.partition(begin)
        text = before + begin + table + end + rest.partition(end)[2]
    return text


def _agreement(kind: str, default: TypeDefaults) -> Sequence[str]:
    words = WORDS[kind]
    metric, *metrics = default.metrics
    similarity, *similarities = default.similarities or ("",)
    chosen = f"`{metric}` of `{similarity}`" if similarity else f"`{metric}`"
    others = "; ".join(_names(names) for names in (metrics, similarities) if names)
    return (f"`{kind}`", chosen, others or "-", words.parameters, words.range, words.undefined, words.source)


def _adjudication(kind: str, default: TypeDefaults) -> Sequence[str]:
    return (
        f"`{kind}`", _names(default.aggregates), f"{default.agreement_threshold:g}", _names(default.adjudications),
        _names(default.fusions) or "-",
    )  # fmt: skip


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (heading, ["---"] * len(heading), *rows))


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
