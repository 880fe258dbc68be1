"""What Invent has and no record knows, and what an import made of it, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from invent_gitops.live.unrecorded import Offer, Survey
from invent_gitops.model.command import cure_text
from invent_gitops.model.context import Context
from invent_gitops.render.cells.audience import names_text, requested_audience
from invent_gitops.render.cells.spelling import TERMINAL
from invent_gitops.render.cells.times import AT_ONCE
from invent_gitops.render.documents.imports import Imported
from invent_gitops.render.text.records import table
from invent_gitops.render.text.style import Style
from invent_gitops.text.clean import clean, cut
from invent_gitops.text.times import stamp


def survey_text(survey: Survey, style: Style, context: Context, *, complete: bool = True) -> str:
    """Return a line for each broadcast that no record knows, and for each that cannot be imported the reason.

    `complete` is whether the list was read to its end.
    """
    good = survey.importable
    lines: list[str] = []
    if good:
        head = ("KEY", "ID", "STATUS", "WHEN", "TO", "NAME")
        lines += table([head, *(_row(entry, context) for entry in good)], style)
    lines += _refused(survey, style, context)
    lines += [
        f"{cut(entry.key, 60)} is recorded as {clean(entry.record.id)}, and has no file." for entry in survey.missing
    ]
    lines += _removed(survey)
    if good or survey.missing:
        many = _many(len(good), "broadcast") if good else _many(len(survey.missing), "definition")
        lines.append(
            style.bold(f"{many} to import: invent-gitops import{context.flags} --all, or --only GLOB, or an ID.")
        )
    elif not lines:
        lines.append("Every broadcast in Invent is recorded." if complete else "Nothing of what could be read is new.")
    else:
        lines.append("There is nothing to import.")
    lines += _unrecorded(survey, {offer.key for offer in good if offer.defined})
    return "\n".join(lines)


def imported_text(survey: Survey, done: Imported, style: Style, context: Context, *, state: str) -> str:
    """Return a line for each key that was recorded or got its file, then what could not be imported."""
    files = done.files
    lines = [_imported(offer, files) for offer in survey.importable if offer.key in done.keys]
    again = [missing.key for missing in survey.missing if missing.key in files]
    lines += [f"{cut(key, 60)} has its file again: {clean(files[key])}" for key in again]
    lines += _refused(survey, style, context)
    counted = f"{_many(len(done.keys), 'broadcast')} recorded in {clean(state)}, {_many(len(files), 'file')} written."
    return "\n".join([*lines, style.bold(counted), *_unrecorded(survey, done.keys)])


def _row(offer: Offer, context: Context) -> tuple[str, ...]:
    request, note = offer.request, ""
    if offer.defined:
        note = "  (its definition is there)"
    elif offer.wanted:
        note = f"  ({cut(offer.wanted, 60)} is taken)"
    when = stamp(request.scheduled_at, context.zone) if request.scheduled_at else AT_ONCE
    cells = (
        offer.key,
        offer.remote.id,
        offer.remote.status or "?",
        when,
        names_text(requested_audience(request, context), TERMINAL),
    )
    return (*(cut(cell, 60) for cell in cells), cut(request.name, 60) + note)


def _imported(offer: Offer, files: Mapping[str, str]) -> str:
    line = f"{cut(offer.key, 60)} is recorded as {clean(offer.remote.id)}"
    if offer.key in files:
        line += f": {clean(files[offer.key])}"
    elif offer.defined:
        line += "; its definition is there already"
    return line + (f" ({cut(offer.wanted, 60)} is taken)" if offer.wanted else "")


def _refused(survey: Survey, style: Style, context: Context) -> Iterable[str]:
    if survey.refused:
        yield style.yellow(f"{_many(len(survey.refused), 'broadcast')} that cannot be imported:")
    for offer in survey.refused:
        yield f"  {clean(offer.remote.id)} ({clean(offer.remote.status) or '?'}) {cut(offer.remote.request.name, 60)}"
        yield f"      {clean(offer.why_not)}"
        yield f"      {style.green('→')} {clean(cure_text(offer.cure, context.flags))}"


def _removed(survey: Survey) -> Iterator[str]:
    if survey.removed:
        ids = [clean(remote.id) for remote in survey.removed]
        more = f" and {len(ids) - 12} more" if len(ids) > 12 else ""
        yield f"Not offered, since it was removed from the state: {', '.join(ids[:12])}{more}."


def _unrecorded(survey: Survey, recorded: AbstractSet[str]) -> Iterator[str]:
    """Yield what a plan would create, without those that are `recorded` to be in Invent."""
    keys = [cut(key, 60) for key in survey.unrecorded if key not in recorded]
    if keys:
        have = "has" if len(keys) == 1 else "have"
        more = f" and {len(keys) - 12} more" if len(keys) > 12 else ""
        them = "it" if len(keys) == 1 else "them"
        sentence = f"{_many(len(keys), 'definition')} {have} no record: the next plan would create {them}: "
        yield f"{sentence}{', '.join(keys[:12])}{more}."


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
