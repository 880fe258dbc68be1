"""While a run works, others act: files and locks change under it, and what it believed is asked for again."""

from __future__ import annotations

import errno
import fcntl
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from invent_gitops.errors import ExitCode
from tests.running import (
    FAST,
    STATE,
    WHEN,
    Received,
    Terminal,
    account,
    call,
    define,
    ended,
    http,
    ids,
    invent,
    live,
    posted,
    run,
    scripted,
    started,
    state_of,
    until,
)

APPLY = ("apply", "--yes", *FAST)
ONE_BY_ONE = (*APPLY, "--concurrency", "1")


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, encoding="utf-8").stdout


def repository(folder: Path, *keys: str) -> Path:
    folder.mkdir()
    git(folder, "init", "--quiet")
    define(folder, *keys)
    return folder


def copied(folder: Path, target: Path) -> Path:
    """A colleague's folder with the same definitions, and none of what git or a run keeps."""
    shutil.copytree(folder / "broadcasts", target / "broadcasts")
    return target


def journal(folder: Path) -> Path:
    return folder / f"{STATE}.journal"


# ---------------------------------------------------------------- at the question


def test_answer_to_an_old_question_creates_nothing_that_a_pulled_state_has_meanwhile(tmp_path: Path) -> None:
    mine = repository(tmp_path / "mine", "a", "b")
    theirs = copied(mine, tmp_path / "theirs")
    with invent() as server:
        terminal = Terminal(mine, "apply", *FAST, env=account(server.url))
        terminal.until("This cannot be undone")
        assert call(theirs, *APPLY, env=account(server.url)).code == 0
        shutil.copy(theirs / STATE, mine / STATE)
        terminal.type("y\n")
        done = terminal.end()
        assert posted(server) == ["Campaign a", "Campaign b"], done.all
        assert done.code == 0
        assert ids(mine) == ids(theirs)


def test_answer_to_an_old_question_asks_the_list_again_whatever_the_state_says(tmp_path: Path) -> None:
    mine = repository(tmp_path / "mine", "a")
    theirs = copied(mine, tmp_path / "theirs")
    with invent() as server:
        terminal = Terminal(mine, "apply", *FAST, env=account(server.url))
        terminal.until("This cannot be undone")
        assert call(theirs, *APPLY, env=account(server.url)).code == 0
        terminal.type("y\n")
        done = terminal.end()
        assert posted(server) == ["Campaign a"], done.all
        assert done.code == ExitCode.REFUSED


def test_run_whose_lock_was_deleted_sees_what_another_run_has_done(tmp_path: Path) -> None:
    folder = repository(tmp_path / "mine", "a", "b")
    with invent() as server:
        terminal = Terminal(folder, "apply", *FAST, env=account(server.url))
        terminal.until("This cannot be undone")
        (folder / f"{STATE}.lock").unlink()
        assert run(folder, *APPLY, env=account(server.url)).code == 0
        terminal.type("y\n")
        done = terminal.end()
        assert posted(server) == ["Campaign a", "Campaign b"], done.all
        assert done.code == 0


def test_run_whose_lock_was_deleted_does_not_go_on_beside_one_that_is_working(tmp_path: Path) -> None:
    folder = repository(tmp_path / "mine", "a", "b")
    with invent("hang=600@create:1") as server:
        terminal = Terminal(folder, "apply", *FAST, env=account(server.url))
        terminal.until("This cannot be undone")
        (folder / f"{STATE}.lock").unlink()
        with started(folder, *ONE_BY_ONE, env=account(server.url)) as other:
            until(lambda: len(posted(server)) == 1)
            terminal.type("y\n")
            assert terminal.end().code == ExitCode.REFUSED
            assert len(posted(server)) == 1
            other.kill()


# ---------------------------------------------------------------- between two creates


def acting(act: Callable[[], object], at: int = 1) -> Callable[[Received], bytes]:
    """An Invent without a list, that lets something happen while it answers create number `at`."""
    count = 0

    def answer(request: Received) -> bytes:
        nonlocal count
        if request.method == "GET":
            return http(404)
        count += 1
        if count == at:
            act()
        asked = request.json()
        segments = [{"id": id, "name": id} for id in asked["segment_ids"]]
        plain = {name: asked[name] for name in ("name", "scheduled_at", "send_to_all")}
        return http(200, {"id": f"b_{asked['name'][-1]}", "status": "DRAFT", "segments": segments, **plain})

    return answer


def creates(server: Any) -> list[str]:
    return [request.json()["name"] for request in server.received if request.method == "POST"]


def test_state_that_is_pulled_between_two_creates_keeps_the_second_from_being_made_twice(tmp_path: Path) -> None:
    folder = repository(tmp_path / "mine", "a", "b")
    theirs = copied(folder, tmp_path / "theirs")
    (theirs / "broadcasts" / "a.yaml").unlink()

    def pull() -> None:
        # The colleague began from the same file, and has recorded b.
        value = state_of(theirs)
        (folder / STATE).write_text(json.dumps(value, indent=2), encoding="utf-8")

    with scripted(acting(lambda: None)) as server:
        assert call(theirs, *APPLY, env=account(server.url)).code == 0
        there = server.url
        server.replies = [acting(pull)]
        done = call(folder, *ONE_BY_ONE, env=account(there))
        assert creates(server) == ["Campaign b", "Campaign a"], done.all
    assert done.code == 0, done.all
    assert ids(folder) == {"a": "b_a", "b": "b_b"}


def test_older_state_that_is_checked_out_under_a_run_loses_no_record(tmp_path: Path) -> None:
    folder = repository(tmp_path / "mine", "a")
    with scripted(acting(lambda: None)) as server:
        env = account(server.url)
        assert call(folder, *APPLY, env=env).code == 0
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "-m", "One")
        define(folder, "b")
        assert call(folder, *APPLY, env=env).code == 0
        newest = (folder / STATE).read_text(encoding="utf-8")
        define(folder, "c")
        server.replies = [acting(lambda: git(folder, "checkout", "--", STATE))]
        done = call(folder, *APPLY, env=env)
        assert done.code == ExitCode.UNSETTLED, done.all
        assert "b_b" in done.all
        assert journal(folder).exists()
        again = call(folder, *APPLY, env=env)
        assert again.code in (ExitCode.INVALID, ExitCode.REFUSED), again.all
        (folder / STATE).write_text(newest, encoding="utf-8")
        assert call(folder, *APPLY, env=env).code == 0
        assert creates(server) == ["Campaign a", "Campaign b", "Campaign c"]
    assert ids(folder) == {"a": "b_a", "b": "b_b", "c": "b_c"}


def test_open_intent_of_a_colleague_that_is_pulled_under_a_run_stays_open(tmp_path: Path) -> None:
    folder = repository(tmp_path / "mine", "a")

    def pull() -> None:
        request = {"name": "Campaign a", "scheduled_at": WHEN, "segment_ids": ["vip"], "send_to_all": False}
        intent = {"request": request, "attempt": "f" * 32, "provenance": {"at": "2026-01-01T00:00:00Z", "by": "eve"}}
        value = {"version": 1, "lineage": "theirs", "serial": 1, "org": "c", "api": there, "intents": {"a": intent}}
        value |= {"broadcasts": {}, "removed": {}, "absences": {}}
        (folder / STATE).write_text(json.dumps(value), encoding="utf-8")

    with scripted(acting(pull)) as server:
        there = server.url
        assert call(folder, *APPLY, env=account(there)).code == ExitCode.UNSETTLED
    found = state_of(folder)
    assert ids(folder) == {"a": "b_a"}
    assert [intent["attempt"] for intent in found["intents"].values()] == ["f" * 32]


def test_journal_that_is_deleted_under_a_run_is_written_anew_with_all_that_happened(tmp_path: Path) -> None:
    folder = repository(tmp_path / "mine", "a", "b")
    with scripted(acting(lambda: journal(folder).unlink()), acting(lambda: None)) as server:
        assert call(folder, *ONE_BY_ONE, env=account(server.url)).code == 0
    assert ids(folder) == {"a": "b_a", "b": "b_b"}


# ---------------------------------------------------------------- a state that went back


def test_state_that_went_back_is_refused_and_the_plan_says_so(tmp_path: Path) -> None:
    folder = repository(tmp_path / "mine", "a")
    with invent() as server:
        env = account(server.url)
        assert call(folder, *APPLY, env=env).code == 0
        older = (folder / STATE).read_bytes()
        define(folder, "b")
        assert call(folder, *APPLY, env=env).code == 0
        newest = (folder / STATE).read_bytes()
        (folder / STATE).write_bytes(older)
        # Neither the list nor the state would have stopped it.
        for one in server.sandbox.broadcasts():
            server.sandbox.delete("c", one["id"])
        done = call(folder, *APPLY, env=env)
        assert done.code == ExitCode.REFUSED, done.all
        assert "serial" in done.all
        assert "went back" in call(folder, "plan", env=env).err
        (folder / STATE).write_bytes(newest)
        assert call(folder, *APPLY, env=env).code == 0
        assert posted(server) == ["Campaign a", "Campaign b"]


def test_state_that_is_gone_is_no_new_one_where_this_clone_has_seen_it(tmp_path: Path) -> None:
    folder = repository(tmp_path / "mine", "a")
    with invent() as server:
        env = account(server.url)
        assert call(folder, *APPLY, env=env).code == 0
        (folder / STATE).unlink()
        server.sandbox.delete("c", live(server)["Campaign a"])
        done = call(folder, *APPLY, env=env)
        assert (done.code, posted(server)) == (ExitCode.REFUSED, ["Campaign a"])
        memory = done.err.rsplit("remembers: ", 1)[1].strip()
        (folder / memory).unlink()
        assert call(folder, *APPLY, env=env).code == 0


def test_older_state_in_another_work_tree_of_the_clone_is_refused_as_well(tmp_path: Path) -> None:
    folder = repository(tmp_path / "mine", "a")
    with invent() as server:
        env = account(server.url)
        assert call(folder, *APPLY, env=env).code == 0
        git(folder, "add", ".")
        git(folder, "commit", "--quiet", "-m", "One")
        git(folder, "worktree", "add", "--quiet", str(tmp_path / "other"))
        define(folder, "b")
        assert call(folder, *APPLY, env=env).code == 0
        define(tmp_path / "other", "b")
        server.sandbox.delete("c", live(server)["Campaign b"])
        assert call(tmp_path / "other", *APPLY, env=env).code == ExitCode.REFUSED
        assert posted(server) == ["Campaign a", "Campaign b"]


def test_state_of_another_branch_with_the_same_serial_is_refused_for_what_it_lacks(tmp_path: Path) -> None:
    folder = repository(tmp_path / "mine", "a")
    with invent() as server:
        env = account(server.url)
        assert call(folder, *APPLY, env=env).code == 0
        beside = state_of(folder)
        define(folder, "b")
        assert call(folder, *APPLY, env=env).code == 0
        # A fork: as new by its number, and without the second record.
        beside["serial"] = state_of(folder)["serial"]
        (folder / STATE).write_text(json.dumps(beside), encoding="utf-8")
        server.sandbox.delete("c", live(server)["Campaign b"])
        done = call(folder, *APPLY, env=env)
        assert (done.code, posted(server)) == (ExitCode.REFUSED, ["Campaign a", "Campaign b"]), done.all
        assert "lacks" in done.err


def test_run_that_had_nothing_to_do_remembers_the_state_and_vouches_for_nothing(tmp_path: Path) -> None:
    folder = repository(tmp_path / "mine", "a")
    theirs = copied(folder, tmp_path / "theirs")
    with invent() as server:
        env = account(server.url)
        assert call(theirs, *APPLY, env=env).code == 0
        older = (theirs / STATE).read_bytes()
        define(theirs, "b")
        assert call(theirs, *APPLY, env=env).code == 0
        shutil.copy(theirs / STATE, folder / STATE)
        assert call(folder, *APPLY, env=env).code == 0
        define(folder, "b", "c")
        server.faults.add("error-before=403@list:*")
        assert call(folder, *APPLY, env=env).code == ExitCode.UNAVAILABLE
        (folder / STATE).write_bytes(older)
        assert call(folder, *APPLY, env=env).code == ExitCode.REFUSED
        assert posted(server) == ["Campaign a", "Campaign b"]


def test_journal_that_was_taken_away_after_a_kill_is_missed(tmp_path: Path) -> None:
    folder = repository(tmp_path / "mine", "a")
    with invent("hang=600@create:1") as server:
        env = account(server.url)
        with started(folder, *APPLY, env=env) as process:
            until(lambda: len(server.sandbox.broadcasts()) == 1)
            process.kill()
            ended(process)
        kept = journal(folder).read_bytes()
        journal(folder).unlink()
        # The list lags.
        server.sandbox.delete("c", live(server)["Campaign a"])
        done = call(folder, *APPLY, env=env)
        assert (done.code, posted(server)) == (ExitCode.REFUSED, ["Campaign a"]), done.all
        journal(folder).write_bytes(kept)
        assert call(folder, *APPLY, env=env).code == ExitCode.UNSETTLED


def test_journal_that_goes_on_from_a_newer_state_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "no-repository"
    define(folder, "a")
    with invent("hang=600@create:2") as server:
        env = account(server.url)
        assert call(folder, *APPLY, env=env).code == 0
        define(folder, "b")
        with started(folder, *APPLY, env=env) as process:
            until(lambda: len(server.sandbox.broadcasts()) == 2)
            process.kill()
            ended(process)
        (folder / STATE).unlink()
        assert call(folder, *APPLY, env=env).code == ExitCode.INVALID
        assert journal(folder).exists()


# ---------------------------------------------------------------- where neither list nor memory can vouch


@pytest.mark.parametrize("words", [(), ("--blind",)], ids=["unsure", "sure"])
def test_state_that_this_clone_has_never_seen_vouches_for_nothing_where_the_list_is_away(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    folder = repository(tmp_path / "mine", "a")
    fresh = repository(tmp_path / "fresh", "a", "b")
    with invent() as server:
        env = account(server.url)
        assert call(folder, *APPLY, env=env).code == 0
        shutil.copy(folder / STATE, fresh / STATE)
        define(folder, "b")
        server.faults.add("error-before=401@list:*")
        done = call(fresh, *APPLY, *words, env=env)
        assert done.code == (0 if words else ExitCode.UNAVAILABLE), done.all
        # Who has seen it goes on.
        assert call(folder, *APPLY, env=env).code == 0
        assert len(posted(server)) == 2 + bool(words)


def test_state_beside_which_the_list_shows_more_vouches_for_nothing(tmp_path: Path) -> None:
    folder = repository(tmp_path / "mine", "a", "b", "c")
    stale = repository(tmp_path / "stale", "a", "b", "c")
    with invent() as server:
        env = account(server.url)
        assert call(folder, *APPLY, "--only", "a", env=env).code == 0
        shutil.copy(folder / STATE, stale / STATE)
        assert call(folder, *APPLY, "--only", "b", env=env).code == 0
        # It refuses b, and creates c beside it.
        assert call(stale, *APPLY, env=env).code == ExitCode.REFUSED
        assert posted(server) == ["Campaign a", "Campaign b", "Campaign c"]
        server.faults.add("error-before=403@list:*")
        assert call(stale, *APPLY, env=env).code == ExitCode.UNAVAILABLE
        assert posted(server) == ["Campaign a", "Campaign b", "Campaign c"]


def test_state_that_a_colleague_may_have_pushed_on_vouches_for_nothing(tmp_path: Path) -> None:
    folder = repository(tmp_path / "mine", "a")
    git(folder, "remote", "add", "origin", str(tmp_path / "hub.git"))
    with invent() as server:
        env = account(server.url)
        assert call(folder, *APPLY, env=env).code == 0
        define(folder, "b")
        server.faults.add("error-before=403@list:*")
        assert call(folder, *APPLY, env=env).code == ExitCode.UNAVAILABLE
        assert call(folder, *APPLY, "--blind", env=env).code == 0


def test_list_that_another_run_has_read_is_not_taken_for_one_that_does_not_exist(tmp_path: Path) -> None:
    folder = repository(tmp_path / "mine", "a")
    fresh = repository(tmp_path / "fresh", "a", "b")
    with invent() as server:
        env = account(server.url)
        assert call(folder, *APPLY, env=env).code == 0
        assert state_of(folder)["listed"] is True
        shutil.copy(folder / STATE, fresh / STATE)
        server.faults.add("error-before=404@list:*")
        done = call(fresh, *APPLY, env=env)
        assert done.code == ExitCode.UNAVAILABLE, done.all
        assert posted(server) == ["Campaign a"]


# ---------------------------------------------------------------- what the disk cannot do


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_file_whose_folder_knows_no_locks_is_refused_before_anything_is_created(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    folder = repository(tmp_path / "mine", "a")

    def flock(file: int, how: int) -> None:
        raise OSError(number, "no locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    with invent() as server:
        done = call(folder, *APPLY, env=account(server.url))
        assert (done.code, posted(server)) == (ExitCode.INVALID, []), done.all
        assert "locked" in done.err
