"""Single fields of our own JSON, each read with suspicion: the wrong type is damage, never a default."""

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
    """Return a value as a message shows it: cut, whatever it is."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def read_text(value: Mapping[str, Any], name: str, default: str | None = None) -> str:
    text = value.get(name, default)
    if not isinstance(text, str) or (default is None and not text):
        raise Damaged(f"{name} is {shown(text)}, and should be text")
    return text


def read_word(value: Mapping[str, Any], name: str) -> str:
    """Text that may be empty, and must be there."""
    text = value.get(name)
    if not isinstance(text, str):
        raise Damaged(f"{name} is {shown(text)}, and should be text")
    return text


def read_texts(value: Mapping[str, Any], name: str) -> tuple[str, ...]:
    texts = value.get(name)
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Damaged(f"{name} is {shown(texts)}, and should be a list of texts")
    return tuple(texts)


def read_some(value: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return a list of texts that may be missing."""
    return read_texts(value, name) if name in value else ()


def read_number(value: Mapping[str, Any], name: str) -> int:
    number = value.get(name)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < _GREATEST:
        raise Damaged(f"{name} is {shown(number)}, and should be a number")
    return number


def read_object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    mapping = value.get(name)
    if not isinstance(mapping, dict):
        raise Damaged(f"{name} is {shown(mapping)}, and should be an object")
    return mapping


def read_each(document: Mapping[str, Any], name: str, read: Callable[[Mapping[str, Any]], T]) -> dict[str, T]:
    by_key: dict[str, T] = {}
    for key, value in read_object(document, name).items():
        try:
            if not isinstance(value, dict):
                raise Damaged(f"it is {shown(value)}, and should be an object")
            by_key[key] = read(value)
        except Damaged as damage:
            raise Damaged(f"{name}.{key}: {damage}") from None
    return by_key


def read_moment(value: Mapping[str, Any], name: str) -> datetime | None:
    instant = read_instant(value.get(name))
    if instant is None and value.get(name) is not None:
        raise Damaged(f"{name} is {shown(value[name])}, which is not a time with an offset")
    return instant
