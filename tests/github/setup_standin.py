"""The stand-in for GitHub with the settings of its repository: rules, environments, secrets, and who may read them.

    with standing_in(SetupStandIn) as hub:
        hub.rulesets, hub.protections, hub.environments  # what is so, for a test to arrange and to look at
        hub.denied.add("secrets")  # what the token may not read

What `gh` would write is served, too, so that printed commands can be tried.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from tests.github.standin import REPOSITORY, Reply, Seen, StandIn

ABSENT: Reply = (404, {"message": "Not Found"}, {})
FORBIDDEN: Reply = (403, {"message": "Resource not accessible by personal access token"}, {})
_REPO = re.escape(f"/repos/{REPOSITORY}")


class SetupStandIn(StandIn):
    """A repository whose token may read and change everything but what is in `denied`."""

    def __init__(self) -> None:
        super().__init__()
        self.default_branch, self.owner = "main", "Organization"
        # Each with an id, a name, its rules and the refs that they are for.
        self.rulesets: list[dict[str, Any]] = []
        self.protections: dict[str, dict[str, Any]] = {}
        self.environments: dict[str, dict[str, Any]] = {}
        self.policies: dict[str, list[dict[str, Any]]] = {}
        self.environment_secrets: dict[str, set[str]] = {}
        self.secrets: set[str] = set()
        self.shared_secrets: set[str] = set()
        # facts, rules, protection, environments, policies, environment-secrets, secrets, contents
        self.denied: set[str] = set()
        self.number = 40
        environment = rf"{_REPO}/environments/([\w.%-]+)"
        self.more_routes = {
            rf"GET {_REPO}": SetupStandIn._facts,
            rf"GET {_REPO}/contents/([\w.%-]+)": SetupStandIn._read_content,
            rf"GET {_REPO}/rulesets": SetupStandIn._list_rulesets,
            rf"POST {_REPO}/rulesets": SetupStandIn._post_ruleset,
            rf"GET {_REPO}/rules/branches/([\w.%-]+)": SetupStandIn._branch_rules,
            rf"GET {_REPO}/branches/([\w.%-]+)/protection": SetupStandIn._protection,
            rf"DELETE {_REPO}/branches/([\w.%-]+)/protection/(\w+)": SetupStandIn._delete_protection,
            rf"POST {_REPO}/branches/([\w.%-]+)/protection/enforce_admins": SetupStandIn._enforce_admins,
            rf"PATCH {_REPO}/branches/([\w.%-]+)/protection/(\w+)": SetupStandIn._patch_protection,
            rf"GET {_REPO}/environments": SetupStandIn._list_environments,
            rf"PUT {environment}": SetupStandIn._put_environment,
            rf"GET {environment}/deployment-branch-policies": SetupStandIn._list_policies,
            rf"POST {environment}/deployment-branch-policies": SetupStandIn._post_policy,
            rf"DELETE {environment}/deployment-branch-policies/(\d+)": SetupStandIn._delete_policy,
            rf"GET {environment}/secrets": SetupStandIn._list_environment_secrets,
            rf"GET {_REPO}/actions/secrets": SetupStandIn._list_secrets,
            rf"GET {_REPO}/actions/organization-secrets": SetupStandIn._list_shared,
        }

    def _facts(self, seen: Seen) -> Reply:
        if "facts" in self.denied:
            return ABSENT
        return 200, {"default_branch": self.default_branch, "owner": {"type": self.owner}}, {}

    def _list_rulesets(self, seen: Seen) -> Reply:
        return self._page(seen, [{"id": one["id"], "name": one["name"]} for one in self.rulesets])

    def add_ruleset(self, branch: str, *rules: dict[str, Any], source: str = "Repository") -> None:
        self.number += 1
        ruleset = {"id": self.number, "name": f"Rules {self.number}", "refs": [f"refs/heads/{branch}"]}
        self.rulesets.append({**ruleset, "rules": list(rules), "source": source})

    def _post_ruleset(self, seen: Seen) -> Reply:
        body = seen.body
        if any(one["name"] == body["name"] for one in self.rulesets):
            return 422, {"message": "Validation Failed: Name must be unique"}, {}
        assert (body["target"], body["enforcement"]) == ("branch", "active")
        self.number += 1
        refs = body["conditions"]["ref_name"]["include"]
        ruleset = {
            "id": self.number,
            "name": body["name"],
            "refs": refs,
            "rules": body["rules"],
            "source": "Repository",
        }
        self.rulesets.append(ruleset)
        return 201, ruleset, {}

    def _branch_rules(self, seen: Seen, branch: str) -> Reply:
        if "rules" in self.denied:
            return FORBIDDEN
        rules = [
            {**rule, "ruleset_id": one["id"], "ruleset_source_type": one["source"]}
            for one in self.rulesets
            if f"refs/heads/{unquote(branch)}" in one["refs"]
            for rule in one["rules"]
        ]
        return self._page(seen, rules)

    def _protection(self, seen: Seen, branch: str) -> Reply:
        if "protection" in self.denied:
            return ABSENT
        protection = self.protections.get(unquote(branch))
        return (200, protection, {}) if protection else (404, {"message": "Branch not protected"}, {})

    def _delete_protection(self, seen: Seen, branch: str, part: str) -> Reply:
        del self.protections[unquote(branch)][part]
        return 204, {}, {}

    def _enforce_admins(self, seen: Seen, branch: str) -> Reply:
        self.protections[unquote(branch)]["enforce_admins"] = {"enabled": True}
        return 200, {"enabled": True}, {}

    def _patch_protection(self, seen: Seen, branch: str, part: str) -> Reply:
        """What is not in the body stays."""
        self.protections[unquote(branch)][part] |= seen.body
        return 200, self.protections[unquote(branch)][part], {}

    def _list_environments(self, seen: Seen) -> Reply:
        if "environments" in self.denied:
            return FORBIDDEN
        return self._wrapped(seen, "environments", list(self.environments.values()))

    def _put_environment(self, seen: Seen, name: str) -> Reply:
        """As GitHub does: what is not in the body is not so afterwards."""
        rules: list[dict[str, Any]] = []
        if wait := seen.body.get("wait_timer"):
            rules.append({"type": "wait_timer", "wait_timer": wait})
        if reviewers := seen.body.get("reviewers"):
            shaped = [{"type": one["type"], "reviewer": {"id": one["id"]}} for one in reviewers]
            own = seen.body.get("prevent_self_review", False)
            rules.append({"type": "required_reviewers", "reviewers": shaped, "prevent_self_review": own})
        policy = seen.body.get("deployment_branch_policy")
        self.environments[name] = {"name": name, "deployment_branch_policy": policy, "protection_rules": rules}
        return 200, self.environments[name], {}

    def add_environment(self, name: str, *branches: str) -> None:
        """One that these branches may use, or every one."""
        policy = {"protected_branches": False, "custom_branch_policies": True} if branches else None
        self.environments[name] = {"name": name, "deployment_branch_policy": policy, "protection_rules": []}
        self.policies[name] = [
            {"id": number, "type": "branch", "name": branch} for number, branch in enumerate(branches, 1)
        ]

    def _list_policies(self, seen: Seen, name: str) -> Reply:
        if "policies" in self.denied:
            return FORBIDDEN
        return self._wrapped(seen, "branch_policies", self.policies.get(name, []))

    def _post_policy(self, seen: Seen, name: str) -> Reply:
        if not (self.environments[name]["deployment_branch_policy"] or {}).get("custom_branch_policies"):
            return ABSENT
        self.number += 1
        self.policies.setdefault(name, []).append({"id": self.number, **seen.body})
        return 200, {}, {}

    def _delete_policy(self, seen: Seen, name: str, id: str) -> Reply:
        self.policies[name] = [one for one in self.policies[name] if one["id"] != int(id)]
        return 204, {}, {}

    def _list_environment_secrets(self, seen: Seen, name: str) -> Reply:
        if "environment-secrets" in self.denied:
            return FORBIDDEN
        return self._secret_names(seen, self.environment_secrets.get(name, set()))

    def _list_secrets(self, seen: Seen) -> Reply:
        if "secrets" in self.denied:
            return FORBIDDEN
        return self._secret_names(seen, self.secrets)

    def _list_shared(self, seen: Seen) -> Reply:
        return self._secret_names(seen, self.shared_secrets)

    def _secret_names(self, seen: Seen, names: set[str]) -> Reply:
        return self._wrapped(seen, "secrets", [{"name": name} for name in sorted(names)])

    def _read_content(self, seen: Seen, coded_path: str) -> Reply:
        return FORBIDDEN if "contents" in self.denied else self._get_content(seen, coded_path)

    def _wrapped(self, seen: Seen, member: str, every: list[dict[str, Any]]) -> Reply:
        status, entries, headers = self._page(seen, every)
        return status, {"total_count": len(every), member: entries}, headers
