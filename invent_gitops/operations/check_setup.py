"""Reads the set-up of the repository at GitHub, for a check of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from invent_gitops.errors import WrongUsage
from invent_gitops.model.project import BranchPlace, Project
from invent_gitops.model.setup import (
    JobEnvironment,
    SetupCheck,
    SetupEvidence,
    SetupTarget,
    StatePlaceEvidence,
    Unread,
    WorkflowFile,
)
from invent_gitops.operations.project import InvalidDefinitions, find_root, read_project
from invent_gitops.review.codeowners import owners_of
from invent_gitops.review.setup_check import check_setup
from invent_gitops.text.commands import quoted
from invent_gitops.text.mending import CURRENT_REPOSITORY
from invent_gitops.values import Struct

if TYPE_CHECKING:
    from invent_gitops.github.reviews import Reviewing
    from invent_gitops.github.settings import RepositorySettings
    from invent_gitops.scaffold.workflows import Wording

# Where GitHub looks for code owners; the first file counts.
OWNERS_FILES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}")
_CONTENTS = "contents: read"


class CheckedFiles(Struct, frozen=True):
    """The files of the branch: the workflows by path, the owners of each path, and the file that names them."""

    workflows: Mapping[str, str | None] | Unread
    owners: Mapping[str, tuple[str, ...]] | Unread
    owners_file: str = ""


def check_repository(branch: str | None = None) -> SetupCheck:
    """Check the repository of this project, with what is applied from `branch`.

    By default that is the branch of `applies_from`, else the default branch at GitHub. Raises `WrongUsage` without a
    token or a repository, `Unavailable` where GitHub does not answer.
    """
    from invent_gitops.github.repository import Repository
    from invent_gitops.github.rest import Rest, token_of
    from invent_gitops.github.settings import RepositorySettings

    selected = read_project(find_root())
    if selected.problems:
        raise InvalidDefinitions(selected.problems)
    root, project = selected.root, selected.project
    name, host = _repository(root)
    if not name:
        raise WrongUsage(
            "The remote origin names no repository on GitHub.",
            "Set GITHUB_REPOSITORY to OWNER/NAME, or add the remote.",
        )
    token = token_of()
    if not token:
        raise WrongUsage(
            "There is no GITHUB_TOKEN, and without one GitHub shows no settings.",
            "Run: export GITHUB_TOKEN=$(gh auth token)",
        )
    with Rest(_api_url(host), token) as api:
        settings, reviewing = RepositorySettings(api, name), Repository(api, name).reviewing()
        facts = settings.facts()
        applied = branch or project.applies_from or facts.default_branch
        wording = _wording(root, project, applied)
        files = _files(reviewing, applied, wording, _owned(project, wording))
        workflows = files.workflows
        compared: tuple[WorkflowFile, ...] | Unread
        if isinstance(workflows, Unread):
            compared = workflows
        else:
            from invent_gitops.scaffold.comparison import compared as compare
            from invent_gitops.scaffold.comparison import written_with

            wording = written_with(wording, workflows)
            compared = compare(wording, workflows)
        target = setup_target(root, project, wording)
        evidence = SetupEvidence(
            settings.branch_rules(applied),
            settings.environments([environment.name for environment in target.environments]),
            settings.secrets(facts.owner),
            _states(settings, project),
            compared,
            files.owners,
            files.owners_file,
            settings.ruleset_names(),
        )
    return check_setup(target, evidence)


def _repository(root: Path) -> tuple[str, str]:
    """OWNER/NAME and the host: of this run of a workflow, else of the remote origin; "" for an unknown name."""
    from invent_gitops.scaffold.workflows import remote_repository, server_of

    name = os.environ.get("GITHUB_REPOSITORY") or remote_repository(root)
    host = server_of(root)
    host = "github.com" if host in ("", "?", "www.github.com", "ssh.github.com") else host
    return name if _NAME.fullmatch(name) else "", host


def _api_url(host: str) -> str:
    """Return the address of the API. The token of one server must not go to another."""
    address = os.environ.get("GITHUB_API_URL", "")
    if not address and host != "github.com":
        raise WrongUsage(
            f"The repository is on {host}, and GITHUB_API_URL does not say where its API is.",
            f"Set GITHUB_API_URL, for an Enterprise Server to https://{host}/api/v3",
        )
    return address


def _workspaces(project: Project) -> Sequence[Project]:
    return tuple(project.workspaces.values()) if project.workspaces is not None else (project,)


def _wording(root: Path, project: Project, branch: str) -> Wording:
    """Return what `init --github` would write here, as far as nothing else was chosen."""
    from invent_gitops.github.step import prefix
    from invent_gitops.scaffold.workflows import Wording, lets_runs_wait, own_action, server_of

    keys = tuple(dict.fromkeys(workspace.key for workspace in (project.workspaces or {}).values()))
    return Wording(own_action(), branch, prefix(root).removesuffix("/"), False, keys, lets_runs_wait(server_of(root)))


def _owned(project: Project, wording: Wording) -> tuple[str, ...]:
    """Return the paths, from the root of the repository, that hold the rules."""
    below = f"{wording.folder}/" if wording.folder else ""
    catalogues = dict.fromkeys(f"{below}{workspace.segments}" for workspace in _workspaces(project))
    return (f"{below}invent.yaml", *catalogues, ".github/")


def _files(reviewing: Reviewing, branch: str, wording: Wording, owned: Sequence[str]) -> CheckedFiles:
    """Return what is on the branch at GitHub: a checkout may be older, or not pushed."""
    from invent_gitops.github.refusal import NoSuchCommit
    from invent_gitops.github.settings import readable
    from invent_gitops.scaffold.workflows import PUBLISH, TEMPLATES, workflow_path

    # A project can do without the last one, so only the branch says whether it is there.
    paths = [workflow_path(wording, name) for name in (*TEMPLATES, PUBLISH)]

    def read() -> CheckedFiles:
        try:
            commit = reviewing.commit(f"heads/{branch}").id
        except NoSuchCommit:
            # Nothing was pushed yet.
            return CheckedFiles(dict.fromkeys(paths), {})
        workflows = {path: reviewing.file(path, commit) for path in paths}
        for path in OWNERS_FILES:
            text = reviewing.file(path, commit)
            if text is not None:
                return CheckedFiles(workflows, {path: _owners(text, path, workflows) for path in owned}, path)
        return CheckedFiles(workflows, {})

    files = readable(read, _CONTENTS)
    return CheckedFiles(files, files) if isinstance(files, Unread) else files


def _owners(text: str, path: str, workflows: Iterable[str]) -> tuple[str, ...]:
    """Return the owners of a file, or of all that a folder has to keep: its workflows, and who owns what."""
    if not path.endswith("/"):
        return owners_of(text, path)
    others = (f"{path}{name}" for name in ("CODEOWNERS", "workflows/any.yml"))
    kept = [owners_of(text, file) for file in (*others, *(file for file in workflows if file.startswith(path)))]
    return kept[0] if all(kept) else ()


def _states(settings: RepositorySettings, project: Project) -> tuple[StatePlaceEvidence, ...]:
    states: list[StatePlaceEvidence] = []
    for workspace in _workspaces(project):
        state = workspace.state
        if not isinstance(state, BranchPlace):
            states.append(StatePlaceEvidence(workspace.name, "", "", None))
            continue
        rules = settings.branch_rules(state.branch) if state.remote == "origin" else None
        states.append(StatePlaceEvidence(workspace.name, state.branch, state.remote, rules))
    return tuple(states)


def setup_target(root: Path, project: Project, wording: Wording) -> SetupTarget:
    """Return what a repository is checked for. Where nothing says which one it is, `gh` finds that out."""
    from invent_gitops.github.step import repository

    name, host = _repository(root)
    here = Path.cwd().resolve()
    up, way = (os.path.relpath(path, here) for path in (repository(root), root.resolve()))
    return SetupTarget(
        name or CURRENT_REPOSITORY,
        host,
        wording.branch,
        tuple(_job_environment(workspace, wording) for workspace in _workspaces(project)),
        f"Validate {wording.folder_name}".strip(),
        _owned(project, wording),
        _init(wording, "" if way == "." else way),
        "" if up == "." else f"{up}/",
    )


def _job_environment(workspace: Project, wording: Wording) -> JobEnvironment:
    keys = () if wording.sandbox else (workspace.key,)
    return JobEnvironment(wording.environment(workspace.name), keys, workspace.name)


def _init(wording: Wording, way: str) -> str:
    """Return the command that writes the workflows with the same choices; `way` leads to the project's folder."""
    pinned = re.fullmatch(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+@[0-9a-f]{40}", wording.action)
    return "".join(
        (
            "invent-gitops",
            f" -C {quoted(way)}" if way else "",
            f" init --github --branch {quoted(wording.branch)}",
            f" --action {wording.action}" if pinned else "",
            " --sandbox" if wording.sandbox else "",
            "" if wording.queue else " --no-queue",
            f" --publish {wording.publish}" if wording.publish else "",
        )
    )
