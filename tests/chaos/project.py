"""The project of a history: its files and its git, in a world that knows nothing of the machine outside."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import tempfile
import zlib
from pathlib import Path
from typing import Literal

from tests.forked import PATIENCE

Place = Literal["file", "branch"]

BRANCH = "broadcast-state"
STATE = "invent.state.json"
FOREIGN = ("ACTIONS_", "GIT_", "GITHUB_", "INVENT_", "RUNNER_", "XDG_")
PROXIES = ("all_proxy", "http_proxy", "https_proxy", "no_proxy")
GIT_CONFIG = (
    "[user]\n\tname = Chaos\n\temail = chaos@example.test\n[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n"
    "[maintenance]\n\tauto = false\n[core]\n\tfsync = none\n"
)


class Broken(Exception):
    """The promise does not hold; the message says where."""


def name_of(key: str) -> str:
    return f"Campaign {key}"


def when_of(key: str) -> str:
    """A time for each campaign of its own, or one would be taken for another that was renamed."""
    day, hour = divmod(zlib.crc32(key.encode()) % (28 * 24), 24)
    return f"2099-03-{day + 1:02}T{hour:02}:00:00Z"


def environment(folder: Path) -> dict[str, str]:
    """The variables of a process in the world below `folder`, which knows nothing of the machine outside."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(FOREIGN) and name.lower() not in PROXIES
    }
    home = folder / "home"
    return kept | {
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        # A killed run leaves its temporary folders behind.
        "TMPDIR": str(folder / "tmp"),
    }


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", *words],
        env=environment(folder),
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode:
        raise Broken(f"git {' '.join(words)} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


_templates = tempfile.TemporaryDirectory(prefix="chaos-template-", ignore_cleanup_errors=True)


@functools.cache
def template(place: Place, keys: tuple[str, ...]) -> Path:
    """A folder to copy: a home, a project that defines `keys`, and for a branch its bare remote."""
    folder = Path(tempfile.mkdtemp(dir=_templates.name))
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    (folder / "home" / "gitconfig").write_text(GIT_CONFIG, encoding="utf-8")
    start = folder / "start"
    git(folder, "init", "--quiet", str(start))
    for key in keys:
        path = start / "broadcasts" / f"{key}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"name: {name_of(key)}\nschedule: {when_of(key)}\nsegments: [vip]\n", encoding="utf-8")
    project = {"branch": BRANCH} if place == "branch" else STATE
    (start / "invent.yaml").write_text(f"state: {json.dumps(project)}\n", encoding="utf-8")
    git(folder, "-C", str(start), "add", ".")
    git(folder, "-C", str(start), "commit", "--quiet", "-m", "Six campaigns (#7)")
    if place == "branch":
        git(folder, "clone", "--quiet", "--bare", str(start), str(folder / "remote.git"))
    for samples in folder.glob("**/hooks/*.sample"):
        samples.unlink()
    return folder
