"""The bench on which a command meets a spoiled document: a project, an Invent and a GitHub, fresh for each input."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from invent_gitops.api import wire
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode
from invent_gitops.github import rest
from invent_gitops.operations import find_approval as approving
from tests.forking import import_everything
from tests.github.standin import BOT, StandIn
from tests.running import KEY, WHEN, Received, Scripted, account, call, http

# What an input holds in the place of the address of the Invent that it meets, whose port is another one each time.
API = "http://127.0.0.1:9"
LINEAGE = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
HEAD, MERGE = "b" * 40, "c" * 40
PULL = 7
ALLOWED = frozenset(ExitCode) - {ExitCode.BUG, ExitCode.INTERRUPTED}
PROVENANCE = {"at": "2026-11-20T12:00:00Z", "by": "Jo", "commit": HEAD, "run": "https://github.com/acme/x/runs/1"}


def request(name: str) -> dict[str, Any]:
    return {"name": name, "scheduled_at": WHEN, "segment_ids": ["seg_vip"], "send_to_all": False}


def broadcast(id: str, name: str, **more: Any) -> dict[str, Any]:
    """A broadcast as Invent shows it."""
    segments = [{"id": "seg_vip", "name": "VIP", "contacts_count": 5, "created_at": PROVENANCE["at"]}]
    stamps = {"created_at": "2026-11-20T12:00:01Z", "updated_at": "2026-11-20T12:00:02.5Z", "started_at": None}
    counts = {f"{name}_count": 0 for name in ("contacts", "recipients", "sent", "failed", "delivered", "opened")}
    about = {"status": "SCHEDULED", "scheduled_at": WHEN, "send_to_all": False, "error_message": None, "templates": []}
    return {"id": id, "name": name, **about, **stamps, **counts, "segments": segments, **more}


def definition(name: str) -> str:
    return f"name: {name}\nschedule: {WHEN}\nsegments: [vip]\n"


STATE: dict[str, Any] = {
    "version": 1,
    "lineage": LINEAGE,
    "serial": 3,
    "org": "c",
    "api": API,
    "broadcasts": {
        "a": {"id": "bc_1", "request": request("A"), "status": "SCHEDULED", "how": "created", "attempt": "t1",
              "provenance": PROVENANCE},
    },
    "intents": {"c": {"request": request("C"), "attempt": "t2", "provenance": PROVENANCE}},
    "removed": {"d": {"id": "bc_9", "request": request("D"), "reason": "twice", "provenance": PROVENANCE}},
    "absences": {},
}  # fmt: skip
FILES: dict[str, str] = {
    "invent.yaml": "timezone: Europe/Berlin\npolicies: {minimum_lead_time: 1h}\n",
    "segments.yaml": "vip: {id: seg_vip, contacts_count: 5}\n",
    "broadcasts/a.yaml": definition("A"),
    "broadcasts/b.yaml": definition("B"),
    "broadcasts/c.yaml": definition("C"),
    "invent.state.json": json.dumps(STATE, indent=2, sort_keys=True) + "\n",
}
# What Invent answers: the route (with GET list, one page and then nothing), and the body.
ANSWERS: dict[str, Any] = {
    "list": [
        broadcast("bc_1", "A"),
        broadcast("bc_3", "C"),
        broadcast("bc_4", "By hand", scheduled_at="2098-01-01T10:00:00Z"),
    ],
    "create": broadcast("bc_2", "B", created_at="2098-01-01T00:00:00Z"),
    "segments": [{"id": "seg_vip", "name": "VIP", "contacts_count": 5}, {"id": "seg_new", "name": "New"}],
    "refusal": {"message": "The name is taken.", "statusCode": 422},
}
# Where GitHub answers what; the methods and routes of `tests/github/standin.py`.
HUB_ROUTES: dict[str, tuple[str, str]] = {
    "comments": ("GET", r"/issues/\d+/comments$"),
    "comment": ("POST", r"/issues/\d+/comments$"),
    "pull": ("GET", r"/pulls/\d+$"),
    "pulls": ("GET", r"/pulls$"),
    "merged": ("GET", r"/commits/[0-9a-f]+/pulls$"),
    "issues": ("GET", r"/issues$"),
    "issue": ("POST", r"/issues$"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What no input may bring about: by which command, what it was in a few words, and the whole of it."""

    words: tuple[str, ...]
    kind: str
    details: str


class Instead(Exception):
    """An exit with a code or an output that is none of ours."""


@dataclass
class Bench:
    """`folder` is the project; `call` runs a command there. What the servers answer instead is in `answers`."""

    folder: Path
    hub: StandIn
    invent: Scripted
    answers: dict[str, bytes] = field(default_factory=dict)
    event: bytes = b""
    bugs: list[str] = field(default_factory=list)
    plan: bytes = b""

    def reset(self, files: Mapping[str, bytes]) -> None:
        """The usual project, but for some files of it, and two servers that know nothing of earlier inputs."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        usual = {name: text.encode() for name, text in FILES.items()} | {"plan.json": self.plan}
        for name, raw in {**usual, **files}.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.placed(raw))
        self.answers.clear()
        self.event = b""
        self.hub.pulls.clear()
        self.hub.index.clear()
        self.hub.issues.clear()
        self.hub.faults.clear()
        self.hub.requests.clear()
        self.hub.drop_comments()
        self.hub.add_pull(PULL, HEAD)

    def placed(self, raw: bytes) -> bytes:
        return raw.replace(API.encode(), self.invent.url.encode())

    def hub_answers(self, route: str, raw: bytes) -> None:
        method, path = HUB_ROUTES[route]
        self.hub.fault(method, path, 200 if method == "GET" else 201, times=1_000, body=raw)

    def run(self, words: Sequence[str]) -> Fault | None:
        """Run a command; what is wrong with how it ended."""
        step = self.folder / "step"
        if "merged" in words:
            self.hub.merge(PULL, MERGE)
            env = self.hub.environment(step, push=MERGE)
        else:
            env = self.hub.environment(step, pull=PULL)
        if self.event:
            Path(env["GITHUB_EVENT_PATH"]).write_bytes(self.event)
        given = [word for word in words if word != "merged"]
        if given[0] not in ("github",):
            env = {}
        self.bugs.clear()
        try:
            result = call(self.folder, *given, env={**env, **account(self.invent.url, KEY)})
            self._judge(given, result.code, result.out, result.err)
        except Instead as wrong:
            return Fault(tuple(given), str(wrong).split("\n", 1)[0], str(wrong))
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            return Fault(tuple(given), _place(error), traceback.format_exc())
        return None

    def _judge(self, words: Sequence[str], code: int, out: str, err: str) -> None:
        if self.bugs:
            raise Instead(self.bugs[0])
        if code not in ALLOWED:
            raise Instead(f"exit code {code}\n{out[-2_000:]}\n{err[-2_000:]}")
        for sign in ("Traceback (most recent call last)", "The system refused to go on"):
            if sign in out + err:
                raise Instead(f"{sign}\n{out[-2_000:]}\n{err[-2_000:]}")
        if "--json" in words:
            try:
                told = json.loads(out)["exit_code"]
            except (ValueError, KeyError, TypeError):
                raise Instead(f"--json without its document\n{out[-2_000:]}\n{err[-2_000:]}") from None
            if told != code:
                raise Instead(f"the document says {told}, and the exit code is {code}")
        elif odd := next((sign for sign in out + err if sign in _ODD), ""):
            raise Instead(f"a control character U+{ord(odd):04X} reaches the terminal\n{out!r}\n{err!r}"[:4_000])


# What moves the cursor, hides or reorders text: nothing that was read may bring it to a terminal.
_ODD = frozenset(chr(code) for code in (*range(10), *range(11, 32), *range(0x7F, 0xA0), *range(0x202A, 0x202F)))


def _place(error: BaseException) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "invent_gitops" in frame.filename]
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].name}" if frames else ""
    return f"{type(error).__name__}{where}"


@contextmanager
def set_up() -> Iterator[Bench]:
    """A bench in this process. What waits for a server waits no seconds, and a bug keeps its trace."""
    vars(approving).update(LONG_WAITS=(0.0,), SHORT_WAITS=(0.0,))
    rest.PAUSE = 0.001

    hold_back = wire.Wire.hold_back

    def hold_back_briefly(
        self: wire.Wire, headers: Mapping[str, str], attempt: int, give_up: float, reason: str
    ) -> bool:
        # What the headers say is read, and nobody waits for it.
        hold_back(self, headers, attempt, 0.0, reason)
        return attempt < 3

    wire.Wire.hold_back = hold_back_briefly  # type: ignore[method-assign]
    scratch = Path(tempfile.mkdtemp(prefix="fuzz-"))
    hub = StandIn()
    hub.login = BOT
    invent = Scripted([lambda received: _answer(bench, received)], idle=5.0)
    bench = Bench(scratch / "project", hub, invent)

    def bug(session: Session, error: Exception) -> None:
        bench.bugs.append(f"{_place(error)}\n{''.join(traceback.format_exception(error))}")

    Session.bug = bug  # type: ignore[method-assign, assignment]
    import_everything()
    try:
        (scratch / ".git").mkdir()
        bench.reset({})
        call(bench.folder, "plan", "--out", "plan.json", env=account(invent.url, KEY))
        bench.plan = (bench.folder / "plan.json").read_bytes().replace(invent.url.encode(), API.encode())
        yield bench
    finally:
        invent.close()
        hub.close()
        with contextlib.suppress(OSError):
            shutil.rmtree(scratch)


def _answer(bench: Bench, received: Received) -> bytes:
    """What Invent answers: the usual, unless something else was put in its place."""
    bench.invent.received.clear()
    page = received.query.get("page", "1")
    route = "create" if received.method == "POST" else "segments" if received.path.endswith("segments") else "list"
    count = 0 if page != "1" else len(ANSWERS[route])
    if "refusal" in bench.answers:
        return http(422 if route == "create" else 403, bench.answers["refusal"], keep=True)
    if "headers" in bench.answers:
        given = bench.answers["headers"]
        status = 429 if b"retry-after" in given.lower() else 200
        first, rest = http(status, ANSWERS[route] if page == "1" else [], keep=True).split(b"\r\n", 1)
        return first + b"\r\n" + given + rest
    if route in bench.answers:
        # The same for each page: a client has to see that it gets no further.
        return http(200, bench.answers[route], keep=True, pagination_count=str(count))
    if route == "create":
        sent = received.json()
        made = {**ANSWERS["create"], "name": sent["name"], "scheduled_at": sent["scheduled_at"]}
        return http(201, made, keep=True)
    body = ANSWERS[route] if page == "1" else []
    return http(200, body, keep=True, pagination_count=str(len(ANSWERS[route])))
