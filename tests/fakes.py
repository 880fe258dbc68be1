"""The two ports of `apply` in memory: a store that forgets what was not synced, and an API that answers by a script."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from invent_gitops.apply import Run
from invent_gitops.errors import InvalidInput, InventGitopsError, StateMoved
from invent_gitops.model.broadcast import Request
from invent_gitops.model.caller import Caller
from invent_gitops.model.outcome import Answer, Created, Outcome, Report
from invent_gitops.model.plan import Item
from invent_gitops.model.run_pace import RunPace
from invent_gitops.model.state import Event, Intended, Recorded, Withdrawn
from tests.forked import PATIENCE
from tests.making import a_provenance, a_remote, a_state, an_item

DISK_FULL = InvalidInput("The state cannot be written: no space left.", "Free some space.")
MOVED = StateMoved("The state moved on.")
Rule = Callable[[Sequence[Event]], InventGitopsError | None]


class Memory:
    """A store: what is appended becomes durable with the next `sync`. `refuse` may say no to an append."""

    def __init__(self, refuse: Rule = lambda events: None, refuse_sync: Sequence[int] = ()) -> None:
        self.state = a_state()
        self.durable = self.state
        self.refuse, self.refuse_sync = refuse, refuse_sync
        self.appends: list[list[Event]] = []
        self.syncs = 0

    def append(self, events: Iterable[Event]) -> None:
        batch = list(events)
        error = self.refuse(batch)
        if error:
            raise error
        self.appends.append(batch)
        self.state = self.state.after(batch)

    def refresh(self) -> None:
        pass

    def sync(self) -> None:
        self.syncs += 1
        if self.syncs in self.refuse_sync:
            raise DISK_FULL
        self.durable = self.state


@dataclass
class Scripted:
    """An API that answers by the name of the broadcast, and refuses to be called before the intent is durable."""

    store: Memory
    script: Mapping[str, Answer | Exception] = field(default_factory=dict)
    together: threading.Barrier | None = None
    calls: list[str] = field(default_factory=list)
    flying: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def create(self, request: Request, fresh: Callable[[], bool]) -> Answer:
        durable = [intent.request for intent in self.store.durable.intents.values()]
        with self.lock:
            self.calls.append(request.name)
            self.flying += 1
            self.most = max(self.most, self.flying)
        try:
            assert request in durable, "called before its intent was durable"
            if self.together:
                self.together.wait(timeout=PATIENCE)
            answer = self.script.get(request.name) or Created(a_remote(f"id of {request.name}", request))
            if isinstance(answer, Exception):
                raise answer
            return answer
        finally:
            with self.lock:
                self.flying -= 1


def items_named(keys: Iterable[str]) -> list[Item]:
    return [an_item(key) for key in keys]


def name(key: str) -> str:
    return an_item(key).request.name


def perform(
    api: Scripted,
    items: Sequence[Item],
    *,
    known_ids: Sequence[str] = (),
    stop: Callable[[], bool] = lambda: False,
    tell: Callable[[Outcome], None] = lambda outcome: None,
    concurrency: int = 1,
    batch: int = 1,
) -> Report:
    numbers = iter(range(1000))
    caller = Caller(
        provenance=lambda key: a_provenance(), attempt=lambda: f"attempt-{next(numbers)}", stop=stop, tell=tell
    )
    run = Run(api, api.store, caller, RunPace(concurrency=concurrency, batch=batch), known_ids)
    return run.create(items)


def fates(report: Report) -> dict[str, str]:
    return {outcome.key: outcome.fate for outcome in report.outcomes}


def recording(key: str, error: InventGitopsError = DISK_FULL) -> Rule:
    """Refuses to write the result of one key down."""

    def refuse(events: Sequence[Event]) -> InventGitopsError | None:
        written = [event.key for event in events if isinstance(event, Recorded | Withdrawn)]
        return error if key in written else None

    return refuse


def intending(key: str, error: InventGitopsError) -> Rule:
    """Refuses to write the intent of one key down."""

    def refuse(events: Sequence[Event]) -> InventGitopsError | None:
        return error if key in [event.key for event in events if isinstance(event, Intended)] else None

    return refuse
