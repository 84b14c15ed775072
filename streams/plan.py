"""A project's settings with every default filled in: what the stages work from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import msgspec
from msgspec import UNSET, Struct

from streams.contracts.reliability import ControlReliability
from streams.contracts.settings import (
    SIMILARITY_DEFAULTS,
    TYPE_DEFAULTS,
    ControlSettings,
    ProjectSettings,
    SimilarityDefaults,
)
from streams.platforms import PLATFORMS, Preset, preset
from streams.settings import settings_hash
from streams.template import SLOT

__all__ = ["NOTHING", "ControlPlan", "Learned", "Plan"]


Learned: TypeAlias = Mapping[str, Mapping[str, ControlReliability]]
"""Control → annotator → how far their answers can be trusted."""
NOTHING: Learned = MappingProxyType({})
"""Learned of nobody."""


class ControlPlan(Struct, frozen=True, eq=False):
    """One control, resolved for one region type. Compared by identity, as `Plan` is: one per control and version."""

    type: str
    metric: str
    similarity: str
    """How marks are told to be one object, and compared unless a platform's way is asked for."""
    by_platform: bool
    """Whether the score compares marks as the platform of `metric` does, where that differs."""
    aggregate: str
    threshold: float | None
    adjudication: str
    weight: float
    labels: tuple[str, ...]
    minimum_similarity: float
    minimum_support: float
    loose_similarity: float
    fusion: str
    scale: tuple[float | None, float | None]
    tolerance: float | None
    fold_case: bool
    text_weight: float


class Plan:
    """One project, resolved; made once per version of its settings, because hashing costs more than scoring does.

    >>> Plan(ProjectSettings()).control("scene", ["choice", "choice"]).metric
    'exact'
    """

    __slots__ = ("_controls", "hash", "learned", "redecide_us", "remembered", "remembers", "settings")

    def __init__(self, settings: ProjectSettings, learned: Learned = NOTHING) -> None:
        self.settings = settings
        self.learned = learned
        """As far as is known; it changes while the plan stays."""
        self.hash = settings_hash(settings)
        weighed = any(control.adjudication == "weighted" for control in settings.controls.values())
        routing = settings.routing
        again = weighed and routing.redecide_when_weight_moves is not None
        self.redecide_us = routing.redecide_after_seconds * 1_000_000 if again else None
        """How long after it was last touched a decided task is first looked at again; None: never."""
        self.remembers = (
            not weighed and settings.gold.promote_at is None and SLOT.encode() not in msgspec.json.encode(settings)
        )
        """Whether nothing depends on names or times, so that what one task comes to, all like it do."""
        self.remembered: dict[tuple[Any, ...], Any] = {}
        """What `streams.judge` has worked out under these settings."""
        self._controls: dict[tuple[str, str], ControlPlan] = {}

    def control(self, name: str, types: Iterable[str]) -> ControlPlan | None:
        """How to score a control whose regions have `types`; None when nothing says what type it is.

        An unconfigured control takes the type that most of its regions have, ties to the first by name.
        """
        settings = self.settings.controls.get(name, _UNCONFIGURED)
        kind = settings.type or _commonest(types)
        if kind is None:
            return None
        found = self._controls.get((name, kind))
        if found is None:
            found = self._controls[(name, kind)] = _resolve(kind, settings, preset(self.settings.profile, kind))
        return found


_UNCONFIGURED = ControlSettings()
_AS_IOU = SimilarityDefaults()


def _commonest(types: Iterable[str]) -> str | None:
    counts: dict[str, int] = {}
    for name in types:
        counts[name] = counts.get(name, 0) + 1
    return min(counts, key=lambda name: (-counts[name], name)) if counts else None


def _resolve(kind: str, settings: ControlSettings, given: Preset) -> ControlPlan:
    default = TYPE_DEFAULTS[kind]
    threshold = settings.agreement_threshold
    metric = settings.metric or given.metric or default.metrics[0]
    # A platform's formula for objects says how annotators are brought together, too.
    aggregate = metric if metric in PLATFORMS else settings.aggregate or given.aggregate or default.aggregates[0]
    similarity = settings.similarity or next(iter(default.similarities), "")
    alike = SIMILARITY_DEFAULTS.get(similarity, _AS_IOU)
    return ControlPlan(
        type=kind,
        metric=metric,
        similarity=similarity,
        by_platform=metric in PLATFORMS and settings.similarity is None,
        aggregate=aggregate,
        threshold=default.agreement_threshold if threshold is UNSET else threshold,
        adjudication=settings.adjudication or default.adjudications[0],
        weight=settings.weight,
        labels=tuple(settings.labels),
        minimum_similarity=settings.minimum_similarity or alike.minimum,
        minimum_support=settings.minimum_support,
        loose_similarity=settings.loose_similarity or alike.loose,
        fusion=settings.fusion or next(iter(default.fusions), ""),
        scale=(settings.scale_minimum, settings.scale_maximum),
        tolerance=settings.tolerance,
        fold_case=settings.fold_case,
        text_weight=settings.text_weight,
    )
