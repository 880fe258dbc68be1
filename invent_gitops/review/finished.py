"""Which broadcasts of a status are over, and what its pull request is told of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from invent_gitops.live.results import SETTLED
from invent_gitops.model.instant import read_instant
from invent_gitops.model.pull_request import PullRequest

# Some days more than the counts take to settle, so that a daily run shows the settled ones.
_TOLD_FOR = SETTLED + timedelta(days=2)
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ENDED = ("SENT", "FAILED")


def finished_by_commit(document: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the rows of a status document whose sending ended within days, by the commit that they were created from.

    Rows without such a commit or without an end are left out, as are all rows of another kind of document.
    """
    now = read_instant(document.get("at"))
    if document.get("kind") != "status" or now is None:
        return {}
    rows_by_commit: dict[str, list[Mapping[str, Any]]] = {}
    for row in document.get("rows") or ():
        commit, ended = row.get("source_commit") or "", read_instant(row.get("completed_at"))
        recent = ended is not None and timedelta(0) <= now - ended <= _TOLD_FOR
        if row["state"] in _ENDED and row["read"] and recent and _COMMIT.fullmatch(str(commit)):
            rows_by_commit.setdefault(commit, []).append(row)
    return rows_by_commit


def origin_of(commit: str, pulls: Sequence[PullRequest]) -> PullRequest | None:
    """Return the merged pull request that brought a commit; None without one, and where it may be any of several."""
    merged = [pull for pull in pulls if pull.merged]
    exact = [pull for pull in merged if pull.merge_commit == commit]
    candidates = exact or merged
    return candidates[0] if len(candidates) == 1 else None
