"""Reads many objects with one git process, each as soon as it is asked for: nothing but the newest is held."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator

from invent_gitops.git.process import GitFailed
from invent_gitops.git.stream import GitStream
from invent_gitops.values import Struct

# Git keeps what it has unpacked for the next object that builds on it: 96 MB by default, and as quick with less.
COMMAND = ("-c", "core.deltaBaseCacheLimit=32m", "cat-file", "--batch")
# Bytes of questions that git has not answered yet: they always fit into a pipe, so neither side waits for the other.
AHEAD = 2048
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
