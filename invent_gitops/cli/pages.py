"""The pages and feeds of a calendar: which file they go to, how they are written, and the browser that shows one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, cast

import click
from click.core import ParameterSource

from invent_gitops.cli.session import Session
from invent_gitops.errors import InventGitopsError, WrongUsage
from invent_gitops.values import Struct

PageForm = Literal["html", "ics"]
_SUFFIXES = {".html": "html", ".htm": "html", ".ics": "ics", ".json": "json"}


class PageFile(Struct, frozen=True):
    """The file of a page: `path` is "" for a private temporary one. `opened` is whether a browser shows it."""

    form: PageForm
    path: str = ""
    opened: bool = False


def chosen_page(form: str, out: str, *, opened: bool) -> tuple[str, str, bool, PageFile | None]:
    """Return the form on stdout, the file for the JSON document, False for no drafts, and the file of the page.

    `form` is that of --format, `out` the file of --out, "" for none. Raises `WrongUsage` where they contradict.
    """
    source = click.get_current_context().get_parameter_source("form")
    chosen = "" if source is ParameterSource.DEFAULT else form
    suffix = _SUFFIXES.get(Path(out).suffix.lower(), "")
    for word, option in ((chosen, f"--format {chosen}"), (suffix, f"--out {out}")):
        if opened and word not in ("", "html"):
            raise WrongUsage(f"--open opens the HTML page, and {option} asks for {word}.", "Leave one of them out.")
    if not out:
        return ("text", "", False, PageFile("html", opened=True)) if opened else (form, "", False, None)
    if chosen == "text":
        raise WrongUsage(
            "--out writes html, ics or json, and --format says text.",
            "Leave --format out, or redirect the text: > FILE",
        )
    if chosen and suffix and chosen != suffix:
        raise WrongUsage(
            f"--format {chosen} and --out {out} cannot be combined.",
            f"End the name with .{chosen}, or leave --format out.",
        )
    written = chosen or suffix or ("html" if opened else "")
    if not written:
        raise WrongUsage(
            f"--out {out} does not say in which format to write.",
            "End the name with .html, .ics or .json, or add --format.",
        )
    if written == "json":
        return form, out, False, None
    return "text", "", False, PageFile(cast("PageForm", written), out, opened)


def page_text(form: PageForm, documents: Sequence[str], previous: str = "") -> str:
    """Return the page of JSON documents, one for each workspace; `previous` is the text that it takes the place of."""
    import json

    from invent_gitops.render.documents.calendar import read_calendar

    calendars = [read_calendar(json.loads(document)) for document in documents]
    if form == "html":
        from invent_gitops.render.html.calendar import calendar_html

        return calendar_html(calendars)
    from invent_gitops.render.ics.calendar import calendar_ics

    return calendar_ics(calendars, previous=previous)


def write_page(session: Session, page: PageFile, documents: Sequence[str]) -> tuple[str, InventGitopsError | None]:
    """Write the page to its file.

    Returns the path; the error says why it was not written, and was shown already.
    """
    from invent_gitops.cli.out_file import private_file, write_text

    try:
        path = page.path or private_file(f"calendar.{page.form}")
        write_text(path, page.form, lambda previous: page_text(page.form, documents, previous))
    except InventGitopsError as error:
        session.complain(error)
        return page.path, error
    return path, None


def open_page(session: Session, path: str) -> None:
    """Let a browser show the file. Print the path before: a browser that stays in front ends with its window."""
    if not _opened(path):
        session.note("No browser could be opened on this machine. Open the file yourself.")


def _opened(path: str) -> bool:
    """Return whether a browser shows the file. Without a display, a browser in the terminal would take it over."""
    import sys
    import webbrowser

    graphical = sys.platform in ("win32", "darwin") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
    try:
        return graphical and webbrowser.open(Path(path).resolve().as_uri())
    except (webbrowser.Error, OSError):
        return False
