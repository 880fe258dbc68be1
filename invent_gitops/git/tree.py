"""What a commit lists: names that anybody may have written, checked before one becomes a path on this disk."""

from __future__ import annotations

import re

from invent_gitops.values import Struct

_KINDS = {"120000": "a symbolic link", "160000": "a submodule", "040000": "a folder"}
# What macOS leaves out when it compares names: `.g<U+200C>it` is `.git` there.
_IGNORED = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
# `.git` as Windows takes it: any case, a short name, and dots, blanks or a stream after it.
_GIT = re.compile(r"(?:\.git|git~\d+)[. ]*(?::.*)?", re.IGNORECASE)


class TreeEntry(Struct, frozen=True):
    """One entry of a tree: its `mode` as git writes it, the id of its `object`, and its `name` below the tree."""

    mode: str
    object: str
    name: str

    @property
    def is_file(self) -> bool:
        return self.mode.startswith("100")

    @property
    def kind(self) -> str:
        return "a file" if self.is_file else _KINDS.get(self.mode, f"an entry of mode {self.mode}")


def entries(listed: str) -> list[TreeEntry]:
    """Return the lines of `git ls-tree -z`."""
    heads = (line.partition("\t") for line in listed.split("\0") if line)
    return [TreeEntry(head.split()[0], head.split()[2], name) for head, _, name in heads]


def fault_of_name(name: str) -> str:
    """Return why no file may be written under this name, as the end of "a name that …"; "" if one may."""
    if re.search(r"[\x00-\x1f\x7f-\x9f]", name):
        return "holds a control character"
    if "\\" in name:
        return "holds a backslash, which parts folders on Windows"
    if name.startswith("/") or re.match("[A-Za-z]:", name):
        return "begins at the root of a disk"
    parts = name.split("/")
    if not {"", ".", ".."}.isdisjoint(parts):
        return "leads out of its folder"
    if any(_GIT.fullmatch(_IGNORED.sub("", part)) for part in parts):
        return "is taken for .git by some machines"
    return ""
