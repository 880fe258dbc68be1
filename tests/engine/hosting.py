"""GitHub for the engine: the stand-in's API and git over HTTP, both with no more rights than the job's token has."""

from __future__ import annotations

import base64
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.git_http import answer_git
from tests.github.standin import REPOSITORY, TOKEN, Reply, Seen, StandIn

# Which permission of a job lets its token write where; a comment on a pull request is one of its issues' comments.
_WRITES = {r"/issues/(\d+/comments|comments/\d+)": "pull-requests", r"/issues(/\d+)?": "issues"}
_OF_CONTENTS = r"/contents/|/activity$|/commits/[^/]+$"
_BASIC = "basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()


class Hosting(StandIn):
    """One private repository. `rights` are the permissions of the job that runs, as its workflow has them."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.rights: Mapping[str, str] = {}
        self.refused: list[str] = []
        self._git = _GitServer(("127.0.0.1", 0), _GitHandler)
        self._git.root, self._git.hub = root, self
        threading.Thread(target=self._git.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def git_url(self) -> str:
        return f"http://127.0.0.1:{self._git.server_address[1]}"

    def close(self) -> None:
        self._git.shutdown()
        self._git.server_close()
        super().close()

    def answer(self, seen: Seen) -> Reply:
        """What the job has no permission for is refused, as GitHub does it."""
        denied = re.search(_OF_CONTENTS, seen.path) and self.rights.get("contents") not in ("read", "write")
        if denied or (seen.method != "GET" and not self._may_write(seen.path)):
            self.refused.append(f"{seen.method} {seen.path}")
            return 403, {"message": "Resource not accessible by integration"}, {}
        return super().answer(seen)

    def _may_write(self, path: str) -> bool:
        place = path.removeprefix(f"/repos/{REPOSITORY}")
        return any(re.fullmatch(route, place) and self.rights.get(name) == "write" for route, name in _WRITES.items())


class _GitServer(ThreadingHTTPServer):
    """Serves `remote.git` below `root` at the repository's address."""

    daemon_threads = True
    root: Path
    hub: Hosting


class _GitHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _GitServer

    def _serve(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, headers, body = self._answered(data)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _answered(self, data: bytes) -> tuple[int, dict[str, str], bytes]:
        if self.headers.get_all("Authorization") != [_BASIC]:
            return 401, {"WWW-Authenticate": 'Basic realm="GitHub"', "Content-Length": "0"}, b""
        wanted = "write" if "git-receive-pack" in self.path else "read"
        if self.server.hub.rights.get("contents") not in {"write", wanted}:
            self.server.hub.refused.append(f"git {wanted}")
            return 403, {"Content-Length": "0"}, b""
        path = re.sub(rf"^/{REPOSITORY}(\.git)?(?=/)", "/remote.git", self.path)
        return answer_git(self.server.root, self.command, path, self.headers, data)

    do_GET = do_POST = _serve  # noqa: N815  # the names that http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def hosted(root: Path) -> Iterator[Hosting]:
    """The hosting of `root`/remote.git; a route that GitHub does not have is an error at the end."""
    hub = Hosting(root)
    try:
        yield hub
    finally:
        hub.close()
    assert hub.unknown == [], "a route that GitHub does not have"
