"""The states that git remembers, one after another, and what the audit says of them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from invent_gitops.model.plan import FieldChange
from invent_gitops.model.project import SANDBOX
from invent_gitops.model.record import Provenance
from invent_gitops.model.review import Signoff
from invent_gitops.model.state import State
from invent_gitops.values import Struct, replace

ChangeKind = Literal[
    "created",
    "adopted",
    "resolved",
    "imported",
    "corrected",
    "moved",
    "refreshed",
    "removed",
    "declared not created",
]


class Link(Struct, frozen=True):
    """The state as of one commit. `commit` is "" for a file that is not committed yet.

    `message` is that of the commit, `text` the state as it stands there, `state` what it spells, or
    None where it spells none (`fault` then says why).
    """

    commit: str
    parents: int
    by: str
    at: datetime
    text: str
    state: State | None
    fault: str = ""
    message: str = ""


class Chain(Struct, frozen=True):
    """The links of one state, oldest first. `strict` if every write is a commit of its own, as on a state branch."""

    links: tuple[Link, ...]
    strict: bool

    def without_rehearsal(self) -> Chain:
        """Return the chain of an account: from its first state on, where older commits hold one of the sandbox.

        Only what comes before it is left out: a later state of the sandbox is for the audit to find.
        """
        live = (number for number, link in enumerate(self.links) if not (link.state and link.state.api == SANDBOX))
        first = next(live, None)
        return self if first is None else replace(self, links=self.links[first:])


class Change(Struct, frozen=True):
    """One line of the audit: what happened to a key, by whom, when and from which source commit.

    `origin` says who did it, and who wrote and approved it. `commit` is the commit of the state in which it shows,
    `fields` what a refresh took over from Invent.
    """

    origin: Provenance
    kind: ChangeKind
    key: str
    id: str
    name: str
    commit: str
    note: str = ""
    pull_request: int | None = None
    fields: tuple[FieldChange, ...] = ()

    @property
    def at(self) -> datetime:
        """When it happened (aware, UTC)."""
        return self.origin.at

    @property
    def by(self) -> str:
        """Who did it."""
        return self.origin.by

    @property
    def source(self) -> str:
        """The commit that it was done from."""
        return self.origin.commit

    @property
    def run(self) -> str:
        """The workflow run."""
        return self.origin.run

    @property
    def signoff(self) -> Signoff | None:
        """Who wrote and who approved it."""
        return self.origin.signoff


class Flaw(Struct, frozen=True):
    """Something in the chain that is not as the tool would have left it; `missing` if it cannot be checked here."""

    location: str
    message: str
    missing: bool = False
