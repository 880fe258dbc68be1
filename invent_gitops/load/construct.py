"""From YAML nodes to JSON-shaped data by the core schema of YAML 1.2, refusing what reviewers misread."""

from __future__ import annotations

import math
import re

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from invent_gitops.load.grammar import MAX_DEPTH, MAX_NODES, is_plain
from invent_gitops.load.syntax import YamlFault
from invent_gitops.model.document import Path

Data = dict[str, "Data"] | list["Data"] | str | int | float | bool | None

# Long enough for every number that a field may hold; Python itself refuses to print very long ones.
LONGEST_NUMBER = 300

# Characters of all texts of a document, each as often as an alias repeats it: four times the longest file.
MAX_LENGTH = 4 * 1024 * 1024

# A plain scalar that begins otherwise is no number; looking at one character is cheaper than at three patterns.
_NUMBER_START = frozenset("0123456789+-.")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NOT_TEXT = frozenset((*_WORDS, "<<"))
# Fields that hold a mapping from numbers, which nobody misreads there.
_NUMBERED = frozenset({"over"})
_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o([0-7]+)|0x([0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

# A node starts at its first property, so a tag is seen in the text; the parsers hide some of them.
# Possessive: a comment that holds another `#` could else be read in ever more ways.
_TAG = re.compile(r"(?:&[^\s,\[\]{}]++(?:\s|#[^\r\n]*+)*+)?(![^\s,\[\]{}]*)")


class _Hopeless(Exception):
    """The document cannot be given to the rules; why is among the faults."""


class Construction:
    """One pass over one document. `usable` says whether `content` is near enough to the text to be checked further."""

    __slots__ = (
        "_count",
        "_firsts",
        "_has_aliases",
        "_numbered",
        "_open",
        "_text",
        "_watch_tags",
        "content",
        "faults",
        "usable",
    )

    def __init__(self, text: str, root: Node) -> None:
        self._text = text
        self._watch_tags = "!" in text
        self._has_aliases = "*" in text
        self._count = 0
        self._open: list[Node] = []
        # Of mappings with repeated keys, by the id of the mapping: the node that has each key first.
        self._firsts: dict[int, dict[str, Node]] = {}
        # The ids of mappings whose fields are numbers.
        self._numbered: set[int] = set()
        self.faults: list[YamlFault] = []
        self.usable = True
        self.content: Data = None
        try:
            self.content = self._value(root)
            self._check_count(root)
            self._check_length(root)
        except _Hopeless:
            self.usable = False

    def _value(self, node: Node) -> Data:
        self._count += 1
        if self._watch_tags:
            self._refuse_tag(node)
        if isinstance(node, ScalarNode):
            text: str = node.value
            return self._plain(node, text) if is_plain(node) else text
        self._enter(node)
        value: Data
        value = self._mapping(node) if isinstance(node, MappingNode) else [self._value(item) for item in node.value]
        self._open.pop()
        return value

    def _check_count(self, node: Node) -> None:
        # Aliases make one node stand in many places, so what the composer counted is not what they expand to.
        if self._count > MAX_NODES:
            message = f"The document holds more than {MAX_NODES:,} values once its aliases are written out."
            self._give_up("yaml-too-many-nodes", message, "Use fewer aliases, or split it into several files.", node)

    def _check_length(self, node: Node) -> None:
        # A long text costs nothing where it stands again, but whoever quotes or compares it pays for each place.
        if self._has_aliases and _length(self.content) > MAX_LENGTH:
            message = f"The document holds more than {MAX_LENGTH:,} characters once its aliases are written out."
            self._give_up("yaml-too-long", message, "Use fewer aliases, or split it into several files.", node)

    def _enter(self, node: Node) -> None:
        self._check_count(node)
        if self._has_aliases and any(node is other for other in self._open):
            message = "An alias is inside the value that it refers to, so the value never ends."
            self._give_up("yaml-recursive-alias", message, "Write out the value.", node)
        if len(self._open) >= MAX_DEPTH:
            message = f"Values are nested more than {MAX_DEPTH} levels deep once aliases are written out."
            self._give_up("yaml-too-deep", message, "Write it flatter.", node)
        self._open.append(node)

    def _mapping(self, node: MappingNode) -> dict[str, Data]:
        mapping: dict[str, Data] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if (
                self._watch_tags
                or not isinstance(key_node, ScalarNode)
                or key_node.style
                or key in _NOT_TEXT
                or key[0] in _NUMBER_START
            ):
                checked = self._key(key_node, numbered=id(node) in self._numbered)
                if checked is None:
                    continue
                key = checked
            if key in mapping:
                self._duplicate(node, key_node, key)
            else:
                if key in _NUMBERED:
                    self._numbered.add(id(value_node))
                value = value_node.value
                if self._watch_tags or not isinstance(value, str) or value in _WORDS or value[0] in _NUMBER_START:
                    value = self._value(value_node)
                else:  # A text, in quotes or not: nearly every value is one, so it is taken without a call.
                    self._count += 1
                mapping[key] = value
        self._count += len(mapping)
        return mapping

    def _key(self, node: Node, *, numbered: bool = False) -> str | None:
        """Return the text of a key, or None if it is refused; a number as it is written, where keys are `numbered`."""
        if self._watch_tags:
            self._refuse_tag(node)
        if not isinstance(node, ScalarNode):
            message, cure = "The name of a field must be text, not a list or a mapping.", "Write `field: value`."
            self._fault("yaml-key-not-text", message, cure, node)
            return None
        text: str = node.value
        if not is_plain(node):
            return text
        if text == "<<":
            message = "A merge key (`<<`) brings fields in that reviewers of this place do not see."
            self._fault("yaml-merge-key", message, "Write the fields out here.", node)
            self.usable = False
            return None
        if isinstance(self._plain(node, text), str) or (numbered and re.fullmatch("[1-9][0-9]{0,11}", text)):
            return text
        message = f"The name of a field must be text, and YAML reads `{text[:60]}` as something else."
        self._fault("yaml-key-not-text", message, f'Put it in quotes: `"{text[:60]}"`.', node)
        return None

    def _plain(self, node: Node, text: str) -> Data:
        if text in _WORDS:
            return _WORDS[text]
        if text[0] not in _NUMBER_START or ":" in text:
            return text
        if _NOT_FINITE.fullmatch(text):
            self._not_finite(node, text)
            return None
        based = _BASED.fullmatch(text)
        if not based and not _FLOAT.fullmatch(text):
            return text
        if len(text) > LONGEST_NUMBER:
            message = f"This number has {len(text):,} characters; at most {LONGEST_NUMBER} can be read."
            self._fault("yaml-number-too-long", message, "Put it in quotes if it is meant as text.", node)
            self.usable = False
            return None
        if based:
            return int(based[1], 8) if based[1] else int(based[2], 16)
        if _INT.fullmatch(text):
            return int(text)
        number = float(text)
        if not math.isfinite(number):
            self._not_finite(node, text)
        return number

    def _not_finite(self, node: Node, text: str) -> None:
        message = f"`{text}` is not a finite number, and JSON has no other numbers."
        self._fault("yaml-not-finite", message, "Put it in quotes if it is meant as text.", node)
        self.usable = False

    def _duplicate(self, mapping: MappingNode, second: Node, key: str) -> None:
        firsts = self._firsts.get(id(mapping))
        if firsts is None:
            firsts = {node.value: node for node, _ in reversed(mapping.value) if isinstance(node, ScalarNode)}
            self._firsts[id(mapping)] = firsts
        message = f"The field `{key[:60]}` is set twice; the first is on line {firsts[key].start_mark.line + 1}."
        self._fault("yaml-duplicate-key", message, "Delete one of the two.", second)

    def _refuse_tag(self, node: Node) -> None:
        tag = _TAG.match(self._text, node.start_mark.index)
        if tag:
            message = f"The tag `{tag[1][:60]}` changes how the value is read, so tags are not used here."
            cure = "Delete the tag; put the value in quotes if it is meant as text."
            self._fault("yaml-tag", message, cure, node, length=len(tag[0]))

    def _fault(self, rule: str, message: str, cure: str, node: Node, length: int = 0) -> None:
        line, column, node_length = extent(node)
        self.faults.append(YamlFault(rule, message, cure, line, column, length or node_length))

    def _give_up(self, rule: str, message: str, cure: str, node: Node) -> None:
        self._fault(rule, message, cure, node)
        raise _Hopeless


def _length(document: Data) -> int:
    """Return the characters of all texts in `document`, each as often as it stands there."""
    length = 0
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            length += len(value)
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            length += sum(map(len, value))
            waiting += value.values()
    return length


def extent(node: Node) -> tuple[int, int, int]:
    """Line and column from 0, and the length on that line; 0 means to the end of the line."""
    start, end = node.start_mark, node.end_mark
    return start.line, start.column, end.column - start.column if end.line == start.line else 0


def place_of(key: Node, value: Node) -> Node:
    """Return the node whose place is that of the value: the key where no value is written, which stands nowhere."""
    return key if value.start_mark.index == value.end_mark.index else value


# Of mappings that were looked into, by the id of the mapping: the pair of each key, of two equal ones the first.
Pairs = dict[int, dict[object, tuple[Node, Node]]]


def find(root: Node, path: Path, *, of_key: bool, pairs: Pairs) -> Node:
    """Return the node at a path, or that of the key which leads there; the nearest parent if there is none.

    `pairs` is kept between calls for the same nodes, so that a thousand problems do not read a mapping as often.
    """
    node = root
    for step, name in enumerate(path):
        if isinstance(node, MappingNode):
            by_key = pairs.get(id(node))
            if by_key is None:
                by_key = {pair[0].value: pair for pair in reversed(node.value) if isinstance(pair[0], ScalarNode)}
                pairs[id(node)] = by_key
            pair = by_key.get(name)
            if pair is None:
                break
            node = pair[0] if of_key and step == len(path) - 1 else place_of(*pair)
        elif isinstance(node, SequenceNode) and isinstance(name, int) and name < len(node.value):
            node = node.value[name]
        else:
            break
    return node
