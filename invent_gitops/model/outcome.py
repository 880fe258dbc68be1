"""What came of a call, and of a run: every answer is one of three verdicts, and none of them is None."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from invent_gitops.errors import InventGitopsError
from invent_gitops.model.broadcast import Remote


@dataclass(frozen=True, slots=True)
class Created:
    """The API answered with a usable id."""

    broadcast: Remote


@dataclass(frozen=True, slots=True)
class NotCreated:
    """Surely nothing was created: the request was not sent, or the API refused it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request may have been carried out. Only a look at the list can tell."""

    reason: str


Answer = Created | NotCreated | Unknown

Fate = Literal["created", "adopted", "not-created", "unknown", "not-attempted"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one key in a run. `differs` names the fields in which the answer is not the request."""

    key: str
    fate: Fate
    name: str
    id: str = ""
    reason: str = ""
    differs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What became of every key that a run meant to create, sorted by key.

    `failure` is what ended the run early, `moved` says that it was another writer of the state (so
    that planning again is the cure), `unrecorded` holds the keys whose id could not be written down.
    """

    outcomes: tuple[Outcome, ...]
    failure: InventGitopsError | None = None
    moved: bool = False
    stopped: bool = False
    unrecorded: tuple[str, ...] = ()

    def having(self, fate: Fate) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.fate == fate)

    def with_adopted(self, adopted: tuple[Outcome, ...]) -> Report:
        """This report, with what was found in Invent in place of what was unknown about it."""
        found = {outcome.key: outcome for outcome in adopted}
        kept = [found.pop(outcome.key, outcome) for outcome in self.outcomes]
        every = sorted([*kept, *found.values()], key=lambda outcome: outcome.key)
        return replace(self, outcomes=tuple(every))
