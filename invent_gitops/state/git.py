"""Git as a store of objects: reads and writes commits of a branch without touching work tree, index or settings."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from invent_gitops.errors import InvalidInput, Unavailable
from invent_gitops.state.credential import access_cure, token_settings

# A push to a slow host takes a while; one that hangs must not hang the run for ever.
TIMEOUT = 120.0

SETTINGS = [
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
    # Messages are read back, whatever the user has set for their own.
    *("-c", "i18n.commitEncoding=UTF-8"),
    *("-c", "i18n.logOutputEncoding=UTF-8"),
    *("-c", "log.showSignature=false"),
]
LOCAL = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
}


class GitFailed(Unavailable):
    """Git ended with an error; `words` is what it said, `code` its exit code (0 if it did not end by itself)."""

    def __init__(self, words: str, code: int = 0) -> None:
        cure = "See what git status and git remote -v say."
        if ".lock" in words or "cannot lock ref" in words:
            cure = "If no git is running here, delete the .lock file that a killed one left behind in .git."
        super().__init__(f"Git could not do it: {_last(words)}", cure)
        self.words, self.code = words, code


@dataclass(frozen=True, slots=True)
class Git:
    """The repository around `folder`."""

    folder: Path

    def run(self, *arguments: str, data: str | None = None, settings: dict[str, str] | None = None) -> str:
        """What git prints. Raises `GitFailed` with its words, also if it is missing or takes too long."""
        # What git sets for its own children would lead to another repository than the one of `folder`.
        environment = {name: value for name, value in os.environ.items() if name not in LOCAL}
        environment |= {
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_SSH_COMMAND": os.environ.get("GIT_SSH_COMMAND", "ssh -oBatchMode=yes"),
            "LC_ALL": "C",
            **token_settings(os.environ),
            **(settings or {}),
        }
        command = ["git", "-C", str(self.folder), "--literal-pathspecs", *SETTINGS, *arguments]
        try:
            # In a session of its own: a Ctrl-C is for this program, which waits for git; git must not die half way
            # through a push.
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise GitFailed("git is not installed") from None
        try:
            out, err = process.communicate((data or "").encode(), timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            _end(process)
            raise GitFailed(f"git {arguments[0]} did not end within {TIMEOUT:.0f} seconds") from None
        if process.returncode != 0:
            # Of a push, the machine-readable part is on stdout and the reason on stderr.
            raise GitFailed((out + err).decode(errors="replace").strip(), process.returncode)
        return out.decode(errors="surrogateescape")

    def common_folder(self) -> Path:
        """The `.git` folder that all work trees share. Raises `InvalidInput` outside a repository."""
        try:
            return (self.folder / self.run("rev-parse", "--git-common-dir").strip()).resolve()
        except GitFailed as error:
            message = f"The state is to be on a git branch, and git finds no repository at {self.folder}: {error.words}"
            if "not a git repository" in error.words:
                raise InvalidInput(message, "Run git init, or keep the state in a file.") from None
            raise InvalidInput(message, "Do what git says, then run this again.") from None

    def check_names(self, remote: str, branch: str) -> None:
        """Take the name of a configured remote and of a branch only: a URL in the project file could be anybody's."""
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._/-]*", remote):
            raise InvalidInput(f"{remote!r} is not the name of a git remote.", "See the names with: git remote")
        try:
            self.run("check-ref-format", f"refs/heads/{branch}")
        except GitFailed:
            raise InvalidInput(f"{branch!r} is not a name for a git branch.", "Use one like broadcast-state.") from None
        try:
            self.run("config", "--get-regexp", f"^remote\\.{re.escape(remote)}\\.(url|pushurl)$")
        except GitFailed:
            raise InvalidInput(
                f"This repository has no remote named {remote}, on which the state branch is to be.",
                "Add it with git remote add, or name another under state: in the project file.",
            ) from None

    def commit_of(self, ref: str) -> str:
        """The commit that a ref names, or "" if there is none."""
        try:
            return self.run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}").strip()
        except GitFailed:
            return ""

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `newer` was made on top of `older`, as far as this clone can see."""
        try:
            self.run("merge-base", "--is-ancestor", older, newer)
        except GitFailed as error:
            if error.code == 1:
                return False
            raise
        return True

    def remote_tip(self, remote: str, branch: str) -> str:
        """The commit at the tip of the remote's branch, or "" if it has no such branch. Raises `Unavailable`."""
        try:
            found = self.run("ls-remote", "--", remote, f"refs/heads/{branch}")
        except GitFailed as error:
            raise Unavailable(
                f"The state branch {branch} cannot be read from the remote {remote}: {_last(error.words)}",
                access_cure(error.words)
                or "Check the network, the name of the remote (git remote -v) and your access to it.",
            ) from None
        return found.split("\t")[0].strip()

    def fetch(self, remote: str, branch: str, ref: str) -> str:
        """Bring the remote's branch into `ref` and return its commit, or "" if it has no such branch."""
        words = ""
        for _ in range(3):
            try:
                self.run("fetch", "--no-tags", "--no-write-fetch-head", "--", remote, f"+refs/heads/{branch}:{ref}")
                return self.commit_of(ref)
            except GitFailed as error:
                words = error.words
                # Asked only now, so that the common case is one round trip.
                if not self.remote_tip(remote, branch):
                    return ""
        raise Unavailable(
            f"The state branch {branch} cannot be fetched from the remote {remote}: {_last(words)}",
            "Check the network and your access to the remote.",
        )

    def deepen(self, remote: str, branch: str, ref: str) -> None:
        """Bring the whole history of the branch, where a shallow clone has cut it off."""
        if self.run("rev-parse", "--is-shallow-repository").strip() == "true":
            refspec = f"+refs/heads/{branch}:{ref}"
            self.run("fetch", "--no-tags", "--no-write-fetch-head", "--depth=2147483647", "--", remote, refspec)

    def read(self, commit: str, path: str) -> str | None:
        """The text of a file in a commit, or None if the commit has no such file."""
        if not self.run("ls-tree", "--full-tree", commit, "--", path).strip():
            return None
        return self.run("cat-file", "blob", f"{commit}:{path}")

    def read_many(self, names: list[str]) -> list[str | None]:
        """The texts of many objects (`commit:path`), in one process; None for each that is not there."""
        if not names:
            return []
        listed = self.run("cat-file", "--batch", data="".join(f"{name}\n" for name in names))
        # Sizes are in bytes, so the listing is cut as bytes.
        rest = listed.encode("utf-8", "surrogateescape")
        texts: list[str | None] = []
        for _ in names:
            head, _, rest = rest.partition(b"\n")
            if head.endswith(b" missing"):
                texts.append(None)
                continue
            size = int(head.split()[-1])
            texts.append(rest[:size].decode("utf-8", "replace"))
            rest = rest[size + 1 :]
        return texts

    def export(self, commit: str, paths: list[str], target: Path) -> None:
        """Lay the files below `paths` (relative to `folder`), as they are in a commit, down in `target`."""
        listed = self.run("ls-tree", "-r", "-z", "--name-only", commit, "--", *paths)
        names = [name for name in listed.split("\0") if name and "\n" not in name]
        for name, text in zip(names, self.read_many([f"{commit}:./{name}" for name in names]), strict=True):
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text or "", encoding="utf-8", newline="")

    def write(self, parent: str, path: str, text: str, message: str, identity: dict[str, str]) -> str:
        """A commit on top of `parent` ("" for a first one) in which `path` holds `text`; no ref points to it yet."""
        blob = self.run("hash-object", "-w", "--stdin", data=text).strip()
        with tempfile.TemporaryDirectory(prefix="invent-gitops-") as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            if parent:
                self.run("read-tree", parent, settings=index)
            self.run("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", settings=index)
            tree = self.run("write-tree", settings=index).strip()
        parents = ["-p", parent] if parent else []
        return self.run("commit-tree", tree, *parents, "-F", "-", data=message, settings=identity).strip()

    def push(self, remote: str, branch: str, commit: str, expected: str) -> None:
        """Move the remote's branch from `expected` ("" for "not there") to `commit`. Raises `GitFailed`.

        The lease makes this a compare-and-swap; the new commit is always a child of the expected one,
        so nothing is ever overwritten. Git also ends well when there was nothing to push, which is
        why the line of the ref is looked at.
        """
        name = f"refs/heads/{branch}"
        lease = f"--force-with-lease={name}:{expected}"
        told = self.run("push", "--porcelain", "--no-verify", "--no-signed", lease, "--", remote, f"{commit}:{name}")
        if not any(line[:1] in " *=" and line[1:2] == "\t" and f":{name}\t" in line for line in told.splitlines()):
            raise GitFailed(told.strip() or "git push said nothing")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End git and what it started, such as ssh."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe:
            with suppress(OSError):
                pipe.close()
    process.wait()


def _last(words: str) -> str:
    """The line of git's words that says why."""
    lines = [line for line in words.splitlines() if line.strip()]
    reasons = [line for line in lines if line.startswith(("fatal:", "error:", "remote:"))]
    return (reasons or lines or ["no reason given"])[0]
