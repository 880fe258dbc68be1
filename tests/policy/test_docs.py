"""docs/policies.md tells the truth: its files are valid, and the plan says of them what the page says it does."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from invent_gitops.load import read_definitions, read_document
from invent_gitops.model.project import JUDGED_IN_INVENT, WAIVABLE
from invent_gitops.render.text.plan import plan_text
from invent_gitops.render.text.style import Style
from invent_gitops.schemas import read_schema
from invent_gitops.validate import validate_catalogue, validate_definitions, validate_project
from tests.making import in_context, plan_of
from tests.pages import block

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
# When the page says that its examples are planned.
PLANNED = datetime(2028, 11, 17, 12, 0, tzinfo=UTC)
INTRODUCTION, *SECTIONS = re.split(r"^## ", PAGE, flags=re.MULTILINE)


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def lay_down(folder: Path, section: str) -> None:
    """Every yaml block names its file in its first line."""
    for text in blocks(INTRODUCTION, "yaml") + blocks(section, "yaml"):
        path = folder / text.partition("\n")[0].removeprefix("# ")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


def planned(folder: Path) -> str:
    """The plan as text, of files without a single problem."""
    settings, unread = read_document(folder / "invent.yaml", "invent.yaml")
    names, unread_names = read_document(folder / "segments.yaml", "segments.yaml")
    assert settings
    assert names
    project, wrong = validate_project(settings, read_schema("project"), "invent.yaml")
    catalogue, wrong_names = validate_catalogue(names, read_schema("segments"))
    documents, unread_files = read_definitions(folder / "broadcasts", root=folder)
    definitions, faults = validate_definitions(
        documents, schema=read_schema("broadcast"), project=project, catalogue=catalogue
    )
    assert [*unread, *unread_names, *wrong, *wrong_names, *unread_files, *faults] == []
    return plan_text(
        in_context(
            plan_of(definitions, now=PLANNED, policies=project.policies, catalogue=catalogue), zone=project.timezone
        ),
        Style(False),
    )


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.partition("\n")[0])
def test_example_is_valid_and_the_plan_says_exactly_what_the_page_shows(section: str, tmp_path: Path) -> None:
    lay_down(tmp_path, section)
    (shown,) = blocks(section, "text")
    assert shown.rstrip("\n") in planned(tmp_path)


def test_every_policy_that_can_be_waived_and_every_setting_has_its_place_on_the_page() -> None:
    for policy in (*WAIVABLE, *JUDGED_IN_INVENT):
        assert f"`{policy}`" in INTRODUCTION
    for setting in read_schema("project")["properties"]["policies"]["properties"]:
        assert f"`{setting}: " in INTRODUCTION or f"`{setting}:`" in INTRODUCTION
    titles = {section.partition("\n")[0].lower().replace(" ", "-") for section in SECTIONS}
    assert set(re.findall(r"\(#([a-z-]+)\)", INTRODUCTION)) <= titles


def test_settings_that_the_whole_project_file_leaves_commented_out_are_valid_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "invent.yaml"
    every_entry = block("definitions: broadcasts ")
    path.write_text(re.sub(r"^  # (\w+:.)", r"  \1", every_entry, flags=re.MULTILINE), encoding="utf-8")
    document, unread = read_document(path, "invent.yaml")
    assert document
    project, wrong = validate_project(document, read_schema("project"), "invent.yaml")
    assert [*unread, *wrong] == []
    policies = project.policies
    assert all([policies.quiet_hours, policies.blackout_days, policies.minimum_gap, policies.audience_cap])
