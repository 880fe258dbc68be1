"""The README says what the program does: its examples are run, its tables compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from invent_gitops.cli.program import COMMANDS
from invent_gitops.errors import ExitCode
from invent_gitops.load import read_document
from invent_gitops.model.project import Project
from invent_gitops.schemas import read_schema
from invent_gitops.validate import validate_project
from invent_gitops.values import replace
from tests.careful.fast_paths import python_path
from tests.pages import FENCED, block, fenced, pages

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """What GitHub lets one link to: the titles of a page, in its own spelling."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def run(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "invent_gitops", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": python_path()},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.stdout


def test_the_definition_that_is_shown_can_be_planned_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "broadcasts").mkdir()
    definition = block("# broadcasts/black-friday-vip", "README.md")
    (tmp_path / "broadcasts" / "black-friday-vip.yaml").write_text(definition, "utf-8")
    (tmp_path / "segments.yaml").write_text("vip-customers: {id: seg_vip, contacts_count: 1240}\n", "utf-8")
    assert run(tmp_path, "plan").startswith("1 broadcast to create, to up to 1,240 contacts.\n")


def test_the_problem_that_is_shown_is_the_problem_that_is_reported(tmp_path: Path) -> None:
    (tmp_path / "broadcasts").mkdir()
    (tmp_path / "broadcasts" / "spring.yaml").write_text("name: x\nshedule: 2029-03-01T09:00\nsegments: [a]\n", "utf-8")
    expected = block("$ invent-gitops validate\n", "README.md").partition("\n")[2]
    assert run(tmp_path, "validate") == expected


def test_the_project_file_that_is_shown_holds_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "invent.yaml"
    path.write_text(block("definitions: broadcasts "), "utf-8")
    document, problems = read_document(path, "invent.yaml")
    assert document is not None
    project, more = validate_project(document, schema=read_schema("project"), file="")
    assert (problems, more) == ([], [])
    assert replace(project, file="") == Project(timezone="Europe/Berlin")


def test_the_workspaces_that_are_shown_are_read_as_the_comments_say(tmp_path: Path) -> None:
    path = tmp_path / "invent.yaml"
    path.write_text(block("timezone: Europe/Berlin  ", "docs/workspaces.md"), "utf-8")
    document, problems = read_document(path, "invent.yaml")
    assert document is not None
    project, more = validate_project(document, schema=read_schema("project"), file="")
    assert (problems, more) == ([], [])
    acme, globex = (project.workspaces or {}).values()
    assert (acme.definitions, acme.state.path, acme.segments) == (
        "acme/broadcasts", "acme/invent.state.json", "acme/segments.yaml"
    )  # fmt: skip
    assert (acme.key, globex.key) == ("INVENT_API_KEY", "INVENT_API_KEY_GLOBEX")
    assert acme.policies.minimum_lead_time == globex.policies.minimum_lead_time
    assert (acme.policies.max_creates, globex.policies.max_creates) == (50, 10)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_that_a_page_names_is_one_of_the_program(page: Path) -> None:
    named = re.findall(r"^ *(?:\$ )?(?:\S*/)?invent-gitops ([a-z][a-z-]*)", "".join(code(page)), re.MULTILINE)
    assert set(named) <= {*COMMANDS}


def code(page: Path) -> list[str]:
    """What a page shows as code: its blocks and what is in backticks, each on a line of its own."""
    text = page.read_text(encoding="utf-8")
    return [*fenced(text), *(f"{words}\n" for words in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", FENCED.sub("", text)))]


def test_every_exit_code_has_a_row() -> None:
    section = (ROOT / "docs" / "scripts.md").read_text(encoding="utf-8").partition("## Exit codes")[2]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", section.partition("\n## ")[0], re.MULTILINE)] == [
        int(code) for code in ExitCode
    ]


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], ids=lambda page: page.name)
def test_every_link_into_the_repository_leads_to_a_page_and_a_title_of_it(page: Path) -> None:
    for path, _, title in re.findall(r"\]\((?!https?:)([^)#]*)(#([^)]*))?\)", page.read_text(encoding="utf-8")):
        there = page.parent / path if path else page
        assert there.exists(), path
        assert not title or title in anchors(there), f"{path}#{title}"


def test_the_readme_is_read_in_a_few_minutes_and_says_first_what_the_tool_does_not_do() -> None:
    assert len(README.splitlines()) <= 145
    beginning = README.partition("## Try it")[0]
    assert all(words in beginning for words in ("no message text", "updates nothing", "cancels nothing", ".png)"))
    (answer,) = re.findall(r"^## Change or cancel a send\n(.*?)^## ", README, re.DOTALL | re.MULTILINE)
    assert all(words in answer for words in ("neither", "in Invent", "invent-gitops refresh", "change-or-cancel.md"))


def test_the_examples_work_without_their_project_file(tmp_path: Path) -> None:
    assert "4 broadcasts to create" in run(ROOT, "plan", "examples/broadcasts", "--state", str(tmp_path / "state.json"))
