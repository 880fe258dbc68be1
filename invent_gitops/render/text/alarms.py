"""What needs a person, for a terminal: a group for each rule and instruction, and each command on a line of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from invent_gitops.model.status import Status
from invent_gitops.model.unreachable import ManualStep
from invent_gitops.render.alarm_groups import AlarmGroup, GroupedAlarm, alarm_groups
from invent_gitops.render.cells.times import when_and_away
from invent_gitops.render.text.drift import fields_text
from invent_gitops.render.text.row_details import owner_text
from invent_gitops.render.text.style import Style
from invent_gitops.render.text.width import fit
from invent_gitops.text.clean import clean


def alarms_text(status: Status, style: Style, most: int) -> Iterator[str]:
    """Yield the section with at most so many keys in each group; nothing if nothing needs a person."""
    groups = alarm_groups(status)
    if groups:
        yield from ("", style.bold("Needs a person:"))
    for group in groups:
        yield from _group(group, status, style, most)


def _group(group: AlarmGroup, status: Status, style: Style, most: int) -> Iterator[str]:
    yield f"{style.red(f'  ! {group.title}')} {style.dim(f'[{group.rule}]')}"
    if group.message:
        yield f"      {clean(group.message)}"
    yield from _steps(group.steps, status, style)
    for entry in group.entries[:most]:
        yield from _entry(entry, status, style)
    if len(group.entries) > most:
        yield f"      … and {len(group.entries) - most:,} more; -v shows them all."


def _entry(entry: GroupedAlarm, status: Status, style: Style) -> Iterator[str]:
    row, context = entry.row, status.context.within(entry.row.timezone)
    when = when_and_away(row.at, context.zone, context.at)
    yield f"      - {clean(row.key)}  {fit(row.request.name, 80)}  {when}"
    if owner := owner_text(row.definition):
        yield style.dim(f"        {owner}")
    if entry.message:
        yield f"        {clean(entry.message)}"
    if entry.alarm.rule == "drift" and row.drift:
        defined = row.definition.request if row.definition else None
        yield from (f"  {line}" for line in fields_text(row.drift, defined, context))
    yield from (f"  {line}" for line in _steps(entry.steps, status, style))


def _steps(steps: Sequence[ManualStep], status: Status, style: Style) -> Iterator[str]:
    for step in steps:
        if step.text:
            yield f"      {style.green('→')} {clean(step.text)}"
        if step.command:
            yield f"        {clean(step.command_line(status.context.flags))}"
