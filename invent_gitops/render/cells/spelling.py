"""How a format writes what a person or a server wrote."""

from __future__ import annotations

from collections.abc import Callable

from invent_gitops.text.clean import cut
from invent_gitops.values import Struct


class Spelling(Struct, frozen=True):
    """`write` makes a text harmless in the format and cuts it to a number of characters.

    The numbers are the most characters of a segment's name, of the value of a field, and of a status.
    """

    write: Callable[[str, int], str]
    segment: int
    value: int
    status: int


TERMINAL = Spelling(cut, segment=40, value=80, status=20)
