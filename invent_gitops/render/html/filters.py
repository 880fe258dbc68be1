"""What the page can be narrowed to: states, owners, segments and workspaces, each with its number of sends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from invent_gitops.model.calendar import SEND_STATES
from invent_gitops.render.html.looks import LOOKS
from invent_gitops.render.html.page import Filter, Option
from invent_gitops.render.html.sends import Numbered
from invent_gitops.text.clean import clean
from invent_gitops.values import Struct

_IN_CHANGE = "In this change"
_TITLES = {"state": "State", "segment": "Audience", "owner": "Owner", "change": "Change", "workspace": "Workspace"}
# What stands for "" in a list of choices.
_WITHOUT = {"owner": "No owner", "segment": "Everyone", "workspace": "No workspace", "change": "Not in this change"}
_OF_EVERYONE = "Sends to everyone pass each segment."


class _Value(Struct, frozen=True):
    """What a choice of a filter stands for: its text, "" for "without any", in the workspace that it is of.

    Segments of two workspaces are different people, so each has its workspace. It is "" where the page has only one.
    """

    text: str
    workspace: str = ""

    @property
    def in_link(self) -> str:
        return f"{self.workspace}/{self.text}" if self.workspace else self.text

    def label(self, filter_id: str) -> str:
        text = self.text or _WITHOUT[filter_id]
        return f"{text} ({self.workspace})" if self.workspace else text


def filters_of(sends: Sequence[Numbered]) -> tuple[tuple[Filter, ...], dict[int, tuple[int, ...]]]:
    """Return the filters that have a choice to offer, and the numbers of their options by the number of each send."""
    filters: list[Filter] = []
    options_of: dict[int, list[int]] = {send.number: [] for send in sends}
    number = 0
    for id, title in _TITLES.items():
        values_of = _values(id, sends)
        counts = Counter(value for values in values_of.values() for value in values)
        if len(counts) < 2:
            continue
        numbers: dict[_Value, int] = {}
        options = []
        for value in _ordered(id, counts):
            number += 1
            numbers[value] = number
            slug = LOOKS[value.text].slug if id == "state" else ""  # type: ignore[index]  # the values are states there
            options.append(Option(number, value.in_link, value.label(id), counts[value], slug))
        for send, values in values_of.items():
            options_of[send] += [numbers[value] for value in values]
        note = _OF_EVERYONE if id == "segment" and not all(value.text for value in counts) else ""
        filters.append(Filter(id, title, tuple(options), note))
    return tuple(filters), {send: tuple(numbers) for send, numbers in options_of.items()}


def _values(id: str, sends: Sequence[Numbered]) -> dict[int, Sequence[_Value]]:
    """Return the values of each send, by its number."""
    if id == "segment":
        return _segments(sends)
    texts: Mapping[str, Callable[[Numbered], str]] = {
        "state": lambda send: send.entry.state,
        "owner": lambda send: clean(send.entry.author.owner),
        "change": lambda send: _IN_CHANGE if send.entry.revision.in_change else "",
        "workspace": lambda send: clean(send.workspace),
    }
    return {send.number: (_Value(texts[id](send)),) for send in sends}


def _segments(sends: Sequence[Numbered]) -> dict[int, Sequence[_Value]]:
    """Return the segments of each send. One to everyone has them all, since it reaches the people of each."""
    names_workspaces = len({send.workspace for send in sends}) > 1
    own = {
        send.number: tuple(
            dict.fromkeys(
                _Value(clean(segment), clean(send.workspace) if names_workspaces else "")
                for segment in ("", *send.entry.audience.segments)
                if bool(segment) is not send.entry.audience.everyone
            )
        )
        for send in sends
    }
    named = dict.fromkeys(value for values in own.values() for value in values if value.text)
    return {
        number: (values[0], *(value for value in named if value.workspace == values[0].workspace))
        if values and not values[0].text
        else values
        for number, values in own.items()
    }


def _ordered(id: str, counts: Counter[_Value]) -> Iterator[_Value]:
    if id == "state":
        yield from (value for value in map(_Value, SEND_STATES) if value in counts)
        return
    # What has no name comes last for an owner, and first for an audience: everyone is the largest.
    last = id in ("owner", "change")
    yield from sorted(
        counts,
        key=lambda value: (value.workspace, bool(value.text) is not last, value.text.casefold(), value.text),
    )
