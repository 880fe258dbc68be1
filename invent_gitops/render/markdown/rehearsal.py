"""The sentence that keeps a reader from taking a rehearsal in the sandbox for what happens in Invent."""

from __future__ import annotations

from collections.abc import Iterator

from invent_gitops.model.project import SANDBOX

_REHEARSAL = (
    "🧪 **A rehearsal in the sandbox**: nothing here exists in Invent, and nobody is messaged. The sandbox has a state "
    "of its own, so what was created in Invent counts as new here."
)


def rehearsal_lines(api: str | None) -> Iterator[str]:
    """Yield the sentence with an empty line before it, where the API of a document is the sandbox."""
    if api == SANDBOX:
        yield from ("", _REHEARSAL)
