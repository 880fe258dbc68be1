"""Look at a site that was built: all it names is there, nothing comes from elsewhere, no Markdown is left as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

# What a browser loads by itself. A plain link (`a`) is followed by a reader only.
_LOADED = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "source": ("src", "srcset"),
    "iframe": ("src",),
    "link": ("href",),
    "form": ("action",),
}
# Of these relations of `link` a browser loads nothing.
_NAMED_ONLY = {"canonical", "prev", "next"}
_ELSEWHERE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_LEFT_IN_A_LINE = re.compile(r"\n(?:[-*] \S|\d+\. \S|\|.*\||```)")


class _Page(HTMLParser):
    """Collects what a page loads from elsewhere, what it names, and its text outside of code."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.named: list[str] = []
        self.text: list[str] = []
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        named_only = tag == "link" and set(values.get("rel", "").split()) <= _NAMED_ONLY
        if not named_only:
            self.loaded += [values[name] for name in _LOADED.get(tag, ()) if _ELSEWHERE.match(values.get(name, ""))]
        if tag == "a" or tag in _LOADED:
            self.named += [values[name] for name in ("href", "src") if values.get(name)]
        self._code += tag in ("pre", "code", "script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in ("pre", "code", "script", "style")

    def handle_data(self, data: str) -> None:
        if not self._code:
            self.text.append(data)


def faults(site: Path) -> Iterator[str]:
    """Yield what is wrong with the pages of a built site, each as one line."""
    for path in sorted(site.rglob("*.html")):
        page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
        name = path.relative_to(site).as_posix()
        yield from (f"{name} loads {address} from another host." for address in page.loaded)
        yield from (f"{name} names {target}, which is not there." for target in page.named if _is_missing(path, target))
        left = next(filter(None, map(_LEFT_IN_A_LINE.search, page.text)), None)
        if left:
            yield f"{name} shows Markdown as text: {left[0].strip()!r}."
    for path in sorted(site.rglob("*.css")):
        if found := re.search(r"url\(['\"]?(?:https?:)?//[^)]*", path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(site).as_posix()} loads {found[0]}) from another host."


def _is_missing(page: Path, target: str) -> bool:
    """Return whether a relative address leads to no file of the site."""
    path = unquote(re.split(r"[?#]", target)[0])
    if not path or path.startswith("/") or re.match(r"[a-z]+:", path):
        return False
    there = page.parent / path
    return not (there / "index.html" if there.is_dir() else there).is_file()
