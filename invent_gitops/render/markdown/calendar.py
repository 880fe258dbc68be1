"""The coming sends as a Mermaid diagram, so that two on one day are seen at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from invent_gitops.model.broadcast import Request
from invent_gitops.model.plan import Item
from invent_gitops.model.statuses import OVER
from invent_gitops.render.markdown.markup import label

# GitHub shows no diagram beyond 50,000 characters, and nobody reads more bars than this.
BARS = 60
# More than these would push everything else out of sight.
_OPEN = 15
# Days between two ticks of the axis, in Mermaid's words, for calendars of up to so many days.
_TICKS = ((14, "1day"), (90, "1week"), (1000, "1month"))


def calendar(creates: Sequence[Item], created: Sequence[Item], now: datetime) -> list[str]:
    """The lines of a folded gantt of what is to be sent, soonest first: new ones, and ones that exist already.

    None for fewer than two sends. At most `BARS` of them; new ones come first.
    """
    new = _coming([item.request for item in creates], now)
    # What was edited after it was created is sent as it was created.
    old = _coming([_as_created(item) for item in created if not item.record or item.record.status not in OVER], now)
    bars = new[:BARS]
    others = old[: BARS - len(bars)] if bars else []
    total, drawn = len(new) + len(old), len(bars) + len(others)
    if not bars or drawn < 2:
        return []
    title = f"Calendar of the {total:,} coming sends" if drawn == total else f"Calendar of {drawn} of {total:,} sends"
    return [
        f"<details{' open' if drawn <= _OPEN else ''}><summary>{title}</summary>",
        "",
        "```mermaid",
        "gantt",
        "    title Coming sends (UTC)",
        "    dateFormat YYYY-MM-DDTHH:mm",
        "    axisFormat %d %b %Y",
        *_ticks([*bars, *others]),
        "    section To create",
        *(_bar(at, request, "active, ") for at, request in bars),
        *(["    section Exists already"] if others else []),
        *(_bar(at, request, "") for at, request in others),
        "```",
        "",
        "</details>",
    ]


def _as_created(item: Item) -> Request:
    return item.record.request if item.record else item.request


def _ticks(bars: Sequence[tuple[datetime, Request]]) -> list[str]:
    """How far apart the days on the axis are; Mermaid's own choice names one day several times."""
    days = (max(at for at, _ in bars) - min(at for at, _ in bars)).days
    return [f"    tickInterval {apart}" for most, apart in _TICKS if days <= most][:1]


def _coming(requests: Sequence[Request], now: datetime) -> list[tuple[datetime, Request]]:
    dated = [(request.scheduled_at, request) for request in requests]
    return sorted(((at, request) for at, request in dated if at and at > now), key=lambda pair: pair[0])


def _bar(at: datetime, request: Request, mark: str) -> str:
    return f"    {label(request.name)} :{mark}milestone, {at.astimezone(UTC):%Y-%m-%dT%H:%M}, 0d"
