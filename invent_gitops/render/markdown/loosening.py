"""What the rules lost, for the people who review: above everything that they let through."""

from __future__ import annotations

from collections.abc import Iterator

from invent_gitops.model.loosening import Loosening, RuleChange
from invent_gitops.render.loosening import (
    headline,
    passing_keys,
    passing_title,
    tightened,
    verdict,
    weaker_entries,
)
from invent_gitops.render.markdown.commands import cure_cell
from invent_gitops.render.markdown.fit import Part
from invent_gitops.render.markdown.markup import code, link, text


def loosening_parts(loosening: Loosening | None, files: str) -> Iterator[Part]:
    """Yield the parts of the section, none where no rule changed. `files` is the address that paths are appended to."""
    if loosening is None:
        return
    mark = "⛔" if loosening.refuses else "⚠️"
    # As rows and below them, since a part without rows is the first to be left out where room is short.
    if loosening.fault:
        yield Part(
            [f"#### {mark} {text(headline(loosening))}", ""],
            [cure_cell(loosening.cure, between=" ")],
            _verdict(loosening),
        )
    elif title := headline(loosening):
        rows = [_changed(change, files) for change in weaker_entries(loosening)]
        yield Part([f"#### {mark} {text(title)}", ""], rows, _verdict(loosening))
        if passing := passing_keys(loosening):
            rows = [f"- {code(key)} by {', '.join(map(code, rules))}" for key, rules in passing]
            yield Part([f"**{passing_title(len(passing))}.** The rules of the base refuse:", ""], rows)
    if calm := tightened(loosening):
        yield Part([f"<sub>{text(calm)}</sub>"])


def _verdict(loosening: Loosening) -> list[str]:
    refusal = verdict(loosening)
    return ["", f"**{text(refusal)}**"] if refusal else []


def _changed(change: RuleChange, files: str) -> str:
    at = change.position
    file = f" {link(at.file, at.line, files)}" if at and at.file else ""
    old = f"{text(change.old, 200)} → " if change.old else ""
    return f"- {code(change.subject)}: {old}<b>{text(change.new, 200)}</b>{file}"
