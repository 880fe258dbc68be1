"""All guards together, those of the schedule and of the audience."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from invent_gitops.model.broadcast import Definition, Segment
from invent_gitops.model.plan import Audience, Refusal
from invent_gitops.model.project import JUDGED_IN_INVENT, WAIVABLE, Policies
from invent_gitops.policy.gaps import Timetable, of_the_gap
from invent_gitops.policy.hours import of_the_clock
from invent_gitops.policy.times import duration, moment


def objections(
    definition: Definition,
    *,
    now: datetime,
    policies: Policies,
    segments: Mapping[str, Segment],
    audience: Audience,
    timetable: Timetable,
) -> tuple[Refusal, ...]:
    """Return every guard's objection to creating `definition` at `now` (aware), also those that it waives.

    `segments` is the catalogue by id, empty if there is none; `timetable` holds what else goes out, and
    is read only if the project asks for a minimum gap.
    """
    return (
        *_schedule(definition, now, policies),
        *of_the_clock(definition, now, policies),
        *of_the_gap(definition, now, policies, timetable, segments),
        *_segments(definition, segments),
        *_audience(definition, policies, audience, segments),
    )


def is_waived(definition: Definition, refusal: Refusal) -> bool:
    """Return whether the definition sets this objection aside; some cannot be, whatever it says."""
    return refusal.policy in definition.waive and refusal.policy in (*WAIVABLE, *JUDGED_IN_INVENT)


def too_many(count: int, policies: Policies, definition: Definition) -> Refusal | None:
    """Return the objection to creating `count` broadcasts in one apply, if there is one."""
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
            f"Its time, {moment(scheduled_at, definition.timezone)}, has passed.",
            "Give it a time to come. If it was sent by other means, delete the file.",
            definition.at("schedule"),
        )
    elif scheduled_at - now < policies.minimum_lead_time:
        yield Refusal(
            "minimum-lead-time",
            f"Its time, {moment(scheduled_at, definition.timezone)}, is less than "
            f"{duration(policies.minimum_lead_time)} ahead.",
            "Move it later, or waive minimum-lead-time with a reason.",
            definition.at("schedule"),
        )


def _segments(definition: Definition, segments: Mapping[str, Segment]) -> Iterator[Refusal]:
    for id in definition.request.segment_ids:
        if id in segments and segments[id].contacts == 0:
            yield Refusal(
                "empty-segment",
                f"The segment {segments[id].name} had no contacts when the catalogue was read.",
                "Fill the segment, read the catalogue again, or waive empty-segment with a reason.",
                definition.at("segments"),
            )


def _audience(
    definition: Definition, policies: Policies, audience: Audience, segments: Mapping[str, Segment]
) -> Iterator[Refusal]:
    if policies.send_to_all_needs_reason and audience.everyone:
        yield Refusal(
            "send-to-all",
            "It would go to everyone, and policies.send_to_all_needs_reason asks for the reason in writing.",
            "Waive send-to-all with the reason, which reviewers read in the plan, or name segments.",
            definition.at("send_to_all"),
        )
    if policies.audience_cap is None:
        return
    cap = f"policies.audience_cap allows {policies.audience_cap:,}"
    if audience.everyone:
        yield Refusal(
            "audience-cap",
            f"It would go to everyone, whose number is not known here, and {cap} contacts.",
            "Name segments with a known number of contacts, or waive audience-cap with a reason.",
            definition.at("send_to_all"),
        )
    elif audience.contacts is None:
        uncounted = (id for id in definition.request.segment_ids if id not in segments or segments[id].contacts is None)
        names = ", ".join(segments[id].name if id in segments else id for id in uncounted)
        yield Refusal(
            "audience-cap",
            f"How many contacts it would reach is not known, as the catalogue has no number for {names}, and {cap}.",
            "Write the contacts_count of each segment into the catalogue, or waive audience-cap with a reason.",
            definition.at("segments"),
        )
    elif audience.contacts > policies.audience_cap:
        yield Refusal(
            "audience-cap",
            f"It would go to up to {audience.contacts:,} contacts, and {cap}.",
            "Name fewer or smaller segments, or waive audience-cap with a reason.",
            definition.at("segments"),
        )
