"""Finds a Chromium for the tests of the page. `python -m tests.browser.chromium` prints its path, or exits with 1."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find() -> str | None:
    """Return the browser that `CHROMIUM` names, else the machine's, else the one that Playwright has installed.

    None where there is none, or nothing to drive it with.
    """
    if importlib.util.find_spec("playwright") is None:
        return None
    if named := os.environ.get("CHROMIUM"):
        return named
    return next(filter(None, map(shutil.which, NAMES)), None) or _of_playwright()


def _of_playwright() -> str | None:
    from playwright.sync_api import sync_playwright  # type: ignore[import-not-found]  # see requirements.in

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return str(path) if path.exists() else None


if __name__ == "__main__":
    path = find()
    print(path or "There is no Chromium here.", file=sys.stdout if path else sys.stderr)
    sys.exit(0 if path else 1)
