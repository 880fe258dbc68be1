"""What a document says of its own context, written and read back."""

from __future__ import annotations

from invent_gitops.model.context import Context
from invent_gitops.model.instant import write_instant
from invent_gitops.render.documents.reading import Document, read_moment, read_text, text_or, texts_by_name


def context_json(context: Context) -> dict[str, object]:
    """Return the head of the documents of a status and a calendar."""
    return {
        "workspace": context.workspace or None,
        "at": write_instant(context.at),
        "org": context.org,
        "api": context.api,
        "timezone": context.zone or None,
        "options": context.flags,
    }


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
