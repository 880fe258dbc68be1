"""Which pull requests came with a commit: each row is a list as GitHub answers it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from invent_gitops.errors import Refused
from invent_gitops.model.pull_request import PullRequest, WorkflowEvent
from invent_gitops.review.merges import AT_ONCE, concerned, merged_at, merged_by, merged_with
from invent_gitops.values import replace

OLD, HEAD, MERGE = "a" * 40, "b" * 40, "c" * 40
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVENT = WorkflowEvent("o/r", MERGE, branch="main", push=True)
# As GitHub answers since it does not name the merge commit any more, and as before.
MERGED = PullRequest(7, HEAD, "main", NOON, "")
EXACT = replace(MERGED, merge_commit=MERGE)
UNMERGED = PullRequest(9, HEAD, "main", None, "")


def another(pull: PullRequest, later: timedelta = timedelta(0)) -> PullRequest:
    return replace(pull, number=8, merged=NOON + later)


@pytest.mark.parametrize(
    ("pulls", "numbers"),
    [
        ([], []),
        ([UNMERGED], []),
        ([MERGED], [7]),
        ([EXACT], [7]),
        ([replace(EXACT, merge_commit=OLD)], []),
        ([replace(MERGED, base="release")], []),
        ([replace(EXACT, base="release")], []),
        ([MERGED, another(EXACT)], [8]),
        ([MERGED, another(MERGED, AT_ONCE - timedelta(seconds=1))], [7, 8]),
        ([EXACT, another(EXACT, timedelta(days=1))], [7, 8]),
        ([MERGED, UNMERGED], [7]),
    ],
)
def test_pull_requests_that_a_commit_merged(pulls: Sequence[PullRequest], numbers: Sequence[int]) -> None:
    assert [pull.number for pull in merged_by(pulls, EVENT)] == numbers


@pytest.mark.parametrize("later", [AT_ONCE, timedelta(days=1)])
def test_pull_requests_that_were_merged_one_after_the_other_are_refused_by_number(later: timedelta) -> None:
    with pytest.raises(Refused, match="which of #7 and #8 merged the commit ccccccc"):
        merged_by([another(MERGED, later), MERGED], EVENT)


def test_run_without_a_branch_takes_what_was_merged_into_any() -> None:
    assert merged_by([replace(MERGED, base="release")], replace(EVENT, branch=""))


@pytest.mark.parametrize(
    ("pulls", "number"),
    [
        ([], None),
        ([UNMERGED], None),
        ([replace(UNMERGED, head=MERGE)], 9),
        ([replace(UNMERGED, head=MERGE), replace(UNMERGED, head=MERGE, number=10)], None),
        ([replace(UNMERGED, head=MERGE), EXACT], 7),
    ],
)
def test_run_concerns_what_it_merged_else_the_only_open_pull_request(
    pulls: Sequence[PullRequest], number: int | None
) -> None:
    pull = concerned(pulls, EVENT)
    assert (pull.number if pull else None) == number


@pytest.mark.parametrize(
    ("pull", "is_merged"),
    [(EXACT, True), (MERGED, False), (replace(EXACT, base="release"), False), (replace(EXACT, merged=None), False)],
)
def test_merge_commit_is_the_evidence_in_a_list_of_all(pull: PullRequest, is_merged: bool) -> None:
    assert bool(merged_at([pull], EVENT, [OLD, MERGE])) is is_merged


@pytest.mark.parametrize(
    ("pull", "is_companion"),
    [
        (another(MERGED), True),
        (another(MERGED, -timedelta(hours=1)), False),
        (another(EXACT), False),
        (replace(another(MERGED), base="release"), False),
        (replace(another(MERGED), merged=None), False),
    ],
)
def test_companion_was_merged_at_once_with_what_this_run_merged(pull: PullRequest, is_companion: bool) -> None:
    assert bool(merged_with([pull], EVENT, [MERGED])) is is_companion
    assert merged_with([pull], EVENT, []) == []
