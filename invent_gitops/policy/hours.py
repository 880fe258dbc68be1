"""Guards that look at the clocks and the calendar of a place: quiet hours and blackout days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

from invent_gitops.model.broadcast import Definition
from invent_gitops.model.instant import write_instant
from invent_gitops.model.plan import Refusal
from invent_gitops.model.project import BlackoutDays, Policies, QuietHours
from invent_gitops.policy.times import in_zone, sending


def of_the_clock(definition: Definition, now: datetime, policies: Policies) -> Iterator[Refusal]:
    """Yield the objections of both; a broadcast that goes out at once goes out at `now`."""
    if policies.quiet_hours:
        yield from _quiet(definition, now, policies.quiet_hours)
    if policies.blackout_days:
        yield from _blackout(definition, now, policies.blackout_days)


def _quiet(definition: Definition, now: datetime, quiet: QuietHours) -> Iterator[Refusal]:
    zone = quiet_zone(quiet, definition.timezone)
    scheduled_at = definition.request.scheduled_at
    local = in_zone(scheduled_at or now, zone)
    if local is None:
        yield _no_clock(definition, now, "quiet-hours", "whether that is in the quiet hours")
    elif in_quiet_hours(local.time(), quiet):
        span = f"from {quiet.start:%H:%M} to {quiet.end:%H:%M}"
        yield Refusal(
            "quiet-hours",
            f"{sending(scheduled_at, now, zone)}, in the quiet hours {span}, when nobody may be messaged.",
            f"Give it a time from {quiet.end:%H:%M} on and before {quiet.start:%H:%M}, or waive quiet-hours with a "
            "reason.",
            definition.at("schedule"),
        )


def quiet_zone(quiet: QuietHours, author_zone: str) -> str:
    """Return the zone that the quiet hours of a send go by, "" if nobody named one.

    It is their own, else the one that the author wrote, else the project's.
    """
    return quiet.timezone or author_zone or quiet.project_timezone


def in_quiet_hours(clock: time, quiet: QuietHours) -> bool:
    """Return whether a clock of the right zone is in the quiet hours, which may go past midnight."""
    if quiet.start < quiet.end:
        return quiet.start <= clock < quiet.end
    return clock >= quiet.start or clock < quiet.end


def _blackout(definition: Definition, now: datetime, blackout: BlackoutDays) -> Iterator[Refusal]:
    zone = definition.timezone or blackout.project_timezone
    scheduled_at = definition.request.scheduled_at
    local = in_zone(scheduled_at or now, zone)
    if local is None:
        yield _no_clock(definition, now, "blackout-days", "which day that is")
        return
    day = local.date()
    for first, last in blackout.spans:
        if first <= day <= last:
            entry = f"{first}" if first == last else f"{first}..{last}"
            yield Refusal(
                "blackout-days",
                f"{sending(scheduled_at, now, zone)}, on a blackout day ({entry}), when nobody may be messaged.",
                "Move it to another day, or waive blackout-days with a reason.",
                definition.at("schedule"),
            )
            return


def _no_clock(definition: Definition, now: datetime, policy: str, unknown: str) -> Refusal:
    at = write_instant(definition.request.scheduled_at or now)
    return Refusal(
        policy,
        f"It would go out at {at}, and {unknown} is not known, since no time zone is known for it.",
        "Write the schedule as a local time with its timezone, or set timezone in the project file, or waive "
        f"{policy} with a reason.",
        definition.at("schedule"),
    )
