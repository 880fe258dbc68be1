"""What the page can be narrowed to: states, owners, segments and workspaces, each with its number of sends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from invent_gitops.model.calendar import SEND_STATES
from invent_gitops.render.html.looks import LOOKS
from invent_gitops.render.html.page import Filter, Option
from invent_gitops.render.html.sends import Numbered
from invent_gitops.text.clean import clean


def _segments(send: Numbered) -> tuple[str, ...]:
    audience = send.entry.audience
    return ("",) if audience.everyone else tuple(dict.fromkeys(map(clean, audience.segments)))


_IN_CHANGE = "In this change"
_PROPERTIES: dict[str, tuple[str, Callable[[Numbered], Sequence[str]]]] = {
    "state": ("State", lambda send: (send.entry.state,)),
    "segment": ("Audience", _segments),
    "owner": ("Owner", lambda send: (clean(send.entry.author.owner),)),
    "change": ("Change", lambda send: (_IN_CHANGE if send.entry.revision.in_change else "",)),
    "workspace": ("Workspace", lambda send: (clean(send.workspace),)),
}
# What stands for "" in a list of choices.
_WITHOUT = {"owner": "No owner", "segment": "Everyone", "workspace": "No workspace", "change": "Not in this change"}


def filters_of(sends: Sequence[Numbered]) -> tuple[tuple[Filter, ...], dict[int, tuple[int, ...]]]:
    """Return the filters that have a choice to offer, and the numbers of their options by the number of each send."""
    filters: list[Filter] = []
    options_of: dict[int, list[int]] = {send.number: [] for send in sends}
    number = 0
    for id, (title, values_of) in _PROPERTIES.items():
        counts = Counter(value for send in sends for value in values_of(send))
        if len(counts) < 2:
            continue
        numbers: dict[str, int] = {}
        options = []
        for value in _ordered(id, counts):
            number += 1
            numbers[value] = number
            slug = LOOKS[value].slug if id == "state" else ""  # type: ignore[index]  # the values are states there
            options.append(Option(number, value, value or _WITHOUT[id], counts[value], slug))
        for send in sends:
            options_of[send.number] += [numbers[value] for value in values_of(send)]
        filters.append(Filter(id, title, tuple(options)))
    return tuple(filters), {send: tuple(numbers) for send, numbers in options_of.items()}


def _ordered(id: str, counts: Counter[str]) -> Iterator[str]:
    if id == "state":
        yield from (state for state in SEND_STATES if state in counts)
    else:
        # What has no name comes last for an owner, and first for an audience: everyone is the largest.
        yield from sorted(
            counts, key=lambda value: (not value if id in ("owner", "change") else bool(value), value.casefold(), value)
        )
