"""Brings a catalogue file up to date around what a person wrote into it: comments, order and spelling stay."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from invent_gitops.load.construct import Construction
from invent_gitops.load.grammar import compose
from invent_gitops.load.misread import comments
from invent_gitops.load.source import Source
from invent_gitops.load.write import catalogue_text, comment, entry_lines
from invent_gitops.model.alike import alike
from invent_gitops.values import Struct, field

READ_AT = "read_at"
_SCHEMA_LINE = "# yaml-language-server:"
_LINE_END = re.compile(r"\r\n|\r|\n")


class Rewritten(Struct, frozen=True):
    """The new text, and what the person should know of their comments ("" if all are where they were)."""

    text: str
    note: str = ""


class _OldEntry(Struct):
    """One entry of the old file: the lines before it that speak of it, its own ones, and those indented after it."""

    name: str
    value: Any
    lead: list[str]
    own: list[str]
    tail: list[str]
    remarks: dict[int, str] = field(default_factory=dict)
    """Comments on its own lines, by the number of the line from its first one."""

    @property
    def commented(self) -> bool:
        return bool(self.remarks) or any(line.strip() for line in (*self.lead, *self.tail))


def rewritten(old: str, entries: Mapping[str, Any], header: Sequence[str]) -> Rewritten:
    """`old` with `entries` in place of its own: as `catalogue_text` would write them, but for what a person wrote.

    An entry is known again by its ids, and stays where it is. New ones are put where the order leads them if the
    file has one, else at its end. No comment is lost: those of an entry that is gone stay, and say so.
    """
    source = Source("", old)
    roots, _ = compose(old)
    root = roots[0] if len(roots) == 1 else None
    if isinstance(root, MappingNode) and root.value and not root.flow_style:
        text, gone = _Rewrite(source, root).write(entries, header)
        if _data(text) == _plain(entries):
            kept = f"Comments about what is gone stay in the file: {', '.join(gone)}." if gone else ""
            return Rewritten(text if "\r\n" not in old else text.replace("\n", "\r\n"), kept)
    # Where entries are written in a way of their own, their comments can only be kept together.
    lost = [old[start:end].rstrip() for start, end in comments(old, roots)]
    lost = [line for line in lost if not _is_ours(line, header)]
    schema = [line for line in lost if line.startswith(_SCHEMA_LINE)]
    remarks = [line for line in lost if not line.startswith(_SCHEMA_LINE)]
    fresh = catalogue_text(entries, [line for line in header if not (schema and _is_schema(line))])
    note = "The comments of the file are at its top now, since its entries had to be written anew." if remarks else ""
    return Rewritten("".join(f"{line}\n" for line in (*schema, *remarks)) + fresh, note)


class _Rewrite:
    def __init__(self, source: Source, root: MappingNode) -> None:
        self._lines = _LINE_END.split(source.text)
        if self._lines[-1] == "":
            self._lines.pop()
        self._remarks: dict[int, str] = {}
        for start, end in comments(source.text, [root]):
            line, column = source.place(start)
            if self._lines[line][:column].strip():
                self._remarks[line] = source.text[start:end].rstrip()
        document = Construction(source.text, root).content
        self._old, self._footer = self._split(root, document if isinstance(document, dict) else {})

    def write(self, entries: Mapping[str, Any], header: Sequence[str]) -> tuple[str, list[str]]:
        """Return the text, and the names of what is gone and had comments."""
        placed: dict[str, bool] = {}
        blocks: list[tuple[str, list[str]]] = []
        gone: list[str] = []
        names = {id: name for name, value in entries.items() for id in _ids(value)}
        head, self._old[0].lead = _with_header(self._old[0].lead, header)
        blocks.append(("", head))
        if READ_AT in entries and not any(entry.name == READ_AT for entry in self._old):
            blocks.append((READ_AT, entry_lines(READ_AT, entries[READ_AT])))
            placed[READ_AT] = False
        for entry in self._old:
            of_it = [READ_AT] if entry.name == READ_AT else [names[id] for id in _ids(entry.value) if id in names]
            fresh = [name for name in dict.fromkeys(of_it) if name in entries and name not in placed]
            for index, name in enumerate(fresh):
                placed[name] = alike(name) == alike(entry.name)
                lines = entry_lines(name, entries[name]) if index else _renewed(entry, name, entries[name])
                blocks.append((name, lines))
            if not fresh and entry.commented:
                blocks.append(("", _orphaned(entry)))
                gone.append(entry.name)
        every = [line for lines in _with_new(blocks, entries, placed) for line in lines]
        return "\n".join([*every, *self._footer]) + "\n", gone

    def _split(self, root: MappingNode, document: Mapping[str, Any]) -> tuple[list[_OldEntry], list[str]]:
        old_entries: list[_OldEntry] = []
        gap = self._lines[: root.value[0][0].start_mark.line]
        for index, (key, value) in enumerate(root.value):
            first = key.start_mark.line
            last = max(first, _last_line(value))
            follows = root.value[index + 1][0].start_mark.line if index + 1 < len(root.value) else len(self._lines)
            after = self._lines[last + 1 : follows]
            own_tail = 0
            while own_tail < len(after) and re.match(r"[ \t]+#", after[own_tail]):
                own_tail += 1
            entry = _OldEntry(key.value, document.get(key.value), gap, self._lines[first : last + 1], after[:own_tail])
            entry.remarks = {n - first: self._remarks[n] for n in range(first, last + 1) if n in self._remarks}
            entry.remarks |= {
                n - first: self._lines[n].strip()
                for n in range(first + 1, last + 1)
                if self._lines[n].lstrip().startswith("#")
            }
            old_entries.append(entry)
            gap = after[own_tail:]
        return old_entries, gap


def _with_new(
    blocks: Sequence[tuple[str, list[str]]], entries: Mapping[str, Any], placed: Mapping[str, bool]
) -> Iterator[list[str]]:
    """Yield the lines of all entries: the new ones in their order if the others keep it, else after all others."""
    rank = {name: number for number, name in enumerate(entries)}
    new = [(rank[name], entry_lines(name, value)) for name, value in entries.items() if name not in placed]
    # What was renamed stays where it is, so it tells nothing of the order.
    steady = [rank[name] for name, _ in blocks if placed.get(name)]
    in_order = steady == sorted(steady)
    waiting = deque(new)
    for name, lines in blocks:
        while waiting and placed.get(name) and in_order and waiting[0][0] < rank[name]:
            yield waiting.popleft()[1]
        yield lines
    yield from (lines for _, lines in waiting)


def _renewed(entry: _OldEntry, name: str, value: Any) -> list[str]:
    """Return the entry with its new name and value; as it stands in the file if nothing of that has changed."""
    if alike(name) == alike(entry.name) and _plain_value(value) == _plain_value(entry.value):
        return [*entry.lead, *entry.own, *entry.tail]
    lines = entry_lines(name, value)
    remarks = dict(entry.remarks)
    # What is said beside an entry stays beside it; of several segments with one name, each has a line.
    beside = {number: remark for number, remark in remarks.items() if entry.own[number].strip() != remark}
    for number, remark in beside.items():
        said_of = [id for id in _ids(value) if _names(entry.own[number].removesuffix(remark), id)]
        at = next((index for index, line in enumerate(lines) if any(_names(line, id) for id in said_of)), None)
        if len(lines) == 1 and len(beside) == 1:
            at = 0
        if at is not None and "#" not in lines[at].partition("}")[2]:
            lines[at] = f"{lines[at]} {remark}"
            del remarks[number]
    return [*entry.lead, *(remarks[number] for number in sorted(remarks)), *lines, *entry.tail]


def _names(line: str, id: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(id)}(?![\w-])", line) is not None


def _orphaned(entry: _OldEntry) -> list[str]:
    """Return what is left of an entry that is gone: what was said of it, and that it was said of that one."""
    remarks = [entry.remarks[number] for number in sorted(entry.remarks)]
    about = comment(f"This is about {entry.name} ({', '.join(_ids(entry.value))}), which is gone from Invent.")
    return [*entry.lead, *remarks, *(line.strip() for line in entry.tail), about]


def _with_header(lead: list[str], header: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the lines at the top of the file up to what this program says there as it is now, and those that
    follow.
    """
    ours = [comment(line) for line in header if not _is_schema(line)]
    schema = [comment(line) for line in header if _is_schema(line)]
    at = next((index for index, line in enumerate(lead) if _is_ours(line, header)), None)
    others = [line for line in lead if not _is_ours(line, header)]
    if at is None:
        at = next((index + 1 for index, line in enumerate(others) if line.startswith(_SCHEMA_LINE)), 0)
    has_schema = any(line.startswith(_SCHEMA_LINE) for line in others)
    return [*([] if has_schema else schema), *others[:at], *ours], others[at:]


def _is_ours(line: str, header: Sequence[str]) -> bool:
    """Return whether this program wrote a comment, be it of another day or account."""
    texts = [text for text in header if not _is_schema(text)]
    ends = [text.partition(", as ")[2] for text in texts if ", as " in text]
    return line in [comment(text) for text in texts] or any(
        line.startswith("# The segments of ") and line.endswith(end) for end in ends
    )


def _is_schema(line: str) -> bool:
    return comment(line).startswith(_SCHEMA_LINE)


def _last_line(node: Node) -> int:
    """Return the line of the last sign of a value; marks of blocks lead to whatever comes after them."""
    if isinstance(node, MappingNode | SequenceNode) and not node.flow_style:
        return max((_last_line(child) for child in _children(node)), default=node.start_mark.line)
    end = node.end_mark
    ends_before = isinstance(node, ScalarNode) and node.style in ("|", ">") and end.column == 0
    line: int = end.line - 1 if ends_before else end.line
    return line


def _children(node: MappingNode | SequenceNode) -> Iterator[Node]:
    for child in node.value:
        yield from child if isinstance(child, tuple) else (child,)


def _ids(value: Any) -> list[str]:
    one_by_one: Iterable[Any] = value if isinstance(value, list) else [value]
    return [entry["id"] if isinstance(entry, dict) else str(entry) for entry in one_by_one if entry]


def _data(text: str) -> Any:
    roots, fault = compose(text)
    if fault or len(roots) != 1:
        return None
    construction = Construction(text, roots[0])
    return _plain(construction.content) if isinstance(construction.content, dict) and not construction.faults else None


def _plain(entries: Mapping[str, Any]) -> dict[str, Any]:
    return {alike(name): value if name == READ_AT else _plain_value(value) for name, value in entries.items()}


def _plain_value(value: Any) -> Any:
    """However short it is written: an id alone is a mapping that holds nothing else."""
    if isinstance(value, list):
        return [_plain_value(entry) for entry in value]
    return {"id": value} if isinstance(value, str) else value
