"""From the project file to the settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from invent_gitops.model.document import Document, Path
from invent_gitops.model.problem import Position, Problem
from invent_gitops.model.project import BranchPlace, FilePlace, Policies, Project
from invent_gitops.validate.report import Report
from invent_gitops.validate.shape import Shape
from invent_gitops.validate.text import fault_of_line
from invent_gitops.validate.words import field_name, quote
from invent_gitops.validate.zones import find_zone

_LONGEST_LEAD = timedelta(days=365)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
# Nothing that git could take for an option, an address or another revision.
_GIT_NAME = re.compile(r"(?!.*(?:\.\.|//|\.lock(?:/|$)|/\.|\./))[A-Za-z0-9_](?:[A-Za-z0-9._/-]*[A-Za-z0-9_-])?")
# From a root, a drive or a home.
_LEAVES = re.compile(r"[/\\~]|[A-Za-z]:")
_SECRETS = re.compile(
    r"(invent_?)?(api_?|auth_?|access_?)?(key|token|secret|password|bearer|authorization|credentials?)|"
    r"(invent_?)?(api_?)?(base_?)?(url|uri|host|endpoint|server)|api",
    re.IGNORECASE,
)


def validate_project(document: Document, schema: Mapping[str, Any], file: str = "") -> tuple[Project, list[Problem]]:
    """The settings, with the default wherever an entry is missing or wrong, and every problem, sorted.

    `schema` is the schema `project`, `file` the project file as it is shown to people.
    """
    report = Report(document)
    file = file or document.start.file
    secrets = _refuse_secrets(report)
    unclear = Shape(schema).check(report)
    # A secret is no misspelled field, so its own problem is the only one.
    report.problems = [
        problem for problem in report.problems if problem.rule != "unknown-field" or problem.position not in secrets
    ]
    data: dict[str, Any] = document.data if isinstance(document.data, dict) else {}
    broken = {path[0] for path in unclear if path and path[0] != "policies"} | {
        path[0] for path in unclear if len(path) == 1
    }
    usable = {name: value for name, value in data.items() if name not in broken}
    project = Project(file=file)
    if "definitions" in usable:
        project = replace(project, definitions=_path(report, usable["definitions"], ("definitions",)))
    if "segments" in usable:
        project = replace(project, segments=_path(report, usable["segments"], ("segments",)))
    if "state" in usable:
        project = replace(project, state=_state(report, usable["state"]))
    if "timezone" in usable:
        zone = find_zone(usable["timezone"])
        if isinstance(zone, ZoneInfo):
            project = replace(project, timezone=usable["timezone"])
        else:
            report.add(*zone, ("timezone",))
    policies = data.get("policies")
    if isinstance(policies, dict):
        sound = {name: value for name, value in policies.items() if ("policies", name) not in unclear}
        project = replace(project, policies=_policies(report, sound))
    return project, sorted(set(report.problems))


def _refuse_secrets(report: Report) -> set[Position]:
    places: set[Position] = set()
    for path in _fields(report.document.data, ()):
        if _SECRETS.fullmatch(str(path[-1]).replace("-", "_")):
            message = (
                f"{quote(field_name(path))} stands in the repository, where a pull request could change it. The key "
                "and the address of the API are read from the environment or from a flag only."
            )
            cure = "Delete the line, and set INVENT_API_KEY or INVENT_BASE_URL. Replace a key that was committed."
            report.add("secret-in-project", message, cure, path, of_key=True)
            # The line may hold the key itself, and what is reported ends in public logs.
            report.problems[-1] = replace(report.problems[-1], source="")
            places.add(report.problems[-1].position)
    return places


def _fields(data: object, path: Path) -> Iterator[Path]:
    if isinstance(data, dict):
        for name, value in data.items():
            yield (*path, name)
            yield from _fields(value, (*path, name))


def _path(report: Report, text: str, path: Path) -> str:
    """The path with single `/` between its parts and none at its end."""
    fault = fault_of_line(text, f"The path at {quote(field_name(path))}")
    if fault:
        report.add(*fault, path)
    elif _LEAVES.match(text) or ".." in re.split(r"[/\\]", text):
        message = f"{quote(text)} leaves the folder of the project, so a pull request could point it anywhere."
        report.add("path-leaves-project", message, "Write a path below the folder of the project file.", path)
    elif "\\" in text:
        cure = f"Write {quote(text.replace(chr(92), '/'))}."
        report.add("wrong-form", f"{quote(text)} is a path with `\\` between its parts.", cure, path)
    return "/".join(part for part in text.split("/") if part not in ("", ".")) or "."


def _state(report: Report, value: str | Mapping[str, str]) -> FilePlace | BranchPlace:
    if isinstance(value, str):
        return FilePlace(_path(report, value, ("state",)))
    for name in ("branch", "remote"):
        written = value.get(name)
        if written is not None and not _GIT_NAME.fullmatch(written):
            message = f"{quote(written)} cannot be the name of a git {name}."
            cure = "Write the name of a remote, not its address." if name == "remote" else "Write it as git shows it."
            report.add("git-name", message, cure, ("state", name))
    place = BranchPlace(value["branch"])
    if "remote" in value:
        place = replace(place, remote=value["remote"])
    if "path" in value:
        place = replace(place, path=_path(report, value["path"], ("state", "path")))
    return place


def _policies(report: Report, value: Mapping[str, Any]) -> Policies:
    policies = Policies()
    if "minimum_lead_time" in value:
        text = value["minimum_lead_time"].strip()
        lead = int(text[:-1]) * _UNITS[text[-1]]
        if lead > _LONGEST_LEAD:
            message = f"`policies.minimum_lead_time` is {quote(text)}; at most 365 days make sense."
            report.add("out-of-range", message, "Choose a shorter time.", ("policies", "minimum_lead_time"))
        policies = replace(policies, minimum_lead_time=lead)
    if "allow_immediate" in value:
        policies = replace(policies, allow_immediate=value["allow_immediate"])
    if "max_creates" in value:
        policies = replace(policies, max_creates=int(value["max_creates"]))
    return policies
