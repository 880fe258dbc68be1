"""What was created for more people than were reviewed, as GitHub Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from invent_gitops.render.markdown.cells import Document
from invent_gitops.render.markdown.fit import Part
from invent_gitops.render.markdown.markup import code, text


def exceeding_part(outcomes: Sequence[Document]) -> Iterator[Part]:
    """A list of the outcomes whose answer names more contacts than were reviewed; nothing without any."""
    lines = [
        f"- {code(outcome['key'])}: {text(outcome['more_than_reviewed'])}"
        for outcome in outcomes
        if outcome.get("more_than_reviewed")
    ]
    if lines:
        yield Part(["#### ⚠️ For more people than were reviewed: if that is wrong, stop it in Invent", ""], lines)
