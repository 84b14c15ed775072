"""Tasks are listed alike wherever they are read: in what `replay` writes, and in the read model of a running system."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from streams.adapters.redis_model import OPEN_STATES, ReadModel
from streams.contracts.facts import FactBatch
from streams.contracts.settings import ProjectSettings
from streams.contracts.views import TaskItem
from streams.limits import Limits
from streams.ports import Outgoing
from streams.quality.documents import Seen, documents
from streams.replay import Replay
from streams.settings import parse_document
from tests.builders import PROJECT, Event, cancelled, line, submitted, withdrawn
from tests.contract.outputs import facts, show

SETTINGS = parse_document({"projects": {PROJECT: {"required_annotators": 2, "controls": {"scene": {}}}}})
DECIDED = ("task-agreement", "task-disagreement")


def replayed(
    events: list[Event], settings: dict[str, ProjectSettings] = SETTINGS
) -> tuple[Any, list[Outgoing], list[FactBatch]]:
    """The document `tasks`, what was sent, and the facts between."""
    seen, batches = Seen(), list[FactBatch]()

    def follow(batch: FactBatch) -> None:
        batches.append(batch)
        seen.follow(batch)

    engine, sent = Replay(settings, Limits(), follow), list[Outgoing]()
    for outgoing in engine.step(map(line, events)):
        seen.add(outgoing)
        sent.append(outgoing)
    return documents([engine.quality(PROJECT)], seen)[PROJECT]["tasks"], sent, batches


def test_a_task_that_waits_is_listed_whatever_the_order_in_which_its_answers_came() -> None:
    came, again = submitted(annotator="x", at=0), submitted(annotator="y", at=10)
    gone = withdrawn(annotator="y", at=20)
    one, other = replayed([came, again, gone])[0], replayed([came, gone, again])[0]
    assert [(item.task_id, item.state, item.score) for item in one.items] == [("t1", "waiting", None)]
    assert one == other
    assert one.total == 1


async def test_what_two_of_three_agree_on_while_the_third_is_waited_for_is_no_decision(model: ReadModel) -> None:
    settings = parse_document({"projects": {PROJECT: {"required_annotators": 3, "controls": {"scene": {}}}}})
    came = [submitted(annotator=name, at=place) for place, name in enumerate("xyz")]
    gone = withdrawn(annotator="z", at=20)
    found = []
    for events in ([*came, gone], [*came[:2], gone, came[2]]):
        document, sent, batches = replayed(events, settings)
        found.append(document)
    assert found[0] == found[1]
    assert [(item.task_id, item.state, item.score) for item in found[0].items] == [("t1", "waiting", None)]
    document, sent, batches = replayed([*came, gone], settings)
    for topic in DECIDED:
        await show(model, topic, [outgoing.value for outgoing in sent if outgoing.topic == topic])
    await show(model, "quality-facts", [facts(*batch.facts) for batch in batches])
    assert (await model.tasks(PROJECT, None, 0, 9)).items == document.items


async def test_replay_lists_the_tasks_that_the_read_model_lists_in_any_state_and_in_each(model: ReadModel) -> None:
    events = [submitted(f"t{n}", "x", at=n) for n in range(9)]  # t6, t7 and t8 wait
    events += [submitted(f"t{n}", "y", "day" if n % 2 else "night", at=20 + n) for n in range(6)]
    events += [submitted("t0", "z", at=30), withdrawn("t1", "y", at=40), cancelled("t3", at=50)]
    found, sent, batches = replayed(events)
    for topic in DECIDED:
        await show(model, topic, [outgoing.value for outgoing in sent if outgoing.topic == topic])
    await show(model, "quality-facts", [facts(*batch.facts) for batch in batches])
    assert {item.state for item in found.items} == {"agreed", "reassigning", "waiting"}
    assert len(found.items) == 8  # nothing is to be asked about a cancelled one
    assert (await model.tasks(PROJECT, None, 0, 99)).items == found.items
    for state in (*OPEN_STATES, "agreed", "cancelled"):
        wanted: list[TaskItem] = [item for item in found.items if item.state == state]
        assert (await model.tasks(PROJECT, state, 0, 99)).items == wanted, state


@pytest.mark.parametrize("answers", [1, 2])
async def test_a_decision_without_a_score_is_listed_nowhere_and_counted(model: ReadModel, answers: int) -> None:
    settings = parse_document({"projects": {PROJECT: {"required_annotators": 1, "controls": {"scene": {}}}}})
    seen = Seen()
    engine = Replay(settings, Limits(), seen.follow)
    sent = list(engine.step(line(submitted(annotator=f"a{n}", at=n)) for n in range(answers)))
    for outgoing in sent:
        seen.add(outgoing)
    await show(model, "task-agreement", [o.value for o in sent if o.topic == "task-agreement"])
    found: Any = documents([engine.quality(PROJECT)], seen)[PROJECT]["tasks"]
    assert found.total == 1
    assert len(found.items) == answers - 1
    assert msgspec.to_builtins((await model.tasks(PROJECT, None, 0, 9)).items) == msgspec.to_builtins(found.items)
