"""Why a broadcast needs a person: not ready for its hour, not sent at it, failed, gone, or not as the files say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from invent_gitops.compare import field_changes
from invent_gitops.live.drift import live_request, untold
from invent_gitops.live.lookalikes import Lookalike
from invent_gitops.live.results import has_ended, poor_shares
from invent_gitops.live.unsettled import blocked_alarm, judged
from invent_gitops.model.broadcast import WRITTEN_AS, Definition, Remote
from invent_gitops.model.command import Command, Cure, reasoned_command, resolve_command
from invent_gitops.model.local import zone_change
from invent_gitops.model.project import DEFAULT_LIMITS, ResultLimits
from invent_gitops.model.record import Intent, Record, Removal
from invent_gitops.model.state import State
from invent_gitops.model.status import NOT_CREATED, Alarm, Row
from invent_gitops.model.statuses import COMING, DOCUMENTED, GONE
from invent_gitops.model.unsettled import Twin
from invent_gitops.text.commands import quoted
from invent_gitops.values import Struct

# How long after its hour a broadcast may wait before somebody should look.
GRACE = timedelta(minutes=15)
# How long sending may take before somebody should look.
SENDING_TIME = timedelta(days=1)
# Statuses of broadcasts that are sent to single contacts as something happens, and so have no hour to miss.
_STANDING = ("ACTIVE",)


class Subject(Struct, frozen=True):
    """Everything that is known of one broadcast.

    `lookalike` is what Invent has, and no record knows, of a definition without a record, or just like a live one;
    `complete` is whether all of Invent's list was read; `limits` say from when on a result is poor.
    """

    row: Row
    state: State
    now: datetime
    soon: timedelta
    definition: Definition | None
    record: Record | None
    remote: Remote | None
    intent: Intent | None
    removal: Removal | None = None
    lookalike: Lookalike | None = None
    complete: bool = True
    limits: ResultLimits = DEFAULT_LIMITS

    @property
    def untold(self) -> tuple[str, ...]:
        """The fields that Invent shows and does not tell: nothing may be said of these."""
        return untold(self.remote) if self.remote else ()

    @property
    def told(self) -> bool:
        """Whether the state is what Invent says now, even if it does not say all else."""
        return self.row.read or (self.remote is not None and "status" not in self.untold)

    @property
    def waiting(self) -> bool:
        """Whether Invent shows it as still to be sent."""
        return self.told and self.row.state in COMING

    @property
    def strange(self) -> bool:
        """Whether Invent shows a status that nobody has heard of, of something with an hour."""
        familiar = (*DOCUMENTED, *_STANDING)
        return (
            self.told and self.remote is not None and self.row.state.upper() not in familiar and self.row.at is not None
        )

    @property
    def aimless(self) -> bool:
        """A draft that somebody made by hand and gave no hour: it waits for a person, who knows."""
        by_hand = self.record is not None and self.record.how == "imported"
        return by_hand and self.row.at is None and self.row.state == "DRAFT"

    @property
    def late(self) -> bool:
        """Whether its hour has passed, with some grace; that of one to be sent at once was its creation."""
        if "scheduled_at" in self.untold or self.aimless:
            return False
        since = self.row.at or (self.remote.created_at if self.remote else None)
        # Invent may show any time, and the last ones of the calendar cannot be shifted.
        return since is not None and self.now - since > GRACE

    @property
    def due(self) -> bool:
        """Whether somebody should have it ready by now."""
        hour_is_known = "scheduled_at" not in self.untold and not self.aimless
        return hour_is_known and (self.row.at is None or self.row.at <= self.now + self.soon)


def alarms(subject: Subject) -> Iterator[Alarm]:
    """Everything that needs a person, the worst first; nothing is said of what could not be read."""
    checks: tuple[Callable[[Subject], Iterator[Alarm]], ...] = (
        _blocked,
        _twice,
        _failed,
        _poor,
        _gone,
        _overdue,
        _cancelled,
        _unready,
        _drifted,
        _changed,
        _not_created,
        _no_file,
        _removed,
    )
    for check in checks:
        yield from check(subject)


def _blocked(subject: Subject) -> Iterator[Alarm]:
    if subject.intent:
        yield blocked_alarm(subject.row.key, subject.intent, subject.now)


def _twice(subject: Subject) -> Iterator[Alarm]:
    if subject.record and subject.record.note.role == "second" and subject.waiting:
        remove = reasoned_command("state rm", subject.row.key)
        yield Alarm("twice", subject.record.note.text, Cure(("Delete one of them in Invent, then: ", remove)))
    elif subject.record and subject.lookalike and subject.waiting:
        other = subject.lookalike.remote
        message = f"Invent has another one exactly like it, which no record knows: {other.id} ({other.status})."
        unjudged = Twin(subject.row.key, subject.record.id, other)
        twin = judged(unjudged, subject.record, subject.remote, complete=subject.complete)
        yield Alarm("twice", message, Cure(("Both would be sent. ", *twin.cure.parts)))


def _failed(subject: Subject) -> Iterator[Alarm]:
    # A file that was deleted says that somebody has dealt with it.
    if subject.told and subject.row.state == "FAILED" and subject.definition:
        reason = (
            f"Invent says: {subject.row.sending.error_message}"
            if subject.row.sending.error_message
            else "Invent does not say why."
        )
        cure = "Look in Invent, and send it from there: this tool never sends anything again. Then delete its file."
        yield Alarm("failed", f"It failed. {reason}", cure)


def _poor(subject: Subject) -> Iterator[Alarm]:
    """Yield a file that was deleted, or that says why, tells that somebody has dealt with it."""
    definition, record = subject.definition, subject.record
    ended = record is not None and has_ended(record)
    gone = subject.row.state == GONE and ended
    if not (subject.row.state == "SENT" or gone) or not definition or "poor-result" in definition.waive:
        return
    if shares := list(poor_shares(subject.row.sending.counts, subject.limits)):
        # Of what was recorded as gone, the counts say that it is over, and not how it ended.
        over = "It is over" if gone and record and record.status != "SENT" else "It was sent"
        deleted = " Invent's list does not hold it any more." if gone else ""
        message = f"{over}, and the result is poor: {'; '.join(shares)}.{deleted}"
        cure = (
            "Look in Invent for the reason. Once it is dealt with, waive poor-result with a reason, or delete its file."
        )
        yield Alarm("poor-result", message, cure)


def _gone(subject: Subject) -> Iterator[Alarm]:
    record = subject.record
    if subject.row.state != GONE or not subject.row.read or record is None or has_ended(record):
        return
    if subject.definition or record.status != GONE:
        message = "Invent's list does not hold it any more."
        young = subject.now - record.provenance.at < timedelta(hours=1)
        message += " It was created within the hour, and lists can lag." if young else ""
        remove = reasoned_command("state rm", subject.row.key)
        file = "delete its file as well, then: " if subject.definition else ""
        yield Alarm("gone", message, Cure((f"Look in Invent. If it was deleted there, {file}", remove)))


def _overdue(subject: Subject) -> Iterator[Alarm]:
    state, remote = subject.row.state, subject.remote
    if subject.removal:
        return
    if subject.waiting and subject.late:
        empty = " It has no message." if subject.row.sending.templates == 0 else ""
        message = f"Its hour has passed, and Invent shows it as {state}: it was not sent.{empty}"
        yield Alarm("overdue", message, "Look in Invent: send it from there, or cancel it.")
    elif subject.strange and subject.late and remote and not (remote.sending.started_at or remote.sending.completed_at):
        message = f"Its hour has passed, and Invent shows it as {state}, which this version does not know."
        yield Alarm("overdue", message, "Look in Invent whether it was sent.")
    elif subject.told and state == "SENDING" and remote:
        since = remote.sending.started_at or subject.row.at
        if since and subject.now - since > SENDING_TIME:
            yield Alarm("overdue", "It has been sending for more than a day.", "Look in Invent what holds it up.")


def _cancelled(subject: Subject) -> Iterator[Alarm]:
    if subject.told and subject.row.state == "CANCELLED" and subject.definition:
        message = "It was cancelled in Invent, and its file is still there."
        yield Alarm("cancelled", message, "If it is to stay cancelled, delete its file. If not, schedule it in Invent.")


def _unready(subject: Subject) -> Iterator[Alarm]:
    if subject.removal or not (subject.waiting or subject.strange):
        return
    remote = subject.remote
    if remote and remote.sending.template_errors:
        first, more = remote.sending.template_errors[0], len(remote.sending.template_errors) - 1
        message = f"Its message has an error: {first}" + (f" (and {more} more)" if more else "")
        yield Alarm("template-error", message, "Fix its message in Invent.")
    if not subject.due or subject.late:
        return
    if subject.row.sending.templates == 0:
        draft = ", and is still a draft" if subject.row.state == "DRAFT" else ""
        yield Alarm(
            "no-content", f"It is due soon, has no message yet{draft}.", "Write its message in Invent, and schedule it."
        )
    elif subject.row.state == "DRAFT":
        yield Alarm("still-draft", "It is due soon, and still a draft.", "Schedule it in Invent once it is ready.")


def _drifted(subject: Subject) -> Iterator[Alarm]:
    drift = subject.row.drift
    if drift and drift.changes:
        fields = ", ".join(WRITTEN_AS.get(change.field, change.field) for change in drift.changes)
        yield Alarm("drift", f"Invent shows something else than is recorded: {fields}.", drift.cure)
    elif drift and "unscheduled" in drift.kinds:
        yield Alarm("drift", "It was scheduled, and is a draft again.", drift.cure)


def _changed(subject: Subject) -> Iterator[Alarm]:
    """Yield an edit of the file that nobody made in Invent; where Invent has drifted as well, that is said already."""
    definition, record, remote = subject.definition, subject.record, subject.remote
    drifted = subject.row.drift and subject.row.drift.changes
    if not (definition and record and remote and subject.waiting) or drifted:
        return
    changes = field_changes(live_request(record.request, remote), definition.request)
    differing = [WRITTEN_AS.get(change.field, change.field) for change in changes]
    silent = {WRITTEN_AS.get(field, field) for field in subject.untold}
    fields = ", ".join(field for field in differing if field not in silent)
    rules = zone_change(record, definition)
    if fields == "schedule" and rules:
        yield Alarm("changed", rules.message, Cure(("To refresh: ", Command("refresh"))))
    elif fields:
        message = f"Its file says something else than Invent, and an edit is never sent: {fields}."
        by_hand = "Make the change in Invent by hand, then: "
        cure = Cure((by_hand, Command("refresh"), " . Or undo it in the file."))
        yield Alarm("changed", message, cure)


def _not_created(subject: Subject) -> Iterator[Alarm]:
    if subject.row.state != NOT_CREATED:
        return
    lookalike = subject.lookalike
    if subject.removal:
        message = f"Its key was removed from the state ({subject.removal.reason}), and is never created again."
        yield Alarm("not-created", message, "Delete the file.")
    elif lookalike:
        how = {
            "exact": "exactly like it",
            "partly": "like it as far as Invent shows it",
            "similar": "that looks like it",
        }
        anyway = "" if lookalike.how == "exact" else " --anyway"
        other = lookalike.remote
        message = f"It has no record, and Invent has one {how[lookalike.how]}: {other.id} ({other.status})."
        same = resolve_command(subject.row.key, f"--id {quoted(other.id)}{anyway}")
        yield Alarm("not-created", message, Cure(("If it is the same: ", same, " . If not, see what plan says.")))
    elif subject.row.at is not None and subject.row.at <= subject.now:
        message = "It was never created, and its hour has passed."
        yield Alarm("not-created", message, "Delete the file, or give it a time to come.")
    else:
        hurry = ", and is due soon" if subject.due else ""
        unread = "" if subject.complete else " Not all of Invent could be read, so it may be there."
        yield Alarm("not-created", f"It is defined, not recorded as created{hurry}.{unread}", _PLANNING)


def _no_file(subject: Subject) -> Iterator[Alarm]:
    explained = subject.intent or subject.removal
    if subject.definition is None and subject.waiting and not subject.late and not explained:
        message = "No file defines it any more, and it is still to be sent: deleting a file cancels nothing."
        yield Alarm("no-file", message, "Cancel it in Invent, or put its file back.")


def _removed(subject: Subject) -> Iterator[Alarm]:
    if subject.removal and subject.remote:
        message = (
            f"It was removed from the state ({subject.removal.reason}), and Invent still has it: {subject.remote.id}."
        )
        restore = reasoned_command("state restore", subject.row.key)
        cure = Cure(("If it is not to be sent, delete or cancel it in Invent. If it is: ", restore))
        yield Alarm("removed", message, cure)


_PLANNING = Cure(
    ("To see whether anything speaks against it: ", Command("plan"), " . If nothing does, apply creates it.")
)
