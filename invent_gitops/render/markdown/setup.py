"""The check of a set-up as GitHub Markdown: a table of the points, and the commands in a block of their own."""

from __future__ import annotations

import re

from invent_gitops.model.setup import PointState, SetupPoint
from invent_gitops.render.documents.envelope import read_envelope
from invent_gitops.render.documents.reading import Document
from invent_gitops.render.documents.setup import read_setup
from invent_gitops.render.markdown.fit import Part, Size, fitted
from invent_gitops.render.markdown.markup import code, text
from invent_gitops.render.setup import STATE_WORDS, commands_title, summary
from invent_gitops.text.clean import clean

_SIGNS: dict[PointState, str] = {"ok": "✅", "missing": "❌", "loose": "⚠️", "unknown": "❔"}


def setup_markdown(document: Document, *, limit: int, size: Size = len) -> str:
    """Return a document of a check as Markdown of at most `limit`, in what `size` counts."""
    envelope = read_envelope(document)
    if error := envelope.error:
        message = " ".join(filter(None, map(text, (error.message, error.cure))))
        return fitted([Part(["### ⛔ The set-up was not checked", "", message])], limit, size)
    if envelope.problems:
        return fitted([Part(["### ⛔ The set-up was not checked: the project file has problems"])], limit, size)
    check = read_setup(document)
    is_well = len(check.of("ok")) == len(check.points)
    sign = "✅" if is_well else "⚠️"
    head = [f"### {sign} Set-up of {text(check.repository)}, applied from {code(check.branch)}", "", summary(check)]
    points = (*check.of("missing", "loose"), *check.of("unknown"), *check.of("ok"))
    table = ["| | what | why |", "| --- | --- | --- |", *map(_row, points)]
    parts = [Part(head), Part(table)]
    if commands := [clean(command) for command in check.commands()]:
        # Longer than any run of them, so that no command ends the block.
        fence = "`" * max([3, *(len(run) + 1 for command in commands for run in re.findall("`+", command))])
        parts.append(Part([commands_title(commands), "", f"{fence}sh", *commands, fence]))
    return fitted(parts, limit, size)


def _row(point: SetupPoint) -> str:
    workspace = f"{text(point.workspace)}: " if point.workspace else ""
    detail = "" if point.state == "ok" else f" {text(point.detail)}"
    state = STATE_WORDS[point.state]
    return (
        f"| {_SIGNS[point.state]} {state} | {workspace}{text(point.title)}.{detail.rstrip()} | {text(point.reason)} |"
    )
