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
# A state that lies about in a checkout is taken for somebody's try, so that it has another name there.
STATE = ("invent.state", "kept.state")
EXPORTS = {"project.git.txt": "folder", "remote.git.txt": "remote"}


def keep(stage: Stage, moment: Path) -> None:
    """Write down what there is now."""
    shutil.rmtree(moment, ignore_errors=True)
    for path in stage.own_files():
        copy = moment / "files" / path.relative_to(stage.folder)
        copy = copy.with_name(copy.name.replace(*STATE))
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    moment.mkdir(exist_ok=True)
    for name in STEP_FILES:
        if (stage.step / name).exists():
            shutil.copy(stage.step / name, moment / name)
    if stage.database.exists():
        with contextlib.closing(sqlite3.connect(stage.database)) as database:
            pragmas = [
                f"PRAGMA {name} = {database.execute(f'PRAGMA {name}').fetchone()[0]};"
                for name in ("application_id", "user_version")
            ]
            lines = [*database.iterdump(), *pragmas]
        (moment / "invent.sql").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name, attribute in EXPORTS.items():
        folder = getattr(stage, attribute)
        if (folder / ".git").exists() or (folder / "HEAD").exists():
            text = stage.git("fast-export", "--all", folder=folder)
            (moment / name).write_text(text + "\n", encoding="utf-8")
    drawn = {path.name: path.stat().st_size for path in sorted(stage.names.iterdir())}
    world = {"clock": stage.now.isoformat(), "drawn": drawn, "github": _github(stage.hub) if stage.hub else None}
    (moment / "world.json").write_text(json.dumps(world, indent=2) + "\n", encoding="utf-8")


def _github(hub: StandIn) -> dict[str, Any]:
    return {
        "pulls": list(hub.pulls.values()),
        "index": hub.index,
        "comments": hub._comments,
        "issues": hub.issues,
        "number": hub._number,
        "clock": hub._clock.isoformat(),
    }


def restore(stage: Stage, moment: Path) -> None:
    """Put back what was kept."""
    if (moment / "project.git.txt").exists():
        _import(stage, stage.folder, moment / "project.git.txt", "init", "--quiet", "--template=")
        stage.git("reset", "--quiet", "--hard", "main")
    if (moment / "remote.git.txt").exists():
        _import(stage, stage.remote, moment / "remote.git.txt", "init", "--quiet", "--bare", "--template=")
        stage.git("remote", "add", "origin", str(stage.remote))
        stage.git("fetch", "--quiet", "origin")
        stage.git("branch", "--quiet", "--set-upstream-to", "origin/main", "main")
    for path in stage.own_files():  # what was not there any more stays committed only
        path.unlink()
    shutil.copytree(moment / "files", stage.folder, dirs_exist_ok=True)
    for path in stage.own_files():
        path.rename(path.with_name(path.name.replace(STATE[1], STATE[0])))
    if (moment / "invent.sql").exists():
        with contextlib.closing(sqlite3.connect(stage.database)) as database:
            database.executescript((moment / "invent.sql").read_text(encoding="utf-8"))
    for name in STEP_FILES:
        if (moment / name).exists():
            stage.step.mkdir(exist_ok=True)
            shutil.copy(moment / name, stage.step / name)
    world = json.loads((moment / "world.json").read_text(encoding="utf-8"))
    stage.clock(world["clock"])
    for name, count in world["drawn"].items():
        (stage.names / name).write_text("." * count, encoding="ascii")
    if stage.hub and world["github"]:
        github = world["github"]
        for pull in github["pulls"]:
            # What was not asked of a pull request then is what the stand-in gives any.
            stage.hub.add_pull(pull["number"], pull["head"]["sha"])
            usual = stage.hub.pulls[pull["number"]]
            stage.hub.pulls[pull["number"]] = {**usual, **pull, "head": {**usual["head"], **pull["head"]}}
        stage.hub.index, stage.hub.issues = github["index"], github["issues"]
        stage.hub._comments, stage.hub._number = github["comments"], github["number"]
        stage.hub._clock = datetime.fromisoformat(github["clock"])


def _import(stage: Stage, folder: Path, export: Path, *init: str) -> None:
    folder.mkdir(exist_ok=True)
    stage.git(*init, folder=folder)
    stage.git("fast-import", "--quiet", folder=folder, data=export.read_text(encoding="utf-8"))
