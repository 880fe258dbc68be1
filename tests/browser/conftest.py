"""A real browser for the tests of this folder. They are skipped where Playwright or a Chromium is missing.

`.ci/run` installs what `requirements.txt` lists and names the browser in `CHROMIUM`; then nothing is skipped.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from tests.browser import chromium

# Where the browser is named, a missing part is a fault and not a reason to skip.
REQUIRED = "CHROMIUM" in os.environ


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests of a process."""
    if not REQUIRED:
        pytest.importorskip("playwright", reason="Playwright is not installed: tests/browser/requirements.txt")
    from playwright.sync_api import sync_playwright  # type: ignore[import-not-found]  # see requirements.in

    path = chromium.find()
    if not path:
        pytest.skip("There is no Chromium here.")
    # Root may start one only without its sandbox, and the pages are ours.
    flags = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(executable_path=path, args=flags)
        yield instance
        instance.close()


class Visit:
    """A page in a tab of its own, with everything that it asked for or complained of."""

    def __init__(self, page: Any, file: Path) -> None:
        self.page = page
        self.file = file
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", self._refuse)

    def _refuse(self, dialog: Any) -> None:
        self.complaints.append(f"A dialog opened: {dialog.message}")
        dialog.dismiss()

    def open(self, fragment: str = "") -> None:
        """Load the page anew, also where only the fragment differs."""
        self.page.goto("about:blank")
        self.page.goto(self.file.as_uri() + fragment)

    @property
    def foreign(self) -> list[str]:
        """What was asked for beside the file itself and what it holds."""
        own = (self.file.as_uri(), "data:", "about:blank")
        return [url for url in self.requests if not url.startswith(own)]

    def severe(self) -> list[str]:
        """The findings of axe that are serious or critical."""
        source = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
        self.page.evaluate(source)
        result = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{violation['id']}: {violation['nodes'][0]['html']} {violation['nodes'][0]['failureSummary']}"
            for violation in result["violations"]
            if violation["impact"] in ("serious", "critical")
        ]


Visitor = Callable[..., Any]


@pytest.fixture
def visitor(browser: Any, tmp_path: Path) -> Visitor:
    """Opens a page: `with visitor(html, width=375, scheme="dark") as visit`. No request may leave it."""

    @contextmanager
    def visiting(
        html: str, *, width: int = 1440, scheme: str = "light", fragment: str = "", **options: Any
    ) -> Iterator[Visit]:
        file = tmp_path / "calendar.html"
        file.write_text(html, encoding="utf-8")
        height = 900 if width > 400 else 812
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, offline=True, **options
        )
        context.set_default_timeout(60_000)
        visit = Visit(context.new_page(), file)
        visit.open(fragment)
        yield visit
        context.close()
        assert (visit.foreign, visit.complaints) == ([], [])

    return visiting
