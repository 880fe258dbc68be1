"""A state that is spelled as this program writes it, read in one step.

Decoded values are believed only if they encode to the very bytes that they came from. So equal keys, unknown fields,
other spellings and every kind of damage are left to the careful reader (`state.document`), which alone words faults.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from sys import intern
from typing import Annotated, Any, Literal

import msgspec

from invent_gitops.model.broadcast import Counts, Request
from invent_gitops.model.fields import Damaged, read_each
from invent_gitops.model.local import LocalTime
from invent_gitops.model.note import NO_NOTE, Note, Role, old_note
from invent_gitops.model.record import NOT_COUNTED, How, Provenance, Record, RecordedCounts
from invent_gitops.model.review import Signoff
from invent_gitops.model.state import State
from invent_gitops.state import spelling
from invent_gitops.state.document import read_absence, read_intent, read_removal

_Text = Annotated[str, msgspec.Meta(min_length=1)]
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Count = Literal[
    "click",
    "complained",
    "contacts",
    "delivered",
    "failed",
    "opened",
    "played",
    "recipients",
    "sent",
    "skipped",
    "unsubscribed",
]
# Records that are encoded at once: the text of all of them would double the memory.
_AT_ONCE = 500


class _Written(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """An object of the text, with its fields under their names there."""


class _Signoff(_Written, kw_only=True):
    author: str
    pull_request: _Text
    reviewers: tuple[str, ...]


class _Provenance(_Written, kw_only=True):
    at: datetime
    by: str
    commit: str = ""
    run: str = ""
    signoff: _Signoff | None = None


class _Origin(_Written, kw_only=True):
    how: How
    provenance: _Provenance
    attempt: str = ""
    attempted_at: datetime | None = None
    instead_of: tuple[str, ...] = ()


class _Record(_Origin, kw_only=True):
    id: _Text
    request: Request
    status: str
    note: str = ""
    role: Role | None = None
    formerly: tuple[Request, ...] = ()
    refreshed: _Provenance | None = None
    local: LocalTime | None = None
    contacts_count: _Number | None = None
    results: dict[_Count, _Number] | None = None


class _State(_Written, kw_only=True):
    absences: dict[str, dict[str, Any]]
    api: _Text
    broadcasts: dict[str, _Record]
    intents: dict[str, dict[str, Any]]
    lineage: _Text
    listed: bool = False
    org: _Text
    removed: dict[str, dict[str, Any]]
    serial: _Number
    version: Literal[1, 2, 3, 4]


class _Unsure(ValueError):
    """A spelling that the careful reader must judge."""


_DECODER = msgspec.json.Decoder(_State)


def quick_state(content: bytes) -> State | None:
    """Return the state that these bytes spell, or None unless all of them are spelled as `document.dump` would."""
    try:
        written = _DECODER.decode(content)
        return State(
            lineage=written.lineage,
            serial=written.serial,
            org=written.org,
            api=written.api,
            broadcasts=_proven(written, content),
            intents=read_each({"intents": written.intents}, "intents", read_intent),
            removed=read_each({"removed": written.removed}, "removed", read_removal),
            absences=read_each({"absences": written.absences}, "absences", read_absence),
            listed=written.listed,
        )
    except (msgspec.MsgspecError, UnicodeError, RecursionError, Damaged, _Unsure):
        return None


def _proven(written: _State, content: bytes) -> dict[str, Record]:
    """Return the records of `written`, each once its text was found in its place. Raises `_Unsure`.

    Takes them out of `written`, so that no record is in memory twice.
    """
    records, written.broadcasts = written.broadcasts, {}
    before, empty, after = _spelled(written).partition(b'\n  "broadcasts": {}')
    start = _passed(content, 0, before, empty[:-1])
    broadcasts: dict[str, Record] = {}
    for keys in _batches(list(records)):
        batch = {key: records.pop(key) for key in keys}
        # The records of a state stand two levels deep, as they do here.
        text = _spelled({"": batch}).removeprefix(b'{\n  "": {').removesuffix(b"\n  }\n}")
        start = _passed(content, start, b"," if broadcasts else b"", text)
        broadcasts |= {key: _record(record) for key, record in batch.items()}
    if _passed(content, start, b"\n  }" if broadcasts else b"}", after, b"\n") != len(content):
        raise _Unsure
    return broadcasts


def _spelled(value: object) -> bytes:
    text = spelling.quick_spelling(value)
    if text is None:
        raise _Unsure
    return text


def _passed(content: bytes, start: int, *texts: bytes) -> int:
    """Return where in `content` those texts end, which stand there from `start` on. Raises `_Unsure`."""
    for text in texts:
        if not content.startswith(text, start):
            raise _Unsure
        start += len(text)
    return start


def _batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]


# ---------------------------------------------------------------- from what is written to values


def _record(written: _Record) -> Record:
    """Return a record; texts that many records share are kept once."""
    for request in (written.request, *written.formerly):
        _check_request(request)
    if written.local:
        _check_local(written.local)
    return Record(
        id=written.id,
        request=written.request,
        status=intern(written.status),
        how=written.how,
        provenance=_provenance(written.provenance, written.attempted_at),
        attempt=written.attempt,
        note=_note(written),
        formerly=written.formerly,
        refreshed=_provenance(written.refreshed) if written.refreshed else None,
        local=written.local,
        counts=_counts(written.contacts_count, written.results),
        instead_of=written.instead_of,
    )


def _check_request(request: Request) -> None:
    if request.scheduled_at:
        _check_instant(request.scheduled_at)
    if not request.name or list(request.segment_ids) != sorted(request.segment_ids):
        raise _Unsure


def _check_local(local: LocalTime) -> None:
    if local.at.tzinfo or not (local.timezone and local.zone_data):
        raise _Unsure


def _check_instant(at: datetime) -> None:
    if at.tzinfo is not UTC:
        raise _Unsure


def _provenance(written: _Provenance, attempted: datetime | None = None) -> Provenance:
    for at in (written.at, attempted):
        if at:
            _check_instant(at)
    return Provenance(
        written.at,
        intern(written.by),
        intern(written.commit),
        intern(written.run),
        _signoff(written.signoff) if written.signoff else None,
        attempted,
    )


def _signoff(written: _Signoff) -> Signoff:
    return Signoff(written.pull_request, written.author, written.reviewers)


def _note(written: _Record) -> Note:
    if written.role:
        return Note(written.note, written.role)
    return old_note(written.note, written.how) if written.note else NO_NOTE


def _counts(contacts: int | None, results: Mapping[Any, int] | None) -> RecordedCounts:
    if contacts is None and results is None:
        return NOT_COUNTED
    return RecordedCounts(contacts, Counts(**results) if results else None)
