"""What holds between the workspaces of one project: none may send what another one sends, or lose its state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from invent_gitops.model.document import Path
from invent_gitops.model.problem import Position
from invent_gitops.model.project import OWN_ORG, BranchPlace, FilePlace, Project
from invent_gitops.model.variables import KEY_VARIABLES
from invent_gitops.text.quoting import quote
from invent_gitops.validate.names import fault_of_line
from invent_gitops.validate.report import ProblemReport

# What stands at most once in a project, and therefore in each workspace where there are several.
_OF_ONE = ("definitions", "state", "segments")
# With how many earlier workspaces one is compared that has something in common with all of them.
MOST_EARLIER = 10


def readable(
    report: ProblemReport, settings: Mapping[str, Any], unclear: set[Path]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name and entry of each workspace that can be told apart and has an org; what is wrong with the others."""
    for name in (name for name in _OF_ONE if name in settings):
        message = f"{quote(name)} is beside `workspaces`, and each workspace has its own."
        cure = "Move it into the workspace that it belongs to, or delete it."
        report.add("entry-beside-workspaces", message, cure, (name,), of_key=True)
    entries = settings["workspaces"]
    if entries == {}:
        report.add("no-workspaces", "`workspaces` is empty.", "Add one: `acme: {org: org_111}`.", ("workspaces",))
    if not isinstance(entries, Mapping):
        return
    hidden: set[Position] = set()
    for name, entry in entries.items():
        at = ("workspaces", name)
        hidden |= _check_key(report, entry, (*at, "key"))
        # The patterns of the schema let a line feed at the end pass.
        fault = fault_of_line(name, f"The name {quote(name)}") if name else None
        if fault:
            report.add(*fault, at, of_key=True)
        elif isinstance(entry, Mapping) and isinstance(entry.get("org"), str) and (*at, "org") not in unclear:
            fault = fault_of_line(entry["org"], f"The org of {quote(name)}")
            if fault:
                report.add(*fault, (*at, "org"))
            else:
                yield name, entry
    report.problems = [
        problem for problem in report.problems if problem.rule == "key-variable" or problem.position not in hidden
    ]


def _check_key(report: ProblemReport, entry: object, path: Path) -> set[Position]:
    """Report what is not the name of a variable; answers where nothing else is to be said: it may be the key itself."""
    if not isinstance(entry, Mapping) or "key" not in entry:
        return set()
    if isinstance(entry["key"], str) and KEY_VARIABLES.fullmatch(entry["key"]):
        return set()
    report.add(
        "key-variable",
        f"{quote('.'.join(str(step) for step in path))} is not the name of a variable for a key. It may only be "
        "INVENT_API_KEY or begin with INVENT_API_KEY_, so that no edit of this file sends another secret to Invent.",
        "Name such a variable, and set it in the environment. Replace a key that was committed.",
        path,
    )
    return {report.document.locate(path, of_key=of_key).position for of_key in (True, False)}


def check_workspaces(report: ProblemReport, workspaces: Mapping[str, Project]) -> None:
    """Report each workspace that has an org, a state, definitions or a catalogue in common with an earlier one.

    Of many earlier ones with the same thing, only with the first few: the others have been reported already.
    """
    having: dict[tuple[object, ...], list[Project]] = {}
    for later in workspaces.values():
        for clash, sought, had in _traits(later):
            # The same earlier one may be met in several ways.
            near = {earlier.name: earlier for trait in sought for earlier in having.get(trait, ())}
            for trait in had:
                earliest = having.setdefault(trait, [])
                if len(earliest) < MOST_EARLIER:
                    earliest.append(later)
            for conflict in (conflict for earlier in near.values() if (conflict := clash(earlier, later))):
                rule, entry, message, cure = conflict
                document: Any = report.document.content
                at: Path = ("workspaces", later.name)
                written = entry in document["workspaces"][later.name]
                report.add(rule, message, cure, (*at, entry) if written else at, of_key=not written)


# A rule, the entry it is about, what is wrong, and the cure.
Clash = tuple[str, str, str, str]
Traits = list[tuple[object, ...]]


def _traits(workspace: Project) -> Iterator[tuple[Callable[[Project, Project], Clash | None], Traits, Traits]]:
    """Of each way to clash: what an earlier workspace must have for it, and what this one has for later ones.

    So only those are compared that have something in common, and not each with each other one.
    """
    own = workspace.org == OWN_ORG
    org = ("org", workspace.org, workspace.key if own else "")
    # `c` may be the org of any other workspace with that key, whatever it is called there.
    yield (
        _same_org,
        [org, ("key" if own else "own", workspace.key)],
        [org, ("key", workspace.key), *([("own", workspace.key)] if own else [])],
    )
    if isinstance(workspace.state, FilePlace):
        file: Traits = [("file", workspace.state.path.casefold())]
        yield _same_state, file, file
    else:
        branch: Traits = [("branch", workspace.state.branch, workspace.state.remote)]
        yield _same_state, branch, branch
        yield (
            _clashing_branches,
            *_nested("branches", f"{workspace.state.remote}/{workspace.state.branch}".casefold().split("/")),
        )
    folders = [part for part in workspace.definitions.casefold().split("/") if part != "."]
    yield _same_definitions, *_nested("definitions", folders)
    catalogue: Traits = [("segments", workspace.segments.casefold())]
    yield _same_catalogue, catalogue, catalogue


def _nested(kind: str, parts: list[str]) -> tuple[Traits, Traits]:
    """For what clashes with what it is in, and with what is in it."""
    exact = (kind, "whole", *parts)
    above: Traits = [(kind, "whole", *parts[:count]) for count in range(len(parts) + 1)]
    below: Traits = [(kind, "begins", *parts[:count]) for count in range(len(parts) + 1)]
    return [*above, (kind, "begins", *parts)], [exact, *below]


def _same_org(earlier: Project, later: Project) -> Clash | None:
    if earlier.org == later.org and (later.org != OWN_ORG or earlier.key == later.key):
        message = f"{_names(earlier, later)} both speak of the org {quote(later.org)}"
        message += f", the own one of the key in {later.key}." if later.org == OWN_ORG else "."
        cure = "Keep one workspace for each org: a state does not know what another one has created."
        return "org-twice", "org", message, cure
    if OWN_ORG in (earlier.org, later.org) and earlier.key == later.key:
        message = (
            f"{_names(earlier, later)} share the key in {later.key}, and `{OWN_ORG}` is whatever org that key belongs "
            "to: both may be the same."
        )
        return "org-unclear", "org", message, f"Write the id of the org instead of `{OWN_ORG}`."
    return None


def _same_state(earlier: Project, later: Project) -> Clash | None:
    match earlier.state, later.state:
        case FilePlace(first), FilePlace(other) if first.casefold() == other.casefold():
            where = f"the file {quote(other)}"
        case BranchPlace(first, remote), BranchPlace(other, same) if (first, remote) == (other, same):
            where = f"the branch {quote(other)} of {quote(remote)}"
        case _:
            return None
    message = f"{_names(earlier, later)} both keep their state in {where}, which holds the state of one."
    return "state-twice", "state", message, "Give each workspace a state of its own."


def _clashing_branches(earlier: Project, later: Project) -> Clash | None:
    """Names that git cannot hold side by side: it keeps each as a file, and `state/x` makes a folder of `state`."""
    if not (isinstance(earlier.state, BranchPlace) and isinstance(later.state, BranchPlace)):
        return None
    ours, other = earlier.state, later.state
    if (ours.remote, ours.branch) == (other.remote, other.branch):
        return None
    # A clone keeps what it has seen below the name of the remote, which may have a slash as well.
    first, second = (f"{branch.remote}/{branch.branch}".casefold().split("/") for branch in (ours, other))
    shorter = min(len(first), len(second))
    if first[:shorter] != second[:shorter]:
        return None
    reason = "one name would be a folder of the other"
    if len(first) == len(second):
        reason = "on many disks, these names are one"
    remote_note = "" if ours.remote == other.remote else f" of {quote(ours.remote)}"
    branches = f"{quote(ours.branch)}{remote_note} and {quote(other.branch)} of {quote(other.remote)}"
    message = f"{_names(earlier, later)} keep their states on the branches {branches}. Git cannot hold both: {reason}."
    cure = f"Give each a name of its own, such as state-{earlier.name} and state-{later.name}."
    return "state-branches-clash", "state", message, cure


def _same_definitions(earlier: Project, later: Project) -> Clash | None:
    first, second = (
        [part for part in workspace.definitions.casefold().split("/") if part != "."] for workspace in (earlier, later)
    )
    shorter = min(len(first), len(second))
    if first[:shorter] != second[:shorter]:
        return None
    folders = f"{quote(earlier.definitions)} and {quote(later.definitions)}"
    message = f"{_names(earlier, later)} would read the same files: their definitions are in {folders}."
    cure = "Give each workspace a folder beside the others, so that nothing goes to the customers of another one."
    return "definitions-overlap", "definitions", message, cure


def _same_catalogue(earlier: Project, later: Project) -> Clash | None:
    if earlier.segments.casefold() != later.segments.casefold():
        return None
    message = f"{_names(earlier, later)} share the segment catalogue {quote(later.segments)}, and their ids differ."
    return "segments-twice", "segments", message, "Give each workspace a catalogue of its own."


def _names(earlier: Project, later: Project) -> str:
    return f"{quote(earlier.name)} and {quote(later.name)}"
