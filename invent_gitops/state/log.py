"""Reads the chain of states out of git: a state branch, or the commits of a state file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from invent_gitops.errors import InvalidInput, InventGitopsError, Refused
from invent_gitops.files import read_regular
from invent_gitops.git.repository import Git, GitFailed
from invent_gitops.inside import NotPlain
from invent_gitops.model.chain import Chain, Link
from invent_gitops.state import document
from invent_gitops.state.tips import is_cut
from invent_gitops.values import replace


def branch_chain(git: Git, tip: str, path: str) -> Chain:
    """Return every commit of the state branch up to `tip`, oldest first; an empty chain for an empty `tip`."""
    return Chain(_links(git, [tip], path) if tip else (), strict=True)


def file_chain(path: Path) -> Chain:
    """Return every commit that changed the state file, and the file as it is now if that is not committed.

    Raises `Refused` where a shallow clone lacks some of them.
    """
    git = Git(path.parent)
    links: tuple[Link, ...] = ()
    try:
        # In the midst of a merge there are several entries of one name.
        name = git.run("ls-files", "-z", "--full-name", "--", path.name).partition("\0")[0]
        if name:
            links = _links(git, ["HEAD", "--", path.name], name)
    except GitFailed:
        # No repository, or no commit yet: then the file itself is all there is.
        links = ()
    if links and is_cut(git, "HEAD"):
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
        return Chain(links, strict=False)
    if not links or links[-1].text != now:
        link = Link("", 1, "", datetime.now(UTC), now, None)
        links = (*links, _parsed(link, str(path)))
    return Chain(links, strict=False)


def _links(git: Git, revisions: list[str], path: str) -> tuple[Link, ...]:
    # Each commit ends with two zero bytes in a row, as no message can.
    form = "%H%x00%P%x00%an%x00%at%x00%B%x00%x00"
    listed = git.run("log", "--reverse", "--topo-order", f"--format={form}", *revisions)
    heads = [entry.lstrip("\n").split("\0") for entry in listed.split("\0\0\n") if entry.strip("\n\0")]
    texts = git.read_many([f"{commit}:{path}" for commit, *_ in heads])
    return tuple(
        _parsed(
            Link(
                commit,
                len(parents.split()),
                by,
                datetime.fromtimestamp(int(at), UTC),
                text or "",
                None,
                message=message,
            ),
            path,
        )
        for (commit, parents, by, at, message), text in zip(heads, texts, strict=True)
    )


def _parsed(link: Link, label: str) -> Link:
    try:
        return replace(link, state=document.parse(link.text, label))
    except InventGitopsError as error:
        return replace(link, fault=error.message)
