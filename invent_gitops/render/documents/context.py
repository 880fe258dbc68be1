"""Reads back what a document says of its own context."""

from __future__ import annotations

from invent_gitops.model.context import Context
from invent_gitops.render.documents.reading import Document, read_moment, read_text, text_or, texts_by_name


def read_context(fields: Document) -> Context:
    """Read what plans and status pages share. Older documents hold no time zone, options or names."""
    return Context(
        at=read_moment(fields, "at"),
        org=read_text(fields, "org"),
        api=read_text(fields, "api"),
        # No page prints it; the command that posts the page judges it.
        workspace=text_or(fields, "workspace") if isinstance(fields.get("workspace"), str) else "",
        zone=text_or(fields, "timezone"),
        flags=text_or(fields, "options"),
        names=texts_by_name(fields, "segment_names"),
    )
