"""What needs a person, as annotations: one for each rule and instruction, at the first of the definitions."""

from __future__ import annotations

from collections.abc import Iterator

from invent_gitops.model.command import cure_text
from invent_gitops.model.status import Status
from invent_gitops.render.alarm_groups import AlarmGroup, alarm_groups
from invent_gitops.render.github.annotations import Annotation, commands
from invent_gitops.text.clean import cut

# An annotation is cut, and the instruction must not be lost to a list of keys.
_NAMED = 5


def status_annotations(status: Status, prefix: str = "") -> str:
    """`prefix` leads from the root of the repository to the current folder."""
    notes = []
    for group in alarm_groups(status):
        definitions = [entry.row.definition for entry in group.entries if entry.row.definition]
        position = definitions[0].position if definitions else None
        notes.append(Annotation("error", group.rule, _message(group, status), position))
    return commands(notes, prefix)


def _message(group: AlarmGroup, status: Status) -> str:
    flags = status.context.flags
    if len(group.entries) == 1:
        row, alarm = group.entries[0].row, group.entries[0].alarm
        return f"{row.key}: “{row.request.name}”: {alarm.message} {cure_text(alarm.cure, flags)}"
    keys = [cut(key, 60) for key in group.keys]
    more = f" and {len(keys) - _NAMED:,} more" if len(keys) > _NAMED else ""
    named = f"{group.title}: {', '.join(keys[:_NAMED])}{more}."
    return " ".join(filter(None, [named, group.message, *_steps(group, flags)]))


def _steps(group: AlarmGroup, flags: str) -> Iterator[str]:
    for step in group.steps:
        # A full stop that touches a command would be pasted with it.
        yield f"{step.text} {step.command_line(flags)} ." if step.command else step.text
    if any(entry.steps for entry in group.entries):
        yield f"The steps for each: invent-gitops status{flags}"
