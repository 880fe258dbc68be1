"""Cuts GitHub's own description of its REST API to the requests that `github …` makes, and to what it reads of answers.

    python tests/prism/cut_github.py api.github.com.json > tests/prism/github.json

`bash tests/prism/cut` does that with the version of the npm package @octokit/openapi that stands there. What GitHub
says of a property stays as it is; what is left out is everything that this program neither sends nor reads. Two things
are added, since OpenAPI allows more than GitHub describes: a body has no other properties than those described, and an
answer in the newer version of the API has none of those that were taken out of it.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NEW = "2026-03-10"
REPO = "/repos/{owner}/{repo}"
# The requests, with the status of the answer that is read.
ROUTES = {
    "/user": {"get": "200"},
    REPO: {"get": "200"},
    f"{REPO}/rulesets": {"get": "200"},
    f"{REPO}/rules/branches/{{branch}}": {"get": "200"},
    f"{REPO}/branches/{{branch}}/protection": {"get": "200"},
    f"{REPO}/environments": {"get": "200"},
    f"{REPO}/environments/{{environment_name}}/deployment-branch-policies": {"get": "200"},
    f"{REPO}/environments/{{environment_name}}/secrets": {"get": "200"},
    f"{REPO}/actions/secrets": {"get": "200"},
    f"{REPO}/actions/organization-secrets": {"get": "200"},
    f"{REPO}/pulls": {"get": "200"},
    f"{REPO}/pulls/{{pull_number}}": {"get": "200"},
    f"{REPO}/commits/{{commit_sha}}/pulls": {"get": "200"},
    f"{REPO}/commits/{{ref}}": {"get": "200"},
    f"{REPO}/contents/{{path}}": {"get": "200"},
    f"{REPO}/pulls/{{pull_number}}/reviews": {"get": "200"},
    f"{REPO}/activity": {"get": "200"},
    f"{REPO}/collaborators/{{username}}/permission": {"get": "200"},
    "/orgs/{org}/teams/{team_slug}": {"get": "200"},
    "/orgs/{org}/teams/{team_slug}/memberships/{username}": {"get": "200"},
    f"{REPO}/issues/{{issue_number}}/comments": {"get": "200", "post": "201"},
    f"{REPO}/issues/comments/{{comment_id}}": {"patch": "200"},
    f"{REPO}/issues": {"get": "200", "post": "201"},
    f"{REPO}/issues/{{issue_number}}": {"patch": "200"},
}
_PERSON: dict[str, Any] = {"login": {}, "type": {}}
_TREE = {
    "user": _PERSON,
    "head": {"sha": {}, "ref": {}, "repo": {"id": {}}},
    "base": {"ref": {}, "repo": {"full_name": {}, "id": {}}},
}
_POST: dict[str, Any] = {"user": {"login": {}}, "body": {}, "html_url": {}, "created_at": {}, "updated_at": {}}
_PARAMETERS: dict[str, Any] = {
    "required_approving_review_count": {},
    "dismiss_stale_reviews_on_push": {},
    "require_code_owner_review": {},
    "required_status_checks": {"context": {}},
    "strict_required_status_checks_policy": {},
}
_SWITCH: dict[str, Any] = {"enabled": {}}
_SECRETS: dict[str, Any] = {"secrets": {"name": {}}}
# What is read of each answer; a list is one of these.
READ: dict[str, dict[str, Any]] = {
    "repos": {"default_branch": {}, "owner": {"type": {}}},
    "rulesets": {"name": {}},
    "rules": {"type": {}, "parameters": _PARAMETERS, "ruleset_id": {}, "ruleset_source_type": {}},
    "protection": {
        "required_status_checks": {"strict": {}, "contexts": {}, "checks": {"context": {}}},
        "required_pull_request_reviews": {
            "dismiss_stale_reviews": {},
            "require_code_owner_reviews": {},
            "required_approving_review_count": {},
        },
        "required_signatures": _SWITCH,
        "allow_force_pushes": _SWITCH,
        "allow_deletions": _SWITCH,
    },
    "environments": {
        "environments": {
            "name": {},
            "deployment_branch_policy": {"custom_branch_policies": {}},
            "protection_rules": {
                "type": {},
                "wait_timer": {},
                "prevent_self_review": {},
                "reviewers": {"type": {}, "reviewer": {"id": {}}},
            },
        }
    },
    "deployment-branch-policies": {"branch_policies": {"id": {}, "name": {}, "type": {}}},
    "secrets": _SECRETS,
    "organization-secrets": _SECRETS,
    "pulls": {**_TREE, "number": {}, "merged_at": {}, "merge_commit_sha": {}},
    "commits": {"sha": {}, "parents": {"sha": {}}, "author": _PERSON, "committer": _PERSON},
    "contents": {"type": {}, "encoding": {}, "size": {}, "content": {}},
    "reviews": {"id": {}, "user": _PERSON, "state": {}, "commit_id": {}, "submitted_at": {}},
    "activity": {"ref": {}, "before": {}, "after": {}, "activity_type": {}, "actor": _PERSON},
    "permission": {"permission": {}},
    "teams": {"slug": {}},
    "memberships": {"state": {}},
    "issues": {**_POST, "number": {}, "state": {}, "labels": {}, "pull_request": {"url": {}}},
    "comments": {**_POST, "id": {}},
    "user": {"login": {}},
}
# What is sent. With the title of an issue that is edited, which may be null, Prism would pass over the whole body.
SENT: dict[str, dict[str, Any]] = {
    "post": {"title": {}, "body": {}, "labels": {}},
    "patch": {"body": {}, "labels": {}, "state": {}},
}
# Words for people, and what only other programs read.
DROPPED = {"description", "summary", "example", "examples", "externalDocs", "deprecated", "x-octokit", "tags", "title",
           "x-github-breaking-changes", "discriminator"}  # fmt: skip


def cut(whole: Mapping[str, Any], *, new: bool = False) -> dict[str, Any]:
    """The description of our routes, in the older version of the API or in the newer one."""
    paths: dict[str, Any] = {}
    for path, methods in ROUTES.items():
        for method, status in methods.items():
            paths.setdefault(path, {})[method] = operation(whole, path, method, status, new=new)
    return {
        "openapi": "3.0.3",
        "info": {"title": f"GitHub REST API, {NEW if new else '2022-11-28'}, cut", "version": whole["info"]["version"]},
        "paths": paths,
    }


def subject_of(path: str) -> str:
    words = [word for word in path.split("/") if not word.startswith("{")]
    return next(word for word in reversed(words) if word in READ)


def operation(whole: Mapping[str, Any], path: str, method: str, status: str, *, new: bool) -> dict[str, Any]:
    made = whole["paths"][path][method]
    parameters = [resolved(whole, one, new=new) for one in made.get("parameters", ())]
    answer = made["responses"][status]["content"]["application/json"]["schema"]
    shown = narrowed(resolved(whole, answer, new=new), READ[subject_of(path)])
    found: dict[str, Any] = {
        "operationId": made["operationId"],
        "parameters": parameters,
        "responses": {
            status: {"description": "", "content": {"application/json": {"schema": shown}}},
            "default": {"description": ""},
        },
    }
    if "requestBody" in made:
        body = resolved(whole, made["requestBody"], new=new)
        sent = narrowed(body["content"]["application/json"]["schema"], SENT[method]) | {"additionalProperties": False}
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": sent}}}
    return found


def resolved(whole: Mapping[str, Any], node: Any, *, new: bool) -> Any:
    """Without references and words for people; with GitHub's own changes, if `new`."""
    if isinstance(node, list):
        return [resolved(whole, one, new=new) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target: Any = whole
        for word in node["$ref"].removeprefix("#/").split("/"):
            target = target[word]
        return resolved(whole, target, new=new)
    if new:
        node = changed(node)
    # A property may be called as what is dropped.
    return {
        name: {key: resolved(whole, one, new=new) for key, one in value.items()}
        if name == "properties"
        else resolved(whole, value, new=new)
        for name, value in node.items()
        if name not in DROPPED
    }


def changed(node: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with the breaking changes that GitHub notes at it: null takes something away."""
    made: dict[str, Any] = copy.deepcopy(dict(node))
    for change in made.pop("x-github-breaking-changes", ()):
        if change["version"] == NEW and "properties" in change["patch"]:
            gone = [name for name, value in change["patch"]["properties"].items() if value is None]
            made["properties"] = {name: one for name, one in made["properties"].items() if name not in gone}
            made["required"] = [name for name in made.get("required", ()) if name not in gone]
            made["gone"] = [*made.get("gone", ()), *gone]
    return made


def narrowed(schema: dict[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with nothing but the wanted properties, as deep as they are named."""
    if schema.get("type") == "array":
        return {**schema, "items": narrowed(schema["items"], wanted)}
    for words in ("oneOf", "anyOf", "allOf"):
        if words in schema:
            # What is left of them may be the same, and of `oneOf` exactly one must hold.
            several = [narrowed(one, wanted) for one in schema[words]]
            different = [one for index, one in enumerate(several) if one not in several[:index]]
            return different[0] if len(different) == 1 else {**schema, words: different}
    # What may hold nothing stays so.
    if not wanted or not schema.get("properties"):
        return {name: value for name, value in schema.items() if name != "gone"}
    properties = {name: narrowed(one, wanted[name]) for name, one in schema["properties"].items() if name in wanted}
    made: dict[str, Any] = {"type": "object", "properties": properties}
    if needed := [name for name in schema.get("required", ()) if name in properties]:
        made["required"] = needed
    if schema.get("nullable"):
        made["nullable"] = True
    if gone := [name for name in schema.get("gone", ()) if name in wanted]:
        made["not"] = {"anyOf": [{"required": [name]} for name in gone]}
    return made


def main() -> None:
    whole = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    source = f"npm @octokit/openapi {whole['info']['version']}, api.github.com.json; MIT, see github.license"
    print(json.dumps({"source": source, "old": cut(whole), "new": cut(whole, new=True)}, indent=1, sort_keys=True))


if __name__ == "__main__":
    main()
