"""From the project file to the settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from invent_gitops.model.document import Document, Path
from invent_gitops.model.problem import Position, Problem
from invent_gitops.model.project import BlackoutDays, Policies, Project, QuietHours
from invent_gitops.model.unreachable import UnreachablePolicy
from invent_gitops.text.quoting import field_name, quote
from invent_gitops.validate.comments import check_comments
from invent_gitops.validate.names import has_words
from invent_gitops.validate.paths import check_apart, check_branch, check_path, state_place
from invent_gitops.validate.report import ProblemReport
from invent_gitops.validate.review import review_rule
from invent_gitops.validate.shape import Shape
from invent_gitops.validate.workspaces import check_workspaces, readable
from invent_gitops.validate.zones import find_zone
from invent_gitops.values import replace
from invent_gitops.zonedata import Zone

_LONGEST_SPAN = timedelta(days=365)
# What may hold any text, so that a comment could be a part of it; the rest has a form of its own.
_FREE = frozenset({"definitions", "segments", "state"})
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_SECRETS = re.compile(
    r"(invent_?)?(api_?|auth_?|access_?)?(key|token|secret|password|bearer|authorization|credentials?)|"
    r"(invent_?)?(api_?)?(base_?)?(url|uri|host|endpoint|server)|api",
    re.IGNORECASE,
)


def validate_project(document: Document, schema: Mapping[str, Any], file: str = "") -> tuple[Project, list[Problem]]:
    """Return the settings, with the default wherever an entry is missing or wrong, and every problem, sorted.

    `schema` is the schema `project`, `file` the project file as it is shown to people. Of several
    workspaces those are there whose own entries could be read.
    """
    report = ProblemReport(document)
    file = file or document.start.file
    secrets = _refuse_secrets(report)
    unclear = Shape(schema).check(report)
    # A secret is no misspelled field, so its own problem is the only one.
    report.problems = [
        problem for problem in report.problems if problem.rule != "unknown-field" or problem.position not in secrets
    ]
    check_comments(report, lambda path: not _FREE.isdisjoint(path))
    settings: dict[str, Any] = document.content if isinstance(document.content, dict) else {}
    project = _settings(report, settings, unclear, (), Project(file=file))
    if "review" in settings and not any(path[:1] == ("review",) for path in unclear):
        project = replace(project, review=review_rule(report, settings["review"]))
    if "workspaces" in settings:
        unclear_in: dict[object, set[Path]] = {}
        for path in unclear:
            if path[:1] == ("workspaces",) and len(path) > 1:
                unclear_in.setdefault(path[1], set()).add(path)
        workspaces = {
            name: _settings(
                report, entry, unclear_in.get(name, set()), ("workspaces", name), project.standing_for(name)
            )
            for name, entry in readable(report, settings, unclear)
        }
        check_workspaces(report, workspaces)
        misplaced = any(candidate.misplaced for candidate in (project, *workspaces.values()))
        project = replace(project, workspaces=workspaces, misplaced=misplaced)
    report.explain_rest()
    return project, sorted(set(_without_secrets(report)))


def _settings(
    report: ProblemReport, settings: Mapping[str, Any], unclear: set[Path], at: Path, base: Project
) -> Project:
    """Return `base` with what `settings` holds, which stands at `at` of the file; wrong entries leave what `base`
    has.
    """
    below = {path[len(at) :] for path in unclear if path[: len(at)] == at}
    broken = {path[0] for path in below if path and path[0] != "policies"} | {
        path[0] for path in below if len(path) == 1
    }
    usable = {name: value for name, value in settings.items() if name not in broken}
    own = {name: usable[name] for name in ("org", "key") if at and name in usable}
    project = replace(base, account=replace(base.account, **own))
    project = _places(report, usable, at, project)
    if "timezone" in usable:
        zone = find_zone(usable["timezone"])
        if isinstance(zone, Zone):
            project = replace(project, timezone=usable["timezone"])
        else:
            report.add(*zone, (*at, "timezone"))
    project = replace(project, policies=_in_zone(project.policies, project.timezone))
    policies = settings.get("policies")
    if isinstance(policies, dict):
        faulty = {path[1] for path in below if len(path) > 1 and path[0] == "policies"}
        sound = {name: value for name, value in policies.items() if name not in faulty}
        project = replace(project, policies=_policies(report, sound, (*at, "policies"), project))
    return project


def _places(report: ProblemReport, usable: Mapping[str, Any], at: Path, project: Project) -> Project:
    """Return the project with the places that its file names: folders and files, and branches of git."""
    before = len(report.problems)
    if "definitions" in usable:
        folder = check_path(report, usable["definitions"], (*at, "definitions"), "definitions")
        project = replace(project, definitions=folder)
    if "segments" in usable:
        project = replace(project, segments=check_path(report, usable["segments"], (*at, "segments"), "segments"))
    if "applies_from" in usable:
        project = replace(project, applies_from=check_branch(report, usable["applies_from"], (*at, "applies_from")))
    if "state" in usable:
        project = replace(project, state=state_place(report, usable["state"], (*at, "state"), project.applies_from))
    check_apart(report, project, usable, at)
    return replace(project, misplaced=project.misplaced or len(report.problems) > before)


def _in_zone(policies: Policies, timezone: str) -> Policies:
    """Return the same policies on the clocks of another project or workspace."""
    hours, days = policies.quiet_hours, policies.blackout_days
    return replace(
        policies,
        quiet_hours=replace(hours, project_timezone=timezone) if hours else None,
        blackout_days=replace(days, project_timezone=timezone) if days else None,
    )


def _refuse_secrets(report: ProblemReport) -> set[Position]:
    places: set[Position] = set()
    for path in _fields(report.document.content, ()):
        # A workspace may have any name, and names the variable of its key.
        if path[0] == "workspaces" and (len(path) == 2 or path[2:] == ("key",)):
            continue
        if _SECRETS.fullmatch(str(path[-1]).replace("-", "_")):
            message = (
                f"{quote(field_name(path))} is in the repository, where a pull request could change it. The key and "
                "the address of the API come only from the environment or from a flag."
            )
            cure = "Delete the line, and set INVENT_API_KEY or INVENT_BASE_URL. Replace a key that was committed."
            report.add("secret-in-project", message, cure, path, of_key=True)
            places.add(report.problems[-1].position)
    return places


def _without_secrets(report: ProblemReport) -> Iterator[Problem]:
    """Yield the problems; of a line that may hold a key the text is left out, since what is reported ends in public
    logs.
    """
    rules = ("secret-in-project", "key-variable")
    lines = {problem.position.line for problem in report.problems if problem.rule in rules}
    for problem in report.problems:
        yield replace(problem, source="") if problem.position.line in lines else problem


def _fields(settings: object, path: Path) -> Iterator[Path]:
    if isinstance(settings, dict):
        for name, value in settings.items():
            yield (*path, name)
            yield from _fields(value, (*path, name))


def _policies(report: ProblemReport, value: Mapping[str, Any], at: Path, project: Project) -> Policies:
    """Return the policies of `project`, each replaced by the one that `value` sets, which stands at `at` of the
    file.
    """
    results = project.policies.results
    readers: dict[str, Callable[[Any], object]] = {
        "minimum_lead_time": lambda text: _span(report, text, (*at, "minimum_lead_time")),
        "allow_immediate": bool,
        "max_creates": int,
        "quiet_hours": lambda hours: _quiet_hours(report, hours, at, project.timezone),
        "blackout_days": lambda days: (
            BlackoutDays(_blackout_days(report, days, at), project.timezone) if days else None
        ),
        "minimum_gap": lambda text: _span(report, text, (*at, "minimum_gap")),
        "audience_cap": int,
        "audience_jump": lambda text: int(_percent(text)),
        "results": lambda limits: replace(results, **{name: _percent(text) for name, text in limits.items()}),
        "send_to_all_needs_reason": bool,
        "loosening": str,
        "unreachable_edits": lambda policy: _unreachable_edits(report, policy, at),
    }
    policies: dict[str, Any] = {name: read(value[name]) for name, read in readers.items() if name in value}
    return replace(project.policies, **policies)


def _percent(text: str) -> Decimal:
    return Decimal(text.strip().removesuffix("%"))


def _unreachable_edits(report: ProblemReport, value: str | Mapping[str, Any], at: Path) -> UnreachablePolicy:
    if isinstance(value, str):
        return UnreachablePolicy(value == "refuse")
    waived: Mapping[str, str] = value.get("waive", {})
    for key, reason in waived.items():
        if not has_words(reason):
            message = f"The reason for waiving {quote(key)} says nothing."
            cure = "Write the reason; reviewers read it in the plan."
            report.add("only-spaces", message, cure, (*at, "unreachable_edits", "waive", key))
    return UnreachablePolicy(value.get("action") == "refuse", waived)


def _span(report: ProblemReport, raw: str, path: Path) -> timedelta:
    """Return what `15m`, `2h` or `1d` means."""
    text = raw.strip()
    span = int(text[:-1]) * _UNITS[text[-1]]
    if span > _LONGEST_SPAN:
        message = f"{quote(field_name(path))} is {quote(text)}; at most 365 days make sense."
        report.add("out-of-range", message, "Choose a shorter time.", path)
    return span


def _quiet_hours(report: ProblemReport, value: Mapping[str, str], at: Path, project_timezone: str) -> QuietHours:
    path = (*at, "quiet_hours")
    start, end = (time.fromisoformat(value[name].strip()) for name in ("from", "to"))
    if start == end:
        message = (
            f"The quiet hours begin and end at {quote(f'{start:%H:%M}')}: that is either no time or the whole day."
        )
        report.add("quiet-hours-empty", message, "Write when they end, or delete them.", (*path, "to"))
    zone = value.get("timezone", "")
    if zone:
        parsed = find_zone(zone)
        if not isinstance(parsed, Zone):
            report.add(*parsed, (*path, "timezone"))
    return QuietHours(start, end, zone, project_timezone)


def _blackout_days(report: ProblemReport, entries: Iterable[str], at: Path) -> tuple[tuple[date, date], ...]:
    spans: list[tuple[date, date]] = []
    for index, entry in enumerate(entries):
        path: Path = (*at, "blackout_days", index)
        days = [_day(report, text, path) for text in entry.strip().split("..")]
        first, last = days[0], days[-1]
        if first is None or last is None:
            continue
        if first > last:
            message = f"{quote(entry)} ends before it begins, so no day is in it."
            report.add("range-reversed", message, f"Did you mean {quote(f'{last}..{first}')}?", path)
        spans.append((first, last))
    return tuple(spans)


def _day(report: ProblemReport, text: str, path: Path) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        report.add("date-impossible", f"There is no day {quote(text)}.", "Write a day of the calendar.", path)
        return None
