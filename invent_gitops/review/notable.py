"""Whether a document says anything that a reviewer has to read: where it does not, a pull request gets no comment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from invent_gitops.model.digest import read_digest
from invent_gitops.review.comment import digest_of

# The counts of what a plan leaves as it is.
_QUIET = ("unchanged", "undefined")


def is_notable(document: Mapping[str, Any]) -> bool:
    """Return whether a document has to be shown: not a plan that surely creates, blocks, refuses and weakens nothing,
    nor the report of an apply that had nothing to do.

    What will not reach Invent counts, and a comparison of the rules that failed. Of a plan that is damaged or of
    another version nothing is sure.
    """
    try:
        if document["kind"] == "report":
            unreached = (document.get("plan") or {}).get("unreachable")
            return bool(document.get("exit_code") != 0 or document.get("outcomes") or unreached)
        return not (
            document["exit_code"] == 0
            and _creates_nothing(digest_of(document))
            and all(number == 0 for action, number in document["counts"].items() if action not in _QUIET)
            and all(item["action"] in _QUIET and not item["drift"] for item in document["items"])
            and document["unreachable"] == []
            and not _weakens(document.get("loosened"))
        )
    except (AttributeError, KeyError, TypeError):
        return True


def _creates_nothing(digest: str) -> bool:
    claim = read_digest(digest)
    return claim is not None and claim.count == 0


def _weakens(loosened: Mapping[str, Any] | None) -> bool:
    """Return whether rules became weaker, or it is not known."""
    return loosened is not None and any((loosened["weaker"], loosened["passes_only_so"], loosened["error"]))
