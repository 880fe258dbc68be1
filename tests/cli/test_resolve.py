"""`resolve` judged by what Invent shows, and what every other command says as long as anything is unsettled."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from invent_gitops.errors import ExitCode
from invent_gitops.sandbox.server import Server
from tests.dashboard import delete, edit
from tests.running import (
    FAST,
    STATE,
    WHEN,
    Result,
    account,
    aged,
    call,
    define,
    ids,
    invent,
    posted,
    state_of,
)

NOT_CREATED = ("resolve", "b", "--not-created", "--reason", "looked twice")


class Doubt:
    """A project in which `a` is recorded and `b` is in doubt; the attempt is as young as it is."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder, self.server = folder, server

    def call(self, *words: str) -> Result:
        return call(self.folder, *words, env={**account(self.server.url), "GITHUB_ACTOR": "ann"})

    def refused(self, *words: str, code: ExitCode = ExitCode.REFUSED) -> str:
        """What a refusal says; it leaves the state as it was."""
        before = (self.folder / STATE).read_bytes()
        result = self.call(*words, "--json")
        assert (result.code, (self.folder / STATE).read_bytes()) == (code, before), result
        error = result.json["error"]
        return f"{error['message']} {error['cure']}"

    def create_by_hand(self, key: str) -> str:
        """A person makes the same in Invent; its id."""
        wish = {"name": f"Campaign {key}", "scheduled_at": WHEN, "segment_ids": ["vip"]}
        headers = {"authorization": "Bearer x"}
        before = {one["id"] for one in self.server.sandbox.broadcasts()}
        self.server.sandbox.handle("POST", "/orgs/c/broadcasts", "", headers, json.dumps(wish).encode())
        [made] = {str(one["id"]) for one in self.server.sandbox.broadcasts()} - before
        return made

    @property
    def absence(self) -> dict[str, Any]:
        [found] = state_of(self.folder)["absences"].values()
        return dict(found)


def in_doubt(folder: Path, fault: str) -> Iterator[Doubt]:
    with invent(fault, "error-before=404@list:*") as server:
        define(folder, "a", "b")
        result = call(folder, "apply", "--yes", "--concurrency", "1", *FAST, env=account(server.url))
        assert result.code == ExitCode.UNSETTLED
        server.faults.clear()
        yield Doubt(folder, server)


@pytest.fixture
def young(tmp_path: Path) -> Iterator[Doubt]:
    """Nothing was created, a moment ago."""
    yield from in_doubt(tmp_path, "close-before@create:2")


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Doubt]:
    """Nothing was created, an hour ago."""
    for one in in_doubt(tmp_path, "close-before@create:2"):
        aged(tmp_path)
        yield one


# ---------------------------------------------------------------- the word that nothing was created


def test_a_young_attempt_is_not_settled_without_saying_what_is_risked(young: Doubt) -> None:
    assert "may still be in flight" in young.refused(*NOT_CREATED)
    done = young.call(*NOT_CREATED, "--anyway", "--json")
    assert done.code == 0
    [absence] = done.json["absences"]
    assert (absence["listed"], absence["overridden"], absence["others"]) == (True, ["too-early"], [])
    assert (young.absence["overridden"], young.absence["request"]["name"]) == (["too-early"], "Campaign b")


def test_an_old_attempt_that_the_whole_list_does_not_show_is_free_again(old: Doubt) -> None:
    done = old.call(*NOT_CREATED)
    assert done.code == 0
    assert done.out.rstrip().endswith(" b --id ID"), "how a wrong word is repaired"
    assert (old.absence["listed"], "overridden" in old.absence) == (True, False)
    assert old.call("apply", "--yes", *FAST).code == 0
    assert posted(old.server) == ["Campaign a", "Campaign b", "Campaign b"]


def test_what_the_list_shows_is_set_aside_by_its_name_alone(old: Doubt) -> None:
    made = old.create_by_hand("b")
    assert f" b --id {made} . If it is surely" in old.refused(*NOT_CREATED)
    assert f"--not {made}" in old.refused(*NOT_CREATED, "--anyway")
    assert old.call(*NOT_CREATED, "--not", made).code == 0
    assert old.absence["others"] == [made]
    assert old.call("apply", "--yes", *FAST).code == ExitCode.REFUSED, "it is there exactly so"
    assert posted(old.server).count("Campaign b") == 2


@pytest.mark.parametrize("fault", ["error-before=404@list:*", "error-before=403@list:*", "cut-body@list:*"])
def test_a_list_that_cannot_be_read_vouches_for_nothing(old: Doubt, fault: str) -> None:
    old.server.faults.add(fault)
    assert "could not be read" in old.refused(*NOT_CREATED, code=ExitCode.UNAVAILABLE)
    assert old.call(*NOT_CREATED, "--anyway").code == 0
    assert ("listed" in old.absence, old.absence["overridden"]) == (False, ["not-read"])


def test_without_a_key_nobody_sees_whether_it_is_there(old: Doubt) -> None:
    env = {"INVENT_BASE_URL": old.server.url, "INVENT_API_KEY": ""}
    assert call(old.folder, *NOT_CREATED, env=env).code == ExitCode.USAGE
    assert call(old.folder, *NOT_CREATED, "--anyway", env=env).code == 0
    assert old.absence["overridden"] == ["not-read"]


def test_a_list_of_another_account_vouches_for_nothing(tmp_path: Path) -> None:
    with invent("close-before@create:3", "error-before=404@list:*") as server:
        define(tmp_path, "a", "a2", "b")
        call(tmp_path, "apply", "--yes", "--concurrency", "1", *FAST, env=account(server.url))
        server.faults.clear()
        aged(tmp_path)
        for id in ids(tmp_path).values():
            delete(server, id)
        told = call(tmp_path, *NOT_CREATED, env=account(server.url))
    assert (told.code, "another account" in told.err) == (ExitCode.UNAVAILABLE, True)


def test_a_printed_command_that_is_pasted_unread_sets_nothing_free(old: Doubt) -> None:
    for command in ("plan", "status", "reconcile"):
        for line in old.call(command).all.splitlines():
            if "--not-created" in line:
                assert line.rstrip().endswith('…"'), line
    assert "still ends with" in old.refused(*NOT_CREATED[:-1], "none of these is it, since …", code=ExitCode.USAGE)
    assert "still ends with" in old.refused("state", "rm", "a", "--reason", "…", code=ExitCode.USAGE)


def test_every_place_that_prints_the_command_says_from_when_on_it_may_be_said(young: Doubt) -> None:
    assert "The last one from 20" in young.call("plan").out
    assert re.search(r"in [67] minutes: until then", young.call("plan").out)
    (young.folder / "broadcasts" / "b.yaml").rename(young.folder / "broadcasts" / "c.yaml")
    for words in (("plan",), ("status",), ("plan", "--format", "markdown"), ("state", "rm", "b", "--reason", "x")):
        told = [line for line in young.call(*words).all.splitlines() if "--not-created" in line]
        assert told or words == ("plan",), words
        assert all("UTC on, in " in line for line in told if line.strip()[:14] != "invent-gitops "), told
    [item] = [one for one in young.call("plan", "--json").json["items"] if one["action"] == "blocked"]
    assert item["intent"]["settles_at"] > item["intent"]["at"]


# ---------------------------------------------------------------- after such a word


def test_a_key_with_a_word_on_record_is_created_only_after_the_whole_list_was_read(old: Doubt) -> None:
    assert old.call(*NOT_CREATED).code == 0
    assert "apply creates it only after it has read Invent's whole list" in old.call("plan").out
    [item] = [one for one in old.call("plan", "--json").json["items"] if one["action"] == "create"]
    assert (item["absence"]["reason"], item["absence"]["by"]) == ("looked twice", "ann")
    # A renamed key with the same request, too.
    (old.folder / "broadcasts" / "b.yaml").write_text(f"key: c\nname: Campaign b\nschedule: {WHEN}\nsegments: [vip]\n")
    for fault in ("error-before=503@list:*", "error-before=404@list:*", "html-before@list:*"):
        old.server.faults.clear()
        old.server.faults.add(fault)
        told = old.call("apply", "--yes", "--json", *FAST)
        assert told.code == ExitCode.REFUSED, told
        [refusal] = [one for item in told.json["plan"]["items"] for one in item["refusals"]]
        assert refusal["policy"] == "unread-list"
    assert posted(old.server).count("Campaign b") == 1
    old.server.faults.clear()
    assert old.call("apply", "--yes", *FAST).code == 0
    assert posted(old.server).count("Campaign b") == 2


def test_where_invent_has_no_list_a_word_that_was_given_without_one_is_enough(old: Doubt) -> None:
    old.server.faults.add("error-before=404@list:*")
    assert old.call(*NOT_CREATED, "--anyway").code == 0
    assert old.call("apply", "--yes", *FAST).code == 0
    assert ids(old.folder).keys() == {"a", "b"}


def test_nothing_is_adopted_for_a_key_that_was_declared_not_to_have_been_created(old: Doubt) -> None:
    assert old.call(*NOT_CREATED).code == 0
    old.server.faults.add("close-after@create:*")
    assert old.call("apply", "--yes", *FAST).code == ExitCode.UNSETTLED
    assert old.call("reconcile").code == ExitCode.UNSETTLED
    [intent] = state_of(old.folder)["intents"].values()
    [candidate] = intent["candidates"]
    assert (candidate["differs"], candidate["name"]) == ([], "Campaign b")
    assert old.call("resolve", "b", "--id", candidate["id"]).code == 0
    assert ids(old.folder)["b"] == candidate["id"]


@pytest.mark.parametrize("defined", ["defined", "no file", "no folder"])
def test_an_id_repairs_a_wrong_word_with_and_without_a_definition(old: Doubt, defined: str) -> None:
    assert old.call(*NOT_CREATED).code == 0
    late = old.create_by_hand("b")
    if defined == "no file":
        (old.folder / "broadcasts" / "b.yaml").unlink()
    elif defined == "no folder":
        (old.folder / "broadcasts").rename(old.folder / "elsewhere")
    else:
        assert "declared not to have created anything" in old.call("apply", "--yes", *FAST).out
    assert old.call("resolve", "b", "--id", late).code == 0
    record = state_of(old.folder)["broadcasts"]["b"]
    assert (record["id"], record["how"], bool(record["attempt"])) == (late, "resolved", True)
    if defined == "no folder":
        (old.folder / "elsewhere").rename(old.folder / "broadcasts")
    assert old.call("apply", "--yes", *FAST).code == 0
    assert posted(old.server).count("Campaign b") == 2


def test_an_id_that_turns_up_after_the_key_was_created_again_is_kept_beside_it_and_told(old: Doubt) -> None:
    assert old.call(*NOT_CREATED).code == 0
    assert old.call("apply", "--yes", *FAST).code == 0
    late = old.create_by_hand("b")
    told = old.call("resolve", "b", "--id", late)
    assert (told.code, f"recorded as b#{late}" in told.out) == (ExitCode.UNSETTLED, True)
    assert ids(old.folder)[f"b#{late}"] == late
    assert "Twice in Invent: b#" in old.call("state", "mv", "a", "z").err
    assert old.call("apply", "--yes", *FAST).code == ExitCode.UNSETTLED
    delete(old.server, late)
    assert old.call("refresh").code == 0, "one of the two is gone"


# ---------------------------------------------------------------- a wrong id


def test_a_wrong_id_is_corrected_and_free_again_and_the_word_is_kept(old: Doubt) -> None:
    theirs = old.create_by_hand("b")
    assert old.call("reconcile").code == 0
    assert ids(old.folder)["b"] == theirs
    ours = old.create_by_hand("b")
    words = ("resolve", "b", "--id", ours, "--instead-of", theirs)
    assert "needs --id and --reason" in old.refused(*words, code=ExitCode.USAGE)
    assert "and not as bc_9" in old.refused("resolve", "b", "--id", ours, "--instead-of", "bc_9", "--reason", "x")
    assert "does not show" in old.refused("resolve", "b", "--id", "bc_9", "--instead-of", theirs, "--reason", "x")
    told = old.call(*words, "--reason", "that one is Bea's")
    assert (told.code, f"No record knows {theirs} any more, and Invent still has it" in told.out) == (0, True)
    record = state_of(old.folder)["broadcasts"]["b"]
    assert (record["id"], record["instead_of"], record["note"]) == (ours, [theirs], "that one is Bea's")
    assert old.call("plan").code == 0
    edit(old.server, theirs, name="Bea's own")
    assert old.call("import", theirs).code == 0, "it may be a person's own"
    assert theirs in ids(old.folder).values()


def test_a_correction_is_compared_with_what_was_asked_for(old: Doubt) -> None:
    right = old.create_by_hand("b")
    assert old.call("resolve", "b", "--id", right).code == 0
    other = old.create_by_hand("c")
    assert "differs in name" in old.refused("resolve", "b", "--id", other, "--instead-of", right, "--reason", "x")
    taken = ids(old.folder)["a"]
    words = ("resolve", "b", "--id", taken, "--instead-of", right, "--reason", "x", "--anyway")
    assert "under the key a already" in old.refused(*words)


# ---------------------------------------------------------------- what was adopted lately


def test_a_persons_own_that_was_adopted_while_ours_lagged_is_told_first_by_the_next_look(old: Doubt) -> None:
    theirs = old.create_by_hand("b")
    assert old.call("reconcile").code == 0
    assert old.call("reconcile").out == "No outcome is unknown.\n"
    ours = old.create_by_hand("b")
    edit(old.server, theirs, templates=[{}])
    told = old.call("reconcile")
    assert (told.code, told.out.startswith("Twice: b is recorded as")) == (ExitCode.UNSETTLED, True)
    assert f"Delete {ours} in Invent" in told.out
    define(old.folder, "c")
    told = old.call("apply", "--yes", "--json", *FAST)
    assert told.code == ExitCode.UNSETTLED
    [twin] = told.json["twins"]
    assert (twin["key"], twin["id"], twin["other"]["id"], twin["superfluous"]) == ("b", theirs, ours, ours)
    assert "c" in ids(old.folder), "it holds up nothing else"
    for words in (("refresh",), ("status",), ("import",)):
        told = old.call(*words)
        assert (told.code, f"Delete {ours}" in told.err) == (ExitCode.UNSETTLED, True), words
    delete(old.server, ours)
    for words in (("reconcile",), ("refresh",), ("status",), ("import",)):
        assert old.call(*words).code == 0, words


def test_the_command_that_is_told_of_a_twin_makes_the_record_right(old: Doubt) -> None:
    theirs = old.create_by_hand("b")
    assert old.call("reconcile").code == 0
    ours = old.create_by_hand("b")
    edit(old.server, ours, templates=[{}])
    [twin] = old.call("reconcile", "--json").json["twins"]
    assert (twin["superfluous"], twin["right"]) == (theirs, ours)
    delete(old.server, theirs)
    assert old.call("reconcile").code == ExitCode.UNSETTLED, "ours is recorded nowhere yet"
    assert old.call("resolve", "b", "--id", ours, "--instead-of", theirs, "--reason", "as told").code == 0
    assert old.call("reconcile").code == 0


# ---------------------------------------------------------------- a doubt anywhere


def test_a_refused_word_on_one_key_says_that_another_is_in_doubt(old: Doubt) -> None:
    told = old.call("resolve", "a", "--id", "b_9", "--json")
    assert told.json["exit_code"] == told.code == ExitCode.REFUSED
    assert "is not blocked" in told.json["error"]["message"]
    assert "Outcome unknown: b" in told.err


@pytest.mark.parametrize(
    "words",
    [
        ("refresh",),
        ("status",),
        ("status", "--exit-code"),
        ("import",),
        ("import", "--all"),
        ("reconcile",),
        ("state", "mv", "a", "z"),
        ("state", "rm", "a", "--reason", "x"),
    ],
)
def test_no_command_ends_well_as_long_as_another_key_is_in_doubt(old: Doubt, words: tuple[str, ...]) -> None:
    told = old.call(*words, "--json")
    assert told.json["exit_code"] == told.code == ExitCode.UNSETTLED
    if words != ("reconcile",):
        assert "Outcome unknown: b. See and settle: invent-gitops plan" in told.err
    assert "Outcome unknown: b." not in old.call(*words, "--quiet").err


def test_settling_one_key_says_what_is_left_in_doubt(tmp_path: Path) -> None:
    with invent("close-before@create:*", "error-before=404@list:*") as server:
        define(tmp_path, "b", "c")
        call(tmp_path, "apply", "--yes", *FAST, env=account(server.url))
        server.faults.clear()
        aged(tmp_path)
        told = call(tmp_path, *NOT_CREATED, env=account(server.url))
        assert (told.code, "Outcome unknown: c." in told.err) == (ExitCode.UNSETTLED, True)
        assert call(tmp_path, "resolve", "c", "--not-created", "--reason", "x", env=account(server.url)).code == 0
