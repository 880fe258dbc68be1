"""Plays scenes: a project in a folder of its own, an Invent and a GitHub on loopback, and a program that meets them.

The program is any version of it, known only as the Python that has it. What stands still for it is in `frozen.py`: a
scene sets the clock. Addresses do not change either: Invent is always at `INVENT`, GitHub at `GITHUB`.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import pty
import shlex
import signal
import sqlite3
import subprocess
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from tests.github.standin import StandIn
from tests.replay.canonical import canonical
from tests.replay.keeping import STEP_FILES, keep, restore
from tests.replay.program import PATIENCE, Order, Program, Run
from tests.replay.transcript import Step

INVENT, GITHUB = "http://127.0.0.1:8765", "http://127.0.0.1:8766"
KEY = "k-5f0c2b7d9e"
START = "2026-11-20T09:00:00+00:00"
# Not compared: a database is no text, and what the schemas look like inside is for their own tests.
UNREAD = (".sqlite", ".sqlite-wal", ".sqlite-shm", ".lock", ".tmp")
ELIDED = ".schema.json"
GIT = """\
[user]
    name = Jo Campbell
    email = jo@example.test
[init]
    defaultBranch = main
[gc]
    auto = 0
"""


P = ParamSpec("P")
T = TypeVar("T")


def _acting(instead: T, steps: int = 0) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A method of a stage that does nothing before the moment from which the scene is resumed."""

    def wrap(method: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(method)
        def act(*values: P.args, **more: P.kwargs) -> T:
            stage = cast(Stage, values[0])
            if stage.resuming:
                stage.passed_over += steps
                return instead
            return method(*values, **more)

        return act

    return wrap


class Stage:
    """Where a scene is played. What its methods do is no step, but for `run`, `killed` and `ask`."""

    def __init__(
        self, program: Program, folder: Path, *, kept: Path | None = None, resumed: str = "", keeping: bool = False
    ) -> None:
        """With `resumed`, nothing is done before the moment of that name, which is then put back from `kept`."""
        self.program, self._base = program, folder.resolve()
        self._kept, self.resuming, self._keeping = kept, resumed, keeping
        # How many steps were passed over, and the faults of the server that should be there.
        self.passed_over = 0
        self._faults: tuple[str, ...] | None = None
        self.folder, self.step = self._base / "campaigns", self._base / "step"
        self.steps = list[Step]()
        self._back = self._base / "behind"
        self.names = self._back / "names"
        for path in (self.folder, self._back, self.names, self._back / "home"):
            path.mkdir()
        (self._back / "gitconfig").write_text(GIT, encoding="utf-8")
        self._ports: dict[str, int] = {}
        self._server: Run | None = None
        self.hub: StandIn | None = None
        self._step_env: dict[str, str] = {}
        self.account: dict[str, str] = {}
        self._count, self._before = 0, dict[str, str]()
        self.clock(START)

    # ------------------------------------------------------------ what a scene arranges

    def clock(self, moment: str) -> None:
        """Set the clock, and let it stand."""
        self.now = datetime.fromisoformat(moment)
        (self._back / "clock").write_text(self.now.isoformat(), encoding="ascii")

    @_acting(None)
    def write(self, path: str, text: str) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text, encoding="utf-8", newline="")

    @_acting("{}")
    def read(self, path: str) -> str:
        return (self.folder / path).read_bytes().decode()

    @_acting(None)
    def remove(self, path: str) -> None:
        (self.folder / path).unlink()

    @_acting(None)
    def move(self, path: str, to: str) -> None:
        (self.folder / to).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).rename(self.folder / to)

    @_acting("")
    def git(self, *arguments: str, folder: Path | None = None, data: str | None = None) -> str:
        done = subprocess.run(
            ["git", "-C", str(folder or self.folder), *arguments],
            env=self._environment(),
            input=data,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, f"git {arguments}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    @property
    def remote(self) -> Path:
        """Where a bare repository may be."""
        return self._base / "remote.git"

    @_acting(None, 1)
    def log(self, branch: str) -> None:
        """A step that is no run: what the commits of a branch of the remote say and hold."""
        form = "--format=%n%H%n%an <%ae> %aI, %cn <%ce> %cI%n%B"
        text = self.git(
            "log", "--reverse", "--patch", "--full-index", "--no-color", form, branch, "--", folder=self.remote
        )
        self.steps.append(Step(f"git log {branch}", 0, {"log": self._plain(text) + "\n"}))

    @_acting("")
    def commit(self, subject: str) -> str:
        """Commit all that is there; returns the commit."""
        if not (self.folder / ".git").exists():
            self.git("init", "--quiet", "--template=")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", subject)
        return self.git("rev-parse", "HEAD")

    def invent(self, *faults: str, key: str = "") -> None:
        """Serve the program's own sandbox from now on, with these faults, and give the account to all runs."""
        self._faults, self.account = faults, {"INVENT_BASE_URL": INVENT, "INVENT_API_KEY": KEY}
        if not self.resuming:
            self._serve(faults, key)

    def _serve(self, faults: Sequence[str], key: str = "") -> None:
        self.no_invent()
        arguments = ["sandbox", "--port", "0", "--json", "--limit", "0", "--file", str(self.database)]
        arguments += [word for fault in faults for word in ("--fault", fault)] + (["--key", key] if key else [])
        server = self._start(arguments, {}, folder=self._back)
        server.until(lambda: server.text(1).endswith("}\n"))
        self._ports["8765"] = int(json.loads(server.text(1))["url"].rpartition(":")[2])
        self._server = server

    def no_invent(self) -> None:
        """Stop the server; the account stays, and nothing listens there."""
        if self._server:
            self._server.signal(signal.SIGKILL)
            self._server.end()
            self._server = None

    @_acting(None)
    def dashboard(self, what: str, fields: Mapping[str, Any] | None = None, *, org: str = "c") -> None:
        """A person's hand in Invent; `what` is `broadcasts/NAME` or `segments/ID`, and no fields delete it."""
        kind, _, name = what.partition("/")
        if kind == "broadcasts":
            name = next(id for owner, id, body in self._rows() if owner == org and body["name"] == name)
        self._ask("DELETE" if fields is None else "POST", f"/_sandbox/orgs/{org}/{kind}/{name}", fields or {})

    @_acting(None)
    def create_by_hand(self, name: str, segments: Sequence[str] = ("vip",), org: str = "c", **fields: Any) -> None:
        self._ask("POST", f"/orgs/{org}/broadcasts", {"name": name, "segment_ids": list(segments), **fields})

    @_acting("")
    def id_of(self, name: str, org: str = "c", number: int = 0) -> str:
        """The id of the broadcast of this name in Invent."""
        return [id for owner, id, body in self._rows() if owner == org and body["name"] == name][number]

    def created(self) -> int:
        """How many broadcasts there are in Invent."""
        return len(self._rows())

    def journal(self) -> str:
        """What a run that is going on has written down so far."""
        path = self.folder / "invent.state.json.journal"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def github(self) -> StandIn:
        """A stand-in for GitHub from now on."""
        self.hub = StandIn()
        self.hub.elsewhere = GITHUB
        self._ports["8766"] = int(self.hub.url.rpartition(":")[2])
        return self.hub

    def step_of_workflow(self, **event: Any) -> None:
        """Let all further runs be steps of a workflow on GitHub: `pull=NUMBER` or `push=COMMIT`, see the stand-in."""
        assert self.hub
        self._step_env = {**self.hub.environment(self.step, **event), "GITHUB_API_URL": GITHUB}

    def keep(self, name: str) -> None:
        """A moment that a scene can be resumed from, with what the program of before had written until then."""
        if self.resuming == name:
            assert self._kept
            self.resuming = ""
            restore(self, self._kept / name)
            if self._faults is not None:
                self._serve(self._faults)
        elif self._keeping and not self.resuming:
            assert self._kept
            keep(self, self._kept / name)

    # ------------------------------------------------------------ steps

    @_acting(0, 1)
    def run(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        account: bool = True,
        folder: str = "",
        note: str = "",
    ) -> int:
        """One step: a run from its beginning to its end; returns its exit code."""
        run = self._begin(arguments, env, account=account, folder=folder, note=note)
        return self._end(run)

    @_acting(0, 1)
    def ask(self, *arguments: str, answers: Sequence[tuple[str, str]], env: Mapping[str, str] | None = None) -> int:
        """A step with a terminal: each answer is typed when the terminal shows the text before it."""
        master, slave = pty.openpty()
        run = self._begin(arguments, env, note=f"typed: {[typed for _, typed in answers]}", terminal=slave)
        os.close(slave)
        screen = run.dialogue(master, answers)
        os.close(master)
        return self._end(run, screen)

    @_acting(0, 1)
    def struck(self, *arguments: str, when: Callable[[], bool], signals: Sequence[int], note: str = "") -> int:
        """A step that is sent these signals once something is so."""
        run = self._begin(arguments, note=note or " ".join(signal.Signals(number).name for number in signals))
        run.until(when)
        for count, number in enumerate(signals, 1):
            before = run.text(2)
            run.signal(number)
            if count < len(signals):  # equal signals that come at once are one
                run.until(lambda before=before: run.text(2) != before)  # type: ignore[misc]  # the value of this turn
        return self._end(run)

    def hold(self, *arguments: str) -> Run:
        """A run that goes on beside the next steps; end it with `release`."""
        return self._begin(arguments, note="held")

    def release(self, run: Run) -> int:
        return self._end(run)

    # ------------------------------------------------------------ behind it

    @property
    def database(self) -> Path:
        return self._back / "invent.sqlite"

    def _rows(self) -> list[tuple[str, str, Any]]:
        if not self.database.exists():
            return []
        with contextlib.closing(sqlite3.connect(self.database, timeout=PATIENCE)) as database:
            rows = database.execute("SELECT org, id, body FROM broadcasts ORDER BY seq").fetchall()
        return [(org, id, json.loads(body)) for org, id, body in rows]

    def _ask(self, method: str, path: str, fields: Mapping[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        url = f"http://127.0.0.1:{self._ports['8765']}{path}"
        request = urllib.request.Request(url, json.dumps(fields).encode(), headers, method=method)
        # No proxy of the machine has a part in what stays on it.
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=PATIENCE) as answer:
            assert answer.status == 200

    def _environment(self) -> dict[str, str]:
        home, date = str(self._back / "home"), f"{int(self.now.timestamp())} +0000"
        return {
            "COLUMNS": "100",
            "GIT_AUTHOR_DATE": date,
            "GIT_CEILING_DIRECTORIES": str(self._base),
            "GIT_COMMITTER_DATE": date,
            "GIT_CONFIG_GLOBAL": str(self._back / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": home,
            "LINES": "40",
            "LOGNAME": "jo",
            "PATH": os.environ["PATH"],
            "REPLAY_CLOCK": str(self._back / "clock"),
            "REPLAY_NAMES": str(self.names),
            "TMPDIR": str(self._back),
            "TZ": "UTC",
            "USER": "jo",
            "REPLAY_PORTS": " ".join(f"{spoken}={real}" for spoken, real in self._ports.items()),
        }

    def _start(
        self,
        arguments: Sequence[str],
        env: Mapping[str, str],
        folder: Path,
        title: str = "",
        terminal: int | None = None,
    ) -> Run:
        self._count += 1
        order = Order(arguments, folder, {**self._environment(), **env})
        return Run(self.program, title, order, self._back / str(self._count), terminal)

    def _begin(
        self,
        arguments: Sequence[str],
        env: Mapping[str, str] | None = None,
        *,
        account: bool = True,
        folder: str = "",
        note: str = "",
        terminal: int | None = None,
    ) -> Run:
        more = dict(env or {})
        self._before = self._texts()
        command = shlex.join(["invent-gitops", *arguments])
        at = f"{self.now:%Y-%m-%dT%H:%M:%SZ}"
        named = [f"{name}={value}" for name, value in more.items() if not name.startswith("GITHUB_")]
        on_github = "on GitHub" if len(named) < len(more) or self._step_env else ""
        remarks = [at, on_github, *named, folder and f"in {folder}", note]
        title = self._plain(f"{command}  [{', '.join(remark for remark in remarks if remark)}]")
        account_and_step = {**(self.account if account else {}), **self._step_env, **more}
        return self._start(arguments, account_and_step, self.folder / folder, title, terminal)

    def _end(self, run: Run, screen: str = "") -> int:
        code = run.end()
        step = Step(run.title, code)
        out, err = run.text(1), screen or run.text(2)
        step.parts |= {name: self._plain(text) for name, text in (("stdout", out), ("stderr", err)) if text}
        after = self._texts()
        for name in sorted(self._before.keys() | after.keys()):
            if self._before.get(name) != after.get(name):
                step.parts[name] = after.get(name)
        self.steps.append(step)
        return code

    def own_files(self) -> list[Path]:
        """The files of the project, but for git's own and what is no text."""
        return [
            path
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.relative_to(self.folder).parts[0] != ".git" and not path.name.endswith(UNREAD)
        ]

    def _texts(self) -> dict[str, str]:
        """Everything that a run may change, as texts by name."""
        texts: dict[str, str] = {}
        for path in self.own_files():
            text = path.read_bytes().decode("utf-8", "backslashreplace")
            name = f"file {path.relative_to(self.folder)}"
            texts[name] = "(a schema)\n" if path.name.endswith(ELIDED) else self._plain(text)
        for name in STEP_FILES:
            if (self.step / name).exists():
                texts[f"step file {name}"] = self._plain((self.step / name).read_bytes().decode())
        rows = [
            f"{org} {id} {body['status']} {body['name']!r} {body['scheduled_at']} "
            f"{[segment['id'] for segment in body['segments']]}{' everyone' if body['send_to_all'] else ''}\n"
            for org, id, body in self._rows()
        ]
        texts["broadcasts in Invent"] = "".join(rows)
        if self.hub:
            texts |= self._posts(self.hub)
        return texts

    def _posts(self, hub: StandIn) -> dict[str, str]:
        texts = {}
        for number in hub.pulls:
            for comment in hub.comments(number):
                texts[f"comment {comment['id']} on #{number}"] = comment["body"]
        for issue in hub.issues:
            labels = [label["name"] for label in issue["labels"]]
            texts[f"issue {issue['number']}"] = f"{issue['title']} ({issue['state']}) {labels}\n\n{issue['body']}"
        return texts

    def _plain(self, text: str) -> str:
        """The text with a stable name for the folder that is another in each play."""
        return self.program.as_recorded(text.replace(str(self._base), "/HERE"))

    def close(self) -> None:
        self.no_invent()
        if self.hub:
            self.hub.close()


Scene = Callable[[Stage], None]


def play(program: Program, scene: Scene, folder: Path, kept: Path | None = None) -> list[Step]:
    """Play one scene in an empty folder; returns its steps. With `kept`, its moments are kept there."""
    stage = Stage(program, folder, kept=kept, keeping=kept is not None)
    try:
        scene(stage)
    finally:
        stage.close()
    return canonical(stage.steps)


def resume(program: Program, scene: Scene, folder: Path, kept: Path, name: str) -> tuple[int, list[Step]]:
    """Play a scene from the moment `name` on; returns how many steps came before it, and the others."""
    stage = Stage(program, folder, kept=kept, resumed=name)
    try:
        scene(stage)
    finally:
        stage.close()
    assert not stage.resuming, f"the scene has no moment {name}"
    return stage.passed_over, canonical(stage.steps)
