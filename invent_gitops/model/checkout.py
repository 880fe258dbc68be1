"""Which commit a run is of, as git says it, and whether the branch that it is applied from has gone on since."""

from __future__ import annotations

from typing import Literal

from invent_gitops.values import Struct

# Who names a branch, the most certain first: a person, the checkout, the CI's variables, the remote.
Source = Literal["said", "checkout", "hint", "default"]


class Branch(Struct, frozen=True):
    """A branch that a run may be applied from.

    `tip` is its commit on the remote, "" if the remote has no such branch. `contains` is whether that holds the
    checked-out commit; None where no history here can tell.
    """

    name: str
    source: Source
    tip: str
    contains: bool | None


class Checkout(Struct, frozen=True):
    """What git says of the checkout: the commit `head`, "" if there is none, and whether the files are those of it.

    `branches` are in the order in which they count.
    """

    remote: str
    head: str
    clean: bool
    branches: tuple[Branch, ...]


class Current(Struct, frozen=True):
    """The files are those of the newest commit of the branch."""


class Compare(Struct, frozen=True):
    """What the commit `tip` of the branch defines must be compared with the files.

    `older` is whether the run is of an older commit; else its files were changed on top of the newest one.
    """

    branch: str
    tip: str
    older: bool


class Untold(Struct, frozen=True):
    """Git cannot tell whether the run is of the newest commit."""

    message: str
    cure: str


Verdict = Current | Compare | Untold

NAME_IT = "Name the branch that broadcasts are applied from: write applies_from: main into the project file, or add"
NAME_IT += " --branch NAME."


def judge(checkout: Checkout) -> Verdict:
    """Return what a run may create, by the first branch that counts.

    A branch that a person named must hold the checked-out commit, and so must the one that is checked out, if the
    remote has it. Others count only if they hold it.
    """
    if not checkout.head:
        return Untold("Nothing is committed here, so no branch holds these files.", "Commit and push them first.")
    for branch in checkout.branches:
        if branch.contains:
            return _of(checkout, branch)
        if branch.source == "said" or (branch.source == "checkout" and branch.tip):
            return _outside(checkout, branch)
    if any(branch.contains is None and branch.tip for branch in checkout.branches):
        return _shallow(checkout)
    names = ", ".join(dict.fromkeys(branch.name for branch in checkout.branches if branch.tip))
    looked = f"; it is not on {names}" if names else ""
    message = f"Git cannot tell which branch of {checkout.remote} the commit {checkout.head[:12]} belongs to{looked}."
    return Untold(message, NAME_IT)


def _of(checkout: Checkout, branch: Branch) -> Verdict:
    if branch.tip == checkout.head and checkout.clean:
        return Current()
    return Compare(branch.name, branch.tip, older=branch.tip != checkout.head)


def _outside(checkout: Checkout, branch: Branch) -> Untold:
    where = f"{checkout.remote}/{branch.name}"
    if not branch.tip:
        return Untold(f"{checkout.remote} has no branch {branch.name}.", NAME_IT)
    if branch.contains is None:
        return _shallow(checkout)
    return Untold(
        f"The checked-out commit {checkout.head[:12]} is not on {where}. The branch was rewritten, or the commit is "
        "of another branch or was not pushed.",
        f"Run this of a commit on {where}, push the commit first, or name another branch with --branch NAME.",
    )


def _shallow(checkout: Checkout) -> Untold:
    return Untold(
        f"This clone is too shallow to tell whether the commit {checkout.head[:12]} is still on its branch.",
        "Fetch the whole history: git fetch --unshallow (in a workflow: fetch-depth: 0 at actions/checkout).",
    )
