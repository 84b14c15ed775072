"""What a report is made of: documents of `contracts.views`, and the tasks to be drawn; plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import msgspec

from streams.contracts.decisions import Decision
from streams.contracts.regions import Region
from streams.contracts.views import (
    AgreementView,
    AlertsView,
    AnnotatorsView,
    BenchmarkView,
    ClassesView,
    MatrixView,
    OverviewView,
)

__all__ = ["Answer", "ContestedTask", "Material", "Picture", "Views"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """The documents of one project. One that is not there leaves its part of the page out, and the page says so."""

    overview: OverviewView | None = None
    agreement: AgreementView | None = None
    annotators: AnnotatorsView | None = None
    benchmark: BenchmarkView | None = None
    alerts: AlertsView | None = None
    matrix: MatrixView | None = None
    classes: ClassesView | None = None

    @classmethod
    def of(cls, documents: Mapping[str, Any]) -> Views:
        """From view name → document, as structs or as JSON has them; others than those above are passed over.

        Raises:
            msgspec.ValidationError: a document that is not as `contracts.views` says.
        """
        return msgspec.convert({name: documents.get(name) for name in cls.names()}, cls)

    @classmethod
    def names(cls) -> list[str]:
        """The views that the page shows."""
        return [field.name for field in fields(cls)]


@dataclass(frozen=True, slots=True)
class Picture:
    """What a task's regions were drawn on, ready to be embedded."""

    media_type: str
    content: bytes
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One annotator's answer to a task."""

    annotator_id: str
    kind: str
    counts: bool
    score: float | None
    result: list[Region] | None
    """None: what the annotator said is not known here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestedTask:
    """A task whose annotators agree little, with what each of them said."""

    decision: Decision
    answers: list[Answer]
    gold: list[Region] | None = None
    width_px: float | None = None
    height_px: float | None = None
    media_url: str | None = None
    picture: Picture | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything that the page shows."""

    project_id: str
    source: str
    """Where it comes from, in a sentence."""
    views: Views
    contested: list[ContestedTask] = field(default_factory=list)
    """Least agreed first."""
    notes: list[str] = field(default_factory=list)
    """What a reader has to know about what is not shown."""
