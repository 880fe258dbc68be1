"""What a check says of evidence: each point with its evidence absent, wrong and right, and the code that follows."""

from __future__ import annotations

import shlex

import pytest

from invent_gitops.errors import ExitCode
from invent_gitops.model.setup import (
    AllowedRef,
    BranchRules,
    Environment,
    JobEnvironment,
    SetupCheck,
    SetupEvidence,
    SetupTarget,
    StatePlaceEvidence,
    Unread,
    WorkflowFile,
)
from invent_gitops.review.setup_check import check_setup, exit_code_of
from invent_gitops.values import replace

PATH = ".github/workflows/broadcasts-apply.yml"
WORKFLOW = f"workflow:{PATH}"
UNREAD = Unread("GitHub answered 403.", "contents: read")
TARGET = SetupTarget(
    "acme/campaigns",
    "github.com",
    "main",
    (JobEnvironment("broadcasts", ("KEY",)),),
    "Validate",
    ("invent.yaml",),
    "init",
    "",
)
MAIN = BranchRules(
    "main", 1, dismisses_stale=True, asks_owners=True, checks=frozenset({"Validate", "Plan"}), strict=True
)
STATE = BranchRules("s", keeps_branch=True, keeps_commits=True)
ENVIRONMENT = Environment("listed", (AllowedRef(1, "branch", "main"),), frozenset({"KEY"}))
WELL = SetupEvidence(
    MAIN,
    {"broadcasts": ENVIRONMENT},
    {},
    (StatePlaceEvidence("", "s", "origin", STATE),),
    (WorkflowFile(PATH, present=True),),
    {"invent.yaml": ("@acme/owners",)},
    ".github/CODEOWNERS",
)


def with_environment(environment: Environment | None) -> SetupEvidence:
    return replace(WELL, environments={"broadcasts": environment})


def with_other(environment: Environment) -> SetupEvidence:
    """One more environment, which no job of ours uses."""
    return replace(WELL, environments={"broadcasts": ENVIRONMENT, "staging": environment})


def check(evidence: SetupEvidence) -> SetupCheck:
    return check_setup(TARGET, evidence)


def states(evidence: SetupEvidence) -> dict[str, str]:
    return {point.id: point.state for point in check(evidence).points if point.state != "ok"}


def test_evidence_for_every_point_is_well() -> None:
    assert (states(WELL), exit_code_of(check(WELL)), check(WELL).commands()) == ({}, ExitCode.DONE, [])


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        (with_environment(None), {"environment": "missing", "environment-branch": "missing"}),
        (
            with_environment(replace(ENVIRONMENT, policy="any")),
            {"environment-branch": "loose"},
        ),
        (with_environment(replace(ENVIRONMENT, allowed=())), {"environment-branch": "loose"}),
        (
            with_environment(replace(ENVIRONMENT, allowed=UNREAD)),
            {"environment-branch": "unknown"},
        ),
        (replace(WELL, secrets=UNREAD), {"secret:KEY": "unknown"}),
        (replace(WELL, secrets={"KEY": "repository"}), {"secret:KEY": "loose"}),
        (replace(WELL, secrets={"OTHER": "repository"}), {}),
        (replace(WELL, states=(StatePlaceEvidence("", "", "", None),)), {"state-place": "missing"}),
        (replace(WELL, workflows=(WorkflowFile(PATH, present=True, line=3),)), {f"workflow:{PATH}": "loose"}),
        (replace(WELL, workflows=(WorkflowFile(PATH, present=True, unpinned="a/b@v1"),)), {WORKFLOW: "loose"}),
        (replace(WELL, workflows=(WorkflowFile(PATH, present=False),)), {f"workflow:{PATH}": "missing"}),
        (replace(WELL, workflows=UNREAD), {"workflows": "unknown"}),
        (replace(WELL, owners={}), {"owners:invent.yaml": "missing"}),
        (replace(WELL, owners=UNREAD), {"owners": "unknown"}),
        (
            replace(WELL, main=replace(MAIN, checks=frozenset({"Validate eu"}))),
            {"main-check": "missing", "main-up-to-date": "missing"},
        ),
        (
            replace(WELL, main=replace(MAIN, approvals=0, unread=(UNREAD,))),
            {"main-review": "unknown", "main-stale": "unknown"},
        ),
        (replace(WELL, main=replace(MAIN, unread=(UNREAD,))), {}),
        (replace(WELL, main=replace(MAIN, bypass=("administrators", "list"))), {"main-review": "loose"}),
        (with_other(replace(ENVIRONMENT, policy="any")), {"secret-elsewhere:KEY": "loose"}),
        (with_other(replace(ENVIRONMENT, policy="protected")), {"secret-elsewhere:KEY": "loose"}),
        (
            with_other(replace(ENVIRONMENT, allowed=(AllowedRef(1, "branch", "release"),))),
            {"secret-elsewhere:KEY": "loose"},
        ),
        (with_other(replace(ENVIRONMENT, policy="any", secrets=frozenset({"OTHER"}))), {}),
        (with_other(ENVIRONMENT), {}),
        (with_other(replace(ENVIRONMENT, secrets=UNREAD)), {}),
        (with_other(replace(ENVIRONMENT, policy="any", secrets=UNREAD)), {"secret-elsewhere:KEY": "unknown"}),
        (with_other(replace(ENVIRONMENT, allowed=UNREAD)), {"secret-elsewhere:KEY": "unknown"}),
    ],
)
def test_evidence_that_is_absent_or_wrong_is_told_apart(evidence: SetupEvidence, expected: dict[str, str]) -> None:
    if evidence.environments == {"broadcasts": None}:
        expected = {**expected, "secret:KEY": "missing"}
    assert states(evidence) == expected
    worst = set(expected.values())
    code = ExitCode.REFUSED if worst & {"missing", "loose"} else ExitCode.UNAVAILABLE if worst else ExitCode.DONE
    assert exit_code_of(check(evidence)) is code


def test_every_point_that_is_missing_or_loose_has_a_reason_and_a_command_on_one_line() -> None:
    nothing = SetupEvidence(
        BranchRules("main"),
        {"broadcasts": None},
        {},
        (StatePlaceEvidence("", "s", "origin", BranchRules("s")),),
        (WorkflowFile(PATH, present=True, line=1),),
        {},
    )
    points = check(nothing).of("missing", "loose")
    assert len(points) == len(check(nothing).points) - 2
    assert all(point.reason.endswith(".") and point.commands for point in points)
    assert not any("\n" in command for point in points for command in point.commands)


def test_a_name_with_signs_of_a_shell_is_quoted_in_every_command() -> None:
    target = replace(TARGET, branch="it's;rm")
    commands = check_setup(target, replace(with_environment(None), main=BranchRules("it's;rm"))).commands()
    assert commands
    signs = [list(shlex.shlex(command, posix=True, punctuation_chars=True)) for command in commands]
    assert not any(";" in words for words in signs)
