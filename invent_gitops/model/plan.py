"""The plan: one action for each key, as plain values that can be printed, saved and compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Literal

from invent_gitops.model.audience import AudienceWarning
from invent_gitops.model.broadcast import Definition, Request
from invent_gitops.model.command import Cure
from invent_gitops.model.context import Context
from invent_gitops.model.digest import Destination, digest
from invent_gitops.model.drift import Coverage, Drift
from invent_gitops.model.local import LocalTime, ZoneChange
from invent_gitops.model.loosening import Loosening
from invent_gitops.model.problem import Position
from invent_gitops.model.state import Absence, Intent, Record
from invent_gitops.model.unreachable import Unreached
from invent_gitops.values import Struct, field, force_setattr

Action = Literal["create", "unchanged", "changed", "undefined", "blocked", "refused"]
ACTIONS: tuple[Action, ...] = ("blocked", "refused", "changed", "create", "undefined", "unchanged")


class FieldChange(Struct, frozen=True):
    """One field of the request that differs: `old` as recorded, `new` as defined, both ready for JSON."""

    field: str
    old: object
    new: object


class Refusal(Struct, frozen=True):
    """A guard that says no: the id of the policy, the reason, the cure and the value that it is about."""

    policy: str
    message: str
    cure: Cure | str
    position: Position


class Audience(Struct, frozen=True):
    """Who would be messaged: segment names (or ids where no name is known), or everyone.

    `contacts` is an upper bound in contacts, since segments may overlap; None if it was never read.
    `today` says that it was read from Invent for this plan, and not from the catalogue.
    """

    segments: tuple[str, ...]
    everyone: bool
    contacts: int | None
    today: bool = False


class Remarks(Struct, frozen=True):
    """What reviewers should know of a key beside its action. None of it refuses a create.

    `warnings` are about its audience. `unneeded_waivers` are policies that the definition waives, and that would not
    have refused it. `zone_change` says that the rules of its time zone changed after the create. `absence` is the word
    of a person, of what has no record, that an earlier attempt created nothing. `broken_rules` are the objections to an
    edited definition of what exists already, without those that it waives: a person should not act on it.
    """

    warnings: tuple[AudienceWarning, ...] = ()
    unneeded_waivers: tuple[str, ...] = ()
    zone_change: ZoneChange | None = None
    absence: Absence | None = None
    broken_rules: tuple[Refusal, ...] = ()


class Item(Struct, frozen=True):
    """What the plan says of one key. `definition` is None exactly when the file is gone."""

    key: str
    action: Action
    request: Request
    definition: Definition | None = None
    record: Record | None = None
    intent: Intent | None = None
    audience: Audience | None = None
    changes: tuple[FieldChange, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    drift: Drift | None = None
    remarks: Remarks = Remarks()

    @property
    def local(self) -> LocalTime | None:
        """The local time that the definition was reviewed with."""
        return self.definition.local if self.definition else None

    @property
    def waived(self) -> Mapping[str, str]:
        return self.definition.waive if self.definition else {}


class Plan(Struct, frozen=True):
    """All actions, sorted by key, and what they were made from.

    `context` is the moment and the account. `lineage` and `serial` are those of the state, "" and 0 without one. `look`
    says how much of Invent was read, or is None where nobody looked. `zone_data` is the version of the time zones.
    `blackout_days` are the first and the last day of each span on which nothing may go out.
    `loosening` is what became weaker since the base, None where no base is known.
    `unreachable` is what a person must do in Invent, since the API can not.
    """

    context: Context
    items: tuple[Item, ...]
    lineage: str = ""
    serial: int = 0
    look: Coverage | None = None
    zone_data: str = ""
    blackout_days: tuple[tuple[date, date], ...] = ()
    loosening: Loosening | None = None
    unreachable: tuple[Unreached, ...] = ()
    counts: Mapping[Action, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        tally = Counter(item.action for item in self.items)
        force_setattr(self, "counts", {action: tally.get(action, 0) for action in ACTIONS})

    @property
    def destination(self) -> Destination:
        return Destination(self.context.org, self.context.api, self.context.workspace)

    @property
    def digest(self) -> str:
        """Over the requests to be created and their destination alone: wording and passing time do not change it."""
        return digest(self.destination, ((item.key, item.request) for item in self.having("create")))

    @property
    def held_back(self) -> bool:
        """Whether nothing of it may be created, since rules were loosened."""
        return bool(self.loosening and self.loosening.refuses)

    def having(self, action: Action) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.action == action)
