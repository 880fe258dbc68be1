"""GitHub's own description judges every request of `github …`, and every answer of the stand-in, in both versions.

`github.json` is cut from it by `cut_github.py`. Prism stands between the commands and the stand-in for GitHub.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from invent_gitops.github import rest
from invent_gitops.operations import find_approval as approving
from tests.github.reviewed_project import HEAD, MERGE, OLD, Desk
from tests.github.setup_standin import SetupStandIn
from tests.github.standin import NEW_API, OLD_API, TOKEN, Seen, StandIn, standing_in
from tests.prism.judging import MISSING, PRISM, Judge, free_port, judging
from tests.running import account, call, invent

# What Prism says of what it does not let pass.
NO = r"Violation|terminated with error"
DESCRIPTIONS: dict[str, Any] = json.loads(Path(__file__).with_name("github.json").read_text("utf-8"))
NAMES = {OLD_API: "old", NEW_API: "new"}
REPO = "/repos/acme/campaigns"

pytestmark = pytest.mark.skipif(not PRISM, reason=MISSING)


class Between(SetupStandIn):
    """A stand-in whose steps reach it by way of Prism."""

    way = ""

    def environment(self, folder: Path, **event: Any) -> dict[str, str]:
        return super().environment(folder, **event) | {"GITHUB_API_URL": self.way}


@pytest.fixture(scope="module", params=[OLD_API, NEW_API])
def between(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[StandIn, Judge]]:
    version: str = request.param
    description = tmp_path_factory.mktemp("github") / "description.json"
    description.write_text(json.dumps(DESCRIPTIONS[NAMES[version]]), encoding="utf-8")
    log, port = description.with_name("log"), free_port()
    with standing_in(Between) as hub, judging("proxy", description, hub.url, port=port, log=log) as judge:
        assert isinstance(hub, Between)
        hub.versions = (version,)
        hub.way = hub.elsewhere = judge.url
        yield hub, judge


@pytest.fixture
def desk(between: tuple[StandIn, Judge], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(rest, "PAUSE", 0.01)
    monkeypatch.setattr(rest, "VERSIONS", between[0].versions)
    monkeypatch.setattr(approving, "SHORT_WAITS", (0.01,))
    monkeypatch.setattr(approving, "LONG_WAITS", (0.01,))
    folder = tmp_path / "repository" / "my-campaigns"
    folder.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    hub = between[0]
    hub.drop_comments()
    for one in (hub.pulls, hub.issues, hub.index, hub.requests):
        one.clear()
    hub.add_pull(7, HEAD)
    with invent() as server:
        yield Desk(hub, folder, server)


def described(seen: Seen) -> tuple[str, set[str]]:
    """The route of a request, and the names that its query may have."""
    for path, methods in DESCRIPTIONS["old"]["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), seen.path) and seen.method.lower() in methods:
            parameters = methods[seen.method.lower()]["parameters"]
            return f"{seen.method.lower()} {path}", {one["name"] for one in parameters if one["in"] == "query"}
    raise AssertionError(f"{seen.method} {seen.path} is no route of the description")


def routes(hub: StandIn) -> set[str]:
    """The routes that were called, with nothing in their queries that is not described."""
    found = set()
    for seen in hub.requests:
        route, names = described(seen)
        assert seen.query.keys() <= names, seen
        found.add(route.replace("/repos/{owner}/{repo}", ""))
    return found


USER, PULL, PULLS_OF, PULLS = "get /user", "get /pulls/{pull_number}", "get /commits/{commit_sha}/pulls", "get /pulls"
COMMENTS, COMMENT, EDIT = (
    "get /issues/{issue_number}/comments",
    "post /issues/{issue_number}/comments",
    "patch /issues/comments/{comment_id}",
)
COMMIT, CONTENT = "get /commits/{ref}", "get /contents/{path}"
REVIEWS, ACTIVITY = "get /pulls/{pull_number}/reviews", "get /activity"
PERMISSION = "get /collaborators/{username}/permission"
TEAM = "get /orgs/{org}/teams/{team_slug}"
REVIEWING = {REVIEWS, ACTIVITY, PERMISSION, TEAM, f"{TEAM}/memberships/{{username}}"}
_ENVIRONMENT = "get /environments/{environment_name}"
SETTINGS = {
    *("get ", "get /rulesets", "get /rules/branches/{branch}", "get /branches/{branch}/protection"),
    *("get /environments", f"{_ENVIRONMENT}/deployment-branch-policies", f"{_ENVIRONMENT}/secrets"),
    *("get /actions/secrets", "get /actions/organization-secrets"),
}
ISSUES, ISSUE, EDIT_ISSUE = "get /issues", "post /issues", "patch /issues/{issue_number}"


def test_what_a_pull_request_calls_is_as_described(between: tuple[StandIn, Judge], desk: Desk) -> None:
    hub, judge = between
    with judge.hearing():
        desk.plan("plan.json", "a")
        assert desk.on_pull("outdated").code == 0
        assert desk.on_pull("comment", "plan.json").code == 0
        hub.push(7, OLD)
        assert desk.on_pull("outdated").code == 0
        desk.plan("plan.json", "b")
        assert desk.on_pull("comment", "plan.json").code == 0
    assert len(hub.comments(7)) == 1
    assert routes(hub) == {USER, PULL, COMMENTS, COMMENT, EDIT, COMMIT, CONTENT}


def test_what_a_merge_calls_is_as_described(between: tuple[StandIn, Judge], desk: Desk) -> None:
    hub, judge = between
    digest = desk.plan("plan.json", "a")
    assert desk.on_pull("comment", "plan.json").code == 0
    for number in range(1000, 1120):
        hub.add_comment(7, f"Comment {number}", "alice")
    hub.merge(7, MERGE)
    hub.requests.clear()
    with judge.hearing():
        assert desk.on_push("approved", message="Campaigns (#7)").out == f"{digest}\n"
        desk.report()
        assert desk.on_push("comment", "report.json").code == 0
    assert routes(hub) == {USER, PULLS_OF, COMMENTS, EDIT, COMMIT, CONTENT}


def test_what_the_reviews_of_a_merge_call_is_as_described(between: tuple[StandIn, Judge], desk: Desk) -> None:
    hub, judge = between
    hub.files["my-campaigns/invent.yaml"] = "review: {send_to_all: [legal], over: {100: 1}}\n"
    hub.teams = {("acme", "legal"): {"lena"}}
    desk.plan("plan.json", "a")
    path = desk.folder / "broadcasts" / "a.yaml"
    path.write_text(path.read_text("utf-8").replace("segments: [vip]", "send_to_all: true"), "utf-8")
    digest = desk.plan("plan.json")
    assert desk.on_pull("comment", "plan.json").code == 0
    for login in ("alice", "lena"):
        hub.review(7, login)
    hub.activity[:0] = [{"ref": "refs/heads/x", "after": OLD, "activity_type": "push", "actor": None}] * 120
    hub.merge(7, MERGE)
    hub.requests.clear()
    with judge.hearing():
        assert desk.on_push("approved").out == f"{digest}\n"
    assert routes(hub) == {USER, PULLS_OF, COMMENTS, COMMIT, CONTENT, *REVIEWING}
    hub.files.clear()


def test_what_a_push_without_a_pull_request_calls_is_as_described(between: tuple[StandIn, Judge], desk: Desk) -> None:
    hub, judge = between
    with judge.hearing():
        result = desk.on_push("approved", message="Campaigns (#7)", commits=(OLD, MERGE))
    assert (result.code, result.out) == (0, "unapproved\n")
    assert routes(hub) == {USER, PULLS_OF, PULL, PULLS}
    hub.requests.clear()
    with judge.hearing():
        assert desk.on_push("approved").out == "\n"
    assert routes(hub) == {USER, PULLS_OF, PULLS, COMMIT, CONTENT}


def test_what_a_check_of_the_set_up_calls_is_as_described(between: tuple[StandIn, Judge], desk: Desk) -> None:
    hub, judge = between
    assert isinstance(hub, SetupStandIn)
    review = {
        "required_approving_review_count": 1,
        "dismiss_stale_reviews_on_push": True,
        "require_code_owner_review": True,
        "require_last_push_approval": False,
        "required_review_thread_resolution": False,
    }
    checks = {"required_status_checks": [{"context": "Validate"}], "strict_required_status_checks_policy": True}
    hub.add_ruleset(
        "main",
        {"type": "pull_request", "parameters": review},
        {"type": "required_status_checks", "parameters": checks},
    )
    hub.add_ruleset("main", *[{"type": "deletion"}] * 120, source="Organization")
    hub.protections["main"] = {
        "required_status_checks": {"strict": True, "contexts": ["Validate"], "checks": [{"context": "Validate"}]},
        "allow_deletions": {"enabled": False},
    }
    hub.add_environment("broadcasts-my-campaigns", "main")
    hub.environment_secrets["broadcasts-my-campaigns"] = {"INVENT_API_KEY"}
    with judge.hearing():
        result = desk.on_push("check", "--json")
    assert result.code == 5, result.all
    states = {point["id"]: point["state"] for point in result.json["points"]}
    assert (states["main-review"], states["environment-branch"]) == ("ok", "ok")
    assert routes(hub) == {COMMIT, CONTENT, *SETTINGS}


def test_what_the_issue_about_drift_calls_is_as_described(between: tuple[StandIn, Judge], desk: Desk) -> None:
    hub, judge = between
    hub.user_known = True
    desk.plan("plan.json", "a")
    with desk.invent() as server:
        assert call(desk.folder, "apply", "--yes", env=account(server.url)).code == 0
    assert call(desk.folder, "plan", "--out", "well.json").code == 0
    with judge.hearing():
        done = [
            desk.on_push("issue", name, "--json").json["action"] for name in ("plan.json", "well.json", "plan.json")
        ]
    hub.user_known = False
    assert done == ["created", "closed", "reopened"]
    assert routes(hub) == {USER, ISSUES, ISSUE, EDIT_ISSUE}


def test_the_description_holds_no_route_that_nobody_calls() -> None:
    for description in (DESCRIPTIONS["old"], DESCRIPTIONS["new"]):
        every = {
            f"{method} {path}".replace("/repos/{owner}/{repo}", "")
            for path, methods in description["paths"].items()
            for method in methods
        }
        called = {USER, PULL, PULLS_OF, PULLS, COMMENTS, COMMENT, EDIT, ISSUES, ISSUE, EDIT_ISSUE}
        called |= {COMMIT, CONTENT, *REVIEWING, *SETTINGS}
        assert every == called


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"{REPO}/pulls?state=merged&per_page=1&page=1&sort=created&direction=asc", None),
        ("GET", f"{REPO}/pulls/seven", None),
        ("GET", f"{REPO}/issues?state=open&per_page=many&page=1&sort=created&direction=asc", None),
        ("POST", f"{REPO}/issues", {"body": "No title"}),
        ("POST", f"{REPO}/issues", {"title": "x", "body": "x", "label": ["x"]}),
        ("POST", f"{REPO}/issues/7/comments", {"text": "x"}),
        ("PATCH", f"{REPO}/issues/7", {"state": "reopened"}),
    ],
)
def test_the_judge_does_say_no(between: tuple[StandIn, Judge], method: str, path: str, body: object) -> None:
    hub, judge = between
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/vnd.github+json",
               "X-GitHub-Api-Version": hub.versions[0]}  # fmt: skip
    with pytest.raises(AssertionError, match=NO), judge.hearing():
        httpx.request(method, judge.url + path, json=body, headers=headers, trust_env=False)


def test_the_judge_knows_which_version_says_what_merged_a_pull_request(
    between: tuple[StandIn, Judge], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, judge = between
    # The stand-in answers in the version that is not described.
    other = NEW_API if hub.versions == (OLD_API,) else OLD_API
    monkeypatch.setattr(hub, "versions", (other,))
    monkeypatch.setattr(rest, "VERSIONS", (other,))
    with pytest.raises(AssertionError, match=NO), judge.hearing():
        desk.on_pull("outdated")
