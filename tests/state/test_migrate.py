"""From a file to a branch: nothing that was recorded is forgotten on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.branch_repository import APPLY, STATE, Hub, applied, git, hub, told
from tests.running import account, call, invent, posted


@pytest.fixture
def remote(tmp_path: Path) -> Hub:
    return hub(tmp_path, "one", "two")


def in_a_file(clone: Path) -> None:
    (clone / "invent.yaml").write_text("{}\n", encoding="utf-8")


def on_a_branch(clone: Path) -> None:
    git(clone, "checkout", "--quiet", "invent.yaml")


def test_a_project_that_goes_from_file_to_branch_creates_nothing_again(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        in_a_file(clone)
        assert call(clone, *APPLY, env=account(server.url)).code == 0
        before = json.loads((clone / STATE).read_text("utf-8"))
        on_a_branch(clone)
        refused = applied(clone, server)
        assert (refused.code, remote.tip) == (5, "")
        assert "invent-gitops state migrate" in refused.err
        assert told(clone, server, "plan").code == 5
        done = told(clone, server, "state", "migrate")
        assert done.code == 0, done.all
        assert f"Delete {STATE}." in done.out
        assert remote.state() == before
        (clone / STATE).unlink()
        again = applied(clone, server)
        assert again.code == 0, again.all
        assert len(posted(server)) == 2
        assert told(clone, server, "plan", "--exit-code").code == 0


def test_the_history_goes_on_and_its_chain_is_whole(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        in_a_file(clone)
        call(clone, *APPLY, env=account(server.url))
        on_a_branch(clone)
        told(clone, server, "state", "migrate", "-q")
        (clone / STATE).unlink()
        told(clone, server, "state", "mv", "one", "uno")
        history = told(clone, server, "history", "--json").json["changes"]
        assert [(change["what"], change["key"]) for change in history][-1] == ("moved", "uno")
        assert sorted(change["key"] for change in history if change["what"] == "created") == ["one", "two"]
        verified = told(clone, server, "state", "verify", "--json").json
        # What was created from edits that no commit holds cannot be looked up; nothing else is amiss.
        assert [flaw["message"] for flaw in verified["flaws"] if "edits on top of" not in flaw["message"]] == []


def test_a_branch_that_has_a_state_is_not_written_over(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server).code == 0
        tip = remote.tip
        (clone / STATE).write_text(json.dumps(remote.state()), encoding="utf-8")
        refused = told(clone, server, "state", "migrate")
        assert (refused.code, remote.tip) == (5, tip)
        assert "There is a state already" in refused.err


def test_without_a_file_or_without_a_branch_there_is_nothing_to_move(remote: Hub) -> None:
    clone = remote.clone("clone")
    with invent() as server:
        assert "apply begins the branch" in told(clone, server, "state", "migrate").err
        in_a_file(clone)
        assert "keeps its state in a file" in told(clone, server, "state", "migrate").err
        assert remote.tip == ""
