"""Holds what a plan would create to the numbers of contacts that people have agreed to."""

from __future__ import annotations

from collections.abc import Mapping

from invent_gitops.model.audience import AudienceReading, Headcount, Reviewed
from invent_gitops.model.broadcast import Request, Segment
from invent_gitops.model.plan import Item, Plan
from invent_gitops.model.state import State
from invent_gitops.policy.guards import is_waived
from invent_gitops.policy.headcount import POLICY, audience_refusal, headcount_of, reviewed_audience
from invent_gitops.values import Struct, field, replace

# Keys that a note names.
_NAMED = 5


class Headcounts(Struct, frozen=True):
    """The numbers that were reviewed: `approved` by key, of the approved plan, before those of the catalogue.

    `segments` is the catalogue by id. `everyone` is for how many contacts the last broadcast to everyone was created;
    `jump` is `policies.audience_jump`.
    """

    jump: int
    segments: Mapping[str, Segment] = field(default_factory=dict)
    approved: Mapping[str, int] = field(default_factory=dict)
    everyone: int | None = None

    def reviewed(self, key: str, request: Request) -> Reviewed | None:
        """Return what was reviewed for the request of `key`, or None where no number was."""
        return reviewed_audience(request, self.segments, approved=self.approved.get(key), everyone=self.everyone)

    def headcount(self, item: Item, contacts: int | None) -> Headcount | None:
        """Return the contacts that an answer names, beside those that were reviewed."""
        return headcount_of(self.reviewed(item.key, item.request), item.request, contacts, self.jump)


def last_to_everyone(state: State) -> int | None:
    """For how many contacts the newest recorded broadcast to everyone was created, or None where nobody knows."""
    records = [it for it in state.broadcasts.values() if it.sent.send_to_all and it.counts.contacts is not None]
    newest = max(records, key=lambda record: (record.provenance.at, record.id), default=None)
    return newest.counts.contacts if newest else None


def held_to_reviewed(plan: Plan, headcounts: Headcounts, reading: AudienceReading | None) -> Plan:
    """`plan`, in which a create for more contacts than were reviewed is refused, unless its definition waives that.

    `reading` is None before anybody has looked; nothing is judged then.
    """
    if reading is None or not plan.counts["create"]:
        return plan
    return replace(plan, items=tuple(_judged(item, headcounts, reading) for item in plan.items))


def needs_reading(plan: Plan, headcounts: Headcounts) -> bool:
    """Return whether the plan would create anything whose number was reviewed, and is to be compared."""
    return any(headcounts.reviewed(item.key, item.request) and not _waives(item) for item in plan.having("create"))


def reviewed_segments(plan: Plan, headcounts: Headcounts) -> set[str]:
    """Return the ids of the segments whose numbers were reviewed, of all that would be created."""
    audiences = (headcounts.reviewed(item.key, item.request) for item in plan.having("create"))
    return {id for reviewed in audiences if reviewed for id in reviewed.segment_ids}


def uncompared(plan: Plan, headcounts: Headcounts) -> str:
    """Return the note on creates whose audience is compared with nothing, since no number was reviewed; "" without
    any.
    """
    items = [item for item in plan.having("create") if not _complete(headcounts.reviewed(item.key, item.request), item)]
    if not items:
        return ""
    keys = ", ".join(item.key for item in items[:_NAMED]) + (", …" if len(items) > _NAMED else "")
    everyone = all(item.request.send_to_all for item in items)
    reason = "no broadcast to everyone was created before" if everyone else "the catalogue does not count all of it"
    cure = "" if everyone else " To have numbers to review: invent-gitops segments pull"
    return f"Today's number of contacts was not compared with a reviewed one, since {reason}: {keys}.{cure}"


def _complete(reviewed: Reviewed | None, item: Item) -> bool:
    return reviewed is not None and reviewed.segment_ids == item.request.segment_ids


def _waives(item: Item) -> bool:
    return POLICY in item.waived


def _judged(item: Item, headcounts: Headcounts, reading: AudienceReading) -> Item:
    reviewed = headcounts.reviewed(item.key, item.request) if item.action == "create" else None
    if reviewed is None or item.definition is None:
        return item
    refusal = audience_refusal(item.definition, reviewed, reading, headcounts.segments, headcounts.jump)
    if refusal is None or is_waived(item.definition, refusal):
        return item
    return replace(item, action="refused", refusals=(refusal,))
