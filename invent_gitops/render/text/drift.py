"""What Invent shows otherwise than it is recorded, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from invent_gitops.model.broadcast import Request
from invent_gitops.model.drift import Coverage, Drift, Renewal
from invent_gitops.model.plan import FieldChange, Item, Plan
from invent_gitops.model.record import Record
from invent_gitops.model.statuses import GONE
from invent_gitops.render.text.style import Style
from invent_gitops.render.values import value_text
from invent_gitops.text.clean import clean, cut


def look_text(plan: Plan, style: Style, flags: str) -> Iterator[str]:
    """What could not be read, and what no record knows; nothing if nobody looked."""
    if plan.look is None:
        return
    yield from gaps_text(plan.look, style)
    if count := plan.look.unrecorded:
        yield style.yellow(unrecorded_text(count, flags))
    if count := sum(1 for item in plan.items if item.drift and item.drift.alarming):
        yield style.yellow(
            f"{count:,} {'differs' if count == 1 else 'differ'} in Invent from what is recorded; see below."
        )
    records = [item.record for item in plan.items if item.record]
    if plan.look.complete and records and not any(item.drift for item in plan.items):
        yield style.dim(_as_recorded(records))


def _as_recorded(records: Sequence[Record]) -> str:
    """Where nothing has drifted: what is recorded as gone is not shown by Invent, and nobody may say that it is."""
    gone = sum(1 for record in records if record.status == GONE)
    if not gone:
        return "Invent shows every recorded broadcast as it is recorded."
    one = f"{gone:,} recorded broadcast{' is' if gone == 1 else 's are'} gone from Invent"
    return f"{one}; the others are as recorded." if gone < len(records) else f"{one}."


def gaps_text(look: Coverage, style: Style) -> Iterator[str]:
    for gap in look.gaps:
        yield style.red(f"Not read: {clean(gap)}")
    if look.unread:
        plural = "" if len(look.unread) == 1 else "s"
        unread = f"{len(look.unread):,} recorded broadcast{plural} could not be compared in full"
        yield style.red(f"So {unread}, and nothing is called gone for that. Try again later.")


def unrecorded_text(count: int, flags: str) -> str:
    one = count == 1
    return (
        f"{count:,} broadcast{'' if one else 's'} in Invent {'is' if one else 'are'} recorded nowhere: "
        f"invent-gitops import{flags}"
    )


def drift_text(plan: Plan, style: Style, *, zone: str, shown: int) -> list[str]:
    """The section of the plan: first what a person should look at, then what moved on by itself."""
    drifted = [(item, item.drift) for item in plan.items if item.drift]
    lines: list[str] = []
    for title, alarming, describe in (
        ("Drift: Invent shows something else than the records. Nothing is sent for these.", True, _drifted),
        ("Moved on in Invent, as broadcasts do:", False, _moved),
    ):
        found = [(item, drift) for item, drift in drifted if drift.alarming is alarming]
        if found:
            lines += ["", style.bold(title)]
        for item, drift in found[:shown]:
            lines += describe(item, drift, plan, style, zone)
        if len(found) > shown:
            lines.append(f"  … and {len(found) - shown} more; -v shows them all.")
    return lines


def _drifted(item: Item, drift: Drift, plan: Plan, style: Style, zone: str) -> Iterator[str]:
    id = item.record.id if item.record else ""
    told = f"  {', '.join(drift.kinds)}  (id {clean(id)})"
    yield style.yellow(f"  ≠ {clean(item.key)}  {cut(item.request.name, 80)}{told}")
    zone = (item.definition.timezone if item.definition else "") or zone
    if drift.status != drift.recorded_status:
        yield f"      status: {status_text(drift)}"
    yield from fields_text(drift, item.definition.request if item.definition else None, plan.segment_names, zone)
    if drift.error_message:
        yield f"      Invent says: {cut(drift.error_message, 300)}"
    if drift.cure:
        yield f"      {style.green('→')} {clean(drift.cure)}"


def fields_text(drift: Drift, defined: Request | None, names: Mapping[str, str], zone: str) -> Iterator[str]:
    """The fields that differ, each as it is recorded, as Invent shows it, and as the file says."""
    file = defined.as_json() if defined else {}
    for change in drift.changes:
        yield f"      {change.field}: recorded {value_text(change.field, change.old, names, zone)}"
        yield f"        in Invent: {value_text(change.field, change.new, names, zone)}"
        if change.field in file:
            yield f"        in the file: {value_text(change.field, file[change.field], names, zone)}"


def _moved(item: Item, drift: Drift, plan: Plan, style: Style, zone: str) -> Iterator[str]:
    yield style.dim(f"  · {clean(item.key)}  {cut(item.request.name, 80)}  {status_text(drift)}")


def audiences_text(plan: Plan, style: Style, *, shown: int) -> list[str]:
    """The section of the plan with what is odd about today's audiences."""
    found = [(item, warning) for item in plan.items for warning in item.warnings]
    lines = ["", style.bold("Audiences: look at these before they are messaged.")] if found else []
    for item, warning in found[:shown]:
        lines.append(style.yellow(f"  ! {clean(item.key)}  {cut(item.request.name, 80)}"))
        lines.append(f"      {clean(warning.message)} {style.dim(f'[{warning.rule}]')}")
        lines.append(f"      {style.green('→')} {clean(warning.cure)}")
    if len(found) > shown:
        lines.append(f"  … and {len(found) - shown} more; -v shows them all.")
    return lines


def status_text(drift: Drift) -> str:
    unknown = " (a status that this version does not know)" if "unknown status" in drift.kinds else ""
    recorded = cut(drift.recorded_status, 40) or "none"
    live = "not in Invent's list" if drift.status == GONE else cut(drift.status, 40)
    return f"{recorded} → {live}{unknown}"


def renewal_text(made: Renewal, style: Style, *, zone: str, flags: str) -> str:
    """What a refresh took into the records."""
    lines = []
    if made.renewed:
        of = f"{made.records:,} record{'' if made.records == 1 else 's'}"
        lines.append(style.bold(style.green(f"{len(made.renewed):,} of {of} refreshed.")))
    else:
        found = "Nothing to refresh." if made.look.complete else "Nothing to refresh in what could be read."
        nothing = found if made.records else "There are no records to refresh."
        lines.append(style.bold(nothing))
    for one in made.renewed:
        lines.append(f"  ~ {clean(one.key)}  {cut(one.name, 80)}  (id {clean(one.id)})")
        lines += [f"      {_renewed(change, made, zone)}" for change in one.fields]
    lines += gaps_text(made.look, style)
    if made.doubts:
        lines.append(style.yellow("In doubt, and left alone:"))
        lines += [f"  ! {clean(key)}" for key in made.doubts]
        lines.append(f"  {style.green('→')} invent-gitops reconcile{flags}")
    if made.look.unrecorded:
        lines.append(style.yellow(unrecorded_text(made.look.unrecorded, flags)))
    return "\n".join(lines)


def _renewed(change: FieldChange, made: Renewal, zone: str) -> str:
    old, new = (value_text(change.field, value, made.segment_names, zone) for value in (change.old, change.new))
    gone = " (not in Invent's list any more; it is never created again)" if change.new == GONE else ""
    return f"{change.field}: {old or 'none'} → {new}{gone}"
