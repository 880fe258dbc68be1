"""`history`: what was done, by whom, from which commit."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from invent_gitops.cli.account_options import state_options
from invent_gitops.cli.completion.keys import known
from invent_gitops.cli.options import common_options
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode
from invent_gitops.operations.account import Account
from invent_gitops.operations.context import context_of
from invent_gitops.operations.project import checked_project
from invent_gitops.provenance import DIRTY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from invent_gitops.model.chain import Change

# What comes of a definition in a commit.
DEFINED = ("created", "adopted", "resolved")


@click.command()
@click.argument("key", required=False, shell_complete=known)
@state_options
@common_options
@click.pass_obj
def history(session: Session, account: Account, key: str | None) -> ExitCode:
    """Show what was created, adopted, resolved, moved, refreshed and removed, by whom and from which commit.

    Reads the commits of the state branch, or of the state file. With KEY only what happened to that
    key, under its former names as well.
    """
    from invent_gitops.audit.history import about, changes
    from invent_gitops.render.documents.history import history_json
    from invent_gitops.render.text.history import history_text

    session.kind = "history"
    root, project = checked_project()
    found = changes(account.store(root, project, strict=False).chain())
    found = _with_pull_requests(root, about(found, key) if key else found)
    if session.json:
        session.answer("history", ExitCode.DONE, history_json(found))
    else:
        session.result(history_text(found, session.style, context_of(account, project)))
    return ExitCode.DONE


def _with_pull_requests(root: Path, found: Sequence[Change]) -> list[Change]:
    """Each broadcast with the pull request that its source commit names, where this clone has that commit.

    A commit that does not hold the definition has nothing to do with it, and other changes are nobody's definition.
    """
    from invent_gitops.git.repository import Git
    from invent_gitops.git.subjects import subjects

    credited = {change.source for change in found if change.what in DEFINED and not change.source.endswith(DIRTY)}
    known = subjects(Git(root), credited - {""})
    return [
        replace(change, pull_request=_pull_request(known.get(change.source, ""))) if change.what in DEFINED else change
        for change in found
    ]


def _pull_request(subject: str) -> int | None:
    """The number in `Merge pull request #12 from …` or at the end of a squashed `Title (#12)`."""
    match = re.search(r"^Merge pull request #(\d{1,9})\b|\(#(\d{1,9})\)$", subject)
    return int(match[1] or match[2]) if match else None
