"""Commands that messages print, so that they can be pasted as they stand."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import MAXYEAR, UTC, datetime, timedelta

from invent_gitops.model.command import UNFINISHED, Command, Cure, resolve_command
from invent_gitops.model.record import Intent

_MINUTE = timedelta(minutes=1)


def quoted(word: str) -> str:
    """`word` as one word of a POSIX shell."""
    return shlex.quote(word)


def resolving(flags: str, key: str, options: str) -> str:
    """Return a `resolve` of one key, with the key first, as people read it, unless it would be taken for an option."""
    return resolve_command(key, options).text(flags)


def not_created(ids: Sequence[str]) -> str:
    """Return the options with which somebody says that a broadcast is not there; `ids` are those that Invent showed for
    it.

    The reason is to be written: a command that is pasted unread must not set free what may exist.
    """
    reason = f"none of these is it, since {UNFINISHED}" if ids else UNFINISHED
    others = "".join(f" --not {quoted(id)}" for id in ids)
    return f'--not-created{others} --reason "{reason}"'


def from_when(at: datetime, now: datetime) -> str:
    """`from 2026-11-27 14:06 UTC on, in 5 minutes`: both rounded up; the second part only if that is still to come."""
    minutes = -((now - at) // _MINUTE)
    exact = at.astimezone(UTC)
    # The last minute of all has no next one.
    rounded = exact == exact.replace(second=0, microsecond=0) or exact.year == MAXYEAR
    minute = exact if rounded else exact + _MINUTE
    ahead = f", in {minutes} minute{'' if minutes == 1 else 's'}" if minutes > 0 else ""
    return f"from {minute:%Y-%m-%d %H:%M} UTC on{ahead}"


def settling_parts(key: str, intent: Intent, now: datetime) -> tuple[str | Command, ...]:
    """Return how a person settles an attempt that is kept under `key`, as the end of a cure."""
    ids = [candidate.remote.id for candidate in intent.candidates or ()]
    since = from_when(intent.settled_from, now)
    absent = resolve_command(key, not_created(ids))
    return (resolve_command(key, "--id ID"), f" ; or {since}, if it is not there: ", absent)


def settling(flags: str, key: str, intent: Intent, now: datetime) -> str:
    """Return how a person settles an attempt that is kept under `key`, as the end of a sentence."""
    return Cure(settling_parts(key, intent, now)).text(flags)


def words(*arguments: str) -> str:
    """Return the arguments of a command, quoted, and guarded so that none is taken for an option."""
    guard = ["--"] if any(argument.startswith("-") for argument in arguments) else []
    return " ".join([*guard, *map(quoted, arguments)])
