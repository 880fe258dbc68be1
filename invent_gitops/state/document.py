"""The state as text: one JSON document, read with suspicion and written so that a diff of it reads well."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast, get_args

from invent_gitops.errors import InvalidInput
from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.instant import read_instant, write_instant
from invent_gitops.model.state import Absence, Candidate, How, Intent, Provenance, Record, Removal, State

# What a state says of refreshes, a program that knows version 1 alone would drop, and with it what must never be sent
# again: such a state is of version 2, and that program refuses it. A state without any stays as it always was.
VERSION, REFRESHED = 1, 2
T = TypeVar("T")


class Damaged(ValueError):
    """What in a document is not as it was written, with the path to it."""


def dump(state: State) -> str:
    """The canonical text: sorted keys, two spaces, one trailing newline."""
    document = {
        "version": REFRESHED if _was_refreshed(state) else VERSION,
        "lineage": state.lineage,
        "serial": state.serial,
        "org": state.org,
        "api": state.api,
        "broadcasts": {key: write_record(record) for key, record in state.broadcasts.items()},
        "intents": {key: write_intent(intent) for key, intent in state.intents.items()},
        "removed": {key: write_removal(removal) for key, removal in state.removed.items()},
        "absences": {attempt: write_absence(absence) for attempt, absence in state.absences.items()},
    }
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _was_refreshed(state: State) -> bool:
    return any(record.refreshed or record.formerly for record in state.broadcasts.values()) or any(
        gone.formerly for gone in state.removed.values()
    )


def parse(text: str, shown: str) -> State:
    """The state that `text` spells. Raises `InvalidInput`, naming `shown` and the place in it."""
    document = _decode(text, shown)
    found = document.get("version")
    if type(found) is not int or not VERSION <= found <= REFRESHED:
        if type(found) is int and found > REFRESHED:
            raise InvalidInput(
                f"{shown} was written by a newer invent-gitops (state version {found}; this one knows {REFRESHED}).",
                "Upgrade invent-gitops. Nothing was changed.",
            )
        raise InvalidInput(f"{shown} is not a state of invent-gitops: its version is {found!r}.", _RESTORE)
    try:
        return State(
            lineage=_text(document, "lineage"),
            serial=_number(document, "serial"),
            org=_text(document, "org"),
            api=_text(document, "api"),
            broadcasts=_each(document, "broadcasts", read_record),
            intents=_each(document, "intents", read_intent),
            removed=_each(document, "removed", read_removal),
            absences=_each(document, "absences", read_absence),
        )
    except Damaged as damage:
        raise InvalidInput(f"{shown} is damaged: {damage}.", _RESTORE) from None


_RESTORE = (
    "Restore the file from git (git log -- FILE, git checkout COMMIT -- FILE). Do not delete it: it is what keeps "
    "broadcasts from being created twice."
)


def _decode(text: str, shown: str) -> Mapping[str, Any]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith(("<<<<<<<", ">>>>>>>", "=======", "|||||||")):
            raise InvalidInput(
                f"{shown}:{number}:1: the state holds conflict markers of a git merge.",
                "Keep the records of both sides (each id stands for a broadcast that exists), remove the markers, and "
                "check with: invent-gitops state list",
            )
    if text.startswith("version https://git-lfs.github.com/spec/"):
        raise InvalidInput(
            f"{shown} is a pointer of Git LFS and not the state itself, which was not fetched.", "Run: git lfs pull"
        )
    try:
        document = json.loads(text, object_pairs_hook=_without_repeats)
    except json.JSONDecodeError as error:
        place = f"{shown}:{error.lineno}:{error.colno}"
        raise InvalidInput(f"{place}: the state is not valid JSON: {error.msg}.", _RESTORE) from None
    except Damaged as damage:
        raise InvalidInput(f"{shown} is damaged: {damage}.", _RESTORE) from None
    except (RecursionError, ValueError):
        raise InvalidInput(f"{shown} is not a state of invent-gitops.", _RESTORE) from None
    if not isinstance(document, dict):
        raise InvalidInput(f"{shown} is not a state of invent-gitops: it is not a JSON object.", _RESTORE)
    return cast("Mapping[str, Any]", document)


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # json keeps the last of two equal keys: after a hand-made merge that would lose an id without a word.
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise Damaged(f"{repeated!r} stands twice in one object")
    return found


def write_request(request: Request) -> dict[str, object]:
    return request.as_json()


def read_request(value: Mapping[str, Any]) -> Request:
    scheduled_at = value.get("scheduled_at")
    instant = read_instant(scheduled_at)
    if scheduled_at is not None and instant is None:
        raise Damaged(f"scheduled_at is {scheduled_at!r}, which is no instant")
    if not isinstance(value.get("send_to_all"), bool):
        raise Damaged("send_to_all is neither true nor false")
    return Request(_text(value, "name"), instant, tuple(sorted(_texts(value, "segment_ids"))), value["send_to_all"])


def write_provenance(provenance: Provenance) -> dict[str, object]:
    written: dict[str, object] = {"at": write_instant(provenance.at), "by": provenance.by}
    if provenance.commit:
        written["commit"] = provenance.commit
    if provenance.run:
        written["run"] = provenance.run
    return written


def read_provenance(value: Mapping[str, Any]) -> Provenance:
    at = read_instant(value.get("at"))
    if at is None:
        raise Damaged(f"at is {value.get('at')!r}, which is no instant")
    return Provenance(at, _text(value, "by", ""), _text(value, "commit", ""), _text(value, "run", ""))


def write_record(record: Record) -> dict[str, object]:
    written: dict[str, object] = {
        "id": record.id,
        "request": write_request(record.request),
        "status": record.status,
        "how": record.how,
        "provenance": write_provenance(record.provenance),
    }
    if record.attempt:
        written["attempt"] = record.attempt
    if record.note:
        written["note"] = record.note
    if record.formerly:
        written["formerly"] = [write_request(request) for request in record.formerly]
    if record.refreshed:
        written["refreshed"] = write_provenance(record.refreshed)
    return written


def read_record(value: Mapping[str, Any]) -> Record:
    how = value.get("how")
    if how not in get_args(How):
        raise Damaged(f"how is {how!r}, and should be one of {', '.join(get_args(How))}")
    return Record(
        id=_text(value, "id"),
        request=read_request(_object(value, "request")),
        status=_text(value, "status", ""),
        how=cast("How", how),
        provenance=read_provenance(_object(value, "provenance")),
        attempt=_text(value, "attempt", ""),
        note=_text(value, "note", ""),
        formerly=_formerly(value),
        refreshed=read_provenance(_object(value, "refreshed")) if "refreshed" in value else None,
    )


def _formerly(value: Mapping[str, Any]) -> tuple[Request, ...]:
    found = value.get("formerly", [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Damaged(f"formerly is {found!r}, and should be a list of objects")
    return tuple(read_request(one) for one in found)


def write_intent(intent: Intent) -> dict[str, object]:
    written: dict[str, object] = {
        "request": write_request(intent.request),
        "attempt": intent.attempt,
        "provenance": write_provenance(intent.provenance),
    }
    if intent.candidates is not None:
        written["candidates"] = [candidate.as_json() for candidate in intent.candidates]
    return written


def read_intent(value: Mapping[str, Any]) -> Intent:
    candidates = value.get("candidates")
    return Intent(
        read_request(_object(value, "request")),
        _text(value, "attempt"),
        read_provenance(_object(value, "provenance")),
        None if candidates is None else read_candidates(candidates),
    )


def read_candidates(values: object) -> tuple[Candidate, ...]:
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise Damaged("candidates is not a list of objects")
    return tuple(
        Candidate(
            Remote(
                id=_text(value, "id"),
                name=_text(value, "name", ""),
                status=_text(value, "status", ""),
                scheduled_at=read_instant(value.get("scheduled_at")),
                segment_ids=_texts(value, "segment_ids"),
                send_to_all=value.get("send_to_all") is True,
                created_at=read_instant(value.get("created_at")),
            ),
            _texts(value, "differs"),
        )
        for value in values
    )


def write_removal(removal: Removal) -> dict[str, object]:
    written: dict[str, object] = {
        "id": removal.id,
        "request": write_request(removal.request),
        "reason": removal.reason,
        "provenance": write_provenance(removal.provenance),
    }
    if removal.attempt:
        written["attempt"] = removal.attempt
    if removal.formerly:
        written["formerly"] = [write_request(request) for request in removal.formerly]
    return written


def read_removal(value: Mapping[str, Any]) -> Removal:
    return Removal(
        _text(value, "id"),
        read_request(_object(value, "request")),
        _text(value, "reason"),
        read_provenance(_object(value, "provenance")),
        _text(value, "attempt", ""),
        _formerly(value),
    )


def write_absence(absence: Absence) -> dict[str, object]:
    return {"key": absence.key, "reason": absence.reason, "provenance": write_provenance(absence.provenance)}


def read_absence(value: Mapping[str, Any]) -> Absence:
    return Absence(_text(value, "key"), _text(value, "reason"), read_provenance(_object(value, "provenance")))


def _text(value: Mapping[str, Any], name: str, default: str | None = None) -> str:
    found = value.get(name, default)
    if not isinstance(found, str) or (default is None and not found):
        raise Damaged(f"{name} is {found!r}, and should be text")
    return found


def _texts(value: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = value.get(name)
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Damaged(f"{name} is {found!r}, and should be a list of texts")
    return tuple(found)


def _number(value: Mapping[str, Any], name: str) -> int:
    found = value.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise Damaged(f"{name} is {found!r}, and should be a number")
    return found


def _object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    if not isinstance(found, dict):
        raise Damaged(f"{name} is {found!r}, and should be an object")
    return found


def _each(document: Mapping[str, Any], name: str, read: Callable[[Mapping[str, Any]], T]) -> dict[str, T]:
    found: dict[str, T] = {}
    for key, value in _object(document, name).items():
        try:
            if not isinstance(value, dict):
                raise Damaged(f"it is {value!r}, and should be an object")
            found[key] = read(value)
        except Damaged as damage:
            raise Damaged(f"{name}.{key}: {damage}") from None
    return found
