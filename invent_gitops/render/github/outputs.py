"""The outputs of a workflow's step: what later steps may decide by."""

from __future__ import annotations

import json

from invent_gitops.render.documents.reading import Document

# Later steps get an output through their environment, which has little room.
_IDS_LIMIT = 20_000


def step_outputs(document: Document) -> dict[str, str | int]:
    """Return the outputs of a document. What did not come about is none, and nothing else is claimed of it."""
    outputs = {"report": _report, "status": _status}.get(document["kind"], _plan)(document)
    return {**outputs, "exit_code": document["exit_code"]}


def _plan(document: Document) -> dict[str, str | int]:
    if not document.get("counts"):
        return {"creates": 0, "digest": ""}
    counts = document["counts"]
    numbers = {action: counts[action] for action in ("refused", "blocked", "changed", "unchanged")}
    return {"creates": counts["create"], **numbers, "unreachable": _unreachable(document), "digest": document["digest"]}


def _unreachable(plan: Document) -> int:
    """Return how many edits and deletions will not reach Invent; plans of older versions do not say."""
    return len(plan.get("unreachable") or ())


def _report(document: Document) -> dict[str, str | int]:
    outcomes = document.get("outcomes", ())
    fates = [outcome["outcome"] for outcome in outcomes]
    names = ("created", "adopted", "already_created", "not_created", "unknown")
    numbers = {name: fates.count(name.replace("_", "-")) for name in names}
    done = ("created", "adopted", "already-created")
    ids = {outcome["key"]: outcome["id"] for outcome in outcomes if outcome["id"] and outcome["outcome"] in done}
    # ASCII, on one line; and a runner acts on "##[" wherever it stands.
    line = json.dumps(ids).replace("##[", "##\\u005b")
    plan = document.get("plan") or {}
    unreachable = {"unreachable": _unreachable(plan)} if plan else {}
    return {
        **numbers,
        **unreachable,
        "ids": line if len(line) <= _IDS_LIMIT else "",
        "digest": plan.get("digest", ""),
    }


def _status(document: Document) -> dict[str, str | int]:
    counts = document.get("counts") or {"rows": 0, "needs_you": 0}
    complete = bool(document.get("look") and document["look"]["complete"])
    return {"rows": counts["rows"], "needs_you": counts["needs_you"], "complete": str(complete).lower()}
