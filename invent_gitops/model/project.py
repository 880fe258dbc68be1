"""The project's settings, as values: where things are and what the policies say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Literal

from invent_gitops.model.review import ReviewRule
from invent_gitops.model.unreachable import POLICY, WARN_ONLY, UnreachablePolicy
from invent_gitops.model.variables import KEY_VARIABLE
from invent_gitops.values import Struct, field, replace

# The ids of the policies that a definition can waive with a reason.
WAIVABLE = (
    "minimum-lead-time",
    "allow-immediate",
    "empty-segment",
    "possible-rename",
    "quiet-hours",
    "blackout-days",
    "minimum-gap",
    "audience-cap",
    "send-to-all",
    POLICY,
)
# Further ones that a plan from files cannot judge: they are held against what Invent shows.
JUDGED_IN_INVENT = ("audience-jump", "poor-result")

# The variable of the environment that holds the API key, and the names that a project file may choose instead: no
# other secret of the environment, such as a token of the CI, can be sent to Invent by editing a file.
# The org that Invent's API takes for the key's own.
OWN_ORG = "c"
# What a policy does about what it finds.
Guard = Literal["warn", "refuse"]
# What a state has for its API where nothing was spoken to but the built-in Invent.
SANDBOX = "sandbox"


class FilePlace(Struct, frozen=True):
    """The state is a JSON file; `path` is relative to the project's folder."""

    path: str = "invent.state.json"


class BranchPlace(Struct, frozen=True):
    """The state is the file `path` on the branch `branch` of the git remote `remote`."""

    branch: str
    remote: str = "origin"
    path: str = "invent.state.json"


class QuietHours(Struct, frozen=True):
    """From `start` on and before `end`, on the clocks of `timezone`; past midnight if `end` is the earlier one.

    Without `timezone` the definition's own zone counts, and without one `project_timezone`; "" means none.
    """

    start: time
    end: time
    timezone: str = ""
    project_timezone: str = ""


class BlackoutDays(Struct, frozen=True):
    """First and last day of each span, both included, in the definition's own zone, else in `project_timezone`."""

    spans: tuple[tuple[date, date], ...]
    project_timezone: str = ""


class ResultLimits(Struct, frozen=True):
    """The shares, in percent, above which a result is poor; docs/policies.md says where the defaults come from."""

    failed: Decimal = Decimal(5)
    skipped: Decimal = Decimal(20)
    complained: Decimal = Decimal("0.1")
    unsubscribed: Decimal = Decimal(1)


DEFAULT_LIMITS = ResultLimits()


class Policies(Struct, frozen=True):
    """The guards' numbers. `max_creates` bounds one apply; `audience_cap` is in contacts; no gap is a gap of zero.

    `audience_jump` is in percent of the contacts that the catalogue has of a segment. `loosening` counts as the base
    of a change has it.
    """

    minimum_lead_time: timedelta = timedelta(minutes=15)
    allow_immediate: bool = False
    max_creates: int = 50
    quiet_hours: QuietHours | None = None
    blackout_days: BlackoutDays | None = None
    minimum_gap: timedelta = timedelta()
    audience_cap: int | None = None
    audience_jump: int = 50
    send_to_all_needs_reason: bool = False
    loosening: Guard = "warn"
    unreachable_edits: UnreachablePolicy = WARN_ONLY
    results: ResultLimits = DEFAULT_LIMITS


class WorkspaceAccount(Struct, frozen=True):
    """The account of one of several workspaces: its name, its org, and the variable of its key."""

    name: str = ""
    org: str = ""
    key: str = KEY_VARIABLE


class Project(Struct, frozen=True):
    """`invent.yaml`, with a default for every entry. Paths are relative to the project's folder.

    `applies_from` is the branch whose newest commit says what is created, or "" if git says which one that is.
    `timezone` is an IANA name, or "" if local times need a zone of their own; `file` is the project
    file as shown to people, or "" if there is none. A file with several workspaces has `workspaces`,
    each a project of its own with an `account`; it is None where the project is one, whose account has neither a name
    nor an org. `misplaced` is whether a place that its file names is refused, so that nothing may be opened at any of
    them. `review` is who has to approve, None where nobody is asked.
    """

    definitions: str = "broadcasts"
    state: FilePlace | BranchPlace = FilePlace()
    timezone: str = ""
    segments: str = "segments.yaml"
    policies: Policies = field(default_factory=Policies)
    file: str = ""
    account: WorkspaceAccount = WorkspaceAccount()
    applies_from: str = ""
    workspaces: Mapping[str, Project] | None = None
    misplaced: bool = False
    review: ReviewRule | None = None

    @property
    def name(self) -> str:
        """The name of the workspace; "" for a project without workspaces."""
        return self.account.name

    @property
    def org(self) -> str:
        """The org of the workspace; "" for a project without workspaces."""
        return self.account.org

    @property
    def key(self) -> str:
        """The variable that holds the API key."""
        return self.account.key

    def standing_for(self, name: str) -> Project:
        """Return a workspace before its own entries are read: what holds for all of them, and places named after it."""
        return replace(
            self,
            account=replace(self.account, name=name),
            definitions=f"{name}/broadcasts",
            state=FilePlace(f"{name}/invent.state.json"),
            segments=f"{name}/segments.yaml",
        )
