"""Compares definitions with the recorded state and says what each key needs; it changes nothing and calls nobody."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from invent_gitops import policy
from invent_gitops.model.broadcast import Catalogue, Definition, Remote, Request, Segment
from invent_gitops.model.command import quoted, resolving, words
from invent_gitops.model.plan import Audience, FieldChange, Item, Plan, Refusal
from invent_gitops.model.project import Policies
from invent_gitops.model.state import State


def make_plan(
    definitions: Sequence[Definition],
    state: State,
    *,
    policies: Policies,
    catalogue: Catalogue | None,
    now: datetime,
    only: Callable[[str], bool] = lambda key: True,
    strict: bool = False,
    live: Sequence[Remote] = (),
    newest: Mapping[str, Request] | None = None,
    flags: str = "",
) -> Plan:
    """The plan for all keys that `only` lets through; `now` is aware.

    Guards look at every definition and every record, whatever `only` says. With `strict`, an edit
    of a broadcast that exists is refused instead of shown. `live` is what the API lists, if somebody
    looked: what is there already and recorded nowhere is not created a second time. `newest` is what a newer
    commit defines, if this is an older one's: what is not so there any more is not created. `flags`
    are the options that a printed command needs.
    """
    defined = {definition.key for definition in definitions}
    # Only a minimum gap asks what else goes out, and without one nobody pays for the answer.
    calendar = policy.calendar_of(definitions, state, now) if policies.minimum_gap else policy.Calendar()
    planner = _Planner(state, policies, catalogue, now, strict, defined, live, newest, flags, calendar)
    items = [planner.of_definition(definition) for definition in definitions if only(definition.key)]
    gone = (state.broadcasts.keys() | state.intents.keys()) - defined
    items += [planner.without_definition(key) for key in gone if only(key)]
    items.sort(key=lambda item: item.key)
    items = _bounded(items, policies)
    names = {id: segment.name for id, segment in catalogue.by_id().items()} if catalogue else {}
    return Plan(
        at=now,
        items=tuple(items),
        digest=digest((item.key, item.request) for item in items if item.action == "create"),
        org=state.org,
        api=state.api,
        lineage=state.lineage,
        serial=state.serial,
        segment_names=names,
    )


def digest(requests: Iterable[tuple[str, Request]]) -> str:
    """`sha256:…` over the normalised requests with their keys, in the order of the keys."""
    return digest_of(entry(key, request) for key, request in sorted(requests, key=lambda it: it[0]))


def entry(key: str, request: Request) -> str:
    """What the digest has of one request: whoever asks for many digests of the same ones writes them down once."""
    return json.dumps({"key": key, "request": request.as_json()}, sort_keys=True, separators=(",", ":"))


def digest_of(entries: Iterable[str]) -> str:
    """The digest over entries in the order of their keys."""
    return "sha256:" + hashlib.sha256(f"[{','.join(entries)}]".encode()).hexdigest()


def field_changes(old: Request, new: Request) -> tuple[FieldChange, ...]:
    """The fields of the request that differ, in the order of the API's documentation."""
    # Imported here: most plans have no edited broadcast, and the import takes longer than the plan.
    from deepdiff import DeepDiff

    before, after = old.as_json(), new.as_json()
    difference = DeepDiff(before, after, view="tree")
    changed = {level.path(output_format="list")[0] for group in difference.values() for level in group}
    return tuple(FieldChange(field, before[field], after[field]) for field in before if field in changed)


def audience_of(request: Request, segments: Mapping[str, Segment]) -> Audience:
    """Whom `request` would reach, with the names and numbers of `segments`, the catalogue by id."""
    if request.send_to_all:
        return Audience((), True, None)
    known = [segments.get(id) for id in request.segment_ids]
    names = tuple(segment.name if segment else id for id, segment in zip(request.segment_ids, known, strict=True))
    counts = [segment.contacts if segment else None for segment in known]
    complete = [count for count in counts if count is not None]
    return Audience(names, False, sum(complete) if len(complete) == len(counts) else None)


class _Planner:
    def __init__(
        self,
        state: State,
        policies: Policies,
        catalogue: Catalogue | None,
        now: datetime,
        strict: bool,
        defined: set[str],
        live: Sequence[Remote],
        newest: Mapping[str, Request] | None,
        flags: str,
        calendar: policy.Calendar,
    ) -> None:
        self.state, self.policies, self.now, self.strict = state, policies, now, strict
        self.newest, self.flags, self.calendar = newest, flags, calendar
        self.holders = _holders(state)
        # What no record knows weighs more than what one does.
        known = {record.id for record in state.broadcasts.values()}
        self.live = {_request_of(remote): remote for remote in sorted(live, key=lambda one: one.id not in known)}
        self.keys = {record.id: key for key, record in state.broadcasts.items()}
        self.defined, self.orphans = defined, _orphans(state, defined, now)
        self.segments = catalogue.by_id() if catalogue else {}

    def of_definition(self, definition: Definition) -> Item:
        key, request = definition.key, definition.request
        record = self.state.broadcasts.get(key)
        if record and record.request == request and key not in self.state.intents:
            return Item(key, "unchanged", request, definition, record)
        audience = audience_of(request, self.segments)
        item = Item(key, "create", request, definition, record, audience=audience)
        if key in self.state.intents:
            return replace(item, action="blocked", intent=self.state.intents[key])
        if record:
            changes = field_changes(record.request, request)
            if self.strict:
                return replace(item, action="refused", changes=changes, refusals=(_edited(definition),))
            return replace(item, action="changed", changes=changes)
        objections = self.never_twice(definition) or self.objections(definition, audience)
        return replace(item, action="refused", refusals=objections) if objections else item

    def without_definition(self, key: str) -> Item:
        record, intent = self.state.broadcasts.get(key), self.state.intents.get(key)
        if intent:
            audience = audience_of(intent.request, self.segments)
            return Item(key, "blocked", intent.request, record=record, intent=intent, audience=audience)
        assert record is not None
        return Item(key, "undefined", record.request, record=record)

    def objections(self, definition: Definition, audience: Audience) -> tuple[Refusal, ...]:
        """All that can be said against a new broadcast, at once, so that no waiver brings up another objection."""
        return (
            self.superseded(definition)
            + self.renamed(definition)
            + policy.refusals(
                definition,
                now=self.now,
                policies=self.policies,
                segments=self.segments,
                audience=audience,
                calendar=self.calendar,
            )
        )

    def never_twice(self, definition: Definition) -> tuple[Refusal, ...]:
        """The rule that is not a policy: no key and no request is ever created a second time."""
        key = definition.key
        if key in self.state.removed:
            removal = self.state.removed[key]
            return (
                Refusal(
                    "removed",
                    f"This key was removed from the state ({removal.reason}); it stood for the broadcast {removal.id}.",
                    "Delete the file, or give the new broadcast a key and a name of its own.",
                    definition.at("key"),
                ),
            )
        holder = self.holders.get(definition.request)
        if holder is None:
            return self.found_in_invent(definition)
        how, other = holder
        if how == "recorded":
            message = f"The same request is recorded under the key {other} already: it would message people twice."
            cure = f"If the file was renamed: {self.move(other, key)}"
        elif how == "formerly":
            message = f"The same request was sent for the key {other}, whose broadcast was edited in Invent since then."
            cure = f"If it is the same one: {self.move(other, key)} . If it is a new one, give it another name or time."
        elif how == "intended":
            message = f"The same request is in doubt under the key {other}: it may have been created."
            cure = f"Settle it first: {resolving(self.flags, other, '--id ID')}, or --not-created --reason …"
        else:
            message = f"The same request was removed from the state under the key {other}."
            cure = "If it is to be a new broadcast, give it another name or time."
        return (Refusal("same-request", message, cure, definition.position),)

    def found_in_invent(self, definition: Definition) -> tuple[Refusal, ...]:
        """Whatever became of the state: what is in Invent already is not sent a second time."""
        remote = self.live.get(definition.request)
        if remote is None:
            return ()
        message = f"Invent has a broadcast exactly like this one, which no record knows: {remote.id} ({remote.status})."
        same = resolving(self.flags, definition.key, "--id " + quoted(remote.id))
        if remote.id in self.keys:
            other = self.keys[remote.id]
            message = f"By an edit in Invent, {remote.id} is exactly like this one, and it belongs to the key {other}."
            same = self.move(other, definition.key)
        cure = f"If it is the same: {same} . If it is another, give this one a name or a time of its own."
        return (Refusal("exists-already", message, cure, definition.position),)

    def superseded(self, definition: Definition) -> tuple[Refusal, ...]:
        """A run of an older commit, started again, must not send what people have taken back or changed since."""
        if self.newest is None or self.newest.get(definition.key) == definition.request:
            return ()
        how = "defines it differently" if definition.key in self.newest else "does not define it any more"
        message = f"This run is of an older commit, and the newest one of the branch {how}."
        cure = "Nothing is to be done if that is meant: the run of the newest commit creates what it defines."
        return (Refusal("superseded", message, cure, definition.position),)

    def renamed(self, definition: Definition) -> tuple[Refusal, ...]:
        """A file that was renamed and edited at once looks like a new broadcast, and would be a second one."""
        request = definition.request
        if "possible-rename" in definition.waive:
            return ()
        other = next((self.orphans[trait] for trait in request.traits if trait in self.orphans), None)
        if other is None:
            return ()
        message = f"It looks like {other}, which was created, is still to be sent, and has no file any more."
        same = self.move(other, definition.key)
        if other in self.defined:
            message = f"It looks like {other}, which was imported from Invent, and is still to be sent."
            same = f"delete the file of {other}, then {same}"
        cure = f"If it is the same one: {same} . If it is a new one, waive possible-rename with a reason."
        return (Refusal("possible-rename", message, cure, definition.position),)

    def move(self, key: str, to: str) -> str:
        return f"invent-gitops state mv{self.flags} {words(key, to)}"


def _holders(state: State) -> Mapping[Request, tuple[str, str]]:
    """Which key already holds a request, and in what way; a record weighs more than a doubt or a tombstone."""
    holders: dict[Request, tuple[str, str]] = {}
    for key, removal in state.removed.items():
        holders |= dict.fromkeys(removal.requests, ("removed", key))
    for key, record in state.broadcasts.items():
        holders |= dict.fromkeys(record.formerly, ("formerly", key))
    for key, intent in state.intents.items():
        holders[intent.request] = ("intended", key)
    for key, record in state.broadcasts.items():
        holders[record.request] = ("recorded", key)
    return holders


def _request_of(remote: Remote) -> Request:
    return Request(remote.name, remote.scheduled_at, remote.segment_ids, remote.send_to_all)


def _orphans(state: State, defined: set[str], now: datetime) -> dict[tuple[object, ...], str]:
    """By trait, the keys that are still to be sent, and that no file defines any more or that were imported."""
    return {
        trait: key
        # Those without a file come last, and so before the others.
        for key, record in sorted(state.broadcasts.items(), key=lambda it: it[0] not in defined)
        # What was imported may be what another file was created as, before the state was lost.
        if key not in defined or record.how == "imported"
        # A file that was renamed may say what was sent, or what an edit in Invent has made of it.
        for request in record.requests
        if request.scheduled_at is not None and request.scheduled_at > now
        for trait in request.traits
    }


def _bounded(items: list[Item], policies: Policies) -> list[Item]:
    creates = [item for item in items if item.action == "create"]
    bounded = {}
    for item in creates:
        assert item.definition is not None
        refusal = policy.too_many(len(creates), policies, item.definition)
        if refusal:
            bounded[item.key] = replace(item, action="refused", refusals=(refusal,))
    return [bounded.get(item.key, item) for item in items]


def _edited(definition: Definition) -> Refusal:
    return Refusal(
        "strict",
        "It was edited after it was created, and the API has no update.",
        "Undo the edit, or make the change in Invent by hand and plan without --strict.",
        definition.position,
    )
