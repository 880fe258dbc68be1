"""Which pull requests came with a commit: judged by base branch, merge commit and time, and by no message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from invent_gitops.errors import Refused
from invent_gitops.model.pull_request import PullRequest, WorkflowEvent
from invent_gitops.plan.approval import BY_HAND

# GitHub stamps what it merges together within seconds.
AT_ONCE = timedelta(minutes=1)


def merged_by(pulls: Sequence[PullRequest], event: WorkflowEvent) -> list[PullRequest]:
    """Of the pull requests of a commit, those that were merged with it into the branch of this run.

    GitHub's older answers name the merge commit, and that decides. Else they are all that were merged, which must have
    been at once. Raises `Refused` where they were merged one after the other: any of them may have brought the commit.
    """
    # What another commit has merged did not come with this push.
    pushed = ("", event.commit, *event.commits)
    merged = [pull for pull in _merged_here(pulls, event) if pull.merge_commit in pushed]
    exact = [pull for pull in merged if pull.merge_commit == event.commit]
    if exact or not merged:
        return exact
    if not all(at_once(pull, merged[0]) for pull in merged):
        numbers = " and ".join(f"#{number}" for number in sorted(pull.number for pull in merged))
        raise Refused(f"GitHub does not say which of {numbers} merged the commit {event.commit[:7]}.", BY_HAND)
    return merged


def merged_at(pulls: Sequence[PullRequest], event: WorkflowEvent, commits: Sequence[str]) -> list[PullRequest]:
    """Return those whose merge commit is one of `commits`."""
    return [pull for pull in _merged_here(pulls, event) if pull.merge_commit in commits]


def merged_with(
    pulls: Sequence[PullRequest], event: WorkflowEvent, companions: Sequence[PullRequest]
) -> list[PullRequest]:
    """Of the pull requests of another commit, those that were merged at once with one of `companions`.

    Only for answers without the merge commit: an earlier merge whose commits this push brings again is not of this run.
    """
    merged = [pull for pull in _merged_here(pulls, event) if not pull.merge_commit]
    return [pull for pull in merged if any(at_once(pull, companion) for companion in companions)]


def at_once(first: PullRequest, second: PullRequest) -> bool:
    """Return whether two were merged together, as a merge queue does, or one with what it was built on."""
    return bool(first.merged and second.merged and abs(first.merged - second.merged) < AT_ONCE)


def concerned(pulls: Sequence[PullRequest], event: WorkflowEvent) -> PullRequest | None:
    """Of the pull requests of a commit, the one that a run is about: what it merged, else the only open one.

    Raises `Refused` as `merged_by` does.
    """
    heads = [pull for pull in pulls if not pull.merged and pull.head == event.commit]
    candidates = merged_by(pulls, event) or (heads if len(heads) == 1 else [])
    return candidates[0] if candidates else None


def _merged_here(pulls: Sequence[PullRequest], event: WorkflowEvent) -> list[PullRequest]:
    """Return what was reviewed for another branch was not reviewed for this one."""
    return [pull for pull in pulls if pull.merged and event.branch in ("", pull.base)]
