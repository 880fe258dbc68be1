"""The set-up of a repository on GitHub, as values: what GitHub shows of it, and what a check says of that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from invent_gitops.values import Struct

# `loose` is there, and lets more through than it should; `unknown` is what the token may not read.
PointState = Literal["ok", "missing", "loose", "unknown"]
# Where an environment may be used: everywhere, on every protected branch, or on the branches of a list.
BranchPolicy = Literal["any", "protected", "listed"]
# Who need not keep to the approvals: administrators, or those on a list of the protection.
Bypass = Literal["administrators", "list"]
# Who has a secret that every workflow can read.
SecretOwner = Literal["repository", "organization"]


class Unread(Struct, frozen=True):
    """Evidence that GitHub did not show: its `reason`, and the `permission` that the token lacks for it."""

    reason: str
    permission: str


class Obstacle(Struct, frozen=True):
    """A rule of GitHub's type `kind` that keeps `apply` from pushing.

    It is of the ruleset with the id `ruleset`, which `of_organization` is whether an organization has made, or it is
    the part `protection` of the older protection of the branch.
    """

    kind: str
    ruleset: int = 0
    of_organization: bool = False
    protection: str = ""


class BranchRules(Struct, frozen=True):
    """What holds for one branch, from rulesets and branch protection together.

    `approvals` is how many are required; `checks` are the names of the required ones, `strict` is whether a pull
    request must be up to date. `bypass` says who need not keep to the approvals, as far as GitHub shows it. `unread` is
    what GitHub did not show of it: more rules may hold.
    """

    branch: str
    approvals: int = 0
    dismisses_stale: bool = False
    asks_owners: bool = False
    checks: frozenset[str] = frozenset()
    strict: bool = False
    keeps_branch: bool = False
    keeps_commits: bool = False
    obstacles: tuple[Obstacle, ...] = ()
    bypass: tuple[Bypass, ...] = ()
    unread: tuple[Unread, ...] = ()


class AllowedRef(Struct, frozen=True):
    """An entry of the list of an environment: `name` is that of a `branch` or a `tag`, or a pattern of such names."""

    id: int
    kind: str
    name: str


class Environment(Struct, frozen=True):
    """An environment: its policy, its list of what may use it, and its secrets.

    `settings` are the options of `gh api` that keep its reviewers and its wait when its policy is set anew.
    """

    policy: BranchPolicy
    allowed: tuple[AllowedRef, ...] | Unread
    secrets: frozenset[str] | Unread
    settings: str = ""


class JobEnvironment(Struct, frozen=True):
    """The environment `name` that the jobs of a workspace run in; `keys` are the secrets that it needs.

    `workspace` is "" in a project without workspaces. A sandbox needs no keys.
    """

    name: str
    keys: tuple[str, ...]
    workspace: str = ""


class WorkflowFile(Struct, frozen=True):
    """A workflow on the branch: `line` is the first one that this version writes otherwise, 0 for none.

    A file that is not there is not `present`. `unpinned` is the action that it installs if that can be moved.
    """

    path: str
    present: bool
    line: int = 0
    unpinned: str = ""


class StatePlaceEvidence(Struct, frozen=True):
    """Where the state of the workspace `name` ("" without workspaces) is: `branch` is "" for a file.

    `remote` is the git remote of the branch, and `rules` what holds for it, None where that was not asked.
    """

    name: str
    branch: str
    remote: str
    rules: BranchRules | None


class SetupTarget(Struct, frozen=True):
    """What is checked: `repository` is OWNER/NAME on `host`, `branch` the one that is applied.

    `environments` has one for each workspace, or the one of a project without them. `check` is the name of the required
    check. `owned` are the paths that need owners. `init` is the command that writes the workflows, `up` the way from
    the current folder to the root of the repository.
    """

    repository: str
    host: str
    branch: str
    environments: tuple[JobEnvironment, ...]
    check: str
    owned: tuple[str, ...]
    init: str
    up: str


class SetupEvidence(Struct, frozen=True):
    """What GitHub shows of a repository. `environments` has all of them, and None for a needed one that is not there.

    `secrets` are those that every workflow can read, with who has them; `owners` are those of each owned path, in the
    file `owners_file` ("" where there is none); `rulesets` are the names in use.
    """

    main: BranchRules
    environments: Mapping[str, Environment | None] | Unread
    secrets: Mapping[str, SecretOwner] | Unread
    states: tuple[StatePlaceEvidence, ...]
    workflows: tuple[WorkflowFile, ...] | Unread
    owners: Mapping[str, tuple[str, ...]] | Unread
    owners_file: str = ""
    rulesets: frozenset[str] = frozenset()


class SetupPoint(Struct, frozen=True):
    """One point of a check: `title` says how it should be, `detail` how it is, `reason` why that matters.

    `commands` mend it, each alone on its line; `workspace` is "" for what all have together.
    """

    id: str
    state: PointState
    title: str
    detail: str
    reason: str
    commands: tuple[str, ...] = ()
    workspace: str = ""


class SetupCheck(Struct, frozen=True):
    """Every point of a check of one repository, as its pages show it."""

    repository: str
    branch: str
    points: tuple[SetupPoint, ...]

    def of(self, *states: PointState) -> list[SetupPoint]:
        """Return the points in one of these states."""
        return [point for point in self.points if point.state in states]

    def commands(self) -> list[str]:
        """Return what mends the points, each command once: where it comes last, after all that has to be done before
        it.
        """
        commands = [command for point in self.points for command in point.commands]
        return list(dict.fromkeys(reversed(commands)))[::-1]
