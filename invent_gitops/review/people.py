"""Judges who approved a pull request: whose approval counts, and what is missing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from invent_gitops.errors import Refused
from invent_gitops.model.pull_request import PullRequest
from invent_gitops.model.review import Review, ReviewNeed
from invent_gitops.values import Struct

_MOST = 5


class Candidates(Struct, frozen=True):
    """The last words of people about a pull request.

    `approving` are those whose approval counts if they may write, `objecting` those who request changes, and
    `passed_over` says why an approval of somebody does not count.
    """

    approving: tuple[str, ...]
    objecting: tuple[str, ...]
    passed_over: tuple[str, ...]


def last_words(reviews: Sequence[Review]) -> list[Review]:
    """Return the latest word of each person, in the order of their logins."""
    latest: dict[str, Review] = {}
    for review in sorted(reviews, key=lambda review: review.id):
        latest[review.login.lower()] = review
    return [latest[login] for login in sorted(latest)]


def candidates(
    pull: PullRequest, reviews: Sequence[Review], pushers: Collection[str], *, stale_counts: bool
) -> Candidates:
    """Whose approval may count. `pushers` are the logins, in small letters, of who wrote or pushed the last commit."""
    approving: list[str] = []
    objecting: list[str] = []
    passed_over: list[str] = []
    for review in last_words(reviews):
        login = review.login
        if review.state == "CHANGES_REQUESTED":
            objecting.append(login)
        elif review.state == "DISMISSED":
            passed_over.append(f"the review of {login} was dismissed")
        elif login.lower() == pull.author.lower():
            passed_over.append(f"{login} opened it")
        elif login.lower() in pushers:
            passed_over.append(f"{login} pushed or wrote the last commit")
        elif review.commit != pull.head and not stale_counts:
            passed_over.append(f"{login} approved commit {review.commit[:7] or 'unknown'} and not {pull.head[:7]}")
        else:
            approving.append(login)
    return Candidates(tuple(approving), tuple(objecting), tuple(passed_over))


def verdict(
    pull: PullRequest, need: ReviewNeed, people: Candidates, groups_of: Mapping[str, Collection[str]]
) -> tuple[str, ...]:
    """Return who approved what `need` asks for. Raises `Refused`, which names what is missing.

    `groups_of` names for each approving person the groups of `need` that the person is in.
    """
    if people.objecting:
        asks = "requests" if len(people.objecting) == 1 else "request"
        raise Refused(
            f"Pull request #{pull.number} has no approval: {_listed(people.objecting)} {asks} changes.",
            "Settle that review on GitHub, or have it dismissed there. Then run this job again.",
        )
    in_groups = not need.groups or any(groups_of.get(login) for login in people.approving)
    missing = need.approvals - len(people.approving)
    if missing <= 0 and in_groups:
        return people.approving
    raise Refused(
        f"Pull request #{pull.number} needs {_missing(max(missing, 0), need, in_groups=in_groups)}"
        f"{_because(people.passed_over)}.",
        "Have it approved on GitHub, which is also possible after the merge. Then run this job again.",
    )


def _missing(count: int, need: ReviewNeed, *, in_groups: bool) -> str:
    """Return what is missing, such as `1 more approval: from legal, since it goes to everyone`."""
    number = max(count, 1)
    reasons = []
    if not in_groups:
        reasons.append(f"from {' or '.join(need.groups)}, since {need.groups_since}")
    if count and need.approvals_since:
        reasons.append(f"{need.approvals} in all, since {need.approvals_since}")
    return f"{number} more approval{'' if number == 1 else 's'}{': ' if reasons else ''}{'; '.join(reasons)}"


def _because(passed_over: Sequence[str]) -> str:
    return f" ({_listed(passed_over)})" if passed_over else ""


def _listed(entries: Sequence[str]) -> str:
    more = [f"{len(entries) - _MOST} more"] if len(entries) > _MOST else []
    return ", ".join([*entries[:_MOST], *more])
