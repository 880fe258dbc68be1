"""Typed fields of the JSON objects of a state, and the fault of what is not as it was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class Damaged(ValueError):
    """What in a document is not as it was written, with the path to it."""


def text(value: Mapping[str, Any], name: str, default: str | None = None) -> str:
    found = value.get(name, default)
    if not isinstance(found, str) or (default is None and not found):
        raise Damaged(f"{name} is {found!r}, and should be text")
    return found


def texts(value: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = value.get(name)
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Damaged(f"{name} is {found!r}, and should be a list of texts")
    return tuple(found)


def number(value: Mapping[str, Any], name: str) -> int:
    found = value.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise Damaged(f"{name} is {found!r}, and should be a number")
    return found


def mapping(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    if not isinstance(found, dict):
        raise Damaged(f"{name} is {found!r}, and should be an object")
    return found


def each(document: Mapping[str, Any], name: str, read: Callable[[Mapping[str, Any]], T]) -> dict[str, T]:
    found: dict[str, T] = {}
    for key, value in mapping(document, name).items():
        try:
            if not isinstance(value, dict):
                raise Damaged(f"it is {value!r}, and should be an object")
            found[key] = read(value)
        except Damaged as damage:
            raise Damaged(f"{name}.{key}: {damage}") from None
    return found
