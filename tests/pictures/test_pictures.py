"""The pictures in docs/images show what the program does, with the campaigns that are in examples/."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pictures.__main__ import LIMIT, MAKE, stale
from tests.pictures.scene import IMAGES, pages
from tests.pictures.shots import NOTES
from tests.running import ROOT


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return pages()


def test_the_pictures_show_what_the_program_makes_of_the_examples_today(texts: dict[str, str]) -> None:
    changed = stale(texts)
    assert not changed, f"{', '.join(changed)}: not as in the pictures. Look at them after {MAKE}"


def test_a_page_that_was_pictured_otherwise_is_found(texts: dict[str, str]) -> None:
    before = set(stale(texts))
    assert set(stale(texts | {"comment.md": texts["comment.md"] + "more"})) - before <= {"comment.md"}
    assert "comment.md" in stale(texts | {"comment.md": texts["comment.md"] + "more"})
    assert "status.md" in stale({name: text for name, text in texts.items() if name != "status.md"})


def test_each_number_points_to_something_that_the_comment_says(texts: dict[str, str]) -> None:
    plain = re.sub(r"\*\*|</?b>|`", "", texts["annotated.md"])
    assert [words for _, words, _ in NOTES if words not in plain] == []


def test_no_page_names_an_address_of_the_machine_that_made_it(texts: dict[str, str]) -> None:
    assert [name for name, text in texts.items() if re.search(r"127\.0\.0\.1|localhost|/tmp/|/dev/shm", text)] == []


def pictures(page: Path) -> set[str]:
    return set(re.findall(r"!\[[^\]]+\]\(([^)\s]+\.png)\)", page.read_text(encoding="utf-8")))


def test_every_picture_is_small_and_is_shown_on_a_page_with_words_for_those_who_cannot_see_it() -> None:
    pages_of_docs = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = {(page.parent / path).resolve() for page in pages_of_docs for path in pictures(page)}
    there = {path.resolve() for path in IMAGES.glob("*.png")}
    assert [path.name for path in there if path.stat().st_size > LIMIT] == []
    assert {path.name for path in shown if path.parent == IMAGES.resolve()} <= {path.name for path in there}
