"""The steps of one apply: look, plan, ask, create, look again."""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

import click

from invent_gitops.cli.account import Account, Store, connect
from invent_gitops.cli.newest import newest_requests
from invent_gitops.cli.plan import plan_for, text_of
from invent_gitops.cli.reconcile import settle
from invent_gitops.cli.session import Session
from invent_gitops.cli.stopping import Stopping
from invent_gitops.cli.workspace import Workspace
from invent_gitops.errors import InventGitopsError, NotOffered, Refused, Unavailable, WrongUsage
from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.listing import Listing
from invent_gitops.model.outcome import Outcome, Report
from invent_gitops.model.plan import Plan
from invent_gitops.provenance import Origin

if TYPE_CHECKING:
    from invent_gitops.api.client import InventApi
    from invent_gitops.apply import Api, Run

# Each lost race means that another run got on, so this many in a row are no accident.
ROUNDS = 200
# Seconds in which a call must follow its intent. A person who looks, finds nothing and says so takes longer.
FRESH = 10.0


def stopwatch(seconds: float) -> Callable[[], bool]:
    """Whether fewer than `seconds` have passed since now; a process that was stopped or slept counts as passed."""
    began = time.monotonic(), time.time()

    def fresh() -> bool:
        return max(time.monotonic() - began[0], time.time() - began[1]) < seconds

    return fresh


@dataclass
class Applying:
    """One apply, with what its steps share.

    `unseen` is whether somebody says that nothing can have been created where nobody can look, `branch` the one that
    somebody named. `newest` is what the newest commit of the branch defines, if this run is not of that; `blind` is
    why nothing may be created, "" if it may. `live` is what the list held before the first create, `adopted` are the
    broadcasts that were found after their answer was lost, `approved` are the keys of the approved plan, `report` is
    what became of the creates so far.
    """

    session: Session
    account: Account
    workspace: Workspace
    store: Store
    stopping: Stopping
    origin: Origin
    only: str | None
    strict: bool
    rate: float
    concurrency: int
    definitions: str | None = None
    unseen: bool = False
    branch: str = ""
    live: Sequence[Remote] = ()
    newest: Mapping[str, Request] | None = None
    blind: str = ""
    adopted: list[Outcome] = field(default_factory=list)
    approved: Collection[str] = ()
    report: Report = field(default_factory=lambda: Report(()))

    def plan(self) -> Plan:
        """The plan as of now."""
        flags = self.account.flags(self.session)
        state = self.store.state
        return plan_for(
            self.workspace,
            state,
            only=self.only,
            strict=self.strict,
            live=self.live,
            newest=self.newest,
            flags=flags,
        )

    def text_of(self, made: Plan, *, everything: bool = False) -> str:
        return text_of(self.session, self.account, self.workspace, made, everything=everything)

    def reported(self) -> Report:
        """What became of every key so far, in this run or, of what was approved, in another one."""
        return self.report.with_adopted(tuple(self.adopted)).with_earlier(self.approved, self.store.state)

    def cut_off(self, made: Plan) -> Report:
        """The report of a run that is killed: each of its broadcasts may have been created by then."""
        creates = (Outcome(item.key, "unknown", item.request.name) for item in made.having("create"))
        return Report(tuple(creates)).with_adopted(self.reported().outcomes)

    def known(self, made: Plan, report: Report | None = None) -> dict[str, object]:
        """The content of the document: of `report`, or of what is known before there is one."""
        from invent_gitops.render.machine import report_json

        found = self.reported() if report is None else report
        doubts, name = self.store.state.intents, self.workspace.project.name
        return report_json(found, made, self.store.shown, self.origin.now(), doubts, workspace=name)

    def look_first(self) -> None:
        """Read the list in Invent once: for what an earlier run left in doubt, and for what is there already.

        The state is the guard; this is a second one, for a state that was lost. Where the list cannot be
        read whole, keys in doubt stay blocked and the rest goes on with what was read; but without a state there is
        no other guard, and nothing is created, unless this Invent has no list to show (`NotOffered`).
        """
        state = self.store.state
        doubts, new = state.intents, not state.broadcasts and not state.removed
        if not doubts and not self.plan().counts["create"]:
            return
        if not self.account.sandbox:
            self.newest = newest_requests(self.workspace, self.definitions, self.branch)
        listing: Listing[Remote] = Listing(())
        # `lacking` is whether a broadcast may be where nobody could look.
        lacking, why, cure = False, "", "Try again later."
        try:
            with self._connect() as api:
                listing = api.readable_broadcasts(tries=5 if doubts else 3)
                lacking, why = not listing.complete, " ".join(listing.gaps)
        except WrongUsage as error:
            # Without a key nothing will be created either, which is told when it is to be.
            if doubts:
                self.session.note(f"Could not look in Invent first. {error.message}")
            return
        except Unavailable as error:
            lacking, why, cure = not isinstance(error, NotOffered), error.message, error.cure or cure
        if why:
            self.session.note(f"Could not look in Invent first. {why}")
        if new and lacking and not self.unseen:
            told = f"The state is new, and nobody could look what was created before. {why.rstrip('.')}."
            self.blind = f"{told} {cure} If surely nothing was created before, add --blind."
        self.live = listing.entries
        if not why:
            # The state must be no older than the list, or what another run is creating would look like nobody's.
            self.store.refresh()
            self.adopted += settle(self.session, self.store, self.live, self.origin, doubts)

    def confirm(self, made: Plan, yes: bool) -> None:
        """Show the plan and ask. Raises `Refused` without a terminal or without a yes."""
        show: Callable[[str], None] = self.session.note if self.session.json else self.session.result
        show(self.text_of(made, everything=not yes))
        if yes:
            return
        number = made.counts["create"]
        broadcasts = f"{number} broadcast{'' if number == 1 else 's'}"
        if not sys.stdin or not sys.stdin.isatty():
            raise Refused(
                f"There {'is' if number == 1 else 'are'} {broadcasts} to create, and nobody to ask.",
                "Review the plan, then run apply with --yes.",
            )
        if self.blind:
            # Nobody is asked for what will not be done.
            return
        target = self.account.target()
        question = f"Create {broadcasts} in org {target.org} at {target.name}? This cannot be undone."
        with self.stopping.asking():
            confirmed = click.confirm(self.session.aside.bold(question), err=True)
        if not confirmed:
            raise Refused("Not confirmed. Nothing was created.")

    def create(self, made: Plan) -> None:
        """Create what the plan says, and keep what became of it in `report`.

        When another writer moves the state on, plan again and go on with the rest.
        """
        confirmed = {item.key: item for item in made.having("create")}
        if self.blind:
            names = ((key, item.request.name) for key, item in confirmed.items())
            self.report = Report(tuple(Outcome(key, "not-created", name, reason=self.blind) for key, name in names))
            return
        tell = _teller(self.session, len(confirmed))
        # Planned afresh: the question may have been open for hours.
        waiting = [item for item in self.plan().having("create") if item.key in confirmed]
        late = confirmed.keys() - {item.key for item in waiting}
        reason = "By now it is refused; invent-gitops plan says why."
        skipped = (Outcome(key, "not-attempted", confirmed[key].request.name, reason=reason) for key in late)
        stop = self.stopping.event
        self.stopping.check()
        self.report = Report(tuple(skipped))
        with self._connect() as api:
            for _ in range(ROUNDS):
                report = self._run(api, tell).create(waiting)
                self.report = self.report.followed_by(report)
                if not report.moved or stop.is_set():
                    break
                # Only what was confirmed: a key that somebody freed meanwhile waits for the next run.
                waiting = [item for item in self.plan().having("create") if item.key in confirmed]
            if self.report.having("unknown") and not stop.is_set():
                self._look_again(api)
            self.report = replace(self.report.seen_in(self.store.state), stopped=stop.is_set())

    def _run(self, api: Api, tell: Callable[[Outcome], None]) -> Run:
        from invent_gitops.apply import Run

        return Run(
            api,
            self.store,
            taken=self.store.state.ids(),
            provenance=self.origin.now,
            attempt=lambda: uuid.uuid4().hex,
            stop=self.stopping.event.is_set,
            tell=tell,
            concurrency=self.concurrency,
            batch=self.store.batch(self.concurrency),
            fresh=partial(stopwatch, FRESH + 2 * self.concurrency * 60 / self.rate),
        )

    def _look_again(self, api: InventApi) -> None:
        try:
            doubts = self.store.state.intents
            self.adopted += settle(self.session, self.store, api.broadcasts(), self.origin, doubts)
        except InventGitopsError as error:
            # Whatever it is, the report of what was created comes first.
            self.session.note(f"What is in doubt stays in doubt. {error.message}")

    def _connect(self) -> AbstractContextManager[InventApi]:
        one, stop = self.workspace, self.stopping.event
        return connect(self.account, one.root, one.project, one.catalogue, rate=self.rate, stop=stop)


def _teller(session: Session, total: int) -> Callable[[Outcome], None]:
    from invent_gitops.render.report_text import outcome_line

    numbers = count(1)

    def tell(outcome: Outcome) -> None:
        session.note(f"[{next(numbers)}/{total}] {outcome_line(outcome, session.aside)}")

    return tell
