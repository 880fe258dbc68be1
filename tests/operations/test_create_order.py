"""What is sent soonest is created first, and no document and no approval depends on that order."""

from __future__ import annotations

import itertools
import json
import signal
from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode
from invent_gitops.model.order import soonest
from invent_gitops.sandbox.server import Server
from tests.making import an_item
from tests.running import FAST, account, call, ended, invent, started, state_of, until

LATER, SOONER = "2099-03-02T09:00:00Z", "2099-03-01T09:00:00Z"
IN_TURN = ("--concurrency", "1", *FAST)
# Keys in the order of the alphabet, with the time of each.
CAMPAIGNS = {"a": LATER, "b": SOONER, "c": "immediately", "d": SOONER, "e": "2099-03-01T10:30:00+02:00"}


def campaigns(folder: Path) -> None:
    (folder / "broadcasts").mkdir()
    (folder / "invent.yaml").write_text("policies: {allow_immediate: true}\n")
    for key, schedule in CAMPAIGNS.items():
        text = f"name: Campaign {key}\nschedule: {schedule}\nsegments: [vip]\n"
        (folder / "broadcasts" / f"{key}.yaml").write_text(text)


def created(server: Server) -> list[str]:
    """The keys in the order in which their creates arrived."""
    return [seen.body["name"][-1] for seen in server.sandbox.requests if seen.method == "POST"]


def test_immediate_ones_are_created_first_then_by_time_and_equal_times_by_key(tmp_path: Path) -> None:
    campaigns(tmp_path)
    with invent() as server:
        result = call(tmp_path, "apply", "--yes", "--json", *IN_TURN, env=account(server.url))
        assert (result.code, created(server)) == (0, ["c", "e", "b", "d", "a"])
    assert [outcome["key"] for outcome in result.json["outcomes"]] == list("abcde"), "documents stay sorted by key"
    assert list(state_of(tmp_path)["broadcasts"]) == list("abcde")


def test_run_that_is_cut_short_has_created_what_is_due_soonest(tmp_path: Path) -> None:
    campaigns(tmp_path)
    with invent("delay=0.5@create:2") as server:
        words = ("apply", "--yes", "--only", "[a-d]", *IN_TURN)
        with started(tmp_path, *words, env=account(server.url)) as process:
            until(lambda: server.faults.seen("create") == 2)
            process.send_signal(signal.SIGINT)
            assert ended(process).code == ExitCode.INTERRUPTED
        assert created(server) == ["c", "b"]
        plan = call(tmp_path, "plan", "--json", env=account(server.url)).json
    assert [item["key"] for item in plan["items"] if item["action"] == "create"] == ["a", "d", "e"]


@pytest.mark.parametrize("approval", ["--plan", "--approved"])
def test_approved_plan_is_created_soonest_first_though_it_is_sorted_by_key(tmp_path: Path, approval: str) -> None:
    campaigns(tmp_path)
    with invent() as server:
        env = account(server.url)
        assert call(tmp_path, "plan", "--out", "plan.json", env=env).code == 0
        document = json.loads((tmp_path / "plan.json").read_text())
        assert [item["key"] for item in document["items"]] == list("abcde")
        approved = {"--plan": "plan.json", "--approved": document["digest"]}[approval]
        assert call(tmp_path, "apply", "--yes", approval, approved, *IN_TURN, env=env).code == 0
        assert created(server) == ["c", "e", "b", "d", "a"]


def test_order_does_not_depend_on_the_order_that_was_given() -> None:
    items = [an_item(key) for key in "cab"]
    assert {tuple(item.key for item in soonest(order)) for order in itertools.permutations(items)} == {("a", "b", "c")}
