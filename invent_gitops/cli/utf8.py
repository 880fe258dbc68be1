"""File names and words are UTF-8, whatever the locale says: a key must not depend on the machine."""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping

from invent_gitops.errors import Refused

# Set for the one restart, so that an interpreter that ignores the mode is refused instead of started for ever.
_RESTARTED = "_INVENT_GITOPS_UTF8"


def restart_in_utf8_mode(environment: MutableMapping[str, str] = os.environ) -> None:
    """Replace this process by one in Python's UTF-8 mode, if its locale reads bytes in another way.

    Only the mode reaches arguments, file names, streams and child processes alike. Call this before anything is read.
    """
    restarted = environment.pop(_RESTARTED, "")
    if _is_utf8() or restarted or os.name == "nt" or not sys.executable or getattr(sys, "frozen", False):
        return
    try:
        # In front of the other options: Python takes the first of two.
        command = [sys.executable, "-X", "utf8", *sys.orig_argv[1:]]
        os.execve(sys.executable, command, {**environment, _RESTARTED: "1"})  # noqa: S606  the same program again
    except OSError:
        return


def check_utf8() -> None:
    """Raise `Refused` where file names are not read as UTF-8: their keys would be others than everywhere else."""
    if not _is_utf8():
        raise Refused(
            f"Python reads file names as {sys.getfilesystemencoding()} here, so keys would differ from other machines.",
            "Set PYTHONUTF8=1, and unset PYTHONLEGACYWINDOWSFSENCODING.",
        )


def _is_utf8() -> bool:
    return sys.getfilesystemencoding().lower() in ("utf-8", "utf8")
