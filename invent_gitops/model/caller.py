"""Whoever started a run, as far as it has to ask and to tell."""

from __future__ import annotations

from collections.abc import Callable

from invent_gitops.model.audience import Headcount
from invent_gitops.model.outcome import Outcome
from invent_gitops.model.plan import Item
from invent_gitops.model.state import Provenance
from invent_gitops.values import Struct


class Caller(Struct, frozen=True):
    """Whoever started a run, as far as it has to ask and to tell.

    `provenance` gives the moment and the origin of a key, `attempt` a fresh unique id; `stop` says whether to start
    nothing more; `tell` hears of each outcome at once, before it is recorded. `headcount` compares the contacts of an
    answer with those that were reviewed.
    """

    provenance: Callable[[str], Provenance]
    attempt: Callable[[], str]
    stop: Callable[[], bool]
    tell: Callable[[Outcome], None]
    headcount: Callable[[Item, int | None], Headcount | None] = lambda item, contacts: None
