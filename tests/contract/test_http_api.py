"""The HTTP API over the read model: what the stream has sent is what is read, through outages of Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest

from streams.adapters.http_api import Api, Limits
from streams.adapters.redis_model import ReadModel
from streams.contracts.views import TasksView, TaskView
from streams.quality.views import ProjectQuality, view
from tests.adapters.api_builders import OPEN_TO_ALL, ask, quality_records
from tests.contract.outputs import alert, decision, show, show_records
from tests.contract.redis_server import RedisServer

QUALITY = "/v1/projects/street/quality"


@pytest.fixture
async def api(model: ReadModel) -> AsyncIterator[Api]:
    made = Api(model, OPEN_TO_ALL, Limits(rate_per_second=0))
    yield made
    made.close()


@pytest.mark.parametrize("name", ["overview", "agreement", "annotators", "benchmark", "matrix", "classes"])
async def test_a_view_is_the_one_that_watch_s_own_records_give(api: Api, model: ReadModel, name: str) -> None:
    records = quality_records()
    await show_records(model, records)
    answer, _ = await ask(api, f"{QUALITY}/{name}")
    assert answer.body == msgspec.json.encode(view(ProjectQuality.from_records(records), name))


async def test_what_changes_shows_at_once_though_it_was_read_before(api: Api, model: ReadModel) -> None:
    await show_records(model, quality_records(tasks=6))
    _, before = await ask(api, f"{QUALITY}/overview")
    await show_records(model, quality_records(tasks=12), start=len(quality_records(tasks=6)))
    _, after = await ask(api, f"{QUALITY}/overview")
    assert (before["annotations"], after["annotations"]) == (18, 36)


async def test_tasks_alerts_and_decisions_are_as_they_were_sent(api: Api, model: ReadModel) -> None:
    sent = [decision("t/1", revision=r, second=r, passed=False, score=r / 10, annotators=["ann"]) for r in (1, 2)]
    await show_records(model, quality_records())
    await show(model, "task-disagreement", [*sent, decision("t-2", passed=False, score=0.15)])
    await show(model, "quality-alerts", [alert("x", "raised"), alert("x", "resolved", second=9)])
    answer, document = await ask(api, f"{QUALITY}/tasks?limit=1")
    assert [task.task_id for task in msgspec.json.decode(answer.body, type=TasksView).items] == ["t-2"]
    assert answer.headers["Link"] == f'<{QUALITY}/tasks?limit=1&offset=1>; rel="next"'
    answer, document = await ask(api, "/v1/tasks/street/t%2F1")
    assert document["decision"] == msgspec.json.decode(sent[1])
    assert document["former"] == [msgspec.json.decode(sent[0])]
    assert msgspec.json.decode(answer.body, type=TaskView).decision.revision == 2
    _, document = await ask(api, f"{QUALITY}/alerts?state=resolved")
    assert [item["alert_id"] for item in document["items"]] == ["x"]


async def test_a_project_that_only_has_waiting_tasks_is_there(api: Api, model: ReadModel) -> None:
    assert (await ask(api, f"{QUALITY}/tasks"))[0].status == 404
    await show(model, "task-agreement", [decision("t-1", state="cancelled")])
    answer, document = await ask(api, f"{QUALITY}/tasks")
    assert (answer.status, document["items"]) == (200, [])


async def test_redis_may_go_and_come_back(redis_server: RedisServer) -> None:
    model = ReadModel.connect(redis_server.url)
    api = Api(model, OPEN_TO_ALL, Limits(rate_per_second=0))
    await show_records(model, quality_records())
    first, _ = await ask(api, f"{QUALITY}/overview")
    redis_server.save()
    redis_server.kill()
    for path in ("/v1/projects", f"{QUALITY}/overview", f"{QUALITY}/tasks", "/v1/tasks/street/t-1"):
        answer, problem = await ask(api, path)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert redis_server.url.removeprefix("redis://").removesuffix("/0") not in problem["detail"]
    redis_server.start()
    again, _ = await ask(api, f"{QUALITY}/overview")
    assert again == first
    await model.close()
    api.close()
