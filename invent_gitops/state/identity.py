"""Whom git knows: the author and the committer of what is done here, and whether commits are to be signed."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from invent_gitops.git.repository import Git, GitFailed

# For a machine on which nobody has told git an address.
NOWHERE = "invent-gitops@localhost"


def author_name(git: Git, environment: Mapping[str, str] = os.environ) -> str:
    """Return who acts, as git would name the author of a commit; "" if nobody has told git."""
    settings = _settings(git)
    return (
        environment.get("GIT_AUTHOR_NAME")
        or settings.get("author.name")
        or settings.get("user.name")
        or environment.get("GIT_COMMITTER_NAME")
        or settings.get("committer.name", "")
    )


def commit_identity(git: Git, by: str, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables for a commit of which `by` is the author; the committer is whoever git would take."""
    settings = _settings(git)

    def mail(role: str) -> str:
        address = (
            environment.get(f"GIT_{role.upper()}_EMAIL") or settings.get(f"{role}.email") or settings.get("user.email")
        )
        return address or environment.get("EMAIL", "")

    author_mail = mail("author") or NOWHERE
    committer = environment.get("GIT_COMMITTER_NAME") or settings.get("committer.name") or settings.get("user.name")
    return {
        "GIT_AUTHOR_NAME": _usable(by),
        "GIT_AUTHOR_EMAIL": author_mail,
        "GIT_COMMITTER_NAME": _usable(committer or by),
        "GIT_COMMITTER_EMAIL": mail("committer") or author_mail,
    }


def signs(git: Git) -> bool:
    """Return whether the user's git is told to sign commits, and not told to leave those of the state unsigned."""
    for name in ("invent-gitops.gpgSign", "commit.gpgSign"):
        try:
            return git.run("config", "--type=bool", "--get", name).strip() == "true"
        except GitFailed as error:
            if error.code != 1:
                raise
    return False


def _settings(git: Git) -> dict[str, str]:
    """Return the names and addresses in git's settings, by their lower-case key; of several the last counts, as for
    git.
    """
    try:
        listed = git.run("config", "-z", "--get-regexp", r"^(user|author|committer)\.(name|email)$")
    except GitFailed:
        return {}
    pairs = (entry.partition("\n") for entry in listed.split("\0") if entry)
    return {name.lower(): value.strip() for name, _, value in pairs}


def _usable(text: str) -> str:
    """Return a name that git takes for an author: it drops these characters, and refuses one that is empty then."""
    return re.sub(r"[<>\n\x00]", "", text).strip(" .,:;\"'") or "unknown"
