"""A new project: everything is there, nothing is written over, and its example can be applied."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.errors import ExitCode, InvalidInput
from invent_gitops.load import read_definitions, read_document
from invent_gitops.model.broadcast import Definition
from invent_gitops.model.project import Project
from invent_gitops.model.state import State
from invent_gitops.scaffold.project import NewFile, project_files, write_files
from invent_gitops.schemas import read_schema
from invent_gitops.validate import validate_definitions, validate_project
from tests.making import NOW, actions, plan_of

NAMES = ["invent.yaml", "broadcasts/welcome.yaml", ".gitignore", "schemas/plan.schema.json"]
SCHEMAS: dict[str, Any] = {name: read_schema(name) for name in ("broadcast", "project")}
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago")


def lay_down(folder: Path, *, now: datetime = NOW, timezone: str = "UTC") -> list[NewFile]:
    files = project_files(folder, now=now, timezone=timezone, schemas={"plan.schema.json": "{}\n"})
    write_files(folder, files)
    return files


def loaded(folder: Path) -> tuple[Project, list[Definition]]:
    """The project and its definitions, read and validated as the commands do."""
    document, unread = read_document(folder / "invent.yaml", "invent.yaml")
    assert document is not None
    project, wrong = validate_project(document, SCHEMAS["project"], "invent.yaml")
    documents, unreadable = read_definitions(folder / project.definitions, root=folder)
    definitions, invalid = validate_definitions(documents, schema=SCHEMAS["broadcast"], project=project, catalogue=None)
    assert [*unread, *wrong, *unreadable, *invalid] == []
    return project, definitions


# ---------------------------------------------------------------- what is written


def test_new_project_gets_every_file(tmp_path: Path) -> None:
    files = lay_down(tmp_path)
    assert [file.path for file in files] == NAMES
    for file in files:
        assert not file.exists
        assert (tmp_path / file.path).read_text(encoding="utf-8") == file.text


def test_looking_at_what_would_be_written_writes_nothing(tmp_path: Path) -> None:
    project_files(tmp_path, now=NOW, timezone="UTC", schemas={})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", NAMES)
def test_file_that_is_there_is_kept_and_the_others_are_written(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine\n")
    files = lay_down(tmp_path)
    assert [file.path for file in files if file.exists] == [name]
    assert (tmp_path / name).read_text() == "mine\n"
    assert all((tmp_path / other).is_file() for other in NAMES)


def test_doing_it_twice_changes_nothing(tmp_path: Path) -> None:
    lay_down(tmp_path)
    before = {name: (tmp_path / name).read_text() for name in NAMES}
    again = lay_down(tmp_path, now=NOW + timedelta(days=90), timezone="Europe/Berlin")
    assert all(file.exists for file in again)
    assert {name: (tmp_path / name).read_text() for name in NAMES} == before


def test_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "invent.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    files = lay_down(tmp_path)
    assert [file.path for file in files if file.exists] == ["invent.yaml"]
    assert not (tmp_path / "elsewhere.yaml").exists()


def test_file_that_appears_in_the_meantime_is_kept(tmp_path: Path) -> None:
    files = project_files(tmp_path, now=NOW, timezone="UTC", schemas={})
    (tmp_path / "invent.yaml").write_text("mine\n")
    write_files(tmp_path, files)
    assert (tmp_path / "invent.yaml").read_text() == "mine\n"
    assert (tmp_path / "broadcasts/welcome.yaml").is_file()


def test_folder_that_cannot_be_written_to_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(InvalidInput, match=r"invent\.yaml cannot be written") as caught:
        lay_down(tmp_path / "taken" / "below")
    assert caught.value.exit_code is ExitCode.INVALID


def test_file_in_place_of_a_folder_is_said_to_be_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "broadcasts").write_text("mine\n")
    with pytest.raises(InvalidInput, match=r"broadcasts/welcome\.yaml cannot be written"):
        lay_down(tmp_path)


def test_what_a_run_leaves_beside_the_state_is_ignored_by_git_and_the_state_is_not(tmp_path: Path) -> None:
    import subprocess

    lay_down(tmp_path)
    subprocess.run(["git", "-C", str(tmp_path), "init", "--quiet"], check=True)
    names = ["invent.state.json", "invent.state.json.lock", "invent.state.json.journal", "invent.sandbox.sqlite",
             "invent.sandbox.sqlite-wal", ".invent-sandbox/invent.state.json"]  # fmt: skip
    done = subprocess.run(
        ["git", "-C", str(tmp_path), "check-ignore", *names], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == names[1:]


# ---------------------------------------------------------------- the example


@pytest.mark.parametrize("zone", ZONES)
def test_example_is_valid_and_would_be_created(tmp_path: Path, zone: str) -> None:
    lay_down(tmp_path, timezone=zone)
    project, definitions = loaded(tmp_path)
    assert project.timezone == zone
    assert [definition.key for definition in definitions] == ["welcome"]
    assert definitions[0].timezone == zone
    plan = plan_of(definitions, State("", 0, "", ""), policies=project.policies)
    assert actions(plan) == {"welcome": "create"}


@given(day=st.dates(date(2020, 1, 1), date(2099, 12, 31)), hour=st.integers(0, 23), zone=st.sampled_from(ZONES))
def test_example_is_a_tuesday_morning_about_a_month_ahead_whenever_it_is_made(
    day: date, hour: int, zone: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("project")
    now = datetime(day.year, day.month, day.day, hour, 30, tzinfo=UTC)
    lay_down(folder, now=now, timezone=zone)
    _, (definition,) = loaded(folder)
    at = definition.request.scheduled_at
    assert at is not None
    assert timedelta(days=26) < at - now < timedelta(days=37)
    text = (folder / "broadcasts/welcome.yaml").read_text(encoding="utf-8")
    written = date.fromisoformat(text.split("schedule: ")[1][:10])
    assert written.weekday() == 1


def test_project_file_spells_out_the_policies_that_hold_without_it(tmp_path: Path) -> None:
    lay_down(tmp_path)
    project, _ = loaded(tmp_path)
    assert project.policies == Project().policies
    assert project.definitions == Project().definitions
