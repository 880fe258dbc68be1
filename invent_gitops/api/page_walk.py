"""What one walk over the pages of a list has met, and whether that is all of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeAlias, TypeVar

from invent_gitops.values import Struct, field

# Entries that are asked for at once.
PAGE_SIZE = 100
# The route, how many entries of its list were read by now, and how many it has; None where the API does not tell.
Heard: TypeAlias = Callable[[str, int, int | None], None]


def unheard(route: str, read: int, total: int | None) -> None:
    """Hear of a page, and do nothing."""


class Identified(Protocol):
    @property
    def id(self) -> str: ...


E = TypeVar("E", bound=Identified)


class ListPage(Struct, frozen=True):
    """One page; `total` is how many entries the whole list has, or None where the API does not tell."""

    entries: list[dict[str, object]]
    total: int | None


class PageWalk(Struct, Generic[E]):
    """What one walk over the pages of a list has met so far."""

    entries: dict[str, E] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)
    totals: set[int] = field(default_factory=set)
    total: int | None = None
    repeated: bool = False
    first: object = None
    entry_count: int = 0
    longest: int = 0
    last: int = 0
    lost: int = 0
    lost_in_a_row: int = 0

    def add(self, page: ListPage, read: Callable[[object], E | None], gap: str) -> None:
        """Take a page in; `gap` is what to say of entries that have no usable id, once for a page."""
        self.lost_in_a_row = 0
        self.entry_count += len(page.entries)
        self.last = len(page.entries)
        self.longest = max(self.longest, self.last)
        if page.total is not None:
            self.total = page.total
            self.totals.add(page.total)
        for value in page.entries:
            entry = read(value)
            if entry is None:
                if self.gaps[-1:] != [gap]:
                    self.gaps.append(gap)
                continue
            self.repeated = self.repeated or entry.id in self.entries
            self.entries[entry.id] = entry

    def has(self, page: ListPage) -> bool:
        """Return whether every entry of a page was on an earlier one."""
        ids = [entry.get("id") for entry in page.entries]
        return all(isinstance(id, str) and id in self.entries for id in ids)

    def lose(self, gap: str) -> None:
        self.lost += 1
        self.last = 0
        self.lost_in_a_row += 1
        self.gaps.append(gap)

    @property
    def agrees(self) -> bool:
        """Whether the pages hold what their count promises, each entry once."""
        return not self.repeated and self.totals <= {len(self.entries)}

    @property
    def counted(self) -> bool:
        """Whether all that the count promises has been met; a page that was lost counts like the longest."""
        return self.total is not None and self.entry_count + self.lost * self.longest >= self.total

    @property
    def ended(self) -> bool:
        """Whether there is no further page: the count says so, and the last page had room for more.

        A short page alone is no proof: the server may cap `take` lower than was asked. Nor is a count after a full
        page, which may be too low.
        """
        return self.counted and self.last < PAGE_SIZE
