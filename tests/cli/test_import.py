"""`import` over HTTP with real files: records first, never over a file, and the next plan creates none of it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from invent_gitops.sandbox.server import Server
from invent_gitops.sandbox.service import Sandbox
from tests.branch_repository import git, hub
from tests.dashboard import create_by_hand, delete, edit
from tests.paging import losing, paged
from tests.running import (
    FAST,
    STATE,
    WHEN,
    Fault,
    Received,
    Result,
    account,
    call,
    define,
    ids,
    invent,
    run,
    scripted,
    state_of,
)
from tests.running import http as answer


def made(server: Server, name: str, *, at: str | None = WHEN, **fields: Any) -> str:
    """A broadcast as somebody makes it in the dashboard; its id."""
    wish = {"name": name, "scheduled_at": at, "segment_ids": ["seg_1"], "send_to_all": False}
    body = json.dumps(wish).encode()
    headers = {"authorization": "Bearer k"}
    id = str(server.sandbox.handle("POST", "/orgs/c/broadcasts", "", headers, body).json()["id"])
    if fields:
        server.sandbox.update("c", id, **fields)
    return id


def run_import(folder: Path, server: Server, *words: str) -> Result:
    return call(folder, "import", *words, env=account(server.url))


def files(folder: Path) -> list[str]:
    below = folder / "broadcasts"
    return sorted(path.relative_to(below).as_posix() for path in below.rglob("*") if path.is_file())


def text(folder: Path, key: str) -> str:
    return (folder / "broadcasts" / f"{key}.yaml").read_text(encoding="utf-8")


def assert_clean(folder: Path, *words: str) -> None:
    """Everything is valid, and a plan that tells of anything to create would end with 3."""
    planned = call(folder, "plan", "--exit-code", "--json", *words)
    assert planned.code == 0, planned.all
    assert {item["action"] for item in planned.json["items"]} <= {"unchanged"}


def test_everything_is_imported_and_the_next_plan_is_empty(tmp_path: Path) -> None:
    (tmp_path / "invent.yaml").write_text("timezone: Europe/Berlin\n", "utf-8")
    with invent() as server:
        server.sandbox.fill(broadcasts=230, segments=120)
        assert call(tmp_path, "segments", "pull", env=account(server.url)).code == 0
        assert run_import(tmp_path, server, "--all").code == 0
        again = run_import(tmp_path, server, "--all")
        assert [seen.method for seen in server.sandbox.requests if seen.method != "GET"] == []
    assert_clean(tmp_path)
    assert (len(files(tmp_path)), len(ids(tmp_path))) == (230, 230)
    assert "0 broadcasts recorded" in again.out
    expected = "schedule:\n  at: 2099-01-01T10:00\n  timezone: Europe/Berlin\nsegments:\n  - Segment 8\n"
    assert text(tmp_path, "broadcast-7").endswith(expected)
    assert call(tmp_path, "state", "verify").code == 0


def test_listing_shows_what_could_be_imported_and_writes_nothing(tmp_path: Path) -> None:
    with invent() as server:
        good = made(server, "Spring sale", status="SENT")
        bad = made(server, "Nobody", segment_ids=[])
        result = run_import(tmp_path, server)
        document = run_import(tmp_path, server, "--json").json
    assert result.code == 0
    assert f"spring-sale  {good}  SENT" in result.out
    assert "It goes to nobody" in result.out
    by_id = {one["id"]: one for one in document["broadcasts"]}
    assert (by_id[good]["key"], by_id[good]["importable"], by_id[good]["recorded"]) == ("spring-sale", True, False)
    assert (by_id[bad]["importable"], by_id[bad]["file"]) == (False, None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", ["DRAFT", "SCHEDULED", "SENDING", "SENT", "CANCELLED", "FAILED", "Active"])
def test_every_status_is_imported_also_one_that_nobody_documented(tmp_path: Path, status: str) -> None:
    with invent() as server:
        id = made(server, "Spring sale", status=status)
        assert run_import(tmp_path, server, "--all").code == 0
    assert state_of(tmp_path)["broadcasts"]["spring-sale"]["status"] == status
    assert f"# Imported from Invent: {id}, {status}.\n" in text(tmp_path, "spring-sale")
    assert_clean(tmp_path)


def test_only_what_is_chosen_by_id_or_by_key_is_imported(tmp_path: Path) -> None:
    with invent() as server:
        first = made(server, "Sale one")
        made(server, "Sale two")
        made(server, "Other")
        assert run_import(tmp_path, server, first).code == 0
        assert files(tmp_path) == ["sale-one.yaml"]
        assert run_import(tmp_path, server, "--only", "sale-*").code == 0
        assert files(tmp_path) == ["sale-one.yaml", "sale-two.yaml"]
        nothing = run_import(tmp_path, server, "--only", "nothing")
    assert nothing.code == 2
    assert sorted(ids(tmp_path)) == ["sale-one", "sale-two"]


@pytest.mark.parametrize("words", [["--all", "x"], ["--all", "--only", "x"], ["--only", "x", "y"], ["--only", ""]])
def test_two_choices_are_wrong_usage(tmp_path: Path, words: list[str]) -> None:
    assert call(tmp_path, "import", *words, "--sandbox").code == 2


def test_id_that_cannot_be_imported_is_refused_with_the_reason_and_nothing_is_recorded(tmp_path: Path) -> None:
    with invent() as server:
        good, bad, removed = made(server, "Good"), made(server, "Bad\nname"), made(server, "Removed")
        assert run_import(tmp_path, server, removed).code == 0
        assert call(tmp_path, "state", "rm", "removed", "--reason", "a mistake").code == 0
        (tmp_path / "broadcasts" / "removed.yaml").unlink()
        told = {}
        for id in (bad, removed, "b_unknown"):
            result = run_import(tmp_path, server, good, id, "--json")
            assert result.code == 5
            told[id] = result.json["error"]["message"]
        assert ids(tmp_path) == {}
        everything = run_import(tmp_path, server, "--all")
        known = run_import(tmp_path, server, good)
    assert "a line feed" in told[bad]
    assert "was removed" in told[removed]
    assert "no broadcast" in told["b_unknown"]
    assert everything.code == 0
    assert ids(tmp_path) == {"good": good}
    assert "recorded under the key good already" in known.err


def test_file_that_is_there_is_never_written_over_and_the_clash_is_told(tmp_path: Path) -> None:
    folder = define(tmp_path, "Spring-Sale")
    (folder / "summer-sale.yml").write_text(f"key: other\nname: B\nschedule: {WHEN}\nsegments: [vip]\n", "utf-8")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with invent() as server:
        made(server, "Spring sale")
        made(server, "Summer sale")
        result = run_import(tmp_path, server, "--all")
    assert "(spring-sale is taken)" in result.out
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert files(tmp_path) == ["Spring-Sale.yaml", "spring-sale-2.yaml", "summer-sale-2.yaml", "summer-sale.yml"]
    assert call(tmp_path, "validate").code == 0
    assert sorted(ids(tmp_path)) == ["spring-sale-2", "summer-sale-2"]


def test_import_that_was_cut_off_after_recording_is_completed_by_the_next(tmp_path: Path) -> None:
    with invent() as server:
        made(server, "Spring sale")
        made(server, "Summer sale")
        assert run_import(tmp_path, server, "--all").code == 0
        whole = {name: (tmp_path / "broadcasts" / name).read_text("utf-8") for name in files(tmp_path)}
        (tmp_path / "broadcasts" / "summer-sale.yaml").unlink()
        assert "summer-sale" in run_import(tmp_path, server).out
        result = run_import(tmp_path, server, "--all")
    assert "summer-sale has its file again" in result.out
    assert {name: (tmp_path / "broadcasts" / name).read_text("utf-8") for name in files(tmp_path)} == whole
    assert_clean(tmp_path)


def test_file_that_cannot_be_written_leaves_a_record_and_never_a_create(tmp_path: Path) -> None:
    with invent() as server:
        id = made(server, "Spring sale")
        # A file where the folder should be cannot hold a definition.
        (tmp_path / "invent.yaml").write_text("definitions: below/broadcasts\n", "utf-8")
        (tmp_path / "below").touch()
        result = run_import(tmp_path, server, "--all")
        assert result.code == 4
        assert "cannot be written" in result.err
        assert ids(tmp_path) == {"spring-sale": id}
        (tmp_path / "below").unlink()
        assert run_import(tmp_path, server, "--all").code == 0
    assert_clean(tmp_path)


def test_imported_record_that_was_given_another_key_gets_a_file_that_names_it(tmp_path: Path) -> None:
    with invent() as server:
        made(server, "Spring sale")
        assert run_import(tmp_path, server, "--all").code == 0
        (tmp_path / "broadcasts" / "spring-sale.yaml").unlink()
        assert call(tmp_path, "state", "mv", "spring-sale", "../Spring: sale").code == 0
        assert run_import(tmp_path, server, "--all").code == 0
    assert files(tmp_path) == ["spring-sale.yaml"]
    assert '\nkey: "../Spring: sale"\n' in text(tmp_path, "spring-sale")
    assert_clean(tmp_path)


def test_lost_state_is_found_again_where_the_definitions_are_there(tmp_path: Path) -> None:
    define(tmp_path, "spring", "summer")
    with invent() as server:
        assert call(tmp_path, "apply", "--yes", env=account(server.url)).code == 0
        before = ids(tmp_path)
        (tmp_path / STATE).unlink()
        result = run_import(tmp_path, server, "--all")
        assert server.sandbox.create_count == 2
    assert "its definition is there already" in result.out
    assert ids(tmp_path) == before
    assert files(tmp_path) == ["spring.yaml", "summer.yaml"]
    assert_clean(tmp_path)


@pytest.mark.parametrize("change", [{"scheduled_at": "2099-06-01T09:00:00Z"}, {"name": "VIP sale"}], ids=str)
def test_what_was_edited_in_invent_before_the_state_was_lost_is_not_created_again(
    tmp_path: Path, change: dict[str, str]
) -> None:
    define(tmp_path, "vip")
    with invent() as server:
        env = account(server.url)
        assert call(tmp_path, "apply", "--yes", env=env).code == 0
        id = ids(tmp_path)["vip"]
        edit(server, id, **change)
        (tmp_path / STATE).unlink()
        everything, named = run_import(tmp_path, server, "--all"), run_import(tmp_path, server, id)
        document = run_import(tmp_path, server, "--all", "--json").json
        assert (everything.code, named.code, document["exit_code"]) == (5, 5, 5)
        assert files(tmp_path) == ["vip.yaml"]
        assert (document["unrecorded"], document["broadcasts"][0]["recorded"]) == (["vip"], False)
        assert everything.out.endswith("1 definition has no record: the next plan would create it: vip.\n")
        for told in (everything.out, named.err):
            assert "It looks like vip in broadcasts/vip.yaml, which has no record." in told
            assert f"invent-gitops resolve --base-url {server.url} vip --id {id} --anyway" in told
        assert call(tmp_path, "resolve", "vip", "--id", id, "--anyway", env=env).code == 0
        again = run_import(tmp_path, server, "--all")
        assert (again.code, "no record" in again.all) == (0, False)
        assert call(tmp_path, "apply", "--yes", env=env).code == 0
        assert server.sandbox.create_count == 1
    assert ids(tmp_path) == {"vip": id}


def test_what_looks_like_a_definition_and_is_another_one_is_imported_once_that_says_so(tmp_path: Path) -> None:
    folder = define(tmp_path, "vip")
    with invent() as server:
        create_by_hand(server, "Campaign vip")
        assert run_import(tmp_path, server, "--all").code == 5
        with (folder / "vip.yaml").open("a", encoding="utf-8") as file:
            file.write("waive: {possible-rename: a second mailing}\n")
        result = run_import(tmp_path, server, "--all")
        assert (result.code, sorted(ids(tmp_path))) == (0, ["campaign-vip"])
        assert "the next plan would create it: vip." in result.out
        assert call(tmp_path, "apply", "--yes", env=account(server.url)).code == 0
    assert sorted(ids(tmp_path)) == ["campaign-vip", "vip"]


def test_broadcast_that_was_deleted_and_made_again_by_hand_is_imported_as_the_cure_says(tmp_path: Path) -> None:
    folder = define(tmp_path, "vip")
    with invent() as server:
        assert call(tmp_path, "apply", "--yes", env=account(server.url)).code == 0
        delete(server, ids(tmp_path)["vip"])
        id = made(server, "Campaign vip", segment_ids=["vip"])
        refused = run_import(tmp_path, server, id)
        assert refused.code == 5
        assert (
            f"delete the file of vip as well, then: invent-gitops state rm --base-url {server.url} vip" in refused.err
        )
        (folder / "vip.yaml").unlink()
        assert call(tmp_path, "state", "rm", "vip", "--reason", "made again by hand").code == 0
        assert run_import(tmp_path, server, id).code == 0
    assert ids(tmp_path) == {"campaign-vip": id}
    assert_clean(tmp_path)


@pytest.mark.parametrize("definitions", ["broadcasts", "broadcasts/below"])
def test_definitions_folder_that_is_a_link_out_of_the_project_is_refused(tmp_path: Path, definitions: str) -> None:
    project, outside = tmp_path / "project", tmp_path / "outside"
    project.mkdir()
    outside.mkdir()
    (project / "broadcasts").symlink_to(outside)
    (project / "invent.yaml").write_text(f"definitions: {definitions}\n", "utf-8")
    with invent() as server:
        made(server, "Spring sale")
        result = run_import(project, server, "--all")
        assert server.sandbox.requests[1:] == []
    assert result.code == 4
    assert "is a link that leaves the project" in result.err
    assert list(outside.iterdir()) == []
    assert not (project / STATE).exists()


def test_of_two_equal_ones_the_second_is_told_and_left_alone(tmp_path: Path) -> None:
    with invent() as server:
        made(server, "Spring sale")
        made(server, "Spring sale")
        result = run_import(tmp_path, server, "--all")
    assert result.code == 0
    assert "exactly like" in result.out
    assert len(ids(tmp_path)) == 1
    assert_clean(tmp_path)


def test_what_an_attempt_in_doubt_may_have_made_is_not_imported(tmp_path: Path) -> None:
    define(tmp_path, "spring")
    with invent("close-after@create:1", "error-before=404@list:*") as server:
        assert call(tmp_path, "apply", "--yes", env=account(server.url)).code == 7
        server.faults.clear()
        (live,) = server.sandbox.broadcasts()
        result = run_import(tmp_path, server, live["id"])
        assert result.code == 5
        assert "is unknown" in result.err
        told = run_import(tmp_path, server, "--all")
        assert (told.code, "Outcome unknown: spring." in told.err) == (7, True)
        assert state_of(tmp_path)["broadcasts"] == {}
        assert call(tmp_path, "reconcile", env=account(server.url)).code == 0
    assert ids(tmp_path) == {"spring": live["id"]}


def test_what_another_run_began_while_the_list_was_read_is_left_to_that_run(tmp_path: Path) -> None:
    remote = hub(tmp_path, "spring")
    mine, other = remote.clone("mine"), remote.clone("other")
    # Without its definition: otherwise what is in Invent would simply be that one.
    (mine / "broadcasts" / "spring.yaml").unlink()
    begun: list[Result] = []
    with Sandbox(limit=0) as box:

        def reply(request: Received) -> bytes | Fault:
            if request.method == "POST":
                box.handle("POST", request.path, "", request.headers, request.body)
                return Fault.CLOSE
            if request.headers["authorization"] == "Bearer other":
                return answer(404, {})
            begun.append(run(other, "apply", "--yes", env=account(server.url, key="other")))
            return answer(200, box.broadcasts(), pagination_count="1")

        with scripted(reply) as server:
            result = call(mine, "import", "--all", env=account(server.url))
    assert [one.code for one in begun] == [7]
    assert (result.code, "Outcome unknown: spring." in result.err) == (7, True)
    assert "It may be the broadcast of spring, whose outcome is unknown" in result.out
    assert (remote.intents, remote.ids) == (["spring"], {})


LIVE = [
    {
        "id": f"b_{number}",
        "name": f"Sale {number}",
        "status": "SENT",
        "scheduled_at": WHEN,
        "segments": [{"id": "seg_1", "name": "VIP"}],
        "send_to_all": False,
        "created_at": "2026-01-01T00:00:00Z",
    }
    for number in range(250)
]


def test_list_with_a_page_missing_is_shown_and_nothing_is_imported(tmp_path: Path) -> None:
    with scripted(losing([2], paged(LIVE, lambda page: 250), status=404)) as server:
        for words in ([], ["--all"], ["b_1"]):
            result = call(tmp_path, "import", *words, "--json", env=account(server.url))
            assert result.code == 6
            assert result.json["gaps"]
            assert not any(one["recorded"] for one in result.json["broadcasts"])
            assert "could be read" in result.json["error"]["message"]
    assert [path.name for path in tmp_path.iterdir() if path.name != f"{STATE}.lock"] == []


def test_fraction_of_a_second_which_no_definition_can_say_is_left_off(tmp_path: Path) -> None:
    def reply(request: Received) -> bytes:
        return answer(200, [LIVE[0] | {"scheduled_at": "2099-03-01T09:00:00.123Z"}], pagination_count="1")

    with scripted(reply) as server:
        assert call(tmp_path, "import", "--all", env=account(server.url)).code == 0
    assert "schedule: 2099-03-01T09:00:00Z\n" in text(tmp_path, "sale-0")
    assert_clean(tmp_path)


def test_name_that_says_yaml_stays_a_name(tmp_path: Path) -> None:
    hostile = "x: y} # ' \" [*&!%@ 12:30 ::error::"
    with invent() as server:
        server.sandbox.seed([("seg_1", "Name\nsend_to_all: true", 5)])
        made(server, hostile)
        result = run_import(tmp_path, server, "--all")
    assert result.code == 0
    (record,) = state_of(tmp_path)["broadcasts"].values()
    assert record["request"]["name"] == hostile
    assert_clean(tmp_path)


def test_project_without_a_definitions_folder_gets_one_with_the_line_for_the_editor(tmp_path: Path) -> None:
    assert call(tmp_path, "init").code == 0
    (tmp_path / "broadcasts" / "welcome.yaml").unlink()
    (tmp_path / "broadcasts").rmdir()
    with invent() as server:
        made(server, "Spring sale", at=None)
        assert run_import(tmp_path, server, "--all").code == 0
    assert text(tmp_path, "spring-sale").startswith(
        "# yaml-language-server: $schema=../schemas/broadcast.schema.json\n# Imported from Invent"
    )
    assert "schedule: immediately\n" in text(tmp_path, "spring-sale")
    assert_clean(tmp_path)


def test_definitions_beside_the_project_file_never_take_its_name_or_that_of_the_catalogue(tmp_path: Path) -> None:
    (tmp_path / "invent.yaml").write_text("definitions: .\n", "utf-8")
    with invent() as server:
        made(server, "Invent")
        made(server, "Segments")
        assert run_import(tmp_path, server, "--all").code == 0
    assert sorted(ids(tmp_path)) == ["invent-2", "segments-2"]
    assert_clean(tmp_path)


def test_broken_definition_stops_the_import_before_anything_is_read(tmp_path: Path) -> None:
    define(tmp_path, "spring").joinpath("broken.yaml").write_text("name: [\n", "utf-8")
    with invent() as server:
        assert run_import(tmp_path, server, "--all").code == 4
        assert server.sandbox.requests == []


def test_import_works_with_the_sandbox_of_the_project(tmp_path: Path) -> None:
    define(tmp_path, "spring")
    assert call(tmp_path, "apply", "--yes", "--sandbox").code == 0
    (tmp_path / ".invent-sandbox" / STATE).unlink()
    (tmp_path / "broadcasts" / "spring.yaml").unlink()
    result = call(tmp_path, "import", "--all", "--sandbox")
    assert "campaign-spring is recorded" in result.out
    assert_clean(tmp_path, "--sandbox")


def test_import_to_a_state_branch_is_one_commit_that_tells_of_each(tmp_path: Path) -> None:
    remote = hub(tmp_path)
    clone = remote.clone("one")
    with invent() as server:
        found = {made(server, name): name for name in ("Spring sale", "Summer sale", "Winter sale")}
        assert run_import(clone, server, "--all").code == 0
        assert_clean(clone)
        other = remote.clone("two")
        again = run_import(other, server, "--all")
    assert remote.ids == {name.lower().replace(" ", "-"): id for id, name in found.items()}
    assert len(remote.states) == 1
    message = git(remote.bare, "log", "-1", "--format=%B", "broadcast-state")
    assert message.count("Broadcast-Imported: ") == 3
    assert again.out.count("has its file again") == 3, "the other clone has no files yet"
    assert call(clone, "state", "verify").code == 0
    assert call(clone, "history").out.count("imported") == 3


def test_list_of_another_account_is_shown_and_nothing_of_it_is_imported(tmp_path: Path) -> None:
    define(tmp_path, "a", "b")
    with invent() as server:
        assert call(tmp_path, "apply", "--yes", *FAST, env=account(server.url)).code == 0
        before = state_of(tmp_path)
        shown = [{"id": "other", "name": "Not ours", "status": "DRAFT", "send_to_all": True, "segments": []}]
        with scripted(paged(shown, lambda page: 1)) as other:
            (tmp_path / STATE).write_text(json.dumps(before | {"api": other.url}), encoding="utf-8")
            done = call(tmp_path, "import", "--all", env=account(other.url))
            assert (done.code, state_of(tmp_path)["broadcasts"]) == (6, before["broadcasts"])
            assert "this looks like another account" in done.all
            assert sorted(path.name for path in (tmp_path / "broadcasts").iterdir()) == ["a.yaml", "b.yaml"]
