"""The status page for a terminal: first what needs a person, then what is to come, then what came of what was sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from invent_gitops.model.command import cure_text
from invent_gitops.model.plan import Audience
from invent_gitops.model.status import IN_DOUBT, SHARES, Row, Status
from invent_gitops.render.cells import share_text
from invent_gitops.render.next_step import empty_drafts
from invent_gitops.render.text.drift import fields_text, gaps_text, unrecorded_text
from invent_gitops.render.text.row_details import owner_text, row_details
from invent_gitops.render.text.style import Style
from invent_gitops.render.text.well import status_is_well
from invent_gitops.render.text.width import cells, fit, padded
from invent_gitops.text.clean import clean
from invent_gitops.text.times import distance, moment
from invent_gitops.zonedata import load_zone

# Needing a person takes three lines each; `-v` shows all, and the tables below hold every broadcast anyway.
SHOWN = 25
# Narrower than this, a table of broadcasts is no table any more.
_NARROW = 100
_NAME = 60
_COUNTED = {
    "delivered": "delivered",
    "opened": "opened",
    "click": "clicked",
    "failed": "failed",
    "unsubscribed": "unsubscribed",
}


def status_text(status: Status, style: Style, *, width: int | None, everything: bool, past: int | None) -> str:
    """The page as text without a line feed at the end.

    `width` is that of the terminal, None where there is none. `everything` shows all that needs a person, `past` bounds
    how many of what is past are shown; None shows all.
    """
    lines = list(headline(status, style))
    lines += _alarms(status, style, len(status.rows) if everything else SHOWN)
    narrow = width is not None and width < _NARROW
    if status.coming:
        lines += ["", style.bold("Coming up, soonest first:")]
        lines += _blocks(status.coming, status, width or _NARROW) if narrow else _coming(status, style, width)
    listed = status.past if past is None else status.past[:past]
    if status.past:
        lines += ["", style.bold("Sent or over, newest first:")]
        lines += _blocks(listed, status, width or _NARROW) if narrow else _past(listed, status, style, width)
        if len(listed) < len(status.past):
            lines.append(f"  … and {len(status.past) - len(listed):,} more; without --past they are all shown.")
        elif any(row.sending.counts.recipients for row in listed) and not narrow:
            lines.append(style.dim(f"  {shares_note()}"))
    return "\n".join(lines)


def headline(status: Status, style: Style) -> Iterator[str]:
    number, needy = len(status.rows), len(status.alarmed)
    plural = "" if number == 1 else "s"
    if not number:
        yield style.bold("There are no broadcasts.")
    elif needy:
        verb = "needs" if needy == 1 else "need"
        yield style.bold(style.red(f"{needy:,} of {number:,} broadcast{plural} {verb} a person."))
    elif status.look.complete and not status.empty:
        fine = "The one broadcast is" if number == 1 else f"All {number:,} broadcasts are"
        sentence = f"{fine} in order."
        yield style.bold(style.green(sentence) if status_is_well(status) else sentence)
    elif not status.look.complete:
        yield style.bold(f"{number:,} broadcast{plural}; nothing that could be read needs a person.")
    if empty := empty_drafts([row.at for row in status.empty], len(status.coming), status.context.at):
        yield style.bold(style.yellow(empty))
    yield from gaps_text(status.look, style)
    if status.look.unrecorded:
        yield style.yellow(unrecorded_text(status.look.unrecorded, status.context))
    as_of = f"As of {moment(status.context.at.replace(microsecond=0), status.context.zone)}"
    yield style.dim(f"{as_of}, org {clean(status.context.org)} at {clean(status.context.api)}.")


def shares_note() -> str:
    return "Delivered and failed are shares of the recipients; opened, clicked and unsubscribed of what was delivered."


def _alarms(status: Status, style: Style, most: int) -> Iterator[str]:
    alarmed = status.alarmed
    if alarmed:
        yield from ("", style.bold("Needs a person:"))
    for row in alarmed[:most]:
        yield style.red(f"  ! {clean(row.key)}  {fit(row.request.name, 80)}  {_when_and_away(row, status)}")
        if owner := owner_text(row.definition):
            yield style.dim(f"      {owner}")
        for alarm in row.alarms:
            yield f"      {clean(alarm.message)} {style.dim(f'[{alarm.rule}]')}"
            if alarm.rule == "drift" and row.drift:
                defined = row.definition.request if row.definition else None
                yield from fields_text(row.drift, defined, status.context.within(row.timezone))
            yield f"      {style.green('→')} {clean(cure_text(alarm.cure, status.context.flags))}"
    if len(alarmed) > most:
        yield f"  … and {len(alarmed) - most:,} more; -v shows them all."


def _when_and_away(row: Row, status: Status) -> str:
    if row.at is None:
        return "at once"
    return f"{moment(row.at, row.timezone or status.context.zone)}, {distance(row.at, status.context.at)}"


def _coming(status: Status, style: Style, width: int | None) -> list[str]:
    rows = [(f"WHEN ({_zone_name(status)})", "IN", "STATE", "TO", "KEY", "NAME")]
    rows += [
        (
            _clock(row.at, status),
            distance(row.at, status.context.at).removeprefix("in ") if row.at else "now",
            state_text(row),
            _audience(row.audience),
            fit(row.key, 40),
            row.request.name,
        )
        for row in status.coming
    ]
    return list(_with_details(_table(rows, style, width), status.coming, status, style))


def _with_details(lines: Sequence[str], listed: Sequence[Row], status: Status, style: Style) -> Iterator[str]:
    """A table with a line below each row of which there is more to know."""
    yield lines[0]
    for line, row in zip(lines[1:], listed, strict=True):
        yield line
        if details := row_details(row, status):
            yield style.dim(f"      {details}")


def _past(listed: Sequence[Row], status: Status, style: Style, width: int | None) -> list[str]:
    heads = [name.upper() for name in _COUNTED.values()]
    rows: list[tuple[str, ...]] = [(f"WHEN ({_zone_name(status)})", "STATE", "RECIPIENTS", *heads, "KEY", "NAME")]
    for row in listed:
        recipients = _number(row.sending.counts.recipients)
        counted = [_counted(row, name) for name in _COUNTED]
        rows.append(
            (
                _clock(row.at or row.since, status),
                state_text(row),
                recipients,
                *counted,
                fit(row.key, 40),
                row.request.name,
            )
        )
    table = _table(rows, style, width, right=range(2, 3 + len(_COUNTED)))
    return list(_with_details(table, listed, status, style))


def _table(rows: Sequence[tuple[str, ...]], style: Style, width: int | None, right: Sequence[int] = ()) -> list[str]:
    """Aligned columns; the last one, which a person wrote, gets what room is left."""
    columns = range(len(rows[0]) - 1)
    widths = [max(cells(row[column]) for row in rows) for column in columns]
    room = _NAME if width is None else max(12, min(_NAME, width - 2 - sum(widths) - 2 * len(widths)))
    lines = []
    for row in rows:
        aligned = (padded(row[column], widths[column], right=column in right) for column in columns)
        lines.append("  " + "  ".join([*aligned, fit(row[-1], room)]))
    return [style.dim(lines[0]), *lines[1:]]


def _blocks(listed: Sequence[Row], status: Status, width: int) -> Iterator[str]:
    """For a narrow terminal: a few short lines for each."""
    for row in listed:
        yield fit(f"  {row.key}  {row.request.name}", width)
        when = _clock(row.at or row.since, status) if row.past else _clock(row.at, status)
        yield fit(f"    {when} · {state_text(row)}", width)
        yield fit(f"    {_audience(row.audience)}", width)
        if details := row_details(row, status):
            yield fit(f"    {details}", width)
        if row.sending.counts.recipients:
            yield fit(f"    recipients {row.sending.counts.recipients:,}", width)
            for name, word in _COUNTED.items():
                if getattr(row.sending.counts, name) is not None:
                    share = _share(row, name)
                    of_total = f" ({share} of {SHARES[name]})" if share else ""
                    yield fit(f"    {word} {_number(getattr(row.sending.counts, name))}{of_total}", width)


def state_text(row: Row) -> str:
    state = fit(row.state, 20) or "no status"
    return state if row.read or row.state == IN_DOUBT else f"not read (was {state})"


def _share(row: Row, name: str) -> str:
    return share_text(getattr(row.sending.counts, name), getattr(row.sending.counts, SHARES[name]))


def _counted(row: Row, name: str) -> str:
    count = getattr(row.sending.counts, name)
    if count is None or (not row.sending.counts.recipients and not count):
        return "-"
    return f"{count:,} {padded(_share(row, name), 6, right=True)}".rstrip()


def _number(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def _audience(audience: Audience) -> str:
    names = "everyone" if audience.everyone else fit(", ".join(audience.segments) or "nobody", 30)
    return names if audience.contacts is None else f"{names} (up to {audience.contacts:,})"


def _clock(at: datetime | None, status: Status) -> str:
    """In the project's zone, so that the rows of a table can be compared."""
    if at is None:
        return "at once"
    local = at.astimezone(UTC)
    try:
        local = at.astimezone(load_zone(status.context.zone or "UTC"))
    except OverflowError:
        # At either end of the calendar the local time has no year any more.
        return f"{local:%a %Y-%m-%d %H:%M} UTC"
    return f"{local:%a %Y-%m-%d %H:%M}"


def _zone_name(status: Status) -> str:
    return status.context.zone or "UTC"
