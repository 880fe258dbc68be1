"""Valid documents of each kind, made from our schemas where there is one and by hand where there is none."""

from __future__ import annotations

import base64
import functools
import json
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

from invent_gitops.schemas import read_schema
from tests.fuzz import shapes
from tests.fuzz.bench import API, HEAD, LINEAGE, PULL, STATE, request
from tests.fuzz.mutations import spoiled

EXAMPLES = Path(__file__).parent.parent / "definitions"
Make = Callable[[Random], Any]


@functools.cache
def _schema(name: str) -> dict[str, Any]:
    return read_schema(name)


def of(name: str) -> Make:
    return lambda chance: shapes.value(_schema(name), chance)


@functools.cache
def _examples(*folders: str) -> tuple[str, ...]:
    paths = [path for folder in folders for path in sorted((EXAMPLES / folder).glob("*.yaml"))]
    texts = (path.read_bytes().decode("utf-8", "replace") for path in paths)
    return tuple(text for text in texts if len(text) < 4_000)


def of_or_example(name: str, *folders: str) -> Make:
    return lambda chance: chance.choice(_examples(*folders)) if chance.random() < 0.4 else of(name)(chance)


def state(chance: Random) -> Any:
    made = shapes.value(_schema("state"), chance)
    for part in ("broadcasts", "intents", "removed", "absences"):
        if chance.random() < 0.5:
            made[part] = {**made.get(part, {}), **STATE[part]}
    return made | ({"lineage": LINEAGE, "org": "c", "api": API, "version": 1} if chance.random() < 0.9 else {})


def _entry(chance: Random) -> dict[str, Any]:
    """An event of the journal, by hand: no schema describes it, but the parts of the state's do."""
    schema = _schema("state")

    def part(name: str) -> Any:
        below = schema["properties"][name]["additionalProperties"]
        return shapes.value({**schema, **below, "properties": below["properties"]}, chance)

    def named(name: str) -> Any:
        return shapes.value({**schema, **schema["$defs"][name]}, chance)

    key, id = chance.choice("abcde"), chance.choice(("bc_1", "bc_2", "bc_9"))
    return chance.choice(
        (
            lambda: {"event": "intended", "key": key, "intent": part("intents")},
            lambda: {"event": "reopened", "key": key, "intent": part("intents")},
            lambda: {"event": "listed"},
            lambda: {"event": "looked", "key": key, "attempt": "t2", "candidates": [named("candidate")]},
            lambda: {"event": "recorded", "key": key, "record": part("broadcasts")},
            lambda: {"event": "withdrawn", "key": key, "attempt": "t2"},
            lambda: {"event": "absent", "attempt": "t2", "absence": part("absences")},
            lambda: {"event": "corrected", "key": key, "wrong": id, "record": part("broadcasts")},
            lambda: {"event": "moved", "key": key, "to": "e", "id": id, "provenance": named("provenance")},
            lambda: {"event": "removed", "key": key, "removal": part("removed")},
            lambda: {"event": "refreshed", "key": key, "id": id, "request": named("request"), "status": "SENT",
                     "provenance": named("provenance")},
        )
    )()  # fmt: skip


def journal(chance: Random) -> Any:
    header = {"journal": 1, "lineage": LINEAGE, "serial": 3, "org": "c", "api": API}
    return [header, *(_entry(chance) for _ in range(chance.randint(0, 4)))]


PLANNED: dict[str, Any] = {
    "key": "b",
    "action": "create",
    "name": "B",
    "request": request("B"),
    "timezone": None,
    "id": None,
    "status": None,
    "audience": {"segments": ["vip"], "everyone": False, "contacts": 5, "today": False},
    "changes": [],
    "refusals": [],
    "waived": {},
    "unneeded_waivers": [],
    "absence": None,
    "intent": None,
    "description": "",
    "owner": "",
    "position": {"file": "broadcasts/b.yaml", "line": 1, "column": 1},
    "warnings": [],
    "drift": None,
    "zone_change": None,
}


def plan(chance: Random) -> Any:
    made = shapes.value(_schema("plan"), chance)
    if chance.random() < 0.6:
        made["items"] = [*made.get("items", ()), PLANNED]
    return made | ({"org": "c", "api": API, "lineage": LINEAGE, "error": None} if chance.random() < 0.8 else {})


def document(chance: Random) -> Any:
    return of(chance.choice(("plan", "report", "status", "error", "validation", "workspaces-run")))(chance)


_MARKER = f"<!-- invent-gitops 1 plan project=project/ commit={HEAD} digest=sha256:{'d' * 64} current -->"


def commented() -> str:
    """The comment with a plan of which the digest alone is known."""
    return f"{_MARKER}\n<!-- invent-gitops: the plan begins -->\nPlan\n<!-- invent-gitops: the plan ends -->"


def comment(chance: Random) -> str:
    """A comment of ours: its marker, what was approved in its packed line, and what people read."""
    status = chance.choice(("current", "outdated", "superseded"))
    marker = _MARKER.replace("current", status)
    about: Any = {"at": "2026-11-20T12:00:00Z", "org": "c", "api": API, "workspace": None,
                  "requests": {"b": STATE["broadcasts"]["a"]["request"]}}  # fmt: skip
    if chance.random() < 0.6:
        about = spoiled(about, chance)
    try:
        packed = zlib.compress(json.dumps(about).encode("utf-8", "surrogatepass"))
    except (RecursionError, ValueError):
        packed = zlib.compress(b"[" * 100_000)
    line = f"<!-- invent-gitops: approved {base64.b64encode(packed).decode()} -->"
    ends = "<!-- invent-gitops: the outcome ends -->"
    outcome = f"<!-- invent-gitops: the outcome of 2026-11-20T12:00:00Z begins -->\nX\n{ends}"
    plan = "<!-- invent-gitops: the plan begins -->\nPlan\n<!-- invent-gitops: the plan ends -->"
    parts = [marker, line, "> outdated", outcome, plan]
    return "\n".join(part for part in parts if chance.random() < 0.85)


_REPOSITORY = {"id": 1, "full_name": "acme/campaigns"}
PULL_EVENT: dict[str, Any] = {
    "number": PULL,
    "pull_request": {
        "number": PULL,
        "head": {"sha": HEAD, "repo": _REPOSITORY},
        "base": {"ref": "main", "repo": _REPOSITORY},
    },
}
PUSH_EVENT: dict[str, Any] = {
    "head_commit": {"id": HEAD, "message": f"Merge pull request #{PULL} from x"},
    "commits": [{"id": HEAD, "message": "x"}],
}


def event(chance: Random) -> Any:
    return chance.choice((PULL_EVENT, PUSH_EVENT))


HEADERS: tuple[dict[str, str], ...] = (
    {"Date": "Fri, 20 Nov 2026 12:00:00 GMT", "Age": "3", "pagination-count": "3"},
    {"Retry-After": "5", "Date": "Fri, 20 Nov 2026 12:00:00 GMT"},
    {"Retry-After": "Fri, 20 Nov 2026 12:00:00 GMT"},
)


def one_of(values: Sequence[Any]) -> Make:
    return lambda chance: chance.choice(values)


def fixed(value: Any) -> Make:
    return lambda chance: value


def hub(route: str) -> Make:
    """What GitHub answers on a route, with a comment of ours in it where there is one."""
    return lambda chance: hub_answer(route, comment(chance))


def hub_answer(route: str, body: str) -> Any:
    at, user = "2026-11-20T12:00:00Z", {"login": "github-actions[bot]", "type": "Bot"}
    pull = {"number": PULL, "head": {"sha": HEAD, "repo": _REPOSITORY}, "base": {"ref": "main", "repo": _REPOSITORY}}
    pull |= {"state": "closed", "merged_at": at, "merge_commit_sha": "c" * 40}
    stamps = {"html_url": "https://github.com/x", "created_at": at, "updated_at": at}
    note: dict[str, Any] = {"id": 1, "user": user, "body": body, **stamps}
    issue = {**note, "number": 3, "title": "Broadcasts need a look", "state": "open"}
    answers = {"comments": [note, note | {"id": 2}], "comment": note, "issues": [issue], "issue": issue}
    return {**answers, "pull": pull, "pulls": [pull], "merged": [pull]}[route]
