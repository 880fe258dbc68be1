"""Reads where git's settings come from: what leads to a command or a host may not come from the work tree."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from invent_gitops.errors import Refused
from invent_gitops.git.discovery import MARKER, Place

# What makes git start a command, or talk to another host, in any call of this program.
POWERFUL = (
    r"^(hook|credential|remote|url|http|gpg|ssh|protocol|extensions|safe|invent-gitops)\..*$|"
    r"^core\.(sshcommand|gitproxy|askpass|alternaterefscommand|worktree)$|"
    r"^filter\..*\.(clean|smudge|process)$|^user\.signingkey$"
)
ASKED = ("config", "--null", "--show-origin", "--get-regexp", POWERFUL)


def hooks_in(listed: str) -> tuple[str, ...]:
    """Return the names of the hooks among the settings that git printed for `ASKED`."""
    keys = (key for _, key in _lines(listed) if key.startswith("hook."))
    return tuple(dict.fromkeys(key.removeprefix("hook.").rpartition(".")[0] for key in keys))


def check_origins(listed: str, location: Place) -> None:
    """Refuse a setting of `ASKED` that comes from a file of the work tree, which a commit can change.

    That is so where the repository's own settings include such a file, and where a home folder is a work tree.
    """
    root = location.work_tree or location.top
    for origin, key in _lines(listed):
        if not origin.startswith("file:"):
            continue
        path = (location.top / origin.removeprefix("file:")).resolve()
        is_own = path.is_relative_to(location.git_dir) or MARKER in path.parts
        if path.is_relative_to(root) and not is_own:
            raise Refused(
                f"Git takes the setting {key} from {path}, which is among the files of the work tree. A commit can "
                "change it, and such a setting makes git run commands or talk to another host.",
                f"Keep it outside of the repository. See it with: git config --show-origin --get {shlex.quote(key)}",
            )


def _lines(listed: str) -> Iterator[tuple[str, str]]:
    """Origin and key of each setting; the value is left out, since it may be a secret."""
    parts = listed.split("\0")
    for origin, entry in zip(parts[::2], parts[1::2], strict=False):
        yield origin, entry.partition("\n")[0]
