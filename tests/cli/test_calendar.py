"""`calendar` as people call it: what it reads, the days that it shows, the files that it writes, and its exit codes."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from invent_gitops.sandbox.server import Server
from tests.branch_repository import git
from tests.dashboard import create_by_hand, edit
from tests.running import FAST, Result, account, call, define, ids, invent, run, started, state_of, until

WEB = "Broadcast calendar</title>"


@pytest.fixture
def server() -> Iterator[Server]:
    with invent() as server:
        yield server


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two definitions, of which nothing was created."""
    (tmp_path / "invent.yaml").write_text("timezone: Europe/Berlin\n", encoding="utf-8")
    define(tmp_path, "one", "two")
    return tmp_path


def states(result: Result) -> dict[str, str]:
    return {entry["key"] or entry["name"]: entry["state"] for entry in result.json["entries"]}


# ---------------------------------------------------------------- what it reads


def test_without_refresh_nobody_is_asked_and_no_key_is_needed(project: Path, server: Server) -> None:
    assert call(project, "apply", "--yes", *FAST, env=account(server.url)).code == 0
    asked = len(server.sandbox.requests)
    done = call(project, "calendar", "--json", env={"INVENT_BASE_URL": server.url})
    assert (done.code, states(done)) == (0, {"one": "draft", "two": "draft"})
    assert len(server.sandbox.requests) == asked
    assert done.json["look"] is None


def test_refresh_shows_what_invent_has_and_what_no_record_knows(project: Path, server: Server) -> None:
    assert call(project, "apply", "--yes", *FAST, env=account(server.url)).code == 0
    edit(server, ids(project)["one"], status="SENT", recipients_count=10, delivered_count=9)
    create_by_hand(server, "By hand")
    before = state_of(project)
    done = call(project, "calendar", "--refresh", "--json", env=account(server.url))
    assert (done.code, states(done)) == (0, {"one": "sent", "two": "empty draft", "By hand": "recorded nowhere"})
    sent = next(entry for entry in done.json["entries"] if entry["key"] == "one")
    assert (sent["results"]["recipients"], sent["results"]["delivered"]) == (10, 9)
    assert state_of(project) == before, "it writes nothing"


def test_what_could_not_be_read_is_exit_code_six_and_is_not_called_missing(project: Path, server: Server) -> None:
    assert call(project, "apply", "--yes", *FAST, env=account(server.url)).code == 0
    server.faults.add("error-before=403@list:*")
    done = call(project, "calendar", "--refresh", "--json", env=account(server.url))
    assert (done.code, states(done)) == (6, {"one": "draft", "two": "draft"})
    assert done.json["look"]["complete"] is False


def test_blocked_send_is_shown_and_a_page_to_look_at_ends_well(project: Path, server: Server) -> None:
    server.faults.add("error-before=500@create:1")
    assert call(project, "apply", "--yes", *FAST, env=account(server.url)).code == 7
    done = call(project, "calendar", "--json")
    assert done.code == 0
    assert "blocked" in states(done).values()


def test_invalid_definitions_are_exit_code_four_with_every_problem(project: Path) -> None:
    (project / "broadcasts" / "bad.yaml").write_text("name: x\n", encoding="utf-8")
    done = call(project, "calendar")
    assert done.code == 4
    assert "bad.yaml" in done.all
    page = call(project, "calendar", "--format", "html")
    assert (page.code, page.out) == (4, "")
    assert "invent-gitops validate" in page.err


def test_base_says_what_is_planned_in_this_change(project: Path) -> None:
    git(project, "init", "-q", "--template=", "-b", "main")
    git(project, "add", "-A")
    git(project, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "x")
    define(project, "three")
    done = call(project, "calendar", "--base", "main", "--json")
    assert {entry["key"]: entry["in_change"] for entry in done.json["entries"]} == {
        "one": False,
        "three": True,
        "two": False,
    }
    assert done.json["changed_from"] == "main"
    wrong = call(project, "calendar", "--base", "nowhere")
    assert wrong.code == 5
    assert "nowhere" in wrong.err


def test_ci_of_a_pull_request_names_the_base_by_itself(project: Path) -> None:
    git(project, "init", "-q", "--template=", "-b", "main")
    git(project, "add", "-A")
    git(project, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "x")
    define(project, "three")
    for env, expected in (({"GITHUB_BASE_REF": "main"}, "main"), ({}, None), ({"GITHUB_BASE_REF": "nowhere"}, None)):
        done = call(project, "calendar", "--json", env=env)
        assert (done.code, done.json["changed_from"]) == (0, expected)
        assert ("No send is marked as new" in done.err) == ("nowhere" in env.values())


# ---------------------------------------------------------------- the days


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["--month", "2099-03"], 2),
        (["--month", "2099-04"], 0),
        (["--from", "2099-03-01"], 2),
        (["--from", "2099-03-02"], 0),
        (["--to", "2099-03-01"], 2),
        (["--to", "2099-02-28"], 0),
        (["--from", "2099-03-01", "--to", "2099-03-01"], 2),
        (["--month", "9999-12"], 0),
    ],
)
def test_days_narrow_the_calendar_at_either_end(project: Path, words: list[str], count: int) -> None:
    done = call(project, "calendar", "--json", *words)
    assert (done.code, len(done.json["entries"])) == (0, count)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--month", "2028-13"], "is not a month. Write it as 2028-11."),
        (["--month", "28-1"], "is not a month"),
        (["--from", "2028-02-30"], "is not a day. Write it as 2028-11-24."),
        (["--to", "20281124"], "is not a day"),
        (["--from", "2028-11-02", "--to", "2028-11-01"], "Swap them: --from 2028-11-01 --to 2028-11-02"),
        (["--month", "2028-11", "--to", "2028-11-01"], "Give the month, or the days."),
        (["--month", ""], "is not a month"),
    ],
)
def test_days_that_cannot_be_meant_are_wrong_usage_with_the_fix(
    project: Path, words: list[str], complaint: str
) -> None:
    done = call(project, "calendar", *words)
    assert done.code == 2
    assert complaint in done.all


# ---------------------------------------------------------------- forms and files


@pytest.mark.parametrize("name", ["c.html", "c.HTM", "c.ics"])
def test_suffix_chooses_the_format_and_stdout_names_the_file(project: Path, name: str) -> None:
    done = call(project, "calendar", "--out", name)
    assert (done.code, done.out) == (0, f"{name}\n")
    text = (project / name).read_bytes().decode()
    assert (WEB in text) is (name != "c.ics")
    assert ("BEGIN:VCALENDAR\r\n" in text) is (name == "c.ics")
    assert call(project, "calendar", "--out", name).code == 0, "its own older page is written over"


def test_json_file_is_the_document_and_stdout_names_it(project: Path) -> None:
    done = call(project, "calendar", "--out", "c.json")
    assert done.out == "c.json\n"
    document = json.loads((project / "c.json").read_text(encoding="utf-8"))
    assert (document["kind"], len(document["entries"])) == ("calendar", 2)


def test_json_file_that_cannot_be_written_is_not_named_on_stdout(project: Path) -> None:
    done = call(project, "calendar", "--out", "nowhere/c.json")
    assert (done.code, done.out) == (4, "")


def test_format_writes_any_name_and_json_goes_to_stdout_beside_a_page(project: Path) -> None:
    done = call(project, "calendar", "--format", "html", "--out", "page", "--json")
    assert len(done.json["entries"]) == 2
    assert WEB in (project / "page").read_text(encoding="utf-8")


def test_feed_on_stdout_keeps_its_line_ends(project: Path) -> None:
    with (
        (project / "feed.ics").open("wb") as file,
        started(project, "calendar", "--format", "ics", stdout=file) as process,
    ):
        assert process.wait() == 0
    lines = (project / "feed.ics").read_bytes().split(b"\r\n")
    assert (lines[0], lines[-2:]) == (b"BEGIN:VCALENDAR", [b"END:VCALENDAR", b""])
    assert not any(b"\n" in line or b"\r" in line for line in lines)


def test_feed_is_made_of_the_one_that_it_takes_the_place_of(project: Path) -> None:
    assert call(project, "calendar", "--out", "c.ics").code == 0
    first = (project / "c.ics").read_bytes()
    (project / "broadcasts" / "one.yaml").write_text(
        "name: Campaign moved\nschedule: 2099-04-01T09:00:00Z\nsegments: [vip]\n", encoding="utf-8"
    )
    assert call(project, "calendar", "--out", "c.ics").code == 0
    assert first.count(b"Campaign moved") == 0
    assert (project / "c.ics").read_bytes().count(b"BEGIN:VEVENT") == 2


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--out", "c.txt"], "End the name with .html, .ics or .json, or add --format."),
        (["--out", "calendar"], "does not say in which format to write"),
        (["--out", "c.html", "--format", "ics"], "cannot be combined"),
        (["--out", "c.html", "--format", "text"], "redirect the text"),
        (["--out", ""], "it is empty"),
        (["--format", "html", "--json"], "cannot be combined"),
        (["--open", "--format", "ics"], "--open opens the HTML page, and --format ics asks for ics."),
        (["--open", "--out", "c.json"], "--open opens the HTML page"),
        (["--format", "markdown"], "is not one of"),
    ],
)
def test_forms_that_contradict_each_other_are_wrong_usage(project: Path, words: list[str], complaint: str) -> None:
    before = set(project.iterdir())
    done = call(project, "calendar", *words)
    assert done.code == 2
    assert complaint in done.all
    assert set(project.iterdir()) == before


GENERATOR = '<meta name="generator" content="invent-gitops calendar">'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.html", "<html>Mine</html>"),
        ("c.html", "<!doctype html>\n<html><head><title>Radio – Broadcast calendar</title></head></html>"),
        ("c.html", f"<!doctype html>\n<html lang=en><head></head><body><!-- {GENERATOR} --></body></html>"),
        ("c.ics", "BEGIN:VCALENDAR\nPRODID:other"),
        ("c.ics", "BEGIN:VCALENDAR\nPRODID:other\nBEGIN:VEVENT\nSUMMARY:Try invent-gitops\nEND:VEVENT\nEND:VCALENDAR"),
        ("c.ics", "BEGIN:VCALENDAR\nPRODID:other\nBEGIN:VEVENT\nPRODID:-//invent-gitops//calendar//EN\nEND:VEVENT"),
    ],
)
def test_file_of_somebody_else_is_not_written_over(project: Path, name: str, text: str) -> None:
    (project / name).write_text(text, encoding="utf-8")
    done = call(project, "calendar", "--out", name)
    assert done.code == 5
    assert "Choose another --out." in done.err
    assert (project / name).read_text(encoding="utf-8") == text


def test_file_that_leaves_the_project_by_a_link_is_refused(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (project / "out").symlink_to(outside)
    done = call(project, "calendar", "--out", "out/c.html")
    assert done.code == 4
    assert not list(outside.iterdir())


def test_page_that_cannot_be_written_is_no_success(project: Path) -> None:
    done = call(project, "calendar", "--out", "nowhere/c.html")
    assert (done.code, done.out) == (4, "")
    assert "cannot be written" in done.err


def test_older_page_stays_where_the_input_is_invalid(project: Path) -> None:
    assert call(project, "calendar", "--out", "c.ics").code == 0
    before = (project / "c.ics").read_bytes()
    (project / "broadcasts" / "bad.yaml").write_text("name: x\n", encoding="utf-8")
    assert call(project, "calendar", "--out", "c.ics").code == 4
    assert (project / "c.ics").read_bytes() == before


# ---------------------------------------------------------------- a browser


def opening(project: Path, *words: str, env: dict[str, str]) -> Result:
    return run(project, "calendar", "--open", *words, env={"DISPLAY": "", "WAYLAND_DISPLAY": "", **env})


def test_open_shows_a_private_page_and_prints_where_it_is(project: Path, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n', encoding="utf-8")
    browser.chmod(0o755)
    done = opening(project, env={"BROWSER": str(browser)})
    path = Path(done.out.removesuffix("\n"))
    assert (done.code, done.err) == (0, "")
    assert WEB in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    until((tmp_path / "opened").exists)
    until(lambda: (tmp_path / "opened").read_text(encoding="utf-8") == f"{path.as_uri()}\n")


def test_the_path_is_printed_before_a_browser_that_stays_in_front_ends(project: Path, tmp_path: Path) -> None:
    browser, closing, closed = (tmp_path / name for name in ("browser", "closing", "closed"))
    browser.write_text(f"#!/bin/sh\ntimeout 20 cat {closing}\ntouch {closed}\n", encoding="utf-8")
    browser.chmod(0o755)
    os.mkfifo(closing)
    with started(project, "calendar", "--open", env={"BROWSER": str(browser), "DISPLAY": ""}) as process:
        assert process.stdout
        path = Path(process.stdout.readline().removesuffix("\n"))
        assert path.exists()
        assert not closed.exists()
        closing.write_text("close", encoding="utf-8")
        assert process.wait(60) == 0


def test_without_a_browser_the_path_is_printed_and_nothing_failed(project: Path) -> None:
    done = opening(project, "--out", "c.html", env={"BROWSER": ""})
    assert (done.code, done.out) == (0, "c.html\n")
    assert "No browser could be opened on this machine." in done.err
    assert (project / "c.html").exists()


# ---------------------------------------------------------------- several workspaces


@pytest.fixture
def workspaces(tmp_path: Path) -> Path:
    two = {"acme": {"org": "org_111"}, "globex": {"org": "org_222", "key": "INVENT_API_KEY_GLOBEX"}}
    (tmp_path / "invent.yaml").write_text(json.dumps({"workspaces": two}), encoding="utf-8")
    for name in two:
        define(tmp_path, f"of-{name}", below=f"{name}/broadcasts")
    return tmp_path


@pytest.mark.parametrize("name", ["c.html", "c.ics"])
def test_one_page_holds_all_workspaces(workspaces: Path, name: str) -> None:
    done = call(workspaces, "calendar", "--out", name)
    assert (done.code, done.out) == (0, f"{name}\n")
    text = (workspaces / name).read_text(encoding="utf-8")
    assert ("Campaign of-acme" in text, "Campaign of-globex" in text) == (True, True)
    shown = call(workspaces, "calendar", "--all", "--format", name.removeprefix("c."))
    assert ("Campaign of-acme" in shown.out, "Campaign of-globex" in shown.out) == (True, True)


def test_each_workspace_can_have_a_page_of_its_own(workspaces: Path) -> None:
    assert call(workspaces, "calendar", "--all", "--out", "{workspace}.html").code == 0
    text = (workspaces / "acme.html").read_text(encoding="utf-8")
    assert ("Campaign of-acme" in text, "Campaign of-globex" in text) == (True, False)
    assert call(workspaces, "calendar", "--workspace", "globex", "--out", "one.html").code == 0
    assert "Campaign of-acme" not in (workspaces / "one.html").read_text(encoding="utf-8")


def test_page_that_would_lack_a_workspace_is_not_written(workspaces: Path) -> None:
    (workspaces / "globex" / "broadcasts" / "bad.yaml").write_text("name: x\n", encoding="utf-8")
    done = call(workspaces, "calendar", "--out", "c.html")
    assert done.code == 4
    assert "it would lack a workspace: globex" in done.err
    assert not (workspaces / "c.html").exists()
    assert call(workspaces, "calendar", "--format", "ics").out == ""


def test_documents_of_all_workspaces_beside_one_page(workspaces: Path) -> None:
    done = call(workspaces, "calendar", "--out", "c.html", "--json")
    assert [part["document"]["kind"] for part in done.json["workspaces"]] == ["calendar"] * 2
    assert (workspaces / "c.html").exists()
    one = call(workspaces, "calendar", "--out", "c.json")
    assert one.code == 2
    assert "{workspace}.json" in one.err
