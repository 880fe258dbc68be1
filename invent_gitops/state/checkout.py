"""What of the files on this disk a commit holds: asked of their bytes, never of git's index or of what it ignores."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from invent_gitops.git.repository import Git, GitFailed


def held(git: Git, commit: str, sources: Mapping[str, Path], shared: Sequence[Path]) -> dict[str, bool]:
    """By key, whether `commit` holds the file that defines it as it is now, and all of `shared`.

    A shared file that exists in neither counts as held. Where git cannot tell, nothing is held.
    """
    paths = {*sources.values(), *shared}
    try:
        top = Path(git.run("rev-parse", "--show-toplevel").rstrip("\n"))
        inside = {path: name for path in paths if (name := _name(path, top))}
        committed = _blobs(Git(top), commit, inside.values())
        now = _hashes(Git(top), [name for path, name in inside.items() if path.is_file() and not path.is_symlink()])
    except GitFailed:
        return dict.fromkeys(sources, False)

    def same(path: Path) -> bool:
        name = inside.get(path, "")
        return (committed.get(name), now.get(name)) == (None, None) and not os.path.lexists(path)

    def holds(path: Path) -> bool:
        name = inside.get(path, "")
        return name in now and committed.get(name) == now[name]

    common = all(holds(path) or same(path) for path in shared)
    return {key: common and holds(path) for key, path in sources.items()}


def _name(path: Path, top: Path) -> str:
    """Return the path below the top of the work tree, as git has it; "" for one outside, or that no list of paths can
    hold.
    """
    where = path.parent.resolve() / path.name
    if not where.is_relative_to(top.resolve()):
        return ""
    name = where.relative_to(top.resolve()).as_posix()
    # What begins with a quotation mark would be read as a quoted name.
    return "" if "\n" in name or name.startswith('"') else name


def _blobs(git: Git, commit: str, names: Iterable[str]) -> dict[str, str]:
    """Return the blob of each regular file in a commit, of the folders that hold `names`."""
    folders = {name.rpartition("/")[0] for name in names}
    # Fewer words than files, however many definitions there are.
    tops = {folder.partition("/")[0] for folder in folders}
    paths = [] if "" in folders else [f"{top}/" for top in sorted(tops)]
    return {entry.name: entry.object for entry in git.tree(commit, *paths) if entry.is_file}


def _hashes(git: Git, names: Sequence[str]) -> dict[str, str]:
    """Return the blob that git would make of each file, with the conversions that git makes for it."""
    listed = git.run("hash-object", "--stdin-paths", stdin="".join(f"{name}\n" for name in names)) if names else ""
    return dict(zip(names, listed.split(), strict=True))
