"""Marks and the consensus objects made of them: where each annotator differs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from scoring.agreement.similarity import Similarity, entries
from streams.contracts.decisions import Conflict, ConflictKind
from streams.contracts.regions import AttributeValue
from streams.plan import ControlPlan
from streams.stages.adjudicate.voters import Voters

__all__ = ["Drawn", "Found", "object_conflicts", "source"]


class Drawn(Struct):
    """The counted annotators' marks; `owners` are places among the voters."""

    shapes: list[Any]
    owners: list[int]
    regions: list[Any]
    similarity: Similarity


class Found(Struct):
    """One consensus object, with the marks of its cluster."""

    label: str
    attributes: dict[str, AttributeValue]
    shape: Any
    members: list[int]
    overlaps: list[float]
    """Similarity of each member with it."""
    confidence: float
    sources: list[str]
    text: str | None
    origin: int | None
    """The mark that it is; None where it is fused."""


def source(voters: Voters, drawn: Drawn, i: int) -> str:
    """The region of the i-th mark, as consumers name it."""
    return f"{voters.submissions[drawn.owners[i]]}/{drawn.regions[i].id}"


def object_conflicts(
    plan: ControlPlan, voters: Voters, drawn: Drawn, found: Sequence[Found], left_over: Sequence[list[int]]
) -> list[Conflict]:
    """What annotators have missed, added or drawn otherwise: object by object, then what is in none of them."""
    conflicts: list[Conflict] = []
    copies: dict[int, list[str]] = {}
    for one in found:
        copies.setdefault(one.members[0], []).extend(one.sources)
    for number, one in enumerate(found, 1):
        name = f"object {number} of the consensus"
        drew = {drawn.owners[i] for i in one.members}
        absent = [voters.ids[i] for i in range(len(voters.ids)) if i not in drew]
        kept = copies.pop(one.members[0], None)  # an object that several marks are kept of is missing once
        if absent and kept:
            detail = f"{name} not drawn"
            conflicts.append(Conflict(kind="missing", annotators=absent, regions=sorted(kept), detail=detail))
        conflicts += _member_conflicts(plan, voters, drawn, one, name)
    return conflicts + _left_over_conflicts(plan, voters, drawn, found, left_over)


def _left_over_conflicts(
    plan: ControlPlan, voters: Voters, drawn: Drawn, found: Sequence[Found], left_over: Sequence[list[int]]
) -> list[Conflict]:
    kept: dict[int, list[int]] = {}
    for i in {i for one in found for i in one.members}:
        kept.setdefault(drawn.owners[i], []).append(i)

    def again(i: int) -> bool:
        same = [j for j in kept.get(drawn.owners[i], ()) if drawn.regions[j].label == drawn.regions[i].label]
        return any(alike >= plan.loose_similarity for alike in entries(drawn.similarity, same, i))

    conflicts: list[Conflict] = []
    for members in sorted(left_over):
        twice = [i for i in members if again(i)]
        extra = [i for i in members if i not in twice]
        if extra:
            conflicts.append(_members_differ("extra", voters, drawn, extra, "drawn by too few to be kept"))
        if twice:
            conflicts.append(_members_differ("count", voters, drawn, twice, "an object that they have drawn already"))
    return conflicts


def _member_conflicts(plan: ControlPlan, voters: Voters, drawn: Drawn, one: Found, name: str) -> list[Conflict]:
    by_label: dict[str, list[int]] = {}
    for i in one.members:
        if drawn.regions[i].label != one.label:
            by_label.setdefault(drawn.regions[i].label, []).append(i)
    conflicts = [
        _members_differ("wrong_label", voters, drawn, members, f"{name} labelled {label}")
        for label, members in sorted(by_label.items())
    ]
    loose = [i for i, overlap in zip(one.members, one.overlaps, strict=True) if overlap < plan.loose_similarity]
    if loose:
        unit = "IoU" if plan.similarity == "iou" else "similarity"
        detail = f"{name} overlaps by less than {plan.loose_similarity:g} {unit}"
        conflicts.append(_members_differ("loose_boundary", voters, drawn, loose, detail))
    other = [i for i in one.members if drawn.regions[i].attributes != one.attributes]
    if other:
        conflicts.append(_members_differ("attribute", voters, drawn, other, f"{name} with other attributes"))
    read = [i for i in one.members if drawn.regions[i].text != one.text]
    if read:
        conflicts.append(_members_differ("value", voters, drawn, read, f"{name} reads otherwise"))
    return conflicts


def _members_differ(kind: ConflictKind, voters: Voters, drawn: Drawn, members: Sequence[int], detail: str) -> Conflict:
    return Conflict(
        kind=kind,
        annotators=sorted({voters.ids[drawn.owners[i]] for i in members}),
        regions=sorted(source(voters, drawn, i) for i in members),
        detail=detail,
    )
