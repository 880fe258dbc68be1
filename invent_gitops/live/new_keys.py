"""Keys for broadcasts that have none: short, plain, and a file name everywhere."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from itertools import count

LONGEST = 80
# Devices of Windows, which are no files whatever their suffix.
_DEVICES = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9][A-Za-z0-9_-]*)*")


def key_for(name: str, id: str) -> str:
    """Return the name in lower-case ASCII letters, digits and hyphens, or a part of the id where that leaves no
    word.
    """
    slug = _slug(name)[:LONGEST].strip("-")
    if not re.search("[a-z]", slug):
        slug = f"broadcast-{slug or _slug(id)[-8:].strip('-')}".rstrip("-")
    return f"broadcast-{slug}" if _DEVICES.fullmatch(slug) else slug


def other_keys(key: str, first: int = 1) -> Iterator[str]:
    """Yield the key, then what to take where it is taken: `key-2`, `key-3` and so on; from number `first` on."""
    for number in count(first):
        suffix = f"-{number}" if number > 1 else ""
        yield key[: LONGEST - len(suffix)].rstrip("-") + suffix if suffix else key


class FreeKeys:
    """Hands out keys that are not among the `occupied` ones, which hold each of them from then on.

    Of one name, the numbers that were handed out are not tried again: nothing that is occupied ever becomes free.
    """

    def __init__(self, occupied: set[str]) -> None:
        self._occupied = occupied
        self._next: dict[str, int] = {}

    def take(self, key: str) -> str:
        """Return the key, or the first of its `other_keys` that is free."""
        return next(self.offers(key))

    def offers(self, key: str) -> Iterator[str]:
        """Yield what may be tried in turn, each occupied by that: whoever finds it in use goes on to the next."""
        first = self._next.get(key, 1)
        for number, other in enumerate(other_keys(key, first), first):
            self._next[key] = number + 1
            if other not in self._occupied:
                self._occupied.add(other)
                yield other


class FreePaths:
    """Where new definitions may go; `occupied` are paths without suffix that cannot be had, in any case of letters."""

    def __init__(self, occupied: AbstractSet[str]) -> None:
        self._occupied = {name.casefold() for name in occupied}
        self._keys = FreeKeys(set(self._occupied))

    def offers(self, key: str) -> Iterator[str]:
        """Yield paths without suffix for a key: where the path is the key itself, else below a name."""
        if _is_safe(key) and key.casefold() not in self._occupied:
            yield key
        yield from self._keys.offers(key_for(key, key))


def _is_safe(key: str) -> bool:
    """Return whether a key, with a suffix, is a path below the definitions folder on every system."""
    return bool(_PLAIN_PATH.fullmatch(key)) and not any(_DEVICES.fullmatch(part.lower()) for part in key.split("/"))


def _slug(text: str) -> str:
    # Folding first: "ß" has no parts that Unicode could take it into, and becomes "ss".
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    # An accent goes without a trace; any other sign leaves a gap between two words.
    letters = "".join(sign for sign in parts if not unicodedata.combining(sign))
    return re.sub("[^a-z0-9]+", "-", letters).strip("-")
