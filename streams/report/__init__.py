"""The report: one self-contained page for a project, from documents, decisions and answers given as plain values."""

from __future__ import annotations

from streams.report.contested import AnswersOf, Contested
from streams.report.material import Answer, ContestedTask, Material, Picture, Views
from streams.report.page import render

__all__ = [
    "Answer",
    "AnswersOf",
    "Contested",
    "ContestedTask",
    "Material",
    "Picture",
    "Views",
    "render",
]
