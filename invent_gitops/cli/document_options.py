"""Options that know what a run in several workspaces, or the delivery of a result, has to know of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from invent_gitops.model.deadline import Deadline

Kind = TypeVar("Kind", bound=click.Option)

# What stands for the name of the workspace in the path of a file.
NAME = "{workspace}"


class FormatOption(click.Option):
    """--format of a command whose result is of a `kind`: the formats that the table has for it."""

    def __init__(self, names: Sequence[str], *, kind: str, **attributes: Any) -> None:
        from invent_gitops.cli.formats import formats_of

        choices = formats_of(kind)
        super().__init__(names, **{**attributes, "type": click.Choice(choices), "default": choices[0]})
        self.kind = kind


class FileOption(click.Option):
    """Names a file, which must be another one for each workspace; `{workspace}` stands for the name in it."""


class OutOption(FileOption):
    """--out: names the file for the document of a `kind`. With `drafts` the command itself writes to it meanwhile."""

    def __init__(self, names: Sequence[str], *, kind: str, drafts: bool = False, **attributes: Any) -> None:
        super().__init__(names, **attributes)
        self.kind, self.drafts = kind, drafts


class PageOutOption(FileOption):
    """--out of a command whose result is also a page: the name of the file, or --format, says in which form.

    `opener` is the name of the flag that opens the page.
    """

    def __init__(self, names: Sequence[str], *, kind: str, opener: str, **attributes: Any) -> None:
        super().__init__(names, **attributes)
        self.kind, self.opener = kind, opener


class OneWorkspaceOption(click.Option):
    """Means one state, or one plan, and so one workspace."""


class SharedSecondsOption(click.Option):
    """Seconds that all workspaces have together, as a `Deadline`."""

    def type_cast_value(self, ctx: click.Context, value: Any) -> Deadline | None:
        from invent_gitops.model.deadline import Deadline

        seconds = super().type_cast_value(ctx, value)
        return None if seconds is None else Deadline(seconds)


def option_of(command: click.Command, kind: type[Kind]) -> Kind | None:
    """Return the option of a command that is of a kind, or None."""
    return next((option for option in command.params if isinstance(option, kind)), None)


def options_of(command: click.Command, kind: type[Kind]) -> list[Kind]:
    """Return the options of a command that are of a kind."""
    return [option for option in command.params if isinstance(option, kind)]
