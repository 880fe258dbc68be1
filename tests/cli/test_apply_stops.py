"""Runs that are killed, interrupted or cut short: whatever happens, a key is created at most once."""

from __future__ import annotations

import fcntl
import signal
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode
from invent_gitops.sandbox.server import Server
from tests.running import (
    FAST,
    STATE,
    Result,
    account,
    at_deadline,
    call,
    define,
    ended,
    hold_creates,
    ids,
    invent,
    live,
    posted,
    run,
    started,
    state_of,
    stops,
    until,
)

KEYS = [f"k{number}" for number in range(8)]
SLOWLY = ("apply", "--yes", "--json", *FAST, "--concurrency", "2")


def names(keys: list[str]) -> list[str]:
    return [f"Campaign {key}" for key in keys]


def all_once(folder: Path, server: Server, keys: list[str]) -> None:
    """Every key exists once in Invent, under the id that the state records."""
    assert live(server) == {f"Campaign {key}": id for key, id in ids(folder).items()}
    assert sorted(ids(folder)) == keys
    assert state_of(folder)["intents"] == {}


def killed(folder: Path, server: Server, number: int) -> None:
    """Start an apply and kill it when the server has carried out `number` creates, and keeps the last answers."""
    with started(folder, *SLOWLY, env=account(server.url)) as process:
        until(lambda: len(server.sandbox.broadcasts()) >= number)
        process.kill()
        assert ended(process).code == -signal.SIGKILL


def test_a_killed_run_leaves_what_is_in_doubt_in_the_plan_and_the_next_apply_adopts_it(tmp_path: Path) -> None:
    define(tmp_path, *KEYS)
    with invent("hang=600@create:3-4") as server:
        killed(tmp_path, server, 4)
        plan = run(tmp_path, "plan", "--json", env=account(server.url))
        assert plan.code == ExitCode.UNSETTLED
        blocked = [item["key"] for item in plan.json["items"] if item["action"] == "blocked"]
        assert len(blocked) == 2
        assert set(names(blocked)) <= set(posted(server)), "no more is in doubt than was sent"
        again = run(tmp_path, "apply", "--yes", "--json", *FAST, env=account(server.url))
        assert again.code == 0, again.err
        assert [one["key"] for one in again.json["outcomes"] if one["outcome"] == "adopted"] == blocked
        assert posted(server) == names(KEYS), "one create for each key"
        all_once(tmp_path, server, KEYS)


def test_what_a_killed_run_left_stays_in_doubt_while_the_list_does_not_show_it(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent("hang=600@create:1") as server:
        killed(tmp_path, server, 1)
        server.sandbox.delete("c", live(server)["Campaign a"])
        for _ in range(2):
            assert call(tmp_path, "apply", "--yes", *FAST, env=account(server.url)).code == ExitCode.UNSETTLED
        assert run(tmp_path, "reconcile", env=account(server.url)).code == ExitCode.UNSETTLED
        plan = run(tmp_path, "plan", env=account(server.url))
        assert plan.code == ExitCode.UNSETTLED
        assert "! a  Campaign a" in plan.out
        assert "does not prove anything" in plan.out
        assert posted(server) == names(["a"])


def test_the_state_can_be_read_while_an_apply_runs_and_after_it_was_killed(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent("hang=600@create:1") as server, started(tmp_path, *SLOWLY, env=account(server.url)) as process:
        until(lambda: bool(server.sandbox.broadcasts()))
        assert "IN DOUBT" in call(tmp_path, "state", "list").out
        process.kill()
        process.wait()
        assert "IN DOUBT" in call(tmp_path, "state", "list").out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_awaits_the_answers_in_flight_and_starts_nothing_more(
    tmp_path: Path, number: signal.Signals
) -> None:
    define(tmp_path, *KEYS)
    with invent() as server:
        go = hold_creates(server, 3)
        with started(tmp_path, *SLOWLY, env=account(server.url)) as process:
            until(lambda: server.faults.seen("create") >= 4)
            stops(process, number)
            go.set()
            result = ended(process)
        assert result.code == ExitCode.INTERRUPTED
        assert "Traceback" not in result.err
        document = result.json
        assert document["stopped"]
        done = {one["key"]: one["outcome"] for one in document["outcomes"]}
        assert sorted(done.values()) == ["created"] * 4 + ["not-attempted"] * 4
        assert len(posted(server)) == 4
        assert sorted(ids(tmp_path)) == [key for key in KEYS if done[key] == "created"]
        assert state_of(tmp_path)["intents"] == {}
        assert run(tmp_path, "apply", "--yes", *FAST, env=account(server.url)).code == 0
        assert posted(server) == names(KEYS)
        all_once(tmp_path, server, KEYS)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_second_signal_stops_at_once_and_what_was_in_flight_is_adopted_later(
    tmp_path: Path, number: signal.Signals
) -> None:
    define(tmp_path, "a", "b")
    with invent("hang=600@create:*") as server:
        with started(tmp_path, *SLOWLY, env=account(server.url)) as process:
            assert process.stderr is not None
            until(lambda: len(server.sandbox.broadcasts()) == 2)
            process.send_signal(number)
            assert any("Stopping" in line for line in iter(process.stderr.readline, ""))
            process.send_signal(number)
            assert ended(process).code == ExitCode.INTERRUPTED
        server.faults.clear()
        assert run(tmp_path, "plan", env=account(server.url)).code == ExitCode.UNSETTLED
        assert run(tmp_path, "apply", "--yes", env=account(server.url)).code == 0
        assert posted(server) == names(["a", "b"])
        all_once(tmp_path, server, ["a", "b"])


def test_another_signal_is_no_second_wish_since_github_cancels_with_two(tmp_path: Path) -> None:
    define(tmp_path, "a", "b")
    with invent() as server:
        go = hold_creates(server, 1)
        with started(tmp_path, *SLOWLY, env=account(server.url)) as process:
            until(lambda: server.faults.seen("create") == 2)
            stops(process, signal.SIGINT)
            process.send_signal(signal.SIGTERM)
            until(lambda: not has_pending_signals(process.pid))
            go.set()
            result = ended(process)
        assert result.code == ExitCode.INTERRUPTED
        assert sorted(ids(tmp_path)) == ["a", "b"]
        assert {one["outcome"] for one in result.json["outcomes"]} == {"created"}


def test_a_signal_while_the_pace_is_waited_for_takes_the_intent_back(tmp_path: Path) -> None:
    define(tmp_path, "a", "b")
    with invent() as server:
        words = ("apply", "--yes", "--json", "--rate", "2", "--concurrency", "2")
        with started(tmp_path, *words, env=account(server.url)) as process:
            until(lambda: len(posted(server)) == 1 and call(tmp_path, "state", "list").out.count("IN DOUBT") == 1)
            process.send_signal(signal.SIGINT)
            result = ended(process)
        assert result.code == ExitCode.INTERRUPTED
        assert sorted(one["outcome"] for one in result.json["outcomes"]) == ["created", "not-attempted"]
        assert (result.json["stopped"], "deadline" in result.json) == (True, False)
        assert state_of(tmp_path)["intents"] == {}


def stopped_in_time(folder: Path, server: Server, *words: str, slow: str = "*") -> tuple[Result, float]:
    """An apply whose deadline came while creates were in flight: those that are `slow` take longer than it has."""

    def attempt(seconds: float) -> Result:
        server.faults.clear()
        server.faults.add(f"delay={seconds + 1}@create:{slow}")
        return run(folder, *words, "--deadline", f"{seconds}", env=account(server.url))

    return at_deadline(attempt, lambda: posted(server))


def test_the_deadline_starts_nothing_new_and_awaits_what_is_in_flight(tmp_path: Path) -> None:
    define(tmp_path, *KEYS)
    with invent() as server:
        result, seconds = stopped_in_time(tmp_path, server, *SLOWLY)
        assert result.code == ExitCode.INTERRUPTED
        assert "The deadline has come" in result.err
        assert result.json["deadline"] == seconds
        created = len(posted(server))
        assert created in (1, 2), "the second may have come too late for the deadline"
        outcomes = sorted(one["outcome"] for one in result.json["outcomes"])
        assert outcomes == ["created"] * created + ["not-attempted"] * (8 - created)
        assert len(ids(tmp_path)) == created


def test_after_a_deadline_the_report_names_it_and_does_not_say_as_asked(tmp_path: Path) -> None:
    define(tmp_path, *KEYS)
    with invent() as server:
        words = ("apply", "--yes", "--concurrency", "2", *FAST)
        result, seconds = stopped_in_time(tmp_path, server, *words)
    said = f"The deadline of {seconds:g} seconds was over. Run apply again to go on; nothing is created twice."
    assert said in result.out
    assert "as asked" not in result.all


def test_workspaces_name_the_deadline_that_they_share_and_not_what_was_left_of_it(tmp_path: Path) -> None:
    for attempt, seconds in enumerate((3, 12, 48)):
        folder = tmp_path / str(attempt)
        for name in ("acme", "globex"):
            define(folder, "a", "b", "c", below=f"{name}/broadcasts")
        (folder / "invent.yaml").write_text("workspaces: {acme: {org: org_1}, globex: {org: org_2}}\n")
        with invent(f"delay={seconds}@create:4-6") as server:
            words = ("apply", "--all", "--yes", "--concurrency", "1", *FAST, "--deadline", f"{seconds}")
            result = call(folder, *words, env=account(server.url))
            assert result.code == ExitCode.INTERRUPTED
            assert f"The deadline of {seconds} seconds was over." in result.out
            if len(posted(server)) > 3:  # else the machine was too busy to come to the second workspace
                assert len(posted(server)) == 4
                return
    raise AssertionError("no run of this machine comes to the second workspace")


def test_stop_while_invent_says_429_is_no_refusal_by_invent(tmp_path: Path) -> None:
    define(tmp_path, "a", "b")
    with (
        invent("429=60@create:1") as server,
        started(tmp_path, "apply", "--yes", "--json", "--concurrency", "1", *FAST, env=account(server.url)) as process,
    ):
        assert process.stderr is not None
        assert any("It is asked again in 60 seconds." in line for line in iter(process.stderr.readline, ""))
        process.send_signal(signal.SIGINT)
        result = ended(process)
    assert [(one["outcome"], one["reason"]) for one in result.json["outcomes"]] == [("not-attempted", None)] * 2
    assert state_of(tmp_path)["intents"] == {}


@pytest.mark.parametrize("words", [("--rate", "nan"), ("--deadline", "nan"), ("--deadline", "1e300")])
def test_a_number_that_no_clock_can_wait_for_is_wrong_usage(tmp_path: Path, words: tuple[str, str]) -> None:
    (tmp_path / "broadcasts").mkdir()
    assert call(tmp_path, "apply", "--yes", *words).code == ExitCode.USAGE


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_list_is_read_keeps_apply_from_creating(tmp_path: Path, number: signal.Signals) -> None:
    define(tmp_path, "a")
    with invent("hang=600@create:1") as server:
        killed(tmp_path, server, 1)
        define(tmp_path, "b")
        server.faults.add("delay=0.6@list:2")
        with started(tmp_path, *SLOWLY, env=account(server.url)) as process:
            until(lambda: server.faults.seen("list") == 2)
            process.send_signal(number)
            result = ended(process)
        assert posted(server) == names(["a"])
        assert result.code == ExitCode.INTERRUPTED


def test_a_reconcile_that_was_stopped_says_so_with_130(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent("hang=600@create:1") as server:
        killed(tmp_path, server, 1)
        server.faults.add("429=60@list:2")
        with started(tmp_path, "reconcile", "--json", env=account(server.url)) as process:
            until(lambda: server.faults.seen("list") == 2)
            process.send_signal(signal.SIGINT)
            result = ended(process)
        assert result.json["exit_code"] == ExitCode.INTERRUPTED


def test_two_applies_at_once_never_create_a_key_twice(tmp_path: Path) -> None:
    define(tmp_path, *KEYS)
    with invent("delay=0.05@create:*") as server:
        with (
            started(tmp_path, *SLOWLY, env=account(server.url)) as one,
            started(tmp_path, *SLOWLY, env=account(server.url)) as other,
        ):
            results = [ended(one), ended(other)]
        codes = sorted(result.code for result in results)
        assert codes in ([0, 0], [0, 5])
        if codes == [0, 5]:
            [refused] = [result for result in results if result.code == 5]
            assert "Another invent-gitops is writing" in refused.json["error"]["message"]
        assert posted(server) == names(KEYS)
        all_once(tmp_path, server, KEYS)


def test_a_lock_that_a_killed_run_left_does_not_block_the_next(tmp_path: Path) -> None:
    define(tmp_path, "a", "b")
    with invent("hang=600@create:1-2") as server:
        killed(tmp_path, server, 2)
        assert (tmp_path / f"{STATE}.lock").exists()
        assert call(tmp_path, "apply", "--yes", *FAST, env=account(server.url)).code == 0
        all_once(tmp_path, server, ["a", "b"])


def test_the_same_holds_for_the_built_in_invent(tmp_path: Path) -> None:
    define(tmp_path, *KEYS)
    slow = ("apply", "--yes", "--sandbox", "--rate", "600", "--concurrency", "4")
    with started(tmp_path, *slow) as process:
        assert process.stderr is not None
        process.stderr.readline()  # which state the sandbox has
        process.stderr.readline()
        process.stderr.readline()  # an outcome is told before it is recorded, so only now is the first one safe
        process.kill()
    plan = run(tmp_path, "plan", "--sandbox", "--json")
    counts = plan.json["counts"]
    assert counts["unchanged"] + counts["blocked"] + counts["create"] == len(KEYS)
    assert counts["unchanged"]
    assert plan.code == (ExitCode.UNSETTLED if counts["blocked"] else 0)
    result = run(tmp_path, "apply", "--yes", "--sandbox", *FAST)
    # A request that never arrived is in doubt for good; one that did is adopted. Nothing is sent a second time.
    assert result.code in (0, ExitCode.UNSETTLED)
    recorded = ids(tmp_path / ".invent-sandbox")
    assert (
        len(set(recorded.values()))
        == len(recorded)
        == len(KEYS) - len(state_of(tmp_path / ".invent-sandbox")["intents"])
    )


def waiting_to_be_read(process: subprocess.Popen[str]) -> int:
    """How many bytes the pipe from the stderr of a process holds."""
    assert process.stderr is not None
    return int.from_bytes(fcntl.ioctl(process.stderr, termios.FIONREAD, bytes(4)), sys.byteorder)


def has_pending_signals(pid: int) -> bool:
    """Whether a process has been sent a signal that has not reached it."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return any(int(line.split()[1], 16) for line in lines if line.startswith(("SigPnd", "ShdPnd")))


def test_a_signal_while_stderr_is_full_loses_no_id(tmp_path: Path) -> None:
    define(tmp_path, *[f"{number:02}-{'x' * 100}" for number in range(40)])
    with invent() as server:
        with started(tmp_path, *SLOWLY, env=account(server.url), pipesize=4096) as process:
            # Nobody reads the log, so a note gets stuck in the middle of being written: no other would fit in.
            until(lambda: waiting_to_be_read(process) + 160 > 4096)
            assert len(posted(server)) < 40
            process.send_signal(signal.SIGINT)
            until(lambda: not has_pending_signals(process.pid))
            result = ended(process)
        assert result.code == ExitCode.INTERRUPTED, result.err
        assert "Traceback" not in result.err
        assert sorted(ids(tmp_path).values()) == sorted(live(server).values())
