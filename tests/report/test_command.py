"""`labelquorum report` from every source: the page, the mistakes, the same bytes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from streams.adapters.api_client import ApiClient
from streams.adapters.embedded_broker import EmbeddedBroker
from streams.adapters.http_api.access import parse_tokens
from streams.adapters.kafka.feed import feed
from streams.adapters.kafka.topics import create
from streams.config import WorkerConfig
from streams.contracts.decisions import Decision
from streams.demo.recorded import load, packaged
from streams.limits import Limits
from streams.quality.views import task_item
from streams.replay import Replay
from streams.report import Contested, Views
from streams.settings_file import read_settings
from tests.adapters.api_builders import Stored, api_of
from tests.adapters.api_server import ApiServer
from tests.cli.programs import call, run

SETTINGS = packaged("settings.yaml")


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    """The first tasks of the demo's projects, and a line that is no JSON."""
    recordings = [load(project).first_tasks(8) for project in ("pedestrians", "bluebirds")]
    found = [line for r in recordings for line in (*r.gold_values.values(), *(answer.value for answer in r.answers))]
    return [*found, b"{not json"]


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> Path:
    file = tmp_path_factory.mktemp("events") / "events.jsonl"
    file.write_bytes(b"\n".join(lines))
    return file


@pytest.fixture(scope="module")
def page(events: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    out = tmp_path_factory.mktemp("page") / "report.html"
    made = call("report", events, "--settings", SETTINGS, "--project", "pedestrians", "--out", out)
    assert (made.code, made.err) == (0, "")
    return out.read_bytes()


def drawn(page: bytes) -> bytes:
    """The part with the contested tasks."""
    return page[page.index(b'id="contested"') : page.index(b'id="annotators"')]


def test_recorded_events_become_a_page_with_every_annotator_s_shapes(page: bytes) -> None:
    assert b"Labeling quality of pedestrians" in page
    assert page.count(b'class="card task"') == 8
    assert drawn(page).count(b'class="area" d="M') > 50
    assert b"answer not at hand" not in page


def test_the_same_events_give_the_same_bytes_in_another_process_and_from_several_files(
    events: Path, page: bytes, tmp_path: Path
) -> None:
    lines = events.read_bytes().split(b"\n")
    (tmp_path / "events.jsonl").write_bytes(b"\n".join(lines))

    again = run("report", tmp_path / "events.jsonl", "--settings", SETTINGS, "--project", "pedestrians",
                "--out", tmp_path / "r.html", PYTHONHASHSEED="7")  # fmt: skip

    assert again.code == 0
    assert (tmp_path / "r.html").read_bytes() == page


def test_a_program_is_told_what_was_written(events: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "b.html"

    made = call("report", events, "--project", "bluebirds", "--out", out, "--tasks", 2, "--json")

    told = {"project": "bluebirds", "out": str(out), "bytes": out.stat().st_size, "tasks_drawn": 2}
    assert json.loads(made.out) == told


def test_without_a_project_among_several_those_that_there_are_are_listed(events: Path, tmp_path: Path) -> None:
    for options in ((), ("--project", "pedestrian")):
        wrong = call("report", events, *options, "--out", tmp_path / "r.html")

        assert (wrong.code, wrong.out) == (2, "")
        assert "one of bluebirds, pedestrians" in wrong.err
    assert not (tmp_path / "r.html").exists()


def test_a_file_without_any_event_is_nothing_to_report_on(tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_bytes(b"{not json\n")

    wrong = call("report", tmp_path / "none.jsonl", "--out", tmp_path / "r.html")

    assert wrong.code == 2
    assert "there are none" in wrong.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "say what to report on, one of"),
        (("none.jsonl", "--broker", "x:1"), "say what to report on, one of"),
        (("none.jsonl",), "no such file"),
        ((".",), "quality.json"),
        (("none.jsonl", "--events", "e.jsonl"), "--events goes with FOLDER or --api"),
        ((".", "--settings", "s.yaml"), "--settings goes with EVENTS or --broker"),
        ((".", "none.jsonl"), "got both"),
        (("--api", "localhost:1"), "begins with http:// or https://"),
        (("--api", "http://127.0.0.1:9"), "no answer"),
    ],
    ids=[
        "nothing",
        "two sources",
        "no file",
        "another folder",
        "events twice",
        "decided already",
        "both",
        "no scheme",
        "nobody there",
    ],
)
def test_mistakes_are_told_with_what_to_do(
    arguments: tuple[str, ...], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    wrong = call("report", *arguments)

    assert wrong.code == 2
    assert told in " ".join(wrong.err.split())


def test_a_page_that_cannot_be_written_is_an_error(events: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    wrong = call("report", events, "--project", "bluebirds", "--out", tmp_path / "file" / "r.html", "--tasks", 0)

    assert wrong.code == 2
    assert "The report cannot be written" in wrong.err


def test_pictures_are_embedded_from_the_folder_that_was_named_and_missing_ones_are_told(tmp_path: Path) -> None:
    base = {"schema": 1, "type": "annotation.submitted", "project_id": "p", "occurred_at": "2026-01-31T10:00:00Z"}
    (tmp_path / "pictures").mkdir()
    Image.new("RGB", (64, 48)).save(tmp_path / "pictures" / "one.png")
    rows = []
    for task, url in (("t1", "one.png"), ("t2", "../secret.png")):
        for person, x in (("a", 0), ("b", 20), ("c", 40)):
            mark = {"id": "r", "control": "o", "type": "box", "label": "l", "x": x, "y": 0, "width": 19, "height": 9}
            rows.append({**base, "event_id": f"{task}{person}", "task_id": task, "annotator_id": person,
                         "submission_id": f"{task}{person}", "task": {"media_url": url}, "result": [mark]})  # fmt: skip
    (tmp_path / "e.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, rows)))

    made = call("report", tmp_path / "e.jsonl", "--media", tmp_path / "pictures", "--out", tmp_path / "r.html")

    assert made.code == 0, made.err
    html = (tmp_path / "r.html").read_text()
    assert html.count('href="data:image/jpeg;base64,') == 1
    assert "No picture of task t2: not a file below a folder given with --media." in html


def results(folder: Path, events: Path) -> Path:
    """What `replay --out` writes."""
    assert call("replay", events, "--settings", SETTINGS, "--out", folder).code == 0
    return folder


def test_what_replay_wrote_shows_the_consensus_and_with_the_events_everything(
    events: Path, page: bytes, tmp_path: Path
) -> None:
    folder = results(tmp_path / "out", events)

    alone = call("report", folder, "--project", "pedestrians", "--out", tmp_path / "alone.html")
    whole = call("report", folder, "--project", "pedestrians", "--events", events, "--out", tmp_path / "whole.html")

    assert (alone.code, whole.code) == (0, 0), alone.err + whole.err
    consensus_alone = (tmp_path / "alone.html").read_bytes()
    assert b"contested tasks show the consensus alone" in consensus_alone
    assert b"answer not at hand" in consensus_alone
    assert b'class="line area"' in drawn(consensus_alone)
    assert drawn((tmp_path / "whole.html").read_bytes()) == drawn(page)
    assert tiles((tmp_path / "whole.html").read_bytes()) == tiles(page)


def tiles(page: bytes) -> bytes:
    return page[page.index(b'class="tiles"') : page.index(b'id="contested"')]


def test_a_kafka_s_events_give_the_figures_and_shapes_of_the_same_events_in_a_file(
    lines: list[bytes], page: bytes, tmp_path: Path
) -> None:
    with EmbeddedBroker() as embedded:
        config = WorkerConfig.from_environment({}, broker=embedded.address, partitions="3")
        asyncio.run(create(config))
        asyncio.run(feed(config, lines))

        made = call("report", "--broker", embedded.address, "--settings", SETTINGS, "--project", "pedestrians",
                    "--out", tmp_path / "r.html")  # fmt: skip

    assert made.code == 0, made.err
    assert drawn((tmp_path / "r.html").read_bytes()) == drawn(page)


@pytest.fixture(scope="module")
def system(lines: list[bytes]) -> Iterator[str]:
    """The HTTP API itself, of a system that has decided the same events."""
    reader, decided = Stored(), {}
    engine = Replay(read_settings(SETTINGS), Limits())
    for outgoing in engine.step(lines):
        if outgoing.topic in ("task-agreement", "task-disagreement"):
            decision = msgspec.json.decode(outgoing.value, type=Decision)
            decided[decision.project_id, decision.task_id] = (decision, outgoing.value)
    for project in engine.projects():
        quality = engine._watch._state.items()
        reader.put(project, {key: value for key, value in quality if project.encode() in key})
    items = [task_item(decision) for (project, _), (decision, _) in decided.items() if project == "pedestrians"]
    reader.items = sorted(items, key=lambda item: (item.score is None, item.score or 0.0, item.task_id))
    reader.decided = {task: [value] for task, (_, value) in decided.items()}
    token = {"name": "lead", "sha256": sha256(b"secret").hexdigest(), "projects": ["pedestrians"]}
    with ApiServer(api_of(reader, parse_tokens({"tokens": [token]}, "tokens.yaml"))) as server:
        yield server.url


def test_a_running_system_s_documents_give_the_same_page_with_the_events_at_hand(
    system: str, events: Path, page: bytes, tmp_path: Path
) -> None:
    made = call("report", "--api", system, "--token", "secret", "--events", events, "--out", tmp_path / "r.html")

    assert made.code == 0, made.err
    assert drawn((tmp_path / "r.html").read_bytes()) == drawn(page)
    assert tiles((tmp_path / "r.html").read_bytes()) == tiles(page)


def test_a_token_that_does_not_open_is_told(system: str, tmp_path: Path) -> None:
    wrong = call("report", "--api", system, "--out", tmp_path / "r.html")

    assert wrong.code == 2
    assert "answered with 401: expected the header Authorization: Bearer TOKEN; name a token with --token" in wrong.err


def test_documents_of_another_version_are_refused_with_the_place() -> None:
    with pytest.raises(msgspec.ValidationError, match="agreement"):
        Views.of({"overview": {"project_id": "p", "agreement": 3}})


def test_decisions_that_are_none_are_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        Contested("p").add(b"{}")


def test_an_alert_that_was_raised_and_resolved_is_told_with_its_times(tmp_path: Path) -> None:
    # Of 40 tasks all are `a`: two classes are expected, so the imbalance is over 2:1. 40 of `b` later it is 1:1.
    settings = tmp_path / "settings.yaml"
    settings.write_text(
        "projects: {p: {required_annotators: 1, controls: {kind: {type: choice, labels: [a, b]}},"
        " alerts: {class_imbalance: {ratio: 2, minimum: 20}}}}"
    )
    rows = [
        {"schema": 1, "type": "annotation.submitted", "project_id": "p", "task_id": f"t{place}", "annotator_id": "me",
         "event_id": f"e{place}", "submission_id": f"s{place}",
         "occurred_at": f"2026-01-31T{10 + place // 40}:{place % 40:02}:00Z",
         "result": [{"control": "kind", "type": "choice", "value": "a" if place < 40 else "b"}]}
        for place in range(80)
    ]  # fmt: skip
    (tmp_path / "e.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, rows)))

    made = call("report", tmp_path / "e.jsonl", "--settings", settings, "--out", tmp_path / "r.html")

    assert made.code == 0, made.err
    alerts = (tmp_path / "r.html").read_text().split('id="alerts"')[1].split("</section>")[0]
    assert "Class imbalance" in alerts
    assert '<span class="badge good">resolved</span>' in alerts
    assert "Raised 2026-01-31 10:19 UTC, resolved 2026-01-31 11:" in alerts


def test_lists_that_come_in_pages_are_put_together(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = ApiClient(system, "secret")
    whole = client.views("pedestrians", ["annotators"])["annotators"]["items"]
    monkeypatch.setattr("streams.adapters.api_client._PAGE", 2)

    assert client.views("pedestrians", ["annotators"])["annotators"]["items"] == whole
    assert len(whole) > 4


def test_a_project_that_the_system_does_not_have_is_told_with_those_that_it_has(system: str, tmp_path: Path) -> None:
    wrong = call("report", "--api", system, "--token", "secret", "--project", "x", "--out", tmp_path / "r.html")

    assert wrong.code == 2
    assert "one of pedestrians; got 'x'" in wrong.err
