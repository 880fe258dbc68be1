"""Commands that messages print, so that they can be pasted as they stand."""

from __future__ import annotations

import shlex

# What a person is to put words in place of.
UNFINISHED = "…"


def quoted(word: str) -> str:
    """`word` as one word of a POSIX shell."""
    return shlex.quote(word)


def resolving(flags: str, key: str, options: str) -> str:
    """A `resolve` of one key, with the key first, as people read it, unless it would be taken for an option."""
    if key.startswith("-"):
        return f"invent-gitops resolve{flags} {options} -- {quoted(key)}"
    return f"invent-gitops resolve{flags} {quoted(key)} {options}"


def not_created(candidates: int) -> str:
    """The options with which somebody says that a broadcast is not there.

    Where Invent showed `candidates`, it takes a reason of their own: a command that is pasted unread must not set free
    what may exist.
    """
    reason = f"none of these is it, since {UNFINISHED}" if candidates else "looked in Invent: it is not there"
    return f'--not-created --reason "{reason}"'


def words(*arguments: str) -> str:
    """The arguments of a command, quoted, and guarded so that none is taken for an option."""
    guard = ["--"] if any(argument.startswith("-") for argument in arguments) else []
    return " ".join([*guard, *map(quoted, arguments)])
