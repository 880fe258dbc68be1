"""What GitHub shows of reviews: who approved, who pushed, who may write, who is in a team, and files of a commit."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from itertools import islice
from typing import Any, get_args
from urllib.parse import quote

from invent_gitops.errors import Unavailable
from invent_gitops.github.event import COMMIT
from invent_gitops.github.refusal import LATER, Forbidden, NotVisible
from invent_gitops.github.rest import Rest
from invent_gitops.model.instant import read_instant
from invent_gitops.model.review import Review, ReviewState
from invent_gitops.values import Struct

# GitHub's own rules; those of an Enterprise with managed users have an underscore.
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
# What the legacy word `permission` has for those who may push.
_WRITERS = ("admin", "write")
# Bytes beyond which GitHub sends no content along.
_FILE_LIMIT = 1024 * 1024
# Of one branch, so many pages are read; of a longer list nobody knows the beginning.
_ACTIVITY_PAGES = 50


class CommitInfo(Struct, frozen=True):
    """A commit as GitHub shows it: its `id`, its `parents`, and the logins that its author and committer have there."""

    id: str
    parents: tuple[str, ...]
    people: frozenset[str]


class Push(Struct, frozen=True):
    """One time that a branch came to a commit: the login of the `actor`, and the commit it was at `before`.

    Each is "" where GitHub does not say it. A branch that was created was nowhere before.
    """

    actor: str
    before: str


class Reviewing:
    """The evidence of one repository, `name` is OWNER/NAME. Raises `Unavailable` for what cannot be read."""

    def __init__(self, api: Rest, name: str) -> None:
        self._api, self._path = api, f"/repos/{name}"
        self.owner = name.partition("/")[0]

    def reviews(self, number: int) -> list[Review]:
        """Return every word of a person about a pull request that approves, objects or was dismissed; comments are
        none.
        """
        pages = self._api.pages(f"{self._path}/pulls/{number:d}/reviews")
        return [review for page in pages for entry in page if (review := _review(entry))]

    def pushes(self, branch: str, commit: str) -> list[Push]:
        """Return how a branch came to a commit, by GitHub's list of activities: every time; none where GitHub does not
        say.

        A push counts like a forced one, a merge, and a branch that was created or restored at the commit. The author
        and the committer of a commit are what its maker writes; the activity is GitHub's own word.
        """
        ref = f"refs/heads/{branch}"
        pages = self._api.pages(f"{self._path}/activity", {"ref": ref}, numbered=False)
        listed = (entry for page in islice(pages, _ACTIVITY_PAGES) for entry in page)
        entries = [entry for entry in listed if (entry.get("ref"), entry.get("after")) == (ref, commit)]
        if next(pages, None) is not None:
            # An older entry may say more.
            return []
        return [Push(login_of(entry, "actor"), _commit_id(entry.get("before"))) for entry in entries]

    def commit(self, ref: str) -> CommitInfo:
        """Return a commit by its id or as `heads/BRANCH`."""
        value, _ = self._api.get(f"{self._path}/commits/{quote(ref, safe='')}", {"per_page": "1"})
        try:
            content: Any = value
            parents = tuple(str(parent["sha"]) for parent in content["parents"])
            if not all(COMMIT.fullmatch(id) for id in (content["sha"], *parents)):
                raise ValueError
        except (KeyError, TypeError, ValueError):
            raise Unavailable("GitHub's answer is not a commit.", LATER) from None
        people = (login_of(content, role).lower() for role in ("author", "committer"))
        return CommitInfo(content["sha"], parents, frozenset(people) - {""})

    def file(self, path: str, commit: str) -> str | None:
        """Return the text of a file as of a commit, None where the commit has no such file.

        GitHub answers 404 as well where the token may not read; so the commit itself must be readable.
        """
        try:
            value, _ = self._api.get(f"{self._path}/contents/{quote(path, safe='')}", {"ref": commit})
        except NotVisible:
            self.commit(commit)
            return None
        try:
            content: Any = value
            if content["type"] != "file" or content["encoding"] != "base64" or content["size"] > _FILE_LIMIT:
                raise ValueError
            return base64.b64decode(content["content"]).decode()
        except (KeyError, TypeError, ValueError, binascii.Error):
            raise Unavailable(f"GitHub does not show the text of {path} at {commit[:7]}.", "Check that file.") from None

    def may_write(self, login: str) -> bool:
        """Return whether a person may push to the repository."""
        try:
            value, _ = self._api.get(f"{self._path}/collaborators/{login}/permission")
        except NotVisible:
            return False
        permission = value.get("permission") if isinstance(value, dict) else None
        if not isinstance(permission, str):
            raise Unavailable(f"GitHub does not say what {login} may do in the repository.", LATER)
        return permission in _WRITERS

    def shows_team(self, org: str, team: str) -> bool:
        """Return whether the token may see a team. GitHub says the same of one that does not exist."""
        try:
            self._api.get(f"/orgs/{org}/teams/{team}")
        except (Forbidden, NotVisible):
            return False
        return True

    def is_member(self, org: str, team: str, login: str) -> bool:
        """Return whether a person is in a team that the token may see."""
        try:
            value, _ = self._api.get(f"/orgs/{org}/teams/{team}/memberships/{login}")
        except NotVisible:
            return False
        return isinstance(value, dict) and value.get("state") == "active"


def login_of(value: Mapping[str, Any], role: str = "user") -> str:
    """Return the login of a user in an answer; "" for an account that is gone."""
    user = value.get(role)
    login = user.get("login") if isinstance(user, dict) else None
    return login if isinstance(login, str) else ""


def _commit_id(value: object) -> str:
    return value if isinstance(value, str) and COMMIT.fullmatch(value) and value.strip("0") else ""


def _review(value: Mapping[str, Any]) -> Review | None:
    """Return one word of a person; None for what says nothing: a comment, a draft, a bot, an account that is gone."""
    id, state, user = value.get("id"), value.get("state"), value.get("user")
    if not isinstance(id, int) or isinstance(id, bool) or not isinstance(state, str):
        raise Unavailable("GitHub's answer is not a review.", LATER)
    login = login_of(value)
    is_person = isinstance(user, dict) and user.get("type") == "User" and _LOGIN.fullmatch(login)
    if state not in get_args(ReviewState) or not is_person:
        return None
    commit, word = value.get("commit_id"), state
    at = read_instant(value.get("submitted_at"))
    return Review(id, login, word, commit if isinstance(commit, str) else "", at)  # type: ignore[arg-type]  # checked above
