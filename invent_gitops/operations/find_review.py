"""Asks GitHub who approved a pull request, and holds that against the rule of its base branch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from invent_gitops.errors import Refused
from invent_gitops.github.refusal import Forbidden
from invent_gitops.model.digest import read_digest
from invent_gitops.model.pull_request import PullRequest, WorkflowEvent
from invent_gitops.model.review import BaseRule, ReviewNeed
from invent_gitops.operations.base_rule import rules_before
from invent_gitops.review.need import needed, with_bots
from invent_gitops.review.people import Candidates, candidates, verdict
from invent_gitops.values import Struct, replace

if TYPE_CHECKING:
    from invent_gitops.github.reviews import Reviewing
    from invent_gitops.review.approval import PlanComment

_MEMBERS = "members of the organization: read"


class ReviewCheck(Struct):
    """Checks the reviews of the pull requests of one run. `workspace` is "" in a project without workspaces."""

    reviewing: Reviewing
    event: WorkflowEvent
    workspace: str
    _rules: Sequence[BaseRule] | None = None

    def rules(self) -> Sequence[BaseRule]:
        """Return the rules of the base branch, which are read once."""
        if self._rules is None:
            self._rules = rules_before(self.reviewing, self.event, self.workspace)
        return self._rules

    def asks(self) -> bool:
        """Return whether the base branch says that people approve."""
        return any(base.rule for base in self.rules())

    def __call__(self, comment: PlanComment) -> PlanComment:
        """Return the comment with who approved its plan. Raises `Refused`, which names what is missing."""
        claim = read_digest(comment.digest)
        requests = comment.plan.requests if comment.plan else {} if claim and not claim.count else None
        needs = [need for base in self.rules() if (need := needed(base, requests))]
        reviewers: dict[str, None] = {}
        for need in needs:
            reviewers |= dict.fromkeys(approvers(self.reviewing, comment.pull, need))
        return replace(comment, reviewers=tuple(reviewers))


def approvers(reviewing: Reviewing, pull: PullRequest, need: ReviewNeed) -> tuple[str, ...]:
    """Return who approved what `need` asks for. Raises `Refused` for what is missing, also for missing evidence."""
    subject = f"pull request #{pull.number}"
    if not pull.author:
        raise Refused(f"GitHub does not say who opened {subject}, so nobody can tell who else approved it.", _by_hand())
    pushers = pushers_of(reviewing, pull)
    if not pushers:
        raise Refused(
            f"GitHub does not say who pushed the last commit of {subject}, so nobody can tell who else approved it.",
            _by_hand(),
        )
    need = with_bots(need, pull.author, pushers)
    makers = {*(pusher.lower() for pusher in pushers), *reviewing.commit(pull.head).people}
    people = candidates(pull, reviewing.reviews(pull.number), makers, stale_counts=need.stale_counts)
    people = _writers(reviewing, people)
    return verdict(pull, need, people, _groups(reviewing, pull, people.approving, need))


def pushers_of(reviewing: Reviewing, pull: PullRequest) -> tuple[str, ...]:
    """Return the logins of all who ever put the last commit on the branch of a pull request; none where one is not
    known.

    Who restores a deleted branch, or pushes the commit back, does not take the place of who pushed it first.
    """
    actors = [push.actor for push in reviewing.pushes(pull.branch, pull.head)] if pull.branch else []
    return tuple(dict.fromkeys(actors)) if all(actors) else ()


def _writers(reviewing: Reviewing, people: Candidates) -> Candidates:
    """Return the same without those who may not push to the repository: anybody can review a public one."""
    may_write = {login: reviewing.may_write(login) for login in (*people.approving, *people.objecting)}
    strangers = tuple(f"{login} has no right to write here" for login in people.approving if not may_write[login])
    return Candidates(
        tuple(login for login in people.approving if may_write[login]),
        tuple(login for login in people.objecting if may_write[login]),
        (*people.passed_over, *strangers),
    )


def _groups(reviewing: Reviewing, pull: PullRequest, logins: Sequence[str], need: ReviewNeed) -> dict[str, set[str]]:
    """Return which of the groups each person is in. Raises `Refused` where only a team that cannot be read could
    tell.
    """
    groups = need.groups
    groups_of = {login: {group for group in groups if group.lower() == login.lower()} for login in logins}
    if any(groups_of.values()):
        return groups_of
    hidden: list[str] = []
    for group in groups if logins else ():
        org, _, team = group.rpartition("/")
        try:
            if not reviewing.shows_team(org or reviewing.owner, team):
                hidden.append(group)
                continue
            for login in logins:
                if reviewing.is_member(org or reviewing.owner, team, login):
                    groups_of[login].add(group)
        except Forbidden:
            hidden.append(group)
    if hidden and not any(groups_of.values()):
        names = " and ".join(hidden)
        raise Refused(
            f"Pull request #{pull.number} needs an approval from {' or '.join(groups)}, since {need.groups_since}. "
            f"Whether that of {' or '.join(logins)} is one cannot be known: GitHub does not show {names} as a team to "
            "this token.",
            f"Give the step a token with the permission {_MEMBERS}, and --author with the login that writes the "
            f"comments. If {names} is a login, that person has to approve.",
        )
    return groups_of


def _by_hand() -> str:
    from invent_gitops.plan.approval import BY_HAND

    return BY_HAND
