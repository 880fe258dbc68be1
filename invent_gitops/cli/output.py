"""Where a plan or a report goes beside the terminal: the file of --out, Markdown, and a step of a workflow."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from invent_gitops.cli.session import Session
from invent_gitops.cli.streams import Stream, is_stream
from invent_gitops.errors import ExitCode, Interrupted, InvalidInput, InventGitopsError, Refused, WrongUsage, worst
from invent_gitops.files import replace_durably
from invent_gitops.operations.console import failure_of
from invent_gitops.operations.project import InvalidDefinitions, chosen_file, working
from invent_gitops.text.clean import clean
from invent_gitops.text.secret import without_secrets

# The forms for people who review, which are complete even where the command fails.
REVIEW = ("markdown", "github")

Annotations = Callable[[str], str]


class Review:
    """The document of one command, on its way to all who wait for it."""

    def __init__(self, session: Session, form: str, out: str | None) -> None:
        self.session, self.form = session, form
        self._out = Path(out) if out else None
        self._stream: Stream | None = None
        self._delivered = self._interrupted = False
        opened = working()
        # What its documents say in every case.
        session.known = lambda: {"workspace": (opened.project.name if opened else "") or None}

    def begin(self) -> None:
        """Put a document in place that says that there is none yet: an older one must not be taken for this run's.

        So nobody creates anything first and finds out then that the report cannot be written.
        """
        self.session.json = self.session.json or self.form == "json"
        kind = self.session.kind
        cut_off = Interrupted(
            f"This {kind} is not done: what writes it still runs, or was killed.",
            "What happened is recorded; invent-gitops plan shows it.",
        )
        try:
            self._write(self._document(cut_off.exit_code, self.session.so_far(), error=cut_off), first=True)
        except InventGitopsError:
            self._out = None
            raise
        if self.session.json and self.form in REVIEW:
            raise WrongUsage(f"--json and --format {self.form} contradict each other.", "Give one of them.")

    def may_be_cut_off(self, body: Callable[[], Mapping[str, object]]) -> None:
        """Put in place what is true from now on of a run that is killed. Raises what `begin` raises."""
        if self._out:
            cut_off = Interrupted(
                f"This {self.session.kind} is not done: what writes it still runs, or was killed.",
                "Run it again: it looks in Invent first, and creates nothing twice.",
            )
            self._write(self._document(cut_off.exit_code, body(), error=cut_off), first=True)

    def show(
        self,
        code: ExitCode,
        body: Callable[[], Mapping[str, object]],
        text: Callable[[], str],
        annotations: Annotations,
        *,
        error: InventGitopsError | None = None,
    ) -> ExitCode:
        """Deliver what came of the command, the file first; returns the code to leave with.

        A file that cannot be written is no success, and takes nothing away from a worse outcome.
        """
        # Text needs no document, and a large one takes longer than the plan.
        wanted = self._out or self.session.json or self.form in REVIEW
        made = body() if wanted else {}
        whole = self._document(code, made, error=error) if wanted else ""
        if wrong := self._kept(whole):
            self.session.complain(wrong)
            code = worst([code, wrong.exit_code])
            whole = self._document(code, made, error=error)
        self._delivered = True
        if self.session.json:
            self.session.result(whole)
        elif self.form != "markdown" and (told := text()):
            self.session.result(told)
        try:
            self._tell_reviewers(whole, annotations)
        except InvalidInput as wrong:
            # A page that cannot be made of our own document is a bug, and what was created counts for more.
            self.session.complain(wrong)
            code = worst([code, ExitCode.BUG])
        return code

    def fail(self, error: InventGitopsError) -> None:
        """The same for a command that fails; people at a terminal are told at the one door."""
        if self._delivered or not (self._out or self.form in REVIEW):
            return
        from invent_gitops.render.github.annotations import Annotation, commands
        from invent_gitops.render.text.problems import problems_github

        self._delivered = True
        self._interrupted = isinstance(error, Interrupted)
        annotations: Annotations
        known = self.session.so_far()
        if isinstance(error, InvalidDefinitions):
            whole = self._document(error.exit_code, known, problems=error)
            annotations = partial(problems_github, error.problems)
        else:
            whole = self._document(error.exit_code, known, error=error)
            command = {"report": "apply"}.get(self.session.kind, self.session.kind)
            where = f" in {self.session.workspace}" if self.session.workspace else ""
            told = Annotation("error", f"invent-gitops {command}{where}", f"{error.message} {error.cure}".strip())
            annotations = partial(commands, [told])
        if wrong := self._kept(whole):
            self.session.complain(wrong)
        self._tell_reviewers(whole, annotations)

    def _document(
        self,
        code: ExitCode,
        body: Mapping[str, object],
        *,
        problems: InvalidDefinitions | None = None,
        error: InventGitopsError | None = None,
    ) -> str:
        from invent_gitops.render.documents.envelope import document

        found = problems.problems if problems else ()
        return document(self.session.kind, code, body, problems=found, error=error)

    def _tell_reviewers(self, whole: str, annotations: Annotations) -> None:
        """As Markdown, or as everything that a step of a workflow can say."""
        if self.form not in REVIEW:
            return
        from invent_gitops.github import step
        from invent_gitops.render.github.outputs import step_outputs
        from invent_gitops.render.markdown.document import page
        from invent_gitops.render.markdown.fit import in_bytes
        from invent_gitops.render.markdown.plan import COMMENT_LIMIT

        found = json.loads(whole)
        written = partial(page, found, files=step.files_address(Path(), commit=_commit()))
        if self.form == "markdown":
            # One less, for the line feed at the end.
            self.session.result(written(limit=self.session.room(COMMENT_LIMIT) - 1))
            return
        self.session.commands(annotations(step.prefix(Path())))
        room = min(step.summary_room() - 2, self.session.room(step.SUMMARY_LIMIT))
        if reason := step.write_summary(written(limit=max(0, room), size=in_bytes)):
            self.session.note(clean(reason))
        self.session.outputs(step_outputs(found))

    def _kept(self, whole: str) -> InventGitopsError | None:
        """Write the document to the file, if there is one; returns why that failed."""
        try:
            self._write(whole)
        except InventGitopsError as error:
            return error
        return None

    def _write(self, whole: str, *, first: bool = False) -> None:
        """Over an older document of this kind, but over nothing else: a state or a definition cannot be had again."""
        if not self._out:
            return
        target = _target(str(self._out))
        if not self._stream and not is_stream(target):
            write_document(str(self._out), self.session.kind, whole)
            return
        try:
            # Opened before anything is created, and held: who reads it would take a closed one for the end.
            self._stream = self._stream or Stream(target)
            if not first:
                # Whatever ends this, it is not tried again.
                self._out = None
                self._stream.write(without_secrets(whole, os.environ) + "\n", patient=not self._interrupted)
        except OSError as error:
            raise _unwritable(target, self.session.kind, error) from None


def write_document(place: str, kind: str, whole: str) -> None:
    """Write a document to a file, over an older one of its kind, but over nothing else. Raises `InventGitopsError`."""
    path = _target(place)
    try:
        _check(path, kind)
        _replace(path, without_secrets(whole, os.environ) + "\n")
    except (OSError, ValueError) as error:
        raise _unwritable(path, kind, error) from None


def remove_document(place: str, kind: str) -> None:
    """Remove an older document of its kind, but nothing else. Raises `InventGitopsError`."""
    path = _target(place)
    try:
        _check(path, kind)
        if path.is_file():
            path.unlink()
    except (OSError, ValueError) as error:
        raise _unwritable(path, kind, error) from None


def _target(place: str) -> Path:
    """Where a document goes: through a link that somebody has chosen, but not out of the project by one of its own."""
    target = chosen_file(place, "The file of --out")
    return Path(place) if is_stream(Path(place)) else target


def _check(path: Path, kind: str) -> None:
    if path.is_file() and not _is_of(kind, path.read_text(encoding="utf-8", errors="replace")):
        raise Refused(f"{path} is no {kind}, and is not written over.", "Choose another --out.")


def _unwritable(path: Path, kind: str, error: Exception) -> InvalidInput:
    reason = getattr(error, "strerror", None) or error
    return InvalidInput(f"The {kind} cannot be written to {path}: {reason}.", "Choose another --out.")


@contextmanager
def reviewing(session: Session, form: str, out: str | None) -> Iterator[Review]:
    """While the block lasts, whatever ends the command is told to the file of --out and to those who review."""
    review = Review(session, form, out)
    try:
        review.begin()
        yield review
    except (Exception, KeyboardInterrupt) as error:
        review.fail(failure_of(error))
        raise


def _replace(path: Path, text: str) -> None:
    """Write a whole file in one step, so that no half of it is ever found; what is no file is written as it is."""
    if is_stream(path):
        Stream(path).write(text)
        return
    # Elsewhere, a link is the person's own.
    replace_durably(Path(os.path.realpath(path)), text)


def _commit() -> str:
    """The head of a pull request; GitHub merges it for the run, and forgets that commit soon."""
    from invent_gitops.github.event import read_event

    with suppress(InventGitopsError):
        return read_event().commit
    return ""


def _is_of(kind: str, text: str) -> bool:
    if not text.strip():
        # Nothing is lost with it.
        return True
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("kind") == kind
