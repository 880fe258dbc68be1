"""`reconcile`, `resolve` and `state`: how a doubt is settled, and how a record is mended."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode
from invent_gitops.sandbox.server import Server
from tests.running import (
    FAST,
    STATE,
    Result,
    account,
    aged,
    call,
    define,
    environment,
    ids,
    invent,
    live,
    posted,
    state_of,
)


@dataclass
class Doubt:
    """A project in which `a` is recorded and `b` is in doubt: its answer was lost, and so is the list."""

    folder: Path
    server: Server

    def call(self, *words: str) -> Result:
        return call(self.folder, *words, env={**account(self.server.url), "GITHUB_ACTOR": "ann"})

    @property
    def created(self) -> str:
        """The id of what exists for the key in doubt."""
        return live(self.server)["Campaign b"]

    def refused(self, *words: str, code: ExitCode = ExitCode.REFUSED) -> str:
        """What a refusal says; it leaves the state as it was."""
        before = (self.folder / STATE).read_bytes()
        result = self.call(*words, "--json")
        assert result.code == code, result
        assert (self.folder / STATE).read_bytes() == before
        error = result.json["error"]
        return f"{error['message']} {error['cure']}"


@pytest.fixture
def doubt(tmp_path: Path) -> Iterator[Doubt]:
    """The doubt, with the broadcast really created; the list works again."""
    yield from _doubt(tmp_path, "close-after@create:2")


@pytest.fixture
def nothing(tmp_path: Path) -> Iterator[Doubt]:
    """The doubt, with nothing created."""
    yield from _doubt(tmp_path, "close-before@create:2")


def _doubt(folder: Path, fault: str) -> Iterator[Doubt]:
    with invent(fault, "error-before=404@list:*") as server:
        define(folder, "a", "b")
        result = call(folder, "apply", "--yes", "--concurrency", "1", *FAST, env=account(server.url))
        assert result.code == ExitCode.UNSETTLED
        server.faults.clear()
        aged(folder)
        yield Doubt(folder, server)


def test_reconcile_adopts_what_the_list_shows_and_says_so(doubt: Doubt) -> None:
    result = doubt.call("reconcile", "--json")
    assert result.code == 0
    [outcome] = result.json["outcomes"]
    assert (outcome["key"], outcome["outcome"], outcome["id"]) == ("b", "adopted", doubt.created)
    assert f"b is {doubt.created}" in result.err
    assert ids(doubt.folder)["b"] == doubt.created
    assert state_of(doubt.folder)["broadcasts"]["b"]["how"] == "adopted"
    assert doubt.call("plan", "--exit-code").code == 0
    assert doubt.call("reconcile").out == "No outcome is unknown.\n"


def test_reconcile_takes_an_empty_list_for_no_proof(nothing: Doubt) -> None:
    result = nothing.call("reconcile", "--json")
    assert result.code == ExitCode.UNSETTLED
    assert [one["outcome"] for one in result.json["outcomes"]] == ["unknown"]
    [item] = [one for one in nothing.call("plan", "--json").json["items"] if one["action"] == "blocked"]
    assert item["intent"]["candidates"] == []
    assert nothing.call("apply", "--yes").code == ExitCode.UNSETTLED
    assert posted(nothing.server) == ["Campaign a", "Campaign b"]


def test_reconcile_does_not_choose_between_two_that_are_alike(doubt: Doubt) -> None:
    wish = {"name": "Campaign b", "scheduled_at": "2099-03-01T09:00:00Z", "segment_ids": ["vip"]}
    headers = {"authorization": "Bearer x"}
    doubt.server.sandbox.handle("POST", "/orgs/c/broadcasts", "", headers, json.dumps(wish).encode())
    assert doubt.call("reconcile").code == ExitCode.UNSETTLED
    text = doubt.call("plan").out
    both = [one["id"] for one in doubt.server.sandbox.broadcasts() if one["name"] == "Campaign b"]
    assert len(both) == 2
    assert all(f" b --id {id}\n" in text for id in both)


def test_reconcile_does_not_adopt_what_differs_but_shows_it(doubt: Doubt) -> None:
    doubt.server.sandbox.update("c", doubt.created, segment_ids=["other"])
    assert doubt.call("reconcile").code == ExitCode.UNSETTLED
    assert f"candidate {doubt.created}" in doubt.call("plan").out
    assert "differs in segment_ids" in doubt.call("plan").out


@pytest.mark.parametrize("status", [403, 500])
def test_reconcile_without_a_list_leaves_all_in_doubt_with_7_and_names_it(doubt: Doubt, status: int) -> None:
    spec = f"error-before={status}@list:*" if status < 500 else "html-before@list:*"
    doubt.server.faults.add(spec)
    assert "list of broadcasts" in doubt.refused("reconcile", code=ExitCode.UNSETTLED)
    assert [one["key"] for one in doubt.call("reconcile", "--json").json["outcomes"]] == ["b"]


def test_resolve_with_an_id_that_the_list_shows_records_it_with_name_and_reason(doubt: Doubt) -> None:
    assert doubt.call("resolve", "b", "--id", doubt.created, "--reason", "seen in Invent").code == 0
    record = state_of(doubt.folder)["broadcasts"]["b"]
    assert (record["id"], record["how"]) == (doubt.created, "resolved")
    assert "seen in Invent" in json.dumps(record)
    assert "ann" in json.dumps(record)
    assert doubt.call("apply", "--yes").code == 0
    assert posted(doubt.server) == ["Campaign a", "Campaign b"]


def test_resolve_not_created_frees_the_key_and_keeps_the_word_and_its_author(nothing: Doubt) -> None:
    result = nothing.call("resolve", "b", "--not-created", "--reason", "not in Invent", "--json")
    assert result.code == 0
    [absence] = result.json["absences"]
    assert (absence["key"], absence["reason"], absence["by"]) == ("b", "not in Invent", "ann")
    assert "not in Invent" in json.dumps(state_of(nothing.folder)["absences"])
    assert nothing.call("plan", "--exit-code").code == ExitCode.CHANGES
    assert nothing.call("apply", "--yes", *FAST).code == 0
    assert posted(nothing.server) == ["Campaign a", "Campaign b", "Campaign b"]
    assert ids(nothing.folder)["b"] == nothing.created
    assert "not in Invent" in json.dumps(state_of(nothing.folder)["absences"]), "the word stays for the audit"


def test_resolve_refuses_an_id_that_is_not_what_was_requested(doubt: Doubt) -> None:
    assert "does not show" in doubt.refused("resolve", "b", "--id", "b_unknown")
    assert "under the key a already" in doubt.refused("resolve", "b", "--id", ids(doubt.folder)["a"])
    assert "under the key a" in doubt.refused("resolve", "b", "--id", ids(doubt.folder)["a"], "--anyway")
    doubt.server.sandbox.update("c", doubt.created, name="Another name")
    [other] = [one["id"] for one in doubt.server.sandbox.broadcasts() if one["name"] == "Another name"]
    assert "differs in name" in doubt.refused("resolve", "b", "--id", other)
    assert doubt.call("resolve", "b", "--id", other, "--anyway").code == 0
    assert ids(doubt.folder)["b"] == other


def test_resolve_anyway_needs_no_list_at_all(doubt: Doubt) -> None:
    doubt.server.faults.add("error-before=404@list:*")
    assert "cannot be read" in doubt.refused("resolve", "b", "--id", "b_9", code=ExitCode.UNAVAILABLE)
    assert doubt.call("resolve", "b", "--id", "b_9", "--anyway").code == 0
    assert ids(doubt.folder)["b"] == "b_9"
    assert doubt.call("plan").code == 0


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--id", "b_1", "--not-created", "--reason", "x"),
        ("--not-created",),
        ("--not-created", "--reason", " "),
        ("--not-created", "--reason", "none of these is it, since …"),
        ("--not-created", "--reason", "…"),
        ("--id", "b_1", "--reason", "…"),
        ("--id", "b_1", "--not", "b_2"),
        ("--id", "b_1", "--instead-of", "b_2"),
        ("--id", "b_1", "--instead-of", "b_1", "--reason", "x"),
        ("--not-created", "--instead-of", "b_2", "--reason", "x"),
        ("--id", ""),
    ],
)
def test_resolve_wants_one_word_and_a_reason_where_it_frees_a_key(doubt: Doubt, words: tuple[str, ...]) -> None:
    doubt.refused("resolve", "b", *words, code=ExitCode.USAGE)


def test_resolve_refuses_a_key_that_is_not_blocked(doubt: Doubt) -> None:
    assert "recorded as" in doubt.refused("resolve", "a", "--not-created", "--reason", "x")
    assert "no open attempt" in doubt.refused("resolve", "nobody", "--id", "b_1")


def test_resolve_refuses_the_id_of_a_removed_record(doubt: Doubt) -> None:
    removed = ids(doubt.folder)["a"]
    assert doubt.call("state", "rm", "a", "--reason", "x").code == ExitCode.UNSETTLED, "b is in doubt"
    (doubt.folder / "broadcasts" / "a.yaml").unlink()
    assert "removed" in doubt.refused("resolve", "b", "--id", removed, "--anyway")
    assert doubt.call("plan").code == ExitCode.UNSETTLED


def test_resolve_anyway_never_leaves_a_state_that_cannot_be_read(doubt: Doubt) -> None:
    result = doubt.call("resolve", "b", "--id", " \n", "--anyway")
    assert result.code in (ExitCode.USAGE, ExitCode.REFUSED)
    assert doubt.call("plan").code == ExitCode.UNSETTLED


def pasted(doubt: Doubt, command: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a printed command in bash, with a program of that name on the PATH."""
    shim = doubt.folder / "bin" / "invent-gitops"
    shim.parent.mkdir(exist_ok=True)
    shim.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m invent_gitops "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    path = f"{shim.parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=doubt.folder,
        env=environment({**env, "PATH": path}),
        capture_output=True,
        text=True,
        check=False,
    )


def printed(text: str) -> list[str]:
    return re.findall(r"^ +(invent-gitops resolve .*)$", text, re.MULTILINE)


@pytest.mark.parametrize("which", [0, 1], ids=["--id", "--not-created"])
def test_the_commands_that_plan_prints_can_be_pasted(tmp_path: Path, which: int) -> None:
    odd = tmp_path / "it's a folder"
    odd.mkdir()
    key = "it's $HOME & more"
    with invent("close-after@create:1", "error-before=404@list:*") as server:
        define(odd, key)
        one = Doubt(tmp_path, server)
        words = ("-C", "it's a folder", "--state", "my state.json")
        env = account(server.url)
        assert call(tmp_path, "apply", *words, "--yes", *FAST, env=env).code == ExitCode.UNSETTLED
        server.faults.clear()
        server.sandbox.update("c", server.sandbox.broadcasts()[0]["id"], created_at="soon")
        assert call(tmp_path, "reconcile", *words, env=env).code == ExitCode.UNSETTLED
        aged(odd, "my state.json")
        commands = printed(call(tmp_path, "plan", *words, env=env).out)
        assert len(commands) == 2
        assert "still ends with" in pasted(one, commands[1], env).stderr, "there is a candidate, so it takes a reason"
        done = pasted(one, commands[which].replace("…", "it is another"), env)
        assert done.returncode == 0, done.stderr
        state = state_of(odd, "my state.json")
        assert (key in state["broadcasts"], bool(state["absences"])) == (which == 0, which == 1)
        assert state["intents"] == {}


def test_the_commands_that_plan_prints_speak_of_the_base_url_that_was_given(nothing: Doubt) -> None:
    url = nothing.server.url
    commands = printed(call(nothing.folder, "plan", "--base-url", url).out)
    done = pasted(nothing, commands[-1].replace("…", "looked"), {"INVENT_API_KEY": "k"})
    assert done.returncode == 0, done.stderr


def test_state_list_and_show_hold_everything(doubt: Doubt) -> None:
    listed = doubt.call("state", "list")
    assert listed.code == 0
    assert re.search(rf"^a +{ids(doubt.folder)['a']} +DRAFT +Campaign a$", listed.out, re.MULTILINE)
    assert re.search(r"^b +\? +IN DOUBT +Campaign b$", listed.out, re.MULTILINE)
    document = doubt.call("state", "list", "--json").json
    assert ([one["key"] for one in document["broadcasts"]], [one["key"] for one in document["intents"]]) == (
        ["a"],
        ["b"],
    )
    assert ids(doubt.folder)["a"] in doubt.call("state", "show", "a").out
    assert "outcome unknown" in doubt.call("state", "show", "b").out
    assert doubt.call("state", "show", "a", "--json").json["intents"] == []
    assert "no key nobody" in doubt.refused("state", "show", "nobody")


def test_state_needs_no_key_and_no_network(doubt: Doubt) -> None:
    before = len(doubt.server.sandbox.requests)
    for words in (["list"], ["show", "a"]):
        assert call(doubt.folder, "state", *words).code == 0, words
    for words in (["mv", "a", "z"], ["rm", "z", "--reason", "x"]):
        assert call(doubt.folder, "state", *words).code == ExitCode.UNSETTLED, "b is in doubt"
    assert len(doubt.server.sandbox.requests) == before


def test_a_moved_record_keeps_its_id_and_is_not_created_under_its_new_key(doubt: Doubt) -> None:
    id = ids(doubt.folder)["a"]
    (doubt.folder / "broadcasts" / "a.yaml").rename(doubt.folder / "broadcasts" / "z.yaml")
    assert doubt.call("plan", "--only", "z").code == ExitCode.REFUSED
    assert doubt.call("state", "mv", "a", "z").code == ExitCode.UNSETTLED, "b is in doubt"
    assert ids(doubt.folder) == {"z": id}
    assert doubt.call("plan", "--only", "z", "--exit-code").code == 0


def test_state_mv_refuses_what_would_lose_or_hide_a_record(doubt: Doubt) -> None:
    assert doubt.call("reconcile").code == 0
    assert "is taken: it is recorded" in doubt.refused("state", "mv", "a", "b")
    assert "taken" in doubt.refused("state", "mv", "a", "a")
    assert "no record" in doubt.refused("state", "mv", "nobody", "z")
    for bad in ("", " ", "x\ny", "x" * 256):
        assert "1 to 255" in doubt.refused("state", "mv", "a", bad)
    assert doubt.call("state", "rm", "b", "--reason", "x").code == 0
    assert "is taken: it is removed" in doubt.refused("state", "mv", "a", "b")


def test_state_leaves_a_key_in_doubt_alone(doubt: Doubt) -> None:
    assert "The outcome of b is unknown." in doubt.refused("state", "mv", "b", "z")
    assert "is taken: its outcome is unknown" in doubt.refused("state", "mv", "a", "b")
    assert "The outcome of b is unknown." in doubt.refused("state", "rm", "b", "--reason", "x")


def test_a_tombstone_keeps_its_key_and_its_request_from_being_created_again(doubt: Doubt) -> None:
    assert doubt.call("reconcile").code == 0
    assert doubt.call("state", "rm", "a", "--reason", "was a test").code == 0
    assert "was a test" in doubt.call("state", "show", "a").out
    assert "REMOVED" in doubt.call("state", "list").out
    for name in ("a", "other"):
        (doubt.folder / "broadcasts" / "a.yaml").replace(doubt.folder / "broadcasts" / f"{name}.yaml")
        result = doubt.call("apply", "--yes", "--json")
        assert result.code == ExitCode.REFUSED
        assert result.json["plan"]["counts"]["refused"] == 1
        (doubt.folder / "broadcasts" / f"{name}.yaml").replace(doubt.folder / "broadcasts" / "a.yaml")
    assert posted(doubt.server) == ["Campaign a", "Campaign b"]
    assert "no record" in doubt.refused("state", "rm", "a", "--reason", "again")


def test_state_rm_needs_a_reason(doubt: Doubt) -> None:
    doubt.refused("state", "rm", "a", code=ExitCode.USAGE)


def test_state_rm_needs_a_reason_that_says_something(doubt: Doubt) -> None:
    doubt.refused("state", "rm", "a", "--reason", " ", code=ExitCode.USAGE)


def test_where_invent_has_no_list_the_one_who_has_seen_it_there_is_told_how_to_say_so(doubt: Doubt) -> None:
    doubt.server.faults.add("error-before=404@list:*")
    assert "add --anyway" in doubt.refused("resolve", "b", "--id", doubt.created, code=ExitCode.UNAVAILABLE)
    assert doubt.call("resolve", "b", "--id", doubt.created, "--anyway").code == 0


def test_a_key_that_was_removed_by_mistake_is_restored_and_nothing_is_created(doubt: Doubt) -> None:
    id = ids(doubt.folder)["a"]
    assert "is not removed" in doubt.refused("state", "restore", "a", "--reason", "x")
    assert doubt.call("reconcile").code == 0
    assert doubt.call("state", "rm", "a", "--reason", "a mistake").code == 0
    plan = doubt.call("plan").out
    command = re.search(r"invent-gitops (state restore .*) --reason …", plan)
    assert command, plan
    assert doubt.call(*shlex.split(command[1]), "--reason", "it was the other one").code == 0
    state = state_of(doubt.folder)
    assert (state["broadcasts"]["a"]["id"], state["removed"]) == (id, {})
    assert "Restored: it was the other one" in doubt.call("state", "show", "a").out
    before = len(posted(doubt.server))
    assert doubt.call("apply", "--yes", *FAST).code == 0
    assert len(posted(doubt.server)) == before
    assert doubt.call("refresh").code == 0
    assert "1 unchanged" not in doubt.call("plan").out
    assert "2 unchanged" in doubt.call("plan").out


def test_a_reason_that_begins_like_a_note_of_the_program_makes_no_plan_advise_a_deletion(doubt: Doubt) -> None:
    reason = "A second broadcast with this name is a test of ours"
    assert doubt.call("resolve", "b", "--id", doubt.created, "--reason", reason).code == 0
    (doubt.folder / "broadcasts" / "b.yaml").unlink()
    for command in ("plan", "status"):
        page = doubt.call(command).all
        assert "Delete one of them" not in page
        assert "Twice" not in page
    assert state_of(doubt.folder)["broadcasts"]["b"]["note"] == reason
