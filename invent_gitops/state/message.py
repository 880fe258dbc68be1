"""The message of a state commit: what happened in words, and again in trailers for tools."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from invent_gitops.model.state import (
    Corrected,
    DeclaredAbsent,
    Event,
    Intended,
    Listed,
    Looked,
    Moved,
    Provenance,
    Recorded,
    Refreshed,
    Removed,
    Reopened,
    State,
    Withdrawn,
)


def commit_message(events: Sequence[Event], serial: int, provenance: Provenance) -> str:
    """Return a subject, a sentence for each event, and trailers: one for each event, then run, commit, actor and
    serial.
    """
    # That the list was read is worth a trailer, and no sentence beside others.
    sentences = [_sentence(event) for event in events if not isinstance(event, Listed)] or [
        _sentence(event) for event in events
    ]
    subject = sentences[0] if len(sentences) == 1 else _counted(events)
    body = [] if len(sentences) == 1 else ["", *sentences]
    trailers = [_flat(_trailer(event)) for event in sorted(events, key=lambda event: isinstance(event, Listed))]
    return (
        "\n".join(
            [
                subject,
                *body,
                "",
                *trailers,
                *_signoff_trailers(events),
                *_provenance_trailers(provenance, serial, _sources(events)),
            ]
        )
        + "\n"
    )


def _origins(events: Sequence[Event]) -> list[Provenance]:
    attempts = [event.intent.provenance for event in events if isinstance(event, Intended)]
    return attempts + [event.record.provenance for event in events if isinstance(event, Recorded)]


def _sources(events: Sequence[Event]) -> list[str]:
    """Return the commits that hold the definitions that the events are about, each marked if it does not hold them
    all.
    """
    return sorted({provenance.commit for provenance in _origins(events)} - {""})


def _signoff_trailers(events: Sequence[Event]) -> list[str]:
    """Return who wrote and who approved what the events are about, and in which pull requests."""
    signoffs = {provenance.signoff for provenance in _origins(events) if provenance.signoff}
    addresses = sorted({signoff.pull_request for signoff in signoffs})
    authors = sorted({signoff.author for signoff in signoffs} - {""})
    reviewers = sorted({login for signoff in signoffs for login in signoff.reviewers})
    trailers = [f"Pull-Request: {address}" for address in addresses]
    trailers += [f"Written-By: {login}" for login in authors]
    return [_flat(trailer) for trailer in (*trailers, *(f"Reviewed-By: {login}" for login in reviewers))]


def taken_over_message(state: State, provenance: Provenance) -> str:
    """For the first commit of a branch that goes on with a state that was in a file before."""
    count = len(state.broadcasts)
    subject = f"Take over the state from a file, with {count} broadcast{'' if count == 1 else 's'}"
    trailer = f"State-Taken-Over: {state.lineage} {state.serial}"
    return "\n".join([subject, "", trailer, *_provenance_trailers(provenance, state.serial, [])]) + "\n"


def _provenance_trailers(provenance: Provenance, serial: int, sources: Sequence[str]) -> list[str]:
    trailers = [f"Source-Commit: {commit}" for commit in (sources or [provenance.commit]) if commit]
    trailers += [f"Run: {provenance.run}"] if provenance.run else []
    return [_flat(trailer) for trailer in (*trailers, f"Actor: {provenance.by}", f"Serial: {serial}")]


def _counted(events: Sequence[Event]) -> str:
    counts = {
        "recorded": sum(isinstance(event, Recorded) for event in events),
        "about to be created": sum(isinstance(event, Intended) for event in events),
        "unknown again": sum(isinstance(event, Reopened) for event in events),
        "not created": sum(isinstance(event, Withdrawn | DeclaredAbsent) for event in events),
        "looked for": sum(isinstance(event, Looked) for event in events),
        "corrected": sum(isinstance(event, Corrected) for event in events),
        "moved": sum(isinstance(event, Moved) for event in events),
        "removed": sum(isinstance(event, Removed) for event in events),
        "refreshed": sum(isinstance(event, Refreshed) for event in events),
    }
    counted = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return f"Broadcasts: {counted}"


def _sentence(event: Event) -> str:
    match event:
        case Intended(key, intent):
            return _flat(f"About to create {key}: {intent.request.name}")
        case Reopened(key, intent):
            return _flat(f"Unknown again, though it was settled: {key}: {intent.request.name}")
        case Listed():
            return "The list in Invent was read"
        case Recorded(key, record):
            verb = {
                "created": "Created",
                "adopted": "Found and adopted",
                "resolved": "Resolved",
                "imported": "Imported",
            }
            return _flat(f"{verb[record.how]} {key} as {record.id}: {record.request.name}")
        case Withdrawn(key, _):
            return _flat(f"Not created: {key}")
        case Looked(key, _, candidates):
            return _flat(f"Looked for {key}: {len(candidates)} candidates")
        case Corrected(key, wrong, record):
            return _flat(f"Corrected {key}, which is {record.id} instead of {wrong} ({record.note.text})")
        case DeclaredAbsent(_, absence):
            return _flat(f"Declared not created: {absence.key} ({absence.reason})")
        case Moved(key, to, _, _):
            return _flat(f"Moved {key} to {to}")
        case Removed(key, removal):
            return _flat(f"Removed {key}, which is {removal.id} ({removal.reason})")
        case Refreshed(key, id, request, status, _):
            return _flat(f"Refreshed {key}, which is {id}: {status or 'no status'}, {request.name}")
        case _:
            assert_never(event)


def _trailer(event: Event) -> str:
    match event:
        case Intended(key, intent):
            return f"Broadcast-Intended: {key} {intent.attempt}"
        case Reopened(key, intent):
            # An intent like any other for who reads the chain.
            return f"Broadcast-Intended: {key} {intent.attempt}"
        case Listed():
            return "Broadcasts-Listed: yes"
        case Recorded(key, record):
            return f"Broadcast-{record.how.capitalize()}: {key} {record.id}"
        case Withdrawn(key, attempt):
            return f"Broadcast-Not-Created: {key} {attempt}"
        case Looked(key, attempt, _):
            return f"Broadcast-Looked-For: {key} {attempt}"
        case DeclaredAbsent(attempt, absence):
            return f"Broadcast-Declared-Absent: {absence.key} {attempt}"
        case Corrected(key, wrong, record):
            return f"Broadcast-Corrected: {key} {wrong} {record.id}"
        case Moved(key, to, _, _):
            return f"Broadcast-Moved: {key} {to}"
        case Removed(key, removal):
            return f"Broadcast-Removed: {key} {removal.id}"
        case Refreshed(key, id, _, _, _):
            return f"Broadcast-Refreshed: {key} {id}"
        case _:
            assert_never(event)


def _flat(text: str) -> str:
    """On one line, so that nobody's words make a trailer of their own."""
    return " ".join(text.split())
