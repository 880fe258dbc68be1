"""The check of a set-up for a terminal: what is not well first, and each command alone on its line."""

from __future__ import annotations

from collections.abc import Iterator

from invent_gitops.model.setup import PointState, SetupCheck, SetupPoint
from invent_gitops.render.setup import STATE_WORDS, commands_title, summary
from invent_gitops.render.text.style import Style
from invent_gitops.text.clean import clean

_WIDTH = max(map(len, STATE_WORDS.values()))
_INDENT = " " * (_WIDTH + 4)


def setup_text(check: SetupCheck, style: Style) -> str:
    """Return every point; the reason and the detail only of those that are not well."""
    head = f"Set-up of {clean(check.repository)}, applied from {clean(check.branch)}. {summary(check)}"
    lines = [style.bold(head), ""]
    detail = ""
    for point in (*check.of("missing", "loose"), *check.of("unknown"), *check.of("ok")):
        # What several points in a row have in common is printed with the first.
        lines += _lines(point, style, "" if point.detail == detail else point.detail)
        detail = point.detail
    if commands := check.commands():
        lines += ["", commands_title(commands), "", *map(clean, commands)]
    return "\n".join(lines)


def _lines(point: SetupPoint, style: Style, detail: str) -> Iterator[str]:
    workspace = f"{clean(point.workspace)}: " if point.workspace else ""
    yield f"  {_colored(point.state, style)}  {workspace}{clean(point.title)}"
    if point.state == "ok":
        return
    for sentence in filter(None, (detail, point.reason)):
        yield f"{_INDENT}{clean(sentence)}"


def _colored(state: PointState, style: Style) -> str:
    word = STATE_WORDS[state].ljust(_WIDTH)
    match state:
        case "ok":
            return style.green(word)
        case "missing":
            return style.red(word)
        case _:
            return style.yellow(word)
