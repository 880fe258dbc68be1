"""Finds what YAML reads otherwise than people do: comments in the middle of a text, and signs that pass for letters."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from invent_gitops.load.grammar import is_plain
from invent_gitops.load.syntax import YamlFault
from invent_gitops.model.document import Path

# Most files hold none of it, and then nobody walks through them a second time.
_SUSPECT = re.compile(r"""\S[ \t]*#|[\r\n] +#|(?:^|[\s,\[\]{}:"'-])(?:[&*][0-9A-Za-z_-]|\?)""")
_COMMENT = re.compile(r"#[^\r\n]*")
_AFTER_TEXT = re.compile(r"[ \t]+(#[^\r\n]*)")
_ANCHOR = re.compile(r"&[0-9A-Za-z_-]*")
_ALIAS = re.compile(r"\*[0-9A-Za-z_-]+")
_AFTER_SIGN = re.compile(r"(?:&[0-9A-Za-z_-]+[ ]+)?[|>][-+0-9]*(#[^\r\n]*)")
# The first line of a block of text, if the blank lines before it are indented more: then it passes for a comment.
# Possessive: a CRLF read also as CR and LF would double the work with every blank line.
_LOST_LINE = re.compile(r"[^\r\n]*+(?>\r\n|\r|\n)(?:[ ]*+(?>\r\n|\r|\n))*+[ ]+(#[^\r\n]*)")
# What may follow the name of an anchor; anything else is part of that name in YAML 1.2, and a value to the parsers.
_AFTER_ANCHOR = frozenset(" \t\r\n,]}")


def suspect(text: str) -> bool:
    """Return whether it is worth looking for any of this."""
    return quick_harmless(text) is None and _SUSPECT.search(text) is not None


def quick_harmless(text: str) -> str | None:
    """Return a text without the signs in question, but for comments that begin their lines; None for any other."""
    if "&" in text or "*" in text or "?" in text:
        return None
    return text if text.count("#") == text.count("\n#") + text.startswith("#") else None


def comments_after_text(text: str, root: Node) -> Iterator[tuple[Path, int, int]]:
    """Yield the path of each unquoted text that a comment ends, and where that comment begins and ends in `text`."""
    for path, node, _ in _walk(root):
        if isinstance(node, ScalarNode) and is_plain(node) and not node.style and node.value:
            match = _AFTER_TEXT.match(text, node.end_mark.index)
            if match:
                yield path, match.start(1), match.end(1)


def faults_of_nodes(text: str, root: Node) -> Iterator[tuple[int, int, YamlFault]]:
    """Yield what passes for letters and is none; each with the place of its first character and its length."""
    for _, node, gap in _walk(root):
        start = node.start_mark.index
        anchor = _ANCHOR.match(text, start)
        if anchor and anchor.end() < len(text) and text[anchor.end()] not in _AFTER_ANCHOR:
            yield start, anchor.end() - start + 1, _fault("yaml-anchor", *_WORDS["anchor"])
        if isinstance(node, ScalarNode) and node.style in ("|", ">"):
            # Only one of the two parsers refuses this by itself.
            glued = _AFTER_SIGN.match(text, start)
            lost = None if node.value.strip() else _LOST_LINE.match(text, start)
            for match, sign in ((glued, "#"), (lost, "|")):
                if match:
                    yield match.start(1), match.end(1) - match.start(1), _fault("yaml-comment", *_WORDS[sign])
        if gap is None:
            continue
        between = _COMMENT.sub(lambda match: " " * len(match[0]), text[slice(*gap)])
        # The key itself begins elsewhere, so what is written here only refers to it.
        alias = _ALIAS.search(between) if start < gap[0] else None
        if alias:
            yield gap[0] + alias.start(), len(alias[0]), _fault("yaml-alias-key", *_WORDS["alias"])
        elif "?" in between and isinstance(node, ScalarNode):
            yield gap[0] + between.index("?"), 1, _fault("yaml-complex-key", *_WORDS["?"])


def glued_comments(text: str, roots: Iterable[Node]) -> Iterator[tuple[int, int, YamlFault]]:
    """Comments without a space before them, where something else than a text ends; no fault may be in `text`."""
    for start, end in comments(text, roots):
        if start and text[start - 1] not in " \t\r\n":
            yield start, end - start, _fault("yaml-comment", *_WORDS["#"])


def comments(text: str, roots: Iterable[Node]) -> Iterator[tuple[int, int]]:
    """Yield where each comment begins and ends."""
    spans = sorted(
        (node.start_mark.index, node.end_mark.index)
        for root in roots
        for _, node, _ in _walk(root)
        if isinstance(node, ScalarNode)
    )
    starts = [start for start, _ in spans]
    at = text.find("#")
    while at >= 0:
        before = bisect_right(starts, at) - 1
        if before >= 0 and at < spans[before][1]:
            at = text.find("#", spans[before][1])
            continue
        match = _COMMENT.match(text, at)
        end = match.end() if match else at + 1
        yield at, end
        at = text.find("#", end)


_WORDS = {
    "anchor": (
        "YAML takes this for an anchor (`&name`) and for what follows its name, though nothing separates the two.",
        "Put the text in quotes if the `&` belongs to it.",
    ),
    "alias": (
        "The name of a field is an alias (`*name`), so reviewers of this place do not see which field it is.",
        "Write out the name of the field; put it in quotes if the `*` belongs to it.",
    ),
    "?": (
        "YAML takes this `?` for the sign of a long key and not for a part of the text.",
        "Put the text in quotes if the `?` belongs to it; else delete the `?`.",
    ),
    "|": (
        "YAML takes this line for a comment and not for the text, since a blank line before it is indented more.",
        "Delete the spaces of the blank lines above it.",
    ),
    "#": (
        "A comment begins here without a space before its `#`, which YAML does not allow.",
        "Write a space before the `#`, or put the whole text in quotes if the `#` belongs to it.",
    ),
}


def _fault(rule: str, message: str, cure: str) -> YamlFault:
    # Line and column are those of the place beside it.
    return YamlFault(rule, message, cure, 0, 0)


def _walk(root: Node) -> Iterator[tuple[Path, Node, tuple[int, int] | None]]:
    """Yield every node once, with its path; of a key, also from where to where its mapping holds something before
    it.
    """
    visited: set[int] = set()
    waiting: list[tuple[Path, Node]] = [((), root)]
    while waiting:
        path, node = waiting.pop()
        if id(node) in visited:
            continue
        visited.add(id(node))
        yield path, node, None
        if isinstance(node, SequenceNode):
            waiting += [((*path, index), item) for index, item in enumerate(node.value)]
        elif isinstance(node, MappingNode):
            for key, value, gap in _pairs(node):
                yield path, key, gap
                name = key.value if isinstance(key, ScalarNode) else ""
                waiting.append(((*path, name), value))
                if not isinstance(key, ScalarNode):
                    waiting.append((path, key))


def _pairs(mapping: MappingNode) -> Iterator[tuple[Node, Node, tuple[int, int] | None]]:
    """Key and value with the gap before them; of pairs that share a gap, since both are aliases, only with the first.

    So no part of the text is in more than one gap.
    """
    pairs: list[tuple[Node, Node, int, int | None]] = []
    at = mapping.start_mark.index
    for key, value in mapping.value:
        # What an alias stands for is elsewhere in the text.
        own_key, own_value = key.start_mark.index >= at, value.start_mark.index >= at
        end = key.start_mark.index if own_key else value.start_mark.index if own_value else None
        pairs.append((key, value, at, end))
        at = max(at, key.end_mark.index if own_key else at, value.end_mark.index if own_value else at)
    ends: list[int] = []
    following = mapping.end_mark.index
    for _, _, _, end in reversed(pairs):
        following = following if end is None else end
        ends.append(following)
    before: tuple[int, int] | None = None
    for (key, value, at, _), end in zip(pairs, reversed(ends), strict=True):
        gap = (at, end)
        yield key, value, None if gap == before else gap
        before = gap
