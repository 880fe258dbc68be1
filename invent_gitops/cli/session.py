"""What every command shares: the common options, and the two streams it speaks on."""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from invent_gitops.cli.live_line import LiveLine, columns_of
from invent_gitops.errors import ExitCode, InventGitopsError, Refused, worst

# What prints is imported by what prints it: --version and --help print nothing here.
if TYPE_CHECKING:
    from invent_gitops.model.step import Step
    from invent_gitops.render.text.style import Style

MOST_REMARKS = 20


class Session:
    """The common options of one call, and the console of its operations. The result goes to stdout, the rest to stderr.

    With `json` the result is one JSON document, also when the command fails. `start` is the folder in which the process
    was started, once `folder` leads out of it. `stopping` is whether somebody has asked to stop.
    """

    def __init__(self, *, json: bool = False) -> None:
        self.json = json
        self.color = "auto"
        self.quiet = False
        self.verbose = False
        self.folder = ""
        self.start = ""
        self.astray = False
        self.stopping = False
        self._workspace = ""
        self._line, self._printing = LiveLine(), threading.RLock()
        self._broken = ExitCode.DONE

    @property
    def style(self) -> Style:
        """For stdout."""
        return _style(self._colored(sys.stdout))

    @property
    def aside(self) -> Style:
        """For stderr."""
        return _style(self._colored(sys.stderr))

    @property
    def width(self) -> int | None:
        """The columns of the terminal that stdout is; None if it is no terminal."""
        return columns_of(sys.stdout) if sys.stdout and sys.stdout.isatty() else None

    @property
    def joined(self) -> bool:
        """Whether stdout and stderr are one terminal, so that the result has everything else above it."""
        if self.quiet or not (sys.stdout and sys.stderr and sys.stdout.isatty()):
            return False
        with suppress(OSError, ValueError):
            return os.path.sameopenfile(sys.stdout.fileno(), sys.stderr.fileno())
        return False

    def show(self, text: str, *, searched: bool = True) -> None:
        """Print a part of the result; it is not `searched` for secrets where no input can have reached it."""
        self._print(text, sys.stdout, searched=searched)

    def show_exactly(self, text: str) -> None:
        """Print a whole result with its own line ends, whatever those of the system are."""
        from invent_gitops.text.secret import without_secrets

        with self._printing:
            self._clear()
            try:
                if sys.stdout:
                    sys.stdout.flush()
                    sys.stdout.buffer.write(without_secrets(text, os.environ).encode())
                    sys.stdout.flush()
            except (OSError, ValueError) as error:
                if getattr(error, "errno", None) != errno.EPIPE:
                    self.undelivered(error)

    def note(self, text: str) -> None:
        """Print something beside the result, unless the user wants quiet."""
        if not self.quiet:
            self._print(text, sys.stderr, live=True)

    def remark(self, notes: Sequence[str]) -> None:
        """Print what the author of the definitions may want to know, though nothing is wrong."""
        from invent_gitops.text.clean import clean

        for note in notes[:MOST_REMARKS]:
            self.note(f"{self.aside.yellow('Note:')} {clean(note)}")
        if len(notes) > MOST_REMARKS:
            self.note(f"And {len(notes) - MOST_REMARKS} more such notes.")

    def progress(self, text: str, step: Step) -> None:
        """Print what became of one step of many, and how far the run is, unless the user wants quiet."""
        if self.quiet:
            return
        with self._printing:
            if self._is_screen(sys.stderr) and not self.stopping:
                from invent_gitops.render.text.wrap import wrapped
                from invent_gitops.text.secret import without_secrets

                above = without_secrets(wrapped(text, columns_of(sys.stderr)), os.environ) + "\n" if text else ""
                with suppress(OSError, ValueError):
                    self._line.draw(sys.stderr, step, above)
                return
            if text:
                self._print(text, sys.stderr)
            if not self._is_screen(sys.stderr) and self._line.due(step):
                from invent_gitops.render.text.pace import pace_text

                self._print(pace_text(step), sys.stderr)

    @property
    def interactive(self) -> bool:
        """Whether a person at a terminal can be asked."""
        return bool(sys.stdin and sys.stdin.isatty())

    def confirm(self, question: str) -> bool:
        """Ask on stderr for a yes. Raises `Refused` without a terminal, and `KeyboardInterrupt` for no answer."""
        if not self.interactive:
            raise Refused("There is no terminal to ask on.", "Run it in a terminal.")
        from invent_gitops.render.text.wrap import wrapped

        try:
            width = columns_of(sys.stderr) if sys.stderr.isatty() else None
            return click.confirm(self.aside.bold(wrapped(question, width)), err=True)
        except click.Abort:
            # The cursor is behind the question.
            self._write("", sys.stderr)
            raise KeyboardInterrupt from None

    def stop(self, text: str) -> None:
        """Begin nothing new from now on, and say why.

        Past Python's stream, which takes no second write while a signal interrupts one; and never blocking.
        """
        import select

        self.stopping = True
        if not self.quiet:
            with suppress(OSError):
                if select.select([], [2], [], 0)[1]:
                    os.write(2, f"{self._line.erasure}{text}\n".encode())
                    self._line.forget()

    @contextmanager
    def speaking_of(self, workspace: str) -> Iterator[None]:
        """While it lasts, errors are those of one of several workspaces."""
        before, self._workspace = self._workspace, workspace
        try:
            yield
        finally:
            self._workspace = before

    def complain(self, error: InventGitopsError) -> None:
        """Say on stderr what is wrong and what to do."""
        from invent_gitops.text.clean import clean

        where = f" in {self._workspace}" if self._workspace else ""
        self._print(f"{self.aside.red(f'Error{where}:')} {clean(error.message)}", sys.stderr)
        if error.cure:
            self._print(f"  {self.aside.green('→')} {clean(error.cure)}", sys.stderr)

    def bug(self, error: Exception) -> None:
        """Say in a sentence that this is a fault of the tool, and show the trace only to who asks with -v."""
        from invent_gitops.operations.console import failure_of

        self.complain(failure_of(error))
        if self.verbose:
            import traceback

            self._print("".join(traceback.format_exception(error)), sys.stderr)

    def close(self, code: ExitCode) -> ExitCode:
        """Return the exit code to leave with: a result that could not be delivered is not a success."""
        self._clear()
        return worst([code, self._broken])

    def _colored(self, stream: Any) -> bool:
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        return self._is_screen(stream)

    def _is_screen(self, stream: Any) -> bool:
        """Return whether colours and a line that moves mean something there."""
        return os.environ.get("TERM") != "dumb" and bool(stream and stream.isatty())

    def _print(self, text: str, stream: Any, *, live: bool = False, searched: bool = True) -> None:
        """Print a text in place of the live line; with `live` that goes on below it."""
        with self._printing:
            step = self._clear()
            if stream is sys.stderr and self._is_screen(stream):
                from invent_gitops.render.text.wrap import wrapped

                text = wrapped(text, columns_of(stream))
            self._write(text, stream, searched=searched)
            if live and step and not self.stopping:
                with suppress(OSError, ValueError):
                    self._line.draw(sys.stderr, step)

    def _clear(self) -> Step | None:
        """Take the live line away; returns what it has shown."""
        with suppress(OSError, ValueError):
            return self._line.clear(sys.stderr)
        return None

    def _write(self, text: str, stream: Any, *, searched: bool = True) -> None:
        if stream is None:
            return
        if searched:
            # Nothing that is read should hold a secret; should it all the same, it does not end in a log.
            from invent_gitops.text.secret import without_secrets

            text = without_secrets(text, os.environ)
        try:
            stream.write(text + "\n")
            stream.flush()
        except (OSError, ValueError) as error:
            # A closed pipe (`| head`) is the reader's wish; anything else must not pass for success.
            if getattr(error, "errno", None) != errno.EPIPE and stream is sys.stdout:
                self.undelivered(error)

    def undelivered(self, error: OSError | ValueError) -> None:
        """Say once on stderr that the result did not arrive where stdout leads to."""
        reported, self._broken = self._broken is not ExitCode.DONE, ExitCode.UNSETTLED
        if not reported:
            reason = getattr(error, "strerror", None) or str(error)
            self.complain(
                InventGitopsError(
                    f"The result could not be written to stdout: {reason}.",
                    "What was done is recorded; see it with: invent-gitops plan",
                )
            )


def _style(color: bool) -> Style:
    from invent_gitops.render.text.style import Style

    return Style(color)
