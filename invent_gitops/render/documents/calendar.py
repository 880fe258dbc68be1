"""The calendar for machines, and read back for a page of several workspaces."""

from __future__ import annotations

from datetime import date, time, timedelta

from invent_gitops.model.broadcast import Counts
from invent_gitops.model.calendar import (
    SEND_STATES,
    Author,
    Calendar,
    CalendarEntry,
    CalendarRules,
    Clash,
    Revision,
)
from invent_gitops.model.instant import write_instant
from invent_gitops.model.plan import Audience
from invent_gitops.model.project import BlackoutDays, QuietHours
from invent_gitops.render.documents.context import context_json, read_context
from invent_gitops.render.documents.drift import look_json, read_look
from invent_gitops.render.documents.envelope import read_request
from invent_gitops.render.documents.reading import (
    Document,
    moment_or_none,
    number_or_none,
    object_or_none,
    read_flag,
    read_moment,
    read_number,
    read_object,
    read_objects,
    read_text,
    read_texts,
    text_or,
)

_COUNTED = Counts.__struct_fields__


def calendar_json(calendar: Calendar) -> dict[str, object]:
    states = [entry.state for entry in calendar.entries]
    return {
        **context_json(calendar.context),
        "from": calendar.first.isoformat() if calendar.first else None,
        "to": calendar.last.isoformat() if calendar.last else None,
        "look": look_json(calendar.look) if calendar.look else None,
        "changed_from": calendar.changed_from or None,
        "rules": _rules_json(calendar.rules),
        "counts": {state: states.count(state) for state in SEND_STATES},
        "entries": [_entry_json(entry) for entry in calendar.entries],
        "outside": [_entry_json(entry) for entry in calendar.outside],
    }


def read_calendar(fields: Document) -> Calendar:
    """Read the body back. No document holds the names of segments by id: the entries name their own."""
    look = object_or_none(fields, "look")
    return Calendar(
        read_context(fields),
        tuple(_read_entry(entry) for entry in read_objects(fields, "entries")),
        _read_rules(read_object(fields["rules"])),
        _date_or_none(fields, "from"),
        _date_or_none(fields, "to"),
        read_look(look) if look else None,
        text_or(fields, "changed_from"),
        tuple(_read_entry(entry) for entry in read_objects(fields, "outside")),
    )


def _entry_json(entry: CalendarEntry) -> dict[str, object]:
    audience, author, revision = entry.audience, entry.author, entry.revision
    return {
        "key": entry.key or None,
        "id": entry.id or None,
        "name": entry.name,
        "request": entry.request.as_json(),
        "at": write_instant(entry.at),
        "at_once": entry.at_once,
        "timezone": author.timezone or None,
        "state": entry.state,
        "status": entry.status or None,
        "audience": {
            "segments": list(audience.segments),
            "everyone": audience.everyone,
            "contacts": audience.contacts,
            "today": audience.today,
        },
        "owner": author.owner or None,
        "description": author.description or None,
        "file": author.file or None,
        "remarks": list(entry.remarks),
        "results": {name: getattr(entry.results, name) for name in _COUNTED},
        "clashes": [_clash_json(clash) for clash in entry.clashes],
        "changed_at": write_instant(revision.changed_at) if revision.changed_at else None,
        "removed": revision.removed,
        "in_change": revision.in_change,
    }


def _read_entry(fields: Document) -> CalendarEntry:
    state = read_text(fields, "state")
    if state not in SEND_STATES:
        raise ValueError(f"state is {state}")
    audience, results = read_object(fields["audience"]), read_object(fields["results"])
    return CalendarEntry(
        text_or(fields, "key"),
        read_request(read_object(fields["request"])),
        read_moment(fields, "at"),
        state,
        Audience(
            read_texts(audience, "segments"),
            read_flag(audience, "everyone"),
            number_or_none(audience, "contacts"),
            read_flag(audience, "today"),
        ),
        text_or(fields, "id"),
        text_or(fields, "status"),
        Author(*(text_or(fields, name) for name in ("owner", "description", "timezone", "file"))),
        read_texts(fields, "remarks"),
        Counts(**{name: number_or_none(results, name) for name in _COUNTED}),
        tuple(map(_read_clash, read_objects(fields, "clashes"))),
        Revision(moment_or_none(fields, "changed_at"), read_flag(fields, "removed"), read_flag(fields, "in_change")),
    )


def _clash_json(clash: Clash) -> dict[str, object]:
    return {
        "key": clash.key or None,
        "name": clash.name,
        "segments": list(clash.segments),
        "apart_seconds": int(clash.apart.total_seconds()),
    }


def _read_clash(fields: Document) -> Clash:
    apart = timedelta(seconds=read_number(fields, "apart_seconds"))
    return Clash(text_or(fields, "key"), read_text(fields, "name"), read_texts(fields, "segments"), apart)


def _rules_json(rules: CalendarRules) -> dict[str, object]:
    quiet, blackout = rules.quiet_hours, rules.blackout_days
    return {
        "quiet_hours": {
            "start": quiet.start.isoformat("minutes"),
            "end": quiet.end.isoformat("minutes"),
            "timezone": quiet.timezone or None,
            "project_timezone": quiet.project_timezone or None,
        }
        if quiet
        else None,
        "blackout_days": {
            "spans": [[first.isoformat(), last.isoformat()] for first, last in blackout.spans],
            "project_timezone": blackout.project_timezone or None,
        }
        if blackout
        else None,
        "minimum_gap_seconds": int(rules.minimum_gap.total_seconds()),
    }


def _read_rules(fields: Document) -> CalendarRules:
    quiet, blackout = object_or_none(fields, "quiet_hours"), object_or_none(fields, "blackout_days")
    return CalendarRules(
        _read_quiet_hours(quiet) if quiet else None,
        _read_blackout_days(blackout) if blackout else None,
        timedelta(seconds=read_number(fields, "minimum_gap_seconds")),
    )


def _read_quiet_hours(fields: Document) -> QuietHours:
    start, end = (time.fromisoformat(read_text(fields, name)) for name in ("start", "end"))
    return QuietHours(start, end, text_or(fields, "timezone"), text_or(fields, "project_timezone"))


def _read_blackout_days(fields: Document) -> BlackoutDays:
    spans = tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in fields["spans"])
    return BlackoutDays(spans, text_or(fields, "project_timezone"))


def _date_or_none(fields: Document, name: str) -> date | None:
    return None if fields.get(name) is None else date.fromisoformat(read_text(fields, name))
