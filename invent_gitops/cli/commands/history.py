"""`history`: what was done, by whom, from which commit."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from invent_gitops.cli.account_options import account_options
from invent_gitops.cli.completion.keys import known
from invent_gitops.cli.errors import answers
from invent_gitops.cli.options import common_options
from invent_gitops.cli.result import Result
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, InventGitopsError, Refused
from invent_gitops.operations.account import Account, check_named_state
from invent_gitops.operations.context import context_of
from invent_gitops.operations.project import checked_project, working
from invent_gitops.provenance import DIRTY
from invent_gitops.text.clean import clean
from invent_gitops.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from invent_gitops.model.chain import Change

# What comes of a definition in a commit.
DEFINED = ("created", "adopted", "resolved")


@click.command()
@click.argument("key", required=False, shell_complete=known)
@account_options
@common_options
@answers("history")
def history(session: Session, account: Account, key: str | None) -> Result:
    """Show each change of the records: what, when, by whom and from which commit.

    history reads the commits of the state branch, or those of the state file. With KEY, it shows only
    that key, also under its former names. With --all and KEY, at least one workspace must have the key.
    """
    from invent_gitops.audit.history import about, read_trail
    from invent_gitops.render.documents.history import history_json
    from invent_gitops.render.text.history import history_text

    root, project = checked_project()
    trail = read_trail(account.chain(root, project))
    check_named_state(account, exists=trail.links > 0)
    unknown = key if key and key not in trail.keys else ""
    if unknown and not _known_elsewhere(account, root, unknown):
        raise Refused(f"The state knows no key {unknown}.", _cure(unknown, trail.keys, account.flags()))
    listed = _with_pull_requests(root, about(trail.changes, key) if key else trail.changes)
    return Result(
        "history",
        ExitCode.DONE,
        lambda: history_json(listed),
        lambda display: (
            history_text(listed, display.style, context_of(account, project))
            if not unknown
            else f"This workspace has no key {clean(unknown)}."
        ),
    )


def _known_elsewhere(account: Account, root: Path, key: str) -> bool:
    """Return whether the run is for all workspaces, and another one knows the key; what cannot be read has its own
    turn.
    """
    from invent_gitops.audit.history import read_trail

    opened = working()
    if not (opened and opened.several and click.get_current_context().params.get("every")):
        return False
    for project in opened.several.values():
        if project.name == account.workspace:
            continue
        with suppress(InventGitopsError, OSError):
            # --state is for one workspace, and --org is not offered: there is nothing to carry over.
            other = Account(sandbox=account.sandbox).of(project, opened.several)
            if key in read_trail(other.chain(root, project)).keys:
                return True
    return False


def _with_pull_requests(root: Path, listed: Sequence[Change]) -> list[Change]:
    """Return each broadcast with the pull request that its source commit names, where this clone has that commit.

    A commit that does not hold the definition has nothing to do with it, and other changes are nobody's definition.
    """
    from invent_gitops.git.repository import Git
    from invent_gitops.git.subjects import subjects

    credited = {change.source for change in listed if change.kind in DEFINED and not change.source.endswith(DIRTY)}
    subject_of = subjects(Git(root), credited - {""})
    return [
        replace(change, pull_request=change.pull_request or _pull_request(subject_of.get(change.source, "")))
        if change.kind in DEFINED
        else change
        for change in listed
    ]


def _cure(key: str, known_keys: Iterable[str], flags: str) -> str:
    from invent_gitops.text.quoting import did_you_mean

    # A file may define it already, and then nothing is wrong but that it is early.
    early = f"If a file defines it, nothing was created for it yet; what apply would do: invent-gitops plan{flags}"
    return f"{did_you_mean(key, known_keys)} See the keys with: invent-gitops state list{flags} . {early}".strip()


def _pull_request(subject: str) -> int | None:
    """Return the number in `Merge pull request #12 from …` or at the end of a squashed `Title (#12)`."""
    match = re.search(r"^Merge pull request #(\d{1,9})\b|\(#(\d{1,9})\)$", subject)
    return int(match[1] or match[2]) if match else None
