"""The status page for a terminal: first what needs a person, then what is to come, then what came of what was sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from invent_gitops.model.broadcast import Counts
from invent_gitops.model.plan import Audience
from invent_gitops.model.status import SHARES, Row, Status
from invent_gitops.render.cells.audience import names_text, size_text
from invent_gitops.render.cells.counts import COUNTED, SHARES_NOTE, counted, number_text
from invent_gitops.render.cells.spelling import Spelling
from invent_gitops.render.cells.times import AT_ONCE
from invent_gitops.render.cells.values import state_text
from invent_gitops.render.next_step import empty_drafts
from invent_gitops.render.text.alarms import alarms_text
from invent_gitops.render.text.drift import gaps_text, unrecorded_parts
from invent_gitops.render.text.row_details import row_details
from invent_gitops.render.text.style import Style
from invent_gitops.render.text.well import status_is_well
from invent_gitops.render.text.width import cells, fit, padded
from invent_gitops.text.clean import clean
from invent_gitops.text.times import distance, moment
from invent_gitops.zonedata import load_zone

# So many keys of a group need a person by name; `-v` shows all, and the tables below hold every broadcast anyway.
SHOWN = 25
# Narrower than this, a table of broadcasts is no table any more.
_NARROW = 100
_NAME = 60
# Names of segments share a narrow column.
_TO = 30
_SPELLING = Spelling(fit, segment=_TO, value=80, status=20)


def status_text(status: Status, style: Style, *, width: int | None, everything: bool, past: int | None) -> str:
    """Return the page as text without a line feed at the end.

    `width` is that of the terminal, None where there is none. `everything` shows all that needs a person, `past` bounds
    how many of what is past are shown; None shows all.
    """
    lines = list(headline(status, style))
    lines += alarms_text(status, style, len(status.rows) if everything else SHOWN)
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
        elif any(_has_share(row.sending.counts) for row in listed) and not narrow:
            lines.append(style.dim(f"  {SHARES_NOTE}"))
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
        sentence, command = unrecorded_parts(status.look.unrecorded, status.context)
        yield style.yellow(sentence)
        yield f"  {command}"
    as_of = f"As of {moment(status.context.at.replace(microsecond=0), status.context.zone)}"
    yield style.dim(f"{as_of}, org {clean(status.context.org)} at {clean(status.context.api)}.")


def _coming(status: Status, style: Style, width: int | None) -> list[str]:
    rows = [(f"WHEN ({_zone_name(status)})", "IN", "STATE", "TO", "KEY", "NAME")]
    rows += [
        (
            _clock(row.at, status),
            distance(row.at, status.context.at).removeprefix("in ") if row.at else "now",
            state_text(row, _SPELLING),
            _audience(row.audience),
            fit(row.key, 40),
            row.request.name,
        )
        for row in status.coming
    ]
    return list(_with_details(_table(rows, style, width), status.coming, status, style))


def _with_details(lines: Sequence[str], listed: Sequence[Row], status: Status, style: Style) -> Iterator[str]:
    """Yield a table with a line below each row of which there is more to know."""
    yield lines[0]
    for line, row in zip(lines[1:], listed, strict=True):
        yield line
        if details := row_details(row, status):
            yield style.dim(f"      {details}")


def _past(listed: Sequence[Row], status: Status, style: Style, width: int | None) -> list[str]:
    heads = [name.upper() for name in COUNTED.values()]
    rows: list[tuple[str, ...]] = [(f"WHEN ({_zone_name(status)})", "STATE", "RECIPIENTS", *heads, "KEY", "NAME")]
    for row in listed:
        recipients = number_text(row.sending.counts.recipients, "-")
        results = [_counted(row.sending.counts, name) for name in COUNTED]
        rows.append(
            (
                _clock(row.at or row.since, status),
                state_text(row, _SPELLING),
                recipients,
                *results,
                fit(row.key, 40),
                row.request.name,
            )
        )
    table = _table(rows, style, width, right=range(2, 3 + len(COUNTED)))
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
        yield fit(f"    {when} · {state_text(row, _SPELLING)}", width)
        yield fit(f"    {_audience(row.audience)}", width)
        if details := row_details(row, status):
            yield fit(f"    {details}", width)
        if row.sending.counts.recipients:
            yield fit(f"    recipients {row.sending.counts.recipients:,}", width)
        for name, word in COUNTED.items():
            if result := counted(row.sending.counts, name):
                of_total = f" ({result.share} of {SHARES[name]})" if result.share else ""
                yield fit(f"    {word} {result.number}{of_total}", width)


def _has_share(counts: Counts) -> bool:
    return any(result.share for name in COUNTED if (result := counted(counts, name)))


def _counted(counts: Counts, name: str) -> str:
    result = counted(counts, name)
    return f"{result.number} {padded(result.share, 6, right=True)}".rstrip() if result else "-"


def _audience(audience: Audience) -> str:
    names, size = fit(names_text(audience, _SPELLING), _TO), size_text(audience, noun="")
    return f"{names} ({size})" if size else names


def _clock(at: datetime | None, status: Status) -> str:
    """In the project's zone, so that the rows of a table can be compared."""
    if at is None:
        return AT_ONCE
    local = at.astimezone(UTC)
    try:
        local = at.astimezone(load_zone(status.context.zone or "UTC"))
    except OverflowError:
        # At either end of the calendar the local time has no year any more.
        return f"{local:%a %Y-%m-%d %H:%M} UTC"
    return f"{local:%a %Y-%m-%d %H:%M}"


def _zone_name(status: Status) -> str:
    return status.context.zone or "UTC"
