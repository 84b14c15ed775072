"""matplotlib's figures as SVG that belongs to the page: its colours, its font, its ids, and an alternative text.

Colours of the page differ between light and dark, so a plot is drawn in stand-ins (`INK` and so on), which here become
CSS variables. Everything else that matplotlib adds for standing alone (document type, metadata, style sheet) goes.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from io import StringIO
from typing import Any, ParamSpec, TypeVar
from xml.etree import ElementTree as ET

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure

from streams.report.wording import shown

__all__ = [
    "ACCENT",
    "CRITICAL",
    "FAINT",
    "GOOD",
    "INK",
    "LINE",
    "MUTED",
    "PAPER",
    "SECOND",
    "WARNING",
    "styled",
    "to_svg",
]

INK, MUTED, LINE, PAPER = "#010203", "#010204", "#010205", "#010206"
ACCENT, SECOND, FAINT = "#010207", "#010208", "#010209"
GOOD, WARNING, CRITICAL = "#01020a", "#01020b", "#01020c"

_VARIABLES = {
    INK: "--ink", MUTED: "--muted", LINE: "--line", PAPER: "--paper", ACCENT: "--accent", SECOND: "--second",
    FAINT: "--faint", GOOD: "--good", WARNING: "--warning", CRITICAL: "--critical",
}  # fmt: skip
_STAND_IN = re.compile("|".join(_VARIABLES))
_FONT = re.compile(r"\s*font(-family)?: [^;]*'[^;]*;?")
_REFERENCE = re.compile(r"#([\w-]+)")
_DPI = 72

RC: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be searched, copied, and takes the page's font
    "svg.hashsalt": "labelquorum",  # the same figure, the same ids
    "font.family": "DejaVu Sans",  # comes with matplotlib: the layout is the same on every machine
    "font.size": 11,
    "text.color": INK, "axes.labelcolor": MUTED, "axes.edgecolor": LINE, "axes.facecolor": "none",
    "xtick.color": LINE, "ytick.color": LINE, "xtick.labelcolor": MUTED, "ytick.labelcolor": MUTED,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": False, "axes.axisbelow": True,
    "grid.color": LINE, "grid.linewidth": 0.8, "figure.facecolor": "none", "savefig.facecolor": "none",
    "timezone": "UTC", "text.parse_math": False, "axes.unicode_minus": True,
}  # fmt: skip


_P = ParamSpec("_P")
_T = TypeVar("_T")


def styled(draw: Callable[_P, _T]) -> Callable[_P, _T]:
    """Draw under `RC`, whatever else this process has set."""

    @wraps(draw)
    def drawn(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        with mpl.rc_context(RC):
            return draw(*args, **kwargs)

    return drawn


def to_svg(figure: Figure, name: str, label: str, titles: Mapping[str, str] | None = None) -> Markup:
    """The figure as an `<svg>` element.

    Args:
        figure: drawn by a `styled` function, which calls this, too.
        name: unique on the page; its ids begin with it.
        label: the alternative text: what a reader who can't see it has to know.
        titles: gid of an artist → what pointing at it shows.
    """
    with warnings.catch_warnings():
        # Glyphs that the layout font lacks: the browser has them, or another font that does.
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        text = StringIO()
        figure.savefig(text, format="svg", dpi=_DPI, metadata={"Date": None, "Creator": None})
    root = ET.fromstring(text.getvalue())  # noqa: S314  made by matplotlib a line above, from text that `shown` cleaned
    _strip(root)
    for element in root.iter():
        _adopt(element, name)
        if titles and (title := titles.get(element.get("id", "").removeprefix(f"{name}-"))):
            said = ET.Element("title")
            said.text = shown(title, 400)
            element.insert(0, said)
    width, height = (figure.get_size_inches() * _DPI).round().astype(int)
    root.attrib = {
        "class": "chart", "viewBox": f"0 0 {width} {height}", "role": "img", "aria-label": shown(label, 2_000),
        "style": f"max-width: {width}px",
    }  # fmt: skip
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704  serialised, so escaped, by ElementTree


def _strip(root: ET.Element) -> None:
    for parent in list(root.iter()):
        parent.tag = parent.tag.rpartition("}")[2]
        for child in list(parent):
            if child.tag.rpartition("}")[2] in ("metadata", "style"):
                parent.remove(child)


def _adopt(element: ET.Element, name: str) -> None:
    for attribute, value in list(element.attrib.items()):
        plain = attribute.rpartition("}")[2]
        del element.attrib[attribute]
        if plain == "id":
            value = f"{name}-{value}"
        elif plain == "href" or "url(#" in value:
            value = _REFERENCE.sub(rf"#{name}-\1", value)
        elif plain == "style":
            value = _FONT.sub("", _STAND_IN.sub(lambda match: f"var({_VARIABLES[match[0]]})", value)).strip()
        if value:
            element.set(plain, value)
    if element.text is not None and not element.text.strip():
        element.text = None
    element.tail = None
