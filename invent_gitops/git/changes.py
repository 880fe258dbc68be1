"""When the files of a folder last changed, by the commits that changed them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from invent_gitops.git.repository import Git, GitFailed

# Commits that are looked through: what did not change in so many has no time here.
MOST_COMMITS = 5_000
# Begins the line of a commit among the names of files.
_COMMIT = "\x01"


def last_changes(git: Git, names: Collection[str]) -> dict[str, datetime]:
    """Return when each file last changed on the way to HEAD, by the clock of who committed that.

    `git` is that of the top of the work tree, and `names` are below it. A merge counts as the change that it brings.
    Files whose change lies beyond `MOST_COMMITS`, or beyond the history of a shallow clone, are left out. One process
    of git serves all files, and ends with the last one. Returns nothing where git cannot tell.
    """
    missing = set(names)
    changes: dict[str, datetime] = {}
    if not missing:
        return changes
    try:
        is_shallow = git.run("rev-parse", "--is-shallow-repository").strip() == "true"
        for at, is_first, name in _changed(git, _folders(missing)):
            # The oldest commit of a shallow clone seems to add every file.
            if name in missing and not (is_shallow and is_first):
                changes[name] = at
            missing.discard(name)
            if not missing:
                break
    except GitFailed:
        return {}
    return changes


def _folders(names: Collection[str]) -> list[str]:
    """Return the folders below the top that hold all of `names`, fewer words than files."""
    return sorted({name.partition("/")[0] for name in names})


def _changed(git: Git, paths: list[str]) -> Iterator[tuple[datetime, bool, str]]:
    """Yield the files that each commit changed, newest first: when, whether it has no parent, and the name."""
    way = ("--no-show-signature", "--first-parent", f"--max-count={MOST_COMMITS}")
    names = ("-m", "--no-renames", "--name-only", "-z", f"--format={_COMMIT}%ct %P")
    at, is_first = datetime.min.replace(tzinfo=UTC), False
    with git.stream("log", *way, *names, "HEAD", "--", *paths) as stream:
        for entry in _entries(stream.rest()):
            name = entry.lstrip("\n")
            if name.startswith(_COMMIT):
                seconds, _, parents = name.removeprefix(_COMMIT).partition(" ")
                at, is_first = datetime.fromtimestamp(int(seconds), UTC), not parents
            elif name:
                yield at, is_first, name


def _entries(chunks: Iterator[bytes]) -> Iterator[str]:
    unended = b""
    for chunk in chunks:
        *entries, unended = (unended + chunk).split(b"\0")
        yield from (entry.decode("utf-8", "surrogateescape") for entry in entries)
