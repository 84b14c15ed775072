"""(task, event) → task: what events say, joined into registers that no order and no duplicate can disturb.

Every write here keeps the greater of two values by a key that the event carries. So folding commutes, associates and
repeats without effect, and the state of a task is a function of the set of its events.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from streams.contracts.events import (
    AnnotationSubmitted,
    AnnotationWithdrawn,
    GoldSet,
    ReviewDecided,
    TaskCancelled,
    TaskEvent,
    TaskSkipped,
)
from streams.contracts.regions import UnscoredRegion
from streams.state import Answer, ReviewNote, Task, encode, gold_key, review_key, submission_key

__all__ = ["Standing", "answered_us", "fold", "microseconds", "required_annotators", "standing"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Standing(NamedTuple):
    """One annotator's answer that holds now."""

    annotator_id: str
    submission_id: str
    answer: Answer
    counts: bool


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970, exactly.

    >>> microseconds(datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC))
    1000005
    """
    return (instant - _EPOCH) // _MICROSECOND


def fold(task: Task, event: TaskEvent, believed_us: int | None = None) -> bool:
    """Join one event into a task, in place. True when that changed anything; a duplicate or superseded one does not.

    The header has to be stored then, and what `task.dirty` holds. `believed_us` is the latest time that the event's
    clock is believed; a later one still decides which version is the latest, but dates no statistics.
    """
    at_us = microseconds(event.occurred_at)
    seen_us = at_us if believed_us is None else min(at_us, believed_us)
    changed = seen_us > task.header.latest_us
    if changed:
        task.header.latest_us = seen_us
    if event.task is not None:
        changed |= _fold_fields(task, event, at_us)
    if isinstance(event, AnnotationSubmitted):
        changed |= _fold_answer(task, event, at_us, seen_us)
    elif isinstance(event, AnnotationWithdrawn):
        changed |= _fold_withdrawal(task, event, at_us)
    elif isinstance(event, TaskSkipped):
        if task.header.skipped.get(event.annotator_id, -1) < at_us:
            task.header.skipped[event.annotator_id] = at_us
            changed = True
    elif isinstance(event, TaskCancelled):
        if task.header.cancelled_us is None or at_us < task.header.cancelled_us:
            task.header.cancelled_us = at_us
            changed = True
    elif isinstance(event, ReviewDecided):
        changed |= _fold_review(task, event, at_us)
    elif isinstance(event, GoldSet):
        changed |= _fold_gold(task, event, at_us)
    return changed


def standing(task: Task, count_models: bool, after_us: int = -1) -> list[Standing]:
    """The answer of each annotator that holds, in the order of their ids; only those later than `after_us` count.

    Of one annotator's submissions that are not withdrawn the latest counts, by time, then event id, then submission
    id: one quorum vote a person, whatever they send.
    """
    held = [
        Standing(
            answer.annotator_id,
            submission_id,
            answer,
            (count_models or answer.kind == "human") and answer.at_us > after_us,
        )
        for submission_id, answer in task.answers.items()
        if answer.result is not None
    ]
    if len(held) < 2:
        return held
    latest = {s.annotator_id: s for s in held}
    if len(latest) < len(held):
        latest = {s.annotator_id: s for s in sorted(held, key=_recency)}
    return [latest[annotator_id] for annotator_id in sorted(latest)]


def _recency(standing: Standing) -> tuple[int, str, str]:
    return standing.answer.at_us, standing.answer.event_id, standing.submission_id


def answered_us(task: Task, after_us: int) -> dict[str, int]:
    """Annotator → when they first answered, of those with an answer later than `after_us`; edits and repeats are later.

    Of an answer that was given before, and edited since, it is the edit.
    """
    found: dict[str, int] = {}
    first = task.header.first_us
    for submission_id, answer in task.answers.items():
        if answer.result is None or answer.at_us <= after_us:
            continue
        at_us = first.get(submission_id, answer.at_us)
        if at_us <= after_us:
            at_us = min(answer.at_us, task.header.latest_us)
        found[answer.annotator_id] = min(at_us, found.get(answer.annotator_id, at_us))
    return found


def required_annotators(task: Task, default: int) -> int:
    """Answers that the task waits for: its own number, else its project's."""
    own = task.header.fields.get("required_annotators")
    return default if own is None else int(own[2])


def _fold_fields(task: Task, event: TaskEvent, at_us: int) -> bool:
    changed = False
    fields = task.header.fields
    assert event.task is not None  # noqa: S101  # the caller looked; this tells the type checker
    for name in event.task.__struct_fields__:
        value = getattr(event.task, name)
        if value is None:
            continue
        known = fields.get(name)
        # The value itself breaks the last tie: two events may carry the same id and time by a producer's fault.
        if known is None or (known[0], known[1], str(known[2])) < (at_us, event.event_id, str(value)):
            fields[name] = (at_us, event.event_id, value)
            changed = True  # a later time must be kept even where the value stays: a late event is judged by it
    return changed


def _fold_answer(task: Task, event: AnnotationSubmitted, at_us: int, seen_us: int) -> bool:
    answer = Answer(
        event.version,
        at_us,
        _is_clean(event.result),
        event.event_id,
        event.annotator_id,
        event.annotator_kind,
        event.lead_time_seconds,
        event.result,  # type: ignore[arg-type]  # decode may have put UnscoredRegions in
    )
    known = task.answers.get(event.submission_id)
    if known is None:
        task.header.submissions.append(event.submission_id)
        if seen_us < at_us:
            task.header.first_us[event.submission_id] = seen_us
    else:
        earlier = _fold_first(task, event.submission_id, known.at_us, at_us, seen_us)
        if not _outranks(answer, known):
            return earlier
    task.answers[event.submission_id] = answer
    _drop_withdrawn(task, event.submission_id)
    task.dirty[submission_key(task.project_id, task.task_id, event.submission_id)] = answer
    return True


def _fold_first(task: Task, submission_id: str, known_us: int, at_us: int, seen_us: int) -> bool:
    """An edit is no new answer: when a submission first came is kept, once two of its versions differ in that."""
    first = task.header.first_us
    known_first_us = first.get(submission_id, known_us)
    earliest = min(known_first_us, seen_us)
    if at_us == known_us and earliest == known_first_us:
        return False
    changed = first.get(submission_id) != earliest
    first[submission_id] = earliest
    return changed


def _is_clean(result: Sequence[Any]) -> bool:
    return not [r for r in result if isinstance(r, UnscoredRegion) and r.reason == "zero_size_box"]


def _outranks(new: Answer, known: Answer) -> bool:
    ranks = new.rank(), known.rank()
    if ranks[0] != ranks[1]:
        return ranks[0] > ranks[1]
    # Same version, time and event id. A withdrawn record has no content left to compare, and needs none.
    return known.result is not None and encode(new) > encode(known)


def _fold_withdrawal(task: Task, event: AnnotationWithdrawn, at_us: int) -> bool:
    withdrawn = task.header.withdrawn
    version, until_us = withdrawn.get(event.submission_id, (0, -1))
    joined = (version, max(until_us, at_us)) if event.version is None else (max(version, event.version), until_us)
    if joined == (version, until_us):
        return False
    withdrawn[event.submission_id] = joined
    if event.submission_id in task.answers and _drop_withdrawn(task, event.submission_id):
        key = submission_key(task.project_id, task.task_id, event.submission_id)
        task.dirty[key] = task.answers[event.submission_id]
    return True


def _drop_withdrawn(task: Task, submission_id: str) -> bool:
    """A withdrawn answer's content goes, its rank stays, so that an older version that comes late is still older."""
    bounds = task.header.withdrawn.get(submission_id)
    answer = task.answers[submission_id]
    if bounds is None or answer.result is None or (answer.version > bounds[0] and answer.at_us > bounds[1]):
        return False
    answer.result = None
    return True


def _fold_review(task: Task, event: ReviewDecided, at_us: int) -> bool:
    result = event.result if isinstance(event.result, list) else None
    note = ReviewNote(at_us, event.event_id, event.reviewer_id, event.verdict, event.decision_id, result)  # type: ignore[arg-type]
    changed = event.verdict == "rejected" and at_us > task.header.rejected_us
    if changed:
        task.header.rejected_us = at_us
    known = task.review
    if known is not None and (note.rank(), encode(note)) <= (known.rank(), encode(known)):
        return changed
    task.review = note
    task.header.has_review = True
    task.dirty[review_key(task.project_id, task.task_id)] = note
    return True


def _fold_gold(task: Task, event: GoldSet, at_us: int) -> bool:
    gold = Answer(1, at_us, True, event.event_id, "gold", "human", None, event.result, event.controls)  # type: ignore[arg-type]
    known = task.gold
    if known is not None and (gold.rank(), encode(gold)) <= (known.rank(), encode(known)):
        return False
    task.gold = gold
    task.header.has_gold = True
    task.dirty[gold_key(task.project_id, task.task_id)] = gold
    return True
