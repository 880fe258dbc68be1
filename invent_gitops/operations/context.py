"""The context of a page that is made from no plan and no status."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from invent_gitops.model.context import Context
from invent_gitops.model.project import Project
from invent_gitops.operations.account import Account


def context_of(account: Account, project: Project, *, names: Mapping[str, str] | None = None) -> Context:
    """As of now; `names` are those of segments by id."""
    return Context(
        at=datetime.now(UTC),
        workspace=project.name,
        zone=project.timezone,
        flags=account.flags(),
        names=names or {},
    )
