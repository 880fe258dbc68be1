"""Broadcasts: as the repository defines them, as they are requested, and as the API shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from invent_gitops.model.alike import alike
from invent_gitops.model.fields import Damaged, read_moment, read_text, read_texts, read_word, shown
from invent_gitops.model.instant import write_instant
from invent_gitops.model.local import LocalTime
from invent_gitops.model.problem import Position
from invent_gitops.values import Struct, field, replace


class Request(Struct, frozen=True):
    """What a definition becomes for the API. Two equal requests message the same people twice.

    `scheduled_at` is an aware datetime in UTC, whole seconds, or None for "at once".
    `segment_ids` is sorted and free of repeats; empty exactly if `send_to_all`.
    """

    name: str
    scheduled_at: datetime | None
    segment_ids: tuple[str, ...]
    send_to_all: bool

    def as_json(self) -> dict[str, object]:
        """Return the body of the create call: the four documented fields and no other."""
        return {
            "name": self.name,
            "scheduled_at": write_instant(self.scheduled_at) if self.scheduled_at else None,
            "segment_ids": list(self.segment_ids),
            "send_to_all": self.send_to_all,
        }

    @property
    def plain(self) -> Request:
        """With the name in the form in which names are compared: what looks the same is the same."""
        name = alike(self.name)
        return self if name == self.name else replace(self, name=name)

    def looks_like(self, other: Request) -> bool:
        """Return whether people cannot tell the two apart."""
        return self == other or self.plain == other.plain

    @property
    def traits(self) -> tuple[tuple[object, ...], ...]:
        """What a renamed and edited broadcast keeps: two of its name, its time and its audience."""
        name, audience = alike(self.name), (self.segment_ids, self.send_to_all)
        # All that goes out at once has no time to be known by.
        timed = (("time", self.scheduled_at, *audience), ("name and time", name, self.scheduled_at))
        return (*(timed if self.scheduled_at else ()), ("name", name, *audience))


# Every place that goes through the fields of a request, or compares two, goes through these.
REQUEST_FIELDS = Request.__struct_fields__
# How Invent names what it shows, where that is not the name of what it was asked for.
_LIVE_NAMES = {"segment_ids": "segments"}
LIVE_FIELDS = tuple(_LIVE_NAMES.get(name, name) for name in REQUEST_FIELDS)
# How a definition names a field, where that is another name.
WRITTEN_AS = {"scheduled_at": "schedule", "segment_ids": "segments"}


def read_request(value: object, *, named: bool = False) -> Request:
    """Return the request that `Request.as_json` has written, in the state or in a document. Raises `Damaged`.

    `named` refuses one without a name: what Invent shows may have none, and what was created has one.
    """
    if not isinstance(value, dict):
        raise Damaged(f"it is {shown(value)}, and should be an object")
    scheduled_at = read_moment(value, "scheduled_at")
    if not isinstance(value.get("send_to_all"), bool):
        raise Damaged("send_to_all is neither true nor false")
    segment_ids = tuple(sorted(read_texts(value, "segment_ids")))
    name = read_text(value, "name") if named else read_word(value, "name")
    return Request(name, scheduled_at, segment_ids, value["send_to_all"])


class Definition(Struct, frozen=True):
    """One broadcast as written in YAML, checked and resolved.

    `timezone` is the IANA zone the author wrote the time in ("" if the time carried an offset or is
    `immediately`); `segments` are the names as written, in the author's order; `waive` maps the id of
    a policy to the reason for waiving it; `marks` maps a field to the position of its value. `local` is
    the time as written, if it was a local one.
    """

    key: str
    request: Request
    position: Position
    timezone: str = ""
    segments: tuple[str, ...] = ()
    description: str = ""
    owner: str = ""
    waive: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, Position] = field(default_factory=dict)
    local: LocalTime | None = None

    def at(self, name: str) -> Position:
        """Return the position of a field's value; the definition's own if the field is not written."""
        return self.marks.get(name, self.position)


class Segment(Struct, frozen=True):
    """A segment of the catalogue. `contacts` is a count of contacts, or None if it was never read.

    `formerly` are names that it had before, oldest first: what was written with one of them still means it.
    """

    name: str
    id: str
    contacts: int | None = None
    formerly: tuple[str, ...] = ()


class Catalogue(Struct, frozen=True):
    """The project's segments by name; `None` in place of a catalogue means that entries are ids.

    `twins` holds the names that several segments have, which must be told apart by their ids. A segment whose
    name cannot be written down is named `id:` and its id. The keys of both are names in the form in which names are
    compared (`alike`); how a name is written is in its segment. `read_at` is when all of it was read from Invent, if
    it was.
    """

    segments: Mapping[str, Segment]
    twins: Mapping[str, tuple[Segment, ...]] = field(default_factory=dict)
    read_at: datetime | None = None

    def every(self) -> Iterator[Segment]:
        yield from self.segments.values()
        for namesakes in self.twins.values():
            yield from namesakes

    def named(self, name: str) -> tuple[Segment, ...]:
        """Return the segments that have a name now, however it is spelled."""
        key = alike(name)
        return (self.segments[key],) if key in self.segments else self.twins.get(key, ())

    def names(self) -> list[str]:
        """Return every name that a segment has now, as it is written, sorted."""
        return sorted(
            [
                *(segment.name for segment in self.segments.values()),
                *(namesakes[0].name for namesakes in self.twins.values()),
            ]
        )

    def by_id(self) -> dict[str, Segment]:
        """By id, and with the id behind a name that several segments have, so that reviewers can tell them apart."""
        segments = {segment.id: segment for segment in self.segments.values()}
        for namesakes in self.twins.values():
            segments |= {
                segment.id: replace(segment, name=f"{segment.name} (id:{segment.id})") for segment in namesakes
            }
        return segments

    def names_by_id(self) -> dict[str, str]:
        """Return what a page calls each segment."""
        return {id: segment.name for id, segment in self.by_id().items()}

    def formerly(self) -> dict[str, tuple[Segment, ...]]:
        """Return the segments that had a name before which none has now, by that name in the form in which it is
        compared.
        """
        former: dict[str, list[Segment]] = {}
        for segment in self.every():
            for name in segment.formerly:
                if not self.named(name):
                    former.setdefault(alike(name), []).append(segment)
        return {name: tuple(namesakes) for name, namesakes in former.items()}


class Counts(Struct, frozen=True):
    """What became of a broadcast's messages, in people, as the API counts them; None is "not told".

    Each field is the API's without its `_count`.
    """

    contacts: int | None = None
    recipients: int | None = None
    skipped: int | None = None
    sent: int | None = None
    failed: int | None = None
    delivered: int | None = None
    opened: int | None = None
    played: int | None = None
    click: int | None = None
    complained: int | None = None
    unsubscribed: int | None = None

    @property
    def told(self) -> dict[str, int]:
        """Each count that is told, by its name here."""
        counts = {name: getattr(self, name) for name in Counts.__struct_fields__}
        return {name: count for name, count in counts.items() if count is not None}


NOT_TOLD = Counts()


# How far the time that Invent fills in for "at once" may be from the creation.
_FILLED_IN = timedelta(minutes=10)


class Sending(Struct, frozen=True):
    """How far a broadcast is on its way, which changes by itself: its contents, its hours, and what came of it.

    `templates` is how many contents it has; 0 is "none yet", None is "not told". `channels` are the `integration_id` of
    these, sorted. Times are aware.
    """

    templates: int | None = None
    template_errors: tuple[str, ...] = ()
    error_message: str = ""
    started_at: datetime | None = None
    completed_at: datetime | None = None
    updated_at: datetime | None = None
    counts: Counts = NOT_TOLD
    channels: tuple[str, ...] = ()


NOT_BEGUN = Sending()


class Remote(Struct, frozen=True):
    """A broadcast as the API shows it; fields that nobody documented are left alone.

    `request` is what it would have been asked for with, but may have segments and everyone at once. Two are equal if
    what identifies a broadcast is, which the state keeps: the id, the request, the status and the time of creation.
    A `status` is kept as it came, known or not. `unread` names the fields of the API that were to be part of these and
    were missing or of another type: their values here say nothing.
    """

    id: str
    request: Request
    status: str
    created_at: datetime | None
    segments: tuple[tuple[str, str], ...] = ()
    """The id and the name of each segment, sorted like the request's; "" for a name that was not told."""
    sending: Sending = NOT_BEGUN
    unread: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        return self._identity == other._identity if isinstance(other, Remote) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[str, Request, str, datetime | None]:
        return self.id, self.request, self.status, self.created_at

    @property
    def untold(self) -> tuple[str, ...]:
        """The fields of its request that the API did not tell."""
        return tuple(name for name, live in zip(REQUEST_FIELDS, LIVE_FIELDS, strict=True) if live in self.unread)

    @property
    def at_once(self) -> bool:
        """Whether its time is that of its creation, as Invent may show it for what was to be sent at once."""
        scheduled_at = self.request.scheduled_at
        if scheduled_at is None or self.created_at is None:
            return scheduled_at is None
        return abs(scheduled_at - self.created_at) <= _FILLED_IN


class RemoteSegment(Struct, frozen=True):
    """A segment as the API shows it. Names may repeat; `contacts` is None where the API tells no count."""

    id: str
    name: str
    contacts: int | None = None
