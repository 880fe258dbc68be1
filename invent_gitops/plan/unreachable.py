"""Finds the edits and deletions that will not reach Invent, of broadcasts that are still to be sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property

from invent_gitops.compare import field_changes
from invent_gitops.model.broadcast import WRITTEN_AS, Definition, Request, Segment, read_request
from invent_gitops.model.command import Command
from invent_gitops.model.plan import Audience, FieldChange, Item, Plan, Refusal
from invent_gitops.model.problem import Position
from invent_gitops.model.record import Record
from invent_gitops.model.statuses import NOT_TO_COME
from invent_gitops.model.unreachable import POLICY, ManualStep, UnreachablePolicy, Unreached
from invent_gitops.policy.audience import audience_of
from invent_gitops.text.commands import words
from invent_gitops.text.times import moment

_REFRESH = ManualStep("Then let the record follow:", Command("refresh"))
_REFRESH_LATER = ManualStep(
    "Once the file keeps the rules, change it in Invent, and let the record follow:", Command("refresh")
)
# The rules that an edit of each field can break.
_OF_THE_HOUR = (
    "schedule-in-past",
    "minimum-lead-time",
    "allow-immediate",
    "quiet-hours",
    "blackout-days",
    "minimum-gap",
)
_OF_THE_AUDIENCE = ("send-to-all", "audience-cap", "empty-segment", "minimum-gap")
_RULES_OF = {"scheduled_at": _OF_THE_HOUR, "segment_ids": _OF_THE_AUDIENCE, "send_to_all": _OF_THE_AUDIENCE}


def unreachable(
    plan: Plan, policy: UnreachablePolicy, segments: Mapping[str, Segment], project_file: str = ""
) -> tuple[Unreached, ...]:
    """Return every edit and deletion that will not reach Invent and still matters, soonest first.

    What is over, or whose hour has passed, does not matter; nor does an edit that Invent shows already. Drift counts
    where the plan has it. What is in doubt is left to `resolve`. `segments` is the catalogue by id, `project_file` the
    place of a deletion ("" for none).
    """
    renames = _Renames(plan)
    edits: list[Unreached] = []
    for item in plan.items:
        if item.action == "unchanged" or not _exists(item):
            continue
        if item.definition:
            edits += _edit(item, item.definition, plan, policy, segments)
        else:
            edits += _deletion(item, plan, policy, segments, project_file, renames)
    return tuple(sorted(edits, key=lambda edit: (edit.at or datetime.min.replace(tzinfo=UTC), edit.key)))


def _exists(item: Item) -> bool:
    """Return whether its broadcast may still be sent, as far as its status tells; a second one for a key has its own
    page.
    """
    record = item.record
    if record is None or item.intent or record.note.role == "second":
        return False
    status = item.drift.status if item.drift else record.status
    return status not in NOT_TO_COME


def _edit(
    item: Item, definition: Definition, plan: Plan, policy: UnreachablePolicy, segments: Mapping[str, Segment]
) -> Iterator[Unreached]:
    record = item.record
    # What Invent shows otherwise while the file is as it was is drift, and no edit of the file.
    if record is None or record.request.looks_like(definition.request):
        return
    live = _live(record, item)
    if live.looks_like(definition.request) or not any(
        _is_to_come(request.scheduled_at, plan.context.at) for request in (live, definition.request)
    ):
        return
    # What Invent shows otherwise than the record was not compared yet.
    changes = item.changes if live is record.request and item.changes else field_changes(live, definition.request)
    reason = definition.waive.get(POLICY) or policy.waived.get(item.key, "")
    refused = policy.refuse and not reason
    by_rules = item.remarks.zone_change and [change.field for change in changes] == ["scheduled_at"]
    fields = (WRITTEN_AS.get(change.field, change.field) for change in changes)
    position = next((definition.marks[name] for name in fields if name in definition.marks), definition.position)
    yield Unreached(
        item.key,
        "zone-change" if by_rules else "edit",
        live.name,
        record.id,
        live.scheduled_at,
        _audience(item, live, segments),
        changes,
        tuple(_steps_of_edit(item, definition, live, changes, plan, segments, refused=refused)),
        definition.timezone,
        position,
        reason,
        refused,
    )


def _deletion(
    item: Item,
    plan: Plan,
    policy: UnreachablePolicy,
    segments: Mapping[str, Segment],
    project_file: str,
    renames: _Renames,
) -> Iterator[Unreached]:
    record = item.record
    if record is None:
        return
    live = _live(record, item)
    if renames.surely(record) or not _is_to_come(live.scheduled_at, plan.context.at):
        return
    reason = policy.waived.get(item.key, "")
    refused = policy.refuse and not reason
    yield Unreached(
        item.key,
        "deletion",
        live.name,
        record.id,
        live.scheduled_at,
        _audience(item, live, segments),
        steps=tuple(_steps_of_deletion(item.key, renames.perhaps(record), refused=refused)),
        # Of what was deleted, the zone that was reviewed is on record.
        timezone=record.local.timezone if record.local else "",
        position=Position(project_file) if project_file else None,
        waived=reason,
        refused=refused,
    )


def _is_to_come(at: datetime | None, now: datetime) -> bool:
    """Return whether its hour is still to come; of what has no hour, only its status tells that it was sent."""
    return at is None or at > now


def _live(record: Record, item: Item) -> Request:
    """Return what Invent has: as it was recorded, with what Invent was seen to show otherwise."""
    seen_there = {change.field: change.new for change in item.drift.changes} if item.drift else {}
    return read_request({**record.request.as_json(), **seen_there}) if seen_there else record.request


def _audience(item: Item, live: Request, segments: Mapping[str, Segment]) -> Audience:
    # The item's own may have been read from Invent today.
    same = (item.request.segment_ids, item.request.send_to_all) == (live.segment_ids, live.send_to_all)
    return item.audience if item.audience and same else audience_of(live, segments)


class _Renames:
    """The refused definitions without a record: one that is recorded may have been renamed to one of them."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @cached_property
    def _items(self) -> Sequence[Item]:
        return [item for item in self._plan.having("refused") if item.record is None]

    @cached_property
    def _exactly(self) -> set[Request]:
        return {item.request.plain for item in self._items}

    @cached_property
    def _keys(self) -> Mapping[tuple[object, ...], str]:
        similar = (item for item in self._items if any(it.policy == "possible-rename" for it in item.refusals))
        return {trait: item.key for item in similar for trait in item.request.traits}

    def surely(self, record: Record) -> bool:
        """Return whether its request has another key now, so that `state mv` is all that is left: the refusal says
        so.
        """
        return any(request.plain in self._exactly for request in record.requests)

    def perhaps(self, record: Record) -> str:
        """Return the key of a definition that looks like it, or ""."""
        traits = (trait for request in record.requests for trait in request.traits)
        return next((self._keys[trait] for trait in traits if trait in self._keys), "")


# ---------------------------------------------------------------- what a person has to do


def _steps_of_edit(
    item: Item,
    definition: Definition,
    live: Request,
    changes: tuple[FieldChange, ...],
    plan: Plan,
    segments: Mapping[str, Segment],
    *,
    refused: bool,
) -> Iterator[ManualStep]:
    wishes = "; ".join(_wishes(changes, definition, plan, segments))
    broken = _broken(item, changes)
    if broken:
        yield from _not_yet(wishes, broken, hour_has_passed=not _is_to_come(live.scheduled_at, plan.context.at))
    elif item.remarks.zone_change:
        yield ManualStep(item.remarks.zone_change.message)
    elif not _is_to_come(live.scheduled_at, plan.context.at):
        yield ManualStep(
            "Its time in Invent has passed: check there whether it was sent. A sent broadcast is not sent again."
        )
        yield ManualStep(f"If it was not sent, in Invent: {wishes}.")
        yield ManualStep("If it was, undo the edit, and write a file of its own for a new send.")
    else:
        yield ManualStep(f"In Invent: {wishes}.")
    yield _REFRESH_LATER if broken else _REFRESH
    if refused:
        yield ManualStep(
            f"Or undo the edit in {definition.position.file}, or waive {POLICY} there with a reason.", instead=True
        )
    else:
        yield ManualStep(f"Or undo the edit in {definition.position.file}.", instead=True)


def _broken(item: Item, changes: tuple[FieldChange, ...]) -> tuple[Refusal, ...]:
    """Return the rules that the edit itself breaks; what it leaves as it is in Invent is none of its doing."""
    concerned = {rule for change in changes for rule in _RULES_OF.get(change.field, ())}
    return tuple(refusal for refusal in item.remarks.broken_rules if refusal.policy in concerned)


def _not_yet(wishes: str, broken: tuple[Refusal, ...], *, hour_has_passed: bool) -> Iterator[ManualStep]:
    """Yield what must not be done in Invent, and each rule that stands against it with its cure."""
    if hour_has_passed:
        yield ManualStep("Its hour in Invent has passed: look there whether it was sent.")
    rules = tuple(refusal.policy for refusal in broken)
    listed = " and ".join(filter(None, (", ".join(rules[:-1]), rules[-1])))
    yield ManualStep(f"Do not do this in Invent yet: {wishes}. It breaks {listed}.", breaks=rules)
    for refusal in broken:
        # What exists is not to be deleted, as what was never created may be.
        cure = "Give it a time to come." if refusal.policy == "schedule-in-past" else refusal.cure
        yield ManualStep(f"{refusal.policy}: {refusal.message} {cure}")


def _wishes(
    changes: tuple[FieldChange, ...], definition: Definition, plan: Plan, segments: Mapping[str, Segment]
) -> Iterator[str]:
    """Yield what the file asks for, as wishes to a person; two fields say whom it goes to."""
    fields, request = {change.field for change in changes}, definition.request
    if "name" in fields:
        yield f"rename it to “{request.name}”"
    if "scheduled_at" in fields:
        at = request.scheduled_at
        yield f"move it to {moment(at, definition.timezone or plan.context.zone)}" if at else "send it at once"
    if fields & {"segment_ids", "send_to_all"}:
        names = ", ".join(plan.context.names.get(id, id) for id in request.segment_ids)
        contacts = audience_of(request, segments).contacts
        size = f" (up to {contacts:,} contacts)" if contacts is not None else ""
        yield "send it to everyone" if request.send_to_all else f"send it to {names}{size}"


def _steps_of_deletion(key: str, to: str, *, refused: bool) -> Iterator[ManualStep]:
    if to:
        yield ManualStep(
            f"If its file was renamed to {to}, leave Invent as it is:", Command("state mv", words(key, to))
        )
    yield ManualStep(f"{'If not, in' if to else 'In'} Invent: cancel it.")
    yield _REFRESH
    if refused:
        yield ManualStep(
            "Or put its file back, or waive it in the project file: policies.unreachable_edits.waive.", instead=True
        )
    else:
        yield ManualStep("Or put its file back.", instead=True)
