"""The text of a state as JSON: what a merge, a link or a slip of the hand has made of it is said in words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

from invent_gitops.errors import InvalidInput
from invent_gitops.model.fields import Damaged

RESTORE = (
    "Restore the file from git (git log -- FILE, git checkout COMMIT -- FILE). Do not delete it: it is what keeps "
    "broadcasts from being created twice."
)


def decode(text: str, label: str) -> Mapping[str, Any]:
    """Return the JSON object that `text` spells. Raises `InvalidInput`, naming `label` and the place in it."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith(("<<<<<<<", ">>>>>>>", "=======", "|||||||")):
            raise InvalidInput(
                f"{label}:{number}:1: the state holds conflict markers of a git merge.",
                "Keep the records of both sides, since each id is a broadcast that exists. Remove the markers, and "
                "check with: invent-gitops state list",
            )
    if text.startswith("version https://git-lfs.github.com/spec/"):
        raise InvalidInput(
            f"{label} is a pointer of Git LFS and not the state itself, which was not fetched.", "Run: git lfs pull"
        )
    try:
        document = read_json(text)
    except json.JSONDecodeError as error:
        position = f"{label}:{error.lineno}:{error.colno}"
        raise InvalidInput(f"{position}: the state is not valid JSON: {error.msg}.", RESTORE) from None
    except Damaged as damage:
        raise InvalidInput(f"{label} is damaged: {damage}.", RESTORE) from None
    except (RecursionError, ValueError):
        raise InvalidInput(f"{label} is not a state of invent-gitops.", RESTORE) from None
    if not isinstance(document, dict):
        raise InvalidInput(f"{label} is not a state of invent-gitops: it is not a JSON object.", RESTORE)
    return cast("Mapping[str, Any]", document)


def read_json(text: str) -> object:
    """Return the value that `text` spells. Raises `ValueError`, or `Damaged` for what could be read, but never written
    again.

    That is a key that stands twice, and half of a character, which JSON can spell and UTF-8 cannot.
    """
    parsed: object = json.loads(text, object_pairs_hook=_without_repeats)
    if "\\ud" in text or "\\uD" in text:
        try:
            json.dumps(parsed, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise Damaged("it holds an escape that names no character") from None
    return parsed


def _without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # json keeps the last of two equal keys: after a hand-made merge that would lose an id without a word.
    members = dict(pairs)
    if len(members) != len(pairs):
        counted = Counter(name for name, _ in pairs)
        repeated = next(name for name, count in counted.items() if count > 1)
        raise Damaged(f"{repeated!r} is in one object twice")
    return members
