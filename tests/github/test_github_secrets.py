"""Nothing that is written into GitHub holds a secret, and the digest beside it stays that of the plan."""

from __future__ import annotations

import json

import pytest

from invent_gitops.errors import ExitCode
from tests.github.making import Desk
from tests.running import account, call
from tests.test_secrets import DRESSES, HELD, KEY, assert_hidden, leaking


def test_comment_shows_no_secret_and_keeps_the_digest(desk: Desk) -> None:
    leaking(desk.folder)
    assert desk.server
    env = account(desk.server.url, KEY) | HELD
    assert call(desk.folder, "plan", "--out", "plan.json", env=env).code == ExitCode.DONE
    assert desk.on_pull("comment", "plan.json", env=account(desk.server.url, KEY)).code == ExitCode.DONE
    (body,) = desk.hub.bodies(7)
    assert_hidden(body)
    digest = json.loads((desk.folder / "plan.json").read_text(encoding="utf-8"))["digest"]
    assert f"digest={digest} current" in body


@pytest.mark.parametrize("dress", ["as it is", "a token of another run", "a token with something invisible in it"])
def test_issue_shows_no_secret(desk: Desk, dress: str) -> None:
    error = {"message": f"It said {DRESSES[dress]}", "cure": DRESSES[dress]}
    whole = {"kind": "status", "version": 1, "exit_code": 7, "problems": [], "error": error}
    (desk.folder / "status.json").write_text(json.dumps(whole), encoding="utf-8")
    done = desk.on_push("issue", "status.json", "--title", f"Drift {DRESSES[dress]}", env=HELD)
    assert_hidden(done.all)
    for issue in desk.hub.issues:
        assert_hidden(f"{issue['title']}\n{issue['body']}")
