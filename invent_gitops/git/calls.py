"""Asks git of the repository that a person chose, and of no other: named to git in so many words, once git agrees."""

from __future__ import annotations

import functools
import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from invent_gitops.errors import Refused
from invent_gitops.git.credential import token_settings
from invent_gitops.git.discovery import MARKER, Place, find_place
from invent_gitops.git.origins import ASKED, check_origins, hooks_in
from invent_gitops.git.process import GitFailed, launch, start, verb_of
from invent_gitops.git.program import Program, find_program
from invent_gitops.git.stream import GitStream
from invent_gitops.values import replace

# What is used here of the newer ones: fetch --no-write-fetch-head, and GIT_CONFIG_COUNT for the token of a workflow.
NEEDED, NEEDED_FOR_TOKEN = (2, 29), (2, 31)
# Seconds for a question that git answers from a few files.
PATIENCE = 30.0
# What the confirmation of a place depends on, beside its files: settings, and whom git takes for the owner.
_NAMES = re.compile(r"GIT_\w+|HOME|USERPROFILE|XDG_CONFIG_HOME|SUDO_UID")


def run_git(folder: Path, arguments: tuple[str, ...], stdin: str, settings: Mapping[str, str], timeout: float) -> str:
    """Return what git prints on stdout, asked of the repository around `folder`; `settings` are further variables.

    Raises `GitFailed` with its words, also if it is missing or takes too long, and `Refused` where a commit could have
    made the repository.
    """
    location, program, hooks = _asked(folder)
    return start(
        program,
        folder,
        arguments,
        stdin=stdin,
        hooks=hooks,
        variables=_named(location) | dict(settings),
        timeout=timeout,
    )


def stream_git(folder: Path, arguments: tuple[str, ...], timeout: float) -> GitStream:
    """Return the pipes of a git that runs in the repository around `folder`, as a context that ends it.

    Raises what `run_git` raises.
    """
    location, program, hooks = _asked(folder)
    process = launch(program, folder, arguments, hooks=hooks, variables=_named(location))
    return GitStream(process, verb_of(arguments), timeout)


def _asked(folder: Path) -> tuple[Place, Program, tuple[str, ...]]:
    """Return the repository around `folder` once git agrees, the git to start, and the hooks that are switched off."""
    location, program = _place(folder)
    if not location.exists:
        return location, program, ()
    location, hooks = _confirmed(location, program, _fingerprint(location))
    return location, program, hooks


def check_version(folder: Path) -> None:
    """Refuse a git that is too old, before a remote is read or written with it."""
    version = _version(_place(folder)[1])
    needed = NEEDED_FOR_TOKEN if token_settings(os.environ) else NEEDED
    match = re.search(r"\b(\d+)\.(\d+)", version)
    if match and (int(match[1]), int(match[2])) >= needed:
        return
    raise Refused(
        f"This needs git {needed[0]}.{needed[1]} or newer, and this machine has: {version.strip() or 'unknown'}.",
        "Install a newer git, and see that it is the first one on the PATH: git --version",
    )


def _place(folder: Path) -> tuple[Place, Program]:
    try:
        location = find_place(folder)
    except OSError as error:
        raise GitFailed(f"{folder} cannot be read: {error.strerror or error}") from None
    return location, find_program(os.environ.get("PATH", os.defpath), location.top)


def _named(location: Place) -> dict[str, str]:
    """Return the variables that name the repository, so that git searches for none. A name that leads nowhere is
    none.
    """
    work_tree = {"GIT_WORK_TREE": str(location.work_tree)} if location.work_tree else {}
    return {"GIT_DIR": str(location.git_dir)} | work_tree


def _fingerprint(location: Place) -> tuple[object, ...]:
    """Return what changes when the repository becomes another one, or another one's, while this program runs."""
    files = (location.top, location.top / MARKER, location.git_dir, location.git_dir / "config")
    identities = tuple(_identity(file) for file in files)
    return identities + tuple(sorted(pair for pair in os.environ.items() if _NAMES.fullmatch(pair[0])))


def _identity(path: Path) -> tuple[int, ...]:
    try:
        status = path.lstat()
    except OSError:
        return ()
    # The time of a folder changes with whatever is put into it.
    changed = 0 if path.is_dir() else status.st_mtime_ns
    return (status.st_dev, status.st_ino, status.st_uid, changed)


@functools.lru_cache(maxsize=64)
def _confirmed(location: Place, program: Program, _: tuple[object, ...]) -> tuple[Place, tuple[str, ...]]:
    """Return the place with its work tree, and the hooks in its settings; asked once for each repository.

    Raises `GitFailed` with git's words, and `Refused` for a repository or a setting that a commit could have made.
    """
    location = location if location.work_tree else _agreed(location, program)
    try:
        listed = start(program, location.top, ASKED, variables=_named(location), timeout=PATIENCE)
    except GitFailed as error:
        if error.code != 1:
            raise
        return location, ()
    check_origins(listed, location)
    return location, hooks_in(listed)


def _agreed(location: Place, program: Program) -> Place:
    """Return the place with its work tree, after git has found the same.

    Git trusts a repository that is named to it, whoever owns it. So it searches once by itself, in the folder with the
    `.git` and in no other, and judges the owner.
    """
    asked = ("rev-parse", "--absolute-git-dir", "--is-inside-work-tree", "--show-prefix")
    ceiling = {"GIT_CEILING_DIRECTORIES": str(location.top.parent)}
    try:
        answer = start(program, location.top, asked, variables=ceiling, timeout=PATIENCE)
    except GitFailed as error:
        if "cannot use bare repository" not in error.output:
            raise
        answer = str(location.top)
    git_dir, is_inside, prefix = (answer.split("\n") + [""] * 3)[:3]
    if not _is_same(git_dir, location.git_dir):
        raise Refused(
            f"Git takes {git_dir} for the repository of {location.folder}, and not {location.top / MARKER}.",
            f"See what is wrong with it: ls -la {shlex.quote(str(location.top / MARKER))}",
        )
    return replace(location, work_tree=_above(location.top, prefix)) if is_inside == "true" else location


def _is_same(answer: str, git_dir: Path) -> bool:
    try:
        return os.path.samefile(answer, git_dir)
    except (OSError, ValueError):
        return False


def _above(top: Path, prefix: str) -> Path:
    """Return the root of the work tree, of which `top` is the part `prefix`; the two differ where `core.worktree` is
    set.
    """
    steps = len([part for part in prefix.split("/") if part])
    return top.parents[steps - 1] if steps else top


@functools.cache
def _version(program: Program) -> str:
    """Return what git says of itself; one process for each git."""
    home = Path(program.path).parent
    return start(program, home, ("--version",), variables={"GIT_DIR": os.devnull}, timeout=PATIENCE)
