"""Objects: boxes of several annotators → the boxes that they mean.

The counted annotators' boxes are clustered through their matching; a cluster is one object of the image as they see it.
`fuse` (and `weighted`) makes one box of each cluster that enough of them drew; `best_annotator`, `best_answer` and
`select_all` choose among the boxes that were drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum

import numpy as np
from msgspec import Struct

from scoring.consensus.boxes import fuse_clusters
from scoring.consensus.clusters import cluster
from scoring.consensus.pick import best_answer_per_class, select_all
from scoring.consensus.votes import vote
from scoring.types import Array, Boxes
from streams.contracts.decisions import Conflict, ConflictKind, ConsensusBox
from streams.contracts.events import AttributeValue, Box
from streams.plan import ControlPlan
from streams.scores import ControlScore, ObjectEvidence
from streams.stages.adjudicate.voters import DIGITS, Settled, Voters, best_voter

__all__ = ["settle_objects"]


class Drawn(Struct):
    """The counted annotators' boxes; `owners` are places among the voters."""

    boxes: Array
    owners: list[int]
    regions: list[Box]
    similarity: Array


class Found(Struct):
    """One consensus box, with the boxes of its cluster."""

    box: ConsensusBox
    members: list[int]
    overlaps: list[float]
    """IoU of each member with the consensus box."""


def settle_objects(control: ControlScore, voters: Voters) -> Settled:
    """The consensus boxes of one control, and where each annotator differs from them."""
    drawn = _drawn(control.evidence, voters)  # type: ignore[arg-type]
    if not drawn.regions:
        return Settled([], None, [])
    labels = [region.label for region in drawn.regions]
    clusters = cluster(drawn.similarity, drawn.owners, labels, control.plan.minimum_iou, _places(drawn.regions))
    chosen = _chosen(control, voters, drawn, clusters, labels)
    found = _consensus_boxes(control, voters, drawn, chosen)
    found.sort(key=lambda f: (f.box.label, f.box.x, f.box.y, f.box.width, f.box.height, f.box.sources))
    kept = {i for members, _ in chosen for i in members}
    left_over = [members for members in clusters if not kept.intersection(members)]
    conflicts = _conflicts(control.plan, voters, drawn, found, left_over)
    return Settled([f.box for f in found], None, conflicts)


def _drawn(evidence: ObjectEvidence, voters: Voters) -> Drawn:
    if len(voters.rows) == len(evidence.agreement.matrix):
        return Drawn(evidence.boxes, evidence.owners, evidence.regions, evidence.similarity)
    place = {row: i for i, row in enumerate(voters.rows)}
    mine = [i for i, owner in enumerate(evidence.owners) if owner in place]
    return Drawn(
        evidence.boxes[mine],
        [place[evidence.owners[i]] for i in mine],
        [evidence.regions[i] for i in mine],
        evidence.similarity[np.ix_(mine, mine)],
    )


def _places(regions: Sequence[Box]) -> list[int]:
    """Each box's place in an order of their content, which decides between equal linkages."""
    order = sorted(range(len(regions)), key=lambda i: (regions[i].label, *_corners(regions[i]), i))
    places = [0] * len(regions)
    for place, i in enumerate(order):
        places[i] = place
    return places


def _corners(box: Box) -> tuple[float, ...]:
    return (box.x, box.y, box.width, box.height, box.rotation_degrees)


def _chosen(
    control: ControlScore, voters: Voters, drawn: Drawn, clusters: list[list[int]], labels: list[str]
) -> list[tuple[list[int], int | None]]:
    """(members of the cluster, the box to keep as it is; None: fuse them) for every consensus box."""
    method = control.plan.adjudication
    if method in ("fuse", "weighted"):
        weights = voters.weights or [1.0] * len(voters.ids)
        needed = control.plan.minimum_support * sum(weights)
        return [(m, None) for m in clusters if sum(weights[drawn.owners[i]] for i in m) > needed]
    if method == "best_annotator":
        best = best_voter(control, voters)
        keep = [i for i, owner in enumerate(drawn.owners) if owner == best]
    elif method == "best_answer":
        everyone = range(len(voters.ids))
        keep = best_answer_per_class(drawn.similarity, drawn.owners, labels, len(voters.ids), everyone, voters.ids)
    else:
        keep = select_all(drawn.owners, range(len(voters.ids)))
    home = {i: members for members in clusters for i in members}
    return [(home[i], i) for i in keep]


def _consensus_boxes(
    control: ControlScore, voters: Voters, drawn: Drawn, chosen: Sequence[tuple[list[int], int | None]]
) -> list[Found]:
    weights = [voters.weights[owner] if voters.weights else 1.0 for owner in drawn.owners]
    total = fsum(voters.weights) if voters.weights else float(len(voters.ids))
    made = fuse_clusters(drawn.boxes, [members for members, _ in chosen], total, weights, control.plan.fusion)  # type: ignore[arg-type]
    found: list[Found] = []
    for fused, (members, keep) in zip(made, chosen, strict=True):
        if keep is None:
            regions, own = [drawn.regions[i] for i in members], [weights[i] for i in members]
            label = str(vote([r.label for r in regions], own, control.plan.labels).winner)
            attributes = _vote_attributes(regions, own)
            box = _box(control.name, voters, drawn, members, members, fused.box, label, attributes, fused.confidence)
            found.append(Found(box, members, fused.overlaps))
        else:
            found.append(_kept_box(control.name, voters, drawn, members, keep, weights, total))
    return found


def _kept_box(
    control: str, voters: Voters, drawn: Drawn, members: list[int], keep: int, weights: list[float], total: float
) -> Found:
    """One annotator's box as it is, with what the others of its cluster say for it."""
    overlaps = drawn.similarity[members, keep].tolist()
    region = drawn.regions[keep]
    sure = fsum(weights[i] * overlap for i, overlap in zip(members, overlaps, strict=True)) / total
    box = _box(control, voters, drawn, members, [keep], drawn.boxes[keep], region.label, region.attributes, sure)
    return Found(box, members, overlaps)


def _box(
    control: str, voters: Voters, drawn: Drawn, members: list[int], sources: list[int], geometry: Boxes, label: str,
    attributes: dict[str, AttributeValue], confidence: float,
) -> ConsensusBox:  # fmt: skip
    x, y, width, height, rotation = (round(v, DIGITS) + 0.0 for v in geometry.tolist())
    return ConsensusBox(
        id="", control=control, label=label, x=x, y=y, width=width, height=height, rotation_degrees=rotation,
        attributes=attributes,
        support=sorted(voters.ids[drawn.owners[i]] for i in members),
        confidence=round(confidence, DIGITS),
        sources=sorted(_source(voters, drawn, i) for i in sources),
    )  # fmt: skip


def _vote_attributes(regions: Sequence[Box], weights: Sequence[float]) -> dict[str, AttributeValue]:
    """Each attribute by itself; one that most did not set is left out."""
    names = sorted({name for region in regions for name in region.attributes})
    agreed: dict[str, AttributeValue] = {}
    for name in names:
        # JSON text keeps 1, true and "1" apart, which Python's == does not, and sorts without complaint.
        spelled = {
            _spell(region.attributes[name]): region.attributes[name] for region in regions if name in region.attributes
        }
        ballots = [_spell(region.attributes[name]) if name in region.attributes else None for region in regions]
        winner = vote(ballots, weights).winner
        if winner is not None:
            agreed[name] = spelled[str(winner)]
    return agreed


def _spell(value: AttributeValue) -> str:
    return f"{type(value).__name__}:{value}"


def _source(voters: Voters, drawn: Drawn, i: int) -> str:
    return f"{voters.submissions[drawn.owners[i]]}/{drawn.regions[i].id}"


def _conflicts(
    plan: ControlPlan, voters: Voters, drawn: Drawn, found: Sequence[Found], left_over: Sequence[list[int]]
) -> list[Conflict]:
    conflicts: list[Conflict] = []
    for number, one in enumerate(found, 1):
        name = f"object {number} of the consensus"
        drew = {drawn.owners[i] for i in one.members}
        absent = [i for i in range(len(voters.ids)) if i not in drew]
        if absent:
            ids = [voters.ids[i] for i in absent]
            conflicts.append(
                Conflict(kind="missing", annotators=ids, regions=one.box.sources, detail=f"{name} not drawn")
            )
        conflicts += _member_conflicts(plan, voters, drawn, one, name)
    conflicts += [
        _members_differ("extra", voters, drawn, members, "drawn by too few to be kept") for members in sorted(left_over)
    ]
    return conflicts


def _member_conflicts(plan: ControlPlan, voters: Voters, drawn: Drawn, one: Found, name: str) -> list[Conflict]:
    by_label: dict[str, list[int]] = {}
    for i in one.members:
        if drawn.regions[i].label != one.box.label:
            by_label.setdefault(drawn.regions[i].label, []).append(i)
    conflicts = [
        _members_differ("wrong_label", voters, drawn, members, f"{name} labelled {label}")
        for label, members in sorted(by_label.items())
    ]
    loose = [i for i, overlap in zip(one.members, one.overlaps, strict=True) if overlap < plan.loose_iou]
    if loose:
        detail = f"{name} overlaps by less than {plan.loose_iou:g} IoU"
        conflicts.append(_members_differ("loose_boundary", voters, drawn, loose, detail))
    other = [i for i in one.members if drawn.regions[i].attributes != one.box.attributes]
    if other:
        conflicts.append(_members_differ("attribute", voters, drawn, other, f"{name} with other attributes"))
    return conflicts


def _members_differ(kind: ConflictKind, voters: Voters, drawn: Drawn, members: Sequence[int], detail: str) -> Conflict:
    return Conflict(
        kind=kind,
        annotators=sorted({voters.ids[drawn.owners[i]] for i in members}),
        regions=sorted(_source(voters, drawn, i) for i in members),
        detail=detail,
    )
