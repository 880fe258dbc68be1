"""The commands that mend the set-up of a repository on GitHub; each is one line of a POSIX shell."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import quote

from invent_gitops.model.setup import AllowedRef, Bypass, Environment, Obstacle, SetupTarget
from invent_gitops.text.commands import quoted

# What `gh api` itself puts the repository of the current folder in place of.
CURRENT_REPOSITORY = "{owner}/{repo}"
PULL_REQUEST, CHECKS = "pull_request", "required_status_checks"


def review_rule(*, stale: bool, owners: bool) -> Mapping[str, object]:
    """Return a rule that asks for one approval."""
    return {
        "type": PULL_REQUEST,
        "parameters": {
            "required_approving_review_count": 1,
            "dismiss_stale_reviews_on_push": stale,
            "require_code_owner_review": owners,
            "require_last_push_approval": False,
            "required_review_thread_resolution": False,
        },
    }


def check_rule(check: str) -> Mapping[str, object]:
    """Return a rule that asks for a check of the newest code."""
    return {
        "type": CHECKS,
        "parameters": {
            "required_status_checks": [{"context": check}],
            "strict_required_status_checks_policy": True,
        },
    }


def new_ruleset(
    target: SetupTarget, branch: str, rules: Sequence[Mapping[str, object]], used_names: Collection[str]
) -> str:
    """Make a ruleset for one branch, under a name that is not used. Rulesets add up, so none gets weaker by it."""
    name, number = f"invent-gitops: {branch}", 1
    while name in used_names:
        number += 1
        name = f"invent-gitops: {branch} ({number})"
    body = {
        "name": name,
        "target": "branch",
        "enforcement": "active",
        "conditions": {"ref_name": {"include": [f"refs/heads/{branch}"], "exclude": []}},
        "rules": list(rules),
    }
    return f"printf '%s' {quoted(json.dumps(body))} | {_api(target, 'POST', 'rulesets')} --input -"


def enabled_pages(target: SetupTarget) -> str:
    """Let GitHub Pages take its site from a workflow."""
    return f"{_api(target, 'POST', 'pages')} -f build_type=workflow"


def restricted_environment(target: SetupTarget, name: str, environment: Environment | None) -> tuple[str, ...]:
    """Make the environment for the branch that is applied, or restrict it; its reviewers and its wait stay."""
    path = f"environments/{name}"
    listed = environment.allowed if environment and environment.policy == "listed" else None
    allowed = listed if isinstance(listed, tuple) else ()
    commands: list[str] = []
    if listed is None:
        commands.append(
            f"{_api(target, 'PUT', path)}{environment.settings if environment else ''}"
            " -F 'deployment_branch_policy[protected_branches]=false'"
            " -F 'deployment_branch_policy[custom_branch_policies]=true'"
        )
    if not any(is_branch(ref, target.branch) for ref in allowed):
        added = f"{_api(target, 'POST', f'{path}/deployment-branch-policies')} -f {quoted(f'name={target.branch}')}"
        commands.append(f"{added} -f type=branch")
    commands += [
        _api(target, "DELETE", f"{path}/deployment-branch-policies/{ref.id}")
        for ref in allowed
        if not is_branch(ref, target.branch)
    ]
    return tuple(commands)


def is_branch(ref: AllowedRef, branch: str) -> bool:
    """Return whether an entry of an environment's list is that branch and nothing else."""
    return (ref.kind, ref.name) == ("branch", branch)


def clear_obstacle(target: SetupTarget, branch: str, obstacle: Obstacle) -> str:
    """Show the ruleset that is in the way, to take the branch out of it; or take a part of the protection away."""
    if obstacle.protection == "lock_branch":
        # No route of the API unlocks a branch and keeps the rest of its protection.
        return f"gh browse --settings{_repository(target)}"
    if obstacle.protection:
        return _api(target, "DELETE", f"branches/{quote(branch, safe='')}/protection/{obstacle.protection}")
    scope = f" --org {target.repository.partition('/')[0]}" if obstacle.of_organization else ""
    return f"gh ruleset view {obstacle.ruleset:d}{scope or _repository(target)} --web"


def close_bypass(target: SetupTarget, branch: str, bypass: Collection[Bypass]) -> tuple[str, ...]:
    """Let nobody merge without an approval: neither administrators nor those on the bypass list of the protection."""
    protection = f"branches/{quote(branch, safe='')}/protection"
    nobody = '{"bypass_pull_request_allowances": {"users": [], "teams": [], "apps": []}}'
    emptied = _api(target, "PATCH", f"{protection}/required_pull_request_reviews")
    return (
        *([_api(target, "POST", f"{protection}/enforce_admins")] if "administrators" in bypass else []),
        *([f"printf '%s' {quoted(nobody)} | {emptied} --input -"] if "list" in bypass else []),
    )


def set_secret(target: SetupTarget, environment: str, key: str) -> str:
    return f"gh secret set {key} --env {environment}{_repository(target)}"


def delete_secret(target: SetupTarget, key: str, environment: str = "") -> str:
    """Delete a secret of an environment, or that of the repository, which one in an environment replaces."""
    return f"gh secret delete {key}{f' --env {environment}' if environment else ''}{_repository(target)}"


def add_owner(target: SetupTarget, file: str, line: str) -> str:
    path = f"{target.up}{file}"
    return f"echo {quoted(line)} >> {quoted(path)}"


def rewrite_workflow(target: SetupTarget, path: str, *, present: bool) -> tuple[str, ...]:
    removal = (f"rm {quoted(target.up + path)}",) if present else ()
    return (*removal, target.init)


def _api(target: SetupTarget, method: str, path: str) -> str:
    host = "" if target.host == "github.com" else f" --hostname {quoted(target.host)}"
    return f"gh api{host} -X {method} {quoted(f'repos/{target.repository}/{path}')}"


def _repository(target: SetupTarget) -> str:
    """Return the option that names the repository; "" for that of the current folder."""
    host = "" if target.host == "github.com" else f"{target.host}/"
    return "" if target.repository == CURRENT_REPOSITORY else f" --repo {host}{target.repository}"
