"""Where the files of a project may be: below its folder, and nowhere that git, CI or an editor looks for its own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Literal

from invent_gitops.model.document import Path
from invent_gitops.model.filename import SUFFIXES, is_git, odd_on_windows
from invent_gitops.model.project import BranchPlace, FilePlace, Project
from invent_gitops.text.quoting import field_name, quote
from invent_gitops.validate.names import fault_of_line
from invent_gitops.validate.report import ProblemReport
from invent_gitops.values import replace

Entry = Literal["definitions", "segments", "state", "sandbox"]

# Nothing that git could take for an option, an address or another revision.
_GIT_NAME = re.compile(r"(?!.*(?:\.\.|//|\.lock(?:/|$)|/\.|\./))[A-Za-z0-9_](?:[A-Za-z0-9._/-]*[A-Za-z0-9_-])?")
# From a root, a drive or a home.
_LEAVES = re.compile(r"[/\\~]|[A-Za-z]:")
# What well-known programs run or obey by its name: YAML of CI and containers; JSON of package managers, compilers,
# monorepos, hosts of sites and bots. A short list, since a project's own state must not be taken for one of these.
_OBEYED = re.compile(
    r"(?:invent|action|azure.pipelines|bitbucket.pipelines|buildspec|cloudbuild|(?:docker.)?compose)\.ya?ml"
    r"|(?:package|package-lock|npm-shrinkwrap|composer|deno|[jt]sconfig(?:\..+)?|pyrightconfig|biome|angular|lerna|nx|turbo"
    r"|app|firebase|netlify|vercel|devcontainer|renovate)\.json"
)
_USUAL: Mapping[Entry, str] = {
    "definitions": "broadcasts",
    "segments": "segments.yaml",
    "state": "invent.state.json",
    "sandbox": "invent.sandbox.sqlite",
}


def check_path(report: ProblemReport, text: str, path: Path, entry: Entry) -> str:
    """Report what is wrong with a path of the project file; the path with single `/` between its parts."""
    fault = fault_of_line(text, f"The path at {quote(field_name(path))}") or _outside(text) or reserved(text, entry)
    if fault:
        report.add(*fault, path)
    return plain(text)


def plain(text: str) -> str:
    """Return a path with single `/` between its parts and none at its end; "." for the folder of the project itself."""
    return "/".join(part for part in text.split("/") if part not in ("", ".")) or "."


def _outside(text: str) -> tuple[str, str, str] | None:
    if _LEAVES.match(text) or ".." in re.split(r"[/\\]", text):
        message = f"{quote(text)} leaves the folder of the project, so a pull request could point it anywhere."
        return "path-leaves-project", message, "Write a path below the folder of the project file."
    if "\\" in text:
        cure = f"Write {quote(text.replace(chr(92), '/'))}."
        return "wrong-form", f"{quote(text)} is a path with `\\` between its parts.", cure
    return None


def reserved(text: str, entry: Entry) -> tuple[str, str, str] | None:
    """Rule, message and cure where a path below the project is no place for that file of it."""
    cure = f"Write a path like {quote(_USUAL[entry])}."
    same = unicodedata.normalize("NFKC", text)
    if same != text and (fault := reserved(same, entry)):
        return fault[0], f"{quote(text)} looks like another path. {fault[1]}", fault[2]
    parts = plain(text).split("/")
    if ".." in parts:
        return "path-reserved", f"{quote(text)} leaves the folder of the project.", cure
    for part in parts if parts != ["."] else []:
        if is_git(part) or part.startswith("."):
            message = (
                f"{quote(text)} is in {quote(part)}: hidden places belong to git, CI and editors, which obey them."
            )
            return "path-reserved", message, cure
        if odd := odd_on_windows(part):
            return "path-reserved", f"{quote(text)} is not the same file everywhere: {quote(part)} {odd}.", cure
    name = parts[-1].casefold()
    if entry == "state" and (text.endswith("/") or not name.endswith(".json")):
        return "path-reserved", f"The state is a file of JSON, and {quote(text)} is not named like one.", cure
    if entry == "state" and (_OBEYED.fullmatch(name) or parts[0].casefold() == "schemas"):
        message = f"{quote(text)} cannot name the state: other programs obey a file of this name."
        return "path-reserved", message, cure
    if entry == "segments" and (_OBEYED.fullmatch(name) or not name.endswith(SUFFIXES)):
        message = f"{quote(text)} cannot name the segment catalogue"
        message += (
            ": other programs obey a file of this name." if _OBEYED.fullmatch(name) else ", which is a file of YAML."
        )
        return "path-reserved", message, cure
    return None


def check_apart(report: ProblemReport, project: Project, settings: Mapping[str, Any], at: Path) -> None:
    """Report a file of the project at or above the place of another one, as disks compare names."""
    state = project.state.path if isinstance(project.state, FilePlace) else ""
    folder = ("definitions", project.definitions)
    segments, kept = ("segments", project.segments), ("state", state)
    for (inner_entry, file), (outer_entry, outer_path) in ((segments, folder), (kept, folder), (kept, segments)):
        if file and outer_path != "." and f"{outer_path}/".casefold().startswith(f"{file}/".casefold()):
            message = f"{quote(inner_entry)} is at {quote(file)}, where {quote(outer_entry)} is: {quote(outer_path)}."
            entry = next((name for name in (inner_entry, outer_entry) if name in settings), None)
            report.add("paths-clash", message, "Give each a place of its own.", (*at, entry) if entry else at)


def state_place(
    report: ProblemReport, value: str | Mapping[str, str], at: Path, applies_from: str
) -> FilePlace | BranchPlace:
    """Return where the project file says that the state is, with its faults reported."""
    if isinstance(value, str):
        return FilePlace(check_path(report, value, at, "state"))
    for name in ("branch", "remote"):
        written = value.get(name)
        if written is not None and (not _GIT_NAME.fullmatch(written) or written == "HEAD"):
            message = f"{quote(written)} cannot be the name of a git {name}."
            cure = "Write the name of a remote, not its address." if name == "remote" else "Write it as git shows it."
            report.add("git-name", message, cure, (*at, name))
    if value["branch"] == applies_from:
        message = f"{quote(applies_from)} is the branch that broadcasts are applied from, and the state needs its own."
        report.add("git-name", message, "Write one like `broadcast-state`.", (*at, "branch"))
    branch = BranchPlace(value["branch"])
    if "remote" in value:
        branch = replace(branch, remote=value["remote"])
    if "path" in value:
        branch = replace(branch, path=check_path(report, value["path"], (*at, "path"), "state"))
    return branch


def check_branch(report: ProblemReport, text: str, at: Path) -> str:
    """Report what git would not take for the name of a branch."""
    if not _GIT_NAME.fullmatch(text):
        message = f"{quote(text)} cannot be the name of a git branch."
        report.add("git-name", message, "Write it as git shows it, without the name of the remote.", at)
    return text
