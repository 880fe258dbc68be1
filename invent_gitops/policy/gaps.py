"""The guard that keeps two broadcasts to one segment apart, and the timetable that it looks into."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Literal

from invent_gitops.model.broadcast import Definition, Request, Segment
from invent_gitops.model.plan import Refusal
from invent_gitops.model.project import Policies
from invent_gitops.model.state import State
from invent_gitops.policy.times import duration, moment, sending
from invent_gitops.values import Struct, field


class Entry(Struct, frozen=True):
    """Something that goes out, or went out, at `at`."""

    at: datetime
    key: str
    how: Literal["defined", "recorded", "intended"]
    request: Request


class Timetable(Struct, frozen=True):
    """What goes out when: to each segment (by id), to everyone, and all of it; each line is sorted by time."""

    of_segment: Mapping[str, Sequence[Entry]] = field(default_factory=dict)
    to_everyone: Sequence[Entry] = ()
    every: Sequence[Entry] = ()

    def nearest(self, request: Request, at: datetime, key: str) -> Entry | None:
        """Return the entry nearest to `at` that reaches somebody whom `request` reaches, other than those of `key`."""
        # Everyone is in every segment, so a broadcast to everyone meets all others.
        lines = (
            [self.every]
            if request.send_to_all
            else [self.to_everyone, *(self.of_segment.get(id, ()) for id in request.segment_ids)]
        )
        neighbours = [entry for line in lines for entry in _neighbours(line, at, key)]
        return min(neighbours, key=lambda entry: (abs(entry.at - at), entry.at, entry.key), default=None)


def timetable_of(definitions: Iterable[Definition], state: State, now: datetime) -> Timetable:
    """Everything that is defined, recorded or in doubt. What is to go out at once goes out at `now`.

    A key that the state knows counts as the state has it: an edit after the creation is never sent,
    and what was removed is not sent again.
    """
    entries = [
        Entry(record.request.scheduled_at or record.provenance.at, key, "recorded", record.request)
        for key, record in state.broadcasts.items()
    ]
    entries += [
        Entry(intent.request.scheduled_at or intent.provenance.at, key, "intended", intent.request)
        for key, intent in state.intents.items()
    ]
    entries += [
        Entry(definition.request.scheduled_at or now, definition.key, "defined", definition.request)
        for definition in definitions
        if definition.key not in state.broadcasts
        and definition.key not in state.intents
        and definition.key not in state.removed
    ]
    # Sorted once: every line below is filled in this order.
    entries.sort(key=attrgetter("at", "key", "how"))
    lines: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        for id in entry.request.segment_ids:
            lines[id].append(entry)
    return Timetable(lines, [entry for entry in entries if entry.request.send_to_all], entries)


def of_the_gap(
    definition: Definition, now: datetime, policies: Policies, timetable: Timetable, segments: Mapping[str, Segment]
) -> Iterator[Refusal]:
    """Yield the objection to what comes too close to another broadcast, if there is one."""
    if not policies.minimum_gap:
        return
    request, zone = definition.request, definition.timezone
    at = request.scheduled_at or now
    other = timetable.nearest(request, at, definition.key)
    if other is None or abs(other.at - at) >= policies.minimum_gap:
        return
    origin = {"defined": "", "recorded": ", which was created already,", "intended": ", which may have been created,"}
    move = "Move one of the two" if other.how == "defined" else "Move this one"
    apart = f"{duration(abs(other.at - at), days=False)} apart" if other.at != at else "at the same time"
    asked = duration(policies.minimum_gap, days=False)
    yield Refusal(
        "minimum-gap",
        f"{sending(request.scheduled_at, now, zone)}, and {other.key}{origin[other.how]} on {moment(other.at, zone)}, "
        f"{_shared(request, other.request, segments)}: {apart}. policies.minimum_gap asks for {asked} between two "
        "broadcasts to one segment.",
        f"{move}, or waive minimum-gap with a reason.",
        definition.at("schedule"),
    )


def _neighbours(line: Sequence[Entry], at: datetime, key: str) -> Iterator[Entry]:
    """Yield the last entry before `at` and the first one from `at` on, without those of `key`."""
    start = bisect_left(line, at, key=lambda entry: entry.at)
    # A key has an entry or two, so neither walk is a long one.
    for walk in (range(start - 1, -1, -1), range(start, len(line))):
        entry = next((line[index] for index in walk if line[index].key != key), None)
        if entry:
            yield entry


def _shared(request: Request, other: Request, segments: Mapping[str, Segment]) -> str:
    if request.send_to_all and other.send_to_all:
        return "both to everyone"
    if request.send_to_all or other.send_to_all:
        return f"{'this one' if request.send_to_all else 'that one'} to everyone"
    ids = sorted(set(request.segment_ids) & set(other.segment_ids))
    return "both to " + " and ".join(segments[id].name if id in segments else id for id in ids)
