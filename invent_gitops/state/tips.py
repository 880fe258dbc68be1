"""Collects what git says of a checkout and of the branches of its remote that it may be applied from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import quote

from invent_gitops.errors import Refused
from invent_gitops.git.calls import check_version
from invent_gitops.git.faults import reason_in
from invent_gitops.git.repository import Git, GitFailed
from invent_gitops.model.checkout import Branch, Checkout, Source

# Variables in which CI systems name a branch, with or without refs/heads/.
HINTS = (
    "GITHUB_REF",
    "CI_COMMIT_BRANCH",
    "BUILDKITE_BRANCH",
    "CIRCLE_BRANCH",
    "BITBUCKET_BRANCH",
    "BUILD_SOURCEBRANCH",
)


def remote_of(git: Git, named: str) -> str:
    """Return the remote that has the branches, or "" outside a repository and in one without a remote.

    `named` is the one that the project file names, "" if none. Raises `Refused` where git cannot tell.
    """
    if not git.marker():
        return ""
    try:
        names = git.remotes()
        if not names:
            return ""
        check_version(git.folder)
    except GitFailed as error:
        message = f"Git cannot tell which commit this run is of: {reason_in(error.output)}"
        raise Refused(message, error.cure) from None
    upstream, _ = _upstream(git, _checked_out(git))
    for name in (named, upstream, "origin", *(names if len(names) == 1 else [])):
        if name in names:
            return name
    raise Refused(
        f"There are several remotes, and none is named origin: {', '.join(names)}.",
        f"Name the one that people merge to: git remote rename {names[0]} origin",
    )


def is_detached(git: Git) -> bool:
    """Return whether a commit is checked out without its branch, as CI does, and a look at an old tag."""
    return bool(git.commit_of("HEAD")) and not _checked_out(git)


def is_shallow(git: Git) -> bool:
    """Return whether some of the history is missing here, so that this is a part of another repository."""
    try:
        return git.run("rev-parse", "--is-shallow-repository").strip() == "true"
    except GitFailed:
        return False


def checkout_of(
    git: Git,
    remote: str,
    named_branch: str,
    is_clean: Callable[[str], bool],
    environment: Mapping[str, str] = os.environ,
) -> Checkout:
    """Return the evidence, as far as it is needed: branches after the first that counts are not asked for.

    `named_branch` is the one that a person named, "" if none; `is_clean` says whether the files that were read are
    those of a commit. Raises `Unavailable` where the remote cannot be read.
    """
    head = git.commit_of("HEAD")
    if not head:
        return Checkout(remote, "", clean=False, branches=())
    branches: list[Branch] = []
    for name, source in _candidates(git, remote, named_branch, environment):
        if name in (branch.name for branch in branches):
            continue
        branch = _branch(git, remote, name, source, head)
        branches.append(branch)
        if branch.contains or source == "said" or (source == "checkout" and branch.tip):
            break
    return Checkout(remote, head, is_clean(head), tuple(branches))


def _candidates(
    git: Git, remote: str, named_branch: str, environment: Mapping[str, str]
) -> Iterator[tuple[str, Source]]:
    if named_branch:
        yield named_branch, "said"
        return
    local = _checked_out(git)
    if local:
        other, name = _upstream(git, local)
        yield (name if other == remote and name else local), "checkout"
    for variable in HINTS:
        name = environment.get(variable, "")
        if name and (not name.startswith("refs/") or name.startswith("refs/heads/")):
            yield name.removeprefix("refs/heads/"), "hint"
    default = _default(git, remote)
    if default:
        yield default, "default"


def _branch(git: Git, remote: str, name: str, source: Source, head: str) -> Branch:
    try:
        git.run("check-ref-format", f"refs/heads/{name}")
    except GitFailed:
        return Branch(name, source, "", contains=False)
    tip = git.fetch(remote, name, _ref(remote, name))
    return Branch(name, source, tip, _contains(git, remote, name, head, tip) if tip else False)


def _ref(remote: str, name: str) -> str:
    """Return a ref of our own for each branch, so that nothing that people look at moves, and none is in another's
    way.
    """
    return f"refs/invent-gitops/tips/{quote(remote, safe='')}/{quote(name, safe='')}"


def _contains(git: Git, remote: str, name: str, head: str, tip: str) -> bool | None:
    """Return whether `tip` goes on from `head`; what a shallow clone has cut off is fetched, and None if that fails."""
    if head == tip or git.is_ancestor(head, tip):
        return True
    try:
        git.deepen(remote, name, _ref(remote, name))
        return git.is_ancestor(head, tip) or (None if is_cut(git, tip) else False)
    except GitFailed:
        return None


def is_cut(git: Git, tip: str) -> bool:
    """Return whether some of the history before `tip` is missing here."""
    try:
        path = git.folder / git.run("rev-parse", "--git-path", "shallow").rstrip("\n")
        cut = set(path.read_text(encoding="ascii").split())
    except FileNotFoundError:
        return False
    except (OSError, UnicodeError):
        return True
    # Where the history is cut off, git takes a commit for one without parents.
    return bool(cut) and not cut.isdisjoint(git.run("rev-list", "--max-parents=0", tip).split())


def _checked_out(git: Git) -> str:
    """Return the branch that is checked out, or "" for a commit alone."""
    try:
        return git.run("symbolic-ref", "--quiet", "--short", "HEAD").strip()
    except GitFailed:
        return ""


def _upstream(git: Git, branch: str) -> tuple[str, str]:
    """Remote and name of the branch that a local one follows, or "" for both."""
    if not branch:
        return "", ""
    form = "--format=%(upstream:remotename)%00%(upstream:remoteref)"
    remote, _, ref = git.run("for-each-ref", form, f"refs/heads/{branch}").strip().partition("\0")
    return remote, ref.removeprefix("refs/heads/")


def _default(git: Git, remote: str) -> str:
    """Return the default branch of the remote, or "" if it names none."""
    for line in git.ask("ls-remote", "--symref", "--", remote, "HEAD").splitlines():
        if line.startswith("ref: refs/heads/"):
            return line.removeprefix("ref: refs/heads/").partition("\t")[0]
    return ""
