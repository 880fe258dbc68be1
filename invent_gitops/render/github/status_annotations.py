"""What needs a person, as annotations at the definitions."""

from __future__ import annotations

from invent_gitops.model.command import cure_text
from invent_gitops.model.status import Status
from invent_gitops.render.github.annotations import Annotation, commands


def status_annotations(status: Status, prefix: str = "") -> str:
    """`prefix` leads from the root of the repository to the current folder."""
    notes = [
        Annotation(
            "error",
            alarm.rule,
            f"{row.key}: “{row.request.name}”: {alarm.message} {cure_text(alarm.cure, status.context.flags)}",
            row.definition.position if row.definition else None,
        )
        for row in status.alarmed
        for alarm in row.alarms
        for cure in (cure_text(alarm.cure, status.context.flags),)
    ]
    return commands(notes, prefix)
