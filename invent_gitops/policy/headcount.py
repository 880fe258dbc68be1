"""As many people as were reviewed: today's audience against the numbers that people have agreed to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from invent_gitops.model.audience import AudienceReading, Headcount, Reviewed, exceeds
from invent_gitops.model.broadcast import Definition, Request, Segment
from invent_gitops.model.plan import Refusal
from invent_gitops.policy.audience import change_share

POLICY = "audience-jump"
_PULL = "invent-gitops segments pull"


def reviewed_audience(
    request: Request, segments: Mapping[str, Segment], *, approved: int | None = None, everyone: int | None = None
) -> Reviewed | None:
    """Return how many contacts people have agreed to message with `request`, or None where no number was reviewed.

    `approved` is the number of the approved plan, `segments` the catalogue by id; segments without a count are left
    out. `everyone` is for how many contacts the last broadcast to everyone was created, since no catalogue says that.
    """
    if request.send_to_all:
        return None if everyone is None else Reviewed(everyone, (), "the last broadcast to everyone")
    counts = {id: segments[id].contacts for id in request.segment_ids if id in segments}
    counted = {id: count for id, count in counts.items() if count is not None}
    if approved is not None:
        return Reviewed(approved, request.segment_ids, "the approved plan", counted)
    return Reviewed(sum(counted.values()), tuple(counted), "the catalogue", counted) if counted else None


def audience_refusal(
    definition: Definition, reviewed: Reviewed, reading: AudienceReading, segments: Mapping[str, Segment], jump: int
) -> Refusal | None:
    """Return the objection to messaging more contacts than were reviewed, or to not knowing how many it would be
    today.
    """
    position = definition.at("send_to_all" if definition.request.send_to_all else "segments")
    if reading.fault:
        number = f"{reviewed.contacts:,} contacts of {reviewed.source}"
        message = f"The {number} cannot be compared with today's: {reading.fault}"
        return Refusal(POLICY, message, f"Run it again, or waive {POLICY} with a reason.", position)
    if fault := _uncounted(reviewed, reading, segments):
        message, cure = fault
        return Refusal(POLICY, message, f"{cure} Or waive {POLICY} with a reason.", position)
    today = _today(reviewed, reading)
    if not exceeds(today, reviewed.contacts, jump):
        return None
    least = "at least" if definition.request.send_to_all else "up to"
    share = change_share(reviewed.contacts, today, jump)
    message = (
        f"It would go to {least} {today:,} contacts today, and {reviewed.source} has "
        f"{reviewed.contacts:,}{share}{_grown(reviewed, reading, segments, jump)}. "
        f"policies.audience_jump lets {jump}% more through: up to {reviewed.contacts * (100 + jump) // 100:,}."
    )
    cure = f"Look in Invent. If that is right, have the new number reviewed: {_PULL}. Or waive {POLICY} with a reason."
    if definition.request.send_to_all:
        # No catalogue has that number: only a broadcast that was created sets the next one.
        cure = f"Look in Invent. If that is right, waive {POLICY} with a reason."
    return Refusal(POLICY, message, cure, position)


def headcount_of(reviewed: Reviewed | None, request: Request, contacts: int | None, jump: int) -> Headcount | None:
    """Return the contacts that Invent has created `request` for, beside what was reviewed; None where either is
    unknown.
    """
    complete = reviewed is not None and reviewed.segment_ids == request.segment_ids
    if contacts is None or reviewed is None or not complete:
        return None
    return Headcount(contacts, reviewed.contacts, reviewed.source, jump)


def _uncounted(reviewed: Reviewed, reading: AudienceReading, segments: Mapping[str, Segment]) -> tuple[str, str] | None:
    """Return why today's number is not known of a segment whose number was reviewed, and the cure."""
    for id in reviewed.segment_ids:
        label = f"{segments[id].name} ({id})" if id in segments and segments[id].name != id else id
        if id in reading.contacts and reading.contacts[id] is None:
            message = f"Invent shows no count for the segment {label}, so the reach today is unknown."
            return message, "Check the segment in Invent."
    return None


def _today(reviewed: Reviewed, reading: AudienceReading) -> int:
    """Return up to how many contacts today, none of a segment that is gone; of everyone, those of the largest
    segment.
    """
    if reviewed.segment_ids:
        return sum(reading.contacts.get(id) or 0 for id in reviewed.segment_ids)
    return max((count or 0 for count in reading.contacts.values()), default=0)


def _grown(reviewed: Reviewed, reading: AudienceReading, segments: Mapping[str, Segment], jump: int) -> str:
    """Return which segments have grown, of several."""
    if len(reviewed.segment_ids) < 2:
        return ""
    grown = list(_each_grown(reviewed, reading, segments, jump))
    return f": {', '.join(grown)}" if grown else ""


def _each_grown(
    reviewed: Reviewed, reading: AudienceReading, segments: Mapping[str, Segment], jump: int
) -> Iterator[str]:
    for id, before in reviewed.by_segment.items():
        now = reading.contacts.get(id) or 0
        if exceeds(now, before, jump):
            yield f"{segments[id].name} {before:,} → {now:,}"
