"""The seam: a command returns one Result, and one room delivers it in every form and for every workspace."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from invent_gitops.cli.delivery import Delivery, WorkspacePart
from invent_gitops.cli.document_options import OutOption
from invent_gitops.cli.errors import answers, through_the_door
from invent_gitops.cli.formats import FORMATS, Format, formats_of
from invent_gitops.cli.options import common_options, document_options
from invent_gitops.cli.plain_formats import begin_text, join_text
from invent_gitops.cli.result import Display, Result, plain
from invent_gitops.cli.session import Session
from invent_gitops.cli.workspace_option import workspace_options
from invent_gitops.errors import ExitCode, Refused
from invent_gitops.operations.project import working
from tests.cli.test_workspaces import THREE, project

Options = Callable[[Callable[..., object]], Callable[..., object]]


def audit_command(options: Options, work: Callable[[], Result]) -> click.Command:
    """A command that no other part of the program knows."""

    @click.command(name="audit")
    @workspace_options("each")
    @options
    @common_options
    @answers("audit")
    def audit(session: Session) -> Result:
        return work()

    return audit


def audited() -> Result:
    opened = working()
    name = opened.project.name if opened else ""
    return Result("audit", ExitCode.DONE, lambda: {"workspace": name}, plain(f"{name} is audited."))


def run(command: click.Command, *words: str) -> ExitCode:
    session = Session(json="--json" in words)
    return through_the_door(session, lambda: command.main(list(words), standalone_mode=False, obj=session))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "options", [document_options(kind="audit"), click.option("--out", cls=OutOption, kind="audit")]
)
def test_out_of_a_command_that_nothing_else_knows_is_written_for_each_workspace(folder: Path, options: Options) -> None:
    assert run(audit_command(options, audited), "--all", "--out", "{workspace}.json") is ExitCode.DONE
    documents = [json.loads((folder / f"{name}.json").read_text("utf-8")) for name in THREE]
    assert [(document["kind"], document["workspace"]) for document in documents] == [("audit", name) for name in THREE]


def test_out_that_names_one_file_for_all_is_refused_for_every_command(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = audit_command(document_options(kind="audit"), audited)
    assert run(command, "--all", "--out", "one.json") is ExitCode.USAGE
    assert "--out names one file for several workspaces." in capsys.readouterr().err
    assert not (folder / "one.json").exists()


def test_file_that_holds_something_else_is_not_written_over_in_any_workspace(folder: Path) -> None:
    (folder / "acme.json").write_text('{"kind": "plan"}', encoding="utf-8")
    command = audit_command(document_options(kind="audit"), audited)
    assert run(command, "--all", "--out", "{workspace}.json") is ExitCode.REFUSED
    assert (folder / "acme.json").read_text("utf-8") == '{"kind": "plan"}'
    assert json.loads((folder / "globex.json").read_text("utf-8"))["exit_code"] == 0


def test_row_of_the_table_is_a_new_format_for_one_and_for_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def write(delivery: Delivery) -> None:
        delivery.session.show(",".join(str(value) for value in delivery.result.body().values()))

    def write_part(delivery: Delivery) -> WorkspacePart:
        write(delivery)
        return WorkspacePart(delivery.workspace, delivery.result.code)

    monkeypatch.setitem(FORMATS, "csv", Format(("audit",), write, write_part, join_text, begin_text))
    assert formats_of("audit") == ["text", "json", "csv"]
    assert "csv" not in formats_of("plan")
    command = audit_command(document_options(kind="audit"), audited)
    assert run(command, "--format", "csv", "--workspace", "globex") is ExitCode.DONE
    assert capsys.readouterr().out == "globex\n"
    assert run(command, "--format", "csv") is ExitCode.DONE
    assert [name for name in capsys.readouterr().out.splitlines() if name in THREE] == list(THREE)


@pytest.mark.parametrize("form", ["text", "json"])
def test_text_and_document_are_made_only_where_they_are_wanted(folder: Path, form: str) -> None:
    made: list[str] = []

    def text(display: Display) -> str:
        made.append("text")
        return "audited"

    def body() -> dict[str, object]:
        made.append("json")
        return {}

    command = audit_command(document_options(kind="audit"), lambda: Result("audit", ExitCode.DONE, body, text))
    assert run(command, "--workspace", "acme", "--format", form) is ExitCode.DONE
    assert made == [form]


def test_error_of_one_workspace_is_its_result_and_the_others_have_theirs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> Result:
        result = audited()
        if result.body()["workspace"] == "globex":
            raise Refused("Not this one.", "Leave it.")
        return result

    command = audit_command(document_options(kind="audit"), work)
    assert run(command, "--all", "--json") is ExitCode.REFUSED
    captured = capsys.readouterr()
    parts = json.loads(captured.out)["workspaces"]
    assert [(part["exit_code"], part["document"]["kind"]) for part in parts] == [
        (0, "audit"),
        (5, "audit"),
        (0, "audit"),
    ]
    assert parts[1]["document"]["error"] == {"message": "Not this one.", "cure": "Leave it."}
    assert "Error in globex: Not this one." in captured.err


def test_bug_in_a_text_is_told_once_and_the_file_is_whole(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def text(display: Display) -> str:
        raise ZeroDivisionError

    command = audit_command(document_options(kind="audit"), lambda: Result("audit", ExitCode.DONE, dict, text))
    assert run(command, "--workspace", "acme", "--out", "audit.json") is ExitCode.BUG
    captured = capsys.readouterr()
    assert captured.err.count("This is a bug in invent-gitops: ZeroDivisionError") == 1
    assert captured.out == ""
    assert json.loads((folder / "audit.json").read_text("utf-8"))["kind"] == "audit"
