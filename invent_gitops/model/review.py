"""Who has to approve what is created, and who did: the rule, one word of a reviewer, and the names that are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from invent_gitops.values import Struct, field

ReviewState = Literal["APPROVED", "CHANGES_REQUESTED", "DISMISSED"]


class ReviewRule(Struct, frozen=True):
    """`review:` of a project file: how many people approve what is created.

    With `dismiss_stale` an approval of an older commit does not count. `send_to_all` are teams and logins, of whom one
    approves what goes to everyone. `over` holds pairs: beyond so many contacts, so many people approve.
    """

    approvals: int = 1
    dismiss_stale: bool = True
    send_to_all: tuple[str, ...] = ()
    over: tuple[tuple[int, int], ...] = ()


class ReviewNeed(Struct, frozen=True):
    """What one plan needs by a rule.

    `approvals` people, more than usual for the reason `approvals_since` ("" for none); one of `groups` is among them,
    for the reason `groups_since`. `stale_counts` is whether an approval of an older commit is enough.
    """

    approvals: int
    approvals_since: str = ""
    groups: tuple[str, ...] = ()
    groups_since: str = ""
    stale_counts: bool = False


class ReviewNotice(Struct, frozen=True):
    """What the comment on a pull request says of approvals: what `need` says, None where nobody's are checked.

    `branch` is the base branch. `unknown` is why its rule is not known, "" where it is. With `fork` no approval can
    count, since the pull request comes from another repository.
    """

    branch: str
    need: ReviewNeed | None = None
    unknown: str = ""
    fork: bool = False


class Review(Struct, frozen=True):
    """One word of a reviewer: `login` of whom, about which `commit` ("" if GitHub forgot it), in which `state`.

    `at` is when it was submitted, None where GitHub does not say; `id` grows with time.
    """

    id: int
    login: str
    state: ReviewState
    commit: str
    at: datetime | None = None


class Signoff(Struct, frozen=True):
    """Who wrote and who approved what was created: the address of the pull request, its author, its reviewers."""

    pull_request: str
    author: str = ""
    reviewers: tuple[str, ...] = ()

    @property
    def number(self) -> int | None:
        """The number of the pull request, with which its address ends."""
        last = self.pull_request.rpartition("/")[2]
        return int(last) if last.isascii() and last.isdigit() and len(last) < 20 else None


class SignedOff(Struct, frozen=True):
    """What one pull request approves: `keys` of broadcasts, None for all of them."""

    signoff: Signoff
    keys: Sequence[str] | None = None

    def covers(self, key: str) -> bool:
        """Return whether the pull request approved this broadcast."""
        return self.keys is None or key in self.keys


class BaseRule(Struct, frozen=True):
    """The rule of the branch that a pull request is merged into, as of `commit`, None where it has none.

    `contacts` are those of the segments there, by id; None where the catalogue has no number.
    """

    commit: str
    rule: ReviewRule | None
    contacts: Mapping[str, int | None] = field(default_factory=dict)
