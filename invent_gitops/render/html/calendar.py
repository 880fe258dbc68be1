"""The calendar as one page for a browser."""

from __future__ import annotations

from collections.abc import Sequence

from invent_gitops.model.calendar import Calendar
from invent_gitops.text.times import moment

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="generator" content="invent-gitops calendar">
<title>Broadcast calendar</title></head><body><ul>
{% for calendar in calendars %}{% for entry in calendar.entries %}<li>{{ moment(entry.at, calendar.context.zone) }}
{{ entry.name }} ({{ entry.state }})</li>
{% endfor %}{% endfor %}</ul></body></html>
"""


def calendar_html(calendars: Sequence[Calendar]) -> str:
    """Return the page of the calendars of several workspaces."""
    from jinja2 import Environment

    return Environment(autoescape=True).from_string(_PAGE).render(calendars=calendars, moment=moment)
