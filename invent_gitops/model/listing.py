"""What was read of a list, and what was not: so that nothing unread is ever called missing."""

from __future__ import annotations

from datetime import timedelta
from typing import Generic, Literal, TypeVar

from invent_gitops.values import Struct

T = TypeVar("T")
# How far a list was read: "" where nobody looked, "not-offered" where this Invent has no such list.
Reach = Literal["", "whole", "partly", "not-offered"]


class Listing(Struct, Generic[T], frozen=True):
    """The `entries` that could be read, each once; `gaps` says in full sentences what could not be.

    Only of a `complete` listing may anybody say that something is not in it. `clock_skew` is how far this machine's
    clock is surely ahead of Invent's (negative: behind), or None where the answers had no usable `Date`.
    """

    entries: tuple[T, ...]
    gaps: tuple[str, ...] = ()
    clock_skew: timedelta | None = None

    @property
    def complete(self) -> bool:
        return not self.gaps
