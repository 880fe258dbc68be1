"""What GitHub's refusals mean: a missing permission, a limit on requests, something that is closed to everybody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from invent_gitops.errors import Unavailable
from invent_gitops.http.answers import retry_after, server_time

LATER = "See https://www.githubstatus.com, and run this again."
LIMITED = "GitHub limits the requests of this token for a while. Run this job again in some minutes."
PERMISSIONS = "Give the job the permissions pull-requests: write for the comment, and issues: write for the issue."
# Bytes of an answer in which its message is looked for.
_READ_LIMIT = 2_000
_LIMITS = re.compile(
    rb"rate limit|abuse detection|abuse-rate-limits|temporarily blocked|submitted too quickly|wait a few minutes",
    re.IGNORECASE,
)
_NOT_FOR_IT = re.compile(rb"not accessible by (integration|personal access token)", re.IGNORECASE)


class Forbidden(Unavailable):
    """The token may not do this: on a pull request from a fork it can only read."""


class ClosedToAll(Forbidden):
    """Nobody can write there, whatever the token may do: it is archived, locked or switched off."""


class NotVisible(Unavailable):
    """GitHub does not show this: it is not there, or the token may not see it."""


class NoSuchCommit(NotVisible):
    """GitHub says for sure that there is no such commit or branch, or none at all."""


# What GitHub says in an answer of 403, 410, 422 or 451, who that concerns, and the cure.
_REFUSALS: tuple[tuple[str, type[Forbidden], str], ...] = (
    (r"\barchived\b", ClosedToAll, "Unarchive the repository in its settings, or delete its workflows."),
    (r"issues? (are|is|has been|have been) disabled", ClosedToAll,
     "Switch on issues in the settings of the repository, or delete the step that runs: github issue"),
    (r"\blocked\b.*\bmigrat|\bmigrat.*\blocked\b", ClosedToAll, "The repository is being moved. Run this again later."),
    (r"\b(is|was|are) locked\b|\blocked (conversation|issue|pull)", ClosedToAll,
     "Unlock the conversation of that pull request or issue, then run this again."),
    (r"access blocked|(repository|account) (is|was|has been) (currently )?(disabled|suspended)|\bdmca\b", ClosedToAll,
     "GitHub has disabled the repository. Its owner can ask: https://support.github.com"),
    (r"installation (is|was|has been) suspended", ClosedToAll,
     "The owner can unsuspend the app below Settings, GitHub Apps. Then run this again."),
    (r"\bsaml\b|single sign-on", Forbidden, "Authorize the token for the single sign-on of the organization."),
    (r"ip allow list", Forbidden, "Add the address of the runner to the IP allow list of the organization."),
)  # fmt: skip


def is_held_back(status: int, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether this is a limit on requests: GitHub says so with 429, with 403 and a header, or in words."""
    if status not in (403, 422, 429):
        return False
    if status == 403 and _NOT_FOR_IT.search(body[:_READ_LIMIT]):
        # The last request of the hour may be one that no wait would allow.
        return False
    is_timed = "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0"
    return status == 429 or (status == 403 and is_timed) or _LIMITS.search(body[:_READ_LIMIT]) is not None


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that GitHub asks for, None if it names none."""
    now = server_time(headers) or datetime.now(UTC)
    seconds = retry_after(headers.get("retry-after"), now)
    reset = headers.get("x-ratelimit-reset", "")
    if seconds is None and headers.get("x-ratelimit-remaining") == "0" and re.fullmatch(r"[0-9]{1,12}", reset):
        return max(0.0, int(reset) - now.timestamp())
    return seconds


def limited(headers: Mapping[str, str] | None) -> str:
    """Return the cure for a limit that was not waited for to its end, with the moment of that where GitHub names
    one.
    """
    seconds = wait_of(headers) if headers is not None else None
    if not headers or not seconds or seconds > 31 * 24 * 3600:
        return LIMITED
    until = (server_time(headers) or datetime.now(UTC)) + timedelta(seconds=seconds + 59)
    at = f"{until:%H:%M} UTC" if seconds < 12 * 3600 else f"{until:%Y-%m-%d %H:%M} UTC"
    return f"GitHub limits the requests of this token. GitHub accepts requests again at {at}: run this job again then."


def is_retired(status: int, body: bytes) -> bool:
    """Return whether GitHub may have refused the version of its API, with 410; a server that does not know it says
    400.
    """
    text = body[:_READ_LIMIT].lower()
    return (status == 410 and b"issue" not in text) or (status == 400 and b"version" in text)


def refusal(status: int, body: bytes, reason: str) -> Unavailable:
    """Return the error for an answer that no repeat would change."""
    if status == 401:
        return Unavailable(reason, "GITHUB_TOKEN is wrong or has expired. In a workflow set it to github.token.")
    text = body[:_READ_LIMIT].decode("utf-8", "replace")
    if status in (403, 410, 422, 451):
        for pattern, kind, cure in _REFUSALS:
            if re.search(pattern, text, re.IGNORECASE):
                return kind(reason, cure)
    if status == 451:
        return ClosedToAll(reason, "GitHub has disabled the repository. Its owner can ask: https://support.github.com")
    if status == 304:
        return Unavailable(reason, "Nothing was asked that allows it: check for a cache between here and GitHub.")
    if status == 403:
        return Forbidden(reason, PERMISSIONS)
    if status in (404, 410):
        return NotVisible(reason, "Check GITHUB_REPOSITORY and the permissions of the token.")
    if (status == 409 and "repository is empty" in text.lower()) or (status == 422 and "No commit found" in text):
        return NoSuchCommit(reason, "Push the branch first.")
    if 300 <= status < 400:
        return Unavailable(reason, "The repository was renamed or moved; run the workflow anew.")
    return Unavailable(reason, "Running it again would not change this answer.")
