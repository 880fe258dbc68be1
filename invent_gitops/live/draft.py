"""What a definition says to give exactly a request: names where they are known, local time where it is clear."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from invent_gitops.model.broadcast import Catalogue, Request
from invent_gitops.model.instant import write_instant
from invent_gitops.model.local import LocalTime
from invent_gitops.validate.schedule import IMMEDIATELY, Schedule, parse_schedule
from invent_gitops.validate.segments import ID_PREFIX
from invent_gitops.values import Struct
from invent_gitops.zonedata import load_zone


class Draft(Struct, frozen=True):
    """`schedule` is one text, or a local time and its zone; `segments` are entries, each with a comment or ""."""

    name: str
    schedule: str | tuple[str, str]
    segments: tuple[tuple[str, str], ...]


class Drafts:
    """`timezone` is the project's ("" for none), `names` are those of segments by id, as Invent shows them."""

    def __init__(self, *, timezone: str, catalogue: Catalogue | None, names: Mapping[str, str]) -> None:
        self._timezone, self._names = timezone, names
        segments = sorted(catalogue.segments.items()) if catalogue else ()
        self._written = {segment.id: segment.name for _, segment in segments}

    def draft(self, request: Request) -> Draft:
        """Return what a definition says to give exactly `request`."""
        entries = [self._written.get(id) or ID_PREFIX + id for id in request.segment_ids]
        comments = [
            self._names.get(id, "") if entry == ID_PREFIX + id else ""
            for id, entry in zip(request.segment_ids, entries, strict=True)
        ]
        pairs = zip(entries, comments, strict=True)
        segments = sorted(pairs, key=lambda pair: (pair[0].startswith(ID_PREFIX), pair))
        return Draft(request.name, _schedule(request.scheduled_at, self._timezone), tuple(segments))


def reviewed(at: datetime | None, timezone: str) -> LocalTime | None:
    """Return the local time that the draft of a definition shows for `at`; None where it shows an offset or no time."""
    written = _schedule(at, timezone)
    if isinstance(written, str):
        return None
    parsed = parse_schedule({"at": written[0], "timezone": written[1]}, "")
    return parsed.local if isinstance(parsed, Schedule) else None


def _schedule(at: datetime | None, timezone: str) -> str | tuple[str, str]:
    if at is None:
        return IMMEDIATELY
    if timezone:
        try:
            local = at.astimezone(load_zone(timezone)).replace(tzinfo=None)
        except OverflowError:
            return write_instant(at)
        text = local.isoformat(timespec="seconds" if local.second else "minutes")
        # Where the clocks are turned back the same local time is there twice, and the reader refuses it.
        if parse_schedule({"at": text, "timezone": timezone}, "") == Schedule(at, timezone):
            return text, timezone
    return write_instant(at)
