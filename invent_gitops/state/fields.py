"""Single fields of the state's JSON, each read with suspicion: the wrong type is damage, never a default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from invent_gitops.model.instant import read_instant

T = TypeVar("T")


class Damaged(ValueError):
    """What in a document is not as it was written, with the path to it."""


# Characters of a value in a message.
_LONGEST = 80
# Far beyond every count, and short enough to be printed.
_GREATEST = 2**63


def shown(value: object) -> str:
    """A value as a message shows it: cut, whatever it is."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def read_text(value: Mapping[str, Any], name: str, default: str | None = None) -> str:
    found = value.get(name, default)
    if not isinstance(found, str) or (default is None and not found):
        raise Damaged(f"{name} is {shown(found)}, and should be text")
    return found


def read_word(value: Mapping[str, Any], name: str) -> str:
    """Text that may be empty, and must be there."""
    found = value.get(name)
    if not isinstance(found, str):
        raise Damaged(f"{name} is {shown(found)}, and should be text")
    return found


def read_texts(value: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = value.get(name)
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Damaged(f"{name} is {shown(found)}, and should be a list of texts")
    return tuple(found)


def read_some(value: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list of texts that may be missing."""
    return read_texts(value, name) if name in value else ()


def read_number(value: Mapping[str, Any], name: str) -> int:
    found = value.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < _GREATEST:
        raise Damaged(f"{name} is {shown(found)}, and should be a number")
    return found


def read_object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    if not isinstance(found, dict):
        raise Damaged(f"{name} is {shown(found)}, and should be an object")
    return found


def read_each(document: Mapping[str, Any], name: str, read: Callable[[Mapping[str, Any]], T]) -> dict[str, T]:
    found: dict[str, T] = {}
    for key, value in read_object(document, name).items():
        try:
            if not isinstance(value, dict):
                raise Damaged(f"it is {shown(value)}, and should be an object")
            found[key] = read(value)
        except Damaged as damage:
            raise Damaged(f"{name}.{key}: {damage}") from None
    return found


def read_moment(value: Mapping[str, Any], name: str) -> datetime | None:
    instant = read_instant(value.get(name))
    if instant is None and value.get(name) is not None:
        raise Damaged(f"{name} is {shown(value[name])}, which is no instant")
    return instant
