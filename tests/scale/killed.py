"""One large apply over HTTP that is killed on its way, and run again until all is created."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from invent_gitops.api.page_walk import PAGE_SIZE
from invent_gitops.sandbox.server import Server
from invent_gitops.state.file import FileStore
from tests.running import FAST, STATE, account, define, ids, invent, live, started

EVERY = 0.5


@dataclass
class Run:
    """What one run did: its exit code, the creates that reached the server, and the pages that it read.

    `memory` holds the resident megabytes of its process, every half second.
    """

    code: int
    seconds: float
    creates: int
    pages: int
    memory: list[float] = field(default_factory=list)
    said: str = ""


@dataclass
class History:
    """All runs, and how many intents each killed one has left; then the ids by key, what exists and what is blocked."""

    runs: list[Run]
    doubts: list[int]
    recorded: dict[str, str]
    live: dict[str, str]
    blocked: set[str]


def play(folder: Path, count: int, deaths: Sequence[int], *, concurrency: int = 8) -> History:
    """Apply `count` definitions; a run is killed without a warning as soon as so many creates have reached Invent.

    Each of `deaths` is for a run of its own; the last run is left alone. What it could not send, as on a busy machine,
    is created by a further one, of at most three.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "invent.yaml").write_text(f"policies:\n  max_creates: {count}\n", encoding="utf-8")
    define(folder, *(f"k{number}" for number in range(count)))
    runs, doubts = [], []
    with invent() as server:
        for death in (*deaths, None):
            runs.append(_run(folder, server, death, concurrency))
            if death is not None:
                # What the killed run had in flight arrives before the next one looks, or not at all.
                server.quiet()
                doubts.append(len(_in_doubt(folder)))
        while len(runs) < len(deaths) + 3 and len(live(server).keys()) + len(_in_doubt(folder)) < count:
            runs.append(_run(folder, server, None, concurrency))
        return History(runs, doubts, ids(folder), live(server), _in_doubt(folder))


def _run(folder: Path, server: Server, death: int | None, concurrency: int) -> Run:
    creates, pages, began = server.sandbox.create_count, server.faults.seen("list"), time.monotonic()
    words = ("apply", "--yes", "-q", "--concurrency", str(concurrency), *FAST)
    memory: list[float] = []
    with started(folder, *words, env=account(server.url)) as process:
        over = threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, over, memory))
        watcher.start()
        killer = threading.Thread(target=_kill, args=(server, death, over, process.kill))
        killer.start()
        _, said = process.communicate()
        over.set()
        watcher.join()
        killer.join()
    seconds = time.monotonic() - began
    made = server.sandbox.create_count - creates
    return Run(process.returncode, seconds, made, server.faults.seen("list") - pages, memory, said)


def _kill(server: Server, death: int | None, over: threading.Event, kill: Callable[[], None]) -> None:
    while death is not None and not over.wait(0.002):
        if server.sandbox.create_count >= death:
            kill()
            return


def _watch(pid: int, over: threading.Event, memory: list[float]) -> None:
    while True:
        with suppress(OSError):
            status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
            memory += [int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS:")]
        if over.wait(EVERY):
            return


def _in_doubt(folder: Path) -> set[str]:
    """The keys that a run has left without an outcome, as the next one reads them, also from a journal."""
    return set(FileStore(folder / STATE, label="the state", org="", api="").read().intents)


def faults_of(history: History, count: int) -> list[str]:
    """Return what broke the promise, or was read more than once.

    A call that was cut off before it left has created nothing: its key stays blocked until a person says so.
    """
    faults = []
    names = {f"k{number}": f"Campaign k{number}" for number in range(count)}
    missing = {key for key, name in names.items() if name not in history.live}
    if history.blocked != missing:
        faults.append(f"Not there are {sorted(missing)}, and blocked are {sorted(history.blocked)}.")
    if {key: history.live[name] for key, name in names.items() if key not in missing} != history.recorded:
        faults.append("A recorded id is not that of the broadcast.")
    if len(missing) > sum(history.doubts):
        faults.append(f"{len(missing)} do not exist, and {sum(history.doubts)} calls were cut off.")
    if history.runs[-1].code != (7 if missing else 0):
        faults.append(f"The last run ended with {history.runs[-1].code}: {history.runs[-1].said}")
    created = 0
    for run in history.runs:
        # A page that is not full is the last one.
        pages = created // PAGE_SIZE + 1
        if run.pages != pages:
            faults.append(f"A run read {run.pages} pages of a list of {pages}.")
        created += run.creates
    return faults
