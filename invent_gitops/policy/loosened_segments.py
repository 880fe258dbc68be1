"""Two catalogues beside each other: the names that mean other people now, and the counts that differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from invent_gitops.model.alike import alike
from invent_gitops.model.broadcast import Catalogue, Segment
from invent_gitops.model.loosening import COUNT, RuleChange

Side = Literal["weaker", "tighter"]


def compare_catalogues(old: Catalogue | None, new: Catalogue | None) -> Iterator[tuple[Side, RuleChange]]:
    """Yield each name of the base that means another id now, and each segment whose count differs.

    A name that is gone, or that several segments have now, can be written no more: that is tighter. Without a
    catalogue an entry of a definition is an id, so that every name means another segment where the catalogue is gone.
    """
    if old is None:
        return
    if new is None:
        count = sum(1 for _ in old.every())
        was = f"{count:,} segment{'' if count == 1 else 's'}"
        now = "gone: names are taken for ids"
        yield "weaker", RuleChange("segments", "the segment catalogue", was, now, "segments")
        return
    # Made once each, as they are costly.
    formerly, formerly_now = old.formerly(), new.formerly()
    for name in sorted({*old.segments, *old.twins, *formerly}):
        before = old.named(name) or formerly.get(name, ())
        after = new.named(name) or formerly_now.get(name, ())
        if not after or {segment.id for segment in before} == {segment.id for segment in after}:
            continue
        side: Side = "weaker" if len(after) == 1 else "tighter"
        # A former name has no spelling but the one in which names are compared.
        written = before[0].name if old.named(name) else name
        path = _path(new, name, after[0])
        change = RuleChange("segment", f"segment {written}", _people(before), _people(after), "segments", path, written)
        yield side, change
    yield from _counts(old, new)


def with_counts_of(base: Catalogue | None, current: Catalogue | None) -> Catalogue | None:
    """Return `current` with the counts that `base` has, for the segments that both have."""
    if base is None or current is None:
        return current
    counts = {segment.id: segment.contacts for segment in base.every()}

    def counted(segment: Segment) -> Segment:
        contacts = counts.get(segment.id, segment.contacts)
        return Segment(segment.name, segment.id, contacts, segment.formerly)

    segments = {name: counted(segment) for name, segment in current.segments.items()}
    twins = {name: tuple(counted(segment) for segment in namesakes) for name, namesakes in current.twins.items()}
    return Catalogue(segments, twins, current.read_at)


def _counts(old: Catalogue, new: Catalogue) -> Iterator[tuple[Side, RuleChange]]:
    before = {segment.id: segment for segment in old.every()}
    for segment in new.every():
        was = before.get(segment.id)
        if was and was.contacts != segment.contacts:
            count, now = (_count(contacts) for contacts in (was.contacts, segment.contacts))
            path = (*_path(new, alike(segment.name), segment), "contacts_count")
            subject = f"contacts of {segment.name}"
            yield "weaker", RuleChange(COUNT, subject, count, now, "segments", path, segment.name)


def _count(contacts: int | None) -> str:
    return "not counted" if contacts is None else f"{contacts:,}"


def _people(segments: tuple[Segment, ...]) -> str:
    """Return the ids, each with its count where there is one."""
    return " and ".join(
        segment.id if segment.contacts is None else f"{segment.id} ({segment.contacts:,} contacts)"
        for segment in segments
    )


def _path(catalogue: Catalogue, name: str, segment: Segment) -> tuple[str | int, ...]:
    if several := catalogue.twins.get(name):
        return (segment.name, several.index(segment)) if segment in several else (segment.name,)
    return (segment.name,)
