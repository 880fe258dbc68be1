"""Runs git as a process: with the settings that this program needs, and nothing that leads it elsewhere."""

from __future__ import annotations

import functools
import os
import re
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from invent_gitops.errors import Refused, Unavailable
from invent_gitops.state.credential import token_settings
from invent_gitops.state.faults import HANGS, cure_for, is_passing, reason_in

SETTINGS = {
    "gc.auto": "0",
    "maintenance.auto": "false",
    # Messages are read back, whatever the user has set for their own.
    "i18n.commitEncoding": "UTF-8",
    "i18n.logOutputEncoding": "UTF-8",
    "log.showSignature": "false",
    "log.follow": "false",
    "color.ui": "false",
    # A state has no submodules; those of the project are nobody's business here. `only` would push nothing else.
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "push.recurseSubmodules": "no",
    "push.followTags": "false",
    "fetch.prune": "false",
    "fetch.pruneTags": "false",
    "fetch.writeCommitGraph": "false",
    # Hooks of the clone are made for what people commit.
    "core.hooksPath": os.devnull,
}
# What git sets for its own children, or a caller for another git: it would lead to another repository or other files.
FOREIGN = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
}
# What is used here of the newer ones: fetch --no-write-fetch-head, and GIT_CONFIG_COUNT for the token of a workflow.
NEEDED, NEEDED_FOR_TOKEN = (2, 29), (2, 31)


class GitFailed(Unavailable):
    """Git ended with an error; `words` is what it said, `code` its exit code (0 if it did not end by itself)."""

    def __init__(self, words: str, code: int = 0) -> None:
        super().__init__(f"Git could not do it: {reason_in(words)}", cure_for(words))
        self.words, self.code = words, code

    @property
    def passing(self) -> bool:
        """Whether the same may go well in a moment."""
        return is_passing(self.words)


class GitMissing(GitFailed):
    """There is no git that can be started."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.cure = "Install git, and see that this works: git --version"


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The variables of a git process. How git reaches a host, ssh among it, is left as the user has set it."""
    return {
        **{name: value for name, value in os.environ.items() if name not in FOREIGN},
        # Nobody is there to answer a question.
        "GIT_TERMINAL_PROMPT": "0",
        "SSH_ASKPASS_REQUIRE": os.environ.get("SSH_ASKPASS_REQUIRE", "never"),
        # A replaced object would be read as something else than what was recorded.
        "GIT_NO_REPLACE_OBJECTS": "1",
        "LC_ALL": "C",
        **token_settings(os.environ),
        **settings,
    }


def run_git(folder: Path, arguments: tuple[str, ...], data: str, settings: Mapping[str, str], timeout: float) -> str:
    """What git prints on stdout. Raises `GitFailed` with its words, also if it is missing or takes too long."""
    pairs = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    command = ["git", "-C", str(folder), "--literal-pathspecs", *pairs, *arguments]
    try:
        # In a session of its own: a Ctrl-C is for this program, which waits for git; git must not die half way
        # through a push.
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(settings),
            start_new_session=True,
        )
    except FileNotFoundError:
        raise GitMissing("git is not installed") from None
    except (PermissionError, NotADirectoryError) as error:
        raise GitMissing(f"git cannot be started: {error.strerror}") from None
    except OSError as error:
        raise GitFailed(f"git cannot be started: {error.strerror}") from None
    except ValueError:
        raise GitFailed("a name holds a zero byte, which git takes nowhere") from None
    try:
        out, err = process.communicate(data.encode("utf-8", "surrogateescape"), timeout=timeout)
    except subprocess.TimeoutExpired:
        end(process)
        raise GitFailed(f"git {_verb(arguments)} {HANGS} {timeout:.0f} seconds") from None
    except OSError as error:
        end(process)
        raise GitFailed(f"git {_verb(arguments)} could not be talked to: {error.strerror}") from None
    if process.returncode != 0:
        # Of a push, the machine-readable part is on stdout and the reason on stderr.
        raise GitFailed((out + err).decode(errors="replace").strip(), process.returncode)
    return out.decode(errors="surrogateescape")


def check_version(folder: Path) -> None:
    """Refuse a git that is too old, before a remote is read or written with it."""
    words = _version(folder, os.environ.get("PATH", ""))
    needed = NEEDED_FOR_TOKEN if token_settings(os.environ) else NEEDED
    match = re.search(r"\b(\d+)\.(\d+)", words)
    if match and (int(match[1]), int(match[2])) >= needed:
        return
    raise Refused(
        f"This needs git {needed[0]}.{needed[1]} or newer, and this machine has: {words.strip() or 'unknown'}.",
        "Install a newer git, and see that it is the first one on the PATH: git --version",
    )


@functools.cache
def _version(folder: Path, path: str) -> str:
    """What git says of itself; one process for each run of this program and each PATH."""
    return run_git(folder, ("--version",), "", {}, 30)


def end(process: subprocess.Popen[bytes]) -> None:
    """End git and what it started, such as ssh."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            with suppress(OSError):
                pipe.close()
    process.wait()


def _verb(arguments: tuple[str, ...]) -> str:
    """The command among the arguments: what comes after git's own options."""
    rest = list(arguments)
    while len(rest) > 2 and rest[0] == "-c":
        rest = rest[2:]
    return rest[0]
