"""Git as a store of objects: reads and writes commits of a branch without touching work tree, index or settings."""

from __future__ import annotations

import re
import shlex
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import chain
from pathlib import Path

from invent_gitops.errors import InvalidInput, Refused, Unavailable
from invent_gitops.git import objects as object_reading
from invent_gitops.git.calls import check_version, run_git, stream_git
from invent_gitops.git.discovery import find_marker
from invent_gitops.git.faults import cure_for, reason_in
from invent_gitops.git.objects import COMMAND, GitObject, ObjectReader, read_objects
from invent_gitops.git.process import GitFailed, GitMissing
from invent_gitops.git.stream import GitStream
from invent_gitops.git.tree import TreeEntry, entries, fault_of_name
from invent_gitops.values import Struct

__all__ = ["Git", "GitFailed", "GitMissing"]

# A push to a slow host takes a while; one that hangs must not hang the run for ever.
TIMEOUT = 120.0
# Seconds before a question to the remote is repeated, where the fault may pass by itself.
PAUSES = (0.5, 1.0, 2.0, 4.0)

# No ref moves but the one that is named; FETCH_HEAD belongs to people.
FETCH = ("--no-tags", "--no-write-fetch-head", "--refmap=", "--no-prune")


def sleep(seconds: float) -> bool:
    """Wait; whoever can be stopped says True as soon as somebody has asked for it."""
    time.sleep(seconds)
    return False


class Git(Struct, frozen=True):
    """The repository around `folder`. `wait` pauses for so many seconds, and is True if somebody asked to stop."""

    folder: Path
    wait: Callable[[float], bool] = sleep

    def run(self, *arguments: str, stdin: str = "", settings: dict[str, str] | None = None) -> str:
        """Return what git prints. Raises `GitFailed` with its words, also if it is missing or takes too long."""
        return run_git(self.folder, arguments, stdin, settings or {}, TIMEOUT)

    def stream(self, *arguments: str) -> GitStream:
        """Return the pipes of a git that answers while it runs, as a context. Raises what `run` raises."""
        return stream_git(self.folder, arguments, TIMEOUT)

    def ask(self, *arguments: str) -> str:
        """`run` for what asks a remote and changes nothing there: a fault that may pass is repeated a few times."""
        began = time.monotonic()
        for pause in PAUSES:
            try:
                return self.run(*arguments)
            except GitFailed as error:
                if not error.passing or time.monotonic() - began > 2 * TIMEOUT or self.wait(pause):
                    raise
        return self.run(*arguments)

    def common_folder(self) -> Path:
        """Return the `.git` folder that all work trees share.

        Raises `InvalidInput` outside a repository, and `Refused` where git is too old or does not let us in.
        """
        try:
            check_version(self.folder)
            return (self.folder / self.run("rev-parse", "--git-common-dir").rstrip("\n")).resolve()
        except GitFailed as error:
            if "not a git repository" not in error.output:
                message = f"The project keeps its state on a git branch, and git fails here: {reason_in(error.output)}"
                raise Refused(message, error.cure) from None
            message = (
                "The project keeps its state on a git branch, and git finds no repository at "
                f"{self.folder}: {error.output}"
            )
            if broken := self.marker():
                cure = f"See what is wrong with it, and where it leads: ls -l {shlex.quote(str(broken))}"
                raise Refused(message, cure) from None
            raise InvalidInput(message, "Run git init, or keep the state in a file.") from None

    def marker(self) -> Path | None:
        """Return the `.git` that makes a repository of `folder` or of one above it, whether git can use it or not."""
        return find_marker(self.folder)

    def remotes(self) -> list[str]:
        """Return the names of the remotes that have an address. Git takes any other name for the path of a folder."""
        try:
            listed = self.run("config", "--null", "--name-only", "--get-regexp", r"^remote\..*\.url$")
        except GitFailed as error:
            if error.code != 1:
                raise
            return []
        names = (key.removeprefix("remote.").removesuffix(".url") for key in listed.split("\0") if key)
        return list(dict.fromkeys(names))

    def check_names(self, remote: str, branch: str) -> None:
        """Take the name of a configured remote and of a branch only: a URL in the project file could be anybody's."""
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._/-]*", remote):
            raise InvalidInput(f"{remote!r} is not the name of a git remote.", "See the names with: git remote")
        try:
            self.run("check-ref-format", f"refs/heads/{branch}")
        except GitFailed:
            raise InvalidInput(f"{branch!r} is not a name for a git branch.", "Use one like broadcast-state.") from None
        try:
            remotes = self.remotes()
        except GitFailed as error:
            raise Refused(f"Git cannot read its settings: {reason_in(error.output)}", error.cure) from None
        if remote not in remotes:
            raise InvalidInput(
                f"This repository has no remote named {remote} for the state branch.",
                "Add it with git remote add, or name another under state: in the project file.",
            )

    def commit_of(self, ref: str) -> str:
        """Return the commit that a ref names, or "" if there is none."""
        try:
            return self.run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}").strip()
        except GitFailed:
            return ""

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Return whether `newer` was made on top of `older`, as far as this clone can see."""
        try:
            self.run("merge-base", "--is-ancestor", older, newer)
        except GitFailed as error:
            if error.code == 1:
                return False
            raise
        return True

    def remote_tip(self, remote: str, branch: str) -> str:
        """Return the commit at the tip of the remote's branch, or "" if it has no such branch. Raises `Unavailable`."""
        try:
            listed = self.ask("ls-remote", "--", remote, f"refs/heads/{branch}")
        except GitFailed as error:
            message = f"The branch {branch} cannot be read from the remote {remote}: {reason_in(error.output)}"
            raise Unavailable(message, error.cure) from None
        # Git also lists refs whose names only end so.
        tips = (line.partition("\t") for line in listed.splitlines())
        return next((tip.strip() for tip, _, name in tips if name == f"refs/heads/{branch}"), "")

    def fetch(self, remote: str, branch: str, ref: str) -> str:
        """Bring the remote's branch into `ref` and return its commit, or "" if it has no such branch.

        No other ref moves, whatever refspecs the remote has. Raises `Unavailable`.
        """
        output = ""
        for _ in range(3):
            try:
                self.ask("fetch", *FETCH, "--", remote, f"+refs/heads/{branch}:{ref}")
                return self.commit_of(ref)
            except GitFailed as error:
                output = error.output
                # Asked only now, so that the common case is one round trip.
                if not self.remote_tip(remote, branch):
                    return ""
                if not error.passing and "find remote ref" not in output:
                    break
        raise Unavailable(
            f"The branch {branch} cannot be fetched from the remote {remote}: {reason_in(output)}", cure_for(output)
        )

    def deepen(self, remote: str, branch: str, ref: str) -> None:
        """Bring the whole history of the branch, where a shallow clone has cut it off."""
        if self.run("rev-parse", "--is-shallow-repository").strip() == "true":
            refspec = f"+refs/heads/{branch}:{ref}"
            self.ask("fetch", *FETCH, "--depth=2147483647", "--", remote, refspec)

    def tree(self, commit: str, *paths: str, options: tuple[str, ...] = ("--full-tree",)) -> list[TreeEntry]:
        """Return the entries of a commit at and below `paths`, with their names as git has them, which may be any
        bytes.
        """
        return entries(self.run("ls-tree", "-r", "-z", *options, commit, "--", *paths))

    def read(self, commit: str, path: str) -> str | None:
        """Return the text of a file in a commit, or None if the commit has no such file.

        Raises `Refused` where the commit has something else of that name, such as a symbolic link.
        """
        listed = entries(self.run("ls-tree", "-z", "--full-tree", commit, "--", path))
        if not listed:
            return None
        if len(listed) > 1 or not listed[0].is_file:
            raise Refused(
                f"{path} in the commit {commit} is {listed[0].kind}, and not a file.",
                f"Find out who made it: git log {commit} -- {shlex.quote(path)}",
            )
        return self.run("cat-file", "blob", listed[0].object)

    def objects(self, names: Iterable[str]) -> Iterator[GitObject | None]:
        """Yield many objects by their names (`commit:path`, or an id), with one process; None for each that is not
        there.

        Raises `GitFailed` for a name with a line break.
        """
        remaining = iter(names)
        for first in remaining:
            with self.stream(*COMMAND) as stream:
                yield from read_objects(stream, chain([first], remaining))

    def reader(self) -> ObjectReader:
        """Return a reader of many objects, as a context."""
        return ObjectReader(lambda: self.stream(*COMMAND))

    def export(self, commit: str, paths: list[str], target: Path, objects: ObjectReader | None = None) -> None:
        """Lay the files below `paths` (relative to `folder`), as they are in a commit, down in `target`.

        Whoever exports often gives the reader of the `objects`.

        Raises `Refused` where a name would leave `target`, and where an entry is a link or a submodule.
        """
        listed = _entries_by_reader(self, objects, commit, paths) if objects else None
        if listed is None:
            listed = self.tree(commit, *paths, options=())
        for entry in listed:
            fault = fault_of_name(entry.name) or ("" if entry.is_file else f"is {entry.kind}, and not a file")
            if fault:
                raise Refused(f"The commit {commit} has an entry {entry.name!r} that {fault}.", "Delete it there.")
        names = [entry.object for entry in listed]
        contents = objects.read(names) if objects else self.objects(names)
        for entry, blob in zip(listed, contents, strict=True):
            path = target / entry.name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                text = blob.content.decode("utf-8", "replace") if blob and blob.kind == "blob" else ""
                path.write_text(text, encoding="utf-8", newline="")
            except OSError as error:
                raise GitFailed(f"cannot write {path}: {error.strerror}") from None

    def write(
        self, parent: str, path: str, text: str, message: str, *, identity: dict[str, str], scratch: Path, sign: bool
    ) -> str:
        """Return a commit on top of `parent` ("" for a first one) in which `path` holds `text`; no ref points to it
        yet.

        `scratch` is a folder for an index that lives as long as this call. Raises `GitFailed`, and `Refused` where
        the commit is to be signed and git cannot.
        """
        blob = self.run("hash-object", "-w", "--stdin", stdin=text).strip()
        try:
            scratch.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix="index-", dir=scratch) as folder:
                index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
                if parent:
                    self.run("read-tree", parent, settings=index)
                self.run("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", settings=index)
                tree = self.run("write-tree", settings=index).strip()
        except OSError as error:
            raise GitFailed(f"cannot write below {scratch}: {error.strerror}") from None
        parents = ["-p", parent] if parent else []
        command = ["commit-tree", tree, *parents, *(["-S"] if sign else []), "-F", "-"]
        try:
            return self.run(*command, stdin=message, settings=identity).strip()
        except GitFailed as error:
            if sign:
                raise unsigned(error) from None
            raise

    def push(self, remote: str, branch: str, commit: str, expected: str) -> None:
        """Move the remote's branch from `expected` ("" for "not there") to `commit`. Raises `GitFailed`.

        The lease makes this a compare-and-swap; the new commit is always a child of the expected one,
        so nothing is ever overwritten. Git also ends well when there was nothing to push, which is
        why the line of the ref is looked at.
        """
        name = f"refs/heads/{branch}"
        lease = f"--force-with-lease={name}:{expected}"
        # A mirror's setting makes git refuse every push of one branch.
        command = ["-c", f"remote.{remote}.mirror=false", "push", "--porcelain", "--no-verify", "--no-signed", lease]
        listed = self.run(*command, "--", remote, f"{commit}:{name}")
        if not any(line[:1] in " *=" and line[1:2] == "\t" and f":{name}\t" in line for line in listed.splitlines()):
            raise GitFailed(listed.strip() or "git push said nothing")


@cache
def _prefix(git: Git) -> str:
    return git.run("rev-parse", "--show-prefix").rstrip("\n")


def _entries_by_reader(git: Git, objects: ObjectReader, commit: str, paths: Sequence[str]) -> list[TreeEntry] | None:
    try:
        return object_reading.quick_entries(objects, commit, _prefix(git), paths)
    except GitFailed:
        return None


def unsigned(error: GitFailed) -> Refused:
    """Return why a commit that is to be signed was not made."""
    return Refused(
        f"Git is set to sign commits (commit.gpgSign), and could not sign that of the state: {reason_in(error.output)}",
        "See that this works: git commit --allow-empty -S -m test . Or leave the state's commits unsigned: "
        "git config invent-gitops.gpgSign false",
    )
