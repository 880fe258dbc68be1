"""The rule that is no policy: what exists already, or may exist, is not created a second time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property

from invent_gitops.live.lookalikes import Lookalikes
from invent_gitops.model.absence import Absences
from invent_gitops.model.alike import alike
from invent_gitops.model.broadcast import Definition, Remote, Request
from invent_gitops.model.command import Command, Cure, resolve_command
from invent_gitops.model.listing import Reach
from invent_gitops.model.plan import Refusal
from invent_gitops.model.record import Absence, own_key
from invent_gitops.model.state import State
from invent_gitops.model.statuses import OVER
from invent_gitops.text.commands import quoted, settling_parts, words
from invent_gitops.values import Struct

_WAIVED = " . If it is a new one, waive possible-rename with a reason."


class _Keys(Struct, frozen=True):
    """The keys of a state by what a definition may have in common with them.

    `holders` have, with each, in what way it holds the request; `doubts` are the names of open attempts by their own
    keys; `recorded` and `removed` are by the id of the broadcast.
    """

    holders: Mapping[Request, tuple[str, str]]
    doubts: Mapping[str, str]
    recorded: Mapping[str, str]
    removed: Mapping[str, str]
    spellings: Mapping[str, str]


class Duplicates:
    """What the state and Invent hold against creating a definition.

    `live` is what Invent lists, and `reach` how far that list was read; `now` is aware. What it looks things up in is
    made when it is first asked: most plans hold nothing new.
    """

    def __init__(
        self,
        definitions: Sequence[Definition],
        state: State,
        live: Sequence[Remote],
        now: datetime,
        reach: Reach = "",
    ) -> None:
        self._definitions, self._state, self._live, self._now, self._reach = definitions, state, live, now, reach
        self._absences = Absences(state.absences)

    @cached_property
    def _defined(self) -> set[str]:
        return {definition.key for definition in self._definitions}

    @cached_property
    def _orphans(self) -> Mapping[tuple[object, ...], str]:
        return _orphans(self._state, self._defined, self._now)

    @cached_property
    def _lookalikes(self) -> Lookalikes:
        return Lookalikes(self._live, self._state, self._definitions, self._now)

    @cached_property
    def _keys(self) -> _Keys:
        return _keys(self._state)

    def certain(self, definition: Definition) -> tuple[Refusal, ...]:
        """Return why it exists already, or may, beyond all waivers: by its key, by its request, or by what is in
        Invent.
        """
        key = definition.key
        if key in self._state.removed:
            removal = self._state.removed[key]
            message = f"This key was removed from the state ({removal.reason}); it was the broadcast {removal.id}."
            restore = Command("state restore", f"{words(key)} --reason …")
            own = "Delete the file, or give the new broadcast a key and a name of its own."
            cure: Cure | str = Cure((f"{own} If it was removed by mistake: ", restore))
            return (Refusal("removed", message, cure, definition.at("key")),)
        twin = self._keys.spellings.get(alike(key), key)
        if twin != key and twin not in self._defined:
            return (self._same_key(definition, twin),)
        holder = self._keys.holders.get(definition.request.plain)
        if holder is None and key in self._keys.doubts:
            # An attempt of this key that is kept beside another one, which was settled first.
            holder = ("intended", self._keys.doubts[key])
        if holder is None:
            return self._found_in_invent(definition) or self._unread(definition)
        how, other = holder
        if how == "recorded":
            message = f"The same request is recorded under the key {other} already: it would message people twice."
            cure = Cure(("If the file was renamed: ", _move(other, key)))
        elif how == "formerly":
            message = f"The same request was sent for the key {other}, whose broadcast was edited in Invent since then."
            new = " . If it is a new one, give it another name or time."
            cure = Cure(("If it is the same one: ", _move(other, key), new))
        elif how == "intended":
            intent = self._state.intents[other]
            subject = (
                "The same request" if intent.request.plain == definition.request.plain else "An attempt of this key"
            )
            message = f"{subject} has an unknown outcome under the key {other}: it may have been created."
            cure = Cure(("Settle it first: ", *settling_parts(other, intent, self._now)))
        else:
            message = f"The same request was removed from the state under the key {other}."
            cure = "If you want a new broadcast, give it another name or time."
        return (Refusal("same-request", message, cure, definition.position),)

    def _same_key(self, definition: Definition, twin: str) -> Refusal:
        """Return why a key is not begun anew that people cannot tell from one of the state."""
        how = "recorded" if twin in self._state.broadcasts else "removed from the state"
        how = "attempted" if twin in self._state.intents else how
        signs = " and ".join(dict.fromkeys(f"U+{ord(sign):04X}" for sign in twin if sign not in definition.key))
        held = f" with {signs}" if signs else ""
        message = f"The key looks the same as one that is {how} already, which is spelled otherwise{held}."
        kept = "Write the key as it is recorded. If the new spelling is to stay: "
        cure: Cure | str = Cure((kept, _move(twin, definition.key)))
        if how == "removed from the state":
            cure = "Give the new broadcast a key of its own."
        return Refusal("same-key", message, cure, definition.at("key"))

    def declared(self, definition: Definition) -> Absence | None:
        """Return the last word of a person that an attempt of this key, or of an equal request, created nothing."""
        return next(reversed(self._absences.of(definition.key, definition.request).values()), None)

    def _unread(self, definition: Definition) -> tuple[Refusal, ...]:
        """Return why a person's word that nothing was created does not hold without the whole list, if there is one."""
        absences = self._absences.of(definition.key, definition.request).values()
        if not absences or self._reach in ("", "whole"):
            return ()
        if self._reach == "not-offered" and not any(absence.listed for absence in absences):
            # There is no list, and whoever said so knew that.
            return ()
        last = [*absences][-1]
        message = (
            f"An attempt of it was declared not to have been created, by {last.provenance.by}. It is created only "
            "after Invent's whole list was read, and this run could not read it."
        )
        cure = Cure(("Run apply again later. If it is there: ", resolve_command(definition.key, "--id ID")))
        return (Refusal("unread-list", message, cure, definition.position),)

    def _found_in_invent(self, definition: Definition) -> tuple[Refusal, ...]:
        """Whatever became of the state: what is in Invent already is not sent a second time."""
        lookalike = self._lookalikes.find(definition.request)
        if lookalike is None or lookalike.how == "similar":
            return ()
        remote = lookalike.remote
        message = f"Invent has a broadcast exactly like this one, which no record knows: {remote.id} ({remote.status})."
        if lookalike.others:
            message += f" There are more of them: {', '.join(lookalike.others[:5])}. Delete all but one in Invent."
        same = resolve_command(definition.key, f"--id {quoted(remote.id)}")
        if lookalike.how == "partly":
            untold = " and ".join(field for field in remote.unread if field not in ("status", "created_at"))
            resemblance = f"Invent has one like this, as far as it shows, which no record knows: {remote.id}"
            message = f"{resemblance}. It does not show its {untold}."
            same = resolve_command(definition.key, f"--id {quoted(remote.id)} --anyway")
        elif remote.id in self._keys.recorded:
            other = self._keys.recorded[remote.id]
            message = f"By an edit in Invent, {remote.id} is exactly like this one, and it belongs to the key {other}."
            same = _move(other, definition.key)
        another = " . If it is another, give this one a name or a time of its own."
        cure: Cure | str = Cure(("If it is the same: ", same, another))
        if self._absences.of(definition.key, definition.request) and remote.id not in self._keys.recorded:
            message += " It may be what an attempt has made that was declared not to have created anything."
        if remote.id in self._keys.removed:
            other = self._keys.removed[remote.id]
            message = f"By an edit in Invent, {remote.id} is exactly like this one; {other} was removed."
            cure = "Delete it in Invent, or give this one a name or a time of its own."
        return (Refusal("exists-already", message, cure, definition.position),)

    def likely(self, definition: Definition) -> tuple[Refusal, ...]:
        """Return why it may exist already, which somebody can waive with a reason.

        A file that was renamed and edited at once looks like a new broadcast, and would be a second one.
        """
        request = definition.request
        other = next((self._orphans[trait] for trait in request.traits if trait in self._orphans), None)
        if other is None:
            return self._edited_in_invent(definition)
        message = f"It looks like {other}, which was created, is still to be sent, and has no file here."
        move = _move(other, definition.key)
        same: tuple[str | Command, ...] = (move,)
        older = "If its file is elsewhere, such as on a newer commit, get that first. "
        if other in self._defined:
            message = f"It looks like {other}, which was imported from Invent, and is still to be sent."
            same, older = (f"delete the file of {other}, then ", move), ""
        cure = Cure((f"{older}If it is the same one: ", *same, _WAIVED))
        return (Refusal("possible-rename", message, cure, definition.position),)

    def _edited_in_invent(self, definition: Definition) -> tuple[Refusal, ...]:
        """After a state was lost, what was edited in Invent since its creation is known by what the edit has left."""
        # Only a similar one: what is exact or partly so was refused before anybody could waive it.
        lookalike = self._lookalikes.find(definition.request)
        if lookalike is None:
            return ()
        remote = lookalike.remote
        message = f"It looks like {remote.id} in Invent ({remote.status}), which no record knows."
        same = resolve_command(definition.key, f"--id {quoted(remote.id)} --anyway")
        cure = Cure(("If it is the same one: ", same, _WAIVED))
        return (Refusal("possible-rename", message, cure, definition.position),)


def _move(key: str, to: str) -> Command:
    return Command("state mv", words(key, to))


def _keys(state: State) -> _Keys:
    return _Keys(
        _holders(state),
        doubts={own_key(name, intent.attempt): name for name, intent in state.intents.items()},
        recorded={record.id: key for key, record in state.broadcasts.items()},
        removed={removal.id: key for key, removal in state.removed.items()},
        spellings={alike(key): key for keys in (state.removed, state.intents, state.broadcasts) for key in keys},
    )


def _holders(state: State) -> Mapping[Request, tuple[str, str]]:
    """Return which key already holds a request, and in what way; a record weighs more than a doubt or a tombstone."""
    holders: dict[Request, tuple[str, str]] = {}
    for key, removal in state.removed.items():
        holders |= dict.fromkeys((request.plain for request in removal.requests), ("removed", key))
    for key, record in state.broadcasts.items():
        for request in record.formerly:
            holders[request.plain] = ("formerly", key)
    for key, intent in state.intents.items():
        holders[intent.request.plain] = ("intended", key)
    for key, record in state.broadcasts.items():
        holders[record.request.plain] = ("recorded", key)
    return holders


def _orphans(state: State, defined: set[str], now: datetime) -> dict[tuple[object, ...], str]:
    """By trait, the keys that are still to be sent, and that no file defines any more or that were imported."""
    # What was imported may be what another file was created as, before the state was lost; but not if its own file was
    # there already.
    fileless = [
        (key, record)
        for key, record in state.broadcasts.items()
        if key not in defined or (record.how == "imported" and record.note.role != "defined")
    ]
    return {
        trait: key
        # Those without a file come last, and so before the others.
        for key, record in sorted(fileless, key=lambda it: it[0] not in defined)
        # A file that was renamed may say what was sent, or what an edit in Invent has made of it.
        for request in record.requests
        if request.scheduled_at is not None and request.scheduled_at > now and record.status not in OVER
        for trait in request.traits
    }
