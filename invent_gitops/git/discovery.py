"""Finds the repository that a person chose: by the `.git` around a folder, and by nothing that a commit can hold."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from invent_gitops.errors import Refused
from invent_gitops.values import Struct

MARKER = ".git"


class Place(Struct, frozen=True):
    """Where a git process works: `folder` is the project's, `top` the one with the `.git` that makes it a repository.

    `git_dir` is that `.git`, or what a file `.git` of a worktree or a submodule leads to. Where the environment names
    the repository, `work_tree` is set. Where there is no repository, `git_dir` is where it would be.
    """

    folder: Path
    top: Path
    git_dir: Path
    work_tree: Path | None = None
    exists: bool = True


def find_place(folder: Path, environment: Mapping[str, str] = os.environ) -> Place:
    """Return the repository around `folder`, without asking git or reading any of its settings.

    A repository is what has a `.git`: no commit can hold a file of that name. Files named HEAD, objects and refs make
    a repository for git's own search as well, and its config runs commands, so folders with such files are refused.
    Raises `Refused` for these, and for a `.git` that leads to files of the work tree. Raises `OSError` where a folder
    cannot be looked at.
    """
    here = _resolved(folder)
    passed: list[Path] = []
    for parent in _upwards(here, environment):
        if is_marker(parent / MARKER):
            _check_none_bare(passed, parent)
            return Place(here, parent, _git_dir(parent))
        passed.append(parent)
    chosen = _chosen(here, environment)
    below = [parent for parent in passed if not chosen or (parent != chosen.top and parent.is_relative_to(chosen.top))]
    _check_none_bare(below, chosen.top if chosen else None)
    return chosen or Place(here, here, here / MARKER, exists=False)


def find_marker(folder: Path, environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return what makes a repository of `folder`: a `.git`, whether git can use it or not, or what the environment
    names.
    """
    try:
        here = _resolved(folder)
    except OSError:
        return None
    marker = next((parent / MARKER for parent in _upwards(here, environment) if is_marker(parent / MARKER)), None)
    chosen = _chosen(here, environment)
    return marker or (chosen.git_dir if chosen else None)


def _upwards(folder: Path, environment: Mapping[str, str]) -> list[Path]:
    """Return the folder and those above it, as far as git would look: within one disk, and not beyond a ceiling."""
    ceilings = {
        _resolved(Path(path)) for path in environment.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep) if path
    }
    crosses = environment.get("GIT_DISCOVERY_ACROSS_FILESYSTEM", "").lower() not in ("", "0", "false", "no", "off")
    folders, disk = [folder], _disk(folder)
    for parent in folder.parents:
        above = _disk(parent)
        # A folder that is not there yet is on no disk.
        if parent in ceilings or not (crosses or disk in (None, above)):
            break
        folders, disk = [*folders, parent], above
    return folders


def _disk(folder: Path) -> int | None:
    try:
        return folder.stat().st_dev
    except OSError:
        return None


def is_marker(path: Path) -> bool:
    """Return whether a `.git` is there that is more than an empty folder, which git itself passes over."""
    try:
        return any(path.iterdir()) if path.is_dir() else os.path.lexists(path)
    except OSError:
        return True


def _git_dir(top: Path) -> Path:
    """Return the folder that `top`/.git is, or leads to. One among the files of the work tree could be somebody's
    commit.
    """
    marker = top / MARKER
    target = _resolved(top / _link(marker) if marker.is_file() else marker)
    inside = target.relative_to(top).parts if target.is_relative_to(top) else (MARKER,)
    if MARKER not in inside:
        raise Refused(
            f"{marker} leads to {target}, which is among the files of the work tree. A commit can change them, and "
            "git runs commands that its settings name.",
            f"Look at it, and keep the repository outside of its work tree: cat {shlex.quote(str(marker))}",
        )
    return target


def _link(marker: Path) -> str:
    """Return what a file `.git` names; the file itself if it says nothing that git would follow, so that git refuses
    it.
    """
    try:
        text = marker.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return MARKER
    return text.removeprefix("gitdir: ").rstrip("\r\n") if text.startswith("gitdir: ") else MARKER


def _chosen(folder: Path, environment: Mapping[str, str]) -> Place | None:
    """Return the repository that the environment names, if it names the work tree as well, and `folder` is a part of
    that.

    Git sets GIT_DIR alone for its own children, of which the project need not be a part.
    """
    git_dir, work_tree = environment.get("GIT_DIR"), environment.get("GIT_WORK_TREE")
    if not git_dir or not work_tree:
        return None
    top = _resolved(Path(work_tree))
    return Place(folder, top, _resolved(Path(git_dir)), work_tree=top) if folder.is_relative_to(top) else None


def _check_none_bare(folders: list[Path], top: Path | None) -> None:
    """Refuse the first folder that git would take for a repository itself; `top` is a folder where that is not so."""
    for bare in folders:
        if looks_bare(bare):
            if top:
                look = f"git -C {shlex.quote(str(top))} log -- {shlex.quote(str(bare.relative_to(top) / 'HEAD'))}"
            else:
                look = f"ls -l {shlex.quote(str(bare))}"
            raise Refused(
                f"The folder {bare} holds files named HEAD, objects and refs, which make a git repository of it. A "
                "commit can add such files, and every git that starts in there runs the commands in their config.",
                f"See who added them, then delete them: {look}",
            )


def looks_bare(folder: Path) -> bool:
    """Return whether git would take the folder itself for a repository; `commondir` stands in for objects and refs."""
    return os.path.lexists(folder / "HEAD") and (
        os.path.lexists(folder / "commondir")
        or (os.path.lexists(folder / "objects") and os.path.lexists(folder / "refs"))
    )


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except RuntimeError:  # what Python raises for links in a circle
        raise OSError("its links lead in a circle") from None
