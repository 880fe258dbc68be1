"""Starts git as a process. Nothing else in this program starts one; `calls` says which repository it is for."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from invent_gitops.errors import Unavailable
from invent_gitops.git.faults import HANGS, cure_for, is_passing, reason_in
from invent_gitops.git.program import Program
from invent_gitops.git.settings import OPTIONS, environment, words_of


class GitFailed(Unavailable):
    """Git ended with an error; `output` is what it said, `code` its exit code (0 if it did not end by itself)."""

    def __init__(self, output: str, code: int = 0) -> None:
        super().__init__(f"Git could not do it: {reason_in(output)}", cure_for(output))
        self.output, self.code = output, code

    @property
    def passing(self) -> bool:
        """Whether the same may go well in a moment."""
        return is_passing(self.output)


class GitMissing(GitFailed):
    """There is no git that can be started."""

    def __init__(self, output: str) -> None:
        super().__init__(output)
        self.cure = "Install git, and see that this works: git --version"


def start(
    program: Program,
    folder: Path,
    arguments: tuple[str, ...],
    *,
    stdin: str = "",
    hooks: tuple[str, ...] = (),
    variables: Mapping[str, str],
    timeout: float,
) -> str:
    """Return what git prints on stdout. `hooks` are those in the user's settings, `variables` say which repository it
    is.

    Raises `GitFailed` with its words, also if it is missing or takes too long.
    """
    process = launch(program, folder, arguments, hooks=hooks, variables=variables)
    try:
        out, err = process.communicate(stdin.encode("utf-8", "surrogateescape"), timeout=timeout)
    except subprocess.TimeoutExpired:
        end(process)
        raise GitFailed(f"git {verb_of(arguments)} {HANGS} {timeout:.0f} seconds") from None
    except OSError as error:
        end(process)
        raise GitFailed(f"git {verb_of(arguments)} could not be talked to: {error.strerror}") from None
    if process.returncode != 0:
        # Of a push, the machine-readable part is on stdout and the reason on stderr.
        raise GitFailed((out + err).decode(errors="replace").strip(), process.returncode)
    return out.decode(errors="surrogateescape")


def launch(
    program: Program,
    folder: Path,
    arguments: tuple[str, ...],
    *,
    hooks: tuple[str, ...],
    variables: Mapping[str, str],
) -> subprocess.Popen[bytes]:
    """Return a git that runs, with a pipe to each of its streams. Raises `GitFailed` where it cannot be started."""
    if not program.path:
        raise GitMissing("git is not installed, or not on the PATH outside of this repository")
    command = [program.path, *OPTIONS, "-C", str(folder), *words_of(hooks), *arguments]
    try:
        # In a session of its own: a Ctrl-C is for this program, which waits for git; git must not die half way
        # through a push.
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**environment(program.search), **variables},
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


def verb_of(arguments: tuple[str, ...]) -> str:
    """Return the command among the arguments: what comes after git's own options."""
    remaining = list(arguments)
    while len(remaining) > 2 and remaining[0] == "-c":
        remaining = remaining[2:]
    return remaining[0]
