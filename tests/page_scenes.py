"""The outputs on pages about failures: each page has a scene that makes the program fail in that way.

A `console` block is a command with what it prints on a terminal, both streams in their order.
`python -m tests.page_scenes` writes today's outputs into the pages.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.forked import PATIENCE, ROOT, environment
from tests.page_outputs import IDENTITY, lasting
from tests.running import account, hold_creates, invent, live, until

DOCS = ROOT / "docs"
PUBLIC = "https://api.useinvent.com"
_CONSOLE = re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.DOTALL | re.MULTILINE)
# The seconds of an attempt, and until when it may be settled.
_MOMENT = (
    (r"\d\d:\d\d:\d\d UTC", "NOW"),
    (r"from 2\d{3}-\d\d-\d\d \d\d:\d\d UTC on", "from LATER on"),
    (r"\w{3} \d+ \w{3} 2\d{3} NOW", "NOW"),
)


class Stage:
    """A project in a folder, and the commands that a person types there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.url = folder, ""
        (folder / "broadcasts").mkdir(parents=True)
        subprocess.run(["git", "init", "--quiet", str(folder)], check=True)

    def write(self, path: str, text: str) -> None:
        (self.folder / path).write_text(text, encoding="utf-8")

    def define(self, key: str, name: str, when: str) -> None:
        self.write(f"broadcasts/{key}.yaml", f"name: {name}\nschedule: {when}\nsegments: [seg_vip]\n")

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the program as on a terminal of a person who has an account."""
        variables = {**(account(self.url) if self.url else {}), **IDENTITY, "PYTHONUNBUFFERED": "1"}
        base = {name: value for name, value in os.environ.items() if not name.startswith(("INVENT_", "GIT_", "GITHUB"))}
        return subprocess.Popen(
            [sys.executable, "-m", "invent_gitops", *words],
            cwd=self.folder,
            env=environment(variables, base=base),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )

    def run(self, *words: str) -> str:
        """Run a command to its end, and return it with its output as a page shows both."""
        with self.start(*words) as process:
            return self.as_shown(words, process.communicate(timeout=PATIENCE)[0])

    def as_shown(self, words: Sequence[str], printed: str) -> str:
        """Return a command and its output as a person with an account at the real Invent sees them."""
        public = printed.replace(f" --base-url {self.url}", "").replace(self.url, PUBLIC) if self.url else printed
        return f"$ invent-gitops {' '.join(words)}\n{public}"


def _usage(folder: Path) -> list[str]:
    stage = Stage(folder)
    stage.define("spring-sale", "Spring sale", "2029-03-01T09:00:00Z")
    return [stage.run("plan", "--refesh"), stage.run("apply", "--yes")]


def _invalid(folder: Path) -> list[str]:
    stage = Stage(folder)
    stage.write("broadcasts/welcome.yaml", "name: Welcome\nschedule: 2029-03-01T09:00:00Z\nsegmnts: [seg_vip]\n")
    misspelt = stage.run("validate")
    stage.define("welcome", "Welcome", "2029-03-01T09:00:00Z")
    stage.write("invent.state.json", "{\n")
    damaged = stage.run("plan")
    stage.write("invent.state.json", "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> theirs\n")
    return [misspelt, damaged, stage.run("plan")]


def _misread(folder: Path) -> list[str]:
    stage = Stage(folder)
    stage.write("invent.yaml", "timezone: Europe/Berlin\n")
    stage.write("broadcasts/spring.yaml", "name: Spring\nschedule: 2029-03-25T02:30\nsegments: [seg_vip]\n")
    skipped = stage.run("validate")
    stage.write("broadcasts/spring.yaml", "name: Spring\nshedule: 2029-03-01T09:00\nsegments: [seg_vip]\n")
    return [skipped, stage.run("validate")]


def _refused(folder: Path) -> list[str]:
    stage = Stage(folder)
    stage.write("invent.yaml", 'timezone: Europe/Berlin\npolicies:\n  quiet_hours: {from: "21:00", to: "08:00"}\n')
    stage.define("night-sale", "Night sale", "2028-11-24T22:00")
    with invent() as server:
        stage.url = server.url
        return [stage.run("apply", "--yes")]


def _unavailable(folder: Path) -> list[str]:
    stage = Stage(folder)
    stage.define("spring-sale", "Spring sale", "2029-03-01T09:00:00Z")
    with invent("error-before=401@create:*") as server:
        stage.url = server.url
        return [stage.run("apply", "--yes")]


def _unknown(folder: Path) -> list[str]:
    lost, late = Stage(folder / "lost"), Stage(folder / "late")
    for stage in (lost, late):
        stage.define("spring-sale", "Spring sale", "2029-03-01T09:00:00Z")
    with invent("close-before@create:1") as server:
        lost.url = server.url
        unknown, blocked = lost.run("apply", "--yes"), lost.run("plan")
    # Created, and for some time not in the list.
    with invent("close-after@create:1", "omit-silently@list:*") as server:
        late.url = server.url
        late.run("apply", "--yes")
        server.faults.clear()
        return [unknown, late.run("reconcile"), blocked]


def _interrupted(folder: Path) -> list[str]:
    stopped, killed = Stage(folder / "stopped"), Stage(folder / "killed")
    for stage in (stopped, killed):
        for day in (1, 2, 3):
            stage.define(f"letter-{day}", f"Letter {day}", f"2029-03-0{day}T09:00:00Z")
    words = ("apply", "--yes", "--concurrency", "1")
    with invent() as server:
        stopped.url = server.url
        go = hold_creates(server, 2)
        with stopped.start(*words) as process:
            until(lambda: server.faults.seen("create") == 2)
            process.send_signal(signal.SIGINT)
            assert process.stdout
            printed = ""
            while "Stopping" not in printed:
                printed += process.stdout.readline()
            go.set()
            interrupted = stopped.as_shown(words, printed + process.communicate(timeout=PATIENCE)[0])
    with invent() as server:
        killed.url = server.url
        go = hold_creates(server, 2)
        with killed.start(*words) as process:
            until(lambda: server.faults.seen("create") == 2)
            process.kill()
        go.set()
        until(lambda: len(live(server)) == 2)
        return [interrupted, killed.run("plan"), killed.run("apply", "--yes")]


# The pages, with what makes the program fail as each of them shows.
SCENES: dict[str, Callable[[Path], list[str]]] = {
    "definitions.md": _misread,
    "recovery/exit-2.md": _usage,
    "recovery/exit-4.md": _invalid,
    "recovery/exit-5.md": _refused,
    "recovery/exit-6.md": _unavailable,
    "recovery/exit-7.md": _unknown,
    "recovery/exit-130.md": _interrupted,
}


def outputs_in(page: str) -> list[str]:
    """Return the commands with their outputs that a page shows, in their order."""
    return _CONSOLE.findall(page)


def settled(text: str) -> str:
    """Return an output without what differs in each run."""
    for pattern, word in _MOMENT:
        text = re.sub(pattern, word, text)
    return lasting(text)


def renewed(page: str, printed: Sequence[str]) -> str:
    """Return the page with today's outputs in the place of those that changed."""
    today = iter(printed)

    def newest(match: re.Match[str]) -> str:
        text = next(today)
        return match[1] if settled(match[1]) == settled(text) else text

    return _CONSOLE.sub(newest, page)


def main() -> None:
    for name, play in SCENES.items():
        page = (DOCS / name).read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            after = renewed(page, play(Path(folder)))
        if after != page:
            (DOCS / name).write_text(after, encoding="utf-8")
            print(f"wrote docs/{name}")


if __name__ == "__main__":
    main()
