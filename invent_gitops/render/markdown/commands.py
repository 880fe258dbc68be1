"""Commands on a Markdown page, each alone, so that it can be pasted: as a block, or as inline code in a cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from invent_gitops.model.command import Cure
from invent_gitops.model.cure_steps import steps_of
from invent_gitops.model.unreachable import ManualStep
from invent_gitops.render.markdown.markup import code, for_element, text
from invent_gitops.text.clean import clean

# A command that was cut would be another command.
WHOLE = 10_000


def command_block(command: str, indent: str = "") -> list[str]:
    """Return the lines of a code block with one command; `indent` puts it below the entry of a list."""
    line = clean(command)
    if "<" in line:
        # If the block is taken apart by another reader of Markdown, no HTML must come of it.
        return [f"{indent}<pre>{for_element(line)}</pre>"]
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", line)), default=0))
    return [f"{indent}{ticks}sh", f"{indent}{line}", f"{indent}{ticks}"]


def step_lines(steps: Sequence[ManualStep], flags: str, indent: str = "") -> Iterator[str]:
    """Return steps as paragraphs with a block below each; every paragraph and block follows a blank line."""
    for step in steps:
        if step.text:
            yield from ("", f"{indent}{text(step.text)}")
        if step.command:
            yield from ("", *command_block(step.command_line(flags), indent))


def cure_cell(cure: Cure | str, flags: str = "", between: str = "<br>") -> str:
    """Return a cure for a cell or a line, in which no block can be: each command is inline code and stands alone."""
    parts = []
    for step in steps_of(cure):
        parts += [text(step.text)] if step.text else []
        parts += [code(step.command_line(flags), WHOLE)] if step.command else []
    return between.join(parts)
