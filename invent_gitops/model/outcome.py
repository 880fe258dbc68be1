"""What came of a call, and of a run: every answer is one of three verdicts, and none of them is None."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from invent_gitops.errors import InventGitopsError, StateMoved, Unavailable, Unsettled
from invent_gitops.model.audience import Headcount
from invent_gitops.model.broadcast import Remote
from invent_gitops.model.state import Record, State
from invent_gitops.model.unsettled import Twin
from invent_gitops.values import Struct, replace


class Created(Struct, frozen=True):
    """The API answered with a usable id."""

    broadcast: Remote


class NotCreated(Struct, frozen=True):
    """Surely nothing was created: the request was not sent, or the API refused it.

    It was not sent `stale` because its intent had grown old while it waited, `stopped` because the run is to stop.
    """

    reason: str
    stale: bool = False
    stopped: bool = False


class Unknown(Struct, frozen=True):
    """The request may have been carried out. Only a look at the list can tell."""

    reason: str


Answer = Created | NotCreated | Unknown

Fate = Literal["created", "adopted", "not-created", "unknown", "not-attempted", "already-created"]


class Outcome(Struct, frozen=True):
    """What became of one key in a run. `differs` names the fields in which the answer is not the request.

    `headcount` is for how many contacts it was created, beside how many were reviewed; None where nobody says.
    """

    key: str
    fate: Fate
    name: str
    id: str = ""
    reason: str = ""
    differs: tuple[str, ...] = ()
    headcount: Headcount | None = None


class Report(Struct, frozen=True):
    """What became of every key that a run meant to create, sorted by key.

    `failure` is what ended the run early, `stopped` says that a signal or a deadline did, `deadline` is the latter in
    seconds. `unrecorded` holds the keys whose id could not be written down. `twins` are live broadcasts beside what was
    adopted lately.
    """

    outcomes: tuple[Outcome, ...]
    failure: InventGitopsError | None = None
    stopped: bool = False
    unrecorded: tuple[str, ...] = ()
    twins: tuple[Twin, ...] = ()
    deadline: float | None = None

    @property
    def moved(self) -> bool:
        """Whether another writer of the state ended the run, so that planning again is the cure."""
        return isinstance(self.failure, StateMoved)

    def having(self, fate: Fate) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.fate == fate)

    def followed_by(self, later: Report) -> Report:
        """Return this report and that of a later round over the keys that were left."""
        outcomes = {outcome.key: outcome for outcome in (*self.outcomes, *later.outcomes)}
        unrecorded = (*self.unrecorded, *later.unrecorded)
        return Report(tuple(outcomes[key] for key in sorted(outcomes)), later.failure, later.stopped, unrecorded)

    def seen_in(self, state: State) -> Report:
        """Return this report, with what the state knows of keys that another run took in hand first."""
        return replace(self, outcomes=tuple(_seen(outcome, state) for outcome in self.outcomes))

    def healed(self, state: State) -> Report:
        """Return this report, after the state could be written in the end: without the troubles that are over."""
        ids = state.ids()
        outcomes = tuple(
            replace(outcome, reason="") if outcome.fate == "created" and outcome.id in ids else outcome
            for outcome in self.outcomes
        )
        lost = set(self.unrecorded)
        unrecorded = tuple(outcome.key for outcome in outcomes if outcome.key in lost and outcome.id not in ids)
        failure = self.failure
        if isinstance(failure, Unsettled) and not unrecorded:
            over = "The write succeeded in the end, and nothing is lost. Run it again for the rest."
            failure = Unavailable(failure.message, over) if self.having("not-attempted") else None
        return replace(self, outcomes=outcomes, unrecorded=unrecorded, failure=failure)

    def with_adopted(self, adopted: tuple[Outcome, ...]) -> Report:
        """Return this report, with what was found in Invent in place of what was unknown about it."""
        new = {outcome.key: outcome for outcome in adopted}
        kept = [new.pop(outcome.key, outcome) for outcome in self.outcomes]
        every = sorted([*kept, *new.values()], key=lambda outcome: outcome.key)
        return replace(self, outcomes=tuple(every))

    def with_earlier(self, keys: Collection[str], state: State) -> Report:
        """Return this report, with those of `keys` that another run has created, so that it tells of all of them."""
        reported = {outcome.key for outcome in self.outcomes}
        earlier = [
            _earlier(key, state.broadcasts[key]) for key in keys if key in state.broadcasts and key not in reported
        ]
        every = sorted([*self.outcomes, *earlier], key=lambda outcome: outcome.key)
        return replace(self, outcomes=tuple(every))


def _earlier(key: str, record: Record) -> Outcome:
    reason = f"by {record.provenance.by}, in another run."
    return Outcome(key, "already-created", record.request.name, record.id, reason)


def _seen(outcome: Outcome, state: State) -> Outcome:
    record = state.broadcasts.get(outcome.key)
    if outcome.fate == "created" and record and record.id != outcome.id:
        reason = f"This is a second broadcast: the key is recorded as {record.id}. Delete one of them in Invent."
        return replace(outcome, fate="unknown", reason=reason)
    if outcome.fate != "not-attempted":
        return outcome
    if outcome.key in state.broadcasts:
        return replace(_earlier(outcome.key, state.broadcasts[outcome.key]), name=outcome.name)
    if outcome.key in state.intents:
        return replace(outcome, reason="Another run is creating it, or was killed while it created it.")
    return outcome
