"""What GitHub shows of the settings of a repository: its rules, environments and secrets, each read to its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from invent_gitops.errors import Unavailable
from invent_gitops.github.branch_rules import merged, rules_of_protection, rules_of_rulesets
from invent_gitops.github.refusal import LATER, Forbidden, NotVisible
from invent_gitops.github.rest import Rest
from invent_gitops.model.setup import AllowedRef, BranchRules, Environment, SecretOwner, Unread
from invent_gitops.values import Struct

Answer = TypeVar("Answer")
# GitHub says the same status of a branch without protection and to a token that may not know.
_UNPROTECTED = ("Branch not protected", "Branch not found")
_NOT_IN_PLAN = "Upgrade to GitHub"
_ACTIONS, _SECRETS, _ENVIRONMENTS = "actions: read", "secrets: read", "environments: read"


class RepositoryFacts(Struct, frozen=True):
    """The default branch of a repository, and whether an organization owns it."""

    default_branch: str
    owner: Literal["Organization", "User"]


class RepositorySettings:
    """The settings of one repository, `name` is OWNER/NAME. What the token may not read is `Unread`.

    Raises `Unavailable` where GitHub cannot be reached, or answers with something else.
    """

    def __init__(self, api: Rest, name: str) -> None:
        self._api, self._path = api, f"/repos/{name}"

    def facts(self) -> RepositoryFacts:
        """Raise `NotVisible` where the token does not see the repository at all."""
        content, _ = self._api.get(self._path)
        try:
            branch, kind = content["default_branch"], content["owner"]["type"]
            if not isinstance(branch, str) or not branch:
                raise ValueError
        except (KeyError, TypeError, ValueError):
            raise Unavailable("GitHub's answer is not a repository.", LATER) from None
        return RepositoryFacts(branch, "Organization" if kind == "Organization" else "User")

    def ruleset_names(self) -> frozenset[str]:
        """Return the names in use; none where GitHub does not show them."""
        names = readable(lambda: self._names(f"{self._path}/rulesets"), "metadata: read")
        return frozenset() if isinstance(names, Unread) else names

    def branch_rules(self, branch: str) -> BranchRules:
        """Return what rulesets and the protection of a branch ask for, together."""
        coded = quote(branch, safe="")
        rules = readable(lambda: self._entries(f"{self._path}/rules/branches/{coded}"), "metadata: read")
        protection = readable(lambda: self._protection(coded), "administration: read")
        parts = [
            BranchRules(branch, unread=(rules,)) if isinstance(rules, Unread) else rules_of_rulesets(branch, rules),
            BranchRules(branch, unread=(protection,))
            if isinstance(protection, Unread)
            else rules_of_protection(branch, protection),
        ]
        return merged(*parts)

    def _protection(self, coded_branch: str) -> Mapping[str, Any]:
        """Return the protection of a branch, empty without any."""
        try:
            content, _ = self._api.get(f"{self._path}/branches/{coded_branch}/protection")
        except NotVisible as error:
            if any(message in error.message for message in _UNPROTECTED):
                return {}
            raise
        if not isinstance(content, dict):
            raise Unavailable("GitHub's answer is not the protection of a branch.", LATER)
        return content

    def environments(self, names: Iterable[str]) -> Mapping[str, Environment | None] | Unread:
        """Return every environment, and None for one of `names` that the list of all does not have.

        GitHub does not tell names apart by case.
        """
        every = readable(lambda: self._entries(f"{self._path}/environments", "environments"), _ACTIONS)
        if isinstance(every, Unread):
            return every
        entries = {str(entry.get("name")).casefold(): entry for entry in every}
        spelled = {name.casefold(): name for name in names}
        others = {folded: str(entry.get("name")) for folded, entry in entries.items() if folded not in spelled}
        return {
            name: self._environment(name, entries[folded]) if folded in entries else None
            for folded, name in (spelled | others).items()
        }

    def _environment(self, name: str, entry: Mapping[str, Any]) -> Environment:
        path = f"{self._path}/environments/{quote(name, safe='')}"
        secrets = readable(lambda: self._names(f"{path}/secrets", "secrets"), _ENVIRONMENTS)
        policy = entry.get("deployment_branch_policy")
        settings = _kept_settings(entry.get("protection_rules"))
        if policy is None:
            return Environment("any", (), secrets, settings)
        if not isinstance(policy, dict) or policy.get("custom_branch_policies") is not True:
            return Environment("protected", (), secrets, settings)
        allowed = readable(lambda: self._allowed(f"{path}/deployment-branch-policies"), _ACTIONS)
        return Environment("listed", allowed, secrets, settings)

    def _allowed(self, path: str) -> tuple[AllowedRef, ...]:
        try:
            return tuple(
                AllowedRef(int(entry["id"]), str(entry.get("type") or "branch"), str(entry["name"]))
                for entry in self._entries(path, "branch_policies")
            )
        except (KeyError, TypeError, ValueError):
            raise Unavailable("GitHub's answer is not a list of branches.", LATER) from None

    def secrets(self, owner: Literal["Organization", "User"]) -> Mapping[str, SecretOwner] | Unread:
        """Return the names of the secrets that every workflow of the repository can read."""
        own = readable(lambda: self._names(f"{self._path}/actions/secrets", "secrets"), _SECRETS)
        if isinstance(own, Unread):
            return own
        shared: frozenset[str] | Unread = frozenset()
        if owner == "Organization":
            shared = readable(lambda: self._names(f"{self._path}/actions/organization-secrets", "secrets"), _SECRETS)
        if isinstance(shared, Unread):
            return shared
        of_organization: dict[str, SecretOwner] = dict.fromkeys(shared, "organization")
        return of_organization | dict.fromkeys(own, "repository")

    def _entries(self, path: str, member: str = "") -> list[Mapping[str, Any]]:
        return [entry for page in self._api.pages(path, member=member) for entry in page]

    def _names(self, path: str, member: str = "") -> frozenset[str]:
        return frozenset(str(entry.get("name")) for entry in self._entries(path, member))


def readable(read: Callable[[], Answer], permission: str) -> Answer | Unread:
    """Return what `read` returns, or why GitHub does not show it and which permission it needs."""
    try:
        return read()
    except (Forbidden, NotVisible) as error:
        # What the plan of the account does not have, no permission brings.
        return Unread(error.message, "" if _NOT_IN_PLAN in error.message else permission)


def _kept_settings(rules: object) -> str:
    """Return the options of `gh api` that keep the wait and the reviewers of an environment, which a PUT would take
    away.
    """
    options: list[str] = []
    for rule in rules if isinstance(rules, list) else []:
        if not isinstance(rule, dict):
            continue
        wait = rule.get("wait_timer")
        if rule.get("type") == "wait_timer" and isinstance(wait, int):
            options.append(f"-F wait_timer={wait:d}")
        if rule.get("type") == "required_reviewers":
            options += _reviewers(rule.get("reviewers") or [])
            options += ["-F prevent_self_review=true"] if rule.get("prevent_self_review") is True else []
    return "".join(f" {option}" for option in options)


def _reviewers(reviewers: Iterable[Any]) -> list[str]:
    options: list[str] = []
    for entry in reviewers:
        try:
            kind, id = str(entry["type"]), int(entry["reviewer"]["id"])
        except (KeyError, TypeError, ValueError):
            raise Unavailable("GitHub's answer is not reviewers.", LATER) from None
        options += [f"-f 'reviewers[][type]={'Team' if kind == 'Team' else 'User'}'", f"-F 'reviewers[][id]={id:d}'"]
    return options
