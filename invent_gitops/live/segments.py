"""Brings the segment catalogue up to what Invent has now: what is new, renamed, gone, or means something else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from invent_gitops.errors import Refused
from invent_gitops.model.alike import alike, composed
from invent_gitops.model.broadcast import Catalogue, Definition, RemoteSegment, Segment
from invent_gitops.model.instant import write_instant
from invent_gitops.validate.catalogue import LONGEST_NAME, READ_AT, writable_name
from invent_gitops.validate.names import fault_of_id
from invent_gitops.validate.segments import ID_PREFIX
from invent_gitops.values import Struct, replace

# What `id:` in front of it leaves of the 255 characters that an entry of a definition may have.
LONGEST_ID = 252


class Renamed(Struct, frozen=True):
    """A segment that Invent calls otherwise now."""

    id: str
    old: str
    new: str


class Retaken(Struct, frozen=True):
    """A name that belongs to another segment now: what is written with it means another audience than before."""

    name: str
    old: str
    new: str


class Pull(Struct, frozen=True):
    """A catalogue as it is now, and what is different from before.

    `unwritable` are segments whose name no catalogue can hold, with the name that Invent shows; they stand under
    `id:` and their id, but for those in `left_out`, whose id no definition can write either. `recounted` is how
    many segments have another count than before.
    """

    catalogue: Catalogue
    new: tuple[Segment, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    retaken: tuple[Retaken, ...] = ()
    gone: tuple[Segment, ...] = ()
    unwritable: tuple[RemoteSegment, ...] = ()
    left_out: tuple[RemoteSegment, ...] = ()
    recounted: int = 0


def without_pretence(live: Sequence[RemoteSegment], old: Catalogue | None) -> list[RemoteSegment]:
    """Return the segments of a sandbox, with no other count than a person wrote into the catalogue `old`."""
    written = {segment.id: segment.contacts for segment in old.every()} if old else {}
    return [replace(remote, contacts=written.get(remote.id)) for remote in live]


def merge(old: Catalogue | None, live: Sequence[RemoteSegment], read_at: datetime | None) -> Pull:
    """Return the catalogue of the complete list `live`, read from Invent at `read_at` (aware; None: not Invent), after
    `old`.

    Raises `Refused` if not one segment of `old` is in the list: that is another account.
    """
    before = _by_id(old)
    if before and not any(remote.id in before for remote in live):
        raise Refused(
            f"None of the {len(before)} segments of the catalogue is in Invent: this looks like another account.",
            "Check the key and the org. To begin anew, delete the catalogue.",
        )
    segments_by_name: dict[str, list[Segment]] = {}
    kept = [remote for remote in live if _can_stand(remote)]
    for remote in sorted(kept, key=lambda remote: remote.id):
        name = composed(remote.name) if writable_name(remote.name) else f"{ID_PREFIX}{remote.id}"
        namesakes = segments_by_name.setdefault(alike(name), [])
        # Names that look the same are written once, as the first one is spelled.
        name = namesakes[0].name if namesakes else name
        namesakes.append(_segment(remote, name, before.get(remote.id, ()), old))
    names = sorted(segments_by_name, key=lambda name: _order(segments_by_name[name][0].name))
    ids_by_name = {name: {segment.id for segment in segments_by_name[name]} for name in names}
    pruned = {name: [_pruned(segment, ids_by_name) for segment in segments_by_name[name]] for name in names}
    catalogue = Catalogue(
        {name: namesakes[0] for name, namesakes in pruned.items() if len(namesakes) == 1},
        {name: tuple(namesakes) for name, namesakes in pruned.items() if len(namesakes) > 1},
        read_at,
    )
    pull = _compared(catalogue, before, old, kept)
    return replace(pull, left_out=tuple(remote for remote in live if not _can_stand(remote)))


def entries(catalogue: Catalogue) -> dict[str, Any]:
    """Return the catalogue as it is written: when it was read, then each name with what is known of it, in their
    order.
    """
    written: dict[str, Any] = {READ_AT: write_instant(catalogue.read_at)} if catalogue.read_at else {}
    for name in sorted(catalogue.names(), key=_order):
        namesakes = [_entry(segment) for segment in catalogue.named(name)]
        written[name] = namesakes[0] if len(namesakes) == 1 else namesakes
    return written


def used_by(definitions: Iterable[Definition]) -> Mapping[str, list[str]]:
    """By the id of a segment, the keys of the definitions that go to it."""
    keys_by_id: dict[str, list[str]] = {}
    for definition in definitions:
        for id in definition.request.segment_ids:
            keys_by_id.setdefault(id, []).append(definition.key)
    return keys_by_id


def written_by(definitions: Iterable[Definition]) -> Mapping[str, list[str]]:
    """By what stands in `segments`, in the form in which names are compared, the keys of those that write it."""
    keys_by_entry: dict[str, list[str]] = {}
    for definition in definitions:
        for entry in definition.segments:
            keys_by_entry.setdefault(alike(entry), []).append(definition.key)
    return keys_by_entry


def _order(name: str) -> tuple[bool, str, str]:
    return name.startswith(ID_PREFIX), name.casefold(), name


def _can_stand(remote: RemoteSegment) -> bool:
    """Return whether a catalogue can hold a segment at all: by its name, else by its id."""
    if fault_of_id(remote.id, "") or len(remote.id) > LONGEST_ID:
        return False
    return writable_name(remote.name) or len(ID_PREFIX + remote.id) <= LONGEST_NAME


def _by_id(old: Catalogue | None) -> dict[str, tuple[Segment, ...]]:
    """Return every segment by id; a catalogue that people wrote may have several names for one."""
    segments_by_id: dict[str, list[Segment]] = {}
    for segment in old.every() if old else ():
        segments_by_id.setdefault(segment.id, []).append(segment)
    return {id: tuple(namesakes) for id, namesakes in segments_by_id.items()}


def _segment(remote: RemoteSegment, name: str, before: Sequence[Segment], old: Catalogue | None) -> Segment:
    """Return the live segment with all the names that it had; a name that several segments had told nothing."""
    had = [former for segment in before for former in (*segment.formerly, segment.name)]
    twins = old.twins if old else {}
    formerly: dict[str, str] = {}
    for former in had:
        if alike(former) != alike(name) and alike(former) not in twins and not former.startswith(ID_PREFIX):
            formerly.setdefault(alike(former), former)
    return Segment(name, remote.id, remote.contacts, tuple(formerly.values()))


def _pruned(segment: Segment, ids_by_name: Mapping[str, set[str]]) -> Segment:
    """Without the former names that another segment has now: should that one go, they must not come back."""
    formerly = tuple(name for name in segment.formerly if alike(name) not in ids_by_name)
    return Segment(segment.name, segment.id, segment.contacts, formerly)


def _compared(
    catalogue: Catalogue,
    before: Mapping[str, tuple[Segment, ...]],
    old: Catalogue | None,
    live: Sequence[RemoteSegment],
) -> Pull:
    now = {segment.id: segment for segment in catalogue.every()}
    both = [(before[id], segment) for id, segment in now.items() if id in before]
    return Pull(
        catalogue,
        new=tuple(segment for id, segment in now.items() if id not in before),
        renamed=tuple(
            Renamed(segment.id, had[-1].name, segment.name)
            for had, segment in both
            if alike(segment.name) not in [alike(former.name) for former in had]
        ),
        retaken=tuple(_retaken(catalogue, old)) if old else (),
        gone=tuple(had[-1] for id, had in before.items() if id not in now),
        unwritable=tuple(remote for remote in live if now[remote.id].name.startswith(ID_PREFIX)),
        recounted=sum(segment.contacts != had[-1].contacts for had, segment in both),
    )


def _retaken(catalogue: Catalogue, old: Catalogue) -> Iterator[Retaken]:
    formerly = old.formerly()
    for key, segment in catalogue.segments.items():
        meant = old.named(key) or formerly.get(key, ())
        if len(meant) == 1 and meant[0].id != segment.id:
            yield Retaken(segment.name, meant[0].id, segment.id)


def _entry(segment: Segment) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": segment.id}
    if segment.contacts is not None:
        entry["contacts_count"] = segment.contacts
    if segment.formerly:
        entry["formerly"] = list(segment.formerly)
    return entry
