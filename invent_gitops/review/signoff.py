"""Who approved what, as one text on its way from `github approved` to `apply`.

    [{"pull_request": "https://…/pull/7", "author": "carol", "reviewers": ["alice"], "keys": ["spring"]}]

Without `keys` it is about everything. The text passes a step's output and the environment, so it is read with
suspicion.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from invent_gitops.errors import WrongUsage
from invent_gitops.model.review import SignedOff, Signoff
from invent_gitops.review.approval import PlanComment

# Characters of the text: the environment of a process holds no more than some hundred thousand.
LIMIT = 60_000
# What names the text in the environment of `apply`.
VARIABLE = "INVENT_APPROVALS"
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:-]{1,200}/[A-Za-z0-9._/-]{1,300}/pull/[0-9]{1,19}")
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}(\[bot\])?")
# Entries of the text, and reviewers of one: `read_signoffs` takes no more, so `write_signoffs` writes no more.
_MOST_ENTRIES = 100
MOST_REVIEWERS = 100
_FIELDS = frozenset({"pull_request", "author", "reviewers", "keys"})


def write_signoffs(comments: Sequence[PlanComment], address: str) -> str:
    """Return the text for the plans of some pull requests, whose numbers follow `address`; "" where that is not known.

    Of several, each names its keys; where these have no room, or are not known, nobody can tell whose approval was for
    which broadcast, and the text is "". Of more than `MOST_REVIEWERS` reviewers it names the first ones. What
    `read_signoffs` does not take is never written.
    """
    if not address or not comments:
        return ""
    entries: list[dict[str, object]] = []
    for comment in comments:
        entry: dict[str, object] = {
            "pull_request": f"{address}{comment.pull.number}",
            "author": comment.pull.author if _LOGIN.fullmatch(comment.pull.author) else "",
            "reviewers": list(comment.reviewers[:MOST_REVIEWERS]),
        }
        if len(comments) > 1:
            if comment.plan is None:
                return ""
            entry["keys"] = sorted(comment.plan.requests)
        entries.append(entry)
    text = json.dumps(entries, separators=(", ", ": "))
    try:
        read_signoffs(text)
    except WrongUsage:
        return ""
    return text


def unnamed_reviewers(comment: PlanComment) -> int:
    """Return how many reviewers of a plan the text leaves out."""
    return max(0, len(comment.reviewers) - MOST_REVIEWERS)


def read_signoffs(text: str) -> tuple[SignedOff, ...]:
    """Return what the text says; nothing for an empty one. Raises `WrongUsage` for anything else."""
    if not text.strip():
        return ()
    try:
        content = json.loads(text) if len(text) <= LIMIT else None
        if not isinstance(content, list) or len(content) > _MOST_ENTRIES:
            raise ValueError
        return tuple(_signed_off(entry) for entry in content)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        raise WrongUsage(
            f"{VARIABLE} is not what github approved writes.",
            "In the workflow, set it to the output approvals of that step, or leave it out.",
        ) from None


def _signed_off(entry: Any) -> SignedOff:
    """Read one entry exactly: each field has its own type, and nothing is taken for something that it resembles."""
    if not isinstance(entry, dict) or entry.keys() - _FIELDS:
        raise ValueError
    address, author, reviewers, keys = entry["pull_request"], entry["author"], entry["reviewers"], entry.get("keys")
    if not _is_text(address, _ADDRESS) or not (author == "" or _is_text(author, _LOGIN)):
        raise ValueError
    if not isinstance(reviewers, list) or len(reviewers) > MOST_REVIEWERS:
        raise ValueError
    if not all(_is_text(reviewer, _LOGIN) for reviewer in reviewers):
        raise ValueError
    if "keys" in entry and not (isinstance(keys, list) and all(isinstance(key, str) for key in keys)):
        raise ValueError
    return SignedOff(Signoff(address, author, tuple(reviewers)), None if keys is None else tuple(keys))


def _is_text(value: Any, form: re.Pattern[str]) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None
