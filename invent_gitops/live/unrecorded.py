"""Looks through what Invent lists for what no record knows, and says of each what could become of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime

from invent_gitops.live.draft import reviewed
from invent_gitops.live.new_keys import FreeKeys, key_for
from invent_gitops.live.reconcile import candidates_of
from invent_gitops.model.broadcast import LIVE_FIELDS, Definition, Remote, Request
from invent_gitops.model.command import Command, Cure, reasoned_command, resolve_command
from invent_gitops.model.note import NO_NOTE, defined_note
from invent_gitops.model.state import Intent, Provenance, Record, Recorded, State
from invent_gitops.model.statuses import GONE
from invent_gitops.text.commands import quoted, words
from invent_gitops.validate.names import fault_of_id, fault_of_line
from invent_gitops.validate.segments import ID_PREFIX
from invent_gitops.values import Struct

# As the schema of a definition has it.
LONGEST_NAME = LONGEST_ENTRY = 255
MOST_SEGMENTS = 10
_IN_INVENT = "Fix it in Invent, then import it."
_LATEST = datetime.max.replace(tzinfo=UTC)


class Offer(Struct, frozen=True):
    """A live broadcast that no record knows, with the key that it gets.

    `wanted` is the key that its name asked for, where that one was taken. `defined` says that a definition of this
    key asks for exactly this broadcast already. `why_not` says why it cannot be imported, "" if it can. `like` is the
    key of a definition without a record that may have been created as this one: a person has to say.
    """

    key: str
    remote: Remote
    request: Request
    wanted: str = ""
    defined: bool = False
    why_not: str = ""
    cure: Cure | str = ""
    like: str = ""


class Missing(Struct, frozen=True):
    """A broadcast that was imported, and whose definition was not written or is gone."""

    key: str
    record: Record


class Survey(Struct, frozen=True):
    """`removed` are live broadcasts that somebody took out of the records: those are not offered again.

    `unrecorded` are the keys of definitions that have no record: a plan would create them.
    """

    offers: tuple[Offer, ...]
    missing: tuple[Missing, ...]
    removed: tuple[Remote, ...]
    unrecorded: tuple[str, ...] = ()

    @property
    def importable(self) -> tuple[Offer, ...]:
        return tuple(offer for offer in self.offers if not offer.why_not)

    @property
    def refused(self) -> tuple[Offer, ...]:
        """Those whose key is only what the name asks for: another one may have it."""
        return tuple(offer for offer in self.offers if offer.why_not)


def survey(
    remotes: Iterable[Remote],
    state: State,
    definitions: Sequence[Definition],
    *,
    stems: AbstractSet[str] = frozenset(),
) -> Survey:
    """Return the live broadcasts that no record knows, oldest first, and the records whose definition is missing.

    `state` must be no older than the list. `stems` are file names without suffix, in the definitions folder, that
    are taken.
    """
    recorded_ids = {record.id for record in state.broadcasts.values()}
    tombs = {removal.id for removal in state.removed.values()}
    oldest_first = sorted(remotes, key=lambda remote: (remote.created_at or _LATEST, remote.id))
    surveyor = _Surveyor(oldest_first, state, definitions, stems)
    defined = {definition.key for definition in definitions}
    return Survey(
        tuple(surveyor.offer(remote) for remote in oldest_first if remote.id not in recorded_ids | tombs),
        tuple(
            Missing(key, record)
            for key, record in sorted(state.broadcasts.items())
            if record.how == "imported" and key not in defined
        ),
        tuple(remote for remote in oldest_first if remote.id in tombs - recorded_ids),
        tuple(sorted(defined - surveyor.kept)),
    )


def narrowed(surveyed: Survey, chosen: Callable[[str, str], bool]) -> Survey:
    """Return what `chosen` lets through, which is given a key and an id, without what was removed."""
    return Survey(
        tuple(offer for offer in surveyed.offers if chosen(offer.key, offer.remote.id)),
        tuple(missing for missing in surveyed.missing if chosen(missing.key, missing.record.id)),
        (),
        surveyed.unrecorded,
    )


def recorded(surveyed: Survey, provenance: Provenance, timezone: str = "") -> list[Recorded]:
    """Return what is written down of each that can be imported; `timezone` is the project's, in which drafts show
    times.
    """
    return [
        Recorded(
            offer.key,
            Record(
                offer.remote.id,
                offer.request,
                offer.remote.status or "UNKNOWN",
                "imported",
                provenance,
                note=defined_note() if offer.defined else NO_NOTE,
                local=None if offer.defined else reviewed(offer.request.scheduled_at, timezone),
            ),
        )
        for offer in surveyed.importable
    ]


class _Surveyor:
    """What earlier offers have taken, beside what was taken before."""

    def __init__(
        self,
        remotes: Sequence[Remote],
        state: State,
        definitions: Sequence[Definition],
        stems: AbstractSet[str],
    ) -> None:
        self.state = state
        # By requests as people see them.
        self.defined = {definition.request.plain: definition.key for definition in definitions}
        self.requests = {definition.key: definition.request for definition in definitions}
        self.kept = state.broadcasts.keys() | state.intents.keys() | state.removed.keys()
        self.occupied = {key.casefold() for key in (*self.kept, *self.defined.values(), *stems)}
        self.holders = {record.request.plain: key for key, record in state.broadcasts.items()}
        self.ids = {remote.id for remote in remotes}
        exact = {remote.request.plain for remote in remotes}
        self.lost = {
            trait: definition
            for definition in definitions
            # What Invent has exactly so needs no guess; and who waives this has said that it is another broadcast.
            if definition.key not in self.kept
            and definition.request.plain not in exact
            and "possible-rename" not in definition.waive
            for trait in definition.request.plain.traits
        }
        self.offered: dict[Request, str] = {}
        # What an attempt may have created shares its name.
        self.intents: dict[str, list[tuple[str, Intent]]] = {}
        for key, intent in state.intents.items():
            self.intents.setdefault(intent.request.plain.name, []).append((key, intent))
        self.defined_keys = set(self.defined.values())
        self.keys = FreeKeys(self.occupied)

    def offer(self, remote: Remote) -> Offer:
        request = remote.request
        doubt = next(self._doubts(remote), None)
        like = next((self.lost[trait] for trait in request.plain.traits if trait in self.lost), None)
        if like and not doubt and request.plain not in self.defined:
            # What another definition asks for exactly is that one's. Anything else may be what this one was created
            # as, also where it cannot be imported.
            return self._lookalike(remote, request, like)
        objection = doubt or next(self._objections(remote, request), None)
        if objection:
            return Offer(
                key_for(remote.request.name, remote.id), remote, request, why_not=objection[0], cure=objection[1]
            )
        self.offered[request.plain] = remote.id
        if request.plain in self.defined:
            key = self.defined[request.plain]
            return Offer(key, remote, self.requests[key], defined=True)
        asked_key = key_for(remote.request.name, remote.id)
        key = self.keys.take(asked_key)
        return Offer(key, remote, request, asked_key if key != asked_key else "")

    def _lookalike(self, remote: Remote, request: Request, like: Definition) -> Offer:
        """Return why it is not offered: under a key of its own, it would leave `like` to be created again."""
        same = resolve_command(like.key, f"--id {quoted(remote.id)} --anyway")
        another = " . If it is another, waive possible-rename in that file with a reason."
        return Offer(
            key_for(remote.request.name, remote.id),
            remote,
            request,
            why_not=f"It looks like {like.key} in {like.position.file}, which has no record.",
            cure=Cure(("If it is the same one: ", same, another)),
            like=like.key,
        )

    def _doubts(self, remote: Remote) -> Iterator[tuple[str, Cure]]:
        """For an attempt that may have created it: why it is not imported, and what to do about it."""
        for key, intent in self.intents.get(remote.request.plain.name, ()):
            for candidate in candidates_of(intent, [remote]):
                reason = f"It may be the broadcast of {key}, whose outcome is unknown."
                anyway = " --anyway" if candidate.differs else ""
                by_hand = resolve_command(key, f"--id {quoted(remote.id)}{anyway}")
                yield reason, Cure(("Settle that first: ", Command("reconcile"), " . By hand: ", by_hand))

    def _objections(self, remote: Remote, request: Request) -> Iterator[tuple[str, Cure | str]]:
        """Yield why not, and what to do about it."""
        yield from _unreadable(remote)
        yield from _unwritable(request)
        twin = self.offered.get(request.plain)
        if twin:
            yield f"It is exactly like {twin}, and two definitions must not ask for the same.", _IN_INVENT
        if request.plain in self.holders:
            yield self._twin_of(self.holders[request.plain])
        key = self.defined.get(request.plain, "")
        if key in self.state.removed:
            reason = f"The definition {key} asks for exactly this, and its key was removed from the state."
            yield reason, f"Delete the file of {key}, then import it."
        if key in self.kept:
            reason = f"The definition {key} asks for exactly this, but its key is recorded for another broadcast."
            yield reason, Cure(("See which with: ", Command("state show", words(key))))

    def _twin_of(self, key: str) -> tuple[str, Cure | str]:
        record = self.state.broadcasts[key]
        reason = f"It is exactly like {key}, which is recorded as {record.id}"
        if record.status != GONE and record.id in self.ids:
            return f"{reason}, and two definitions must not ask for the same.", _IN_INVENT
        file = f"delete the file of {key} as well, then: " if key in self.defined_keys else ""
        remove = reasoned_command("state rm", key)
        return (
            f"{reason}, which Invent does not show any more.",
            Cure((f"If that one was deleted in Invent, {file}", remove, " . Then import this one.")),
        )


def _unreadable(remote: Remote) -> Iterator[tuple[str, str]]:
    untold = [field for field in LIVE_FIELDS if field in remote.unread]
    if untold:
        yield f"Invent does not show its {' and '.join(untold)}.", "Check it in Invent, and try again later."


def _unwritable(request: Request) -> Iterator[tuple[str, str]]:
    """Yield what no definition can say."""
    fault = fault_of_line(request.name, "Its name") if request.name else ("", "It has no name.", "")
    if fault:
        yield fault[1], _IN_INVENT
    if len(request.name) > LONGEST_NAME:
        yield f"Its name has {len(request.name):,} characters; at most {LONGEST_NAME} can be defined.", _IN_INVENT
    ids = request.segment_ids
    if ids and request.send_to_all:
        yield "It goes to segments and to everyone at the same time.", _IN_INVENT
    if not ids and not request.send_to_all:
        yield "It goes to nobody: it has no segments, and it is not for everyone.", _IN_INVENT
    if len(ids) > MOST_SEGMENTS:
        yield f"It has {len(ids)} segments; at most {MOST_SEGMENTS} can be defined.", _IN_INVENT
    if any(fault_of_id(id, "") or len(ID_PREFIX + id) > LONGEST_ENTRY for id in ids):
        yield "The id of one of its segments cannot be written in a definition.", "Please report it."
