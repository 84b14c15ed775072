"""Answers that are no shapes, as text, and who gave the same one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from streams.contracts.regions import (
    Boolean,
    Choice,
    Choices,
    Number,
    Ranking,
    Rating,
    Region,
    Relation,
    Taxonomy,
    Text,
    UnscoredRegion,
)

__all__ = ["Said", "answer_groups", "texts_of"]

NO_ANSWER = "no answer"


class Said(NamedTuple):
    """One answer to a control."""

    answer: str
    annotators: list[str]
    """Who gave it, of those whose answers count, sorted."""
    without_vote: list[str]
    """Of the others, as models that are only shown."""
    consensus: bool
    """Whether it is the consensus."""
    gold: bool
    """Whether it is the ground truth."""


def texts_of(regions: Iterable[Region]) -> dict[str, str]:
    """Control → what the regions answer, as text; controls answered by shapes only are left out.

    >>> texts_of([Choices(control="seen", value=["dog", "cat"]), Number(control="how many", value=3.0)])
    {'seen': 'cat, dog', 'how many': '3'}
    """
    regions = list(regions)
    labels = {region.id: getattr(region, "label", "") or region.id for region in regions}
    found: dict[str, list[str]] = defaultdict(list)
    for region in regions:
        text = _text(region, labels)
        if text is not None:
            found[region.control].append(text)
    return {control: "; ".join(sorted(texts)) for control, texts in found.items()}


def answer_groups(
    answers: Sequence[tuple[str, Mapping[str, str]]],
    consensus: Mapping[str, str],
    gold: Mapping[str, str] | None,
    without_vote: Sequence[tuple[str, Mapping[str, str]]] = (),
) -> dict[str, list[Said]]:
    """Control → the different answers, those with most votes first, ties by answer.

    Args:
        answers: (annotator, `texts_of` their answer) of those whose answers count.
        consensus: `texts_of` the consensus.
        gold: `texts_of` the ground truth; None where there is none.
        without_vote: as `answers`, of those whose answers do not count; a control that they left out is passed over.

    >>> answer_groups([("a", {"q": "yes"}), ("b", {"q": "no"}), ("c", {"q": "yes"})], {"q": "yes"}, None)["q"][0]
    Said(answer='yes', annotators=['a', 'c'], without_vote=[], consensus=True, gold=False)
    """
    given = {control for _, texts in (*answers, *without_vote) for control in texts}
    controls = sorted(given | set(consensus) | set(gold or ()))
    groups: dict[str, list[Said]] = {}
    for control in controls:
        by_answer: dict[str, list[str]] = {}
        for annotator, texts in answers:
            by_answer.setdefault(texts.get(control, NO_ANSWER), []).append(annotator)
        aside: dict[str, list[str]] = {}
        for annotator, texts in without_vote:
            if control in texts:
                aside.setdefault(texts[control], []).append(annotator)
                by_answer.setdefault(texts[control], [])
        agreed, true = consensus.get(control), (gold or {}).get(control)
        for known in (agreed, true):
            if known is not None:
                by_answer.setdefault(known, [])
        order = sorted(by_answer, key=lambda answer: (-len(by_answer[answer]), answer))
        groups[control] = [
            Said(a, sorted(by_answer[a]), sorted(aside.get(a, [])), a == agreed, a == true) for a in order
        ]
    return groups


def _text(region: Region, labels: Mapping[str, str]) -> str | None:
    if isinstance(region, Choice | Text):
        return region.value
    if isinstance(region, Boolean):
        return "yes" if region.value else "no"
    if isinstance(region, Number | Rating):
        return f"{region.value:g}"
    if isinstance(region, Choices):
        return ", ".join(sorted(region.value)) or "none of them"
    if isinstance(region, Ranking):
        return " > ".join(region.items)
    if isinstance(region, Taxonomy):
        return ", ".join(" / ".join(path) for path in sorted(region.paths))
    if isinstance(region, Relation):
        arrow = "→" if region.directed else "–"
        return f"{labels.get(region.source, region.source)} {arrow} {labels.get(region.target, region.target)}"
    if isinstance(region, UnscoredRegion):
        return f"a {region.raw.get('type', 'region')} that is not compared"
    return None
