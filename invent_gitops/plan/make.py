"""Compares definitions with the recorded state and says what each key needs; it changes nothing and calls nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from operator import attrgetter

from invent_gitops import policy
from invent_gitops.compare import field_changes
from invent_gitops.model.broadcast import Catalogue, Definition, Remote, Request
from invent_gitops.model.context import Context
from invent_gitops.model.listing import Reach
from invent_gitops.model.local import zone_change
from invent_gitops.model.plan import Audience, Item, Plan, Refusal, Remarks
from invent_gitops.model.project import JUDGED_IN_INVENT, Policies
from invent_gitops.model.state import State
from invent_gitops.plan.duplicates import Duplicates
from invent_gitops.policy.audience import audience_of
from invent_gitops.values import Struct, replace
from invent_gitops.zonedata import zone_data_version


class Terms(Struct, frozen=True):
    """What a project plans by. With `strict`, an edit of a broadcast that exists is refused instead of shown."""

    policies: Policies
    catalogue: Catalogue | None
    strict: bool = False


class LiveList(Struct, frozen=True):
    """What the API lists, if somebody looked, and how far that list was read."""

    live: Sequence[Remote] = ()
    reach: Reach = ""


NOT_LOOKED = LiveList()


def make_plan(
    definitions: Sequence[Definition],
    state: State,
    *,
    terms: Terms,
    context: Context,
    only: Callable[[str], bool] = lambda key: True,
    listed: LiveList = NOT_LOOKED,
    newest: Mapping[str, Request] | None = None,
) -> Plan:
    """Return the plan for all keys that `only` lets through. `context` is its moment, and the account of the state.

    Guards look at every definition and every record, whatever `only` says. What is `listed` already and
    recorded nowhere is not created a second time; what was declared not to have been created is refused
    where the list was not read to its end. `newest` is what a newer
    commit defines, if this is an older one's: what is not so there any more is not created.
    """
    defined = {definition.key for definition in definitions}
    policies, live, reach, now = terms.policies, listed.live, listed.reach, context.at
    # Only a minimum gap asks what else goes out, and only of what is new or edited: nobody else pays for the answer.
    timetable = cache(
        lambda: policy.timetable_of(definitions, state, now) if policies.minimum_gap else policy.Timetable()
    )
    duplicates = Duplicates(definitions, state, live, now, reach)
    planner = _Planner(state, terms, now, duplicates, newest, timetable)
    items = [planner.of_definition(definition) for definition in definitions if only(definition.key)]
    gone = (state.broadcasts.keys() | state.intents.keys()) - defined
    items += [planner.without_definition(key) for key in gone if only(key)]
    items.sort(key=attrgetter("key"))
    items = _bounded(items, policies)
    blackout_days = policies.blackout_days.spans if policies.blackout_days else ()
    return Plan(
        context,
        tuple(items),
        state.lineage,
        state.serial,
        zone_data=zone_data_version(),
        blackout_days=blackout_days,
    )


class _Planner:
    def __init__(
        self,
        state: State,
        terms: Terms,
        now: datetime,
        duplicates: Duplicates,
        newest: Mapping[str, Request] | None,
        timetable: Callable[[], policy.Timetable],
    ) -> None:
        self.state, self.policies, self.now, self.strict = state, terms.policies, now, terms.strict
        self.duplicates, self.newest, self.timetable = duplicates, newest, timetable
        self.segments = terms.catalogue.by_id() if terms.catalogue else {}

    def of_definition(self, definition: Definition) -> Item:
        key, request = definition.key, definition.request
        record = self.state.broadcasts.get(key)
        if record and record.request.looks_like(request) and key not in self.state.intents:
            return Item(key, "unchanged", request, definition, record)
        audience = audience_of(request, self.segments)
        item = Item(key, "create", request, definition, record, audience=audience)
        if key in self.state.intents:
            return replace(item, action="blocked", intent=self.state.intents[key])
        if record:
            remarks = Remarks(
                zone_change=zone_change(record, definition), broken_rules=self.broken(definition, audience)
            )
            item = replace(item, changes=field_changes(record.request, request), remarks=remarks)
            if self.strict:
                return replace(item, action="refused", refusals=(_edited(item, definition),))
            return replace(item, action="changed")
        remarks = Remarks(absence=self.duplicates.declared(definition))
        item = replace(item, remarks=remarks)
        certain = self.duplicates.certain(definition)
        if certain:
            return replace(item, action="refused", refusals=certain)
        objections = self.objections(definition, audience)
        lifted = {refusal.policy for refusal in objections if policy.is_waived(definition, refusal)}
        unneeded = tuple(sorted(definition.waive.keys() - lifted - {*JUDGED_IN_INVENT}))
        item = replace(item, remarks=replace(remarks, unneeded_waivers=unneeded))
        refusals = tuple(refusal for refusal in objections if not policy.is_waived(definition, refusal))
        return replace(item, action="refused", refusals=refusals) if refusals else item

    def without_definition(self, key: str) -> Item:
        record, intent = self.state.broadcasts.get(key), self.state.intents.get(key)
        if intent:
            audience = audience_of(intent.request, self.segments)
            return Item(key, "blocked", intent.request, record=record, intent=intent, audience=audience)
        assert record is not None
        return Item(key, "undefined", record.request, record=record)

    def broken(self, definition: Definition, audience: Audience) -> tuple[Refusal, ...]:
        """Return the policies' objections to what is defined, as for a create, without those that it waives."""
        objections = self.of_policies(definition, audience)
        return tuple(refusal for refusal in objections if not policy.is_waived(definition, refusal))

    def objections(self, definition: Definition, audience: Audience) -> tuple[Refusal, ...]:
        """Return all that can be said against a new broadcast, at once, so that no waiver brings up another objection.

        Those that it waives as well, so that the plan can tell which waivers set something aside.
        """
        return self.superseded(definition) + self.duplicates.likely(definition) + self.of_policies(definition, audience)

    def of_policies(self, definition: Definition, audience: Audience) -> tuple[Refusal, ...]:
        return policy.objections(
            definition,
            now=self.now,
            policies=self.policies,
            segments=self.segments,
            audience=audience,
            timetable=self.timetable(),
        )

    def superseded(self, definition: Definition) -> tuple[Refusal, ...]:
        """Return why a run of older files does not send what people have taken back or changed since."""
        if self.newest is None or self.newest.get(definition.key) == definition.request:
            return ()
        how = "defines it differently" if definition.key in self.newest else "does not define it any more"
        message = (
            f"This run is of an older commit, or of files that are not committed: the branch's newest commit {how}."
        )
        cure = "If that is meant, do nothing: the run of the newest commit creates what it defines. Else push the file."
        return (Refusal("superseded", message, cure, definition.position),)


def _bounded(items: list[Item], policies: Policies) -> list[Item]:
    creates = [item for item in items if item.action == "create"]
    bounded = {}
    for item in creates:
        assert item.definition is not None
        refusal = policy.too_many(len(creates), policies, item.definition)
        if refusal:
            bounded[item.key] = replace(item, action="refused", refusals=(refusal,))
    return [bounded.get(item.key, item) for item in items] if bounded else items


def _edited(item: Item, definition: Definition) -> Refusal:
    zone_change = item.remarks.zone_change
    if zone_change and [change.field for change in item.changes] == ["scheduled_at"]:
        cure = "Or write the time at which it goes out, or plan without --strict."
        return Refusal("strict", zone_change.message, cure, definition.position)
    return Refusal(
        "strict",
        "It was edited after it was created, and the API has no update.",
        "Undo the edit, or make the change in Invent by hand and plan without --strict.",
        definition.position,
    )
