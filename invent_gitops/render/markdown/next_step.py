"""What is left to do after the creation, on the page of an outcome."""

from __future__ import annotations

from collections.abc import Iterator

from invent_gitops.render.markdown.headline import Ledger
from invent_gitops.render.markdown.markup import text
from invent_gitops.render.next_step import next_step, unwritten


def next_lines(ledger: Ledger) -> Iterator[str]:
    """Yield the sentence below the numbers of an outcome; nothing where nothing was created."""
    drafts = unwritten(ledger.saved.report, ledger.plan) if ledger.plan else []
    if sentence := next_step(drafts, ledger.sheet.context, lambda name: text(name, 80)):
        before, mark, after = sentence.partition("Next: ")
        yield from ("", f"{before}**{mark}{after}**" if mark else sentence)
