"""Whom a request would reach, and today's audience beside the catalogue's: what warns, and refuses nothing."""

from __future__ import annotations

from collections.abc import Mapping

from invent_gitops.model.audience import AudienceWarning
from invent_gitops.model.broadcast import Request, Segment
from invent_gitops.model.plan import Audience


def audience_of(request: Request, segments: Mapping[str, Segment]) -> Audience:
    """Whom `request` would reach, with the names and numbers of `segments`, the catalogue by id."""
    if request.send_to_all:
        return Audience((), True, None)
    reached = [segments.get(id) for id in request.segment_ids]
    names = tuple(segment.name if segment else id for id, segment in zip(request.segment_ids, reached, strict=True))
    counts = [segment.contacts if segment else None for segment in reached]
    complete = [count for count in counts if count is not None]
    return Audience(names, False, sum(complete) if len(complete) == len(counts) else None)


def audience_warnings(
    request: Request, pulled: Mapping[str, Segment], live: Mapping[str, int | None], jump: int
) -> tuple[AudienceWarning, ...]:
    """Return what to look at before `request` goes out, in the order of its segment ids.

    `pulled` is the catalogue by id. `live` holds the contacts by id of every segment that Invent has (None
    where it tells no count): it must come of a complete list, since a segment that is missing in it is called
    gone. `jump` is `policies.audience_jump`: the change, in percent of the catalogue's count, up to which
    nobody is warned. Segments may overlap, so each is compared by itself. A broadcast to everyone names no
    segments, and nothing is said of it.
    """
    warnings = (_of_segment(id, pulled.get(id), live, jump) for id in request.segment_ids)
    return tuple(warning for warning in warnings if warning)


def audience_today(request: Request, live: Mapping[str, int | None]) -> int | None:
    """Return up to how many contacts `request` reaches today (segments may overlap); None if a count is not known.

    `live` is as for `audience_warnings`.
    """
    counts = [live.get(id) for id in request.segment_ids]
    complete = [count for count in counts if count is not None]
    return sum(complete) if len(complete) == len(counts) and not request.send_to_all else None


def _of_segment(id: str, segment: Segment | None, live: Mapping[str, int | None], jump: int) -> AudienceWarning | None:
    name, was = (segment.name, segment.contacts) if segment else (id, None)
    if id not in live:
        message = f"The segment {name if name == id else f'{name} ({id})'} is not in Invent any more."
        return AudienceWarning("audience-gone", message, "Name another segment, or look in Invent.", id, was)
    now = live[id]
    if now is None:
        message = f"Invent shows no count for the segment {name}, so its reach today is unknown."
        return AudienceWarning("audience-untold", message, "Check the segment in Invent.", id, was)
    if now == 0:
        message = f"The segment {name} has no contacts today."
        return AudienceWarning("audience-empty", message, "Fill the segment, or name another.", id, was, now)
    if was is None or abs(now - was) * 100 <= was * jump:
        return None
    message = (
        f"The segment {name} has {now:,} contacts today, and had {was:,} when the catalogue was read"
        f"{change_share(was, now, jump)}. policies.audience_jump warns above {jump}%."
    )
    cure = "Look at the segment in Invent; if that is right: invent-gitops segments pull"
    return AudienceWarning("audience-jump", message, cure, id, was, now)


def change_share(was: int, now: int, limit: int) -> str:
    """` (+150%)`, or with a decimal where rounding would hide that it is more than `limit` percent.

    Nothing is a share of zero.
    """
    if not was:
        return ""
    change, sign = abs(now - was), "-" if now < was else "+"
    percent = (200 * change + was) // (2 * was)
    # Neither none nor all unless it is.
    percent = max(percent, 1) if change else 0
    percent = min(percent, 99) if 0 < now < was else percent
    if percent <= limit and change * 100 > was * limit:
        tenths = min(-(-1000 * change // was), 10 * limit + 9)
        return f" ({sign}{tenths // 10:,}.{tenths % 10}%)"
    return f" ({sign}{percent:,}%)"
