"""Single fields of the state's JSON, each read with suspicion: the wrong type is damage, never a default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from invent_gitops.model.instant import read_instant

T = TypeVar("T")


class Damaged(ValueError):
    """What in a document is not as it was written, with the path to it."""


def read_text(value: Mapping[str, Any], name: str, default: str | None = None) -> str:
    found = value.get(name, default)
    if not isinstance(found, str) or (default is None and not found):
        raise Damaged(f"{name} is {found!r}, and should be text")
    return found


def read_texts(value: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = value.get(name)
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Damaged(f"{name} is {found!r}, and should be a list of texts")
    return tuple(found)


def read_some(value: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list of texts that may be missing."""
    return read_texts(value, name) if name in value else ()


def read_number(value: Mapping[str, Any], name: str) -> int:
    found = value.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise Damaged(f"{name} is {found!r}, and should be a number")
    return found


def read_object(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    if not isinstance(found, dict):
        raise Damaged(f"{name} is {found!r}, and should be an object")
    return found


def read_each(document: Mapping[str, Any], name: str, read: Callable[[Mapping[str, Any]], T]) -> dict[str, T]:
    found: dict[str, T] = {}
    for key, value in read_object(document, name).items():
        try:
            if not isinstance(value, dict):
                raise Damaged(f"it is {value!r}, and should be an object")
            found[key] = read(value)
        except Damaged as damage:
            raise Damaged(f"{name}.{key}: {damage}") from None
    return found


def read_moment(value: Mapping[str, Any], name: str) -> datetime | None:
    instant = read_instant(value.get(name))
    if instant is None and value.get(name) is not None:
        raise Damaged(f"{name} is {value[name]!r}, which is no instant")
    return instant
