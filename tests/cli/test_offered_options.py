"""Each command that offers an option of an account checks its value: one that cannot be right does not pass.

This does not prove that a valid value acts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from invent_gitops.cli.program import cli
from tests.running import call, define

# Values that no command can work with, and what it says of them if it reads them.
IMPOSSIBLE = {"--org": "../evil", "--base-url": "gopher://nowhere"}
COMPLAINTS = {"--org": "evil", "--base-url": "The base URL has no usable scheme"}
ARGUMENTS = {"key": "spring", "to": "summer", "keys": "spring"}
# What a command refuses to go on without.
NEEDED: dict[tuple[str, ...], list[str]] = {("resolve",): ["--not-created", "--reason", "looked"]}


def commands(group: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(group, click.Group):
        yield path, group
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield from commands(command, (*path, name))


def arguments_of(command: click.Command) -> list[str]:
    """What a command needs besides the option under test."""
    words: list[str] = []
    for parameter in command.params:
        if isinstance(parameter, click.Argument) and parameter.required:
            words.append(ARGUMENTS[parameter.name or ""])
        elif isinstance(parameter, click.Option) and parameter.required:
            words += [parameter.opts[0], "because"]
    return words


OFFERED = [
    (path, option, command)
    for path, command in commands(cli)
    for parameter in command.params
    for option in parameter.opts
    if option in IMPOSSIBLE
]


@pytest.mark.parametrize(
    ("path", "option", "command"), OFFERED, ids=[f"{' '.join(path)} {option}" for path, option, _ in OFFERED]
)
def test_impossible_value_of_an_offered_account_option_is_refused(
    tmp_path: Path, path: tuple[str, ...], option: str, command: click.Command
) -> None:
    define(tmp_path, "spring")
    result = call(
        tmp_path,
        *path,
        *arguments_of(command),
        *NEEDED.get(path, []),
        option,
        IMPOSSIBLE[option],
        env={"INVENT_API_KEY": "a-key"},
    )
    assert result.code == 2, f"{' '.join(path)} ignores {option}: {result.all}"
    assert COMPLAINTS[option] in result.all, result.all


def test_commands_that_speak_to_invent_are_among_those_that_are_tried() -> None:
    tried = {path for path, _, _ in OFFERED}
    assert {("plan",), ("apply",), ("status",), ("refresh",), ("reconcile",), ("segments", "pull")} <= tried
