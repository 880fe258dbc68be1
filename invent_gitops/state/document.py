"""The state as text: one JSON document, read with suspicion and written so that a diff of it reads well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast, get_args

from invent_gitops.errors import InvalidInput
from invent_gitops.model.broadcast import Remote, Request, read_request
from invent_gitops.model.fields import (
    Damaged,
    read_each,
    read_moment,
    read_number,
    read_object,
    read_some,
    read_text,
    read_texts,
    shown,
)
from invent_gitops.model.instant import read_instant, write_instant
from invent_gitops.model.local import LocalTime
from invent_gitops.model.record import NOT_COUNTED, Check
from invent_gitops.model.state import Absence, Candidate, How, Intent, Record, Removal, State
from invent_gitops.state.counts import read_counts, write_counts
from invent_gitops.state.decode import RESTORE, decode
from invent_gitops.state.notes import read_note
from invent_gitops.state.origin import read_provenance, write_provenance
from invent_gitops.state.spelling import spelling
from invent_gitops.values import replace

# What a state says of refreshes, a program that knows version 1 alone would drop, and with it what must never be sent
# again: such a state is of version 2, and that program refuses it. A state without any stays as it always was. The same
# holds for the role of a note (version 3), and for what Invent counted, which is audited (version 4).
VERSION, REFRESHED, WITH_ROLES, WITH_COUNTS = 1, 2, 3, 4


def dump(state: State) -> str:
    """Return the canonical text: sorted keys, two spaces, one trailing newline."""
    document = {
        "version": _version(state),
        "lineage": state.lineage,
        "serial": state.serial,
        "org": state.org,
        "api": state.api,
        "broadcasts": {key: write_record(record) for key, record in state.broadcasts.items()},
        "intents": {key: write_intent(intent) for key, intent in state.intents.items()},
        "removed": {key: write_removal(removal) for key, removal in state.removed.items()},
        "absences": {attempt: write_absence(absence) for attempt, absence in state.absences.items()},
    }
    if state.listed:
        document["listed"] = True
    return spelling(document) + "\n"


def _version(state: State) -> int:
    """Return the lowest version that holds all of the state, so that programs which know no more can still read it."""
    if any(record.counts != NOT_COUNTED for record in state.broadcasts.values()):
        return WITH_COUNTS
    if any(record.note.needs_role(record.how) for record in state.broadcasts.values()):
        return WITH_ROLES
    return REFRESHED if _was_refreshed(state) else VERSION


def _was_refreshed(state: State) -> bool:
    return any(record.refreshed or record.formerly for record in state.broadcasts.values()) or any(
        gone.formerly for gone in state.removed.values()
    )


def parse(text: str, name: str) -> State:
    """Return the state that `text` spells. Raises `InvalidInput`, naming `name` and the place in it."""
    document = decode(text, name)
    version = document.get("version")
    if type(version) is not int or not VERSION <= version <= WITH_COUNTS:
        if type(version) is int and version > WITH_COUNTS:
            raise InvalidInput(
                f"{name} was written by a newer invent-gitops (state version {version}; this one knows {WITH_COUNTS}).",
                "Upgrade invent-gitops. Nothing was changed.",
            )
        raise InvalidInput(f"{name} is not a state of invent-gitops: its version is {shown(version)}.", RESTORE)
    try:
        return State(
            lineage=read_text(document, "lineage"),
            serial=read_number(document, "serial"),
            org=read_text(document, "org"),
            api=read_text(document, "api"),
            broadcasts=read_each(document, "broadcasts", read_record),
            intents=read_each(document, "intents", read_intent),
            removed=read_each(document, "removed", read_removal),
            absences=read_each(document, "absences", read_absence),
            listed=document.get("listed") is True,
        )
    except Damaged as damage:
        raise InvalidInput(f"{name} is damaged: {damage}.", RESTORE) from None


def write_record(record: Record) -> dict[str, object]:
    written: dict[str, object] = {
        "id": record.id,
        "request": record.request.as_json(),
        "status": record.status,
        "how": record.how,
        "provenance": write_provenance(record.provenance),
    }
    if record.attempt:
        written["attempt"] = record.attempt
    if record.note.text:
        written["note"] = record.note.text
    if record.note.needs_role(record.how):
        written["role"] = record.note.role
    if record.formerly:
        written["formerly"] = [request.as_json() for request in record.formerly]
    if record.refreshed:
        written["refreshed"] = write_provenance(record.refreshed)
    if record.local:
        written["local"] = record.local.as_json()
    if record.attempted:
        written["attempted_at"] = write_instant(record.attempted)
    written |= write_counts(record.counts)
    if record.instead_of:
        written["instead_of"] = list(record.instead_of)
    return written


def read_record(value: Mapping[str, Any]) -> Record:
    how = value.get("how")
    if how not in get_args(How):
        raise Damaged(f"how is {shown(how)}, and should be one of {', '.join(get_args(How))}")
    return Record(
        id=read_text(value, "id"),
        request=read_request(read_object(value, "request"), named=True),
        status=read_text(value, "status", ""),
        how=cast("How", how),
        provenance=replace(
            read_provenance(read_object(value, "provenance")), attempted=read_moment(value, "attempted_at")
        ),
        attempt=read_text(value, "attempt", ""),
        note=read_note(value, cast("How", how)),
        formerly=_formerly(value),
        refreshed=read_provenance(read_object(value, "refreshed")) if "refreshed" in value else None,
        local=read_local(read_object(value, "local")) if "local" in value else None,
        counts=read_counts(value),
        instead_of=read_some(value, "instead_of"),
    )


def read_local(value: Mapping[str, Any]) -> LocalTime:
    at = read_text(value, "at")
    try:
        return LocalTime.read(at, read_text(value, "timezone"), read_text(value, "zone_data"))
    except ValueError:
        raise Damaged(f"at is {shown(at)}, which is not a local time") from None


def _formerly(value: Mapping[str, Any]) -> tuple[Request, ...]:
    requests = value.get("formerly", [])
    if not isinstance(requests, list) or not all(isinstance(request, dict) for request in requests):
        raise Damaged(f"formerly is {shown(requests)}, and should be a list of objects")
    return tuple(read_request(request, named=True) for request in requests)


def write_intent(intent: Intent) -> dict[str, object]:
    written: dict[str, object] = {
        "request": intent.request.as_json(),
        "attempt": intent.attempt,
        "provenance": write_provenance(intent.provenance),
    }
    if intent.candidates is not None:
        written["candidates"] = [candidate.as_json() for candidate in intent.candidates]
    if intent.settles_at is not None:
        written["settles_at"] = write_instant(intent.settles_at)
    if intent.local:
        written["local"] = intent.local.as_json()
    return written


def read_intent(value: Mapping[str, Any]) -> Intent:
    candidates = value.get("candidates")
    return Intent(
        read_request(read_object(value, "request"), named=True),
        read_text(value, "attempt"),
        read_provenance(read_object(value, "provenance")),
        None if candidates is None else read_candidates(candidates),
        read_moment(value, "settles_at"),
        read_local(read_object(value, "local")) if "local" in value else None,
    )


def read_candidates(values: object) -> tuple[Candidate, ...]:
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise Damaged("candidates is not a list of objects")
    return tuple(
        Candidate(
            Remote(
                id=read_text(value, "id"),
                request=read_request(value),
                status=read_text(value, "status", ""),
                created_at=read_instant(value.get("created_at")),
            ),
            read_texts(value, "differs"),
        )
        for value in values
    )


def write_removal(removal: Removal) -> dict[str, object]:
    written: dict[str, object] = {
        "id": removal.id,
        "request": removal.request.as_json(),
        "reason": removal.reason,
        "provenance": write_provenance(removal.provenance),
    }
    if removal.attempt:
        written["attempt"] = removal.attempt
    if removal.formerly:
        written["formerly"] = [request.as_json() for request in removal.formerly]
    return written


def read_removal(value: Mapping[str, Any]) -> Removal:
    return Removal(
        read_text(value, "id"),
        read_request(read_object(value, "request"), named=True),
        read_text(value, "reason"),
        read_provenance(read_object(value, "provenance")),
        read_text(value, "attempt", ""),
        _formerly(value),
    )


def write_absence(absence: Absence) -> dict[str, object]:
    written: dict[str, object] = {
        "key": absence.key,
        "reason": absence.reason,
        "provenance": write_provenance(absence.provenance),
    }
    if absence.request is not None:
        written["request"] = absence.request.as_json()
    if absence.listed:
        written["listed"] = True
    for name, texts in (("overridden", absence.overridden), ("others", absence.others)):
        if texts:
            written[name] = list(texts)
    return written


def read_absence(value: Mapping[str, Any]) -> Absence:
    overridden = read_some(value, "overridden")
    if not set(overridden) <= {*get_args(Check)}:
        raise Damaged(f"overridden is {shown(list(overridden))}, and should hold {' or '.join(get_args(Check))}")
    return Absence(
        read_text(value, "key"),
        read_text(value, "reason"),
        read_provenance(read_object(value, "provenance")),
        read_request(read_object(value, "request"), named=True) if "request" in value else None,
        value.get("listed") is True,
        cast("tuple[Check, ...]", overridden),
        read_some(value, "others"),
    )
