"""The audit trail for a terminal and for machines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from invent_gitops.model.chain import Change, Flaw
from invent_gitops.model.context import Context
from invent_gitops.model.plan import FieldChange
from invent_gitops.render.cells.spelling import TERMINAL
from invent_gitops.render.cells.values import value_text
from invent_gitops.render.text.records import table
from invent_gitops.render.text.style import Style
from invent_gitops.text.clean import clean, cut
from invent_gitops.text.times import stamp


def history_text(changes: Sequence[Change], style: Style, context: Context) -> str:
    """Return a row for each change, oldest first: when, what, key, id, by whom, from where, and the name."""
    if not changes:
        return "Nothing was created yet."
    rows = [("WHEN", "WHAT", "KEY", "ID", "BY", "FROM", "NAME")]
    rows += [
        (
            stamp(change.at, context.zone),
            change.kind,
            cut(change.key, 60),
            cut(change.id, 60) or "-",
            cut(change.by, 40),
            _source(change),
            cut(change.name, 60) + (f" ({cut(change.note, 80)})" if change.note else ""),
        )
        for change in changes
    ]
    heading, *lines = table(rows, style)
    body = [
        line
        for change, row in zip(changes, lines, strict=True)
        for line in (row, *_people(change), *(_field(entry, context) for entry in change.fields))
    ]
    return "\n".join([heading, *body])


def _people(change: Change) -> Iterator[str]:
    """Yield who wrote and who approved it, beside who applied it."""
    if change.signoff:
        author, reviewers = change.signoff.author, ", ".join(change.signoff.reviewers)
        approved = f"approved by {reviewers}" if reviewers else "nobody's approval was checked"
        yield clean(f"    written by {author or 'nobody known'}, {approved}, applied by {change.by}")


def _field(change: FieldChange, context: Context) -> str:
    """Return a field that a refresh took over from Invent."""
    old, new = (value_text(change.field, value, context, TERMINAL) for value in (change.old, change.new))
    return f"    {change.field}: {old} → {new}"


def _source(change: Change) -> str:
    commit = clean(change.source[:12] + ("-dirty" if change.source.endswith("-dirty") else "")) or "-"
    return f"{commit} #{change.pull_request}" if change.pull_request else commit


def flaws_text(flaws: Sequence[Flaw], links: int, style: Style) -> str:
    """Return what is wrong with the chain, or that it is whole."""
    broken = [flaw for flaw in flaws if not flaw.missing]
    lines = [
        f"{style.yellow('cannot check') if flaw.missing else style.red('broken')}  {clean(flaw.location)}: "
        f"{clean(flaw.message)}."
        for flaw in flaws
    ]
    states = f"{links} state{'' if links == 1 else 's'}"
    if broken:
        lines.append(style.red(style.bold(f"The chain of {states} is broken in {_places(len(broken))}.")))
    elif flaws:
        lines.append(style.bold(f"The chain of {states} holds, but {_places(len(flaws))} cannot be checked here."))
    else:
        lines.append(style.green(style.bold(f"The chain of {states} is complete.")))
    return "\n".join(lines)


def _places(count: int) -> str:
    return f"{count} place{'' if count == 1 else 's'}"
