"""Comments that end a text: what touches its `#` was surely meant as a part of the text, and is not silently lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from invent_gitops.model.document import Comment, Document, Path
from invent_gitops.model.problem import Problem
from invent_gitops.text.quoting import field_name, quote
from invent_gitops.validate.report import ProblemReport

# The fields of a definition that hold words of people; every other one has a form, of which a comment can cut nothing.
TEXTS = ("key", "name", "segments", "waive", "description", "owner")
_ID_PREFIX = "id:"


def check_comments(report: ProblemReport, holds_text: Callable[[Path], bool]) -> None:
    """Report each comment that touches its `#` after a text, such as `Customers #vip`, where `holds_text` says yes."""
    for comment in report.document.comments:
        if not _touches(comment) or not holds_text(comment.path):
            continue
        value = _value(report.document.content, comment.path)
        name = quote(field_name(comment.path)) if comment.path else "the text"
        message = f"{quote(comment.text)} is a comment in YAML, so {name} is only {quote(value)}."
        cure = "Write a space after the `#` if it is a remark; an id holds no space."
        if not _is_id(value):
            quoted = quote(_in_quotes(f"{value} {comment.text}"))
            cure = f"Put the whole text in quotes: {quoted}. If it is a remark, write a space after the `#`."
        span = comment.span
        problem = Problem(span.position, "comment-cuts-text", message, cure, span.source, span.length, report.key)
        report.problems.append(problem)


def of_text(path: Path) -> bool:
    """Return whether a field of a definition holds words of people."""
    return bool(path) and path[0] in TEXTS


def remarked(documents: Iterable[Document], notes: list[str]) -> Iterator[Document]:
    """Yield the documents, and add a note for each remark after a text of one, which may be meant as a part of it."""
    for document in documents:
        for comment in document.comments:
            value = _value(document.content, comment.path)
            # An id holds no space, so nothing after one can be a part of it.
            if of_text(comment.path) and not _is_id(value) and not _touches(comment):
                notes.append(
                    f"{comment.span.position}: what follows {quote(value)} is a comment and not a part of "
                    f"{quote(field_name(comment.path))}. If it belongs to the text, put the whole text in quotes; else "
                    "write it on a line of its own."
                )
        yield document


def _touches(comment: Comment) -> bool:
    return len(comment.text) > 1 and not comment.text[1].isspace()


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value.startswith(_ID_PREFIX)


def _value(value: object, path: Path) -> object:
    """Return the value at a path, or what is nearest to it where the document could not be read so far."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step, value)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
    return value


def _in_quotes(text: str) -> str:
    if not set(text) & set('"\\'):
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"
