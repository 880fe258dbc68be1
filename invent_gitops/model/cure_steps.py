"""A cure as steps, each with its command alone, so that a page can set the command apart from the sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from invent_gitops.model.command import Command, Cure
from invent_gitops.model.unreachable import ManualStep

# Of a cure that is plain text: a colon, then the command, up to the end a mark that stands apart, or a remark.
_COMMAND = re.compile(r"(?<=: )(?:invent-gitops|git) [a-z-].*?(?= [.;] | \(|\. [A-Z]|[.;]? *$)")


def steps_of(cure: Cure | str) -> tuple[ManualStep, ...]:
    """Return what to do, in order: a sentence each, and the command that follows it, if there is one."""
    return tuple(_steps(cure.parts if isinstance(cure, Cure) else _parts(cure)))


def _parts(cure: str) -> Iterator[str | ManualStep]:
    end = 0
    for match in _COMMAND.finditer(cure):
        yield cure[end : match.start()]
        yield ManualStep("", match[0])
        end = match.end()
    yield cure[end:]


def _steps(parts: Sequence[str | Command] | Iterator[str | ManualStep]) -> Iterator[ManualStep]:
    sentence = ""
    for part in parts:
        if isinstance(part, str):
            sentence += part
        else:
            yield ManualStep(_leading(sentence), part if isinstance(part, Command) else part.command)
            sentence = ""
    if ending := _apart(sentence):
        yield ManualStep(ending)


def _leading(sentence: str) -> str:
    """Return the words before a command, which end with a colon."""
    lead = _apart(sentence).rstrip(",")
    return lead if not lead or lead.endswith((":", ".")) else f"{lead}:"


def _apart(sentence: str) -> str:
    """Return a sentence of its own: without the marks that joined it to the command before it."""
    plain = sentence.strip().lstrip(".;, ")
    return plain[:1].upper() + plain[1:]
