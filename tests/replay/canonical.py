"""Stable names for what a program draws by chance, and for what only the clone says that it runs in."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Sequence

from tests.replay.transcript import Step

_NAMES = re.compile(
    r"\b(?:(?P<sandbox>b_[0-9a-f]{24})|(?P<uuid>[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"
    r"|(?P<attempt>[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}))\b"
)
# The address of a page is that of the repository that the program comes from, which differs between clones.
_PAGE = re.compile(r"(^Documentation:\n  )\S+", re.MULTILINE)


def canonical(steps: Sequence[Step]) -> list[Step]:
    """The steps with stable names for what was drawn by chance, numbered by their first appearance.

    They are names of the same form, so that the files are as good as before.
    """
    names: dict[str, str] = {}

    def name(match: re.Match[str]) -> str:
        kind, number = str(match.lastgroup), len(names) + 1
        letters = hashlib.sha256(f"{kind} {number}".encode()).hexdigest()
        fresh = {
            "sandbox": f"b_{number:03}{letters[:21]}",
            "uuid": str(uuid.UUID(hex=f"{number:03}{letters[:29]}", version=4)),
            "attempt": uuid.UUID(hex=f"{number:03}{letters[:29]}", version=4).hex,
        }
        return names.setdefault(match[0], fresh[kind])

    def plain(text: str) -> str:
        return _NAMES.sub(name, _PAGE.sub(r"\1(where the documentation is)", text))

    return [
        Step(plain(step.title), step.code, {part: text and plain(text) for part, text in step.parts.items()})
        for step in steps
    ]
