"""One document of each kind by hand, with every part that a reader looks at: each part of it is spoiled in turn."""

from __future__ import annotations

from typing import Any

from tests.fuzz.bench import API, LINEAGE, PROVENANCE, request
from tests.fuzz.bench import STATE as USUAL
from tests.fuzz.documents import PLANNED

_LOCAL = {"at": "2099-03-01T10:00:00", "timezone": "Europe/Berlin", "zone_data": "2026b"}
_CANDIDATE = {
    "id": "bc_3",
    "status": "DRAFT",
    "created_at": "2026-11-20T12:00:01Z",
    "differs": ["name"],
    **request("C"),
}
DEFINITION: dict[str, Any] = {
    "key": "b",
    "name": "B",
    "schedule": {"at": "2099-03-01T09:00", "timezone": "Europe/Berlin"},
    "segments": ["vip"],
    "description": "For all",
    "owner": "growth",
    "waive": {"quiet-hours": "agreed"},
}
PROJECTS: tuple[dict[str, Any], ...] = (
    {
        "definitions": "broadcasts",
        "state": {"branch": "broadcast-state", "remote": "origin", "path": "s.json"},
        "timezone": "Europe/Berlin",
        "segments": "segments.yaml",
        "policies": {
            "minimum_lead_time": "1h",
            "max_creates": 5,
            "allow_immediate": True,
            "quiet_hours": {"from": "21:00", "to": "08:00", "timezone": "Europe/Berlin"},
            "blackout_days": ["2099-12-24..2099-12-26"],
            "minimum_gap": "2d",
            "audience_cap": 10,
            "audience_jump": "25%",
            "send_to_all_needs_reason": True,
        },
    },
    {"workspaces": {"a": {"org": "o_a", "definitions": "broadcasts", "state": "a.json", "key": "INVENT_API_KEY_A"}}},
)
CATALOGUE: dict[str, Any] = {
    "vip": {"id": "seg_vip", "contacts_count": 5, "formerly": ["old"]},
    "two": [{"id": "seg_2"}, {"id": "seg_3"}],
}
STATE: dict[str, Any] = {
    **USUAL,
    "listed": True,
    "broadcasts": {
        "a": {
            **USUAL["broadcasts"]["a"],
            "note": "n",
            "formerly": [request("Old")],
            "refreshed": PROVENANCE,
            "local": _LOCAL,
            "attempted_at": "2026-11-20T12:00:00Z",
            "instead_of": ["bc_7"],
        }
    },
    "intents": {
        "c": {
            **USUAL["intents"]["c"],
            "candidates": [_CANDIDATE],
            "provenance": PROVENANCE
            | {"signoff": {"pull_request": "https://h/o/r/pull/7", "author": "carol", "reviewers": ["alice"]}},
            "settles_at": "2026-11-20T12:06:00Z",
            "local": _LOCAL,
        }
    },
    "absences": {
        "t9": {
            "key": "e",
            "reason": "r",
            "provenance": PROVENANCE,
            "request": request("E"),
            "listed": True,
            "overridden": ["too-early"],
            "others": ["bc_8"],
        }
    },
}
_HEADER = {"journal": 1, "lineage": LINEAGE, "serial": 3, "org": "c", "api": API}
JOURNALS: tuple[list[dict[str, Any]], ...] = (
    [_HEADER],
    [{"event": "intended", "key": "f", "intent": USUAL["intents"]["c"] | {"attempt": "t4"}}],
    [{"event": "reopened", "key": "c", "intent": 1}, {"event": "listed"}],
    [{"event": "looked", "key": "c", "attempt": "t2", "candidates": [_CANDIDATE]}],
    [{"event": "recorded", "key": "c", "record": USUAL["broadcasts"]["a"] | {"id": "bc_3", "attempt": "t2"}}],
    [{"event": "withdrawn", "key": "c", "attempt": "t2"}],
    [{"event": "absent", "attempt": "t2", "absence": {"key": "c", "reason": "r", "provenance": PROVENANCE}}],
    [{"event": "corrected", "key": "a", "wrong": "bc_1", "record": 1}],
    [{"event": "moved", "key": "a", "to": "z", "id": "bc_1", "provenance": PROVENANCE}],
    [{"event": "removed", "key": "a", "removal": USUAL["removed"]["d"] | {"id": "bc_1"}}],
    [{"event": "refreshed", "key": "a", "id": "bc_1", "request": 1, "status": "SENT", "provenance": 1}],
)
JOURNALS = (JOURNALS[0], *([_HEADER, *events] for events in JOURNALS[1:]))
_COUNTS = dict.fromkeys(("blocked", "refused", "changed", "create", "undefined", "unchanged"), 0)
PLAN: dict[str, Any] = {
    "kind": "plan",
    "version": 1,
    "exit_code": 0,
    "problems": [],
    "error": None,
    "workspace": None,
    "at": "2026-11-20T12:00:00Z",
    "org": "c",
    "api": API,
    "lineage": LINEAGE,
    "serial": 3,
    "timezone": "Europe/Berlin",
    "zone_data": "2026b",
    "options": "",
    "segment_names": {"seg_vip": "vip"},
    "digest": "sha256:" + "d" * 64,
    "counts": _COUNTS | {"create": 1},
    "look": None,
    "items": [PLANNED],
}
_FAILED: dict[str, Any] = {
    "version": 1,
    "exit_code": 4,
    "problems": [],
    "error": {"message": "The state is damaged.", "cure": "Restore it."},
    "counts": _COUNTS,
    "outcomes": [],
    "plan": None,
}
_OUTCOME = {
    "key": "b",
    "outcome": "created",
    "name": "B",
    "id": "bc_2",
    "recorded": True,
    "reason": None,
    "differs": [],
}
_ENDED = {"state": "s.json", "stopped": False, "at": "2026-11-20T12:00:01Z", "by": "Jo", "commit": None, "run": None}
DOCUMENTS: tuple[dict[str, Any], ...] = (
    {"kind": "plan", **_FAILED},
    {"kind": "report", **_FAILED, "error": None, "exit_code": 0, "outcomes": [_OUTCOME], **_ENDED},
    {"kind": "status", **_FAILED},
)
