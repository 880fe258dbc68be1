"""Every link of every page leads somewhere, on GitHub and on the site. Addresses elsewhere are not fetched."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from docs_build.markdown import anchor, anchors, blocks, links, pages, titles, with_targets
from tests.running import ROOT

PAGES = pages(ROOT)
# Hosts that stand for another one, or are reserved for examples: nobody can follow a link there.
PLACEHOLDER = re.compile(r"(^|\.)(example\.(com|org|net)|invalid|test|localhost|your-?\w*)$|OWNER|<|\{", re.IGNORECASE)


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def faults(page: Path) -> list[str]:
    """What is wrong with the links of a page, each with its line."""
    text = page.read_text(encoding="utf-8")
    return [
        f"{page.name}:{link.line}: {link.target} {wrong}"
        for link in links(text)
        if (wrong := fault(page, text, link.target))
    ]


def fault(page: Path, text: str, target: str) -> str:
    """Why a link leads nowhere; empty if it does not."""
    if re.match(r"[a-z][a-z+.-]*:|//", target):
        return external_fault(target)
    path, _, title = target.partition("#")
    there = page.parent / unquote(path) if path else page
    if not there.resolve().is_relative_to(ROOT) or not there.exists():
        return "does not exist"
    if not title:
        return ""
    if there.suffix != ".md":
        return "" if re.fullmatch(r"L\d+(-L\d+)?", title) else "has an anchor in a file that has no titles"
    count = (anchors_of(there) if path else anchors(text)).count(title)
    return {0: "has no such title", 1: ""}.get(
        count, "stands for several titles, which GitHub and the site number apart"
    )


@cache
def anchors_of(page: Path) -> list[str]:
    return anchors(page.read_text(encoding="utf-8"))


def external_fault(target: str) -> str:
    parts = urlsplit(target)
    if parts.scheme == "mailto":
        return "" if "@" in parts.path else "is no address"
    if parts.scheme != "https":
        return "is not https"
    host = parts.hostname or ""
    if (
        "." not in host
        or PLACEHOLDER.search(host)
        or PLACEHOLDER.search(parts.path.split("/")[1] if parts.path else "")
    ):
        return "is a placeholder, and no address"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert faults(page) == []


def test_the_pages_that_people_read_are_all_looked_at() -> None:
    names = {name(page) for page in PAGES}
    assert {"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/github.md"} <= names
    assert {name(page) for page in (ROOT / "docs").rglob("*.md")} <= names


@pytest.mark.parametrize(
    ("target", "wrong"),
    [
        ("other.md", ""),
        ("other.md#a-title-with-code--and-more", ""),
        ("other.md#twice", "stands for several titles"),
        ("other.md#missing", "has no such title"),
        ("other.md#in-a-block", "has no such title"),
        ("gone.md", "does not exist"),
        ("#here", ""),
        ("#there", "has no such title"),
        ("../../../etc/passwd", "does not exist"),
        ("http://example.com/", "is not https"),
        ("https://example.com/", "placeholder"),
        ("https://github.com/OWNER/invent-gitops", "placeholder"),
        ("https://docs.astral.sh/uv/", ""),
    ],
)
def test_a_link_that_leads_nowhere_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, wrong: str
) -> None:
    monkeypatch.setitem(fault.__globals__, "ROOT", tmp_path)
    (tmp_path / "other.md").write_text(
        "# A title with `code` – and more!\n## Twice\n## Twice\n```sh\n# In a block\n```\n", encoding="utf-8"
    )
    page = tmp_path / "page.md"
    page.write_text(f"# Here\n\nSee [it\nthere]({target}), not `[code](gone.md)`.\n", encoding="utf-8")
    found = faults(page)
    assert bool(found) == bool(wrong)
    assert all(wrong in one and one.startswith("page.md:4: ") for one in found)


def test_titles_have_the_anchors_that_github_gives_them() -> None:
    text = "# Quick *start*, v1.2\n\n## `state mv`: rename\n\n### Who? [Me](x.md) & you\n"
    assert titles(text) == ["Quick *start*, v1.2", "`state mv`: rename", "Who? [Me](x.md) & you"]
    assert anchors(text) == ["quick-start-v12", "state-mv-rename", "who-me--you"]
    assert anchor("Über  uns_x") == "über--uns_x"


def test_blocks_of_code_hold_no_link_and_keep_their_place() -> None:
    text = "Before\n\n```sh\nls # [no](l)\n```\n\n1. List:\n\n   ```console\n   $ ls\n     file\n   ```\n\n[a](b)"
    assert [(block.language, block.text, block.line) for block in blocks(text)] == [
        ("sh", "ls # [no](l)\n", 3),
        ("console", "$ ls\n  file\n", 9),
    ]
    assert [(link.target, link.line) for link in links(text)] == [("b", 14)]


def test_a_picture_that_is_a_link_has_two_targets() -> None:
    text = "[![A picture](a.png)](b.md) and [text [in brackets]](c.md), ![one](d.png)\n"
    assert sorted(link.target for link in links(text)) == ["a.png", "b.md", "c.md", "d.png"]
    assert (
        with_targets(text, str.upper) == "[![A picture](A.PNG)](B.MD) and [text [in brackets]](C.MD), ![one](D.PNG)\n"
    )
