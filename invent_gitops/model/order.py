"""The order in which broadcasts are created and listed: what is sent first comes first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from invent_gitops.model.plan import Item


def soonest(items: Iterable[Item]) -> list[Item]:
    """`items` as they go out: those sent at once, then by their time; at one time by key."""
    return sorted(items, key=_due)


def _due(item: Item) -> tuple[datetime, str]:
    return item.request.scheduled_at or datetime.min.replace(tzinfo=UTC), item.key
