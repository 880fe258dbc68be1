"""The one error tree and the exit code of each branch.

    InventGitopsError
    ├── WrongUsage      2    a setting is missing or contradicts another
    ├── InvalidInput    4    definitions, project file or state cannot be used
    ├── Refused         5    a guard, the binding of the state or a missing confirmation says no
    ├── Unavailable     6    the API or the network said no, and surely nothing was created
    ├── Unsettled       7    something may have been created and its id is not recorded
    └── Interrupted   130    stopped by a signal; what happened is recorded

Expected faults of the input are values (`model.problem.Problem`), collected and sorted.
An exception of this tree means "cannot go on".
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes that scripts rely on; the README explains each."""

    DONE = 0
    USAGE = 2
    CHANGES = 3
    INVALID = 4
    REFUSED = 5
    UNAVAILABLE = 6
    UNSETTLED = 7
    BY_HAND = 8
    BUG = 70
    INTERRUPTED = 130


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the code to end with when several apply: 130 and 70 above all, then 7 > 6 > 5 > 4 > 3 > 2 > 8 > 0."""
    return max(codes, key=_weight, default=ExitCode.DONE)


def _weight(code: ExitCode) -> int:
    """Return the code itself, but 8, which came late and says less than any other."""
    return 1 if code is ExitCode.BY_HAND else code


class InventGitopsError(Exception):
    """What is wrong (`message`, full sentences) and what to do about it (`cure`)."""

    exit_code = ExitCode.BUG

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure


class WrongUsage(InventGitopsError):
    exit_code = ExitCode.USAGE


class InvalidInput(InventGitopsError):
    exit_code = ExitCode.INVALID


class Refused(InventGitopsError):
    exit_code = ExitCode.REFUSED


class StateMoved(Refused):
    """Somebody else wrote the state since it was read; nothing of ours was written. Read and plan again."""


class Unavailable(InventGitopsError):
    exit_code = ExitCode.UNAVAILABLE


class NotOffered(Unavailable):
    """The API does not have what was asked for: asking again would change nothing."""


class Unreachable(Unavailable):
    """Nothing could be sent to the API, and no flag helps: the network, a proxy or a certificate is in the way."""


class Unsettled(InventGitopsError):
    exit_code = ExitCode.UNSETTLED


class Interrupted(InventGitopsError):
    exit_code = ExitCode.INTERRUPTED
