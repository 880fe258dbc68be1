"""What needs a person, in the document of a status: the reasons of a row, and all of them in groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from invent_gitops.model.command import cure_text
from invent_gitops.model.status import Alarm, Rule, Status
from invent_gitops.model.unreachable import ManualStep
from invent_gitops.render.alarm_groups import alarm_groups
from invent_gitops.render.documents.reading import Document, read_objects, read_text, text_or


def alarm_json(alarm: Alarm, flags: str) -> dict[str, object]:
    return {
        "rule": alarm.rule,
        "message": alarm.message,
        "cure": cure_text(alarm.cure, flags),
        "steps": _steps_json(alarm.steps, flags),
    }


def read_alarm(fields: Document) -> Alarm:
    """Read a reason back; a document of an older version has no steps, and its cure has them all."""
    steps = tuple(
        ManualStep(text_or(step, "text"), text_or(step, "command"))
        for step in (read_objects(fields, "steps") if "steps" in fields else ())
    )
    return Alarm(cast("Rule", read_text(fields, "rule")), read_text(fields, "message"), text_or(fields, "cure"), steps)


def groups_json(status: Status) -> list[dict[str, object]]:
    """Return all of it by rule and instruction; what differs within a group is with the rows."""
    return [
        {
            "rule": group.rule,
            "title": group.title,
            "message": group.message or None,
            "steps": _steps_json(group.steps, status.context.flags),
            "count": len(group.entries),
            "keys": list(group.keys),
        }
        for group in alarm_groups(status)
    ]


def _steps_json(steps: Sequence[ManualStep], flags: str) -> list[dict[str, object]]:
    return [{"text": step.text or None, "command": step.command_line(flags) or None} for step in steps]
