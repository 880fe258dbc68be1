"""A command that a cure tells people to run, as a value. Who prints it adds the options that name the account."""

from __future__ import annotations

import shlex

from invent_gitops.values import Struct

# What a person is to put words in place of.
UNFINISHED = "…"


class Command(Struct, frozen=True):
    """`name` is that of a subcommand, such as `state mv`; `arguments` are quoted for a shell."""

    name: str
    arguments: str = ""

    def text(self, flags: str) -> str:
        """Return the whole line; `flags` are the options that it needs, with a space before each."""
        return f"invent-gitops {self.name}{flags}" + (f" {self.arguments}" if self.arguments else "")


class Cure(Struct, frozen=True):
    """What a person should do: text, with the commands in it as values."""

    parts: tuple[str | Command, ...]

    def text(self, flags: str) -> str:
        """Return all of it; `flags` are the options that its commands need, with a space before each."""
        return "".join(part if isinstance(part, str) else part.text(flags) for part in self.parts)


def command_on(name: str, key: str, options: str) -> Command:
    """Return a command on one key, with the key first, as people read it, unless it would be taken for an option."""
    if key.startswith("-"):
        return Command(name, f"{options} -- {shlex.quote(key)}")
    return Command(name, f"{shlex.quote(key)} {options}")


def resolve_command(key: str, options: str) -> Command:
    """Return a `resolve` of one key."""
    return command_on("resolve", key, options)


def reasoned_command(name: str, key: str) -> Command:
    """Return a command on one key that records a reason, which the person has to write."""
    return command_on(name, key, f"--reason {UNFINISHED}")


def instead(key: str, right: str, wrong: str) -> Command:
    """Return the command that puts one id in place of another."""
    options = f'--id {shlex.quote(right)} --instead-of {shlex.quote(wrong)} --reason "{UNFINISHED}"'
    return resolve_command(key, options)


def cure_text(cure: Cure | str, flags: str) -> str:
    """Return a cure as a line; one without a command is plain text."""
    return cure if isinstance(cure, str) else cure.text(flags)
