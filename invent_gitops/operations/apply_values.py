"""The values that the steps of an apply hand on. Each is frozen, and a later step takes what an earlier one returns."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from invent_gitops.live.unsettled import twins
from invent_gitops.model.audience import AudienceReading
from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.listing import Listing, Reach
from invent_gitops.model.outcome import Outcome, Report
from invent_gitops.model.plan import Plan
from invent_gitops.operations.account import DEFAULT_RATE, Account, Store, connect
from invent_gitops.operations.console import Console
from invent_gitops.operations.look import FirstLook
from invent_gitops.operations.plan import plan_for
from invent_gitops.operations.project import LoadedProject
from invent_gitops.operations.signals import Stopping
from invent_gitops.plan.headcount import Headcounts, held_to_reviewed, last_to_everyone
from invent_gitops.provenance import Origin
from invent_gitops.values import Struct, field, replace

if TYPE_CHECKING:
    from invent_gitops.api.client import InventApi


class ApplyOptions(Struct, frozen=True):
    """What a person chose for one apply.

    `unlisted` allows creates where nobody can look what was created before, `branch` is the one to apply from, and
    `rate` counts requests a minute. With `yes` nobody is asked. `base` is what the rules are compared with.
    """

    only: Sequence[str] = ()
    strict: bool = False
    definitions: str | None = None
    branch: str = ""
    unlisted: bool = False
    yes: bool = False
    rate: float = DEFAULT_RATE
    concurrency: int = 4
    base: str = ""


class Apply(Struct, frozen=True):
    """One apply: the project, the account, the store of its state, and who is spoken to. No step changes it.

    `clock` is in seconds, and measures how fast it goes.
    `reviewed` are the contacts by key that the approved plan shows.
    """

    console: Console
    account: Account
    loaded: LoadedProject
    store: Store
    stopping: Stopping
    origin: Origin
    options: ApplyOptions = ApplyOptions()
    clock: Callable[[], float] = time.monotonic
    reviewed: Mapping[str, int] = field(default_factory=dict)

    def connect(self) -> AbstractContextManager[InventApi]:
        """Return the API, for as long as the block lasts. Raises `WrongUsage` without a key."""
        loaded, stop = self.loaded, self.stopping.event
        where = (self.console, self.account, loaded.root, loaded.project, loaded.catalogue)
        return connect(*where, rate=self.options.rate, stop=stop)


class ListEvidence(Struct, frozen=True):
    """What the looks at Invent have shown so far.

    `live` is what they held together, `first` the last of them, `reach` how far it went, and `recent` says whether it
    is only some seconds old. `newest` is what the newest commit of the branch defines, if this run is not of that.
    `blind` is why nothing may be created, "" if it may. `audience` is what the segments have today, None before a look.
    `adopted` are broadcasts found after their answer was lost.
    """

    live: tuple[Remote, ...] = ()
    first: FirstLook = field(default_factory=lambda: FirstLook(reason="Nobody has looked."))
    recent: Callable[[], bool] = lambda: False
    reach: Reach = ""
    newest: Mapping[str, Request] | None = None
    blind: str = ""
    audience: AudienceReading | None = None
    adopted: tuple[Outcome, ...] = ()


class Progress(Struct, frozen=True):
    """What is known by now: the looks, the `approved` keys, and the `report` of the creates so far."""

    looked: ListEvidence
    approved: Collection[str] = ()
    report: Report = field(default_factory=lambda: Report(()))


class Confirmed(Struct, frozen=True):
    """A plan whose creates somebody has confirmed, which nothing but `confirm` returns; only these are created."""

    plan: Plan
    progress: Progress


def plan_now(apply: Apply, looked: ListEvidence) -> Plan:
    """Return the plan as of now, of the files, the state and what Invent has shown, for as many people as were
    reviewed.
    """
    return held_to_reviewed(plan_of_list(apply, looked), headcounts(apply), looked.audience)


def headcounts(apply: Apply) -> Headcounts:
    """Return the numbers of contacts that people have agreed to."""
    loaded = apply.loaded
    segments = loaded.catalogue.by_id() if loaded.catalogue else {}
    everyone = last_to_everyone(apply.store.state)
    return Headcounts(loaded.project.policies.audience_jump, segments, apply.reviewed, everyone)


def plan_of_list(apply: Apply, looked: ListEvidence) -> Plan:
    """Return the plan as of now, before today's audiences are held against what was reviewed."""
    return plan_for(
        apply.loaded,
        apply.store.state,
        only=apply.options.only,
        strict=apply.options.strict,
        live=looked.live,
        reach=looked.reach,
        newest=looked.newest,
        flags=apply.account.flags(),
    )


def report_of(apply: Apply, progress: Progress) -> Report:
    """Return what became of every key so far, in this run or, of what was approved, in another one."""
    looked, state = progress.looked, apply.store.state
    report = progress.report.with_adopted(looked.adopted).with_earlier(progress.approved, state)
    listing = Listing(looked.live, () if looked.reach == "whole" else (looked.reach,))
    return replace(report, twins=twins(state, listing, apply.origin.now().at))
