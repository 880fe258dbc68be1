"""Keeps what a program has written by a certain moment of a scene, and puts it back for another program to go on from.

`kept/NAME/` holds the files of the project as they are in `files/`, and beside them `invent.sql`, the broadcasts in
Invent; `project.git.txt` and `remote.git.txt`, whole repositories as git exports them; and `world.json`, how far the
clock and the random names have come and what GitHub shows.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.github.standin import StandIn
    from tests.replay.player import Stage

STEP_FILES = ("summary.md", "output.txt")  # what a step of a workflow writes for GitHub
EXPORTS = {"project.git.txt": "folder", "remote.git.txt": "remote"}


def keep(stage: Stage, place: Path) -> None:
    """Write down what there is now."""
    shutil.rmtree(place, ignore_errors=True)
    for path in stage.own_files():
        copy = place / "files" / path.relative_to(stage.folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    place.mkdir(exist_ok=True)
    for name in STEP_FILES:
        if (stage.step / name).exists():
            shutil.copy(stage.step / name, place / name)
    if stage.database.exists():
        with contextlib.closing(sqlite3.connect(stage.database)) as database:
            pragmas = [
                f"PRAGMA {name} = {database.execute(f'PRAGMA {name}').fetchone()[0]};"
                for name in ("application_id", "user_version")
            ]
            lines = [*database.iterdump(), *pragmas]
        (place / "invent.sql").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name, attribute in EXPORTS.items():
        folder = getattr(stage, attribute)
        if (folder / ".git").exists() or (folder / "HEAD").exists():
            text = stage.git("fast-export", "--all", folder=folder)
            (place / name).write_text(text + "\n", encoding="utf-8")
    drawn = {path.name: path.stat().st_size for path in sorted(stage.names.iterdir())}
    world = {"clock": stage.now.isoformat(), "drawn": drawn, "github": _github(stage.hub) if stage.hub else None}
    (place / "world.json").write_text(json.dumps(world, indent=2) + "\n", encoding="utf-8")


def _github(hub: StandIn) -> dict[str, Any]:
    return {
        "pulls": list(hub.pulls.values()),
        "index": hub.index,
        "comments": hub._comments,
        "issues": hub.issues,
        "number": hub._number,
        "clock": hub._clock.isoformat(),
    }


def restore(stage: Stage, place: Path) -> None:
    """Put back what was kept."""
    if (place / "project.git.txt").exists():
        _import(stage, stage.folder, place / "project.git.txt", "init", "--quiet", "--template=")
        stage.git("reset", "--quiet", "--hard", "main")
    if (place / "remote.git.txt").exists():
        _import(stage, stage.remote, place / "remote.git.txt", "init", "--quiet", "--bare", "--template=")
        stage.git("remote", "add", "origin", str(stage.remote))
        stage.git("fetch", "--quiet", "origin")
        stage.git("branch", "--quiet", "--set-upstream-to", "origin/main", "main")
    for path in stage.own_files():  # what was not there any more stays committed only
        path.unlink()
    shutil.copytree(place / "files", stage.folder, dirs_exist_ok=True)
    if (place / "invent.sql").exists():
        with contextlib.closing(sqlite3.connect(stage.database)) as database:
            database.executescript((place / "invent.sql").read_text(encoding="utf-8"))
    for name in STEP_FILES:
        if (place / name).exists():
            stage.step.mkdir(exist_ok=True)
            shutil.copy(place / name, stage.step / name)
    world = json.loads((place / "world.json").read_text(encoding="utf-8"))
    stage.clock(world["clock"])
    for name, count in world["drawn"].items():
        (stage.names / name).write_text("." * count, encoding="ascii")
    if stage.hub and world["github"]:
        shown = world["github"]
        stage.hub.pulls = {pull["number"]: pull for pull in shown["pulls"]}
        stage.hub.index, stage.hub.issues = shown["index"], shown["issues"]
        stage.hub._comments, stage.hub._number = shown["comments"], shown["number"]
        stage.hub._clock = datetime.fromisoformat(shown["clock"])


def _import(stage: Stage, folder: Path, export: Path, *init: str) -> None:
    folder.mkdir(exist_ok=True)
    stage.git(*init, folder=folder)
    stage.git("fast-import", "--quiet", folder=folder, data=export.read_text(encoding="utf-8"))
