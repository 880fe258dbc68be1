"""Reads who has to approve from the base branch, so that a pull request cannot lower it for itself."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from invent_gitops.errors import InventGitopsError, Refused
from invent_gitops.github import step
from invent_gitops.model.pull_request import WorkflowEvent
from invent_gitops.model.review import BaseRule
from invent_gitops.operations.project import PROJECT_FILE, open_catalogue, read_project
from invent_gitops.plan.approval import BY_HAND

if TYPE_CHECKING:
    from invent_gitops.github.reviews import Reviewing
    from invent_gitops.model.project import Project

_CURE = f"Run the job of the push again, which knows where the branch was before it. Otherwise: {BY_HAND}"


def rules_before(reviewing: Reviewing, event: WorkflowEvent, name: str) -> list[BaseRule]:
    """Return the rules of the base branch before what a run is about; each of them has to be kept.

    `name` is the workspace or "". Raises `Refused` where nobody knows where the branch was before.
    """
    rules: list[BaseRule] = []
    for commit in bases(reviewing, event):
        rule = rule_at(reviewing, commit, name)
        if all((rule.rule, rule.contacts) != (other.rule, other.contacts) for other in rules):
            rules.append(rule)
    return rules


def bases(reviewing: Reviewing, event: WorkflowEvent) -> list[str]:
    """Return the commits that the branch was at before; none for the first commit of all.

    The event of a push says it. For any other run, GitHub's list of activities does: one for each time that the branch
    came to this commit. The parents of the commit do not say it, since whoever writes a commit chooses its parents, and
    a merge queue pushes several pull requests at once. Raises `Refused` where GitHub does not say it.
    """
    if event.before:
        return [event.before]
    if not reviewing.commit(event.commit).parents:
        return []
    pushes = reviewing.pushes(event.branch, event.commit)
    if not pushes or not all(push.before for push in pushes):
        branch = event.branch or "the branch"
        raise Refused(
            f"GitHub does not say where {branch} was before the commit {event.commit[:7]} was pushed, so nobody knows "
            "who has to approve.",
            _CURE,
        )
    return list(dict.fromkeys(push.before for push in pushes))


def rule_at(reviewing: Reviewing, commit: str, name: str) -> BaseRule:
    """Return the rule in the project file as of a commit; of several workspaces, `name` says whose contacts count.

    The project file is looked for upwards from the current folder, as of that commit: one that a pull request moves
    or deletes is found where it was. Raises `Refused` where it says who approves and is not valid.
    """
    folder = PurePosixPath(step.prefix(Path()))
    for parent in (folder, *folder.parents):
        path = (parent / PROJECT_FILE).as_posix()
        text = reviewing.file(path, commit)
        if text is not None:
            return _read(reviewing, commit, parent, text, name)
    return BaseRule(commit, None)


def _read(reviewing: Reviewing, commit: str, folder: PurePosixPath, text: str, name: str) -> BaseRule:
    with tempfile.TemporaryDirectory(prefix="invent-gitops-") as scratch:
        root = Path(scratch)
        (root / PROJECT_FILE).write_text(text, encoding="utf-8", newline="")
        try:
            selected = read_project(root)
        except InventGitopsError as error:
            raise _unreadable(commit, error.message) from None
        # With a backslash the name may be spelled otherwise. What is wrong elsewhere asks for nobody.
        if selected.problems and ("review" in text or "\\" in text):
            raise _unreadable(commit, selected.problems[0].message)
        if selected.project.review is None:
            return BaseRule(commit, None)
        project = (selected.project.workspaces or {}).get(name, selected.project)
        return BaseRule(commit, project.review, _contacts(reviewing, commit, folder, project, root))


def _contacts(
    reviewing: Reviewing, commit: str, folder: PurePosixPath, project: Project, root: Path
) -> dict[str, int | None]:
    """Return the contacts of the segments by id, as the catalogue had them; none where it cannot be read."""
    if not project.review or not project.review.over:
        return {}
    text = reviewing.file((folder / project.segments).as_posix(), commit)
    if text is None:
        return {}
    path = root / project.segments
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    catalogue, problems = open_catalogue(root, path, needed=False)
    if catalogue is None or problems:
        return {}
    return {id: segment.contacts for id, segment in catalogue.by_id().items()}


def _unreadable(commit: str, reason: str) -> Refused:
    return Refused(
        f"{PROJECT_FILE} of the base branch, at {commit[:7]}, cannot be read, so nobody knows who has to approve: "
        f"{reason}",
        "Repair it in a pull request that creates nothing, and merge that first.",
    )
