"""The context of a page: made once by an operation, which knows the moment, the account and the project."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from invent_gitops.model.context import Context
from invent_gitops.model.project import Project
from invent_gitops.model.state import State
from invent_gitops.operations.account import Account
from invent_gitops.operations.project import LoadedProject


def context_of(account: Account, project: Project, *, names: Mapping[str, str] | None = None) -> Context:
    """Return that of a page that names no account, as of now; `names` are those of segments by id."""
    return Context(
        at=datetime.now(UTC),
        workspace=project.name,
        zone=project.timezone,
        flags=account.flags(),
        names=names or {},
    )


def bound_context(loaded: LoadedProject, state: State, at: datetime, flags: str) -> Context:
    """Return that of a page of the account that `state` is bound to, as of `at`, with the names of the catalogue."""
    project, catalogue = loaded.project, loaded.catalogue
    names = catalogue.names_by_id() if catalogue else {}
    return Context(at, state.org, state.api, project.name, project.timezone, flags, names)
