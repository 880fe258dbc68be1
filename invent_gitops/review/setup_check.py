"""Decides from what GitHub shows of a repository which points of its set-up are well, missing, loose or not known."""

from __future__ import annotations

from invent_gitops.errors import ExitCode
from invent_gitops.model.setup import SetupCheck, SetupEvidence, SetupPoint, SetupTarget, Unread, WorkflowFile
from invent_gitops.review.codeowners import PLACEHOLDER
from invent_gitops.review.setup_environments import environment_points
from invent_gitops.review.setup_rules import cannot_tell, main_points, state_points
from invent_gitops.text.mending import add_owner, rewrite_workflow
from invent_gitops.text.quoting import quote

OWNERS_FILE = ".github/CODEOWNERS"


def check_setup(target: SetupTarget, evidence: SetupEvidence) -> SetupCheck:
    """Return every point, in the order in which they are mended best: what needs a review comes after the rest."""
    workflows = evidence.workflows
    pushed = isinstance(workflows, Unread) or any(file.present for file in workflows)
    points = [
        *(point for state in evidence.states for point in state_points(target, state, evidence.rulesets)),
        *_workflow_points(target, workflows),
        *_owner_points(target, evidence),
        *environment_points(target, evidence),
        *main_points(target, evidence.main, evidence.rulesets, pushed=pushed),
    ]
    return SetupCheck(target.repository, target.branch, tuple(points))


def exit_code_of(check: SetupCheck) -> ExitCode:
    """5 if something is missing or loose, else 6 if something is not known, else 0."""
    if check.of("missing", "loose"):
        return ExitCode.REFUSED
    return ExitCode.UNAVAILABLE if check.of("unknown") else ExitCode.DONE


def _workflow_points(target: SetupTarget, workflows: tuple[WorkflowFile, ...] | Unread) -> list[SetupPoint]:
    reason = "The promises of this version hold for the workflows that it writes."
    if isinstance(workflows, Unread):
        title = f"The workflows on {target.branch} are as this version writes them"
        return [SetupPoint("workflows", "unknown", title, cannot_tell(workflows), reason)]
    points: list[SetupPoint] = []
    for file in workflows:
        id, title = f"workflow:{file.path}", f"{file.path} is as this version writes it"
        commands = rewrite_workflow(target, file.path, present=file.present)
        if not file.present:
            points.append(SetupPoint(id, "missing", title, f"It is not on {target.branch}.", reason, commands))
        elif file.line:
            detail = f"It differs from line {file.line} on. If you write it anew, your own changes are lost."
            points.append(SetupPoint(id, "loose", title, detail, reason, commands))
        elif file.unpinned:
            detail = f"It installs {quote(file.unpinned)}, which is not pinned to a full commit."
            points.append(SetupPoint(id, "loose", title, detail, reason, commands))
        else:
            points.append(SetupPoint(id, "ok", title, "", reason))
    return points


def _owner_points(target: SetupTarget, evidence: SetupEvidence) -> list[SetupPoint]:
    reason = "A person who changes it can make the rules weaker, or send to other people."
    if isinstance(evidence.owners, Unread):
        detail = cannot_tell(evidence.owners)
        return [SetupPoint("owners", "unknown", "The rules have code owners", detail, reason)]
    file = evidence.owners_file or OWNERS_FILE
    points: list[SetupPoint] = []
    for path in target.owned:
        id, title = f"owners:{path}", f"{path} has code owners"
        if evidence.owners.get(path):
            points.append(SetupPoint(id, "ok", title, "", reason))
            continue
        detail = f"Put a person or a team in place of {PLACEHOLDER}, then commit and merge it."
        if not evidence.owners_file:
            detail = f"There is no {file} on {target.branch}. {detail}"
        command = add_owner(target, file, f"/{path} {PLACEHOLDER}")
        points.append(SetupPoint(id, "missing", title, detail, reason, (command,)))
    return points
