"""Git with the token of a workflow: a real git, and git's own HTTP server behind one that looks at who asks."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from invent_gitops.git.credential import token_settings
from tests.branch_repository import Hub, applied, git, hub
from tests.git_http import answer_git
from tests.running import invent, live

TOKEN = "ghs_0123456789abcdef"
EXPECTED = "basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()


class Guarded(ThreadingHTTPServer):
    """Serves the repositories below `root` to who has the token; `seen` holds the Authorization headers of each."""

    daemon_threads = True

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.root = root
        self.seen: list[list[str]] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    disable_nagle_algorithm = True
    server: Guarded

    def _serve(self) -> None:
        given = self.headers.get_all("Authorization") or []
        self.server.seen.append(given)
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        # The name of a scheme has no case: git's own begins with a capital.
        if [one.replace("Basic", "basic", 1) for one in given] != [EXPECTED]:
            # As GitHub does: two headers are a request that it does not understand.
            self.send_response(400 if len(given) > 1 else 401)
            self.send_header("WWW-Authenticate", 'Basic realm="GitHub"')
            self.end_headers()
            return
        status, headers, body = answer_git(self.server.root, self.command, self.path, self.headers, data)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _serve  # noqa: N815  # the names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def remote(tmp_path: Path) -> Hub:
    return hub(tmp_path, "one")


@pytest.fixture
def server(remote: Hub) -> Iterator[Guarded]:
    with Guarded(remote.bare.parent) as found:
        yield found
        found.shutdown()


def clone(remote: Hub, server: Guarded, *settings: tuple[str, str]) -> Path:
    """A clone as a checkout leaves it behind: from the server, with these settings persisted."""
    folder = remote.clone("clone")
    git(folder, "remote", "set-url", "origin", f"{server.url}/remote.git")
    for name, value in settings:
        git(folder, "config", name, value)
    return folder


def workflow(server: Guarded, **more: str) -> dict[str, str]:
    return {"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": server.url, "GITHUB_TOKEN": TOKEN, **more}


@pytest.mark.parametrize("persisted", [False, True])
def test_state_is_fetched_and_pushed_with_the_token_in_one_header(
    remote: Hub, server: Guarded, persisted: bool
) -> None:
    old = (f"http.{server.url}/.extraheader", "AUTHORIZATION: basic b2xkOm9sZA==")
    folder = clone(remote, server, *([old] if persisted else []))
    with invent() as api:
        for _ in range(2):
            done = applied(folder, api, env=workflow(server))
            assert done.code == 0, done.all
        assert remote.ids == {"one": live(api)["Campaign one"]}
    assert len(server.seen) > 4
    assert all(given == [EXPECTED] for given in server.seen)
    kept = "".join(path.read_text("utf-8", "replace") for path in (folder / ".git").rglob("*") if path.is_file())
    assert TOKEN not in kept
    assert EXPECTED not in kept


def test_without_the_token_git_is_not_let_in_and_the_message_says_what_to_do(remote: Hub, server: Guarded) -> None:
    folder = clone(remote, server)
    with invent() as api:
        done = applied(folder, api, env=workflow(server, GITHUB_TOKEN=""))
        assert done.code == 6
        assert "In a workflow give the step GITHUB_TOKEN" in done.err
        assert live(api) == {}
    assert set(map(tuple, server.seen)) == {()}


def test_another_server_than_that_of_the_workflow_gets_no_token(remote: Hub, server: Guarded) -> None:
    folder = clone(remote, server)
    with invent() as api:
        assert applied(folder, api, env=workflow(server, GITHUB_SERVER_URL="https://github.com")).code == 6
    assert set(map(tuple, server.seen)) == {()}


def test_outside_of_a_workflow_git_gets_no_token(remote: Hub, server: Guarded) -> None:
    folder = clone(remote, server)
    with invent() as api:
        assert applied(folder, api, env=workflow(server, GITHUB_ACTIONS="")).code == 6
    assert set(map(tuple, server.seen)) == {()}


def test_settings_that_the_caller_gives_git_are_kept(remote: Hub, server: Guarded) -> None:
    folder = clone(remote, server)
    git(folder, "remote", "set-url", "origin", "elsewhere:remote.git")
    given = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{server.url}/.insteadOf",
        "GIT_CONFIG_VALUE_0": "elsewhere:",
    }
    with invent() as api:
        done = applied(folder, api, env=workflow(server, **given))
        assert done.code == 0, done.all
    assert all(given == [EXPECTED] for given in server.seen)


@pytest.mark.parametrize(
    "odd",
    [
        {"GITHUB_SERVER_URL": "http://github.invalid"},
        {"GITHUB_SERVER_URL": "https://a@github.invalid"},
        {"GITHUB_SERVER_URL": "https://github.invalid/x"},
        {"GITHUB_SERVER_URL": ""},
        {"GITHUB_TOKEN": "two words"},
        {"GITHUB_TOKEN": "line\nfeed"},
        {"GIT_CONFIG_COUNT": "many"},
        {"GITHUB_ACTIONS": "yes"},
    ],
)
def test_odd_environment_gives_git_nothing(odd: dict[str, str]) -> None:
    good = {"GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.invalid", "GITHUB_TOKEN": TOKEN}
    assert token_settings(good)["GIT_CONFIG_VALUE_0"] == ""
    assert token_settings(good | odd) == {}
