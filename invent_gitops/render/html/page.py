"""The parts of the calendar's page, as the templates print them: plain text, cleaned, and not escaped yet."""

from __future__ import annotations

from datetime import date

from invent_gitops.model.calendar import SendState
from invent_gitops.values import Struct


class Clock(Struct, frozen=True):
    """What the clocks of one zone show at a send: the day, and the time such as `09:00`.

    `short` is how people call the zone on that day, such as `CET`.
    """

    day: date
    time: str
    zone: str
    short: str


class Look(Struct, frozen=True):
    """How a state looks: the word, the name of its colours and its sign, and what it means in a sentence."""

    word: SendState
    slug: str
    meaning: str


class SendNote(Struct, frozen=True):
    """A sentence that a person should read beside a send. `link` is the number of the send that it speaks of, or 0."""

    sign: str
    text: str
    link: int = 0


class Mark(Struct, frozen=True):
    """A small sign beside the time of a send, with its word for people who cannot see it."""

    sign: str
    word: str


class Bar(Struct, frozen=True):
    """One result: `1,200`, `delivered`, and its share in percent of what `of` names; "" where it has no share."""

    number: str
    word: str
    percent: str
    of: str


class Fact(Struct, frozen=True):
    """One line of the details."""

    label: str
    text: str


class Details(Struct, frozen=True):
    """What is folded away, and what came of the send."""

    description: str
    facts: tuple[Fact, ...]
    bars: tuple[Bar, ...] = ()
    further: str = ""


class SendView(Struct, frozen=True):
    """One send. `number` names it on this page, from 1 on; `options` are the numbers of the filters it belongs to."""

    number: int
    name: str
    look: Look
    local: Clock
    utc: Clock
    at_once: bool
    audience: str
    owner: str
    workspace: str
    marks: tuple[Mark, ...]
    notes: tuple[SendNote, ...]
    details: Details


class Day(Struct, frozen=True):
    """One day of a month, for both zones. `sends` are those of the local day.

    `strips` are the numbers of the day's quiet hours, local and UTC, 0 for none; `quiet` are their texts. `blackout`
    is "" for a day on which messages may go out. `used` is whether a send is on this day in either of the zones.
    """

    day: date
    weekday: str
    date: str
    sends: tuple[SendView, ...]
    used: bool
    strips: tuple[int, int]
    quiet: tuple[str, str]
    blackout: str
    today: tuple[bool, bool]


class Month(Struct, frozen=True):
    """One month. `weeks` begin on Monday and hold None where the day is of another month.

    `counts` are the sends of the month, local and UTC. `kept` is whether navigation stops there without any.
    `held` counts what does not go out, such as `, 3 refused`.
    """

    id: str
    title: str
    weeks: tuple[tuple[Day | None, ...], ...]
    counts: tuple[int, int]
    kept: bool
    blackout: str
    held: str = ""

    @property
    def days(self) -> tuple[Day, ...]:
        """The days on which something is sent in either of the zones."""
        return tuple(day for week in self.weeks for day in week if day and day.used)


class Strip(Struct, frozen=True):
    """The quiet hours of a day as rectangles: the lane, the first minute and the number of minutes of each."""

    number: int
    lanes: int
    spans: tuple[tuple[int, int, int], ...]


class Option(Struct, frozen=True):
    """One choice of a filter. `value` stands in a shared link, and "" means "without any"."""

    number: int
    value: str
    label: str
    count: int
    slug: str = ""


class Filter(Struct, frozen=True):
    """The choices for one property of a send. `note` is what to know of them, "" for nothing."""

    id: str
    title: str
    options: tuple[Option, ...]
    note: str = ""


class Masthead(Struct, frozen=True):
    """What the page says about itself. `title` names the workspaces or the organization, "" where neither has a name.

    `zone` is "" where the workspaces have different ones.
    """

    title: str
    account: str
    moment: str
    source: str
    period: str
    zone: str
    rehearsal: bool
    alarms: tuple[str, ...]
    remarks: tuple[str, ...]


class CalendarPage(Struct, frozen=True):
    """Everything that the template prints. `options` are the filters' numbers by the number of a send."""

    head: Masthead
    months: tuple[Month, ...]
    strips: tuple[Strip, ...]
    filters: tuple[Filter, ...]
    options: dict[int, tuple[int, ...]]
    looks: tuple[Look, ...]
    legend: tuple[SendNote, ...]
    count: int
    start: str
    today: str
