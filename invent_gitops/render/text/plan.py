"""The plan for a terminal: totals first, then what needs a person, then what will be created."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from invent_gitops.model.broadcast import Request
from invent_gitops.model.command import cure_text, reasoned_command
from invent_gitops.model.context import Context
from invent_gitops.model.order import soonest
from invent_gitops.model.plan import Action, Audience, Item, Plan
from invent_gitops.model.state import Absence, Candidate, Intent
from invent_gitops.render.cells.attempts import NOT_LISTED, likeness_text, settling
from invent_gitops.render.cells.audience import names_text, reach, size_text
from invent_gitops.render.cells.spelling import TERMINAL
from invent_gitops.render.cells.times import moment_and_away, when_and_away
from invent_gitops.render.cells.values import value_text
from invent_gitops.render.loosening import HELD_BACK, HELD_BACK_WORD, held_back
from invent_gitops.render.text.drift import audiences_text, drift_text, look_text
from invent_gitops.render.text.loosening import loosening_text
from invent_gitops.render.text.row_details import owner_text
from invent_gitops.render.text.style import Style
from invent_gitops.render.text.titles import title_line
from invent_gitops.render.text.unreachable import unreachable_head, unreachable_text
from invent_gitops.render.text.well import plan_is_well
from invent_gitops.text.clean import clean, cut
from invent_gitops.text.commands import from_when, resolving
from invent_gitops.text.times import distance, moment

# What fits on a screen beside the rest; `-v` shows all, and `--json` always does.
SHOWN = 12

Describe = Callable[[Item, Style, Context], Iterator[str]]

WORDS: Mapping[Action, str] = {
    "blocked": "blocked",
    "refused": "refused",
    "changed": "changed",
    "create": "to create",
    "undefined": "undefined",
    "unchanged": "unchanged",
}


def plan_text(plan: Plan, style: Style, *, everything: bool = False) -> str:
    """Return the plan as text without a line feed at the end; `everything` shows all items."""
    context = plan.context
    most = len(plan.items) if everything else SHOWN
    lines = [*unreachable_head(plan, style), *headline(plan, style)]
    lines += look_text(plan, style, context)
    for item in plan.having("undefined"):
        if item.record and item.record.note.role == "second":
            message = f"Twice: {clean(item.record.note.text)} It is {clean(item.record.id)}."
            lines += ["", style.red(style.bold(message))]
            remove = reasoned_command("state rm", item.key).text(context.flags)
            lines.append(f"  Delete one of them in Invent, then: {remove}")
    sections: tuple[tuple[Action, str, Describe], ...] = (
        ("blocked", "Blocked: may already exist in Invent, so no run creates these until you settle them.", _blocked),
        ("refused", "Refused: nothing is sent for these.", _refused),
        (
            "changed",
            "Changed after they were created: the API has no update, so in Invent they stay as they were.",
            _changed,
        ),
        ("create", "To create:", _created),
        ("undefined", "Undefined: recorded, but no file defines them any more. Kept for the audit.", _undefined),
    )
    listed_above = {edit.key for edit in plan.unreachable}
    for action, title, describe in sections:
        if action == "refused":
            lines += loosening_text(plan.loosening, style, most=None if everything else SHOWN)
            lines += unreachable_text(plan, style, most=most)
        if action == "changed":
            # What needs a person in Invent comes before what is merely different.
            lines += drift_text(plan, style, context, most=most)
            lines += audiences_text(plan, style, most=most)
        hidden = listed_above if action in ("changed", "undefined") else ()
        items = [item for item in soonest(plan.having(action)) if item.key not in hidden]
        if not items:
            continue
        lines += ["", style.bold(HELD_BACK if action == "create" and plan.held_back else title)]
        for item in items[:most]:
            lines += describe(item, style, context)
        if len(items) > most:
            lines.append(f"  … and {len(items) - most} more; -v shows them all.")
    if plan.zone_data and any(item.local for item in plan.items if item.action != "unchanged"):
        lines += ["", style.dim(f"Local times are read with the time zone data {clean(plan.zone_data)} (tzdata).")]
    return "\n".join(lines)


def headline(plan: Plan, style: Style) -> Iterator[str]:
    """Yield the counts, and what will be created, in one or two lines."""
    creates = plan.having("create")
    if creates and plan.loosening and plan.held_back:
        yield style.bold(style.red(f"{held_back(plan.loosening)}."))
    elif creates:
        plural = "broadcast" if len(creates) == 1 else "broadcasts"
        sentence = f"{len(creates)} {plural} to create, {reach(creates)}."
        yield style.bold(style.green(sentence) if plan_is_well(plan) else style.yellow(sentence))
    elif plan.counts["blocked"] or plan.counts["refused"]:
        yield style.bold("Nothing can be created.")
    elif plan.counts["changed"] or plan.unreachable:
        yield style.bold("Nothing to create.")
    else:
        yield style.bold("No changes. Nothing to create.")
    labels = {**WORDS, "create": HELD_BACK_WORD} if plan.held_back else WORDS
    counted = [f"{plan.counts[action]} {labels[action]}" for action in labels if plan.counts[action]]
    account = f"org {clean(plan.context.org)} at {clean(plan.context.api)}" + ("" if plan.lineage else ", no state yet")
    yield style.dim(f"{' · '.join(counted) or 'no broadcasts'} ({account})")


def _audience(audience: Audience) -> str:
    names, size = names_text(audience, TERMINAL), size_text(audience)
    return f"{names} ({size})" if size else names


def context_of(item: Item, context: Context) -> Context:
    """In the zone that the item's author wrote, if there is one."""
    return context.within(item.definition.timezone if item.definition else "")


def _when(request: Request, context: Context) -> str:
    return when_and_away(request.scheduled_at, context.zone, context.at)


def _created(item: Item, style: Style, context: Context) -> Iterator[str]:
    yield style.green(title_line("+", item.key, item.request.name))
    audience = f" · {_audience(item.audience)}" if item.audience else ""
    yield f"      {_when(item.request, context_of(item, context))}{audience}"
    if owner := owner_text(item.definition):
        yield style.dim(f"      {owner}")
    if item.remarks.absence:
        yield f"      {absence_text(item, item.remarks.absence, context)}"
    yield from _waivers(item, style)


def absence_text(item: Item, absence: Absence, context: Context) -> str:
    """Return what was said before of what is to be created now."""
    provenance = absence.provenance
    declared = f"{clean(provenance.by)} declared on {moment(provenance.at)} that an attempt created nothing"
    declared = f"{declared}: {clean(absence.reason)}".rstrip(".")
    repaired = clean(resolving(context.flags, item.key, "--id ID"))
    return f"{declared}. apply creates it only after it has read Invent's whole list. If it turned up: {repaired}"


def _waivers(item: Item, style: Style) -> Iterator[str]:
    for policy, reason in item.waived.items():
        line = f"      waives {clean(policy)}: {clean(reason)}"
        idle = policy in item.remarks.unneeded_waivers
        yield style.dim(f"{line} (it would not have refused this)") if idle else style.yellow(line)


def _refused(item: Item, style: Style, context: Context) -> Iterator[str]:
    yield style.red(title_line("x", item.key, item.request.name))
    for refusal in item.refusals:
        position = clean(str(refusal.position))
        yield f"      {clean(refusal.message)} {style.dim(f'[{refusal.policy}] {position}')}"
        yield f"      {style.green('→')} {clean(cure_text(refusal.cure, context.flags))}"
    yield from _changes(item, context)


def _changed(item: Item, style: Style, context: Context) -> Iterator[str]:
    yield style.yellow(title_line("~", item.key, item.request.name) + f"  ({_id(item)})")
    if item.remarks.zone_change:
        yield f"      {clean(item.remarks.zone_change.message)}"
    yield from _changes(item, context)


def _changes(item: Item, context: Context) -> Iterator[str]:
    own = context_of(item, context)
    for change in item.changes:
        old, new = (value_text(change.field, value, own, TERMINAL) for value in (change.old, change.new))
        yield f"      {change.field}: {old} → {new}"


def _undefined(item: Item, style: Style, context: Context) -> Iterator[str]:
    note = f"  {clean(item.record.note.text)}" if item.record and item.record.note.text else ""
    yield style.dim(title_line("-", item.key, item.request.name) + f"  ({_id(item)})") + note


def _id(item: Item) -> str:
    return f"id {clean(item.record.id)}" if item.record else "no id"


def _blocked(item: Item, style: Style, context: Context) -> Iterator[str]:
    intent = item.intent
    assert intent is not None
    yield style.red(style.bold(title_line("!", item.key, intent.request.name)))
    yield f"      {attempted(intent, context.at)}"
    yield f"      for {_when(intent.request, context_of(item, context))}"
    yield from candidates_text(intent, context)
    yield "      Settle it with one of:"
    for answer in settling(item.key, intent, context):
        yield f"        {clean(answer.command)}"
    since = from_when(intent.settled_from, context.at)
    yield f"      The last one {since}: until then its call may still be in flight."


def attempted(intent: Intent, now: datetime) -> str:
    provenance = intent.provenance
    by = f"by {clean(provenance.by)}"
    run = f" in the run {clean(provenance.run)}" if provenance.run else ""
    return f"Attempted {moment_and_away(provenance.at, now)} {by}{run}; the answer is not known."


def candidates_text(intent: Intent, context: Context) -> Iterator[str]:
    if intent.candidates is None:
        yield f"      Nobody has looked yet: invent-gitops reconcile{clean(context.flags)} looks for it in Invent."
    elif not intent.candidates:
        yield f"      {NOT_LISTED}"
    for candidate in intent.candidates or ():
        yield f"      candidate {_candidate(candidate, context.at)}"


def _candidate(candidate: Candidate, now: datetime) -> str:
    remote = candidate.remote
    created = f", created {distance(remote.created_at, now)}" if remote.created_at else ""
    description = f"{clean(remote.id)}  {cut(remote.request.name, 60)}  {clean(remote.status)}{created}"
    return f"{description}; {likeness_text(candidate, TERMINAL)}"
