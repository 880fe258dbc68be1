"""Decides from what GitHub shows of a repository which points of its set-up are well, missing, loose or not known."""

from __future__ import annotations

from invent_gitops.errors import ExitCode
from invent_gitops.model.setup import (
    Environment,
    SetupCheck,
    SetupEvidence,
    SetupPoint,
    SetupTarget,
    Unread,
    WorkflowFile,
)
from invent_gitops.review.codeowners import PLACEHOLDER
from invent_gitops.review.setup_rules import cannot_tell, main_points, state_points
from invent_gitops.text.mending import (
    add_owner,
    delete_secret,
    is_branch,
    restricted_environment,
    rewrite_workflow,
    set_secret,
)
from invent_gitops.text.quoting import listing, quote

OWNERS_FILE = ".github/CODEOWNERS"


def check_setup(target: SetupTarget, evidence: SetupEvidence) -> SetupCheck:
    """Every point, in the order in which they are mended best: what needs a review comes after the rest."""
    workflows = evidence.workflows
    pushed = isinstance(workflows, Unread) or any(file.present for file in workflows)
    points = [
        *(point for state in evidence.states for point in state_points(target, state, evidence.rulesets)),
        *_workflow_points(target, workflows),
        *_owner_points(target, evidence),
        *_environment_points(target, evidence.environment),
        *(_secret_point(target, key, evidence) for key in target.keys),
        *main_points(target, evidence.main, evidence.rulesets, pushed=pushed),
    ]
    return SetupCheck(target.repository, target.branch, tuple(points))


def exit_code_of(check: SetupCheck) -> ExitCode:
    """5 if something is missing or loose, else 6 if something is not known, else 0."""
    if check.of("missing", "loose"):
        return ExitCode.REFUSED
    return ExitCode.UNAVAILABLE if check.of("unknown") else ExitCode.DONE


def _environment_points(target: SetupTarget, environment: Environment | Unread | None) -> list[SetupPoint]:
    name, branch = target.environment, target.branch
    exists, restricted = f"The environment {name} exists", f"Only {branch} may use the environment {name}"
    keeps = "It keeps the API key from every other workflow and from pull requests."
    reason = "A workflow on any other branch could read the API key, and create broadcasts that nobody reviewed."
    if isinstance(environment, Unread):
        detail = cannot_tell(environment)
        return [
            SetupPoint("environment", "unknown", exists, detail, keeps),
            SetupPoint("environment-branch", "unknown", restricted, detail, reason),
        ]
    commands = restricted_environment(target, environment)
    if environment is None:
        return [
            SetupPoint("environment", "missing", exists, "There is no environment of this name.", keeps, commands),
            SetupPoint("environment-branch", "missing", restricted, "", reason, commands),
        ]
    first = SetupPoint("environment", "ok", exists, "", keeps)
    if environment.policy == "listed" and isinstance(environment.allowed, Unread):
        detail = cannot_tell(environment.allowed)
        return [first, SetupPoint("environment-branch", "unknown", restricted, detail, reason)]
    if not commands:
        return [first, SetupPoint("environment-branch", "ok", restricted, "", reason)]
    return [
        first,
        SetupPoint("environment-branch", "loose", restricted, _who_may_use(environment, branch), reason, commands),
    ]


def _who_may_use(environment: Environment, branch: str) -> str:
    if environment.policy == "any":
        return "Every branch may use it."
    if environment.policy == "protected":
        return "Every protected branch may use it."
    allowed = environment.allowed if isinstance(environment.allowed, tuple) else ()
    others = [f"{ref.kind} {ref.name}" for ref in allowed if not is_branch(ref, branch)]
    listed = any(is_branch(ref, branch) for ref in allowed)
    parts = ([] if listed else [f"{branch} may not use it."]) + ([f"Others may: {listing(others)}."] if others else [])
    return " ".join(parts)


def _secret_point(target: SetupTarget, key: str, evidence: SetupEvidence) -> SetupPoint:
    title = f"The secret {key} is in the environment {target.environment}"
    reason = "Without the key apply stops; a key of the repository can be read by every workflow of every branch."
    environment = evidence.environment
    inside = environment.secrets if isinstance(environment, Environment) else environment or frozenset[str]()
    wide = evidence.secrets
    set_it, delete_it = set_secret(target, key), delete_secret(target, key)

    def point(state: str, detail: str, *commands: str) -> SetupPoint:
        return SetupPoint(f"secret:{key}", state, title, detail, reason, commands)  # type: ignore[arg-type]  # a literal

    if not isinstance(wide, Unread) and key in wide:
        has_own = not isinstance(inside, Unread) and key in inside
        detail = f"The {wide[key]} has {'one of this name too' if has_own else 'it'}."
        set_first = () if has_own else (set_it,)
        if wide[key] == "repository":
            return point("loose", detail, *set_first, delete_it)
        return point("loose", f"{detail} An owner of it can take this repository off its list.", *set_first)
    if isinstance(inside, Unread):
        return point("unknown", cannot_tell(inside))
    if key in inside:
        return point("unknown", cannot_tell(wide)) if isinstance(wide, Unread) else point("ok", "")
    if isinstance(wide, Unread):
        return point("missing", "The environment has no such secret.", set_it)
    return point("missing", "There is no such secret.", set_it)


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
            detail = f"It differs from line {file.line} on. What you changed on purpose is lost if you write it anew."
            points.append(SetupPoint(id, "loose", title, detail, reason, commands))
        elif file.unpinned:
            detail = f"It installs {quote(file.unpinned)}, which is not pinned to a full commit."
            points.append(SetupPoint(id, "loose", title, detail, reason, commands))
        else:
            points.append(SetupPoint(id, "ok", title, "", reason))
    return points


def _owner_points(target: SetupTarget, evidence: SetupEvidence) -> list[SetupPoint]:
    reason = "Whoever changes it can make the rules weaker, or send to other people."
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
