"""Answers: `text`, `number`, `rating`, `ranking` and `taxonomy` controls."""

from __future__ import annotations

from typing import Any

from streams.contracts.decisions import Conflict
from streams.kinds import ANSWER_KINDS
from streams.scores import AnswerEvidence, ControlScore
from streams.stages.adjudicate.voters import DIGITS, Settled, Voters, best_voter, conflict, outweigh, sources

__all__ = ["settle_answers"]


def settle_answers(control: ControlScore, voters: Voters) -> Settled:
    """The consensus of those who answered; nothing where at least half gave no answer."""
    evidence: AnswerEvidence = control.evidence  # type: ignore[assignment]
    kind = ANSWER_KINDS[control.plan.type]
    given = [i for i, row in enumerate(voters.rows) if evidence.answers[row] is not None]
    weights = voters.weights or [1.0] * len(voters.rows)
    if not outweigh((weights[i] for i in given), weights):
        extra = [conflict("extra", given, evidence.regions, voters, "answered where most did not")] if given else []
        return Settled([], None, extra)
    answers = [evidence.answers[voters.rows[i]] for i in given]
    if control.plan.adjudication == "best_annotator":
        best = evidence.answers[voters.rows[best_voter(control, voters)]]
        value, sure, agree = best, *_support(answers, best, control)
    else:
        made = kind.settle(answers, [weights[i] for i in given] if voters.weights else None, control.plan)
        value, sure, agree = made.value, made.confidence, made.supporters
    if value is None:
        detail = "answered where the best annotator did not"
        return Settled([], None, [conflict("extra", given, evidence.regions, voters, detail)])
    supporters = [given[i] for i in agree]
    answered_share = sum(weights[i] for i in given) / sum(weights)
    region: dict[str, Any] = {
        "id": "",
        "control": control.name,
        "type": control.plan.type,
        **kind.fields(value),
        "support": [voters.ids[i] for i in supporters],
        "confidence": round(sure * answered_share, DIGITS),
        "sources": [s for i in (supporters or given) for s in sources(voters, i, evidence.regions)],
    }
    conflicts = _conflicts(control, evidence, voters, set(supporters), set(given))
    said = [s for i in given for s in sources(voters, i, evidence.regions)]
    return Settled([region], None, conflicts, [said], answer=value)


def _support(answers: list[Any], value: Any, control: ControlScore) -> tuple[float, list[int]]:
    """(mean similarity with one annotator's answer, who gave it)."""
    similar = ANSWER_KINDS[control.plan.type].compare([value, *answers], control.plan)[0][1:]
    return sum(similar) / len(similar), [i for i, answer in enumerate(answers) if answer == value]


def _conflicts(
    control: ControlScore, evidence: AnswerEvidence, voters: Voters, supporters: set[int], given: set[int]
) -> list[Conflict]:
    kind = "order" if control.plan.type == "ranking" else "value"
    missing = [i for i in range(len(voters.rows)) if i not in given]
    found = [conflict("missing", missing, evidence.regions, voters, "gave no answer")] if missing else []
    others = sorted(given - supporters)
    return [*found, *(conflict(kind, [i], evidence.regions, voters, "answered otherwise") for i in others)]  # type: ignore[arg-type]
