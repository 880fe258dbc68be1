"""The file of --out: written over an older document of its kind, and over nothing else."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

from invent_gitops.cli.streams import Stream, is_stream
from invent_gitops.errors import InvalidInput, Refused
from invent_gitops.operations.project import chosen_file
from invent_gitops.text.secret import without_secrets

# How each page of this program begins. A title or a text that names the program can be in any page.
_BEGINNINGS = {
    "html": re.compile(
        r'\s*<!doctype html>\s*<html lang="en">\s*<head>\s*<meta charset="utf-8">\s*'
        r'<meta name="generator" content="invent-gitops calendar">'
    ),
    "ics": re.compile(
        r"BEGIN:VCALENDAR\r?\n((?!BEGIN:)[A-Z-]+:[^\r\n]*\r?\n)*PRODID:-//invent-gitops//calendar//EN\r?\n"
    ),
}


class OutFile:
    """The way of the documents of one run to its file, or to a pipe that takes only the last of them."""

    def __init__(self, path: str, kind: str) -> None:
        self._path, self._kind = path, kind
        self._stream: Stream | None = None
        self._over = False

    def begin(self, document: str) -> None:
        """Write the first document. Raises `InventGitopsError`, after which nothing more is written."""
        try:
            self.write(document, last=False)
        except (InvalidInput, Refused):
            self._over = True
            raise

    def write(self, document: str, *, last: bool = True, patient: bool = True) -> None:
        """Write a document over the one before. Raises `InventGitopsError`.

        A pipe takes the `last` one only; where it is not `patient`, a reader that lags behind is an error.
        """
        if self._over:
            return
        target = _target(self._path)
        if not self._stream and not is_stream(target):
            write_document(self._path, self._kind, document)
            return
        try:
            # Opened before anything is created, and held: who reads it would take a closed one for the end.
            self._stream = self._stream or Stream(target)
            if last:
                # Whatever ends this, it is not tried again.
                self._over = True
                self._stream.write(without_secrets(document, os.environ) + "\n", patient=patient)
        except OSError as error:
            raise _unwritable(target, self._kind, error) from None


def write_document(path: str, kind: str, document: str) -> None:
    """Write a document to a file, over an older one of its kind, but over nothing else. Raises `InventGitopsError`."""
    target = _target(path)
    try:
        _check(target, kind)
        _replace(target, without_secrets(document, os.environ) + "\n")
    except (OSError, ValueError) as error:
        raise _unwritable(target, kind, error) from None


def write_text(path: str, form: str, make: Callable[[str], str]) -> None:
    """Write what `make` returns of the older text to a file, over an older page of its form, but over nothing else.

    The older text is "" where there is none. Raises `InventGitopsError`.
    """
    target = _target(path)
    try:
        # With its line ends as they are.
        older = target.read_bytes().decode("utf-8", "replace") if target.is_file() else ""
        if not _is_page(form, older):
            raise Refused(f"{target} is not a calendar that this program wrote, so it stays.", "Choose another --out.")
        _replace(target, without_secrets(make(older), os.environ))
    except (OSError, ValueError) as error:
        raise _unwritable(target, "calendar", error) from None


def private_file(name: str) -> str:
    """Return the path of a file in a new folder that only this user can enter. Raises `InvalidInput`."""
    import tempfile

    try:
        return str(Path(tempfile.mkdtemp(prefix="invent-gitops-"), name))
    except OSError as error:
        raise InvalidInput(f"No temporary file can be made: {error.strerror}.", "Name a file with --out.") from None


def remove_document(path: str, kind: str) -> None:
    """Remove an older document of its kind, but nothing else. Raises `InventGitopsError`."""
    target = _target(path)
    try:
        _check(target, kind)
        if target.is_file():
            target.unlink()
    except (OSError, ValueError) as error:
        raise _unwritable(target, kind, error) from None


def _target(path: str) -> Path:
    """Return where a document goes: through a link that somebody has chosen, but not out of the project by one of its
    own.
    """
    target = chosen_file(path, "The file of --out")
    return Path(path) if is_stream(Path(path)) else target


def _check(path: Path, kind: str) -> None:
    if path.is_file() and not _is_of(kind, path.read_text(encoding="utf-8", errors="replace")):
        raise Refused(f"{path} is not a {kind}, so it is not overwritten.", "Choose another --out.")


def _is_of(kind: str, text: str) -> bool:
    if not text.strip():
        # Nothing is lost with it.
        return True
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and document.get("kind") == kind


def _is_page(form: str, text: str) -> bool:
    """Return whether a text is an older page of ours; nothing is lost with an empty one."""
    return not text.strip() or _BEGINNINGS[form].match(text) is not None


def _replace(path: Path, text: str) -> None:
    """Write a whole file in one step, so that no half of it is ever found; what is no file is written as it is."""
    if is_stream(path):
        Stream(path).write(text)
        return
    from invent_gitops.files import replace_durably

    # Elsewhere, a link is the person's own.
    replace_durably(Path(os.path.realpath(path)), text)


def _unwritable(path: Path, kind: str, error: Exception) -> InvalidInput:
    reason = getattr(error, "strerror", None) or error
    return InvalidInput(f"The {kind} cannot be written to {path}: {reason}.", "Choose another --out.")
