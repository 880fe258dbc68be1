"""Puts a new entry into a YAML file around what a person wrote, and changes nothing else of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from yaml.nodes import MappingNode, Node, ScalarNode

from invent_gitops.load.construct import Construction
from invent_gitops.load.grammar import compose
from invent_gitops.load.write import comment, flow, scalar


def with_entry(text: str, path: Sequence[str], name: str, value: dict[str, str], remark: str = "") -> str | None:
    """`text` with the entry `name` in the mapping that `path` leads to from the top, and every byte else as it was.

    `remark` is a comment above it, in a block at the top. None where the mapping has the entry, is not there, or is
    written in a way that no place fits: the text is read again, and must hold the same and the entry, nothing else.
    """
    content = _content(text)
    if content is None:
        return None
    expected: Any = content
    for step in path:
        expected = expected.get(step) if isinstance(expected, dict) else None
    if not isinstance(expected, dict) or name in expected:
        return None
    expected[name] = value
    line = f"{scalar(name)}: {flow(dict(value))}"
    end = "\r\n" if "\r\n" in text else "\n"
    return next((new for new in _candidates(text, path, line, remark, end) if _content(new) == content), None)


def _candidates(text: str, path: Sequence[str], line: str, remark: str, end: str) -> Iterator[str]:
    node = _node(text, path)
    block = f"{comment(remark)}{end}{line}{end}" if remark else f"{line}{end}"
    if node is None:
        # Nothing but comments: what is said at the top stays at the top.
        yield f"{text}{'' if not text or text.endswith(end) else end}{end if text else ''}{block}"
        return
    if node.flow_style:
        start = node.start_mark.index + 1
        yield f"{text[:start]}{line}{', ' if node.value else ''}{text[start:]}"
        return
    if not path:
        yield f"{text}{'' if text.endswith(end) else end}{end}{block}"
    mark = node.value[0][0].start_mark
    start = mark.index - mark.column
    indent = text[start : mark.index]
    if not indent.strip():
        yield f"{text[:start]}{indent}{line}{end}{text[start:]}"


def _node(text: str, path: Sequence[str]) -> MappingNode | None:
    """Return the mapping at `path`, None in a file without a document."""
    roots, _ = compose(text)
    node: Node | None = roots[0] if roots else None
    for step in path:
        entries = node.value if isinstance(node, MappingNode) else []
        node = next((value for key, value in entries if isinstance(key, ScalarNode) and key.value == step), None)
    return node if isinstance(node, MappingNode) and (node.value or node.flow_style) else None


def _content(text: str) -> dict[str, Any] | None:
    """Return what a file with one mapping, or with nothing, holds; None for anything else."""
    roots, fault = compose(text)
    if fault or len(roots) > 1:
        return None
    if not roots or (isinstance(roots[0], ScalarNode) and not roots[0].value):
        return {}
    construction = Construction(text, roots[0])
    content = construction.content
    return content if isinstance(content, dict) and not construction.faults else None
