"""Marks sends that reach the same people within the minimum gap."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from invent_gitops.model.calendar import CALLED_OFF_STATES, CalendarEntry, Clash
from invent_gitops.model.statuses import CALLED_OFF
from invent_gitops.values import replace

# Of one send, before it and after it, in each segment. A crowd must not cost its square, and nobody reads it.
MOST_CLASHES = 20


def with_clashes(entries: Sequence[CalendarEntry], gap: timedelta, names: Mapping[str, str]) -> Iterator[CalendarEntry]:
    """Yield the entries, each with those that reach the same people less than `gap` away.

    `entries` are sorted by time. What is called off takes no part, and a send to everyone meets all others. `names` are
    those of segments by id. Of a crowd, each has the nearest `MOST_CLASHES` in each segment, before it and after it.
    """
    # Each line holds the indices of the entries that reach the same people, by time.
    every = [index for index, entry in enumerate(entries) if reaches_people(entry)]
    to_everyone = [index for index in every if entries[index].request.send_to_all]
    of_segment: dict[str, list[int]] = defaultdict(list)
    for index in every:
        for segment in entries[index].request.segment_ids:
            of_segment[segment].append(index)
    for index, entry in enumerate(entries):
        if not reaches_people(entry):
            yield entry
            continue
        segments = entry.request.segment_ids
        lines = [every] if entry.request.send_to_all else [to_everyone, *(of_segment[segment] for segment in segments)]
        others = sorted({other for line in lines for other in _near(line, index, entries, gap)})
        yield replace(entry, clashes=tuple(_clash(entry, entries[other], names) for other in others))


def reaches_people(entry: CalendarEntry) -> bool:
    """Return whether it goes out or went out, as far as anybody can tell."""
    return entry.state not in CALLED_OFF_STATES and entry.status not in CALLED_OFF


def _near(line: Sequence[int], index: int, entries: Sequence[CalendarEntry], gap: timedelta) -> Iterator[int]:
    """Yield the nearest others of a line within the gap of the entry at `index`, on either side of it."""
    at = entries[index].at
    start = bisect_left(line, index)
    after = start + 1 if start < len(line) and line[start] == index else start
    for walk in (range(start - 1, -1, -1)[:MOST_CLASHES], range(after, len(line))[:MOST_CLASHES]):
        for position in walk:
            if abs(entries[line[position]].at - at) >= gap:
                break
            yield line[position]


def _clash(entry: CalendarEntry, other: CalendarEntry, names: Mapping[str, str]) -> Clash:
    shared = sorted(set(entry.request.segment_ids) & set(other.request.segment_ids))
    everyone = entry.request.send_to_all or other.request.send_to_all
    segments = () if everyone else tuple(names.get(segment, segment) for segment in shared)
    return Clash(other.key, other.name, segments, abs(other.at - entry.at))
