"""Compares two sections of a state as text: which entries differ, at the cost of what differs."""

from __future__ import annotations

import json
import re

# Between two entries of a section. No entry holds it: inside of one, lines are indented further.
BETWEEN = b',\n    "'
_KEY = re.compile(rb'((?:[^"\\]|\\.)*)"')
_LEAST, _MOST = 1 << 8, 1 << 20


def key_of(entry: bytes) -> str:
    """Return the key of an entry, whose text begins behind the first quotation mark. Raises `ValueError`."""
    match = _KEY.match(entry)
    if not match:
        raise ValueError("an entry without a key")
    return str(json.loads(b'"' + match[1] + b'"')) if b"\\" in match[1] else match[1].decode()


def quick_difference(old: bytes, new: bytes) -> tuple[list[bytes], list[bytes]] | None:
    """Return the entries that only `old` holds, and those that only `new` holds, each in their order.

    `old` is sorted by its keys. None where `new` is not, and where an entry has no key.
    """
    try:
        return _difference(old, new)
    except ValueError:
        return None


def _difference(old: bytes, new: bytes) -> tuple[list[bytes], list[bytes]]:
    dropped: list[bytes] = []
    came: list[bytes] = []
    here = there = 0
    while True:
        shared = _shared(old, here, new, there)
        if (last := new.rfind(BETWEEN, there, there + shared)) >= 0:
            behind = last + len(BETWEEN)
            here, there = here + behind - there, behind
        before, after = _entry(old, here), _entry(new, there)
        if before is None and after is None:
            return dropped, came
        if before == after:
            order = 0
        elif before is None or after is None:
            order = 1 if before is None else -1
        else:
            order = _order(key_of(before), key_of(after))
        if order > 0:
            _check_order(new, there)
        if before is not None and order <= 0:
            dropped += [before] if before != after else []
            here += len(before) + len(BETWEEN)
        if after is not None and order >= 0:
            came += [after] if before != after else []
            there += len(after) + len(BETWEEN)


def _order(old: str, new: str) -> int:
    """Return -1 where the old key comes first, 1 where the new one does, and 0 for the same key."""
    return (old > new) - (old < new)


def _check_order(text: bytes, start: int) -> None:
    """Raise `ValueError` where the entry at `start` does not come after the one before it."""
    if start:
        end = start - len(BETWEEN)
        previous = text.rfind(BETWEEN, 0, end)
        first = previous + len(BETWEEN) if previous >= 0 else 0
        if key_of(text[first:end]) >= key_of(text[start:]):
            raise ValueError("an entry out of order")


def _entry(text: bytes, start: int) -> bytes | None:
    """Return the entry that begins at `start`; None behind the last one."""
    if not text or start > len(text):
        return None
    end = text.find(BETWEEN, start)
    return text[start:] if end < 0 else text[start:end]


def _shared(old: bytes, here: int, new: bytes, there: int) -> int:
    """Return for how many bytes the two go on alike."""
    limit = min(len(old) - here, len(new) - there)
    same, size, span = 0, _LEAST, 0
    while same < limit:
        span = min(size, limit - same)
        if old[here + same : here + same + span] != new[there + same : there + same + span]:
            break
        same, size = same + span, min(2 * size, _MOST)
    else:
        return max(limit, 0)
    # The first difference is within `span` bytes from here.
    while span > 1:
        half = span // 2
        if old[here + same : here + same + half] == new[there + same : there + same + half]:
            same, span = same + half, span - half
        else:
            span = half
    return same
