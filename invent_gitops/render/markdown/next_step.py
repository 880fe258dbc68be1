"""What is left to do after the creation, on the page of an outcome."""

from __future__ import annotations

from collections.abc import Iterator

from invent_gitops.model.context import Context
from invent_gitops.model.instant import read_instant
from invent_gitops.render.markdown.headline import Ledger
from invent_gitops.render.markdown.markup import text
from invent_gitops.render.next_step import Unwritten, next_step


def next_lines(ledger: Ledger, context: Context) -> Iterator[str]:
    """The sentence below the numbers of an outcome; nothing where nothing was created."""
    drafts = []
    for outcome in ledger.having("created", "adopted", "already-created"):
        item = ledger.items.get(outcome["key"])
        at = read_instant(item["request"]["scheduled_at"]) if item else None
        # What is not in the plan has no hour here, and what is past needs nothing any more.
        if item and (at is None or at > context.at):
            drafts.append(Unwritten(outcome["name"], at, item["timezone"] or ""))
    if sentence := next_step(drafts, context, lambda name: text(name, 80)):
        before, _, after = sentence.partition("Next: ")
        yield from ("", f"{before}**Next: {after}**")
