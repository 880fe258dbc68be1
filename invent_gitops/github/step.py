"""A step of a GitHub workflow: what the environment tells it, and the files in which it answers."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from invent_gitops.files import append_to
from invent_gitops.text.secret import without_secrets

# GitHub drops the summary of a step beyond 1 MiB.
SUMMARY_LIMIT = 900 * 1024
_SERVER = re.compile(r"https?://[A-Za-z0-9.:-]+/?")
_NAME = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+")
_TOKEN = re.compile(r"[A-Za-z0-9._:+/-]*")


def repository(folder: Path) -> Path:
    """Return the root of the git repository around `folder`, with links followed; `folder` itself where there is
    none.
    """
    folder = folder.resolve()
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)


def prefix(folder: Path) -> str:
    """Return the way from the root of the git repository to `folder`, such as `examples/`; "" where there is none."""
    way = folder.resolve().relative_to(repository(folder)).as_posix()
    return "" if way == "." else f"{way}/"


def files_address(folder: Path, environment: Mapping[str, str] = os.environ, commit: str = "") -> str:
    """Return the address that paths relative to `folder` are appended to, for links to `commit`; "" if it is not known.

    By default that is the commit of the run. On a pull request it is one that GitHub made up, and forgets.
    """
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA")
    server, repository, current = (environment.get(name, "") for name in names)
    commit = commit or current
    is_known = _SERVER.fullmatch(server) and _NAME.fullmatch(repository) and re.fullmatch(r"[0-9a-f]{7,64}", commit)
    return f"{server.rstrip('/')}/{repository}/blob/{commit}/{quote(prefix(folder))}" if is_known else ""


def run_address(environment: Mapping[str, str] = os.environ) -> str:
    """Return the address of this run, whose page shows the summary of each step; "" if it is not known."""
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, run = (environment.get(name, "") for name in names)
    is_known = _SERVER.fullmatch(server) and _NAME.fullmatch(repository) and re.fullmatch(r"[0-9]{1,20}", run)
    return f"{server.rstrip('/')}/{repository}/actions/runs/{run}" if is_known else ""


def is_own_artifact(address: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether an address is that of an artifact of this run; False as well where the run is not known."""
    run = run_address(environment)
    return bool(run) and re.fullmatch(rf"{re.escape(run)}/artifacts/[0-9]{{1,20}}", address) is not None


def pulls_address(repository: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return the address that the number of a pull request is appended to; "" if it is not known."""
    server = environment.get("GITHUB_SERVER_URL", "")
    is_known = _SERVER.fullmatch(server) and _NAME.fullmatch(repository)
    return f"{server.rstrip('/')}/{repository}/pull/" if is_known else ""


def summary_room(environment: Mapping[str, str] = os.environ) -> int:
    """Return how many bytes the summary of this step still takes."""
    path = Path(environment.get("GITHUB_STEP_SUMMARY") or os.devnull)
    try:
        return max(0, SUMMARY_LIMIT - path.stat().st_size)
    except OSError:
        return SUMMARY_LIMIT


def write_summary(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """Append Markdown to the summary of this step. Returns why not, or ""."""
    if len(text.encode("utf-8", "replace")) + 2 > summary_room(environment):
        return "The summary of this step has no room left: GITHUB_STEP_SUMMARY was not written."
    return _append("GITHUB_STEP_SUMMARY", text + "\n", environment)


def write_outputs(values: Mapping[str, str | int], environment: Mapping[str, str] = os.environ) -> str:
    """Append outputs of this step. Returns why not, or ""."""
    return _append("GITHUB_OUTPUT", "".join(_output(name, str(value)) for name, value in values.items()), environment)


def _output(name: str, value: str) -> str:
    if _TOKEN.fullmatch(value):
        return f"{name}={value}\n"
    # A value cannot end what it cannot guess.
    mark = f"end-{secrets.token_hex(16)}"
    return f"{name}<<{mark}\n{value}\n{mark}\n"


def _append(variable: str, text: str, environment: Mapping[str, str]) -> str:
    name = environment.get(variable)
    if not name:
        return f"{variable} is not set: this is not a step of a workflow, so nothing was written for it."
    path = Path(name)
    content = without_secrets(text, environment).encode("utf-8", "replace")
    try:
        if path.exists() and not path.is_file():
            return f"{variable} names no file: {name}. Nothing was written to it."
        append_to(path, content)
    except (OSError, ValueError) as error:
        return f"{variable} cannot be written to: {getattr(error, 'strerror', None) or error}."
    return ""
