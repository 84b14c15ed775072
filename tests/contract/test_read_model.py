"""What the read model promises, on the demo's in-process Redis and on a real one."""

from __future__ import annotations

import itertools
import random

import msgspec
import pytest
from redis.asyncio import Redis

from streams.adapters.redis_model import OPEN_STATES, Batch, Claim, ReadModel, ReadModelUnavailable
from streams.overview import overview_of
from streams.quality import STORED_FORM, WATERMARK_KEY, ProjectRecord, ProjectSums, encode, project_key
from streams.state import Watermark
from tests.contract.outputs import CHANGELOG, alert, batch, decision, fact, facts, show


async def test_an_empty_model_answers_with_nothing(model: ReadModel) -> None:
    assert await model.projects() == []
    assert await model.overview("street") is None
    assert await model.decisions("street") == []
    assert await model.decision("street", "t-1") is None
    assert await model.open_tasks("street", "waiting") == []
    assert await model.alerts("street") == ([], [])


async def test_a_decision_is_found_by_its_task_with_every_field_as_it_was_sent(model: ReadModel) -> None:
    sent = decision("t-1", passed=False)
    await show(model, "task-disagreement", [sent])
    assert await model.decision("street", "t-1") == msgspec.json.decode(sent)
    assert await model.projects() == ["street"]


async def test_last_decisions_are_ordered_by_event_time_then_task_id_newest_first(model: ReadModel) -> None:
    await show(model, "task-agreement", [decision("b", second=5), decision("c", second=1), decision("a", second=5)])
    assert [d["task_id"] for d in await model.decisions("street")] == ["b", "a", "c"]
    assert [d["task_id"] for d in await model.decisions("street", 2)] == ["b", "a"]
    assert await model.decisions("street", 0) == []


async def test_a_new_revision_takes_the_place_of_the_one_before(model: ReadModel) -> None:
    await show(model, "task-agreement", [decision("a", second=1), decision("b", second=2)])
    await show(model, "task-disagreement", [decision("a", revision=2, second=3, passed=False)])
    assert [(d["task_id"], d["revision"]) for d in await model.decisions("street")] == [("a", 2), ("b", 1)]


async def test_every_order_and_duplication_of_decisions_ends_in_the_same_model(
    model: ReadModel, redis_url: str
) -> None:
    sent = [
        decision("a"),
        decision("a", revision=2, second=9),
        decision("a", revision=3, second=10),
        decision("b", second=5),
    ]
    await show(model, "task-agreement", sent)
    expected = await model.decisions("street")
    for number, order in enumerate(itertools.permutations(sent)):
        other = ReadModel.connect(redis_url, prefix=f"order-{number}:")
        # One record at a time, then the first half again, all at once: no help from newest-per-batch.
        for offset, value in enumerate(order):
            await show(other, "task-agreement", [value], start=offset)
        await show(other, "task-agreement", order[:2], start=len(order))
        assert await other.decisions("street") == expected
        await other.close()


async def test_the_list_of_decisions_keeps_the_newest_hundred_whatever_the_order(model: ReadModel) -> None:
    sent = [decision(f"t-{i:03d}", second=i) for i in range(250)]
    random.Random(7).shuffle(sent)
    for at in range(0, 250, 50):
        await show(model, "task-agreement", sent[at : at + 50], start=at)
    assert [d["task_id"] for d in await model.decisions("street", 1_000)] == [f"t-{i:03d}" for i in range(249, 149, -1)]


async def test_projects_and_tasks_with_slashes_are_not_mixed_up(model: ReadModel) -> None:
    await show(model, "task-agreement", [decision("c", project="a/b"), decision("b/c", project="a", second=1)])
    first, second = await model.decision("a/b", "c"), await model.decision("a", "b/c")
    assert first is not None
    assert second is not None
    assert (first["project_id"], second["project_id"]) == ("a/b", "a")


async def test_open_tasks_are_listed_by_state_the_longest_untouched_first(model: ReadModel) -> None:
    await show(model, "quality-facts", [facts(fact(1, "a", "waiting", at=30), fact(2, "b", "waiting", at=10))])
    await show(model, "quality-facts", [facts(fact(3, "c", "in_review", at=20, answers=5))], start=1)
    assert [(t.task_id, t.answers) for t in await model.open_tasks("street", "waiting")] == [("b", 1), ("a", 1)]
    assert [t.task_id for t in await model.open_tasks("street", "waiting", 1)] == ["b"]
    assert [(t.task_id, t.answers) for t in await model.open_tasks("street", "in_review")] == [("c", 5)]
    with pytest.raises(ValueError, match="expected one of waiting, reassigning, in_review; got 'agreed'"):
        await model.open_tasks("street", "agreed")


async def test_a_task_moves_from_state_to_state_and_is_gone_once_decided(model: ReadModel) -> None:
    seen = []
    for offset, state in enumerate(["waiting", "reassigning", "in_review", "waiting", "agreed"]):
        await show(model, "quality-facts", [facts(fact(offset, "a", state, at=offset))], start=offset)
        seen.append([s for s in OPEN_STATES if await model.open_tasks("street", s)])
    assert seen == [["waiting"], ["reassigning"], ["in_review"], ["waiting"], []]


async def test_a_task_that_no_longer_contributes_is_not_open(model: ReadModel) -> None:
    await show(model, "quality-facts", [facts(fact(1, "a", "waiting")), facts(fact(2, "a", None))])
    await show(model, "quality-facts", [facts(fact(3, "b", "waiting"))], start=2)
    await show(model, "quality-facts", [facts(fact(4, "b", None))], start=3)
    assert await model.open_tasks("street", "waiting") == []


async def test_alerts_are_open_until_resolved_and_remembered_after(model: ReadModel) -> None:
    await show(model, "quality-alerts", [alert("x", "raised", raised=1), alert("y", "raised", raised=2)])
    await show(model, "quality-alerts", [alert("x", "resolved", second=9, raised=1)], start=2)
    found = await model.alerts("street")
    assert [a["alert_id"] for a in found.open] == ["y"]
    assert [(a["alert_id"], a["state"]) for a in found.episodes] == [("y", "raised"), ("x", "resolved")]


async def test_an_alert_repeated_after_it_was_resolved_stays_resolved(model: ReadModel) -> None:
    await show(model, "quality-alerts", [alert("x", "resolved", second=9)])
    await show(model, "quality-alerts", [alert("x", "raised")], start=1)
    found = await model.alerts("street")
    assert found.open == []
    assert [a["state"] for a in found.episodes] == ["resolved"]


async def test_the_overview_is_the_last_one_that_watch_has_written(model: ReadModel) -> None:
    for offset, answers in enumerate([1, 2]):
        record = ProjectRecord(STORED_FORM, "street", ProjectSums(answers=answers))
        await show(model, CHANGELOG, [encode(record)], start=offset, key=project_key("street"))
    await show(model, CHANGELOG, [encode(Watermark(7))], start=2, key=WATERMARK_KEY)
    assert await model.overview("street") == overview_of(ProjectRecord(STORED_FORM, "street", ProjectSums(answers=2)))
    assert await model.projects() == ["street"]


async def test_records_that_do_not_follow_on_what_redis_holds_are_refused_whole(model: ReadModel) -> None:
    await show(model, "task-agreement", [decision("a")])
    claims = [Claim("task-agreement", 0, 5, 6), Claim("task-agreement", 1, 0, 1), Claim("quality-facts", 0, 7, 8)]
    moved = await model.apply(batch("task-agreement", [decision("b")]), claims)
    assert moved == {("task-agreement", 0): 1, ("quality-facts", 0): 0}
    assert await model.decision("street", "b") is None
    assert await model.apply(Batch(), [Claim("task-agreement", 1, 0, 0)]) == {}


async def test_what_is_kept_is_bounded(redis_url: str) -> None:
    client = Redis.from_url(redis_url)
    model = ReadModel(client, prefix="bounded:", decisions_kept=3, open_tasks_kept=5, episodes_kept=2)
    changes = [fact(i, f"t-{i}", "waiting", at=i) for i in range(20)]
    await show(model, "task-agreement", [decision(f"t-{i}", second=i) for i in range(20)])
    await show(model, "quality-facts", [facts(change) for change in changes])
    await show(model, "quality-alerts", [alert(f"x-{i}", "raised", raised=i) for i in range(20)])
    assert [d["task_id"] for d in await model.decisions("street")] == ["t-19", "t-18", "t-17"]
    assert [t.task_id for t in await model.open_tasks("street", "waiting")] == [f"t-{i}" for i in range(5)]
    assert await client.hlen("bounded:task:street") == 5
    assert [a["alert_id"] for a in (await model.alerts("street")).episodes] == ["x-19", "x-18"]
    # Single decisions and episodes live on for a while, to be looked up, but not for ever.
    assert 0 < await client.ttl("bounded:decision:street/t-0") <= 7 * 86_400
    assert 0 < await client.ttl("bounded:alert:street/x-0") <= 30 * 86_400
    await model.close()


async def test_where_nobody_listens_the_error_says_so(unused_tcp_port: int) -> None:
    model = ReadModel.connect(f"redis://127.0.0.1:{unused_tcp_port}/0")
    with pytest.raises(ReadModelUnavailable, match="Redis does not answer as expected: ConnectionError"):
        await model.projects()
    with pytest.raises(ReadModelUnavailable):
        await show(model, "task-agreement", [decision("a")])
    await model.close()
