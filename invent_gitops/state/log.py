"""Reads the chain of states out of git: a state branch, or the commits of a state file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from invent_gitops.errors import InventGitopsError
from invent_gitops.git.repository import Git, GitFailed
from invent_gitops.model.chain import Chain, Link
from invent_gitops.state import document


def branch_chain(git: Git, tip: str, path: str) -> Chain:
    """Every commit of the state branch up to `tip`, oldest first; an empty chain for an empty `tip`."""
    return Chain(_links(git, [tip], path) if tip else (), strict=True)


def file_chain(path: Path) -> Chain:
    """Every commit that changed the state file, and the file as it is now if that is not committed."""
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
    try:
        now = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return Chain(links, strict=False)
    if not links or links[-1].text != now:
        link = Link("", 1, "", datetime.now(UTC), now, None)
        links = (*links, _parsed(link, str(path)))
    return Chain(links, strict=False)


def _links(git: Git, what: list[str], path: str) -> tuple[Link, ...]:
    # Each commit ends with two zero bytes in a row, as no message can.
    form = "%H%x00%P%x00%an%x00%at%x00%B%x00%x00"
    listed = git.run("log", "--reverse", "--topo-order", f"--format={form}", *what)
    heads = [one.lstrip("\n").split("\0") for one in listed.split("\0\0\n") if one.strip("\n\0")]
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


def _parsed(link: Link, shown: str) -> Link:
    try:
        return replace(link, state=document.parse(link.text, shown))
    except InventGitopsError as error:
        return replace(link, fault=error.message)
