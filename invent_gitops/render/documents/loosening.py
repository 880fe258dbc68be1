"""The entry `loosened` of a document `plan`, and what a page reads of it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from invent_gitops.model.loosening import Loosening, PassesOnlySo, RuleChange, RuleChanges
from invent_gitops.model.problem import Position
from invent_gitops.render.documents.envelope import position_json


def loosening_json(loosening: Loosening) -> dict[str, object]:
    return {
        "reference": loosening.reference,
        "base": loosening.base or None,
        "guard": loosening.guard,
        "refused": loosening.refuses,
        "weaker": [_change_json(change) for change in loosening.changes.weaker],
        "tighter": [_change_json(change) for change in loosening.changes.tighter],
        "passes_only_so": [
            {"key": entry.key, "rule": entry.rule, "message": entry.message} for entry in loosening.passing
        ],
        "error": {"message": loosening.fault, "cure": loosening.cure} if loosening.fault else None,
    }


def _change_json(change: RuleChange) -> dict[str, object]:
    return {
        "rule": change.rule,
        "subject": change.subject,
        "old": change.old,
        "new": change.new,
        "source": change.source,
        "key": change.key or None,
        "position": position_json(change.position) if change.position else None,
    }


def read_loosening(document: Mapping[str, Any]) -> Loosening | None:
    """Return what a plan document says of its rules; None where no base was known, and for one of an older version."""
    entry = document.get("loosened")
    if not entry:
        return None
    sides = (tuple(_read_change(change) for change in entry[side]) for side in ("weaker", "tighter"))
    passing = tuple(PassesOnlySo(only["key"], only["rule"], only["message"]) for only in entry["passes_only_so"])
    error = entry["error"] or {"message": "", "cure": ""}
    changes = RuleChanges(*sides)
    return Loosening(
        entry["reference"], entry["base"] or "", entry["guard"], changes, passing, error["message"], error["cure"]
    )


def is_held_back(document: Mapping[str, Any]) -> bool:
    """Return whether a plan document creates nothing, since rules were loosened."""
    entry = document.get("loosened")
    return isinstance(entry, Mapping) and entry.get("refused") is True


def _read_change(change: Mapping[str, Any]) -> RuleChange:
    at = change["position"]
    position = Position(at["file"], at["line"] or 0, at["column"] or 0) if at else None
    texts = (change["rule"], change["subject"], change["old"], change["new"], change["source"])
    return RuleChange(*texts, key=change["key"] or "", position=position)
