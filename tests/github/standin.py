"""A stand-in for GitHub's REST API on loopback: the routes that we call, their rules, and faults to order.

    with standing_in() as hub:
        hub.add_pull(7, HEAD)                       # and hub.merge(7, SHA)
        run(…, env=hub.environment(step, pull=7))   # what GitHub tells a step of a workflow
        hub.comments(7), hub.issues, hub.requests   # what is so afterwards

Strict: an unknown route is a 404 and stands in `unknown`, a request without the token is a 401, a body beyond the limit
is a 422, and a token without the permission gets a 403.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

REPOSITORY = "acme/campaigns"
# Who opens and pushes pull requests, and where main was before a push.
CAROL, BEFORE = "carol", "9" * 40
TOKEN = "ghs_0123456789abcdef"
BOT = "github-actions[bot]"
BODY_LIMIT = 65_536
# Of GitHub's API: the second one no longer says which commit merged a pull request.
OLD_API, NEW_API = "2022-11-28", "2026-03-10"


@dataclass
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class Fault:
    """Strikes the next `times` requests of `method` whose path matches `path`.

    `after` says that the request is carried out first: then only its answer is lost.
    """

    method: str
    path: str
    status: int = 0  # 0 cuts the connection
    times: int = 1
    after: bool = False
    seconds: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b'{"message": "Ordered by the test"}'


Reply = tuple[int, Any, dict[str, str]]


class StandIn:
    """One repository. `login` is whom the token writes as; `writable` is whether it may write at all."""

    def __init__(self) -> None:
        self.login, self.user_known, self.writable, self.issues_enabled = BOT, False, True, True
        # Served; one that is not is answered as a retired one. Whether a new issue gets the labels that it asks for.
        self.versions: tuple[str, ...] = (OLD_API, NEW_API)
        self.labelling = True
        # Where a list goes on, if not here.
        self.elsewhere = ""
        self.pulls: dict[int, dict[str, Any]] = {}
        self.issues: list[dict[str, Any]] = []
        self.index: dict[str, list[int]] = {}
        self.requests: list[Seen] = []
        self.unknown: list[str] = []
        self.faults: list[Fault] = []
        # Called before a request is answered: whatever another run does at that moment.
        self.meanwhile: Callable[[Seen], None] | None = None
        # Of main before any push: the text of files by path, or of another commit by (commit, path).
        self.files: dict[str | tuple[str, str], str] = {}
        # A bare repository that has the commits and their files, if there is one.
        self.remote: Path | None = None
        self.reviews: dict[int, list[dict[str, Any]]] = {}
        # What a login may do, where it is not `write`; the members of teams by (org, team), and whether they are shown.
        self.permissions: dict[str, str] = {}
        self.teams: dict[tuple[str, str], set[str]] = {}
        self.teams_shown = True
        self.parents: dict[str, list[str]] = {}
        self.commit_people: dict[str, str] = {}
        self.activity: list[dict[str, Any]] = []
        # What else it serves: a pattern of method and path, and what answers.
        self.more_routes: dict[str, Callable[..., Reply]] = {}
        self._comments: list[dict[str, Any]] = []
        self._number, self._clock = 1000, datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
        self._lock = threading.RLock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.hub = self
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # ------------------------------------------------------------ what is so

    def comments(self, pull: int) -> list[dict[str, Any]]:
        return [one for one in self._comments if one["pull"] == pull]

    def bodies(self, pull: int, login: str = BOT) -> list[str]:
        return [one["body"] for one in self.comments(pull) if one["user"]["login"] == login]

    def writes(self) -> list[str]:
        """`POST /…` and `PATCH /…`, in the order of their arrival."""
        return [f"{one.method} {one.path}" for one in self.requests if one.method != "GET"]

    # ------------------------------------------------------------ what a test arranges

    def add_pull(
        self, number: int, head: str, base: str = "main", *, repository: str = REPOSITORY, author: str = CAROL
    ) -> None:
        self.pulls[number] = {
            "number": number,
            "user": {"login": author, "type": "Bot" if author.endswith("[bot]") else "User"},
            "head": {"sha": head, "ref": f"campaign-{number}", "repo": {"id": 1, "full_name": REPOSITORY}},
            "base": {"ref": base, "repo": {"id": 1, "full_name": repository}},
            "state": "open",
            "merged_at": None,
            "merge_commit_sha": None,
        }
        self.push(number, head, author)

    def push(self, number: int, head: str, by: str = CAROL, *, activity: str = "push") -> None:
        """Push a commit to the branch of a pull request, or restore the branch at it by another `activity`."""
        self.pulls[number]["head"]["sha"] = head
        self.moved(self.pulls[number]["head"]["ref"], head, "0" * 40, by, activity)
        self.commit_people[head] = by

    def review(self, pull: int, login: str, state: str = "APPROVED", *, commit: str = "", kind: str = "User") -> None:
        """Submit a review, of the last commit if none is named."""
        self._number += 1
        self.reviews.setdefault(pull, []).append(
            {
                "id": self._number,
                "user": {"login": login, "type": kind},
                "state": state,
                "commit_id": commit or self.pulls[pull]["head"]["sha"],
                "submitted_at": self._now(),
            }
        )

    def moved(self, branch: str, after: str, before: str, by: str = CAROL, activity: str = "push") -> None:
        """List that a branch came from one commit to another."""
        actor = {"login": by, "type": "Bot" if by.endswith("[bot]") else "User"}
        entry = {"ref": f"refs/heads/{branch}", "before": before, "after": after, "actor": actor}
        self.activity.insert(0, entry | {"activity_type": activity})

    def merge(self, number: int, commit: str, *, indexed: bool = True, before: str = BEFORE) -> None:
        """Merge now, onto `before`; `indexed` is whether the commit's list shows it already."""
        self.moved(self.pulls[number]["base"]["ref"], commit, before, activity="pr_merge")
        self.pulls[number] |= {"state": "closed", "merged_at": self._now(), "merge_commit_sha": commit}
        if indexed:
            self.index.setdefault(commit, []).append(number)

    def add_comment(self, pull: int, body: str, login: str = BOT) -> dict[str, Any]:
        with self._lock:
            self._number += 1
            now = self._now()
            made = {
                "id": self._number,
                "pull": pull,
                "user": {"login": login, "type": "Bot" if login.endswith("[bot]") else "User"},
                "body": body,
                "html_url": f"https://github.com/{REPOSITORY}/pull/{pull}#issuecomment-{self._number}",
                "created_at": now,
                "updated_at": now,
            }
            self._comments.append(made)
            return made

    def drop_comments(self) -> None:
        self._comments.clear()

    def add_issue(self, title: str, body: str, login: str = BOT, **more: Any) -> dict[str, Any]:
        with self._lock:
            self._number += 1
            made = {
                "number": self._number,
                "id": self._number * 1000,
                "title": title,
                "user": {"login": login},
                "body": body,
                "state": "open",
                "labels": [],
                "html_url": f"https://github.com/{REPOSITORY}/issues/{self._number}",
                "created_at": (now := self._now()),
                "updated_at": now,
                **more,
            }
            self.issues.append(made)
            return made

    def fault(self, method: str, path: str, status: int = 0, **more: Any) -> Fault:
        self.faults.append(Fault(method, path, status, **more))
        return self.faults[-1]

    def environment(
        self,
        folder: Path,
        *,
        pull: int = 0,
        head: str = "",
        push: str = "",
        message: str = "",
        fork: bool = False,
        token: str = TOKEN,
        event: str = "",
        commits: Sequence[str] = (),
        before: str = BEFORE,
    ) -> dict[str, str]:
        """What GitHub tells a step: on a pull request (`pull`, of the commit `head`), or on a push of `push` to main.

        `before` is the commit that main had before the push, `commits` are all that were pushed with it. The files of
        the step are below `folder`: summary.md, output.txt and event.json.
        """
        payload: dict[str, Any] = {"head_commit": {"message": message}, "before": before} if push else {}
        if commits:
            payload["commits"] = [{"id": commit, "message": "One of several"} for commit in commits]
        if pull:
            one = self.pulls[pull]
            source = {"id": 2 if fork else 1}
            payload = {
                "number": pull,
                "pull_request": {
                    "number": pull,
                    "head": {"sha": head or one["head"]["sha"], "repo": source},
                    "base": {"ref": "main", "repo": {"id": 1}},
                },
            }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "event.json").write_text(json.dumps(payload), encoding="utf-8")
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": self.url,
            "GITHUB_EVENT_NAME": event or ("pull_request" if pull else "push"),
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_OUTPUT": str(folder / "output.txt"),
            "GITHUB_REF": f"refs/pull/{pull}/merge" if pull else "refs/heads/main",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": "77",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": push or "f" * 40,
            "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
            **({"GITHUB_TOKEN": token} if token else {}),
            **({"GITHUB_BASE_REF": "main"} if pull else {}),
        }

    # ------------------------------------------------------------ how it answers

    def answer(self, seen: Seen) -> Reply:
        if seen.headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}, {}
        if seen.headers.get("accept") != "application/vnd.github+json":
            return 400, {"message": "The header accept is not application/vnd.github+json"}, {}
        version = seen.headers.get("x-github-api-version")
        if version not in (OLD_API, NEW_API):
            return 400, {"message": f"{version} is not a valid version"}, {}
        if version not in self.versions:
            return 410, {"message": "Gone"}, {}
        for pattern, route in (_ROUTES | self.more_routes).items():
            match = re.fullmatch(pattern, f"{seen.method} {seen.path}")
            if match:
                if seen.method != "GET" and not self.writable:
                    return 403, {"message": "Resource not accessible by integration"}, {}
                if isinstance(seen.body, dict) and len(str(seen.body.get("body", ""))) > BODY_LIMIT:
                    return 422, {"message": "Validation Failed: body is too long (maximum is 65536 characters)"}, {}
                with self._lock:
                    return route(self, seen, *match.groups())
        self.unknown.append(f"{seen.method} {seen.path}")
        return 404, {"message": "Not Found"}, {}

    def _user(self, seen: Seen) -> Reply:
        if not self.user_known:
            return 403, {"message": "Resource not accessible by integration"}, {}
        return 200, {"login": self.login}, {}

    def _get_pull(self, seen: Seen, number: str) -> Reply:
        found = self.pulls.get(int(number))
        return (200, _shaped(seen, found), {}) if found else (404, {"message": "Not Found"}, {})

    def _list_pulls(self, seen: Seen) -> Reply:
        state = seen.query["state"]
        found = [one for one in self.pulls.values() if state in ("all", one["state"])]
        if seen.query["sort"] == "created":
            found.sort(key=lambda one: int(one["number"]), reverse=seen.query["direction"] == "desc")
        return self._page(seen, [_shaped(seen, one) for one in found])

    def _pulls_of(self, seen: Seen, commit: str) -> Reply:
        return self._page(seen, [_shaped(seen, self.pulls[number]) for number in self.index.get(commit, [])])

    def _list_reviews(self, seen: Seen, number: str) -> Reply:
        return self._page(seen, self.reviews.get(int(number), []))

    def _list_activity(self, seen: Seen) -> Reply:
        size, start = int(seen.query["per_page"]), int(seen.query.get("after", "0"))
        end = start + size
        ref = seen.query.get("ref", "")
        entries = [entry for entry in self.activity if not ref or entry["ref"] == ref]
        address = f"{self.elsewhere or self.url}/repositories/1/activity?per_page={size}&ref={quote(ref)}"
        links = {"Link": f'<{address}&after={end}>; rel="next"'} if end < len(entries) else {}
        return 200, entries[start:end], links

    def _get_commit(self, seen: Seen, ref: str) -> Reply:
        if self.remote:
            line = self._ask_git("rev-list", "--parents", "-1", unquote(ref).removeprefix("heads/")).split()
            if not line:
                return 404, {"message": "Not Found"}, {}
            sha, *self.parents[line[0]] = line
        else:
            sha = BEFORE if ref.startswith("heads%2F") else ref
        user = {"login": self.commit_people.get(sha, CAROL), "type": "User"}
        parents = [{"sha": parent} for parent in self.parents.get(sha, [BEFORE])]
        return 200, {"sha": sha, "parents": parents, "author": user, "committer": user}, {}

    def _get_content(self, seen: Seen, coded_path: str) -> Reply:
        path = unquote(coded_path)
        if self.remote:
            content = self._ask_git("show", f"{seen.query['ref']}:{path}") or None
            return self._content(content)
        content = self.files.get((seen.query["ref"], path))
        if content is None and seen.query["ref"] == BEFORE:
            content = self.files.get(path)
        return self._content(content)

    def _ask_git(self, *words: str) -> str:
        done = subprocess.run(["git", *words], cwd=self.remote, capture_output=True, text=True, check=False)
        return done.stdout

    def _content(self, content: str | None) -> Reply:
        if content is None:
            return 404, {"message": "Not Found"}, {}
        coded = base64.encodebytes(content.encode()).decode()
        return 200, {"type": "file", "encoding": "base64", "size": len(content.encode()), "content": coded}, {}

    def _get_permission(self, seen: Seen, login: str) -> Reply:
        return 200, {"permission": self.permissions.get(login, "write"), "role_name": "any"}, {}

    def _get_team(self, seen: Seen, org: str, team: str) -> Reply:
        if not self.teams_shown:
            return 403, {"message": "Resource not accessible by integration"}, {}
        return (200, {"slug": team}, {}) if (org, team) in self.teams else (404, {"message": "Not Found"}, {})

    def _get_membership(self, seen: Seen, org: str, team: str, login: str) -> Reply:
        is_member = login in self.teams.get((org, team), ())
        return (200, {"state": "active", "role": "member"}, {}) if is_member else (404, {"message": "Not Found"}, {})

    def _list_comments(self, seen: Seen, number: str) -> Reply:
        return self._page(seen, self.comments(int(number)))

    def _post_comment(self, seen: Seen, number: str) -> Reply:
        return 201, self.add_comment(int(number), seen.body["body"], self.login), {}

    def _patch_comment(self, seen: Seen, id: str) -> Reply:
        for one in self._comments:
            if one["id"] == int(id):
                one |= {"body": seen.body["body"], "updated_at": self._now()}
                return 200, one, {}
        return 404, {"message": "Not Found"}, {}

    def _list_issues(self, seen: Seen) -> Reply:
        if not self.issues_enabled:
            return 410, {"message": "Issues are disabled for this repo"}, {}
        found = [one for one in self.issues if one["state"] == seen.query["state"]]
        if creator := seen.query.get("creator"):
            found = [one for one in found if one["user"]["login"] == creator]
        for label in filter(None, seen.query.get("labels", "").split(",")):
            found = [one for one in found if label in [each["name"] for each in one["labels"]]]
        field = {"created": "number", "updated": "updated_at"}[seen.query["sort"]]
        return self._page(seen, sorted(found, key=lambda one: one[field], reverse=seen.query["direction"] == "desc"))

    def _post_issue(self, seen: Seen) -> Reply:
        labels = [{"name": name} for name in seen.body.get("labels", []) if self.labelling]
        return 201, self.add_issue(seen.body["title"], seen.body["body"], self.login, labels=labels), {}

    def _patch_issue(self, seen: Seen, number: str) -> Reply:
        for one in self.issues:
            if one["number"] == int(number):
                change = {name: value for name, value in seen.body.items() if name != "labels"}
                if "labels" in seen.body and self.labelling:
                    change["labels"] = [{"name": name} for name in seen.body["labels"]]
                one |= {**change, "updated_at": self._now()}
                return 200, one, {}
        return 404, {"message": "Not Found"}, {}

    def _page(self, seen: Seen, every: list[dict[str, Any]]) -> Reply:
        size, number = int(seen.query["per_page"]), int(seen.query["page"])
        shown = every[(number - 1) * size : number * size]
        # GitHub names the repository by its number there.
        address = f"{self.elsewhere or self.url}/repositories/1{seen.path.removeprefix(_REPOS_PATH)}?per_page={size}"
        links = [f'<{address}&page=1>; rel="first"']
        if number * size < len(every):
            links.append(f'<{address}&page={number + 1}>; rel="next"')
        return 200, shown, {"Link": ", ".join(links)} if len(every) > size else {}

    def _now(self) -> str:
        self._clock += timedelta(seconds=1)
        return self._clock.strftime("%Y-%m-%dT%H:%M:%SZ")


def _shaped(seen: Seen, pull: dict[str, Any]) -> dict[str, Any]:
    """A pull request in the version of the API that was asked for."""
    new = seen.headers["x-github-api-version"] == NEW_API
    return {name: value for name, value in pull.items() if not (new and name == "merge_commit_sha")}


_REPOS_PATH = f"/repos/{REPOSITORY}"
_REPOS = re.escape(_REPOS_PATH)
_ROUTES: dict[str, Callable[..., Reply]] = {
    "GET /user": StandIn._user,
    rf"GET {_REPOS}/pulls": StandIn._list_pulls,
    rf"GET {_REPOS}/pulls/(\d+)": StandIn._get_pull,
    rf"GET {_REPOS}/commits/([0-9a-f]{{40}})/pulls": StandIn._pulls_of,
    rf"GET {_REPOS}/commits/(heads%2F[\w.%-]+|[0-9a-f]{{40}})": StandIn._get_commit,
    rf"GET {_REPOS}/contents/([\w.%-]+)": StandIn._get_content,
    rf"GET {_REPOS}/pulls/(\d+)/reviews": StandIn._list_reviews,
    rf"GET {_REPOS}/activity": StandIn._list_activity,
    rf"GET {_REPOS}/collaborators/([\w-]+)/permission": StandIn._get_permission,
    r"GET /orgs/([\w-]+)/teams/([\w.-]+)": StandIn._get_team,
    r"GET /orgs/([\w-]+)/teams/([\w.-]+)/memberships/([\w-]+)": StandIn._get_membership,
    rf"GET {_REPOS}/issues/(\d+)/comments": StandIn._list_comments,
    rf"POST {_REPOS}/issues/(\d+)/comments": StandIn._post_comment,
    rf"PATCH {_REPOS}/issues/comments/(\d+)": StandIn._patch_comment,
    rf"GET {_REPOS}/issues": StandIn._list_issues,
    rf"POST {_REPOS}/issues": StandIn._post_issue,
    rf"PATCH {_REPOS}/issues/(\d+)": StandIn._patch_issue,
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    hub: StandIn


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        hub, url = self.server.hub, urlsplit(self.path)
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, url.path, query, headers, json.loads(data) if data else None)
        hub.requests.append(seen)
        if hub.meanwhile:
            hub.meanwhile(seen)
        fault = next((one for one in hub.faults if one.times and _strikes(one, seen)), None)
        if fault:
            fault.times -= 1
            time.sleep(fault.seconds)
            if fault.after:
                hub.answer(seen)
            if fault.status:
                return self._send(fault.status, fault.body, fault.headers)
            self.close_connection = True
            return None
        status, found, more = hub.answer(seen)
        return self._send(status, json.dumps(found).encode(), more)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815  # the names that http.server looks for

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def _strikes(fault: Fault, seen: Seen) -> bool:
    return fault.method == seen.method and re.search(fault.path, seen.path) is not None


@contextmanager
def standing_in(kind: type[StandIn] = StandIn) -> Iterator[StandIn]:
    hub = kind()
    try:
        yield hub
    finally:
        hub.close()
    assert hub.unknown == [], "a route that GitHub does not have"
