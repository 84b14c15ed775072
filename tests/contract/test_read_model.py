"""What the read model promises, on the demo's in-process Redis and on a real one."""

from __future__ import annotations

import itertools
import random

import msgspec
import pytest
from redis.asyncio import Redis

from streams.adapters.redis_model import OPEN_STATES, Batch, Bounds, Claim, ReadModel, ReadModelUnavailable
from streams.contracts.views import TaskItem
from streams.overview import overview_of
from streams.ports import Record
from streams.quality import STORED_FORM, WATERMARK_KEY, ProjectRecord, ProjectSums, bucket_key, encode, project_key
from streams.state import Watermark
from tests.adapters.api_builders import quality_records
from tests.contract.outputs import CHANGELOG, TRANSLATE, alert, batch, decision, fact, facts, show, show_records


async def test_an_empty_model_answers_with_nothing(model: ReadModel) -> None:
    assert await model.projects() == []
    assert await model.overview("street") is None
    assert await model.decisions("street") == []
    assert await model.decision("street", "t-1") is None
    assert await model.open_tasks("street", "waiting") == []
    assert await model.alerts("street") == ([], [])
    assert await model.quality_version("street") is None
    assert await model.quality("street") is None
    for state in (None, "agreed", "waiting"):
        assert await model.tasks("street", state, 0, 10) == ([], False, None)
    assert await model.resolved_alerts("street") == []
    assert await model.revisions("street", "t-1") == []


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


async def test_a_project_s_records_are_what_the_table_holds_with_a_version_that_moves_with_them(
    model: ReadModel,
) -> None:
    record, minute = project_key("street"), bucket_key("street", 7)
    await show(model, CHANGELOG, [b"\xff\x00"], key=record)
    await show(model, CHANGELOG, [b"sums"], start=1, key=minute)
    assert await model.quality("street") == ("1", {record: b"\xff\x00", minute: b"sums"})
    gone = Batch()
    gone.add([Record(2, minute, None), Record(3, WATERMARK_KEY, encode(Watermark(7)))], TRANSLATE[CHANGELOG])
    assert await model.apply(gone, [Claim(CHANGELOG, 0, 2, 4)]) == {}
    assert await model.quality("street") == ("2", {record: b"\xff\x00"})
    assert await model.quality_version("street") == "2"
    assert await model.quality_version("alley") is None


@pytest.mark.parametrize("order", [[1, 2, 3, 4, 5], [5, 4, 3, 2, 1], [3, 5, 1, 4, 2]])
@pytest.mark.parametrize("together", [True, False])
async def test_the_revisions_of_a_task_are_read_newest_first_up_to_the_bound_in_whatever_order_they_came(
    redis_url: str, order: list[int], together: bool
) -> None:
    model = ReadModel.connect(redis_url, prefix=f"revisions-{order}-{together}:", bounds=Bounds(revisions=3))
    sent = [decision("a", revision=r, second=r) for r in order]
    if together:
        await show(model, "task-agreement", sent)
    else:
        for offset, value in enumerate(sent):
            await show(model, "task-agreement", [value], start=offset)
    await show(model, "task-agreement", sent[:3], start=5)
    assert await model.revisions("street", "a") == [decision("a", revision=r, second=r) for r in (5, 4, 3)]
    await model.close()


async def test_tasks_are_listed_the_least_agreed_first_and_by_pages(model: ReadModel) -> None:
    scores = {"a": 0.5, "b": 0.2, "c": 0.75, "d": 0.5}
    await show(model, "task-disagreement", [decision(t, passed=False, score=s) for t, s in scores.items()])
    first, second = await model.tasks("street", None, 0, 3), await model.tasks("street", None, 3, 3)
    assert [(t.task_id, t.score) for t in first.items] == [("b", 0.2), ("a", 0.5), ("d", 0.5)]
    assert [(t.task_id, t.score) for t in second.items] == [("c", 0.75)]
    assert (first.more, second.more) == (True, False)


async def test_a_task_is_listed_as_its_newest_revision_says(model: ReadModel) -> None:
    await show(model, "task-disagreement", [decision("a", passed=False, score=0.1), decision("b", score=0.6)])
    await show(model, "task-agreement", [decision("a", revision=2, second=2, score=0.8)])
    assert [(t.task_id, t.score, t.state) for t in (await model.tasks("street", None, 0, 9)).items] == [
        ("b", 0.6, "agreed"), ("a", 0.8, "agreed"),
    ]  # fmt: skip
    await show(model, "task-disagreement", [decision("b", revision=2, second=2, state="cancelled")], start=2)
    assert [t.task_id for t in (await model.tasks("street", None, 0, 9)).items] == ["a"]


async def test_tasks_in_one_state_are_listed_by_pages_too(model: ReadModel) -> None:
    await show(model, "task-disagreement", [decision(f"r-{i}", score=i / 10, state="reviewed") for i in range(4)])
    await show(model, "task-disagreement", [decision("z", score=0.0, state="accepted")], start=4)
    page = await model.tasks("street", "reviewed", 1, 2)
    assert ([t.task_id for t in page.items], page.more) == (["r-1", "r-2"], True)
    page = await model.tasks("street", "reviewed", 3, 2)
    assert ([t.task_id for t in page.items], page.more) == (["r-3"], False)


async def test_open_tasks_are_listed_with_what_only_their_decision_knows(model: ReadModel) -> None:
    changes = [
        fact(1, "a", "reassigning", score=0.6),
        fact(2, "b", "reassigning", score=0.3, at=5),
        fact(3, "c", "waiting"),
    ]
    await show(model, "quality-facts", [facts(*changes)])
    sent = decision("b", state="reassigning", score=0.3, annotators=["ann"], conflicts=["value"])
    await show(model, "task-disagreement", [sent])
    page = await model.tasks("street", "reassigning", 0, 9)
    assert page == (
        [
            TaskItem(
                task_id="b", state="reassigning", score=0.3, event_time="1970-01-01T00:00:00.000005Z",
                annotators=["ann"], conflicts={"value": 1}, decision_id="b-1",
            ),
            TaskItem(
                task_id="a", state="reassigning", score=0.6, event_time="1970-01-01T00:00:00.000Z",
                annotators=[], conflicts={}, decision_id=None,
            ),
        ],
        False,
        None,
    )  # fmt: skip
    assert [t.task_id for t in (await model.tasks("street", "waiting", 0, 9)).items] == ["c"]


async def test_behind_the_decided_tasks_are_those_that_wait_without_a_score_longest_first(model: ReadModel) -> None:
    await show(model, "task-disagreement", [decision(t, passed=False, score=s) for t, s in (("a", 0.5), ("b", 0.2))])
    waiting = [fact(i, task, "waiting", at=9 - i) for i, task in enumerate("vwxyz")]
    await show(model, "quality-facts", [facts(*waiting, fact(5, "a", "in_review", score=0.5))])
    listed = ["b", "a", "z", "y", "x", "w", "v"]
    assert [t.task_id for t in (await model.tasks("street", None, 0, 99)).items] == listed
    for limit in (1, 2, 3, 7):
        pages = [await model.tasks("street", None, offset, limit) for offset in range(0, 7, limit)]
        assert [t.task_id for page in pages for t in page.items] == listed
        assert [page.more for page in pages] == [True] * (len(pages) - 1) + [False]


async def test_a_task_that_waits_again_is_listed_as_one_that_never_had_a_decision(model: ReadModel) -> None:
    await show(model, "task-agreement", [decision("a", annotators=["ann"])])
    await show(model, "task-agreement", [decision("a", revision=2, state="waiting", annotators=["ann"])], start=1)
    await show(model, "quality-facts", [facts(fact(1, "a", "waiting"))])
    (item,) = (await model.tasks("street", "waiting", 0, 9)).items
    assert (item.annotators, item.conflicts, item.decision_id) == ([], {}, None)


async def test_a_list_of_tasks_says_how_many_there_are_in_all(model: ReadModel) -> None:
    await show_records(model, quality_records(tasks=12))  # all agreed
    await show(model, "task-agreement", [decision("a")])
    totals = [(await model.tasks("street", state, 0, 9)).total for state in (None, "agreed", "waiting")]
    assert totals == [12, 12, 0]


async def test_a_task_whose_decision_is_gone_is_not_listed_and_soon_not_known(model: ReadModel, redis_url: str) -> None:
    await show(model, "task-agreement", [decision("a", score=0.1), decision("b", score=0.2)])
    client, (key,) = Redis.from_url(redis_url), [model._keys.item("decision", "street", "a")]
    await client.delete(key)
    assert [t.task_id for t in (await model.tasks("street", None, 0, 9)).items] == ["b"]
    await show(model, "task-agreement", [decision("c", score=0.3)], start=2)
    assert await client.zcard(model._keys.of_project("contested", "street")) == 2
    await client.aclose()


async def test_alerts_that_are_over_are_read_newest_first_with_when_they_ended(model: ReadModel) -> None:
    await show(model, "quality-alerts", [alert(name, "raised", raised=at) for at, name in enumerate("xyz")])
    await show(
        model, "quality-alerts", [alert(n, "resolved", second=9, raised=at) for at, n in enumerate("xy")], start=3
    )
    assert [(a.alert_id, a.raised_at, a.resolved_at) for a in await model.resolved_alerts("street")] == [
        ("y", "2026-01-31T10:00:01.000Z", "2026-01-31T10:00:09.000Z"),
        ("x", "2026-01-31T10:00:00.000Z", "2026-01-31T10:00:09.000Z"),
    ]


async def test_records_that_do_not_follow_on_what_redis_holds_are_refused_whole(model: ReadModel) -> None:
    await show(model, "task-agreement", [decision("a")])
    claims = [Claim("task-agreement", 0, 5, 6), Claim("task-agreement", 1, 0, 1), Claim("quality-facts", 0, 7, 8)]
    moved = await model.apply(batch("task-agreement", [decision("b")]), claims)
    assert moved == {("task-agreement", 0): 1, ("quality-facts", 0): 0}
    assert await model.decision("street", "b") is None
    assert await model.apply(Batch(), [Claim("task-agreement", 1, 0, 0)]) == {}


async def test_what_is_kept_is_bounded(redis_url: str) -> None:
    client = Redis.from_url(redis_url)
    model = ReadModel(client, prefix="bounded:", bounds=Bounds(decisions=3, contested=4, open_tasks=5, episodes=2))
    changes = [fact(i, f"t-{i}", "waiting", at=i) for i in range(20)]
    await show(model, "task-agreement", [decision(f"t-{i}", second=i) for i in range(20)])
    await show(model, "quality-facts", [facts(change) for change in changes])
    await show(model, "quality-alerts", [alert(f"x-{i}", "raised", raised=i) for i in range(20)])
    assert [d["task_id"] for d in await model.decisions("street")] == ["t-19", "t-18", "t-17"]
    assert [t.task_id for t in await model.open_tasks("street", "waiting")] == [f"t-{i}" for i in range(5)]
    assert await client.hlen("bounded:task:street") == 5
    assert [a["alert_id"] for a in (await model.alerts("street")).episodes] == ["x-19", "x-18"]
    assert [t.task_id for t in (await model.tasks("street", None, 0, 4)).items] == ["t-0", "t-1", "t-10", "t-11"]
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
