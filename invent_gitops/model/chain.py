"""The states that git remembers, one after another, and what the audit says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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

    `message` is that of the commit, `state` what is in it, or None where it holds none (`fault` then says why).
    `canonical` says whether its text is as this program writes that state.
    """

    commit: str
    parents: int
    by: str
    at: datetime
    canonical: bool
    state: State | None
    fault: str = ""
    message: str = ""


class Chain(Struct, frozen=True):
    """The links of one state, oldest first. `strict` if every write is a commit of its own, as on a state branch.

    A long chain does not fit into memory: each turn through `links` reads them anew, one after another.
    """

    links: Iterable[Link]
    strict: bool

    def without_rehearsal(self) -> Chain:
        """Return the chain of an account: from its first state on, where older commits hold one of the sandbox.

        Only what comes before it is left out: a later state of the sandbox is for the audit to find.
        """
        return replace(self, links=_Live(self.links))

    def checked(self, check: Callable[[State], None]) -> Chain:
        """Return the same chain, of which `check` looks at the first state with a lineage before anything else does."""
        return replace(self, links=_Checked(self.links, check))


class _Live(Struct, frozen=True):
    links: Iterable[Link]

    def __iter__(self) -> Iterator[Link]:
        links = iter(self.links)
        count = 0
        for link in links:
            if not (link.state and link.state.api == SANDBOX):
                yield link
                yield from links
                return
            count += 1
        if count:
            # Nothing but a rehearsal: then that is the chain.
            yield from self.links


class _Checked(Struct, frozen=True):
    links: Iterable[Link]
    check: Callable[[State], None]

    def __iter__(self) -> Iterator[Link]:
        links = iter(self.links)
        for link in links:
            if link.state and link.state.lineage:
                self.check(link.state)
                yield link
                yield from links
                return
            yield link


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
