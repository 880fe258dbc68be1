"""Which commit a change is compared with: the one that a person names, or the one that the CI of a change names."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from invent_gitops.errors import InvalidInput, InventGitopsError, WrongUsage
from invent_gitops.github.event import pushed_onto
from invent_gitops.values import Struct

# Where CI systems name the branch that a pull request goes into, with or without refs/heads/.
BRANCHES = (
    "GITHUB_BASE_REF",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME",
    "BITBUCKET_PR_DESTINATION_BRANCH",
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
    "CODEBUILD_WEBHOOK_BASE_REF",
    "CHANGE_TARGET",
)
# The commit at which the branch of a merge request began. GitLab fetches it more often than the branch.
_BEGINNING = "CI_MERGE_REQUEST_DIFF_BASE_SHA"
# The commit that a branch had before a push.
_BEFORE = "CI_COMMIT_BEFORE_SHA"
# All of them, as the help of --base names them.
NAMES_OF_BASE = (*BRANCHES, _BEGINNING, _BEFORE)
_COMMIT = re.compile("(?!0+$)[0-9a-f]{40,64}")


class NamedBase(Struct, frozen=True):
    """A base by its name: `reference` is for people.

    `revision` is what git resolves, "" for none; `branch` is one of a remote. With `exact` it is that very commit, else
    the one at which HEAD parted from it. `fault` is why its name cannot be read, None where it can.
    """

    reference: str
    revision: str = ""
    branch: str = ""
    exact: bool = False
    fault: InventGitopsError | None = None


def named_base(option: str, environment: Mapping[str, str] = os.environ) -> NamedBase | None:
    """Return the base as `option` (--base) names it, else the CI; None where nobody does. Raises `WrongUsage`."""
    if option:
        if option.startswith("-"):
            raise WrongUsage(f"--base {option!r} is not the name of a commit or a branch.", "Name one: --base main")
        return NamedBase(option, revision=option, branch=option)
    beginning = environment.get(_BEGINNING, "")
    beginning = beginning if _COMMIT.fullmatch(beginning) else ""
    for variable in BRANCHES:
        if branch := environment.get(variable, "").strip().removeprefix("refs/heads/"):
            return NamedBase(branch, beginning, branch)
    try:
        before = pushed_onto(environment) or environment.get(_BEFORE, "")
    except InvalidInput as error:
        return NamedBase("the commit before this push", exact=True, fault=error)
    return NamedBase(before[:12], before, exact=True) if _COMMIT.fullmatch(before) else None


def commit_of(root: Path, base: NamedBase) -> str:
    """Return the commit of a base, as this clone has it. Raises `Unavailable` where it has not, and the fault of its
    name.
    """
    if base.fault:
        raise base.fault
    from invent_gitops.git.base import base_commit, branch_revisions
    from invent_gitops.git.repository import Git

    git = Git(root)
    named = [base.revision] if base.revision else []
    branches = branch_revisions(git, base.branch) if base.branch else []
    return base_commit(git, [*named, *branches], base.reference, exact=base.exact)
