"""What every command shares: the common options, and the two streams it speaks on."""

from __future__ import annotations

import errno
import os
import select
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import click

from invent_gitops.cli.gathered import Gathered
from invent_gitops.errors import ExitCode, InventGitopsError, Refused, worst
from invent_gitops.model.problem import Problem
from invent_gitops.operations.console import failure_of
from invent_gitops.render.text.style import Style
from invent_gitops.text.clean import clean
from invent_gitops.text.secret import without_secrets

MOST_REMARKS = 20


class Session:
    """The common options of one call. The result goes to stdout, everything else to stderr.

    With `json` the result is one JSON document, also when the command fails. `start` is the folder in which the process
    was started, once `folder` leads out of it. `failure` makes the result of a command that fails, where it has a form
    of its own. `workspace` is the one of several that has its turn, `stopping` whether somebody has asked to stop.
    """

    def __init__(self, *, json: bool = False) -> None:
        self.json = json
        self.color = "auto"
        self.quiet = False
        self.verbose = False
        self.folder = ""
        self.start = ""
        self.astray = False
        self.kind = "error"
        self.failure: Callable[[InventGitopsError, ExitCode], str] | None = None
        # Gives as much of the document as is known by now.
        self.known: Callable[[], Mapping[str, object]] = dict
        self.workspace = ""
        self.stopping = False
        self.gathered: Gathered | None = None
        self._sharing = 1
        self._answered = False
        self._broken = ExitCode.DONE

    @property
    def style(self) -> Style:
        """For stdout."""
        return Style(self._colored(sys.stdout))

    @property
    def aside(self) -> Style:
        """For stderr."""
        return Style(self._colored(sys.stderr))

    def result(self, text: str) -> None:
        """Print the result of the command."""
        self._answered = True
        if self.gathered is not None and self.json:
            self.gathered.document = text
            return
        self._print(text, sys.stdout)

    def note(self, text: str) -> None:
        """Print something beside the result, unless the user wants quiet."""
        if not self.quiet:
            self._print(text, sys.stderr)

    def remark(self, notes: Sequence[str]) -> None:
        """Print what the author of the definitions may want to know, though nothing is wrong."""
        for note in notes[:MOST_REMARKS]:
            self.note(f"{self.aside.yellow('Note:')} {clean(note)}")
        if len(notes) > MOST_REMARKS:
            self.note(f"And {len(notes) - MOST_REMARKS} more such notes.")

    def progress(self, text: str) -> None:
        """Print what became of one step of many, unless the user wants quiet."""
        self.note(text)

    @property
    def interactive(self) -> bool:
        """Whether a person at a terminal can be asked."""
        return bool(sys.stdin and sys.stdin.isatty())

    def confirm(self, question: str) -> bool:
        """Ask on stderr for a yes. Raises `Refused` without a terminal, and `KeyboardInterrupt` for no answer."""
        if not self.interactive:
            raise Refused("There is nobody to ask.", "Run it in a terminal.")
        try:
            return click.confirm(self.aside.bold(question), err=True)
        except click.Abort:
            raise KeyboardInterrupt from None

    def stop(self, text: str) -> None:
        """Begin nothing new from now on, and say why.

        Past Python's stream, which takes no second write while a signal interrupts one; and never blocking.
        """
        self.stopping = True
        if not self.quiet:
            with suppress(OSError):
                if select.select([], [2], [], 0)[1]:
                    os.write(2, f"{text}\n".encode())

    def answer(
        self,
        kind: str,
        code: ExitCode,
        body: Mapping[str, object],
        *,
        problems: Sequence[Problem] = (),
        error: InventGitopsError | None = None,
    ) -> None:
        """Print the JSON document of the command."""
        from invent_gitops.render.documents.envelope import document

        self.result(document(kind, code, body, problems=problems, error=error))

    def so_far(self) -> Mapping[str, object]:
        """What a document holds when the command fails: what is known; and if a bug is in that, nothing."""
        try:
            return self.known()
        except Exception:  # noqa: BLE001  # the failure that is being told must not be lost to another one
            return {}

    def commands(self, text: str) -> None:
        """Print annotations for a workflow's run; of several workspaces, they are printed together at the end."""
        if self.gathered is not None:
            self.gathered.commands = text
        elif text:
            self.result(text)

    def outputs(self, values: Mapping[str, str | int]) -> None:
        """Give a workflow's step its outputs; of several workspaces, they are given together at the end."""
        if self.gathered is not None:
            self.gathered.outputs = dict(values)
            return
        from invent_gitops.github.step import write_outputs

        if reason := write_outputs(values):
            self.note(clean(reason))

    def room(self, limit: int) -> int:
        """How much of `limit` characters one result may take: several workspaces share it, each with a heading."""
        return limit // self._sharing - (100 if self.gathered is not None else 0)

    @contextmanager
    def part(self, workspace: str, sharing: int) -> Iterator[Gathered]:
        """While it lasts, the command works in one of `sharing` workspaces, and what is for the end is gathered."""
        before = self.kind, self.known, self.failure, self.workspace, self._answered, self.gathered
        self.kind, self.known, self.workspace, self._sharing = "error", dict, workspace, sharing
        self._answered, self.gathered = False, Gathered()
        try:
            yield self.gathered
        finally:
            self.kind, self.known, self.failure, self.workspace, self._answered, self.gathered = before

    def wrong(self, problems: Sequence[Problem]) -> None:
        """Show what is wrong with the input, as the result of the command."""
        if self.json:
            self.answer(self.kind, ExitCode.INVALID, self.so_far(), problems=problems)
        else:
            from invent_gitops.render.text.problems import problems_text

            self.result(problems_text(problems, self.style))

    def failed(self, error: InventGitopsError, code: ExitCode | None = None) -> None:
        """Say on stderr what is wrong and what to do; with `json`, also in the document."""
        code = error.exit_code if code is None else code
        if self.json and not self._answered:
            self.answer(self.kind, code, self.so_far(), error=error)
        elif self.failure and not self._answered and self.gathered is None:
            self.result(self.failure(error, code))
        if self.gathered is not None:
            self.gathered.failure = error
        if code is not ExitCode.USAGE or error.exit_code is ExitCode.USAGE:
            self.complain(error)

    def complain(self, error: InventGitopsError) -> None:
        """Say on stderr what is wrong and what to do."""
        where = f" in {self.workspace}" if self.workspace else ""
        self._print(f"{self.aside.red(f'Error{where}:')} {clean(error.message)}", sys.stderr)
        if error.cure:
            self._print(f"  {self.aside.green('→')} {clean(error.cure)}", sys.stderr)

    def bug(self, error: Exception) -> None:
        """A fault of this tool: say so in a sentence, and show the trace only to who asks with -v."""
        self.failed(failure_of(error))
        if self.verbose:
            self._print("".join(traceback.format_exception(error)), sys.stderr)

    def close(self, code: ExitCode) -> ExitCode:
        """The exit code to leave with: a result that could not be delivered is not a success."""
        return worst([code, self._broken])

    def _colored(self, stream: Any) -> bool:
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        return os.environ.get("TERM") != "dumb" and bool(stream and stream.isatty())

    def _print(self, text: str, stream: Any) -> None:
        if stream is None:
            return
        try:
            # Nothing that is read should hold a secret; should it all the same, it does not end in a log.
            stream.write(without_secrets(text, os.environ) + "\n")
            stream.flush()
        except (OSError, ValueError) as error:
            # A closed pipe (`| head`) is the reader's wish; anything else must not pass for success.
            if getattr(error, "errno", None) != errno.EPIPE and stream is sys.stdout:
                self.undelivered(error)

    def undelivered(self, error: OSError | ValueError) -> None:
        """Say once on stderr that the result did not arrive where stdout leads to."""
        told, self._broken = self._broken is not ExitCode.DONE, ExitCode.UNSETTLED
        if not told:
            why = getattr(error, "strerror", None) or str(error)
            self.complain(
                InventGitopsError(
                    f"The result could not be written to stdout: {why}.",
                    "What was done is recorded; see it with: invent-gitops plan",
                )
            )
