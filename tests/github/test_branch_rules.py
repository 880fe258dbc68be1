"""Which rules of a branch stop the pushes of apply, whichever way GitHub writes them."""

from __future__ import annotations

from typing import Any

import pytest

from invent_gitops.github.branch_rules import rules_of_protection, rules_of_rulesets

APPLY = {"apps": [{"slug": "github-actions"}], "users": [], "teams": []}


@pytest.mark.parametrize(
    "kind", ["update", "creation", "commit_message_pattern", "file_path_restriction", "pull_request", "merge_queue"]
)
def test_rule_that_stops_a_push_is_in_the_way(kind: str) -> None:
    (obstacle,) = rules_of_rulesets("s", [{"type": kind, "ruleset_id": 7}]).obstacles
    assert (obstacle.kind, obstacle.ruleset) == (kind, 7)


@pytest.mark.parametrize("kind", ["deletion", "non_fast_forward", "required_linear_history"])
def test_rule_that_lets_apply_push_is_not(kind: str) -> None:
    assert rules_of_rulesets("s", [{"type": kind, "ruleset_id": 7}]).obstacles == ()


@pytest.mark.parametrize(
    ("protection", "kinds"),
    [
        ({"lock_branch": {"enabled": True}}, ["lock_branch"]),
        ({"lock_branch": {"enabled": False}}, []),
        ({"restrictions": {"apps": [], "users": [], "teams": []}}, ["restrictions"]),
        ({"restrictions": APPLY}, []),
        ({"restrictions": None, "url": "x"}, []),
    ],
)
def test_protection_that_lets_nobody_push_is_in_the_way(protection: dict[str, Any], kinds: list[str]) -> None:
    assert [obstacle.kind for obstacle in rules_of_protection("s", protection).obstacles] == kinds
