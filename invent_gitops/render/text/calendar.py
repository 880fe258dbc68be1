"""The calendar for the terminal."""

from __future__ import annotations

from invent_gitops.model.calendar import Calendar
from invent_gitops.render.text.style import Style
from invent_gitops.text.clean import clean
from invent_gitops.text.times import moment


def calendar_text(calendar: Calendar, style: Style, width: int | None, *, everything: bool = False) -> str:
    """Return the sends, one a line."""
    lines = [
        f"{moment(entry.at, calendar.context.zone)}  {clean(entry.name)} ({entry.state})" for entry in calendar.entries
    ]
    return "\n".join(lines) or "Nothing is planned."
