"""The guards: what may not be created now, why, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from invent_gitops.model.broadcast import Catalogue, Definition
from invent_gitops.model.instant import write_instant
from invent_gitops.model.plan import Refusal
from invent_gitops.model.project import WAIVABLE, Policies


def refusals(
    definition: Definition, *, now: datetime, policies: Policies, catalogue: Catalogue | None
) -> tuple[Refusal, ...]:
    """Every guard's objection to creating `definition` at `now` (aware), without the ones it waives."""
    found = (*_schedule(definition, now, policies), *_segments(definition, catalogue))
    return tuple(
        refusal for refusal in found if refusal.policy not in definition.waive or refusal.policy not in WAIVABLE
    )


def too_many(count: int, policies: Policies, definition: Definition) -> Refusal | None:
    """The objection to creating `count` broadcasts in one apply, if there is one."""
    if count <= policies.max_creates:
        return None
    return Refusal(
        "max-creates",
        f"This would create {count} broadcasts at once, and policies.max_creates allows {policies.max_creates}.",
        "Narrow it with --only, or raise policies.max_creates in the project file in a change of its own.",
        definition.position,
    )


def _schedule(definition: Definition, now: datetime, policies: Policies) -> Iterator[Refusal]:
    scheduled_at = definition.request.scheduled_at
    if scheduled_at is None:
        if not policies.allow_immediate:
            yield Refusal(
                "allow-immediate",
                "It would be sent at once, and policies.allow_immediate is not set.",
                "Give it a time, set policies.allow_immediate, or waive allow-immediate with a reason.",
                definition.at("schedule"),
            )
    elif scheduled_at <= now:
        # Never waivable: a past time means that an old campaign would be sent again, or at once.
        yield Refusal(
            "schedule-in-past",
            f"Its time, {write_instant(scheduled_at)}, has passed.",
            "Give it a time to come. If it was sent by other means, delete the file.",
            definition.at("schedule"),
        )
    elif scheduled_at - now < policies.minimum_lead_time:
        yield Refusal(
            "minimum-lead-time",
            f"Its time, {write_instant(scheduled_at)}, is less than {duration(policies.minimum_lead_time)} ahead.",
            "Move it later, or waive minimum-lead-time with a reason.",
            definition.at("schedule"),
        )


def _segments(definition: Definition, catalogue: Catalogue | None) -> Iterator[Refusal]:
    known = catalogue.by_id() if catalogue and definition.request.segment_ids else {}
    for id in definition.request.segment_ids:
        if id in known and known[id].contacts == 0:
            yield Refusal(
                "empty-segment",
                f"The segment {known[id].name} had no contacts when the catalogue was read.",
                "Fill the segment, read the catalogue again, or waive empty-segment with a reason.",
                definition.at("segments"),
            )


def duration(span: timedelta) -> str:
    """`15 minutes`, `2 hours`, `1 day`: the largest unit that divides the span, at least a minute."""
    minutes = int(span.total_seconds() // 60)
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0 and minutes:
            return f"{minutes // size} {unit}{'' if minutes == size else 's'}"
    return f"{int(span.total_seconds())} seconds"
