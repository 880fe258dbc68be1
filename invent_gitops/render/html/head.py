"""What the page says about itself: the account, the moment, and how much of Invent was read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date

from invent_gitops.model.calendar import Calendar
from invent_gitops.model.project import OWN_ORG, SANDBOX
from invent_gitops.policy import duration
from invent_gitops.render.cells.times import local_text
from invent_gitops.render.html.clocks import short_day
from invent_gitops.render.html.page import Masthead, SendNote
from invent_gitops.render.html.shading import Lane, Shading
from invent_gitops.text.clean import clean

_OFFLINE = "From files and records, offline. Changes that were made in Invent do not appear."
_MOST_KEYS = 10
# What the signs beside a send say that no rule of the project explains.
_MARKED = {
    "alert": "Needs a person: read its remark.",
    "moon": "It is in the quiet hours.",
    "change": "New, edited or deleted in this change.",
}


def head_of(calendars: Sequence[Calendar]) -> Masthead:
    """Return the head of the page of one or several workspaces."""
    zones = dict.fromkeys(calendar.context.zone or "UTC" for calendar in calendars)
    names = [clean(calendar.context.workspace) for calendar in calendars if calendar.context.workspace]
    account = _account(calendars)
    moments = dict.fromkeys(
        local_text(calendar.context.at.replace(second=0), calendar.context.zone if len(zones) == 1 else "")
        for calendar in calendars
    )
    return Masthead(
        ", ".join(names) or account,
        account,
        ", ".join(moments),
        _source(calendars),
        ", ".join(dict.fromkeys(filter(None, map(_period, calendars)))),
        next(iter(zones)) if len(zones) == 1 else "",
        any(calendar.context.api == SANDBOX for calendar in calendars),
        tuple(alarm for calendar in calendars for alarm in _alarms(calendar, names_workspaces=len(calendars) > 1)),
        tuple(dict.fromkeys(remark for calendar in calendars for remark in _remarks(calendar, calendars))),
    )


def legend_of(calendars: Sequence[Calendar], shading: Shading, signs: Collection[str]) -> tuple[SendNote, ...]:
    """Return what is shaded and marked, each with its sign and a sentence. `signs` are those beside the sends."""
    notes = [SendNote("strip", _lane_text(lane)) for lane in shading.lanes]
    notes += [SendNote("moon", _lane_text(lane)) for lane in shading.unshaded]
    for calendar in calendars:
        if calendar.rules.blackout_days:
            notes.append(SendNote("blackout", "Blackout day in the time zone of a send: it may not go out."))
        if (gap := calendar.rules.minimum_gap) and any(entry.clashes for entry in calendar.entries):
            name = f" in {clean(calendar.context.workspace)}" if len(calendars) > 1 else ""
            sentence = f"Clash: two sends to one segment within {duration(gap)}{name}."
            notes.append(SendNote("clash", sentence))
    notes += [SendNote(sign, sentence) for sign, sentence in _MARKED.items() if sign in signs]
    return tuple(dict.fromkeys(notes))


def _account(calendars: Sequence[Calendar]) -> str:
    orgs = dict.fromkeys(calendar.context.org for calendar in calendars)
    # The key's own has no name that a reader knows.
    return ", ".join(clean(org) for org in orgs if org not in ("", OWN_ORG))


def _source(calendars: Sequence[Calendar]) -> str:
    looks = [calendar.look for calendar in calendars]
    if not any(looks):
        return _OFFLINE
    if all(look and look.complete for look in looks):
        return "Read from Invent."
    return "Only partly read from Invent."


def _period(calendar: Calendar) -> str:
    first, last = calendar.first, calendar.last
    if first and last:
        return _full(first) if first == last else f"{_full(first)} – {_full(last)}"
    if first:
        return f"from {_full(first)}"
    return f"until {_full(last)}" if last else ""


def _full(day: date) -> str:
    return f"{short_day(day)} {day.year}"


def _alarms(calendar: Calendar, *, names_workspaces: bool) -> Iterator[str]:
    look = calendar.look
    if not look:
        return
    of = f"{clean(calendar.context.workspace)}: " if names_workspaces else ""
    yield from (f"{of}{clean(gap)}" for gap in look.gaps)
    if look.unread:
        keys = ", ".join(map(clean, look.unread[:_MOST_KEYS]))
        further = len(look.unread) - _MOST_KEYS
        more = f" and {further:,} more" if further > 0 else ""
        yield f"{of}Not read in full: {keys}{more}. Their states may be old."


def _remarks(calendar: Calendar, calendars: Sequence[Calendar]) -> Iterator[str]:
    of = f"{clean(calendar.context.workspace)}: " if len(calendars) > 1 else ""
    if calendar.look is None and any(other.look for other in calendars):
        yield f"{of}{_OFFLINE}"
    if calendar.changed_from:
        yield f"“In this change” means new, edited or deleted since {clean(calendar.changed_from)}."
    if calendar.look and (count := calendar.look.unrecorded):
        number = f"{count:,} broadcast{'' if count == 1 else 's'}"
        yield f"{of}{number} in Invent {'is' if count == 1 else 'are'} recorded nowhere."


def _lane_text(lane: Lane) -> str:
    names = ", ".join(filter(None, lane.workspaces))
    where = f" ({names})" if names else ""
    hours = f"Quiet hours {lane.start:%H:%M}–{lane.end:%H:%M}"
    if not lane.by_send:
        return f"{hours} {lane.zone}{where}: nothing may go out."
    if lane.zone:
        return f"{hours}{where} on the clocks of each send's own zone, here {lane.zone}: it may not go out."
    return f"{hours}{where} on the clocks of each send's own zone: it may not go out. They are not shaded."
