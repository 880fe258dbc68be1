"""Creates what the plan says, at most once each: intent, call, record, with one thread owning the store."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Protocol, TypeAlias, assert_never

from invent_gitops.errors import InventGitopsError, StateMoved, Unavailable
from invent_gitops.live.reconcile import differences, unusable
from invent_gitops.model.broadcast import Request
from invent_gitops.model.caller import Caller
from invent_gitops.model.outcome import Answer, Created, NotCreated, Outcome, Report, Unknown
from invent_gitops.model.plan import Item
from invent_gitops.model.record import RecordedCounts
from invent_gitops.model.run_pace import RunPace
from invent_gitops.model.state import (
    Event,
    Intended,
    Intent,
    Record,
    Recorded,
    State,
    Withdrawn,
)
from invent_gitops.values import replace

# How often an intent may grow old before its item is given up.
TRIES = 20
# Seconds at rest after which a run looks and plans again.
IDLE = 60.0

Flights: TypeAlias = list[tuple[Item, Intent]]


class Api(Protocol):
    """The one call that writes."""

    def create(self, request: Request, fresh: Callable[[], bool]) -> Answer: ...


class EventStore(Protocol):
    """Where events become durable: those appended are durable at the latest when `sync` returns.

    `refresh` reads again what others may have written.
    """

    @property
    def state(self) -> State: ...
    def refresh(self) -> None: ...
    def append(self, events: Iterable[Event]) -> None: ...
    def sync(self) -> None: ...


class Run:
    """One run over the items to create.

    `known_ids` are the ids that the state or the list had before: an answer that repeats one proves nothing.
    """

    def __init__(
        self, api: Api, store: EventStore, caller: Caller, pace: RunPace, known_ids: Iterable[str] = ()
    ) -> None:
        self.api, self.store, self.caller, self.pace, self.known_ids = api, store, caller, pace, set(known_ids)
        self.awake = pace.clock(IDLE)
        self.doubts: dict[str, Intent] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.tries: Counter[str] = Counter()
        self.unrecorded: list[str] = []
        # What came back and is not written down yet.
        self.results: list[tuple[Outcome, Event]] = []
        self.failure: InventGitopsError | None = None

    def create(self, items: Sequence[Item]) -> Report:
        """Go through `items` in their order, past failed ones, and report on every one. Raises nothing of its own."""
        waiting, rank = deque(items), {item.key: number for number, item in enumerate(items)}
        flying: dict[Future[Answer], tuple[Item, Intent]] = {}
        answered: SimpleQueue[Future[Answer]] = SimpleQueue()
        with ThreadPoolExecutor(self.pace.concurrency, thread_name_prefix="create") as pool:
            while True:
                if self.pace.together > 1:
                    self._record()
                while self._may_start(waiting, flying):
                    covered, fresh = self._intend(waiting, self.pace.concurrency - len(flying))
                    for item, intent in covered:
                        call = self._call(pool, item, fresh)
                        flying[call] = (item, intent)
                        call.add_done_callback(answered.put)
                self._record()
                if not flying:
                    break
                for future in _all_of(answered):
                    item, intent = flying.pop(future)
                    if self._unsent(item, intent, answer := _answer(future)):
                        # Where it was: what is due soonest waits for nothing else.
                        waiting.insert(sum(rank[other.key] < rank[item.key] for other in waiting), item)
                    else:
                        self._settle(item, intent, answer)
        self._sync()
        for item in waiting:
            self.outcomes[item.key] = Outcome(item.key, "not-attempted", item.request.name)
        return Report(
            outcomes=tuple(self.outcomes[item.key] for item in items),
            failure=self.failure,
            stopped=self.caller.stop() and bool(waiting),
            unrecorded=tuple(self.unrecorded),
        )

    def _call(self, pool: ThreadPoolExecutor, item: Item, fresh: Callable[[], bool]) -> Future[Answer]:
        """Return the call as it runs; where the system has no thread for it, one that surely was not made."""
        try:
            return pool.submit(self.api.create, item.request, fresh)
        except RuntimeError as error:
            self.failure = self.failure or Unavailable(f"The call could not be made: {error}.", "Try again later.")
            unmade: Future[Answer] = Future()
            unmade.set_result(NotCreated("It was not sent: the system has no thread for it."))
            return unmade

    def _may_start(self, waiting: deque[Item], flying: dict[Future[Answer], tuple[Item, Intent]]) -> bool:
        room = self.pace.concurrency - len(flying)
        return (
            bool(waiting)
            and room >= min(self.pace.together, len(waiting))
            and not self.failure
            and not self.caller.stop()
        )

    def _intend(self, waiting: deque[Item], room: int) -> tuple[Flights, Callable[[], bool]]:
        """Write the intents of the next calls down, durably and at once: as many as there is room for.

        The results before them are written with them, so that the disk is waited for once. Without that, nothing is
        called. Their clock begins before anybody else can see them.
        """
        if not self.awake():
            self.failure = StateMoved("This run was paused for a while.", "Look and plan again.")
            return [], self.awake
        fresh, timely_written = self.pace.fresh(), self.pace.timely_written()
        chosen = [waiting.popleft() for _ in range(min(room, len(waiting)))]
        timely = [item for item in chosen if self._is_timely(item)]
        covered = [(item, self._intent(item)) for item in timely]
        try:
            intents: list[Event] = [Intended(item.key, intent) for item, intent in covered]
            self.store.append([event for _, event in self.results] + intents)
            self.results.clear()
            self.store.sync()
        except InventGitopsError as error:
            self.failure = error
            waiting.extendleft(reversed(timely))
            return [], fresh
        self.awake = self.pace.clock(IDLE)
        if fresh() or not covered:
            return covered, fresh
        renewed, fresh = self._renew(covered, waiting, timely_written)
        # Whatever was seen since: a person may settle an intent when its time has come.
        return renewed, lambda: fresh() and timely_written()

    def _intent(self, item: Item) -> Intent:
        provenance = self.caller.provenance(item.key)
        settles_at = provenance.at + self.pace.lasts
        return Intent(item.request, self.caller.attempt(), provenance, settles_at=settles_at, local=item.local)

    def _renew(
        self, covered: Flights, waiting: deque[Item], timely_written: Callable[[], bool]
    ) -> tuple[Flights, Callable[[], bool]]:
        """After a slow write, see that the intents are still open. The clock begins before that look.

        Those that are not open any more wait for a new plan; a host that is too slow gets no call at all.
        """
        fresh, is_read = self.pace.fresh(), False
        try:
            while not is_read and timely_written():
                fresh = self.pace.fresh()
                self.store.refresh()
                is_read = fresh()
        except InventGitopsError as error:
            self.failure = error
        else:
            if not is_read:
                self.failure = Unavailable("The state is written too slowly to create anything.", "Try again later.")
        state = self.store.state
        held = [(item, intent) for item, intent in covered if state.holds_attempt(item.key, intent.attempt)]
        if self.failure:
            waiting.extendleft(item for item, _ in reversed(covered))
            self._withdraw(held)
            return [], fresh
        # What was read may hold what others have done meanwhile: nothing more is intended on the old plan.
        self.failure = StateMoved("The state was read again after a slow write.", "Plan again.")
        waiting.extendleft(item for item, intent in reversed(covered) if (item, intent) not in held)
        return held, fresh

    def _withdraw(self, flights: Iterable[tuple[Item, Intent]]) -> None:
        try:
            self.store.append([Withdrawn(item.key, intent.attempt) for item, intent in flights])
        except InventGitopsError as error:
            self.failure = self.failure or error

    def _is_timely(self, item: Item) -> bool:
        """Return whether its time is still to come: an apply that waited long must not send late what was to be sent
        then.
        """
        scheduled_at = item.request.scheduled_at
        if scheduled_at is None or scheduled_at > self.caller.provenance(item.key).at:
            return True
        reason = "Its time passed while this run was waiting."
        self.outcomes[item.key] = Outcome(item.key, "not-attempted", item.request.name, reason=reason)
        self.caller.tell(self.outcomes[item.key])
        return False

    def _unsent(self, item: Item, intent: Intent, answer: Answer) -> bool:
        """Return whether it waits again: its intent grew old, and somebody may have settled it, or the run is to
        stop.
        """
        self.tries[item.key] += 1
        waits = isinstance(answer, NotCreated) and (answer.stale or answer.stopped)
        if not waits or self.tries[item.key] > TRIES:
            return False
        self._withdraw([(item, intent)])
        return True

    def _settle(self, item: Item, intent: Intent, answer: Answer) -> None:
        key, name = item.key, item.request.name
        event: Event | None = None
        self.awake = self.pace.clock(IDLE)
        match answer:
            case Created(remote) if reason := unusable(intent, remote, self.known_ids):
                outcome = Outcome(key, "unknown", name, reason=reason)
            case Created(remote):
                self.known_ids.add(remote.id)
                contacts = remote.sending.counts.contacts
                headcount = self.caller.headcount(item, contacts)
                differing = differences(item.request, remote)
                outcome = Outcome(key, "created", name, remote.id, differs=differing, headcount=headcount)
                record = Record(
                    remote.id,
                    item.request,
                    remote.status,
                    "created",
                    self.caller.provenance(key),
                    intent.attempt,
                    local=item.local,
                    counts=RecordedCounts(contacts),
                )
                event = Recorded(key, record)
            case NotCreated(reason):
                outcome = Outcome(key, "not-created", name, reason=reason)
                event = Withdrawn(key, intent.attempt)
            case Unknown(reason):
                outcome = Outcome(key, "unknown", name, reason=reason)
            case _:
                assert_never(answer)
        self.caller.tell(outcome)
        self.outcomes[key] = outcome
        if event is None:
            self.doubts[key] = intent
        else:
            self.results.append((outcome, event))

    def _record(self) -> None:
        """Write down what came back, all of it at once."""
        results, self.results = self.results, []
        try:
            if results:
                self.store.append([event for _, event in results])
        except InventGitopsError as error:
            # The intents are on record, so the keys are blocked and not lost; their ids are in the report.
            self.failure = self.failure or error
            for outcome, _ in results:
                if outcome.fate == "created":
                    self.unrecorded.append(outcome.key)
                self.outcomes[outcome.key] = replace(outcome, reason=f"{outcome.reason} {error.message}".strip())

    def _sync(self) -> None:
        try:
            self.store.sync()
        except InventGitopsError as error:
            self.failure = self.failure or error
            created = [key for key, outcome in self.outcomes.items() if outcome.fate == "created"]
            self.unrecorded += [key for key in created if key not in self.unrecorded]


def _all_of(answered: SimpleQueue[Future[Answer]]) -> Iterator[Future[Answer]]:
    """Wait for an answer, and yield it and those that have come by then."""
    yield answered.get()
    while not answered.empty():
        yield answered.get()


def _answer(future: Future[Answer]) -> Answer:
    """Return the answer; a fault of our own between call and answer counts as unknown, never as "not created"."""
    error = future.exception()
    if error is not None:
        return Unknown(f"A bug in this tool hid the answer: {type(error).__name__}: {error}")
    return future.result()
