"""From YAML files to documents that know the position of every value; the only room that imports yaml."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from yaml.nodes import MappingNode, Node, ScalarNode

from invent_gitops.inside import below, check_plain, inside
from invent_gitops.load import files, misread
from invent_gitops.load.construct import Construction, extent, place_of
from invent_gitops.load.construct import find as find_node
from invent_gitops.load.grammar import compose
from invent_gitops.load.source import Source
from invent_gitops.load.walk import find, no_folder
from invent_gitops.model.alike import composed
from invent_gitops.model.document import Comment, Document, Span
from invent_gitops.model.document import Path as DataPath
from invent_gitops.model.problem import Position, Problem

__all__ = ["each_definition", "read_definitions", "read_document", "read_text"]


def read_definitions(
    folder: Path, *, root: Path, exclude: frozenset[Path] = frozenset(), within: Path | None = None
) -> tuple[list[Document], list[Problem]]:
    """Return what `each_definition` yields, and every fault of reading it, sorted."""
    problems: list[Problem] = []
    documents = list(each_definition(folder, problems, root=root, exclude=exclude, within=within))
    return documents, sorted(set(problems))


def each_definition(
    folder: Path,
    problems: list[Problem],
    *,
    root: Path,
    exclude: frozenset[Path] = frozenset(),
    within: Path | None = None,
) -> Iterator[Document]:
    """Yield every document of every `*.yaml` and `*.yml` below `folder`, in the order of their places.

    Each file is read when its first document is asked for. Faults of reading are added to `problems`. Paths are shown
    relative to `root` where they are below it. `exclude` holds resolved paths of files that are no definitions.
    Nothing outside of `within`, by default the folder itself, is looked at. A broken file never hides another one.
    Raises InvalidInput if there is no such folder.
    """
    with inside(within or folder) as opened:
        try:
            at = opened.resolve(below(folder, within)) if within else ""
            listing, refused = find(folder, opened, at, root, exclude)
        except FileNotFoundError:
            raise no_folder(folder, "does not exist") from None
        except OSError as error:
            raise no_folder(folder, f"cannot be read: {error.strerror}") from None
        problems += refused
        listing.reverse()
        while listing:
            file = listing.pop()
            source = files.read(opened, file.resolved, file.label)
            if isinstance(source, Problem):
                problems.append(source)
            else:
                yield from _documents(source, file.below.rpartition(".")[0], problems)


def read_text(path: Path, label: str, within: Path | None = None) -> Source | Problem:
    """Return the text of one file, or why it is not read: links lead no further than `within`, by default its
    folder.
    """
    with inside(within or path.parent) as opened:
        try:
            resolved = opened.resolve(below(path, within or path.parent))
            check_plain(os.lstat(os.path.join(opened.real, resolved)))
        except OSError as error:
            return files.unreadable(label, error)
        return files.read(opened, resolved, label)


def read_document(path: Path, label: str, within: Path | None = None) -> tuple[Document | None, list[Problem]]:
    """Return the one document of a project file or a catalogue; an empty file is an empty mapping. Reads as
    `read_text`.
    """
    source = read_text(path, label, within)
    if isinstance(source, Problem):
        return None, [source]
    problems: list[Problem] = []
    documents = list(_documents(source, "", problems))
    if len(documents) > 1:
        second = documents[1].locate(())
        cure = "Put everything into the first document, and delete the line `---` and what follows."
        message = "This file may hold one document, and here a second one begins."
        problems.append(Problem(second.position, "several-documents", message, cure, second.source, second.length))
    empty = [problem for problem in problems if problem.rule in ("empty-file", "empty-document")]
    if empty and len(empty) == len(problems) and not documents:
        return Document({}, "", _Locator(source, 0), Position(label)), []
    return (documents[0] if documents else None), sorted(set(problems))


def _documents(source: Source, default_key: str, problems: list[Problem]) -> Iterator[Document]:
    """Yield the documents of a file, and add its faults to `problems`."""
    roots, fault = compose(source.text)
    if fault:
        problems.append(source.problem(*fault))
    elif not roots:
        cure = "Write a definition or delete the file."
        problems.append(Problem(Position(source.label), "empty-file", "The file is empty.", cure))
    suspect = misread.suspect(source.text)
    if suspect and not fault:
        # After a fault nobody knows any more what is a comment and what is text.
        problems.extend(source.problem_at(*fault_span) for fault_span in misread.glued_comments(source.text, roots))
    alone = len(roots) == 1 and not fault
    key = composed(default_key) if alone else ""
    for index, root in enumerate(roots):
        if isinstance(root, ScalarNode) and not root.value and root.start_mark.index == root.end_mark.index:
            message = "A document between two lines `---` is empty." if len(roots) > 1 else "The file holds nothing."
            line, column = source.place(root.start_mark.index)  # the parsers agree on the index only
            cure = "Write a definition here, or delete the line `---`."
            problems.append(source.problem("empty-document", message, cure, line, column))
            continue
        construction = Construction(source.text, root)
        problems.extend(source.problem(*fault) for fault in construction.faults)
        if suspect:
            problems.extend(source.problem_at(*fault_span) for fault_span in misread.faults_of_nodes(source.text, root))
        if construction.usable:
            locator = _Locator(source, index)
            mark = root.start_mark
            start = Position(source.label, mark.line + 1, mark.column + 1)
            comments = tuple(_comments(source, root)) if suspect else ()
            yield Document(construction.content, key, locator, start, _marks(root), comments)


def _comments(source: Source, root: Node) -> Iterator[Comment]:
    for path, start, end in sorted(misread.comments_after_text(source.text, root), key=lambda it: it[1]):
        line, column = source.place(start)
        yield Comment(path, source.text[start:end].rstrip(), source.span(line, column))


def _marks(root: Node) -> dict[str, tuple[int, int]]:
    marks: dict[str, tuple[int, int]] = {}
    # From the end, since of two equal keys the first one counts.
    for key, value in reversed(root.value) if isinstance(root, MappingNode) else ():
        if isinstance(key, ScalarNode):
            mark = place_of(key, value).start_mark
            marks[key.value] = (mark.line + 1, mark.column + 1)
    return marks


class _Locator:
    """`Document.locate`. It keeps the text and makes the nodes again on demand: they weigh forty times as much."""

    __slots__ = ("_index", "_source")

    def __init__(self, source: Source, index: int) -> None:
        self._source = source
        self._index = index

    def __call__(self, path: DataPath, *, of_key: bool = False) -> Span:
        roots = self._source.roots()
        if self._index >= len(roots):
            return Span(Position(self._source.label), "", 1)
        line, column, length = extent(find_node(roots[self._index], path, of_key=of_key, pairs=self._source.pairs))
        return self._source.span(line, column, length)
