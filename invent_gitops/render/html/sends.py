"""One broadcast as the page shows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from invent_gitops.model.calendar import Calendar, CalendarEntry, Clash
from invent_gitops.model.status import SHARES
from invent_gitops.render.cells.audience import names_text, size_text
from invent_gitops.render.cells.calendar import distance_text, has_no_hour
from invent_gitops.render.cells.counts import COUNTED, counted
from invent_gitops.render.cells.results import count_text
from invent_gitops.render.cells.spelling import Spelling
from invent_gitops.render.cells.times import local_text
from invent_gitops.render.html.clocks import clock_in, in_zone
from invent_gitops.render.html.looks import LOOKS
from invent_gitops.render.html.page import Bar, Details, Fact, Mark, SendNote, SendView
from invent_gitops.render.html.shading import falls_in_quiet_hours, on_blackout_day
from invent_gitops.text.clean import clean
from invent_gitops.values import Struct

_ENTIRE = Spelling(lambda text, _: clean(text), segment=0, value=0, status=0)
_SENT_STATES = frozenset({"sending", "sent", "failed"})
_BARS = ("delivered", "opened", "click")
_FURTHER = ("skipped", "failed", "complained", "unsubscribed")


class Numbered(Struct, frozen=True):
    """An entry with its number on the page and the calendar of its workspace."""

    number: int
    entry: CalendarEntry
    calendar: Calendar

    @property
    def workspace(self) -> str:
        return self.calendar.context.workspace


def numbered(calendars: Sequence[Calendar]) -> list[Numbered]:
    """Return all entries by time, then by workspace and key, numbered from 1 on."""
    pairs = [(entry, calendar) for calendar in calendars for entry in calendar.entries]
    pairs.sort(key=lambda pair: (pair[0].at, pair[1].context.workspace, pair[0].key, pair[0].id))
    return [Numbered(number, entry, calendar) for number, (entry, calendar) in enumerate(pairs, 1)]


def numbers_by_key(entries: Sequence[Numbered]) -> dict[tuple[str, str], int]:
    """Return the number of each send by its workspace and key, for links from one send to another."""
    return {(send.workspace, send.entry.key): send.number for send in entries if send.entry.key}


def send_of(numbered_entry: Numbered, numbers: Mapping[tuple[str, str], int], *, names_workspaces: bool) -> SendView:
    """Return one send. `names_workspaces` is whether the page has several workspaces, which are named then."""
    entry, calendar = numbered_entry.entry, numbered_entry.calendar
    quiet, blackout = falls_in_quiet_hours(entry, calendar), on_blackout_day(entry, calendar)
    notes = [SendNote("alert", clean(remark)) for remark in entry.remarks]
    notes += [_clash(clash, numbers.get((numbered_entry.workspace, clash.key), 0)) for clash in entry.clashes]
    # Of what a rule refuses, the remarks say which one.
    explained = entry.state == "refused" and bool(entry.remarks)
    if quiet and not explained:
        notes.append(SendNote("moon", "It is in the quiet hours."))
    if blackout and not explained:
        notes.append(SendNote("blackout", "It is on a blackout day."))
    marks = {
        Mark("change", "in this change"): entry.revision.in_change,
        Mark("alert", "needs a person"): entry.remarks,
        Mark("clash", "clash"): entry.clashes,
        Mark("moon", "in quiet hours"): quiet,
        Mark("blackout", "on a blackout day"): blackout,
    }
    return SendView(
        numbered_entry.number,
        clean(entry.name),
        LOOKS[entry.state],
        clock_in(entry.at, calendar.context.zone),
        clock_in(entry.at, ""),
        has_no_hour(entry),
        ", ".join(filter(None, (names_text(entry.audience, _ENTIRE), size_text(entry.audience)))),
        clean(entry.author.owner),
        clean(numbered_entry.workspace) if names_workspaces else "",
        tuple(mark for mark, holds in marks.items() if holds),
        tuple(notes),
        _details(entry, calendar),
    )


def _clash(clash: Clash, number: int) -> SendNote:
    apart = f"{distance_text(clash.apart)} apart" if clash.apart else "at the same time"
    segments = ", ".join(map(clean, clash.segments))
    both = f"both to {segments}" if segments else "and they share an audience, since one goes to everyone"
    other = clean(clash.name or clash.key)
    return SendNote("clash", f"Clash with “{other}”: {apart}, {both}.", number)


def _details(entry: CalendarEntry, calendar: Calendar) -> Details:
    counts: Mapping[str, int] = entry.results.told if entry.state in _SENT_STATES else {}
    bars = [_bar(entry, name) for name in _BARS if name in counts]
    further = [count_text(counts, name) for name in _FURTHER if counts.get(name)]
    description = "\n".join(map(clean, entry.author.description.strip().split("\n")))
    return Details(description, tuple(_facts(entry, calendar)), tuple(filter(None, bars)), ", ".join(further))


def _bar(entry: CalendarEntry, name: str) -> Bar | None:
    result = counted(entry.results, name)
    if not result:
        return None
    total = getattr(entry.results, SHARES[name])
    of = f"{total:,} {SHARES[name]}" if total else SHARES[name]
    return Bar(result.number, COUNTED[name], result.share.removesuffix("%"), of)


def _facts(entry: CalendarEntry, calendar: Calendar) -> Iterator[Fact]:
    author, zone = entry.author, calendar.context.zone
    if entry.at_once:
        yield Fact("When", "At once, as soon as it is created" + ("" if not entry.id else f": {_when(entry, zone)}"))
    else:
        yield Fact("When", _when(entry, zone))
    if author.timezone and author.timezone != zone and not entry.at_once:
        yield Fact("Written as", f"{in_zone(entry.at, author.timezone)[0]:%H:%M} {clean(author.timezone)}")
    facts = {"Key": entry.key, "File": author.file, "Invent ID": entry.id, "Status in Invent": entry.status}
    for label, text in facts.items():
        if text:
            yield Fact(label, clean(text))


def _when(entry: CalendarEntry, zone: str) -> str:
    return local_text(entry.at, zone)
