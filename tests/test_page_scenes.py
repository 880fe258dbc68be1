"""The pages about failures show what the program prints when it fails in that way."""

from __future__ import annotations

from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode
from tests.page_scenes import DOCS, SCENES, outputs_in, renewed, settled

PAGES = DOCS / "recovery"


@pytest.mark.parametrize("name", SCENES)
def test_a_page_shows_what_the_program_prints(name: str, tmp_path: Path) -> None:
    page = (DOCS / name).read_text(encoding="utf-8")
    printed = [settled(text) for text in SCENES[name](tmp_path)]
    assert [settled(text) for text in outputs_in(page)] == printed, "python -m tests.page_scenes writes it anew."


def test_every_red_exit_code_has_a_page_and_its_row_in_the_index() -> None:
    answers = {ExitCode.DONE, ExitCode.CHANGES, ExitCode.BY_HAND}
    index = (PAGES / "index.md").read_text(encoding="utf-8")
    for code in set(ExitCode) - answers:
        assert (PAGES / f"exit-{code}.md").is_file()
        assert f"(exit-{code}.md)" in index
    assert all(f"- **{code}**" in index for code in answers - {ExitCode.DONE})


def test_each_page_says_what_was_created_what_to_do_and_what_never_to_do() -> None:
    for page in PAGES.glob("exit-*.md"):
        titles = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("## ")]
        assert titles[:3] == ["## How it looks", "## What it means", "## What to do now"], page.name
        assert titles[-1] == "## Never", page.name


def test_only_an_output_that_changed_is_written_anew() -> None:
    page = "Text\n```console\n$ a\nin 2 days\n```\n```console\n$ b\nthen\n```\n"
    printed = ["$ a\nin 3 days\n", "$ b\nnow\n"]
    assert renewed(page, printed) == page.replace("then", "now")
