"""Who has to approve a plan, as an entry of its document on the way to the comment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from invent_gitops.model.review import ReviewNeed, ReviewNotice


def notice_json(notice: ReviewNotice) -> dict[str, object]:
    """Return the entry `review` of a plan."""
    need = notice.need
    return {
        "branch": notice.branch,
        "unknown": notice.unknown or None,
        "fork": notice.fork,
        "need": {
            "approvals": need.approvals,
            "approvals_since": need.approvals_since or None,
            "groups": list(need.groups),
            "groups_since": need.groups_since or None,
            "stale_counts": need.stale_counts,
        }
        if need
        else None,
    }


def read_notice(document: Mapping[str, Any]) -> ReviewNotice | None:
    """Return the entry `review` of a plan, None where it has none. Raises `KeyError` or `TypeError` for a damaged
    one.
    """
    entry = document.get("review")
    if entry is None:
        return None
    need = entry["need"]
    return ReviewNotice(
        entry["branch"],
        ReviewNeed(
            int(need["approvals"]),
            need["approvals_since"] or "",
            tuple(need["groups"]),
            need["groups_since"] or "",
            stale_counts=need["stale_counts"] is True,
        )
        if need
        else None,
        entry["unknown"] or "",
        fork=entry.get("fork") is True,
    )
