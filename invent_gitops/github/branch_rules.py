"""Reads what GitHub's rulesets and its older branch protection ask for of one branch, as the same value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from invent_gitops.model.setup import BranchRules, Bypass, Obstacle
from invent_gitops.values import replace

# What would stop the pushes of apply to the branch of a state.
_OBSTACLES = frozenset(
    [
        "creation",
        "update",
        "commit_message_pattern",
        "commit_author_email_pattern",
        "committer_email_pattern",
        "file_path_restriction",
        "pull_request",
        "required_status_checks",
        "required_deployments",
        "required_signatures",
        "merge_queue",
        "workflows",
        "code_scanning",
    ]
)
# The parts of branch protection that do the same, by the name of the rule.
_PROTECTION_OBSTACLES = {
    "required_pull_request_reviews": "pull_request",
    "required_status_checks": "required_status_checks",
    "required_signatures": "required_signatures",
    "restrictions": "restrictions",
    "lock_branch": "lock_branch",
}


def rules_of_rulesets(branch: str, rules: Iterable[Mapping[str, Any]]) -> BranchRules:
    """Return the rules in force for a branch, at whatever level they are made."""
    return merged(BranchRules(branch), *(_rule(branch, rule) for rule in rules))


def _rule(branch: str, rule: Mapping[str, Any]) -> BranchRules:
    kind, parameters = str(rule.get("type")), _mapping(rule.get("parameters"))
    ruleset, of_organization = _count(rule.get("ruleset_id")), rule.get("ruleset_source_type") == "Organization"
    obstacles = (Obstacle(kind, ruleset, of_organization),) if kind in _OBSTACLES else ()
    return BranchRules(
        branch,
        approvals=_count(parameters.get("required_approving_review_count")) if kind == "pull_request" else 0,
        dismisses_stale=kind == "pull_request" and parameters.get("dismiss_stale_reviews_on_push") is True,
        asks_owners=kind == "pull_request" and parameters.get("require_code_owner_review") is True,
        checks=_contexts(parameters.get("required_status_checks")) if kind == "required_status_checks" else frozenset(),
        strict=kind == "required_status_checks" and parameters.get("strict_required_status_checks_policy") is True,
        keeps_branch=kind == "deletion",
        keeps_commits=kind == "non_fast_forward",
        obstacles=obstacles,
    )


def rules_of_protection(branch: str, protection: Mapping[str, Any]) -> BranchRules:
    """Return the protection of a branch; an empty one asks for nothing."""
    if not protection:
        return BranchRules(branch)
    reviews = _mapping(protection.get("required_pull_request_reviews"))
    checks = _mapping(protection.get("required_status_checks"))
    names = frozenset(name for name in checks.get("contexts") or () if isinstance(name, str))
    obstacles = tuple(
        Obstacle(kind, protection=part)
        for part, kind in _PROTECTION_OBSTACLES.items()
        if _is_on(protection.get(part)) and not _lets_actions_push(protection[part])
    )
    return BranchRules(
        branch,
        approvals=_count(reviews.get("required_approving_review_count")),
        dismisses_stale=reviews.get("dismiss_stale_reviews") is True,
        asks_owners=reviews.get("require_code_owner_reviews") is True,
        bypass=_bypass(protection, reviews),
        checks=names | _contexts(checks.get("checks")),
        strict=checks.get("strict") is True,
        keeps_branch=not _is_on(protection.get("allow_deletions")),
        keeps_commits=not _is_on(protection.get("allow_force_pushes")),
        obstacles=obstacles,
    )


def merged(*parts: BranchRules) -> BranchRules:
    """Return what rules ask for together: each of them is in force, so the strictest counts."""
    rules = parts[0]
    for part in parts[1:]:
        rules = replace(
            rules,
            approvals=max(rules.approvals, part.approvals),
            dismisses_stale=rules.dismisses_stale or part.dismisses_stale,
            asks_owners=rules.asks_owners or part.asks_owners,
            checks=rules.checks | part.checks,
            strict=rules.strict or part.strict,
            keeps_branch=rules.keeps_branch or part.keeps_branch,
            keeps_commits=rules.keeps_commits or part.keeps_commits,
            obstacles=rules.obstacles + part.obstacles,
            bypass=_merged_bypass(rules, part),
            unread=rules.unread + part.unread,
        )
    return rules


def _bypass(protection: Mapping[str, Any], reviews: Mapping[str, Any]) -> tuple[Bypass, ...]:
    """Return who may merge without an approval; administrators may where nothing says that they may not."""
    if not reviews:
        return ()
    allowances = _mapping(reviews.get("bypass_pull_request_allowances"))
    free: tuple[Bypass, ...] = () if _is_on(protection.get("enforce_admins")) else ("administrators",)
    return (*free, *(("list",) if any(allowances.values()) else ()))


def _merged_bypass(*parts: BranchRules) -> tuple[Bypass, ...]:
    """Return who may bypass the approvals of every part that asks for some: one that nobody may bypass is enough."""
    asking = [part for part in parts if part.approvals]
    if not all(part.bypass for part in asking):
        return ()
    return tuple(dict.fromkeys(bypass for part in asking for bypass in part.bypass))


def _contexts(checks: object) -> frozenset[str]:
    entries = checks if isinstance(checks, list) else []
    return frozenset(str(entry.get("context")) for entry in entries if isinstance(entry, dict))


def _is_on(part: object) -> bool:
    """Return whether a part of a protection is in force: a switch says it, and any other part by being there."""
    return isinstance(part, dict) and part.get("enabled") is not False


def _lets_actions_push(part: Mapping[str, Any]) -> bool:
    """Return whether a list of those who may push names GitHub Actions, in whose name apply pushes."""
    apps = part.get("apps")
    return isinstance(apps, list) and any(isinstance(app, dict) and app.get("slug") == "github-actions" for app in apps)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
