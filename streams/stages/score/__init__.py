"""Standing answers → how far their annotators agree, per control and overall.

The mathematics is in `scoring`; here answers are sorted into controls, and thresholds are held against the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from streams.contracts.regions import UnscoredRegion
from streams.kinds import ANSWER_KINDS, OBJECT_KINDS, tag_of, takes
from streams.kinds.base import UNKNOWN_SCENE, Scene
from streams.kinds.relations import Ends
from streams.plan import ControlPlan, Plan
from streams.scores import ControlScore, Evidence, Placed, Scores
from streams.stages.score.answers import score_answers, score_categories, score_sets
from streams.stages.score.combine import combine
from streams.stages.score.figures import DIGITS
from streams.stages.score.objects import score_objects

__all__ = ["DIGITS", "score"]

_Answers = list[list[Any]]
"""Per annotator, the regions of one control."""


def score(
    answers: Sequence[tuple[str, Sequence[Any], bool]], plan: Plan, may_join: int, scene: Scene = UNKNOWN_SCENE
) -> Scores:
    """Score every control that anybody answered or that the settings name.

    Args:
        answers: (annotator id, regions, counts) of everyone whose answer stands, sorted by annotator id.
        plan: the project.
        may_join: how many more annotators are allowed, for what the scores can still become.
        scene: what is known of the task's image.

    Returns:
        `Scores`; with fewer than two counted annotators every score is undefined and says so.
    """
    counted = [row for row, (_, _, counts) in enumerate(answers) if counts]
    by_control, unscored = _sort_into_controls(answers, plan)
    controls: list[ControlScore] = []
    relations: list[tuple[str, ControlPlan, _Answers]] = []
    for name, rows in by_control:
        control, compared = _resolve(name, rows, counted, plan, unscored)
        if control is None:  # configured without a type, and nobody answered it
            continue
        if control.type == "relation":
            relations.append((name, control, compared))
        else:
            controls.append(_score_control(name, control, compared, counted, may_join, scene))
    if relations:  # what they connect has to be matched first
        ends = Ends(controls, unscored, [compared for _, _, compared in relations])
        for name, control, compared in relations:
            marks, figures = score_objects(control, compared, counted, may_join, scene, ends.relation)
            controls.append(ControlScore(name, control, *figures, marks))
        controls.sort(key=lambda control: control.name)
    return combine([a for a, _, _ in answers], counted, controls, plan, unscored)


def _sort_into_controls(
    answers: Sequence[tuple[str, Sequence[Any], bool]], plan: Plan
) -> tuple[list[tuple[str, _Answers]], list[Placed]]:
    unscored: list[Placed] = []
    found: dict[str, _Answers] = {name: [[] for _ in answers] for name in plan.settings.controls}
    for row, (_, regions, _) in enumerate(answers):
        for region in regions:
            if type(region) is UnscoredRegion:
                unscored.append(Placed(row, region, region.reason))
                continue
            rows = found.get(region.control)
            if rows is None:
                rows = found[region.control] = [[] for _ in answers]
            rows[row].append(region)
    return sorted(found.items()), unscored


def _resolve(
    name: str, rows: _Answers, counted: Sequence[int], plan: Plan, unscored: list[Placed]
) -> tuple[ControlPlan | None, _Answers]:
    """The control's plan, and its answers without the regions of another type, which go to `unscored`."""
    kinds = {type(region) for row in rows for region in row}
    if len(kinds) == 1:
        kind = tag_of(kinds.pop())
        control = plan.control(name, (kind,))
        if control is not None and control.type == kind:
            return control, rows
    voters = [region for row in counted for region in rows[row]] or [region for row in rows for region in row]
    control = plan.control(name, [tag_of(type(region)) for region in voters])
    if control is None:
        return None, rows
    kept: _Answers = []
    for row, regions in enumerate(rows):
        kept.append([region for region in regions if takes(control.type, type(region))])
        unscored += [Placed(row, r, "wrong_control_type") for r in regions if not takes(control.type, type(r))]
    return control, kept


def _score_control(
    name: str, plan: ControlPlan, rows: _Answers, counted: list[int], may_join: int, scene: Scene
) -> ControlScore:
    evidence: Evidence
    if plan.type in OBJECT_KINDS:
        evidence, figures = score_objects(plan, rows, counted, may_join, scene)
    elif plan.type in ANSWER_KINDS:
        evidence, figures = score_answers(plan, rows, counted, may_join)
    elif plan.type == "choices":
        evidence, figures = score_sets(plan, rows, counted, may_join)
    else:
        evidence, figures = score_categories(plan, rows, counted, may_join)
    return ControlScore(name, plan, *figures, evidence)
