"""What a run of a workflow is about: its repository, its commit and its pull request, from the environment alone."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from invent_gitops.errors import InvalidInput, WrongUsage
from invent_gitops.model.pull_request import WorkflowEvent

# The largest event that GitHub delivers has 25 MB.
EVENT_LIMIT = 32 * 1024 * 1024
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# Of a push, so many of the last commits are looked at.
COMMITS = 50
_MERGED = re.compile(r"^Merge pull request #(\d{1,9})\b|\(#(\d{1,9})\)$")


def read_event(environment: Mapping[str, str] = os.environ) -> WorkflowEvent:
    """Return the event of this run. Raises `WrongUsage` outside of a workflow, `InvalidInput` for one that is
    damaged.
    """
    repository, commit = environment.get("GITHUB_REPOSITORY", ""), environment.get("GITHUB_SHA", "")
    parts = repository.split("/")
    if len(parts) != 2 or not all(re.fullmatch(r"[A-Za-z0-9._-]{1,100}", part) and part.strip(".") for part in parts):
        raise WrongUsage(
            "GITHUB_REPOSITORY does not name a repository.",
            "Run this in a step of a workflow, or set it to OWNER/NAME.",
        )
    if not COMMIT.fullmatch(commit):
        raise WrongUsage(
            "GITHUB_SHA is not the full id of a commit.", "Run this in a step of a workflow, or set it to that id."
        )
    payload = _payload(environment)
    branch = environment.get("GITHUB_REF", "").removeprefix("refs/heads/")
    if "pull_request" not in payload:
        push = environment.get("GITHUB_EVENT_NAME") == "push"
        commits = _commits(payload, commit) if push else ()
        before = _before(payload) if push else ""
        return WorkflowEvent(
            repository, commit, branch=branch, merged=_merged(payload), push=push, commits=commits, before=before
        )
    try:
        pull: Any = payload["pull_request"]
        number, head = pull["number"], pull["head"]["sha"]
        source, target = pull["head"]["repo"], pull["base"]["repo"]
        # The fork may have been deleted.
        fork = not source or source["id"] != target["id"]
        if not isinstance(number, int) or isinstance(number, bool) or number < 1 or not COMMIT.fullmatch(head):
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise InvalidInput(
            "The event in GITHUB_EVENT_PATH speaks of a pull request, and not in the way that GitHub does.",
            "Run this in a workflow that starts on: pull_request.",
        ) from None
    return WorkflowEvent(repository, head, number, branch, 0, fork)


def pushed_onto(environment: Mapping[str, str] = os.environ) -> str:
    """Return the commit that the branch had before the push that this run is of; "" for other events and for a new
    branch.

    Raises `InvalidInput` for an event that is damaged.
    """
    if environment.get("GITHUB_EVENT_NAME") != "push":
        return ""
    before = _payload(environment).get("before")
    return before if isinstance(before, str) and COMMIT.fullmatch(before) and before.strip("0") else ""


def _payload(environment: Mapping[str, str]) -> Mapping[str, object]:
    path = environment.get("GITHUB_EVENT_PATH", "")
    if not path:
        return {}
    cure = "GitHub sets it for every step; do not set it yourself, or name a file with the event as JSON."
    try:
        with Path(path).open("rb") as file:
            content = file.read(EVENT_LIMIT + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidInput(f"The event in GITHUB_EVENT_PATH cannot be read: {reason}.", cure) from None
    try:
        payload = json.loads(content) if len(content) <= EVENT_LIMIT else None
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        raise InvalidInput("The event in GITHUB_EVENT_PATH is not a JSON object.", cure)
    return payload


def _merged(payload: Mapping[str, object]) -> int:
    commit = payload.get("head_commit")
    message = commit.get("message") if isinstance(commit, dict) else None
    subject = message.split("\n", 1)[0].rstrip() if isinstance(message, str) else ""
    match = _MERGED.search(subject)
    return int(match[1] or match[2]) if match else 0


def _before(payload: Mapping[str, object]) -> str:
    """Return where the branch was before the push; "" for a new branch, and where the event does not say."""
    before = payload.get("before")
    return before if isinstance(before, str) and COMMIT.fullmatch(before) and before.strip("0") else ""


def _commits(payload: Mapping[str, object], last: str) -> tuple[str, ...]:
    """Return the last of the pushed commits, but for the one that is the last of all."""
    commits = payload.get("commits")
    ids = [commit.get("id") for commit in commits if isinstance(commit, dict)] if isinstance(commits, list) else []
    distinct = dict.fromkeys(id for id in ids if isinstance(id, str) and COMMIT.fullmatch(id) and id != last)
    return tuple(distinct)[-COMMITS:]
