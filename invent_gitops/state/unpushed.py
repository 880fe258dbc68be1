"""What a run has read from the branch of the state, and what waits for a push."""

from __future__ import annotations

from collections.abc import Iterable

from invent_gitops.model.state import Event, Intended, Listed, Recorded, State, Withdrawn
from invent_gitops.values import Struct, field


class Unpushed(Struct):
    """The state `base` at the commit `tip` ("" before there is a branch), and the `events` that came after it.

    `doubtful` says that a push which failed may have landed after all.
    """

    base: State
    tip: str = ""
    events: list[Event] = field(default_factory=list)
    doubtful: bool = False

    @property
    def state(self) -> State:
        return self.base.after(self.events)

    @property
    def intended(self) -> bool:
        """Whether an intent waits, of which nothing was called yet."""
        return any(isinstance(event, Intended) for event in self.events)

    @property
    def recorded(self) -> bool:
        """Whether an id waits, which only this machine has."""
        return any(isinstance(event, Recorded) for event in self.events)

    @property
    def results(self) -> list[Event]:
        return results_of(self.events)

    def take_back(self) -> list[Event]:
        """Put in the place of each intent that it is withdrawn, and return what was put there."""
        intents = [event for event in self.events if isinstance(event, Intended)]
        withdrawn: list[Event] = [Withdrawn(event.key, event.intent.attempt) for event in intents]
        self.events = [*(event for event in self.events if not isinstance(event, Intended)), *withdrawn]
        return withdrawn

    def landed(self, tip: str, state: State) -> None:
        """Go on from a push that went well."""
        self.tip, self.base, self.events = tip, state, []


def results_of(events: Iterable[Event]) -> list[Event]:
    """Return what the journal keeps as soon as it happened; the rest is written down by a push alone."""
    return [event for event in events if not isinstance(event, Intended | Listed)]
