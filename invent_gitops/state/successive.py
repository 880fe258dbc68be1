"""Reads the states of a chain one after another: what a text shares with the one before it is not read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from invent_gitops.errors import InventGitopsError
from invent_gitops.model.state import State
from invent_gitops.state import document, entries
from invent_gitops.state.entries import BETWEEN, key_of
from invent_gitops.values import Struct, replace

SECTIONS = (b"absences", b"broadcasts", b"intents", b"removed")
_MEMBER = b'\n  "'
_VERSION = _MEMBER + b'version": '
_END = b"\n}\n"
# How many entries are tried for one that needs the version of its state.
_TRIED = 16


class StateReading(Struct, frozen=True):
    """What a text spells: a `state`, or None and why in `fault`. `canonical` if this program writes it so."""

    state: State | None
    fault: str
    canonical: bool


class Canonical(Struct, frozen=True):
    """A state and the `members` of the text that this program writes for it; `version` is the one in there."""

    state: State
    members: Sequence[bytes]
    version: int


class StateReader:
    """Reads texts that follow each other; `label` names them in messages."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._before: Canonical | None = None

    def read(self, content: bytes) -> StateReading:
        """Return what a text spells."""
        after = quick_successor(self._before, content) if self._before else None
        if after is None:
            return self._read(content)
        self._before = after
        return StateReading(after.state, "", canonical=True)

    def _read(self, content: bytes) -> StateReading:
        text = content.decode("utf-8", "replace")
        try:
            state = document.parse(text, self._label)
        except InventGitopsError as error:
            return StateReading(None, error.message, canonical=False)
        canonical = document.dump(state) == text
        members = _members(content)
        if canonical and members and text.encode() == content:
            self._before = Canonical(state, members, _version(members[-1]))
        return StateReading(state, "", canonical)


def quick_successor(before: Canonical, content: bytes) -> Canonical | None:
    """Return the state that `content` spells after another one, where it is proved to be the text of that state.

    What differs is read as a small state, and must be written back to the same bytes; the rest was proved with the
    state before. None where that does not hold, or where it cannot be told.
    """
    members = _members(content)
    if members is None or [*map(_name, members)] != [*map(_name, before.members)]:
        return None
    dropped: dict[bytes, list[str]] = {}
    lines = []
    for old, new in zip(before.members, members, strict=True):
        name = _name(new)
        if name not in SECTIONS:
            lines.append(new)
            continue
        bodies = [_body(name, member) for member in (old, new)] if old != new else [b"", b""]
        difference = None if None in bodies else entries.quick_difference(*bodies)
        if difference is None:
            return None
        dropped[name] = [*map(key_of, difference[0])]
        lines.append(_section(name, difference[1]))
    small = _MEMBER.join(lines)
    try:
        part = document.parse(small.decode(), "")
    except (InventGitopsError, UnicodeError):
        return None
    written = document.dump(part).encode()
    if written.rpartition(_VERSION)[0] != small.rpartition(_VERSION)[0]:
        return None
    state = _merged(before.state, dropped, part)
    version = _version_after(before, dropped, _version(written), state)
    if members[-1] != b'version": %d' % version + _END:
        return None
    return Canonical(state, members, version)


def _members(content: bytes) -> list[bytes] | None:
    """Return the lines of a text that begin its members, each with what belongs to it; None for another form."""
    members = content.split(_MEMBER)
    if members[0] != b"{" or not content.endswith(_END) or _name(members[-1]) != b"version":
        return None
    return members


def _name(member: bytes) -> bytes:
    return member.partition(b'"')[0]


def _body(name: bytes, member: bytes) -> bytes | None:
    """Return the entries of a section, b"" for none; None for another form."""
    if member == _section(name, []):
        return b""
    first, last = name + b'": {\n    "', b"\n  },"
    if len(member) < len(first) + len(last) or not (member.startswith(first) and member.endswith(last)):
        return None
    return member[len(first) : -len(last)]


def _section(name: bytes, listed: Sequence[bytes]) -> bytes:
    return name + (b'": {\n    "' + BETWEEN.join(listed) + b"\n  }," if listed else b'": {},')


def _version(text: bytes) -> int:
    """Return the version at the end of a canonical text."""
    return int(text.removesuffix(_END).rpartition(b" ")[2])


def _version_after(before: Canonical, dropped: Mapping[bytes, Sequence[str]], needed: int, state: State) -> int:
    """Return the lowest version that holds all of `state`, of which the new entries need `needed`; 0 if unsure."""
    if needed >= before.version or not (dropped[b"broadcasts"] or dropped[b"removed"]):
        return max(needed, before.version)
    old = before.state.broadcasts
    kept = islice(((key, record) for key, record in state.broadcasts.items() if old.get(key) is record), _TRIED)
    sample = State("", 0, "", "", broadcasts=dict(kept))
    return before.version if _version(document.dump(sample).encode()) == before.version else 0


def _merged(old: State, dropped: Mapping[bytes, Sequence[str]], part: State) -> State:
    """Return `part`, which holds what came, with all entries of the old state that are not dropped."""
    changes: dict[str, Any] = {}
    for name, keys in dropped.items():
        section, came = getattr(old, name.decode()), getattr(part, name.decode())
        if not keys and not came:
            changes[name.decode()] = section
            continue
        merged = dict(section)
        for key in keys:
            del merged[key]
        is_new = any(key not in section for key in came)
        merged.update(came)
        # In the order of the text, which is that of the keys.
        changes[name.decode()] = {key: merged[key] for key in sorted(merged)} if is_new or keys else merged
    return replace(part, **changes)
