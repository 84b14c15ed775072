"""Alive means that work gets done; ready means that it may begin."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from streams.adapters.faust_app.observer import Observer, UnitReport
from streams.adapters.pages import Health, pages


class Clock:
    """Seconds that go forward when told."""

    seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(clock, stuck_after_seconds=60, standstill_after_seconds=600)


def start(health: Observer) -> None:
    """A worker that owns partition 0 of settle and is ready."""
    health.recovery_started()
    health.assigned("settle", {0})
    health.recovery_finished(0.5)
    health.ready(True)


def unit(partition: int = 0) -> UnitReport:
    return UnitReport("settle", partition, 1, 0.01, 2, 0.0, {}, {})


async def ask(health: Health, path: str) -> tuple[int, Any]:
    page = await pages(health, lambda: b"", "text/plain")[path]()
    assert page.content_type == "application/json"
    return page.status, msgspec.json.decode(page.body)


async def test_metrics_are_passed_on_as_they_are(health: Health) -> None:
    page = await pages(health, lambda: b"up 1\n", "text/plain; version=0.0.4")["/metrics"]()
    assert page == (200, "text/plain; version=0.0.4", b"up 1\n")


async def test_ready_only_once_state_is_recovered_and_it_says_what_it_waits_for(health: Health) -> None:
    seen = [await ask(health, "/readyz")]
    health.recovery_started()
    seen.append(await ask(health, "/readyz"))
    health.assigned("settle", {0, 2})
    health.assigned("watch", {1})
    health.recovery_finished(0.5)
    seen.append(await ask(health, "/readyz"))
    health.ready(True)
    seen.append(await ask(health, "/readyz"))
    health.ready(False)
    seen.append(await ask(health, "/readyz"))
    mine = {"settle": [0, 2], "watch": [1]}
    assert seen == [
        (503, {"ready": False, "waiting_for": "partitions from the consumer group", "partitions": {}}),
        (503, {"ready": False, "waiting_for": "state to be recovered from the changelog", "partitions": {}}),
        (503, {"ready": False, "waiting_for": "project settings to be read", "partitions": mine}),
        (200, {"ready": True, "waiting_for": None, "partitions": mine}),
        (503, {"ready": False, "waiting_for": "the end of a rebalance", "partitions": mine}),
    ]


async def test_a_worker_that_recovers_is_alive_for_as_long_as_a_recovery_takes(health: Health, clock: Clock) -> None:
    health.recovery_started()
    clock.seconds += 600
    assert await ask(health, "/healthz") == (200, {"status": "ok", "reasons": []})
    clock.seconds += 1
    reason = "nothing was committed for 601 s, waiting for state to be recovered from the changelog"
    assert await ask(health, "/healthz") == (503, {"status": "failing", "reasons": [reason]})


async def test_one_that_is_thrown_out_of_its_group_again_and_again_is_found_out(health: Health, clock: Clock) -> None:
    for _ in range(21):
        start(health)
        health.lag("settle", 0, 5)
        clock.seconds += 30
        health.ready(False)
        health.revoked("settle", {0})
    assert await ask(health, "/healthz") == (
        503, {"status": "failing", "reasons": ["nothing was committed for 630 s, waiting for the end of a rebalance"]},
    )  # fmt: skip


async def test_a_worker_that_got_no_partition_is_well_and_patient_when_its_turn_comes(
    health: Health, clock: Clock
) -> None:
    health.recovery_started()
    health.recovery_finished(0)
    health.ready(True)
    clock.seconds += 10_000
    assert (await ask(health, "/healthz"))[0] == 200
    health.ready(False)
    clock.seconds += 500
    assert (await ask(health, "/healthz"))[0] == 200


async def test_records_that_wait_without_a_commit_make_it_fail(health: Health, clock: Clock) -> None:
    start(health)
    health.lag("settle", 0, 5)
    clock.seconds += 60
    health.lag("settle", 0, 6)
    assert (await ask(health, "/healthz"))[0] == 200
    clock.seconds += 1
    reason = "settle: partition 0 has records, and none was committed for 61 s"
    assert await ask(health, "/healthz") == (503, {"status": "failing", "reasons": [reason]})


async def test_lag_is_no_standstill_while_commits_move(health: Health, clock: Clock) -> None:
    start(health)
    for _ in range(10):
        health.lag("settle", 0, 1_000_000)
        clock.seconds += 30
        health.unit_done(unit())
    assert (await ask(health, "/healthz"))[0] == 200


async def test_a_quiet_partition_is_well(health: Health, clock: Clock) -> None:
    start(health)
    for _ in range(100):
        health.lag("settle", 0, 0)
        clock.seconds += 30
    assert (await ask(health, "/healthz"))[0] == 200


async def test_waiting_is_counted_from_the_first_record_not_from_the_last_commit(health: Health, clock: Clock) -> None:
    start(health)
    health.unit_done(unit())
    for _ in range(3):
        clock.seconds += 50
        health.lag("settle", 0, 0)
    health.lag("settle", 0, 1)
    clock.seconds += 50
    assert (await ask(health, "/healthz"))[0] == 200


async def test_a_partition_that_nothing_is_heard_of_makes_it_fail(health: Health, clock: Clock) -> None:
    start(health)
    health.lag("settle", 0, 0)
    clock.seconds += 61
    assert (await ask(health, "/healthz"))[1]["reasons"] == ["settle: nothing was heard of partition 0 for 61 s"]


async def test_a_rebalance_starts_patience_anew(health: Health, clock: Clock) -> None:
    start(health)
    health.lag("settle", 0, 5)
    clock.seconds += 100
    health.ready(False)
    assert (await ask(health, "/healthz"))[0] == 200
    health.ready(True)
    clock.seconds += 30
    assert (await ask(health, "/healthz"))[0] == 200


async def test_partitions_that_are_gone_are_of_no_concern(health: Health, clock: Clock) -> None:
    start(health)
    health.assigned("settle", {0, 1, 2})
    health.revoked("settle", {0})
    health.assigned("settle", {2})
    for partition in (0, 1):
        health.lag("settle", partition, 5)
        health.unit_done(unit(partition))
    assert health.partitions() == {"settle": [2]}
    clock.seconds += 30
    health.lag("settle", 2, 0)
    clock.seconds += 40
    assert (await ask(health, "/healthz"))[0] == 200
