"""The report as Chromium shows it: `make test-browser`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser

from streams.contracts.regions import Box, Choice, Region, Span
from streams.report import Picture, render
from tests.report.browser import chromium, visit
from tests.report.builders import contested, material
from tests.report.hostile import hostile_material
from tests.report.test_media import jpeg

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def box(x: float, y: float, side: float, label: str) -> Region:
    return Box(control="objects", label=label, x=x, y=y, width=side, height=side)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with a task on a picture, small heaps far apart, spans, and answers without shapes."""
    consensus = [{"id": "c1", "control": "objects", "type": "box", "label": "car", "x": 12.0, "y": 12.0, "width": 300.0,
                  "height": 300.0, "rotation_degrees": 0}]  # fmt: skip
    pictured = contested(
        [[box(10, 10, 300, "car")], [box(20, 20, 310, "bus")], []], consensus, width_px=640, height_px=480,
        picture=Picture("image/jpeg", jpeg(640, 480), 640, 480), gold=[box(12, 14, 300, "car")],
    )  # fmt: skip
    apart: list[Region] = [box(10, 10, 20, "car"), box(1_200, 650, 20, "car")]
    heaps = contested([apart, [box(14, 12, 20, "car")], apart], task_id="t-2", width_px=1280, height_px=720)
    spans = contested([[Span(control="t", label="a", start=1, end=9)], [], []], task_id="t-3")
    said = contested([[Choice(control="s", value="day")], [Choice(control="s", value="night")], []], task_id="t-4")
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(material(contested=[pictured, heaps, spans, said])), encoding="utf-8")
    return path


def test_it_opens_without_an_error_and_asks_nobody_for_anything(browser: Browser, report: Path) -> None:
    with visit(browser, report) as seen:
        assert seen.page.title() == "Labeling quality of street"
        assert (seen.said, seen.requested) == ([], [])


def test_every_section_heat_map_and_contested_task_has_its_size(browser: Browser, report: Path) -> None:
    with visit(browser, report) as seen:
        for section in ("alerts", "agreement", "contested", "annotators", "classes", "gold"):
            assert seen.page.locator(f"#{section}").is_visible(), section
        charts = seen.page.locator("svg.chart").all()
        scenes = seen.page.locator("svg.scene[role=img]").all()
        sizes = [place.bounding_box() for place in (*charts, *scenes)]
        matrix = seen.page.locator("#annotators svg.chart").first.bounding_box()

    assert (len(charts), len(scenes)) == (8, 2)
    assert all(size is not None and size["width"] > 200 and size["height"] > 100 for size in sizes)
    assert matrix is not None
    assert matrix["width"] > 400


def counted(shot: Image.Image) -> Counter[tuple[int, int, int]]:
    """Colour → in how many pixels."""
    found: Any = shot.getcolors(shot.width * shot.height)
    return Counter({colour: n for n, colour in found})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_drawn_in_light_and_dark(browser: Browser, report: Path, scheme: str) -> None:
    with visit(browser, report, scheme) as seen:
        shot = Image.open(BytesIO(seen.page.screenshot(full_page=True))).convert("RGB")
        scene = Image.open(BytesIO(seen.page.locator("svg.scene").nth(1).screenshot())).convert("RGB")

    colours = counted(shot.resize((320, 640), Image.Resampling.NEAREST))
    (ground, share), *_ = colours.most_common(1)
    assert len(colours) > 50, "not blank"
    assert (sum(ground) / 3 > 128) == (scheme == "light")
    assert share < 0.9 * 320 * 640
    assert len(counted(scene)) > 10, "the marks of a task are drawn"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_the_contrast_that_wcag_asks_for(browser: Browser, report: Path, scheme: str) -> None:
    with visit(browser, report, scheme) as seen:
        pairs = seen.page.evaluate(CONTRAST)

    assert len(pairs) > 100
    assert [found for found in pairs if found["ratio"] < 4.5] == []


def test_the_picture_of_a_task_is_shown_under_its_marks(browser: Browser, report: Path) -> None:
    with visit(browser, report) as seen:
        shot = Image.open(BytesIO(seen.page.locator("svg.scene").first.screenshot())).convert("RGB")

    red, green, _ = shot.getpixel((shot.width - 20, shot.height - 20))  # type: ignore[misc]
    assert red > 150 > green, "the picture is red there"


def test_close_ups_show_the_marks_too(browser: Browser, report: Path) -> None:
    with visit(browser, report) as seen:
        assert seen.page.locator(".closeups svg").count() == 2
        shot = Image.open(BytesIO(seen.page.locator(".closeups svg").first.screenshot())).convert("RGB")

    assert len(counted(shot)) > 10


def test_an_annotator_s_marks_can_be_hidden_and_shown(browser: Browser, report: Path) -> None:
    with visit(browser, report) as seen:
        task = seen.page.locator(".task").first
        layer, box = task.locator('[data-layer="0"]'), task.locator('.legend input[value="0"]')
        assert layer.is_visible()
        box.uncheck()
        assert not layer.is_visible()
        box.check()
        assert layer.is_visible()


def test_the_table_of_annotators_is_sorted_by_the_head_that_is_pressed_figures_as_figures(
    browser: Browser, report: Path
) -> None:
    with visit(browser, report) as seen:
        table = seen.page.locator("table.sortable")
        head = table.get_by_role("button", name="With consensus")
        names = table.locator("tbody th .id")
        head.focus()
        seen.page.keyboard.press("Enter")
        rising = names.all_inner_texts()
        head.click()
        falling = names.all_inner_texts()
        state = head.locator("xpath=..").get_attribute("aria-sort")
        table.get_by_role("button", name="Seconds a task").click()
        last = names.last.inner_text()
        table.get_by_role("button", name="Annotator").click()
        by_name = names.all_inner_texts()

    assert rising == ["amira", "detector", "bo", "chen", "dee", "eli"]
    assert (falling, state) == (rising[::-1], "descending")
    assert last == "detector", "who has no figure comes last"
    assert by_name == sorted(by_name)


def test_what_others_wrote_runs_nothing_and_fetches_nothing(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    path.write_text(render(hostile_material()), encoding="utf-8")

    with visit(browser, path) as seen:
        assert seen.page.evaluate("window.hacked") is None
        assert (seen.said, seen.requested) == ([], [])


def test_were_something_injected_after_all_the_policy_would_stop_it(
    browser: Browser, report: Path, tmp_path: Path
) -> None:
    path = tmp_path / "injected.html"
    attack = "<script>window.hacked=1</script><img src='http://127.0.0.1:9/x.png' onerror='window.hacked=2'>"
    path.write_text(report.read_text(encoding="utf-8").replace("<main", f"{attack}<main"), encoding="utf-8")

    with visit(browser, path) as seen:
        assert seen.page.evaluate("window.hacked") is None
        assert len(seen.said) >= 2, "the browser says what it refused"
        assert all("Content Security Policy" in one for one in seen.said)


@pytest.mark.parametrize("width", [390, 768, 1280, 1920])
def test_it_fits_any_screen(browser: Browser, report: Path, width: int) -> None:
    with visit(browser, report, width=width) as seen:
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_prints_on_white_without_what_only_a_screen_can_use(browser: Browser, report: Path) -> None:
    with visit(browser, report, "dark") as seen:
        seen.page.emulate_media(media="print")
        ground = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        hidden = not seen.page.locator("nav").is_visible()
        ink = seen.page.evaluate("getComputedStyle(document.body).color")
        seen.page.set_viewport_size({"width": 703, "height": 1000})  # A4 with its margins
        across = seen.page.evaluate("document.documentElement.scrollWidth")

    assert (ground, hidden) == ("rgb(255, 255, 255)", True)
    assert across <= 703
    assert ink == "rgb(22, 32, 44)", "dark ink, though the screen is dark"


CONTRAST = r"""
() => {
  const parse = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
  const linear = (c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = parse(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("svg, script, .skip")) continue;
    if (!element.checkVisibility()) continue;
    const [a, b] = [luminance(parse(getComputedStyle(element).color)), luminance(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    found.push({ text: walker.currentNode.data.trim().slice(0, 40), ratio });
  }
  for (const text of document.querySelectorAll("svg.chart text")) {
    if (/#|rgb/.test(text.getAttribute("style") ?? "") && text.closest("[id*='cell']")) continue;
    const fill = getComputedStyle(text).fill;
    const style = text.getAttribute("style") ?? "";
    if (!style.includes("var(")) continue;
    const [a, b] = [luminance(parse(fill)), luminance(ground(text.closest(".card")))];
    found.push({ text: text.textContent.slice(0, 40), ratio: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) });
  }
  return found;
}
"""
"""Contrast of every text with what lies behind it (WCAG 2): of the page, and of the plots where it lies on the card."""
