"""The fields of a JSON document, read back: each is there and of its type, or the document is damaged.

A damaged document raises `LookupError`, `TypeError` or `ValueError`. A field that older versions did not write yet, or
that is null where there is nothing, is read with `…_or`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from invent_gitops.model.instant import read_instant

Document = Mapping[str, Any]


def read_text(fields: Document, name: str) -> str:
    return _text(fields[name], name)


def text_or(fields: Document, name: str, default: str = "") -> str:
    value = fields.get(name)
    return default if value is None else _text(value, name)


def read_number(fields: Document, name: str) -> int:
    value = fields[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} is {type(value).__name__}")
    return value


def number_or_none(fields: Document, name: str) -> int | None:
    return None if fields.get(name) is None else read_number(fields, name)


def seconds_or_none(fields: Document, name: str) -> float | None:
    value = fields.get(name)
    return value if isinstance(value, float) else number_or_none(fields, name)


def read_flag(fields: Document, name: str) -> bool:
    value = fields[name]
    if not isinstance(value, bool):
        raise TypeError(f"{name} is {type(value).__name__}")
    return value


def read_moment(fields: Document, name: str) -> datetime:
    moment = read_instant(fields[name])
    if moment is None:
        raise ValueError(f"{name} is not a time")
    return moment


def moment_or_none(fields: Document, name: str) -> datetime | None:
    return None if fields.get(name) is None else read_moment(fields, name)


def read_object(value: object) -> Document:
    if not isinstance(value, Mapping):
        raise TypeError(f"{type(value).__name__} is not an object")
    return value


def object_or_none(fields: Document, name: str) -> Document | None:
    return None if fields.get(name) is None else read_object(fields[name])


def read_objects(fields: Document, name: str) -> list[Document]:
    return [read_object(value) for value in _list(fields[name], name)]


def objects_or_none(fields: Document, name: str) -> list[Document] | None:
    return None if fields.get(name) is None else read_objects(fields, name)


def read_texts(fields: Document, name: str) -> tuple[str, ...]:
    return tuple(_text(value, name) for value in _list(fields[name], name))


def texts_or(fields: Document, name: str) -> tuple[str, ...]:
    """Return a list of texts, empty where there is none."""
    return () if fields.get(name) is None else read_texts(fields, name)


def texts_by_name(fields: Document, name: str) -> dict[str, str]:
    """Return an object of texts, empty where there is none."""
    return {key: _text(value, name) for key, value in (object_or_none(fields, name) or {}).items()}


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} is {type(value).__name__}")
    return value


def _list(value: object, name: str) -> Sequence[object]:
    if not isinstance(value, list):
        raise TypeError(f"{name} is {type(value).__name__}")
    return value
