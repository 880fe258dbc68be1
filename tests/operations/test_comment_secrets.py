"""Nothing that is written into GitHub holds a secret, and the digest beside it stays that of the plan."""

from __future__ import annotations

import json

import pytest

from invent_gitops.errors import ExitCode
from invent_gitops.github.repository import Repository
from invent_gitops.github.rest import Rest
from invent_gitops.render.documents.envelope import document
from invent_gitops.render.documents.plan import plan_json
from invent_gitops.review.evidence import approved_line
from invent_gitops.text.held import hold
from tests.github.reviewed_project import Desk
from tests.github.standin import REPOSITORY, TOKEN
from tests.making import a_definition, a_request, plan_of
from tests.running import account, call
from tests.text.test_secret import DRESSES, HELD, KEY, assert_hidden, leaking


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
    # Packed, nobody would find them in there.
    assert "invent-gitops: approved" not in body


@pytest.mark.parametrize("dress", ["as it is", "a token of another run", "a token with something invisible in it"])
def test_issue_shows_no_secret(desk: Desk, dress: str) -> None:
    error = {"message": f"It said {DRESSES[dress]}", "cure": DRESSES[dress]}
    whole = {"kind": "status", "version": 1, "exit_code": 7, "problems": [], "error": error}
    (desk.folder / "status.json").write_text(json.dumps(whole), encoding="utf-8")
    done = desk.on_push("issue", "status.json", "--title", f"Drift {DRESSES[dress]}", env=HELD)
    assert_hidden(done.all)
    for issue in desk.hub.issues:
        assert_hidden(f"{issue['title']}\n{issue['body']}")


def test_body_is_searched_once_more_before_it_is_sent(desk: Desk) -> None:
    hold(HELD)
    with Rest(desk.hub.url, TOKEN) as rest:
        Repository(rest, REPOSITORY).add_comment(7, f"It said {KEY}.", lambda: None)
    assert desk.hub.bodies(7) == ["It said ***."]


def test_issue_is_searched_once_more_before_it_is_sent(desk: Desk) -> None:
    hold(HELD)
    with Rest(desk.hub.url, TOKEN) as rest:
        Repository(rest, REPOSITORY).add_issue(f"Title {KEY}", f"It said {KEY}.", lambda: None)
    assert [(issue["title"], issue["body"]) for issue in desk.hub.issues] == [("Title ***", "It said ***.")]


def test_hidden_data_is_left_out_where_it_would_hold_a_secret() -> None:
    found = [
        json.loads(document("plan", 0, plan_json(plan_of([a_definition("one", a_request(name=name))]))))
        for name in ("Spring", f"Leak {KEY}")
    ]
    hold(HELD)
    plain, leaking_one = map(approved_line, found)
    assert plain
    assert leaking_one == ""
