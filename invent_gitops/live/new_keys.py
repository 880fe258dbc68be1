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


def other_keys(key: str) -> Iterator[str]:
    """Yield the key, then what to take where it is taken: `key-2`, `key-3` and so on."""
    yield key
    for number in count(2):
        suffix = f"-{number}"
        yield key[: LONGEST - len(suffix)].rstrip("-") + suffix


def paths_for(key: str, occupied: AbstractSet[str]) -> Iterator[str]:
    """Yield where the definition of a key may go, without suffix: where the path is the key itself, else below a name.

    `occupied` are paths that cannot be had.
    """
    others = {name.casefold() for name in occupied}
    if _is_safe(key) and key.casefold() not in others:
        yield key
    yield from (path for path in other_keys(key_for(key, key)) if path not in others)


def _is_safe(key: str) -> bool:
    """Return whether a key, with a suffix, is a path below the definitions folder on every system."""
    return bool(_PLAIN_PATH.fullmatch(key)) and not any(_DEVICES.fullmatch(part.lower()) for part in key.split("/"))


def _slug(text: str) -> str:
    # Folding first: "ß" has no parts that Unicode could take it into, and becomes "ss".
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    # An accent goes without a trace; any other sign leaves a gap between two words.
    letters = "".join(sign for sign in parts if not unicodedata.combining(sign))
    return re.sub("[^a-z0-9]+", "-", letters).strip("-")
