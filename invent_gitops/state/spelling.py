"""The one spelling of a state: JSON with sorted keys and two spaces, so that a diff of it reads well."""

from __future__ import annotations

import json

import msgspec

_ENCODER = msgspec.json.Encoder(order="sorted")


def spelling(value: object) -> str:
    """Return `value` as JSON, without a newline at its end."""
    text = quick_spelling(value)
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) if text is None else text.decode()


def quick_spelling(value: object) -> bytes | None:
    """Return the same in UTF-8, or None for what UTF-8 cannot hold."""
    try:
        return msgspec.json.format(_ENCODER.encode(value), indent=2)
    except UnicodeEncodeError:
        return None
