"""What was created for more people than were reviewed, as GitHub Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from invent_gitops.model.outcome import Outcome
from invent_gitops.render.markdown.fit import Part
from invent_gitops.render.markdown.markup import code, text


def exceeding_part(outcomes: Sequence[Outcome], exceeding: Mapping[str, str]) -> Iterator[Part]:
    """Yield a list of the outcomes whose answer names more contacts than were reviewed; `exceeding` says it by key."""
    lines = [
        f"- {code(outcome.key)}: {text(exceeding[outcome.key])}" for outcome in outcomes if outcome.key in exceeding
    ]
    if lines:
        yield Part(["#### ⚠️ For more people than were reviewed: if that is wrong, stop it in Invent", ""], lines)
