"""What Invent shows otherwise than it is recorded, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from invent_gitops.model.broadcast import Request
from invent_gitops.model.command import cure_text
from invent_gitops.model.context import Context
from invent_gitops.model.drift import Coverage, Drift, Renewal
from invent_gitops.model.plan import FieldChange, Item, Plan
from invent_gitops.model.record import Record
from invent_gitops.model.statuses import GONE
from invent_gitops.render.cells.spelling import TERMINAL
from invent_gitops.render.cells.values import value_text
from invent_gitops.render.text.style import Style
from invent_gitops.render.text.titles import title_line
from invent_gitops.render.text.well import renewal_is_well
from invent_gitops.text.clean import clean, cut


def look_text(plan: Plan, style: Style, context: Context) -> Iterator[str]:
    """Yield what could not be read, and what no record knows; nothing if nobody looked."""
    if plan.look is None:
        return
    yield from gaps_text(plan.look, style)
    if count := plan.look.unrecorded:
        yield style.yellow(unrecorded_text(count, context))
    if count := sum(1 for item in plan.items if item.drift and item.drift.alarming):
        yield style.yellow(
            f"{count:,} {'differs' if count == 1 else 'differ'} in Invent from what is recorded; see below."
        )
    records = [item.record for item in plan.items if item.record]
    if plan.look.complete and records and not any(item.drift for item in plan.items):
        yield style.dim(_as_recorded(records))


def _as_recorded(records: Sequence[Record]) -> str:
    """Return where nothing has drifted: what is recorded as gone is not most by Invent, and nobody may say that it
    is.
    """
    gone = sum(1 for record in records if record.status == GONE)
    if not gone:
        return "Invent shows every recorded broadcast as it is recorded."
    sentence = f"{gone:,} recorded broadcast{' is' if gone == 1 else 's are'} gone from Invent"
    return f"{sentence}; the others are as recorded." if gone < len(records) else f"{sentence}."


def gaps_text(look: Coverage, style: Style) -> Iterator[str]:
    for gap in look.gaps:
        yield style.red(f"Not read: {clean(gap)}")
    if look.unread:
        plural = "" if len(look.unread) == 1 else "s"
        unread = f"{len(look.unread):,} recorded broadcast{plural} could not be compared in full"
        yield style.red(f"So {unread}, and nothing is called gone for that. Try again later.")


def unrecorded_text(count: int, context: Context) -> str:
    return " ".join(unrecorded_parts(count, context))


def unrecorded_parts(count: int, context: Context) -> tuple[str, str]:
    """Return the sentence, which ends with a colon, and the command that lists them."""
    single = count == 1
    sentence = f"{count:,} broadcast{'' if single else 's'} in Invent {'is' if single else 'are'} recorded nowhere:"
    return sentence, f"invent-gitops import{context.flags}"


def drift_text(plan: Plan, style: Style, context: Context, *, most: int) -> list[str]:
    """Return the section of the plan: first what a person should look at, then what moved on by itself."""
    drifted = [(item, item.drift) for item in plan.items if item.drift]
    lines: list[str] = []
    for title, alarming, describe in (
        ("Drift: Invent shows something else than the records. Nothing is sent for these.", True, _drifted),
        ("Moved on in Invent, as broadcasts do:", False, _moved),
    ):
        selected = [(item, drift) for item, drift in drifted if drift.alarming is alarming]
        if selected:
            lines += ["", style.bold(title)]
        for item, drift in selected[:most]:
            lines += describe(item, drift, style, context)
        if len(selected) > most:
            lines.append(f"  … and {len(selected) - most} more; -v shows them all.")
    return lines


def _drifted(item: Item, drift: Drift, style: Style, context: Context) -> Iterator[str]:
    id = item.record.id if item.record else ""
    label = f"  {', '.join(drift.kinds)}  (id {clean(id)})"
    yield style.yellow(title_line("≠", item.key, item.request.name) + label)
    definition = item.definition
    if drift.status != drift.recorded_status:
        yield f"      status: {status_text(drift)}"
    yield from fields_text(
        drift, definition.request if definition else None, context.within(definition.timezone if definition else "")
    )
    if drift.error_message:
        yield f"      Invent says: {cut(drift.error_message, 300)}"
    if drift.cure:
        yield f"      {style.green('→')} {clean(cure_text(drift.cure, context.flags))}"


def fields_text(drift: Drift, defined: Request | None, context: Context) -> Iterator[str]:
    """Yield the fields that differ, each as it is recorded, as Invent shows it, and as the file says."""
    file = defined.as_json() if defined else {}
    for change in drift.changes:
        yield f"      {change.field}: recorded {value_text(change.field, change.old, context, TERMINAL)}"
        yield f"        in Invent: {value_text(change.field, change.new, context, TERMINAL)}"
        if change.field in file:
            yield f"        in the file: {value_text(change.field, file[change.field], context, TERMINAL)}"


def _moved(item: Item, drift: Drift, style: Style, context: Context) -> Iterator[str]:
    yield style.dim(f"{title_line('·', item.key, item.request.name)}  {status_text(drift)}")


def audiences_text(plan: Plan, style: Style, *, most: int) -> list[str]:
    """Return the section of the plan with what is odd about today's audiences."""
    warnings = [(item, warning) for item in plan.items for warning in item.remarks.warnings]
    lines = ["", style.bold("Audiences: look at these before they are messaged.")] if warnings else []
    for item, warning in warnings[:most]:
        lines.append(style.yellow(title_line("!", item.key, item.request.name)))
        lines.append(f"      {clean(warning.message)} {style.dim(f'[{warning.rule}]')}")
        lines.append(f"      {style.green('→')} {clean(warning.cure)}")
    if len(warnings) > most:
        lines.append(f"  … and {len(warnings) - most} more; -v shows them all.")
    return lines


def status_text(drift: Drift) -> str:
    unknown = " (a status that this version does not know)" if "unknown status" in drift.kinds else ""
    recorded = cut(drift.recorded_status, 40) or "none"
    live = "not in Invent's list" if drift.status == GONE else cut(drift.status, 40)
    return f"{recorded} → {live}{unknown}"


def renewal_text(renewal: Renewal, style: Style, context: Context) -> str:
    """Return what a refresh took into the records."""
    lines = []
    if renewal.renewed:
        of = f"{renewal.records:,} record{'' if renewal.records == 1 else 's'}"
        sentence = f"{len(renewal.renewed):,} of {of} refreshed."
        lines.append(style.bold(style.green(sentence) if renewal_is_well(renewal) else style.yellow(sentence)))
    else:
        held = "1 record is" if renewal.records == 1 else f"{renewal.records:,} records are"
        read = f"Nothing to refresh. {held} up to date."
        unchanged = read if renewal.look.complete else "Nothing to refresh in what could be read."
        nothing = unchanged if renewal.records else "There are no records to refresh."
        lines.append(style.bold(nothing))
    for renewed in renewal.renewed:
        lines.append(f"{title_line('~', renewed.key, renewed.name)}  (id {clean(renewed.id)})")
        lines += [f"      {_renewed(change, context)}" for change in renewed.fields]
    lines += gaps_text(renewal.look, style)
    if renewal.doubts:
        lines.append(style.yellow("Outcome unknown, and left alone:"))
        lines += [f"  ! {clean(key)}" for key in renewal.doubts]
        lines.append(f"  {style.green('→')} invent-gitops reconcile{context.flags}")
    if renewal.look.unrecorded:
        lines.append(style.yellow(unrecorded_text(renewal.look.unrecorded, context)))
    return "\n".join(lines)


def _renewed(change: FieldChange, context: Context) -> str:
    old, new = (value_text(change.field, value, context, TERMINAL) for value in (change.old, change.new))
    gone = " (not in Invent's list any more; it is never created again)" if change.new == GONE else ""
    return f"{change.field}: {old or 'none'} → {new}{gone}"
