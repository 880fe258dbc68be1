"""When the file of each definition last changed: by the commits that git has, and by the disk where it has none."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from invent_gitops.operations.project import LoadedProject


def definition_changes(loaded: LoadedProject) -> dict[str, datetime]:
    """Return by key when the file that defines it last changed; a key without evidence is left out.

    A file that the checked-out commit does not hold as it is now changed when it was last written. So did every file
    outside of a repository.
    """
    from invent_gitops.git.changes import last_changes
    from invent_gitops.git.repository import Git, GitFailed
    from invent_gitops.state.checkout import held

    files, _ = loaded.sources()
    git = Git(loaded.root)
    commit = git.commit_of("HEAD") if files else ""
    if not commit:
        return _written(files)
    is_held = held(git, commit, files, ())
    try:
        top = Path(git.run("rev-parse", "--show-toplevel").rstrip("\n"))
    except GitFailed:
        return _written(files)
    names = {key: _below(path, top) for key, path in files.items() if is_held[key]}
    committed = last_changes(Git(top), {name for name in names.values() if name})
    changes = {key: committed[name] for key, name in names.items() if name in committed}
    return changes | _written({key: path for key, path in files.items() if not is_held[key]})


def _below(path: Path, top: Path) -> str:
    """Return the path below the top of the work tree, as git has it; "" for one outside of it."""
    with suppress(ValueError):
        return (path.parent.resolve() / path.name).relative_to(top.resolve()).as_posix()
    return ""


def _written(files: dict[str, Path]) -> dict[str, datetime]:
    """Return when each file was last written; without those that cannot be looked at."""
    changes: dict[str, datetime] = {}
    for key, path in files.items():
        with suppress(OSError, OverflowError, ValueError):
            changes[key] = datetime.fromtimestamp(int(os.stat(path).st_mtime), UTC)
    return changes
