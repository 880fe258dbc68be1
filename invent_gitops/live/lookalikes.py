"""Finds in Invent what a definition may have been created as already, though no record says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

from invent_gitops.model.broadcast import Definition, Remote, Request
from invent_gitops.model.state import State
from invent_gitops.model.statuses import CALLED_OFF, GOING_OUT, NOT_TO_COME, OVER
from invent_gitops.values import Struct, replace


class Lookalike(Struct, frozen=True):
    """A live broadcast: `exact` if it is just as defined, `partly` if it is as far as Invent tells.

    `similar` is one of which two are as defined: name, time or audience. `others` are the ids of more that are exactly
    so and that no record knows.
    """

    how: Literal["exact", "partly", "similar"]
    remote: Remote
    others: tuple[str, ...] = ()


class Lookalikes:
    """What `live` holds that a definition may be. `now` is aware: what was sent is like nothing that is to come.

    Those whose id is recorded are exact or nothing: an edit in Invent may have made one equal to another definition.
    What another definition or an attempt asks for exactly belongs to that one.
    """

    def __init__(self, live: Sequence[Remote], state: State, definitions: Sequence[Definition], now: datetime) -> None:
        recorded = {record.id for record in state.broadcasts.values()}
        removed = {removal.id for removal in state.removed.values()}
        comparable = [(remote.request.plain, remote) for remote in live if not _untold(remote)]
        known_ids = recorded | removed
        # What no record knows weighs more than what one does.
        self._exact = dict(sorted(comparable, key=lambda it: it[1].id not in recorded))
        self._unrecorded: dict[Request, list[str]] = {}
        for request, remote in comparable:
            if remote.id not in known_ids:
                self._unrecorded.setdefault(request, []).append(remote.id)
        intended = {intent.request.plain for intent in state.intents.values()}
        asked: dict[_Known, list[Request]] = {}
        for request in intended:
            asked.setdefault(("name", request.name), []).append(request)
            asked.setdefault(("time", request.scheduled_at), []).append(request)
        partly = [
            remote
            for remote in live
            if _untold(remote) and remote.id not in known_ids and remote.status not in CALLED_OFF
            # It may be what an attempt in doubt has made, and then it is that one's matter.
            if not any(_agrees(request, remote) for request in asked.get(_known_by(remote), ()))
        ]
        # In the order of the list, of which the first one counts.
        self._partly: dict[_Known, list[tuple[int, Remote]]] = {}
        for position, remote in enumerate(partly):
            self._partly.setdefault(_known_by(remote), []).append((position, remote))
        requested = {definition.request.plain for definition in definitions} | intended if comparable else intended
        loose = [it for it in comparable if it[1].id not in known_ids and it[0] not in requested]
        self._coming = {
            trait: remote for request, remote in loose if _is_coming(remote, now) for trait in request.traits
        }
        # Where "at once" was asked for, Invent may fill in the time.
        self._at_once = {
            replace(request, scheduled_at=None).traits: remote
            for request, remote in loose
            if remote.status in GOING_OUT or (remote.status not in OVER and remote.at_once)
        }

    def find(self, request: Request) -> Lookalike | None:
        """Return the one that weighs most, or None."""
        plain = request.plain
        if plain in self._exact:
            remote = self._exact[plain]
            return Lookalike("exact", remote, tuple(id for id in self._unrecorded.get(plain, ()) if id != remote.id))
        # What was sent is like nothing that is to come, but it may be what was to be sent at once.
        at_once = request.scheduled_at is None
        near = (*self._partly.get(("name", plain.name), ()), *self._partly.get(("time", plain.scheduled_at), ()))
        eligible = (it for it in near if at_once or it[1].status not in NOT_TO_COME)
        partly = min((it for it in eligible if _agrees(plain, it[1])), default=None, key=lambda it: it[0])
        if partly:
            return Lookalike("partly", partly[1])
        similar = next((self._coming[trait] for trait in plain.traits if trait in self._coming), None)
        if not similar and at_once:
            similar = self._at_once.get(plain.traits)
        return Lookalike("similar", similar) if similar else None


def _untold(remote: Remote) -> bool:
    return bool(remote.untold)


# What tells a broadcast from most others. Two of three fields must be equal, so the name is among them or the time.
_Known = tuple[str, object]


def _known_by(remote: Remote) -> _Known:
    """Return what a request must have as well to agree with `remote`."""
    if "name" in remote.unread:
        return "time", remote.request.scheduled_at
    return "name", remote.request.plain.name


def _agrees(request: Request, remote: Remote) -> bool:
    """Return whether at least two of name, time and audience are told, and none of them is another."""
    same = list(_told(request, remote))
    return len(same) >= 2 and all(same)


def _told(request: Request, remote: Remote) -> Iterator[bool]:
    live = remote.request.plain
    if "name" not in remote.unread:
        yield live.name == request.name
    if "scheduled_at" not in remote.unread:
        yield live.scheduled_at == request.scheduled_at
    segments, everyone = "segments" not in remote.unread, "send_to_all" not in remote.unread
    if segments or (everyone and live.send_to_all):
        same = not segments or live.segment_ids == request.segment_ids
        yield same and (not everyone or live.send_to_all == request.send_to_all)


def _is_coming(remote: Remote, now: datetime) -> bool:
    return remote.status not in NOT_TO_COME and (
        remote.request.scheduled_at is None or remote.request.scheduled_at > now
    )
