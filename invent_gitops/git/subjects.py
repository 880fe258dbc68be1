"""The first lines of commit messages."""

from __future__ import annotations

import re

from invent_gitops.git.repository import Git, GitFailed


def subjects(git: Git, commits: set[str]) -> dict[str, str]:
    """Return the first lines of commit messages, of those commits that this clone has."""
    first_lines = {}
    # Nothing that git could take for an option.
    for commit in filter(re.compile("[0-9a-f]{40,64}").fullmatch, commits):
        try:
            first_lines[commit] = git.run("show", "--no-patch", "--format=%s", f"{commit}^{{commit}}").strip()
        except GitFailed:
            continue
    return first_lines
