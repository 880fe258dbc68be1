"""Packs what a clone has gathered of the state branch: each commit holds a whole state, and git keeps it loose."""

from __future__ import annotations

import os
from collections.abc import Mapping

from invent_gitops.errors import InventGitopsError
from invent_gitops.git.repository import Git

# What CI systems set in every job.
CI = (
    "CI",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "BUILDKITE",
    "TF_BUILD",
    "JENKINS_URL",
    "TEAMCITY_VERSION",
    "CODEBUILD_BUILD_ID",
)
_OFF = {"gc.auto": ("0",), "maintenance.auto": ("false", "no", "off", "0")}


def pack_loose(git: Git, environment: Mapping[str, str] = os.environ) -> None:
    """Let git pack loose objects where there are many (`maintenance.loose-objects.auto`, 100), and wait for it.

    Nothing is deleted but copies of what is packed, and no ref moves. A CI's clone is thrown away, so it is left alone,
    and so is one whose owner has switched git's own upkeep off. A failure is none of the run's.
    """
    if any(environment.get(name, "").lower() not in ("", "0", "false", "no") for name in CI):
        return
    try:
        if not _is_off(git):
            git.run("maintenance", "run", "--auto", "--quiet", "--task=loose-objects")
    except InventGitopsError:
        return


def _is_off(git: Git) -> bool:
    """Return whether the owner of the clone wants no upkeep; what this program itself tells git does not count."""
    listed = git.run("config", "--null", "--show-scope", "--get-regexp", r"^(gc|maintenance)\.auto$").split("\0")
    chosen = dict(
        entry.partition("\n")[::2]
        for scope, entry in zip(listed[::2], listed[1::2], strict=False)
        if scope != "command"
    )
    return any(chosen.get(name, "").lower() in values for name, values in _OFF.items())
