"""A real browser for the report to be looked at in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

__all__ = ["Visit", "chromium", "visit"]

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HELP = (
    "no Chromium was found to look at the report in: install one (Debian: apt-get install --no-install-recommends "
    "chromium; elsewhere: playwright install --with-deps chromium), or name it in CHROMIUM"
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium: the one that CHROMIUM names, one on PATH, or playwright's own. Fails where there is none."""
    found = os.environ.get("CHROMIUM") or next((p for name in PROGRAMS if (p := shutil.which(name))), None)
    with sync_playwright() as playwright:
        if found is None and not Path(playwright.chromium.executable_path).exists():
            pytest.fail(HELP, pytrace=False)
        # Without its sandbox, as a container's root may not have one; it is shown our own page alone.
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """A page, and what it did while it was open."""

    page: Page
    said: list[str] = field(default_factory=list)
    """Console messages, errors and dialogs."""
    requested: list[str] = field(default_factory=list)
    """Every address but the page's own and those that hold their data themselves."""


@contextmanager
def visit(browser: Browser, path: Path, scheme: str = "light", width: int = 1280) -> Iterator[Visit]:
    """Open a file as a reader does, with every way of fetching being watched."""
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light", viewport={"width": width, "height": 900}
    )
    page = context.new_page()
    seen = Visit(page)
    page.on("console", lambda message: seen.said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: seen.said.append(f"error: {error}"))
    page.on("dialog", lambda dialog: seen.said.append(f"dialog: {dialog.message}"))
    page.on("request", lambda request: seen.requested.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_load_state("networkidle")
    seen.requested = [url for url in seen.requested if url != path.as_uri() and not url.startswith("data:")]
    try:
        yield seen
    finally:
        context.close()
