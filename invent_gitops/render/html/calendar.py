"""The calendar as one self-contained HTML page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from invent_gitops.model.calendar import Calendar
from invent_gitops.render.cells.calendar import HELD_STATES
from invent_gitops.render.html.filters import filters_of
from invent_gitops.render.html.head import head_of, legend_of
from invent_gitops.render.html.looks import GRAVEST_FIRST, LOOKS
from invent_gitops.render.html.months import months_of, start_of, today_of
from invent_gitops.render.html.page import CalendarPage
from invent_gitops.render.html.sends import numbered, numbers_by_key, send_of
from invent_gitops.render.html.shading import shading_of

if TYPE_CHECKING:
    from jinja2 import Environment

_STYLE, _SCRIPT = "calendar.css", "calendar.js"


def calendar_html(calendars: Sequence[Calendar]) -> str:
    """Return the page of one calendar for each workspace; the same values give the same bytes.

    The page loads nothing: style and script are part of it, and its policy allows these two by their hashes alone.
    """
    environment = _environment()
    # Twice the same text: what is hashed is what the page includes.
    policy = {name: _hash(environment.get_template(name).render()) for name in (_STYLE, _SCRIPT)}
    template = environment.get_template("calendar.html")
    page = page_of(calendars)
    return (
        template.render(
            page=page,
            gravest_first=GRAVEST_FIRST,
            held=HELD_STATES,
            style_hash=policy[_STYLE],
            script_hash=policy[_SCRIPT],
        )
        + "\n"
    )


def page_of(calendars: Sequence[Calendar]) -> CalendarPage:
    """Return the parts of the page. Expects at least one calendar."""
    names_workspaces = len(calendars) > 1
    entries = numbered(calendars)
    numbers = numbers_by_key(entries)
    sends = [send_of(entry, numbers, names_workspaces=names_workspaces) for entry in entries]
    shading, today = shading_of(calendars), today_of(calendars[0])
    months = months_of(sends, calendars, shading, today)
    filters, options = filters_of(entries)
    states = {entry.entry.state for entry in entries}
    return CalendarPage(
        head_of(calendars),
        months,
        tuple(shading.strips.values()),
        filters,
        options,
        tuple(look for state, look in LOOKS.items() if state in states),
        legend_of(calendars, shading, {mark.sign for send in sends for mark in send.marks}),
        len(sends),
        start_of(months, today),
        today.local.isoformat()[:7],
    )


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # here, since other commands need no templates

    return Environment(
        loader=PackageLoader("invent_gitops.render.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
