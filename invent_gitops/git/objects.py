"""Reads many objects with one git process, each as soon as it is asked for: nothing but the newest is held."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from invent_gitops.git.process import GitFailed
from invent_gitops.git.stream import GitStream
from invent_gitops.git.tree import TreeEntry
from invent_gitops.values import Struct, replace

# Git keeps what it has unpacked for the next object that builds on it: 96 MB by default, and as quick with less.
COMMAND = ("-c", "core.deltaBaseCacheLimit=32m", "cat-file", "--batch")
# Bytes of questions that git has not answered yet: they always fit into a pipe, so neither side waits for the other.
AHEAD = 2048
_TREE = "40000"
_HEADER = re.compile(rb"([0-9a-f]{40,64}) (\w+) (\d+)")


class GitObject(Struct, frozen=True):
    """An object by its id: its `kind` (blob, tree, commit or tag) and its bytes."""

    id: str
    kind: str
    content: bytes


def read_objects(stream: GitStream, names: Iterable[str]) -> Iterator[GitObject | None]:
    """Yield each object by its name (`commit:path`, or an id); None for a name that leads to none.

    `stream` talks with a git that was started with `COMMAND`. Raises `GitFailed` for a name with a line break, since
    git reads a name from each line.
    """
    asked: deque[int] = deque()
    for name in names:
        if "\n" in name:
            raise GitFailed("a name holds a line break, which git cannot be asked for")
        size = len(name.encode("utf-8", "surrogateescape")) + 1
        while asked and sum(asked) + size > AHEAD:
            asked.popleft()
            yield _answer(stream)
        stream.ask(name)
        asked.append(size)
    for _ in asked:
        yield _answer(stream)


def _answer(stream: GitStream) -> GitObject | None:
    header = _HEADER.fullmatch(stream.line())
    if not header:
        return None
    content = stream.read(int(header[3]))
    stream.read(1)
    return GitObject(header[1].decode(), header[2].decode(), content)


class ObjectReader:
    """Reads whatever is asked for with one process, as long as the context lasts; it begins with the first question.

    `start` returns the pipes of a git that was started with `COMMAND`.
    """

    def __init__(self, start: Callable[[], GitStream]) -> None:
        self._start, self._context = start, ExitStack()
        self._stream: GitStream | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.close()

    def read(self, names: Iterable[str]) -> Iterator[GitObject | None]:
        """Yield each object, as `read_objects` does."""
        if self._stream is None:
            self._stream = self._context.enter_context(self._start())
        complete = False
        try:
            yield from read_objects(self._stream, names)
            complete = True
        finally:
            # An answer that nobody has read would be taken for that to the next question.
            if not complete:
                self._stream = None
                self._context.close()


def quick_entries(objects: ObjectReader, commit: str, prefix: str, paths: Iterable[str]) -> list[TreeEntry] | None:
    """Return the files at and below `paths`, as `git ls-tree -r` lists them in the folder `prefix` of the work tree.

    None for a commit that is not there, and for paths of another form: git has the word then.
    """
    [top] = objects.read([f"{commit}^{{tree}}"])
    entries: dict[str, TreeEntry] = {}
    for path in paths:
        parts = (prefix + path).split("/")
        if top is None or not {"", ".", ".."}.isdisjoint(parts):
            return None
        entry: TreeEntry | None = TreeEntry(_TREE, top.id, "")
        for part in parts:
            below = _children(objects, entry) if entry and entry.mode == _TREE else []
            if below is None:
                return None
            entry = next((child for child in below if child.name == part), None)
        if entry:
            listed = _leaves(objects, replace(entry, name=path))
            if listed is None:
                return None
            entries |= {leaf.name: leaf for leaf in listed}
    return [entries[name] for name in sorted(entries, key=lambda name: name.encode("utf-8", "surrogateescape"))]


def _leaves(objects: ObjectReader, entry: TreeEntry) -> list[TreeEntry] | None:
    """Return all that is below an entry and is no folder, with full names; None where a folder cannot be read."""
    if entry.mode != _TREE:
        return [entry]
    leaves: list[TreeEntry] = []
    children = _children(objects, entry)
    for child in children or ():
        below = _leaves(objects, replace(child, name=f"{entry.name}/{child.name}"))
        if below is None:
            return None
        leaves += below
    return None if children is None else leaves


def _children(objects: ObjectReader, folder: TreeEntry) -> list[TreeEntry] | None:
    [tree] = objects.read([folder.object])
    if tree is None or tree.kind != "tree":
        return None
    children = []
    start, size = 0, len(tree.id) // 2
    while start < len(tree.content):
        end = tree.content.index(b"\0", start)
        mode, _, name = tree.content[start:end].partition(b" ")
        start = end + 1 + size
        children.append(
            TreeEntry(mode.decode(), tree.content[end + 1 : start].hex(), name.decode(errors="surrogateescape"))
        )
    return children
