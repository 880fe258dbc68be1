"""What a person should read beside a send in the calendar: why it is refused or blocked, and what needs somebody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from invent_gitops.live.drift import untold
from invent_gitops.model.broadcast import WRITTEN_AS, Definition, Remote
from invent_gitops.model.calendar import SendState
from invent_gitops.model.command import Command, cure_text
from invent_gitops.model.context import Context
from invent_gitops.model.listing import Listing
from invent_gitops.model.loosening import Loosening
from invent_gitops.model.plan import Item, Plan
from invent_gitops.model.record import Removal
from invent_gitops.model.status import Row
from invent_gitops.model.statuses import COMING, GONE, RESTORED
from invent_gitops.model.unreachable import ManualStep, Unreached

# What the state of the entry, or the plan's own sentence, says already.
_SAID = ("not-created",)
_SAID_BY_PLAN = ("changed", "no-file")
# So long after a create, a list may not show it yet.
_LAG = timedelta(hours=1)


def remarks_on(
    row: Row, state: SendState, plan: Plan, item: Item | None, unreached: Unreached | None, *, asked: bool
) -> Iterator[str]:
    """Yield the remarks on a key of the plan, in full sentences, the most urgent first.

    `unreached` is what the plan says of an edit or a deletion that does not reach Invent. `asked` is whether anybody
    read Invent for it.
    """
    flags = plan.context.flags
    if item and state == "refused":
        yield from (f"{refusal.message} {cure_text(refusal.cure, flags)}".strip() for refusal in item.refusals)
    if state == "refused" and plan.loosening and plan.held_back:
        yield f"{_held_back(plan.loosening)} See the reason: {Command('plan').text(flags)}"
    is_unseen = row.state == GONE and state not in ("gone", "sent")
    if is_unseen:
        yield (
            "Invent's list did not show it within the hour after its create, and lists can lag. "
            f"Read Invent again: {Command('calendar').text(flags)} --refresh"
        )
    if unreached:
        yield _of_unreached(unreached, flags)
    elif item and item.changes and item.action in ("changed", "refused"):
        yield f"Its file was edited after the create ({_fields(item)}), and the edit does not reach Invent."
    repeated = (*_SAID, *(_SAID_BY_PLAN if unreached else ()), *(("gone",) if is_unseen else ()))
    for alarm in row.alarms:
        if alarm.rule not in repeated:
            yield f"{alarm.message} {cure_text(alarm.cure, flags)}".strip()
    if item:
        yield from (f"{warning.message} {warning.cure}".strip() for warning in item.remarks.warnings)
    yield from _of_age(row, state, plan, asked=asked)


def _held_back(loosening: Loosening) -> str:
    if loosening.fault:
        return f"The rules of {loosening.reference} cannot be read, and policies.loosening refuses that."
    return f"Rules are weaker than at {loosening.reference}, and policies.loosening refuses that."


def _of_age(row: Row, state: SendState, plan: Plan, *, asked: bool) -> Iterator[str]:
    """Yield what a record alone cannot tell."""
    look = f"Read Invent: {Command('calendar').text(plan.context.flags)} --refresh"
    if row.id and not row.read and row.state == RESTORED:
        yield f"Its record was restored, and Invent was not read for it since. {look}"
    elif not asked and row.state in COMING and row.at and row.at <= plan.context.at:
        yield f"Its hour has passed, and the record still says {row.state}. {look}"
    elif not asked and state == "gone":
        yield f"Invent did not list it any more when its record was last refreshed. {look}"
    elif asked and row.id and not row.read and state != "blocked":
        yield "Invent could not be read for this one, so it is shown as it is recorded."


def _of_unreached(edit: Unreached, flags: str) -> str:
    if edit.kind == "deletion":
        lead = "Its file is gone, and that does not cancel it in Invent."
    elif edit.kind == "zone-change":
        lead = "The rules of its time zone changed, and that does not reach Invent."
    else:
        fields = ", ".join(WRITTEN_AS.get(change.field, change.field) for change in edit.changes)
        lead = f"Its file was edited after the create ({fields}), and the edit does not reach Invent."
    return " ".join([lead, *_sentences(edit.steps, flags)])


def _sentences(steps: Sequence[ManualStep], flags: str) -> Iterator[str]:
    """Yield the steps as one paragraph; a command in the middle of it has no line of its own that ends it."""
    for number, step in enumerate(steps, 1):
        sentence = f"{step.text} {step.command_line(flags)}".strip()
        yield f"{sentence}." if step.command and number < len(steps) else sentence


def _fields(item: Item) -> str:
    return ", ".join(WRITTEN_AS.get(change.field, change.field) for change in item.changes)


def is_young(since: datetime, now: datetime) -> bool:
    """Return whether Invent's list may still lag behind a create at that moment."""
    return now - since < _LAG


def remarks_on_removal(
    removal: Removal, remote: Remote | None, listing: Listing[Remote], context: Context, *, defined: Definition | None
) -> tuple[str, ...]:
    """Return the remarks on what a person took out of the records, the most urgent first.

    `remote` is what Invent shows of it, `listing` all that it shows, `defined` the file that defines its key.
    """
    return tuple(_of_removal(removal, remote, listing, context, defined=defined))


def _of_removal(
    removal: Removal, remote: Remote | None, listing: Listing[Remote], context: Context, *, defined: Definition | None
) -> Iterator[str]:
    look = f"Read Invent: {Command('calendar').text(context.flags)} --refresh"
    at = removal.request.scheduled_at
    goes = "may still go out" if at is None or at > context.at else "may have gone out"
    if remote and "status" not in untold(remote):
        yield f"Invent shows it as {remote.status}."
    elif not listing.complete:
        yield f"It {goes}: its record was removed, which cancels nothing, and Invent was not read for it. {look}"
    elif is_young(removal.provenance.at, context.at):
        yield f"It {goes}: Invent does not list it, but its record was removed within the hour, and lists can lag."
    else:
        yield "Invent does not list it any more."
    yield f"A person took its record out of the state: {removal.reason}"
    if defined:
        yield "Its file is still there, and apply refuses its key."


def remark_on_nobody(flags: str) -> str:
    """Return the remark on a live broadcast that no record knows."""
    return f"No record knows it, so it was made in Invent. To bring it into the files: {Command('import').text(flags)}"
