"""Puts today's audience beside each broadcast that is still to be sent, and says what is odd about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from invent_gitops.model.audience import AudienceWarning
from invent_gitops.model.broadcast import Catalogue, RemoteSegment, Segment
from invent_gitops.model.drift import Coverage
from invent_gitops.model.plan import Item, Plan
from invent_gitops.model.statuses import BEGUN, GONE
from invent_gitops.policy import audience_today, audience_warnings
from invent_gitops.policy.audience import audience_of
from invent_gitops.policy.renamings import Renamings
from invent_gitops.values import replace

_OTHER_SEGMENTS = (
    "None of the {:,} segments of the new broadcasts is in Invent: this looks like another account. Check the key and "
    "the org."
)


def with_audiences(
    plan: Plan, segments: Sequence[RemoteSegment] | None, catalogue: Catalogue | None, jump: int, gaps: Sequence[str]
) -> Plan:
    """`plan` with today's audience of every broadcast that is still to be sent, and with what is odd about it.

    `segments` are all of Invent's, or None if they could not be read; `gaps` then says why. `jump` is
    `policies.audience_jump`.
    """
    look = replace(plan.look or Coverage(), gaps=(*(plan.look.gaps if plan.look else ()), *gaps))
    if segments is None:
        return replace(plan, look=look)
    live = {segment.id: segment.contacts for segment in segments}
    pulled = catalogue.by_id() if catalogue else {}
    waiting = [item for item in plan.items if _to_be_sent(item, plan.context.at)]
    meant = {id for item in waiting for id in item.request.segment_ids}
    if len(meant) > 1 and not meant & live.keys():
        return replace(plan, look=replace(look, gaps=(*look.gaps, _OTHER_SEGMENTS.format(len(meant)))))
    named = {segment.id: Segment(segment.name, segment.id) for segment in segments if segment.name} | pulled
    renamings = Renamings(catalogue, segments)
    warnings = {
        item.key: (
            *renamings.warnings(item.request, _written(item)),
            *audience_warnings(item.request, pulled, live, jump),
        )
        for item in waiting
    }
    judged = {item.key: _judged(item, live, named, warnings[item.key]) for item in waiting}
    items = tuple(judged.get(item.key, item) for item in plan.items)
    names = {segment.id: segment.name for segment in segments if segment.name}
    return replace(plan, items=items, look=look, context=plan.context.naming(names))


def _written(item: Item) -> Sequence[str]:
    return item.definition.segments if item.definition else ()


def _judged(
    item: Item,
    live: Mapping[str, int | None],
    named: Mapping[str, Segment],
    warnings: tuple[AudienceWarning, ...],
) -> Item:
    audience = replace(audience_of(item.request, named), contacts=audience_today(item.request, live), today=True)
    return replace(item, audience=audience, remarks=replace(item.remarks, warnings=warnings))


def _to_be_sent(item: Item, now: datetime) -> bool:
    """Return whether anybody is still to be messaged: not what is past, gone or cancelled."""
    status = item.drift.status if item.drift else item.record.status if item.record else ""
    if status in (*BEGUN, "CANCELLED", GONE):
        return False
    at = item.request.scheduled_at
    return item.record is None or at is None or at > now
