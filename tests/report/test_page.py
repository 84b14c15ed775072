"""The page: all of it there, nothing fetched, nothing injected, the same bytes again."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest

from streams.contracts.regions import Box, Choice, Region, Text
from streams.report import Material, Picture, Views, render
from streams.report.material import Answer, ContestedTask
from tests.report.builders import alert, annotator, contested, decision, material, nobody, views
from tests.report.hostile import ATTACK, hostile_material

VOID = {"meta", "link", "input", "br", "img"}


class Page(HTMLParser):
    """What a browser would find."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1:] == [tag], f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, name: str) -> list[str]:
        """The values of an attribute, wherever it is."""
        return [value or "" for _, attributes in self.tags for key, value in attributes.items() if key == name]


def drawn() -> list[Any]:
    answers: list[list[Region] | None] = [
        [Box(control="objects", label="car", x=10, y=10, width=300, height=200)],
        [Box(control="objects", label="bus", x=30, y=10, width=280, height=200), Choice(control="scene", value="day")],
        None,
    ]
    return [contested(answers, width_px=640, height_px=480, picture=Picture("image/jpeg", b"\xff\xd8", 640, 480))]


@pytest.fixture(scope="module")
def html() -> str:
    return render(material(contested=drawn(), notes=["One thing is not shown."]))


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_every_part_is_there(page: Page) -> None:
    titles = ["Alerts", "Agreement", "Most contested tasks", "Annotators", "Classes", "Against gold", "How to read it"]

    assert [title for title in titles if title not in page.text] == []
    assert page.open == [], "every element is closed"
    assert sum(attributes.get("class") == "chart" for tag, attributes in page.tags if tag == "svg") == 8


@pytest.mark.parametrize(
    "told",
    [
        "Annotators agree to 0.74 over 343 decided tasks; the recent 100 are worse than those before (−0.10).",
        "Of 346 tasks, 24 wait for a reviewer, 12 wait for more answers, 2 of them too long.",
        "On gold the consensus reaches 0.85, a single annotator 0.75.",
        "1 alert is open: agreement drift.",
        "One thing is not shown.",
        "Look at the most contested tasks of the last hour.",
        "3 further annotators are counted together",
        "same again (nothing to compare)",
        "Largest to smallest class: 4.2 : 1",
    ],
)
def test_the_page_tells(page: Page, told: str) -> None:
    assert told in " ".join(page.text.split())


def test_nothing_leads_outside(page: Page) -> None:
    led = page.all("href") + page.all("src") + page.all("action") + page.all("srcset")

    assert [one for one in led if not one.startswith(("#", "data:"))] == []
    assert not {tag for tag, _ in page.tags} & {"img", "iframe", "object", "embed", "form", "base", "audio", "video"}


def test_styles_and_plots_fetch_nothing_either(html: str) -> None:
    assert re.findall(r"url\((?!#)", html) == []
    assert "@import" not in html
    assert "http" not in re.sub(r'http-equiv="Content-Security-Policy"', "", html)


def test_the_policy_allows_this_script_alone_and_no_connection(html: str, page: Page) -> None:
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    (policy,) = (a["content"] for tag, a in page.tags if tag == "meta" and "http-equiv" in a)

    assert policy is not None
    assert "default-src 'none'" in policy
    assert f"script-src 'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" in policy


def test_ids_are_unique_and_what_refers_to_one_finds_it(page: Page, html: str) -> None:
    ids = page.all("id")
    named = {one[1:] for one in page.all("href") if one.startswith("#")} | set(re.findall(r"url\(#([^)]+)\)", html))

    assert len(ids) == len(set(ids))
    assert named - set(ids) == set()


def test_every_picture_has_an_alternative_text(page: Page) -> None:
    labels = [attributes.get("aria-label") for _, attributes in page.tags if attributes.get("role") == "img"]

    assert len(labels) == 9
    assert all(labels)
    assert "What was marked, by whom: amira 1, bo 1, chen 0, consensus 0. Conflicts: missing 1." in labels


def test_the_picture_of_a_task_is_embedded(page: Page) -> None:
    assert f"data:image/jpeg;base64,{base64.b64encode(bytes((0xFF, 0xD8))).decode()}" in page.all("href")


def test_the_same_material_gives_the_same_bytes_in_another_process(html: str) -> None:
    code = (
        "import sys; from tests.report.test_page import drawn; from tests.report.builders import material; "
        "from streams.report import render; "
        "sys.stdout.buffer.write(render(material(contested=drawn(), notes=['One thing is not shown.'])).encode())"
    )

    again = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env={"PYTHONHASHSEED": "7"})

    assert again.stdout == html.encode()


def test_what_others_wrote_stays_text() -> None:
    page = Page(render(hostile_material()))

    assert ATTACK in page.text
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert [tag for tag, _ in page.tags].count("style") == 1
    assert {tag for tag, _ in page.tags} & {"img", "iframe", "b0rk"} == set()
    assert [name for _, attributes in page.tags for name in attributes if name.startswith("on")] == []
    assert [one for one in page.all("href") + page.all("src") if not one.startswith(("#", "data:"))] == []
    assert page.open == []


def test_templates_and_formulas_in_names_are_not_evaluated() -> None:
    page = Page(render(material(project_id="{{ 7 * 7 }} $\\frac{1}{2}$", source="{% raw %}")))

    assert "{{ 7 * 7 }} $\\frac{1}{2}$" in page.text
    assert "{% raw %}" in page.text


def test_what_cannot_be_seen_is_made_visible() -> None:
    made = render(material(views=views(annotators=msgspec.structs.replace(
        _annotators(), items=[annotator("evil\x00\u202etxt\ud83d")]))))  # fmt: skip

    assert "evil\ufffd\ufffdtxt\ufffd" in made
    made.encode()


def test_without_any_document_the_page_says_what_is_missing() -> None:
    page = Page(render(Material(project_id="p", source="nowhere", views=Views())))

    assert page.text.count("No document of") == 5
    assert "No decided task is contested" in page.text


def test_a_project_at_its_very_start_has_a_page() -> None:
    empty = views()
    assert empty.agreement is not None
    assert empty.annotators is not None
    assert empty.matrix is not None
    assert empty.classes is not None
    assert empty.benchmark is not None
    assert empty.alerts is not None
    replace = msgspec.structs.replace
    started = views(
        agreement=replace(empty.agreement, overall=nobody(), histogram=[0] * 10, trend=[], controls=[],
                          disagreements={}, recent=nobody(), baseline=nobody()),
        annotators=replace(empty.annotators, items=[], further=0),
        matrix=replace(empty.matrix, annotators=[], kinds=[], cells=[]),
        classes=replace(empty.classes, controls=[]),
        benchmark=replace(empty.benchmark, gold_tasks=0, items=[], consensus=nobody()),
        alerts=replace(empty.alerts, items=[]),
    )  # fmt: skip

    page = Page(render(material(views=started)))

    assert "No alert was ever raised." in page.text
    assert "No annotator has a standing answer" in page.text
    assert "No task has a ground truth" in page.text


def test_open_alerts_come_before_resolved_ones_and_the_worst_first() -> None:
    items = [
        alert(1, alert="info_open", severity="info"),
        alert(2, alert="critical_resolved", severity="critical", resolved_at="2026-01-31T13:00:00.000Z"),
        alert(3, alert="critical_open", severity="critical"),
    ]
    known = views().alerts
    assert known is not None

    text = Page(render(material(views=views(alerts=msgspec.structs.replace(known, items=items))))).text

    places = [
        text.index(name, text.index("Agreement\n")) for name in ("Critical open", "Info open", "Critical resolved")
    ]
    assert places == sorted(places)


def test_long_texts_and_crowds_are_cut_with_their_number() -> None:
    said: list[list[Region] | None] = [[Text(control="note", value="x" * 5_000)]]
    made = contested(said)
    many = [f"a-{place}" for place in range(200)]
    conflicts = decision().controls["objects"].conflicts * 50
    outcome = msgspec.structs.replace(made.decision.controls["objects"], conflicts=conflicts, annotators=many)
    decided = msgspec.structs.replace(made.decision, controls={"objects": outcome})

    page = Page(render(material(contested=[type(made)(decision=decided, answers=made.answers)])))

    assert "x" * 500 not in page.text
    assert "and 20 more" in page.text


def test_models_without_a_vote_are_told_from_those_who_have_one() -> None:
    given = (("ann", "human", True, "cat"), ("bea", "human", True, "bird"), ("net", "model", False, "bird"))
    answers = [
        Answer(annotator_id=who, kind=kind, counts=counts, score=None, result=[Choice(control="animal", value=value)])
        for who, kind, counts, value in given
    ]
    consensus = [{"control": "animal", "type": "choice", "value": "cat"}]
    made = ContestedTask(decision=decision(consensus=consensus), answers=answers)

    text = " ".join(Page(render(material(contested=[made]))).text.split())

    assert "3 answers, 2 with a vote" in text
    assert "bird 1 of 2 votes bea Without a vote: net model" in text
    assert "cat consensus 1 of 2 votes ann" in text


def test_whoever_an_alert_is_about_has_confusions_of_their_own() -> None:
    low = annotator("low one", alerts=["low_agreement_annotator", "low_gold_accuracy"])
    found, gold = _annotators(), views().benchmark
    assert gold is not None
    mine = msgspec.structs.replace(gold.items[0], annotator_id="low one")
    shown = views(
        annotators=msgspec.structs.replace(found, items=[*found.items, low]),
        benchmark=msgspec.structs.replace(gold, items=[*gold.items, mine]),
    )
    text = " ".join(Page(render(material(views=shown, project_id="a/b"))).text.split())

    assert text.count("Consensus and answer of low one: objects") == 1
    assert text.count("Gold and answer of low one: objects") == 1
    assert "answer of detector" not in text  # nothing is known of what it took for what
    assert "/v1/projects/a%2Fb/quality/annotators?annotator=ID" in text
    assert "/v1/projects/a%2Fb/quality/benchmark" in text


def _annotators() -> Any:
    found = views().annotators
    assert found is not None
    return found
