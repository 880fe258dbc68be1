"""Reading a file as text, safely whatever it is."""

from __future__ import annotations

import os
import re
from codecs import BOM_UTF8
from collections.abc import Iterator

from invent_gitops.inside import Inside, NotPlain, Outside, check_plain
from invent_gitops.load.source import Source
from invent_gitops.model.filename import readable
from invent_gitops.model.problem import Position, Problem

MAX_BYTES = 1024 * 1024

_USUAL_BYTES = bytes([9, 10, 13, *range(0x20, 0x7F)])
# What YAML 1.2 does not allow, and what it allows but the parsers take for the end of a line, or nobody can see.
# Written out: Python compiles `[^…]` of what is allowed in ten times as long.
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
# What git leaves in a file that two sides changed, and what stands for a file that Git LFS has not fetched.
_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7})(?: [^\r\n]*)?(?=[\r\n]|\Z)", re.MULTILINE)
_LFS = "version https://git-lfs.github.com/spec/"
_DIRECTIVE = re.compile(r"^%[^\r\n]*", re.MULTILINE)


def read(folder: Inside, resolved: str, label: str) -> Source | Problem:
    """Return the text of a file without its byte order mark, checked for what no YAML file may hold.

    Its path is below `folder`, with no link in it. What became a link since is not followed.
    """
    try:
        label.encode()
    except UnicodeEncodeError:
        message = "The name of this file is not UTF-8, so it can be neither a key nor shown."
        return about_file(label, "file-name", message, "Rename the file.")
    try:
        raw = _bytes(folder.open_resolved(resolved))
    except OSError as error:
        return unreadable(label, error)
    if len(raw) > MAX_BYTES:
        message = f"The file is longer than {MAX_BYTES:,} bytes, which is far more than broadcasts need."
        return about_file(label, "file-too-long", message, "Split it into several files.")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        return _not_utf8(label, raw, error)
    source = Source(label, text.removeprefix("\ufeff"))
    # Searched without the usual ones, so that the costly pattern sees a handful of characters.
    unusual = raw.removeprefix(BOM_UTF8).translate(None, _USUAL_BYTES).decode()
    return source if quick_allowed(source.text, unusual) else next(_refused(source, unusual), source)


def quick_allowed(text: str, unusual: str) -> bool | None:
    """Return True for a text that surely holds nothing to refuse; None if it has to be looked at."""
    signs = unusual or "%" in text or "<<<<<<<" in text or ">>>>>>>" in text or text.startswith(_LFS)
    return None if signs else True


def _bytes(handle: int) -> bytes:
    """Return what the file holds, up to one byte more than is allowed. Raises `NotPlain`."""
    try:
        status = os.fstat(handle)
        check_plain(status)
        # One byte more than there should be, so that one read shows that nothing follows.
        size = min(status.st_size, MAX_BYTES) + 1
        raw = os.read(handle, size)
        if len(raw) == status.st_size:
            return raw
        chunks = [raw]
        missing = MAX_BYTES + 1 - len(raw)
        while missing > 0 and (chunk := os.read(handle, missing)):
            chunks.append(chunk)
            missing -= len(chunk)
        return b"".join(chunks)
    finally:
        os.close(handle)


def _refused(source: Source, unusual: str) -> Iterator[Problem]:
    text = source.text
    yield from _not_the_file(source)
    match = _REFUSED.search(text) if _REFUSED.search(unusual) else None
    if match:
        line, column = source.place(match.start())
        message = f"The file holds the character U+{ord(match[0]):04X}, which no YAML file may hold."
        cure = "Delete it; within double quotes it can be written as an escape."
        if match[0] == "\ufeff":
            message = "The file has an invisible byte order mark (U+FEFF) in its middle."
            cure = "Delete the character here, such as by writing the line anew. It comes from joining two files."
        yield source.problem("yaml-character", message, cure, line, column)
    match = _DIRECTIVE.search(text) if "%" in text else None
    if match:
        line, column = source.place(match.start())
        message = "A line that begins with `%` is a YAML directive, which changes how the file is read."
        cure = "Delete the line, or indent it if it belongs to a text."
        yield source.problem("yaml-directive", message, cure, line, column, len(match[0]))


def _not_the_file(source: Source) -> Iterator[Problem]:
    """Yield what git has put in the place of the file, or into it."""
    if source.text.startswith(_LFS):
        message = "This is a pointer of Git LFS and not the file itself, which was not fetched."
        cure = "Fetch it with: git lfs pull (in a workflow: actions/checkout with `lfs: true`)."
        yield source.problem("git-lfs-pointer", message, cure, 0, 0, 0)
    match = _CONFLICT.search(source.text) if "<<<<<<<" in source.text or ">>>>>>>" in source.text else None
    if match:
        line, column = source.place(match.start())
        message = "This line marks a conflict that git could not merge, so the file holds both sides."
        cure = "Keep one side, and delete the lines that begin with `<<<<<<<`, `=======` and `>>>>>>>`."
        yield source.problem("merge-conflict", message, cure, line, column, len(match[0]))


def _not_utf8(label: str, raw: bytes, error: UnicodeDecodeError) -> Problem:
    source = Source(label, raw.decode("utf-8", "replace").removeprefix("\ufeff"))
    line, column = source.place(len(raw[: error.start].decode().removeprefix("\ufeff")))
    message = f"The file is not UTF-8: the byte 0x{raw[error.start]:02X} begins no character here."
    return source.problem("file-not-utf8", message, "Save the file as UTF-8.", line, column)


def unreadable(label: str, error: OSError) -> Problem:
    """Return why a file cannot be read, or must not be."""
    match error:
        case Outside():
            message = (
                "This symbolic link leads out of the folder of the definitions, so review does not see what it reads."
            )
            return about_file(label, "symlink-leaves-folder", message, "Put the file itself here.")
        case NotPlain(special=True):
            message = "This is not a regular file (but a pipe, a socket or a device), so it is not read."
            return about_file(label, "file-special", message, "Replace it with a regular file, or rename it.")
        case NotPlain():
            message = "This file has a second name elsewhere (a hard link), which git never makes, so it is not read."
            return about_file(label, "file-hard-linked", message, "Put a copy of the file in its place.")
        case _:
            pass
    reason = error.strerror or type(error).__name__
    cure = "Fix its permissions, or its target if it is a link."
    return about_file(label, "file-unreadable", f"This cannot be read: {reason}.", cure)


def about_file(label: str, rule: str, message: str, cure: str) -> Problem:
    """Return a problem of a file as a whole."""
    return Problem(Position(readable(label)), rule, message, cure)
