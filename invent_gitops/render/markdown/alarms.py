"""What needs a person, as Markdown: a section for each rule and instruction, and the broadcasts below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from invent_gitops.model.context import Context
from invent_gitops.model.status import Row, Status
from invent_gitops.render.alarm_groups import AlarmGroup, GroupedAlarm, alarm_groups
from invent_gitops.render.cells.times import when_and_away
from invent_gitops.render.markdown import cells as rows
from invent_gitops.render.markdown.cells import Sheet
from invent_gitops.render.markdown.commands import step_lines
from invent_gitops.render.markdown.fit import Part
from invent_gitops.render.markdown.markup import code, text
from invent_gitops.render.markdown.row_details import details

# The tables below the groups hold every broadcast anyway.
MOST = 25


def alarms_line(status: Status) -> str:
    """Return how many of each kind, for the headline."""
    counts: Counter[str] = Counter()
    for group in alarm_groups(status):
        counts[group.kind] += len(group.entries)
    return " · ".join(f"**{count:,}** {kind}" for kind, count in counts.items())


def alarm_parts(status: Status, sheet: Sheet) -> Iterator[Part]:
    """Yield a part for each group, with at most `MOST` of its broadcasts."""
    for group in alarm_groups(status):
        listed = [_entry(entry, status, sheet) for entry in group.entries[:MOST]]
        more = len(group.entries) - len(listed)
        below = f"- … and {more:,} more, in the tables below as far as they fit."
        yield Part([*_above(group, status), ""], listed, [below] if more else [])


def _above(group: AlarmGroup, status: Status) -> Iterator[str]:
    yield f"#### ⚠️ {group.title} {code(group.rule)}"
    if group.message:
        yield from ("", text(group.message))
    yield from step_lines(group.steps, status.context.flags)


def _entry(entry: GroupedAlarm, status: Status, sheet: Sheet) -> str:
    row, context = entry.row, sheet.context.within(entry.row.timezone)
    file = f" · {rows.file(row.definition.position, sheet)}" if row.definition else ""
    when = text(when_and_away(row.at, context.zone, context.at))
    lines = [f"- {rows.title(row.key, row.request.name)} · {when}{file}{details(row, status)}"]
    if entry.message:
        lines += ["", f"  {text(entry.message)}"]
    if entry.alarm.rule == "drift":
        lines += [f"  - {field}" for field in _fields(row, context)]
    lines += step_lines(entry.steps, status.context.flags, "  ")
    # After a block or a paragraph, the next entry needs a blank line.
    return "\n".join([*lines, ""] if len(lines) > 1 else lines)


def _fields(row: Row, context: Context) -> Iterator[str]:
    for change in row.drift.changes if row.drift else ():
        old, new = (rows.value(change.field, side, context) for side in (change.old, change.new))
        yield f"{code(change.field)} recorded {old}, in Invent {new}"
