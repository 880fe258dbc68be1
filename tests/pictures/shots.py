"""Takes the pictures: opens each page in a Chromium, with no network, and keeps what it shows as PNG."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from tests.pictures.autumn import DAY
from tests.pictures.page import page

# What the numbers point to: the first element of these kinds whose text begins with these words.
NOTES = (
    ("h3", "⚠️", "What this change cannot do. A person must do it in Invent."),
    ("h3", "1 broadcast to create", "How many people the new broadcast reaches, at most."),
    ("p", "1 changed", "What happens to each broadcast in the repository."),
    ("p", "Nobody's approval", "Who must approve. This team has not said so yet."),
    ("li li", "In Invent: move", "The step for a person in Invent."),
    ("td", "Wed 18 Oct", "When it is planned: local time, zone and UTC."),
    ("td", "trial-users", "Who gets it, and at most how many contacts."),
    ("sub", "Planned", "The digest of this plan. The merge creates exactly this plan."),
)
_ANNOTATE = """(notes) => {
  const add = (kind, style, inside = "") => {
    const box = document.createElement("div");
    box.className = kind;
    box.innerHTML = inside;
    Object.assign(box.style, Object.fromEntries(Object.entries(style).map(([name, value]) => [name, value + "px"])));
    document.body.append(box);
    return box;
  };
  const right = document.querySelector("main").getBoundingClientRect().right;
  let free = 0;
  notes.forEach(([kind, words, text], index) => {
    const element = [...document.querySelectorAll(kind)].find((one) =>
      one.textContent.replace(/\\s+/g, " ").trim().startsWith(words));
    if (!element) throw new Error(`No ${kind} begins with ${words}`);
    const range = document.createRange();
    range.selectNodeContents(element);
    const at = range.getBoundingClientRect();
    const top = Math.max(at.top - 2, free);
    const number = `<b>${index + 1}</b>`;
    add("frame", { left: at.left - 5, top: at.top - 4, width: at.width + 10, height: at.height + 8 }, number);
    const note = add("note", { left: right + 12, top: top }, number + text);
    free = note.getBoundingClientRect().bottom + 14;
  });
}"""


def take(texts: dict[str, str], folder: Path, chromium: str) -> list[Path]:
    """Write the pictures of these pages into the folder, and return their paths."""
    from playwright.sync_api import sync_playwright  # type: ignore[import-not-found, unused-ignore]

    paths = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        for name, html, options in _pages(texts):
            path = folder / name
            _shoot(browser, html, path, **options)
            paths.append(path)
        browser.close()
    return paths


def _pages(texts: dict[str, str]) -> list[tuple[str, str, dict[str, Any]]]:
    shots: list[tuple[str, str, dict[str, Any]]] = [
        ("comment.png", page(texts["comment.md"], "commented on 1 September"), {"width": 920}),
        (
            "comment-annotated.png",
            page(texts["annotated.md"], "commented on 25 September", margin=True),
            {"width": 1170},
        ),
        ("status.png", page(texts["status.md"], "opened this issue on 22 November"), {"width": 920}),
    ]
    if "calendar.html" in texts:
        calendar = texts["calendar.html"]
        shots += [
            ("calendar.png", calendar, {"width": 1200, "clock": DAY}),
            ("calendar-phone-dark.png", calendar, {"width": 375, "height": 900, "dark": True, "clock": DAY}),
        ]
    return shots


def _shoot(
    browser: Any, html: str, path: Path, *, width: int, height: int = 0, dark: bool = False, clock: str = ""
) -> None:
    """Keep the whole page, or only its first `height` pixels."""
    context = browser.new_context(
        viewport={"width": width, "height": height or 400},
        device_scale_factor=1.5,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        timezone_id="Europe/Berlin",
        locale="en-GB",
        offline=True,
    )
    tab = context.new_page()
    if clock:
        tab.clock.set_fixed_time(clock)
    tab.set_content(html)
    if path.stem.endswith("annotated"):
        tab.evaluate(_ANNOTATE, NOTES)
    _keep(tab.screenshot(full_page=not height), path)
    context.close()


def _keep(picture: bytes, path: Path) -> None:
    """Write the picture with 256 colours: text on paper needs no more, and takes a third of the room."""
    from PIL import Image  # type: ignore[import-not-found, unused-ignore]

    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
