"""`apply`: creates what is missing, once each, records the ids, and says what became of every key."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode
from tests.dashboard import edit
from tests.running import (
    FAST,
    STATE,
    WHEN,
    Fault,
    Received,
    Reply,
    Result,
    Script,
    Terminal,
    account,
    call,
    define,
    http,
    ids,
    invent,
    live,
    posted,
    run,
    scripted,
    state_of,
)


def fates(result: Result) -> dict[str, str]:
    return {outcome["key"]: outcome["outcome"] for outcome in result.json["outcomes"]}


def answering(**replies: Reply) -> Script:
    """A server that knows a reply for each name's last word, and whose list is empty."""

    def answer(request: Received) -> Reply:
        if request.method == "GET":
            return http(200, [], pagination_count=0)
        body = request.json()
        good = {**body, "id": f"b_{body['name'].split()[-1]}", "status": "DRAFT", "segments": [{"id": "vip"}]}
        return replies.get(body["name"].split()[-1], http(200, good))

    return answer


@pytest.mark.parametrize("sandbox", [False, True], ids=["server", "sandbox"])
def test_apply_creates_all_and_records_their_ids_and_the_second_run_creates_nothing(
    tmp_path: Path, sandbox: bool
) -> None:
    define(tmp_path, "a", "b", "news/c")
    state = "ids/state.json"
    with invent(key="k") as server:
        env = {} if sandbox else account(server.url, "k")
        words = ("broadcasts", "--state", state, *(["--sandbox"] if sandbox else []))
        first = run(tmp_path, "apply", "--yes", *words, env=env)
        assert first.code == 0, first.err
        recorded = ids(tmp_path, state)
        assert set(recorded) == {"a", "b", "news/c"}
        assert all(id in first.out and id in first.err for id in recorded.values())
        again = run(tmp_path, "apply", "--yes", *words, env=env)
        named = f"Note: The sandbox has a state of its own: {state}. Nothing in it exists in Invent.\n"
        assert (again.code, again.err) == (0, named if sandbox else "")
        assert "No changes. Nothing to create." in again.out
        assert ids(tmp_path, state) == recorded
        assert run(tmp_path, "plan", "--exit-code", *words, env=env).code == 0
        if sandbox:
            assert sorted(path.name for path in (tmp_path / "ids").iterdir() if path.suffix != ".lock") == [
                "state.json",
                "state.sandbox.sqlite",
            ]
            assert posted(server) == []
        else:
            assert live(server) == {f"Campaign {key}": id for key, id in recorded.items()}
            assert len(posted(server)) == 3


def test_a_record_says_what_was_sent_by_whom_and_when(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent() as server:
        env = {**account(server.url), "GITHUB_ACTOR": "ann", "GITHUB_SHA": "4" * 40}
        assert call(tmp_path, "apply", "--yes", *FAST, env=env).code == 0
    found = state_of(tmp_path)
    record = found["broadcasts"]["a"]
    assert (found["org"], found["api"], found["intents"]) == ("c", server.url, {})
    assert json.dumps(record).count("Campaign a") == 1
    assert "ann" in json.dumps(record)
    assert "4" * 40 in json.dumps(record)


def test_without_yes_and_without_a_terminal_nothing_is_sent(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent() as server:
        for form in ((), ("--json",)):
            result = run(tmp_path, "apply", *form, env=account(server.url))
            assert result.code == ExitCode.REFUSED
            assert "--yes" in result.err
            assert not form or "no terminal to ask on" in result.json["error"]["message"]
        assert posted(server) == []
    assert not (tmp_path / STATE).exists()


@pytest.mark.parametrize(("typed", "code", "sent"), [("y\n", 0, 1), ("n\n", 5, 0), ("\n", 5, 0), ("\x03", 130, 0)])
def test_at_a_terminal_it_asks_and_only_a_yes_sends(tmp_path: Path, typed: str, code: int, sent: int) -> None:
    define(tmp_path, "a")
    with invent() as server:
        terminal = Terminal(tmp_path, "apply", "--json", env=account(server.url))
        terminal.until("[y/N]")
        terminal.type(typed)
        result = terminal.end()
        details = f"{server.url}, to an audience of unknown size, on Sun 1 Mar 2099 09:00 UTC"
        assert f"Create 1 broadcast in org c at {details}? This cannot be undone." in result.err
        assert "^CError" not in result.err.replace("\x1b[31m", "")
        assert result.code == code
        assert result.json["kind"] == "report"
        assert len(posted(server)) == sent
        if typed == "\x03":
            assert "Stopped at the question. Nothing was created." in result.err
    assert (tmp_path / STATE).exists() == bool(sent)


def test_deadline_while_the_question_is_open_says_that_nothing_was_created(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent() as server:
        for seconds in (2, 8, 32, 128):
            terminal = Terminal(tmp_path, "apply", "--deadline", f"{seconds}", env=account(server.url))
            terminal.until("The deadline has come")
            asked = "[y/N]" in terminal.shown
            terminal.type("y\n")
            result = terminal.end()
            assert (result.code, posted(server)) == (ExitCode.INTERRUPTED, [])
            assert f"The deadline of {seconds} seconds was over. Nothing was created before that." in result.err
            if asked:  # else the machine was too busy to come to the question
                return
    raise AssertionError("no run of this machine comes to the question")


def test_a_failing_item_does_not_stop_the_others(tmp_path: Path) -> None:
    define(tmp_path, "a", "b", "c")
    with scripted(answering(b=http(422, {"message": "No such segment"}))) as server:
        result = call(tmp_path, "apply", "--yes", "--json", *FAST, env=account(server.url))
        assert result.code == ExitCode.UNAVAILABLE
        assert fates(result) == {"a": "created", "b": "not-created", "c": "created"}
        assert "No such segment" in result.json["outcomes"][1]["reason"]
        assert ids(tmp_path) == {"a": "b_a", "c": "b_c"}
        assert state_of(tmp_path)["intents"] == {}, "what was surely not created is free again"


@pytest.mark.parametrize(
    ("replies", "code"),
    [
        ({"b": http(400)}, 6),
        ({"b": http(500)}, 7),
        ({"a": http(400), "b": Fault.CLOSE}, 7),
        ({"a": Fault.CLOSE, "b": http(404), "c": http(200, b"<html>")}, 7),
    ],
)
def test_the_worst_outcome_gives_the_exit_code(tmp_path: Path, replies: dict[str, Reply], code: int) -> None:
    define(tmp_path, "a", "b", "c")
    past = f"name: Past\nschedule: {WHEN.replace('2099', '2019')}\nsegments: [vip]\n"
    (tmp_path / "broadcasts" / "past.yaml").write_text(past, encoding="utf-8")
    with scripted(answering(**replies)) as server:
        result = call(tmp_path, "apply", "--yes", "--json", *FAST, env=account(server.url))
        assert result.code == code
        assert len([one for one in server.received if one.method == "POST"]) == 3
        assert result.json["plan"]["counts"]["refused"] == 1


def test_refused_items_alone_give_5_and_the_rest_is_created(tmp_path: Path) -> None:
    define(tmp_path, "a")
    past = f"name: Past\nschedule: {WHEN.replace('2099', '2019')}\nsegments: [vip]\n"
    (tmp_path / "broadcasts" / "past.yaml").write_text(past, encoding="utf-8")
    with invent() as server:
        assert call(tmp_path, "apply", "--yes", *FAST, env=account(server.url)).code == ExitCode.REFUSED
        assert posted(server) == ["Campaign a"]


def test_a_lost_answer_is_looked_for_and_adopted_within_the_run(tmp_path: Path) -> None:
    define(tmp_path, "a", "b")
    with invent("close-after@create:1") as server:
        result = call(tmp_path, "apply", "--yes", "--json", "--concurrency", "1", *FAST, env=account(server.url))
        assert result.code == 0
        assert fates(result) == {"a": "adopted", "b": "created"}
        assert "adopted: a is" in result.err
        assert live(server) == {f"Campaign {key}": id for key, id in ids(tmp_path).items()}


def test_a_request_that_came_to_nothing_stays_in_doubt_and_is_not_sent_again(tmp_path: Path) -> None:
    define(tmp_path, "a", "b")
    with invent("close-before@create:1") as server:
        words = ("apply", "--yes", "--json", "--concurrency", "1", *FAST)
        first = call(tmp_path, *words, env=account(server.url))
        assert (first.code, fates(first)) == (ExitCode.UNSETTLED, {"a": "unknown", "b": "created"})
        for _ in range(2):
            again = call(tmp_path, *words, env=account(server.url))
            assert (again.code, fates(again)) == (ExitCode.UNSETTLED, {})
        assert posted(server) == ["Campaign a", "Campaign b"]
        blocked = call(tmp_path, "apply", "--yes", "--only", "b", env=account(server.url))
        assert blocked.code == ExitCode.UNSETTLED, "whatever --only says, something is in doubt"


def test_only_creates_what_matches_and_refuses_to_match_nothing(tmp_path: Path) -> None:
    define(tmp_path, "a", "news/a", "news/b")
    with invent() as server:
        none = call(tmp_path, "apply", "--yes", "--json", "--only", "x*", env=account(server.url))
        assert (none.code, none.json["kind"]) == (ExitCode.USAGE, "report")
        assert server.sandbox.requests == []
        assert call(tmp_path, "apply", "--yes", *FAST, "--only", "news/*", env=account(server.url)).code == 0
        assert posted(server) == ["Campaign news/a", "Campaign news/b"]


def test_an_edit_after_creation_is_shown_and_with_strict_refused_and_never_sent(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent() as server:
        assert call(tmp_path, "apply", "--yes", env=account(server.url)).code == 0
        path = tmp_path / "broadcasts" / "a.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("Campaign", "Other"), encoding="utf-8")
        assert call(tmp_path, "apply", "--yes", env=account(server.url)).code == 0
        strict = call(tmp_path, "apply", "--yes", "--strict", "--json", env=account(server.url))
        assert strict.code == ExitCode.REFUSED
        assert strict.json["plan"]["items"][0]["action"] == "refused"
        assert len(posted(server)) == 1


def test_without_a_key_it_says_how_to_set_one_unless_there_is_nothing_to_create(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent() as server:
        keyless = {"INVENT_BASE_URL": server.url}
        result = call(tmp_path, "apply", "--yes", "--json", env=keyless)
        assert result.code == ExitCode.USAGE
        assert "INVENT_API_KEY" in result.json["error"]["message"]
        assert "--sandbox" in result.json["error"]["cure"]
        assert call(tmp_path, "apply", "--yes", env=account(server.url)).code == 0
        assert call(tmp_path, "apply", "--yes", env=keyless).code == 0


@pytest.mark.parametrize("change", [{"INVENT_ORG_ID": "other"}, {"INVENT_BASE_URL": "https://host.invalid"}])
def test_a_state_of_another_account_is_refused(tmp_path: Path, change: dict[str, str]) -> None:
    define(tmp_path, "a")
    with invent() as server:
        assert call(tmp_path, "apply", "--yes", env=account(server.url)).code == 0
        define(tmp_path, "b")
        before = (tmp_path / STATE).read_bytes()
        for words in (["apply", "--yes"], ["plan"], ["reconcile"], ["state", "rm", "a", "--reason", "x"]):
            result = call(tmp_path, *words, "--json", env={**account(server.url), **change})
            assert result.code == ExitCode.REFUSED, words
            assert "records the broadcasts of org c" in result.json["error"]["message"]
        assert (tmp_path / STATE).read_bytes() == before
        assert len(posted(server)) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 99}', "<<<<<<< HEAD\n{}", '{"version": 1}', "\xff"])
def test_a_damaged_state_stops_everything_with_4_before_any_request(tmp_path: Path, text: str) -> None:
    define(tmp_path, "a")
    (tmp_path / STATE).write_bytes(text.encode("latin-1"))
    with invent() as server:
        for words in (["apply", "--yes"], ["plan"], ["reconcile"], ["state", "list"]):
            result = call(tmp_path, *words, "--json", env=account(server.url))
            assert result.code == ExitCode.INVALID, words
            assert STATE in result.json["error"]["message"]
        assert server.sandbox.requests == []
    assert (tmp_path / STATE).read_bytes() == text.encode("latin-1")


def test_a_state_that_cannot_be_written_stops_before_any_request(tmp_path: Path) -> None:
    define(tmp_path, "a")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with invent() as server:
        result = call(tmp_path, "apply", "--yes", "--json", "--state", "file/state.json", env=account(server.url))
        assert result.code == ExitCode.INVALID
        assert server.sandbox.requests == []


def test_an_answer_that_lacks_fields_of_the_request_is_reported_and_its_id_is_recorded(tmp_path: Path) -> None:
    define(tmp_path, "a")
    other: dict[str, object] = {"id": "b_9", "name": "Campaign a", "status": "DRAFT"}
    with scripted(answering(a=http(200, other))) as server:
        result = call(tmp_path, "apply", "--yes", "--json", *FAST, env=account(server.url))
        assert result.code == 0
        [outcome] = result.json["outcomes"]
        assert (outcome["outcome"], outcome["id"], outcome["recorded"]) == ("created", "b_9", True)
        # What the answer does not tell is not known to be as requested.
        assert outcome["differs"] == ["scheduled_at", "segment_ids", "send_to_all"]
        assert "differs from the request in scheduled_at, segment_ids, send_to_all" in result.err
    assert ids(tmp_path) == {"a": "b_9"}


def test_an_answer_with_nothing_but_an_id_leaves_a_state_that_can_be_read_again(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with scripted(answering(a=http(200, {"id": "b_9"}))) as server:
        assert call(tmp_path, "apply", "--yes", *FAST, env=account(server.url)).code == 0
        assert ids(tmp_path) == {"a": "b_9"}
        assert call(tmp_path, "plan", env=account(server.url)).code == 0


def test_an_id_that_is_recorded_already_does_not_free_the_key_that_it_came_for(tmp_path: Path) -> None:
    define(tmp_path, "a", "b")
    same = http(200, {"id": "same", "name": "?", "status": "DRAFT", "segments": []})
    with scripted(answering(a=same, b=same)) as server:
        call(tmp_path, "apply", "--yes", *FAST, env=account(server.url))
        call(tmp_path, "apply", "--yes", *FAST, env=account(server.url))
        assert len([one for one in server.received if one.method == "POST"]) == 2


def test_the_pace_is_kept_over_all_calls_in_flight(tmp_path: Path) -> None:
    define(tmp_path, *"abcdef")
    with invent() as server:
        began = time.monotonic()
        result = call(tmp_path, "apply", "--yes", "--rate", "600", "--concurrency", "6", env=account(server.url))
        assert result.code == 0
        assert time.monotonic() - began >= 0.4
        assert len(live(server)) == 6


def test_the_rate_limit_of_the_server_is_waited_for_and_nothing_is_lost(tmp_path: Path) -> None:
    define(tmp_path, *"abcd")
    with invent("429=1@create:2") as server:
        assert call(tmp_path, "apply", "--yes", *FAST, env=account(server.url)).code == 0
        assert sorted(live(server)) == [f"Campaign {key}" for key in "abcd"]
        assert len(posted(server)) == 5


@pytest.mark.parametrize("fault", ["error-before=503@list:*", "close-before@list:*"])
def test_a_new_state_creates_nothing_while_invent_cannot_be_looked_at(tmp_path: Path, fault: str) -> None:
    define(tmp_path, "a")
    with invent() as server:
        assert run(tmp_path, "apply", "--yes", "--state", "old.json", *FAST, env=account(server.url)).code == 0
        server.faults.add(fault)
        words = ("apply", "--yes", "--json", "--state", "new.json", *FAST)
        result = call(tmp_path, *words, env=account(server.url))
        assert (result.code, len(posted(server))) == (6, 1)
        assert fates(result) == {"a": "not-created"}
        assert "The state is new" in result.out
        assert "add --blind" in result.out
        server.faults.clear()
        assert call(tmp_path, *words, env=account(server.url)).code == 5, "by now it is seen to exist already"
        assert len(posted(server)) == 1


def test_who_is_sure_can_create_with_a_new_state_though_nobody_can_look(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent("error-before=403@list:*") as server:
        words = ("apply", "--yes", *FAST)
        refused = call(tmp_path, *words, env=account(server.url))
        assert (refused.code, posted(server)) == (6, [])
        assert "Check the API key and the org. If surely nothing was created before, add --blind." in refused.out
        assert call(tmp_path, *words, "--blind", env=account(server.url)).code == 0
        assert posted(server) == ["Campaign a"]


def test_nobody_is_asked_for_what_will_not_be_done(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent("error-before=403@list:*") as server:
        terminal = Terminal(tmp_path, "apply", *FAST, env=account(server.url))
        result = terminal.end()
        assert (result.code, "[y/N]" in result.err) == (6, False)
        assert call(tmp_path, "apply", *FAST, env=account(server.url)).code == 5, "and without a terminal it refuses"


def test_an_entry_that_makes_no_sense_may_be_what_a_lost_state_knew(tmp_path: Path) -> None:
    define(tmp_path, "a")
    created = {"id": "b_1", "name": "Campaign a", "status": "DRAFT"}
    odd = [{"id": 7, "name": "Campaign a"}]

    def answer(request: Received) -> bytes:
        return http(200, created) if request.method == "POST" else http(200, odd, pagination_count=1)

    with scripted(answer) as server:
        result = call(tmp_path, "apply", "--yes", *FAST, env=account(server.url))
        assert (result.code, "add --blind" in result.out) == (6, True)
        assert call(tmp_path, "apply", "--yes", "--blind", *FAST, env=account(server.url)).code == 0


@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_invent_without_a_list_gets_a_first_broadcast_all_the_same(tmp_path: Path, status: int) -> None:
    define(tmp_path, "a")
    with invent(f"error-before={status}@list:*") as server:
        result = run(tmp_path, "apply", "--yes", *FAST, env=account(server.url))
        assert (result.code, posted(server)) == (0, ["Campaign a"])
        assert "Invent could not be read first" in result.err


# ---------------------------------------------------------------- what is left to do


def test_created_is_not_called_ready_and_the_next_step_has_a_time(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent() as server:
        done = call(tmp_path, "apply", "--yes", *FAST, env=account(server.url))
        next_step = "Next: write the message in Invent and schedule it, by Sun 1 Mar 2099 09:00 UTC"
        sentence = f"Created is not ready: it has no message yet. {next_step}"
        assert sentence in done.out
        define(tmp_path, "a", "b", "c")
        soon = tmp_path / "broadcasts" / "c.yaml"
        soon.write_text(soon.read_text(encoding="utf-8").replace("2099-03", "2099-02"), encoding="utf-8")
        done = call(tmp_path, "apply", "--yes", *FAST, env=account(server.url))
        assert (
            "none of the 2 has a message yet. "
            "Next: write the messages in Invent and schedule them, the first, “Campaign c”, by " in done.out
        )
        again = call(tmp_path, "apply", "--yes", *FAST, env=account(server.url))
        assert "Next:" not in again.out, "nothing was created"


def test_what_goes_out_at_once_is_to_be_written_at_once(tmp_path: Path) -> None:
    define(tmp_path, "a")
    path = tmp_path / "broadcasts" / "a.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(WHEN, "immediately"), encoding="utf-8")
    (tmp_path / "invent.yaml").write_text("policies: {allow_immediate: true}\n", encoding="utf-8")
    with invent() as server:
        done = call(tmp_path, "apply", "--yes", *FAST, env=account(server.url))
    assert "Next: write the message in Invent and schedule it, at once, since it has no time." in done.out


def test_a_rehearsal_sends_nobody_to_invent(tmp_path: Path) -> None:
    define(tmp_path, "a")
    summary = tmp_path / "summary.md"
    flags = ("--yes", "--sandbox", "--format", "github", *FAST)
    done = call(tmp_path, "apply", *flags, env={"GITHUB_STEP_SUMMARY": str(summary)})
    for page in (done.out, summary.read_text(encoding="utf-8")):
        assert "With an account, you would now write the message in Invent and schedule it, by " in page
        assert "Next:" not in page
        assert "****" not in page


def test_report_repeats_what_will_not_reach_invent_below_what_was_created(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent() as server:
        call(tmp_path, "apply", "--yes", *FAST, env=account(server.url))
        (tmp_path / "broadcasts" / "a.yaml").unlink()
        define(tmp_path, "b")
        path = tmp_path / "broadcasts" / "b.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("2099-03", "2099-05"), encoding="utf-8")
        done = call(tmp_path, "apply", "--yes", *FAST, env=account(server.url))
    assert done.code == 0
    title = "⚠ 1 deletion will not reach Invent."
    assert done.out.startswith(f"{title}\n")
    assert done.out.rstrip("\n").endswith(f"{title} 1 step in Invent is left, as said above.")


def test_apply_is_calm_about_what_it_saw_cancelled_in_invent(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent() as server:
        env = account(server.url)
        call(tmp_path, "apply", "--yes", *FAST, env=env)
        (tmp_path / "broadcasts" / "a.yaml").unlink()
        edit(server, ids(tmp_path)["a"], status="CANCELLED")
        assert "will not reach Invent" in call(tmp_path, "apply", "--yes", *FAST, env=env).out, "it had no need to look"
        define(tmp_path, "b")
        path = tmp_path / "broadcasts" / "b.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("2099-03", "2099-05"), encoding="utf-8")
        done = call(tmp_path, "apply", "--yes", *FAST, env=env)
    assert (done.code, "will not reach Invent" in done.out) == (0, False)
