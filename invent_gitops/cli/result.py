"""What a command returns: one frozen value, delivered once, in whatever form and into whatever file was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from invent_gitops.errors import ExitCode, InventGitopsError
from invent_gitops.values import Struct, field

if TYPE_CHECKING:
    from invent_gitops.model.problem import Problem
    from invent_gitops.render.text.style import Style

Body = Mapping[str, object]


class Display(Struct, frozen=True):
    """What a text depends on: `width` in columns of a terminal, `log` for the log of a workflow, `verbose` for -v.

    `joined` is whether that terminal has shown what was printed beside the result, too.
    """

    style: Style
    verbose: bool = False
    log: bool = False
    width: int | None = None
    joined: bool = False


def no_text(display: Display) -> None:
    return None


class Result(Struct, frozen=True):
    """The result of one command.

    `body` makes the content of its JSON document, `text` what people read, if anything, `annotations` the commands of a
    workflow's log from the way to the current folder; each is called only where it is wanted. `outputs` are for a step.
    `notes` are said beside the result. `failed` is whether the command could not go on: its `error` is on stderr, too.
    `document` is the whole JSON document where that is not made of `body`. `afterwards` runs once all is delivered.
    """

    kind: str
    code: ExitCode
    body: Callable[[], Body] = dict
    text: Callable[[Display], str | None] = no_text
    problems: Sequence[Problem] = ()
    error: InventGitopsError | None = None
    annotations: Callable[[str], str] | None = None
    outputs: Mapping[str, str | int] = field(default_factory=dict)
    notes: Sequence[str] = ()
    failed: bool = False
    document: str = ""
    afterwards: Callable[[], None] | None = None


def plain(text: str) -> Callable[[Display], str]:
    """Return a text that depends on nothing."""
    return lambda display: text


def failure(kind: str, error: BaseException, body: Callable[[], Body] = dict) -> Result:
    """Return the result of a command that an exception has ended; `body` makes as much of the document as is known."""
    from invent_gitops.operations.console import failure_of
    from invent_gitops.operations.project import InvalidDefinitions

    if isinstance(error, InvalidDefinitions):
        from invent_gitops.render.text.problems import problems_github

        annotations = partial(problems_github, error.problems)
        text = partial(_problems, error.problems)
        return Result(kind, error.exit_code, body, text, error.problems, annotations=annotations, failed=True)
    reported = failure_of(error)
    if reported is not error:
        reported.__cause__ = error
    return Result(kind, reported.exit_code, body, error=reported, failed=True)


def _problems(problems: Sequence[Problem], display: Display) -> str:
    from invent_gitops.render.text.problems import problems_text

    return problems_text(problems, display.style, display.width)
