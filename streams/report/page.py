"""The page: one HTML file that needs nothing else, and may fetch nothing.

Everything that others wrote goes through jinja2's escaping. What goes in as it is comes from here: the style, the
script, and the plots, which ElementTree escaped. Should something slip through all the same, the content security
policy lets the browser run no script but the one whose hash it names, and open no connection at all.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from streams.contracts.views import AnnotatorItem, BenchmarkItem
from streams.report import charts, heat, reading, wording
from streams.report.cards import card_of
from streams.report.material import Material, Picture, Views

__all__ = ["render"]

_SERIES = 8
"""Colours of annotators in a drawing; beyond, they come again with dashed lines."""


def render(material: Material) -> str:
    """The whole page. The same material gives the same bytes.

    Args:
        material: what there is; what is missing is said on the page.

    Returns:
        HTML. Encode it as UTF-8.
    """
    environment = _environment()
    script = _source(environment, "script.js")
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{_sha256(script)}'; base-uri 'none'; form-action 'none'"
    )
    return environment.get_template("page.html").render(
        material=material,
        views=material.views,
        charts=_charts(material.views),
        cards=[card_of(task) for task in material.contested],
        columns=reading.columns_of(material.views.annotators) if material.views.annotators else ([], {}),
        headlines=reading.headlines(material.views),
        style=_source(environment, "style.css"),
        script=script,
        policy=policy,
        api=f"/v1/projects/{quote(material.project_id, safe='')}/quality",
    )


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("streams.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,  # a misspelt name fails the test, it does not leave a hole in the page
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {name: getattr(wording, name) for name in wording.__all__}
    environment.filters |= {"data_uri": _data_uri, "alerts_in_order": reading.alerts_in_order, "lean": reading.lean}
    environment.filters |= {"cell": reading.cell_of, "reliability": reading.reliability_of, "most_first": _most_first}
    environment.filters |= {
        "explained": reading.explained,
        "evidence": reading.evidence,
        "described": reading.described,
        "count_px": _whole_px,
    }
    environment.globals |= {"series_count": _SERIES}
    return environment


def _charts(views: Views) -> dict[str, Any]:
    alerts = views.alerts.items if views.alerts else []
    people = views.annotators.items if views.annotators else []
    gold = views.benchmark.items if views.benchmark else []
    classes = views.classes.controls if views.classes else []
    return {
        "trend": charts.agreement_trend(views.agreement, alerts) if views.agreement else None,
        "histogram": charts.agreement_histogram(views.agreement) if views.agreement else None,
        "matrix": heat.agreement_matrix(views.matrix) if views.matrix else None,
        "speed": charts.speed(people),
        "gold": charts.gold_accuracy(views.benchmark) if views.benchmark else None,
        "classes": [charts.class_balance(control, place) for place, control in enumerate(classes)],
        "class_use": [heat.class_use(control, place) for place, control in enumerate(classes)],
        "confusion": _confusions("consensus", (item.confusion for item in people), "the consensus"),
        "gold_confusion": _confusions("truth", (item.confusion for item in gold), "gold"),
        "confusion_of": _confusions_of(
            "consensusof", reading.conspicuous(people, "low_agreement_annotator"), people, "the consensus"
        ),
        "gold_confusion_of": _confusions_of("truthof", reading.conspicuous(people, "low_gold_accuracy"), gold, "gold"),
    }


def _confusions_of(
    name: str, whom: Sequence[AnnotatorItem], known: Sequence[AnnotatorItem | BenchmarkItem], against: str
) -> list[tuple[AnnotatorItem, str, Markup]]:
    """(who, control, their own confusions): an alert about them sends the reader here."""
    confusion = {item.annotator_id: item.confusion for item in known}
    return [
        (item, control, chart)
        for place, item in enumerate(whom)
        for control, chart in _confusions(f"{name}{place}x", [confusion.get(item.annotator_id, {})], against)
    ]


def _confusions(name: str, each: Any, against: str) -> list[tuple[str, Markup]]:
    totals = reading.confusion_total(each)
    drawn = (
        (control, heat.confusion_matrix(f"{name}{place}", rows, against))
        for place, (control, rows) in enumerate(totals.items())
    )
    return [(control, chart) for control, chart in drawn if chart is not None]


def _most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _whole_px(value: float) -> str:
    return wording.count(round(value))


def _source(environment: jinja2.Environment, name: str) -> Markup:
    if environment.loader is None:  # pragma: no cover - set a few lines above
        raise ValueError("expected an environment with a loader")
    return Markup(environment.loader.get_source(environment, name)[0])  # noqa: S704  a file of this package


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _data_uri(picture: Picture) -> str:
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.content).decode()}"
