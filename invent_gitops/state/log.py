"""Reads the chain of states out of git: a state branch, or the commits of a state file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import tee
from pathlib import Path
from typing import TypeAlias

from invent_gitops.errors import InvalidInput, Refused
from invent_gitops.files import read_regular
from invent_gitops.git.repository import Git, GitFailed
from invent_gitops.inside import NotPlain
from invent_gitops.model.chain import Chain, Link
from invent_gitops.state.successive import StateReader
from invent_gitops.state.tips import is_cut
from invent_gitops.values import Struct

# Each commit ends with two zero bytes in a row, as no message can.
LISTING = ("log", "--reverse", "--topo-order", "--format=%H%x00%P%x00%an%x00%at%x00%B%x00%x00")
Head: TypeAlias = tuple[str, str, str, str, str]


def branch_chain(git: Git, tip: str, path: str) -> Chain:
    """Return every commit of the state branch up to `tip`, oldest first; an empty chain for an empty `tip`."""
    return Chain(Commits(git, path, BranchHeads(git, tip)) if tip else (), strict=True)


def file_chain(path: Path) -> Chain:
    """Return every commit that changed the state file, and the file as it is now if that is not committed.

    Raises `Refused` where a shallow clone lacks some of them.
    """
    git = Git(path.parent)
    commits: Commits | None = None
    try:
        # In the midst of a merge there are several entries of one name.
        name = git.run("ls-files", "-z", "--full-name", "--", path.name).partition("\0")[0]
        # Git cannot be asked for a name with a line break.
        if name and "\n" not in name:
            listed = git.run(*LISTING, "HEAD", "--", path.name)
            commits = Commits(git, name, tuple(_heads([listed.encode("utf-8", "surrogateescape")])))
    except GitFailed:
        # No repository, or no commit yet: then the file itself is all there is.
        commits = None
    if commits and commits.heads and is_cut(git, "HEAD"):
        raise Refused(
            f"The history of {path} is cut off in this clone, so a part of it would pass for all of it.",
            "Fetch the rest: git fetch --unshallow",
        )
    try:
        # As git has it, on a system that ends lines otherwise as well.
        now = read_regular(path).decode().replace("\r\n", "\n")
    except NotPlain as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.", "Put a file in its place.") from None
    except (OSError, UnicodeDecodeError):
        return Chain(commits or (), strict=False)
    return Chain(WithFile(commits, now, str(path)), strict=False)


class Commits(Struct, frozen=True):
    """The links of commits, oldest first; `path` is that of the state in each, `heads` what `_heads` reads of them."""

    git: Git
    path: str
    heads: Iterable[Head]

    def __iter__(self) -> Iterator[Link]:
        return (link for link, _ in self.with_contents())

    def with_contents(self) -> Iterator[tuple[Link, bytes]]:
        """Yield each link with the bytes of its state. One process reads them all, and only the newest is held."""
        reader = StateReader(self.path)
        heads, named = tee(self.heads)
        names = (f"{commit}:{self.path}" for commit, *_ in named)
        for head, entry in zip(heads, self.git.objects(names), strict=True):
            content = entry.content if entry and entry.kind == "blob" else b""
            reading = reader.read(content)
            commit, parents, by, at, message = head
            when = datetime.fromtimestamp(int(at), UTC)
            count = len(parents.split())
            yield Link(commit, count, by, when, reading.canonical, reading.state, reading.fault, message), content


class BranchHeads(Struct, frozen=True):
    """What git lists of the commits up to `tip`, in a process of its own for each turn through them."""

    git: Git
    tip: str

    def __iter__(self) -> Iterator[Head]:
        with self.git.stream(*LISTING, self.tip) as stream:
            yield from _heads(stream.rest())


class WithFile(Struct, frozen=True):
    """The links of `commits`, and of the text of the file `now` where the newest of them holds another one."""

    commits: Commits | None
    now: str
    label: str

    def __iter__(self) -> Iterator[Link]:
        newest: bytes | None = None
        for link, content in self.commits.with_contents() if self.commits else ():
            yield link
            newest = content
        if newest is None or newest.decode("utf-8", "replace") != self.now:
            reading = StateReader(self.label).read(self.now.encode())
            yield Link("", 1, "", datetime.now(UTC), reading.canonical, reading.state, reading.fault)


def _heads(chunks: Iterable[bytes]) -> Iterator[Head]:
    """Yield what `LISTING` makes git print of each commit: its id, its parents, its author, the time and the
    message.
    """
    for entry in cut(chunks, b"\0\0\n"):
        if entry.strip(b"\n\0"):
            commit, parents, by, at, message = entry.decode(errors="surrogateescape").lstrip("\n").split("\0")
            yield commit, parents, by, at, message


def cut(chunks: Iterable[bytes], end: bytes) -> Iterator[bytes]:
    """Yield the parts that `end` ends, and what comes after the last one."""
    held = bytearray()
    for chunk in chunks:
        searched = max(0, len(held) - len(end) + 1)
        held += chunk
        start = 0
        while (position := held.find(end, max(start, searched))) >= 0:
            yield bytes(held[start:position])
            start = position + len(end)
        del held[:start]
    yield bytes(held)
