"""The SARIF log of `validate`: one for the whole project, with addresses that GitHub can show."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from urllib.parse import quote

from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, InventGitopsError
from invent_gitops.model.problem import Problem


def show_log(
    session: Session, problems: Sequence[Problem], code: ExitCode, failures: Sequence[InventGitopsError] = ()
) -> None:
    """Print the log, and say what had to be left out. `failures` are why a workspace could not be checked."""
    from invent_gitops.render.sarif import problems_sarif

    log, notes = problems_sarif(problems, _addresses(), code, failures=failures)
    session.show(log)
    for sentence in notes:
        session.note(sentence)


def _addresses() -> Callable[[str], str]:
    """Return what gives the URI of a file: relative to the root of the git repository where it is in there, else
    absolute.
    """
    from invent_gitops.github.step import repository
    from invent_gitops.inside import below, inside

    root = repository(Path())

    @cache
    def address(file: str) -> str:
        # GitHub shows nothing at a link, so the file behind it is named, unless that is elsewhere.
        path = Path(os.path.abspath(file))
        with suppress(OSError), inside(root) as repository_root:
            real = Path(repository_root.real, repository_root.resolve(below(path, root)))
            path = real if real.is_file() else path
        if path.is_relative_to(root):
            return quote(path.relative_to(root).as_posix(), errors="replace")
        return path.as_uri()

    return address
