"""The steps of one apply: look, plan, ask, create, look again."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from invent_gitops.errors import InventGitopsError, WrongUsage
from invent_gitops.live.unsettled import twins, watched
from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.listing import Listing, Reach
from invent_gitops.model.outcome import Outcome, Report
from invent_gitops.model.plan import Item, Plan
from invent_gitops.model.state import Intent, Listed
from invent_gitops.operations.account import Account, Store, connect
from invent_gitops.operations.branch_tip import newest_requests
from invent_gitops.operations.confirmation import ask
from invent_gitops.operations.console import Console
from invent_gitops.operations.look import FirstLook, first_look, lacks_records
from invent_gitops.operations.plan import plan_for
from invent_gitops.operations.project import LoadedProject
from invent_gitops.operations.reconcile import settle
from invent_gitops.operations.signals import Stopping
from invent_gitops.operations.stopwatch import stopwatch
from invent_gitops.provenance import Origin
from invent_gitops.text.clean import clean

if TYPE_CHECKING:
    from invent_gitops.api.client import InventApi
    from invent_gitops.apply import Api, Run

# Each lost race means that another run got on, so this many in a row are no accident.
ROUNDS = 200
# Seconds in which a call must follow its intent. A person who looks, finds nothing and says so takes longer.
FRESH = 10.0
# Seconds for which what was read last may stand while a run plans again.
RECENT = 10.0


@dataclass
class Applying:
    """One apply, with what its steps share.

    `unseen` is whether somebody says that nothing can have been created where nobody can look, `branch` the one that
    somebody named. `newest` is what the newest commit of the branch defines, if this run is not of that; `blind` is why
    nothing may be created, "" if it may. `live` is what the looks before a create held, `first` the last of them,
    `reach` how far it went, and `recent` says whether that is only some seconds ago. `doubts` are the attempts of this
    run whose outcome is unknown, `adopted` are the broadcasts that were found after their answer was lost, `approved`
    are the keys of the approved plan, `report` is what became of the creates so far.
    """

    console: Console
    account: Account
    workspace: LoadedProject
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
    first: FirstLook = field(default_factory=lambda: FirstLook(why="Nobody has looked."))
    recent: Callable[[], bool] = lambda: False
    reach: Reach = ""
    newest: Mapping[str, Request] | None = None
    blind: str = ""
    doubts: dict[str, Intent] = field(default_factory=dict)
    adopted: list[Outcome] = field(default_factory=list)
    approved: Collection[str] = ()
    report: Report = field(default_factory=lambda: Report(()))

    def plan(self) -> Plan:
        """The plan as of now."""
        flags = self.account.flags()
        state = self.store.state
        return plan_for(
            self.workspace,
            state,
            only=self.only,
            strict=self.strict,
            live=self.live,
            reach=self.reach,
            newest=self.newest,
            flags=flags,
        )

    def reported(self) -> Report:
        """What became of every key so far, in this run or, of what was approved, in another one."""
        told = self.report.with_adopted(tuple(self.adopted)).with_earlier(self.approved, self.store.state)
        live = Listing(tuple(self.live), () if self.reach == "whole" else (self.reach,))
        return replace(told, twins=twins(self.store.state, live, self.origin.now().at))

    def cut_off(self, made: Plan) -> Report:
        """The report of a run that is killed: each of its broadcasts may have been created by then."""
        creates = (Outcome(item.key, "unknown", item.request.name) for item in made.having("create"))
        return Report(tuple(creates)).with_adopted(self.reported().outcomes)

    def known(self, made: Plan, report: Report | None = None) -> dict[str, object]:
        """The content of the document: of `report`, or of what is known before there is one."""
        from invent_gitops.render.documents.machine import report_json

        found = self.reported() if report is None else report
        doubts, name = self.store.state.intents, self.workspace.project.name
        return report_json(found, made, self.store.shown, self.origin.now(), doubts, workspace=name)

    def look_first(self) -> None:
        """Read the list in Invent before anything else, if there is anything to create, in doubt or lately settled."""
        state = self.store.state
        if state.intents or watched(state, self.origin.now().at) or self.plan().counts["create"]:
            if not self.account.sandbox:
                self.newest = newest_requests(self.workspace, self.definitions, self.branch)
            self.look(settling=True)

    def look(self, *, settling: bool = False) -> None:
        """Read the list: for what is there already and, `settling`, for what an earlier run left in doubt.

        The state is the guard; this is a second one, for a state that was lost or put back. Where the list
        cannot be read whole, keys in doubt stay blocked and the rest goes on with what was read, if it may.
        """
        from invent_gitops.policy.clock import check_clock

        doubts = self.store.state.intents
        self.recent = stopwatch(RECENT)
        try:
            with self._connect() as api:
                look = first_look(partial(api.readable_broadcasts, tries=5 if doubts else 3))
        except WrongUsage as error:
            # Without a key nothing will be created either, which is told when it is to be.
            if doubts:
                self.console.note(clean(f"Could not look in Invent first. {error.message}"))
            return
        if look.why:
            self.console.note(clean(f"Could not look in Invent first. {look.why}"))
        check_clock(look.listing, self.origin.now().at)
        # What an earlier look of this run has shown stays seen: lists can lag, and go back.
        entries = look.listing.entries
        ids = {remote.id for remote in entries}
        self.first, self.live = look, (*entries, *(remote for remote in self.live if remote.id not in ids))
        # The state must be no older than the list, or what another run is creating would look like nobody's.
        self.store.refresh()
        self.reach = look.reach(self.store.state)
        if look.complete:
            self.store.remember(vouched=not lacks_records(self.plan()))
        # Later, what is in doubt may be another run's that is just waiting for its answer.
        if look.complete and settling:
            self.adopted += settle(self.console, self.store, self.live, self.origin, doubts)
        if not self.unseen:
            self.blind = look.blind(self.store.state, vouched=self.store.vouched)

    def _renew(self) -> bool:
        """Read the state again, and the list if the last look is some seconds old; whether a create may follow."""
        self.store.refresh()
        if not self.recent():
            self.look()
        return not self.blind

    def confirm(self, made: Plan, yes: bool, show: Callable[[], None]) -> None:
        """Show the plan and ask; after an answer, nothing that was read before counts any more.

        Raises `Refused` without a terminal or without a yes.
        """
        show()
        if yes:
            return
        # Nobody is asked for what will not be done.
        if not ask(self.console, self.account, self.stopping, made.counts["create"], blind=bool(self.blind)):
            return
        self.recent = stopwatch(0)

    def create(self, made: Plan) -> None:
        """Create what the plan says, and keep what became of it in `report`.

        When another writer moves the state on, plan again and go on with the rest.
        """
        confirmed = {item.key: item for item in made.having("create")}
        if self.blind or not (self.recent() or self._renew()):
            self.report = self._blinded(list(confirmed.values()))
            return
        tell = _teller(self.console, len(confirmed))
        # Planned afresh: the question may have been open for hours.
        waiting = [item for item in self.plan().having("create") if item.key in confirmed]
        late = confirmed.keys() - {item.key for item in waiting}
        reason = "By now it is refused; invent-gitops plan --refresh says why."
        skipped = (Outcome(key, "not-attempted", confirmed[key].request.name, reason=reason) for key in late)
        stop = self.stopping.event
        self.stopping.check()
        self.report = Report(tuple(skipped))
        if waiting and self.first.complete and not self.store.state.listed:
            self.store.append([Listed()])
        with self._connect() as api:
            lost_races = 0
            while lost_races < ROUNDS:
                run = self._run(api, tell)
                report = run.create(waiting)
                self.doubts |= run.doubts
                self.report = self.report.followed_by(report)
                if not report.moved or stop.is_set():
                    break
                lost_races = lost_races + 1 if len(report.having("not-attempted")) == len(waiting) else 0
                try:
                    may_go_on = self._renew()
                except InventGitopsError as error:
                    # Whatever it is, the report of what was created comes first.
                    self.report = replace(self.report, failure=error)
                    break
                # Only what was confirmed: a key that somebody freed meanwhile waits for the next run.
                waiting = [item for item in self.plan().having("create") if item.key in confirmed]
                if not may_go_on:
                    self.report = self.report.followed_by(self._blinded(waiting))
                    break
            if self.report.having("unknown") and not stop.is_set():
                self._look_again(api)
            self._open_again()
            self.report = replace(self.report.seen_in(self.store.state), stopped=stop.is_set())

    def _blinded(self, items: Sequence[Item]) -> Report:
        outcomes = (Outcome(item.key, "not-created", item.request.name, reason=self.blind) for item in items)
        return Report(tuple(outcomes))

    def _run(self, api: Api, tell: Callable[[Outcome], None]) -> Run:
        from invent_gitops.api.limits import LONGEST_EXCHANGE
        from invent_gitops.apply import Run

        return Run(
            api,
            self.store,
            taken=self.store.state.ids() | {remote.id for remote in self.live},
            provenance=self.origin.now,
            attempt=_new_attempt,
            stop=self.stopping.event.is_set,
            tell=tell,
            concurrency=self.concurrency,
            batch=self.store.batch(self.concurrency),
            clock=stopwatch,
            window=FRESH + 2 * self.concurrency * 60 / self.rate,
            exchange=LONGEST_EXCHANGE,
        )

    def _look_again(self, api: InventApi) -> None:
        try:
            doubts, live = self.store.state.intents, api.broadcasts()
            # Whoever settled something while the list was read was first.
            self.store.refresh()
            self.adopted += settle(self.console, self.store, live, self.origin, doubts)
        except InventGitopsError as error:
            # Whatever it is, the report of what was created comes first.
            self.console.note(clean(f"What is in doubt stays in doubt. {error.message}"))

    def _open_again(self) -> None:
        """Write down as unknown again what somebody has settled while its call was in flight."""
        from invent_gitops.live.reconcile import reopened

        if not self.doubts:
            return
        try:
            self.store.refresh()
            now, state = self.origin.now(), self.store.state
            events = reopened(state, self.doubts, _new_attempt, now.at)
            if events:
                self.store.append(events)
                self.store.sync()
        except InventGitopsError as error:
            self.report = replace(self.report, failure=self.report.failure or error)

    def _connect(self) -> AbstractContextManager[InventApi]:
        one, stop = self.workspace, self.stopping.event
        return connect(self.console, self.account, one.root, one.project, one.catalogue, rate=self.rate, stop=stop)


def _new_attempt() -> str:
    return uuid.uuid4().hex


def _teller(console: Console, total: int) -> Callable[[Outcome], None]:
    from invent_gitops.render.text.report import outcome_line

    numbers = count(1)

    def tell(outcome: Outcome) -> None:
        console.progress(f"[{next(numbers)}/{total}] {outcome_line(outcome, console.aside)}")

    return tell
