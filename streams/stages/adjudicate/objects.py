"""Objects: what several annotators drew or marked → what they mean.

The counted annotators' marks are clustered through their matching; a cluster is one object as they see it. `fuse` (and
`weighted`) makes one mark of each cluster that enough of them drew; `best_annotator`, `best_answer` and `select_all`
choose among the marks that were drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from typing import Any

import msgspec

from scoring.agreement.similarity import entries, submatrix
from scoring.consensus.centre import fused_confidence
from scoring.consensus.clusters import cluster
from scoring.consensus.pick import select_all
from scoring.consensus.text import text_consensus
from scoring.consensus.votes import vote
from streams.contracts.decisions import ConsensusBox
from streams.contracts.regions import FARTHEST, AttributeValue
from streams.kinds import OBJECT_KINDS
from streams.kinds.base import places
from streams.kinds.marked_text import Worth, text_worth
from streams.plan import ControlPlan
from streams.scores import ControlScore, ObjectEvidence
from streams.stages.adjudicate.best_answer import best_answer
from streams.stages.adjudicate.differences import Drawn, Found, object_conflicts, source
from streams.stages.adjudicate.voters import DIGITS, ObjectUnit, Settled, Voters, best_voter, outweigh

__all__ = ["settle_objects"]


def settle_objects(control: ControlScore, voters: Voters) -> Settled:
    """The consensus objects of one control, and where each annotator differs from them."""
    evidence: ObjectEvidence = control.evidence  # type: ignore[assignment]
    drawn = _drawn(evidence, voters)
    if not drawn.regions:
        return Settled([], None, [])
    labels = [region.label for region in drawn.regions]
    order = places(drawn.shapes, labels)
    clusters = cluster(drawn.similarity, drawn.owners, labels, control.plan.minimum_similarity, order)
    chosen = _chosen(control, voters, drawn, clusters)
    found = _found(control, evidence, voters, drawn, chosen)
    found.sort(key=lambda f: (f.label, f.shape if type(f.shape) is tuple else repr(f.shape), f.sources))
    kept = {i for members, _ in chosen for i in members}
    left_over = [members for members in clusters if not kept.intersection(members)]
    conflicts = object_conflicts(control.plan, voters, drawn, found, left_over)
    return Settled(
        consensus=[_region(control, voters, drawn, one) for one in found],
        soft_labels=None,
        conflicts=conflicts,
        members=[[source(voters, drawn, i) for i in one.members] for one in found],
        objects=_units(control.plan, voters, drawn, found, left_over),
    )


def _units(
    plan: ControlPlan, voters: Voters, drawn: Drawn, found: Sequence[Found], left_over: Sequence[list[int]]
) -> list[ObjectUnit]:
    worth = text_worth(plan)
    units: dict[int, ObjectUnit] = {}
    for members in [*(one.members for one in found), *sorted(left_over)]:
        if members[0] not in units:
            rows = [voters.rows[drawn.owners[i]] for i in members]
            labels = [drawn.regions[i].label for i in members]
            units[members[0]] = ObjectUnit([], rows, labels, [0.0] * len(members))
    for one in found:
        unit = units[one.members[0]]
        unit.kept.append((one.label, one.shape))
        for place, (i, overlap) in enumerate(zip(one.members, one.overlaps, strict=True)):
            if unit.labels[place] == one.label:
                kept = 1.0 if worth is None else worth(drawn.regions[i].text, one.text)
                unit.alike[place] = max(unit.alike[place], overlap * kept)
    return list(units.values())


def _drawn(evidence: ObjectEvidence, voters: Voters) -> Drawn:
    if len(voters.rows) == len(evidence.agreement.matrix):
        return Drawn(evidence.shapes, evidence.owners, evidence.regions, evidence.similarity)
    place = {row: i for i, row in enumerate(voters.rows)}
    mine = [i for i, owner in enumerate(evidence.owners) if owner in place]
    return Drawn(
        [evidence.shapes[i] for i in mine],
        [place[evidence.owners[i]] for i in mine],
        [evidence.regions[i] for i in mine],
        submatrix(evidence.similarity, mine),
    )


def _chosen(
    control: ControlScore, voters: Voters, drawn: Drawn, clusters: list[list[int]]
) -> list[tuple[list[int], int | None]]:
    """(members of the cluster, the mark to keep as it is; None: fuse them) for every consensus object."""
    method = control.plan.adjudication
    if method in ("fuse", "weighted"):
        weights = voters.weights or [1.0] * len(voters.ids)
        share = control.plan.minimum_support
        return [(m, None) for m in clusters if outweigh((weights[drawn.owners[i]] for i in m), weights, share)]
    if method == "best_annotator":
        best = best_voter(control, voters)
        keep = [i for i, owner in enumerate(drawn.owners) if owner == best]
    elif method == "best_answer":
        scene = control.evidence.scene  # type: ignore[union-attr]
        keep = best_answer(control.plan, drawn.shapes, drawn.owners, drawn.regions, drawn.similarity, scene, voters.ids)
    else:
        keep = select_all(drawn.owners, range(len(voters.ids)))
    home = {i: members for members in clusters for i in members}
    return [(home[i], i) for i in keep]


def _found(
    control: ControlScore,
    evidence: ObjectEvidence,
    voters: Voters,
    drawn: Drawn,
    chosen: Sequence[tuple[list[int], int | None]],
) -> list[Found]:
    weights = [voters.weights[owner] if voters.weights else 1.0 for owner in drawn.owners]
    total = fsum(voters.weights) if voters.weights else float(len(voters.ids))
    fused = [members for members, keep in chosen if keep is None]
    kind = OBJECT_KINDS[control.plan.type]
    worth = text_worth(control.plan)
    made = iter(kind.fuse(drawn.shapes, fused, total, weights, control.plan, evidence.scene))
    found: list[Found] = []
    for members, keep in chosen:
        regions, own = [drawn.regions[i] for i in members], [weights[i] for i in members]
        if keep is None:
            one = next(made)
            label = str(vote([r.label for r in regions], own, control.plan.labels).winner)
            attributes = _vote_attributes(regions, own)
            named = sorted(source(voters, drawn, i) for i in members)
            text = _vote_text(regions, own, control.plan)
            sure = one.confidence
            if worth is not None and any(region.text is not None for region in regions):
                sure = fused_confidence(_read_alike(worth, regions, one.overlaps, text), own, total)
            found.append(Found(label, attributes, one.shape, members, one.overlaps, sure, named, text, None))
        else:
            region, shape = drawn.regions[keep], drawn.shapes[keep]
            overlaps = entries(drawn.similarity, members, keep)
            alike = overlaps if worth is None else _read_alike(worth, regions, overlaps, region.text)
            sure = fsum(w * near for w, near in zip(own, alike, strict=True)) / total
            named = [source(voters, drawn, keep)]
            found.append(
                Found(region.label, region.attributes, shape, members, overlaps, sure, named, region.text, keep)
            )
    return found


def _read_alike(worth: Worth, regions: Sequence[Any], overlaps: Sequence[float], text: str | None) -> list[float]:
    """What each member's similarity with the consensus object is worth by what the two read."""
    return [overlap * worth(region.text, text) for region, overlap in zip(regions, overlaps, strict=True)]


def _region(control: ControlScore, voters: Voters, drawn: Drawn, one: Found) -> Any:
    support = sorted(voters.ids[drawn.owners[i]] for i in one.members)
    fields = _rounded(OBJECT_KINDS[control.plan.type].fields(one.shape))
    if control.plan.type == "relation":  # its ends are regions of the submission that it is taken from
        drew = next(i for i in one.members if one.origin in (i, None) and drawn.shapes[i] == one.shape)
        own = voters.submissions[drawn.owners[drew]]
        fields |= {"from": f"{own}/{fields['from']}", "to": f"{own}/{fields['to']}"}
    confidence = round(one.confidence, DIGITS)
    read = {} if one.text is None else {"text": one.text}
    if control.plan.type == "box" and not read:
        return ConsensusBox(
            id="", control=control.name, label=one.label, **fields, attributes=one.attributes, support=support,
            confidence=confidence, sources=one.sources,
        )  # fmt: skip
    return {
        "id": "", "control": control.name, "type": control.plan.type, "label": one.label, **fields,
        "attributes": one.attributes, **read, "support": support, "confidence": confidence, "sources": one.sources,
    }  # fmt: skip


def _rounded(value: Any) -> Any:
    """Figures as they leave the engine; -0.0 is 0.

    What is fused of marks at the ends of what the contract reads can lead past them: a consensus is read, too.
    """
    if isinstance(value, float):
        return min(FARTHEST, max(-FARTHEST, round(value, DIGITS))) + 0.0
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return value


def _vote_attributes(regions: Sequence[Any], weights: Sequence[float]) -> dict[str, AttributeValue]:
    """Each attribute by itself; one that most did not set is left out."""
    names = sorted({name for region in regions for name in region.attributes})
    agreed: dict[str, AttributeValue] = {}
    for name in names:
        # Spelled with its type: 1, true and "1" are not the same, as they are to Python's ==, and all can be sorted.
        values = {_spell(r.attributes[name]): r.attributes[name] for r in regions if name in r.attributes}
        ballots = [_spell(r.attributes[name]) if name in r.attributes else None for r in regions]
        winner = vote(ballots, weights).winner
        if winner is not None:
            agreed[name] = values[str(winner)]
    return agreed


def _vote_text(regions: Sequence[Any], weights: Sequence[float], plan: ControlPlan) -> str | None:
    """What the place reads: as one of them wrote it, the text most like the others; left out where most wrote none."""
    wrote = [(region.text, weight) for region, weight in zip(regions, weights, strict=True) if region.text is not None]
    if not outweigh((weight for _, weight in wrote), weights):
        return None
    return text_consensus([text for text, _ in wrote], [weight for _, weight in wrote], fold_case=plan.fold_case).value


def _spell(value: AttributeValue) -> str:
    return f"{type(value).__name__}:{msgspec.json.encode(value).decode()}"
