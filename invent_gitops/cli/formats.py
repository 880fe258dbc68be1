"""The forms that a result can have. A row of `FORMATS` is a format: add a new one there, and its pages to `render/`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from invent_gitops.cli.delivery import REVIEWED, Delivery, Joined, WorkspacePart
from invent_gitops.cli.page_formats import page_joiner, page_writer
from invent_gitops.cli.plain_formats import (
    begin_aside,
    begin_text,
    join_aside,
    join_json,
    join_sarif,
    join_text,
    keep_json,
    keep_sarif,
    write_json,
    write_matrix,
    write_sarif,
    write_text,
    write_text_part,
)
from invent_gitops.cli.review_formats import (
    begin_github,
    begin_markdown,
    join_github,
    write_github,
    write_github_part,
    write_markdown,
    write_markdown_part,
)
from invent_gitops.cli.session import Session
from invent_gitops.values import Struct

if TYPE_CHECKING:
    from invent_gitops.model.project import Project


class Format(Struct, frozen=True):
    """One form: `write` delivers a result, `write_part` that of one of several workspaces, `join` ends those of all.

    `kinds` are the results that have it, () for all; `beside_json` those for which --json as well is no contradiction.
    `begin` is the heading of one workspace; `documented` are the results of which it needs the JSON document.
    """

    kinds: tuple[str, ...]
    write: Callable[[Delivery], None]
    write_part: Callable[[Delivery], WorkspacePart]
    join: Callable[[Session, Joined], None]
    begin: Callable[[Session, Project, bool], None]
    documented: tuple[str, ...] = ()
    beside_json: tuple[str, ...] = ()


def formats_of(kind: str) -> list[str]:
    """Return the formats of the results of a kind, the default first."""
    return [name for name, form in FORMATS.items() if kind in form.kinds or not form.kinds]


# The results that have a page and a feed.
_PAGED = ("calendar",)
FORMATS = {
    "text": Format((), write_text, write_text_part, join_text, begin_text),
    "json": Format((), write_json, keep_json, join_json, begin_aside),
    "markdown": Format(
        ("plan", "status", "setup"),
        write_markdown,
        write_markdown_part,
        join_aside,
        begin_markdown,
        documented=(*REVIEWED, "setup"),
    ),
    "matrix": Format(("workspaces",), write_matrix, write_text_part, join_text, begin_text),
    "github": Format(
        (*REVIEWED, "validation", "workspaces"),
        write_github,
        write_github_part,
        join_github,
        begin_github,
        documented=REVIEWED,
        beside_json=("validation",),
    ),
    "html": Format(_PAGED, page_writer("html"), keep_json, page_joiner("html"), begin_aside, documented=_PAGED),
    "ics": Format(_PAGED, page_writer("ics"), keep_json, page_joiner("ics"), begin_aside, documented=_PAGED),
    "sarif": Format(("validation",), write_sarif, keep_sarif, join_sarif, begin_aside),
}
