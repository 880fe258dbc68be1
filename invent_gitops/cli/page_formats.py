"""Writers of pages and feeds, which are made of the JSON documents of one workspace or of several."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from invent_gitops.cli.delivery import Delivery, Joined
from invent_gitops.cli.plain_formats import join_aside
from invent_gitops.cli.session import Session
from invent_gitops.errors import InvalidInput

if TYPE_CHECKING:
    from invent_gitops.cli.pages import PageForm


def page_writer(form: PageForm) -> Callable[[Delivery], None]:
    """Return the writer of the page of one result."""
    return partial(_write, form)


def page_joiner(form: PageForm) -> Callable[[Session, Joined], None]:
    """Return the writer of one page for the results of all workspaces."""
    return partial(_join, form)


def complete_documents(session: Session, joined: Joined) -> Sequence[str]:
    """Return the documents of all workspaces; none, and says why, where one of them has no calendar.

    A page that lacks a workspace would look as if nothing were planned there.
    """
    failed = [part.workspace for part in joined.parts if not part.document or _failed(part.document)]
    if not failed:
        return [part.document for part in joined.parts]
    session.note(f"No page was written, since it would lack a workspace: {', '.join(failed)}.")
    return ()


def _write(form: PageForm, delivery: Delivery) -> None:
    result, session = delivery.result, delivery.session
    if not result.failed:
        from invent_gitops.cli.pages import page_text

        session.show_exactly(page_text(form, [delivery.document]))
    elif result.problems:
        # The page has no room for them, and a file that stdout leads to must not hold them.
        cure = "See all of them: invent-gitops validate"
        session.complain(InvalidInput(f"There are problems in the input: {len(result.problems)}.", cure))


def _join(form: PageForm, session: Session, joined: Joined) -> None:
    if documents := complete_documents(session, joined):
        from invent_gitops.cli.pages import page_text

        session.show_exactly(page_text(form, documents))
    join_aside(session, joined)


def _failed(document: str) -> bool:
    fields = json.loads(document)
    return bool(fields["problems"] or fields["error"])
