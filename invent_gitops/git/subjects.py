"""The first lines of commit messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from invent_gitops.git.repository import Git, GitFailed

_COMMIT = re.compile("[0-9a-f]{40,64}")


def subjects(git: Git, names: Iterable[str]) -> dict[str, str]:
    """Return the first lines of commit messages, of those commits that this clone has; two processes for all."""
    # Nothing that git could take for an option.
    asked = sorted(filter(_COMMIT.fullmatch, names))
    if not asked:
        return {}
    try:
        listed = git.run("cat-file", "--batch-check", stdin="".join(f"{name}^{{commit}}\n" for name in asked))
    except GitFailed:
        return {}
    # A name may be that of a tag, which leads to a commit.
    commits = {
        name: line.split()[0]
        for name, line in zip(asked, listed.splitlines(), strict=True)
        if re.fullmatch(r"[0-9a-f]{40,64} commit \d+", line)
    }
    first_lines = _first_lines(git, sorted(set(commits.values())))
    return {name: first_lines[commit] for name, commit in commits.items() if commit in first_lines}


def _first_lines(git: Git, commits: Sequence[str]) -> dict[str, str]:
    """Return the first lines by commit; one that is damaged takes no other with it."""
    if not commits:
        return {}
    asked = "".join(f"{commit}\n" for commit in commits)
    try:
        listed = git.run("log", "--no-walk=unsorted", "--stdin", "--format=%H%x00%s%x00", stdin=asked)
    except GitFailed:
        half = len(commits) // 2
        return _first_lines(git, commits[:half]) | _first_lines(git, commits[half:]) if half else {}
    parts = listed.split("\0")
    return {commit.strip(): line.strip() for commit, line in zip(parts[::2], parts[1::2], strict=False)}
