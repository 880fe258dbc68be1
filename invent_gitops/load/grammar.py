"""From text to YAML nodes with positions, by libyaml where it is there; PyYAML's own parser gives equal answers."""

from __future__ import annotations

import operator
import re
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.error import Mark, MarkedYAMLError
from yaml.nodes import Node, ScalarNode
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner, ScannerError
from yaml.tokens import ScalarToken

from invent_gitops.load.syntax import YamlFault, syntax_fault

MAX_DEPTH = 64
MAX_NODES = 50_000
# More than anybody reviews in one file; each costs a check of its own, however short it is.
MAX_DOCUMENTS = 5_000

# What `resolve` answers in place of a tag; an explicit tag is found in the text instead (see construct).
PLAIN = "plain"
QUOTED = "quoted"
# The answer where no tag can be: then the style of a scalar alone says whether it is plain.
UNTAGGED = "untagged"

# A tab outside of quotes, a tag, a comment glued to the sign of a block of text, a question mark in brackets or alone.
_DOUBTFUL = re.compile(r"\t|(?:^|[\s,\[\]{}:?-])!|[|>][-+0-9]*+#|(?:^|\s)\?(?:\s|$)")
_OPENS = re.compile(r"[\[{]")

# A last line of spaces without its end: a block of text would lose the line, which every other reader sees.
_OPEN_END = re.compile(r"[\r\n] +\Z")

LIBYAML: bool = yaml.__with_libyaml__

# The pure parser words errors better, and equally everywhere, but takes ten seconds for a megabyte.
_LONGEST_TEXT_PARSED_AGAIN = 128 * 1024


class _LimitError(Exception):
    def __init__(self, rule: str, mark: Mark) -> None:
        super().__init__(rule)
        self.rule = rule
        self.mark = mark


class _Rules:
    """What both parsers ask while they compose.

    The composer of libyaml recurses in C and crashes the process on deep nesting, so the depth is counted
    here, where it asks about each node on its way down; the pure one would raise RecursionError.
    """

    depth = 0
    count = 0

    @staticmethod
    def resolve(kind: type[Node], _value: object, implicit: Any) -> str:
        return PLAIN if kind is ScalarNode and implicit[0] else QUOTED

    def descend_resolver(self, parent: Node | None, _index: object) -> None:
        if parent is None:
            self.depth = self.count = 0
        self.depth += 1
        self.count += 1
        if self.depth > MAX_DEPTH and parent is not None:
            raise _LimitError("yaml-too-deep", parent.start_mark)
        if self.count > MAX_NODES and parent is not None:
            raise _LimitError("yaml-too-many-nodes", parent.start_mark)

    def ascend_resolver(self) -> None:
        self.depth -= 1


class _StrictScanner(Reader, Scanner):
    """libyaml refuses escapes that name no character; the pure scanner would let half a character through."""

    def scan_flow_scalar(self, style: str) -> ScalarToken:
        start = self.get_mark()
        try:
            token = super().scan_flow_scalar(style)
            token.value.encode()
        except (ValueError, OverflowError):
            raise ScannerError("while scanning", start, "found an escape that names no character", start) from None
        return token


class _PureLoader(_Rules, _StrictScanner, Parser, Composer):
    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)


_CheckedLoader: type[Any] = _PureLoader
_ShallowLoader: type[Any] = _PureLoader
if LIBYAML:
    from yaml._yaml import CParser

    class _CLoader(_Rules, CParser):
        pass

    class _CShallowLoader(CParser):
        """For texts that hold no tag and cannot break a limit: nothing is counted, by callables of C, which cost next
        to nothing and look at none of their arguments.
        """

        resolve = UNTAGGED.format
        descend_resolver = staticmethod(operator.is_)
        ascend_resolver = staticmethod(tuple)

    _CheckedLoader, _ShallowLoader = _CLoader, _CShallowLoader


def is_plain(node: ScalarNode) -> bool:
    """Return whether a scalar is text without quotes and without a tag."""
    return node.tag == PLAIN or (node.tag == UNTAGGED and not node.style)


def compose(text: str) -> tuple[list[Node], YamlFault | None]:
    """Return the root node of each document up to the first fault. Control characters must be sorted out before."""
    if text.endswith(" ") and _OPEN_END.search(text):
        text += "\n"
    if not LIBYAML or _doubtful(text):
        return _compose(_PureLoader, text)[:2]
    nodes, fault, marked = _compose(_ShallowLoader if _surely_shallow(text) else _CheckedLoader, text)
    if marked and len(text) <= _LONGEST_TEXT_PARSED_AGAIN:
        # Not the fault alone: where one parser stops, the other may have read one document more.
        return _compose(_PureLoader, text)[:2]
    return nodes, fault


def _doubtful(text: str) -> bool:
    """Return whether it holds what the two parsers are known to read differently; then the pure one decides
    everywhere.
    """
    if not ("\t" in text or "!" in text or "?" in text or ">" in text or "|" in text):
        return False
    if len(text) > _LONGEST_TEXT_PARSED_AGAIN:
        return False
    return _DOUBTFUL.search(text) is not None or _OPENS.search(text, 0, max(text.rfind("?"), 0)) is not None


def _surely_shallow(text: str) -> bool:
    # Each list and each mapping needs a character of its own to begin with; nearly every definition has few.
    openers = text.count(":") + text.count("-") + text.count("[") + text.count("{") + text.count("?")
    return openers < MAX_DEPTH and len(text) < MAX_NODES // 2


def _compose(loader_type: type[Any], text: str) -> tuple[list[Node], YamlFault | None, bool]:
    nodes: list[Node] = []
    try:
        loader = loader_type(text)
        while loader.check_node():
            nodes.append(loader.get_node())
            if len(nodes) > MAX_DOCUMENTS:
                # Nothing of such a file is shown: it would be thousands of problems about one.
                raise _LimitError("too-many-documents", nodes[-1].start_mark)
    except _LimitError as limit:
        return nodes if len(nodes) <= MAX_DOCUMENTS else [], _limit(limit), False
    except MarkedYAMLError as error:
        return nodes, syntax_fault(error, text), True
    return nodes, None, False


def _limit(limit: _LimitError) -> YamlFault:
    if limit.rule == "yaml-too-deep":
        message, cure = f"Values are nested more than {MAX_DEPTH} levels deep.", "Write it flatter."
    else:
        over = limit.rule == "too-many-documents"
        message = f"A document holds more than {MAX_NODES:,} values."
        message = f"The file holds more than {MAX_DOCUMENTS:,} documents." if over else message
        cure = "Split it into several files."
    return YamlFault(limit.rule, message, cure, limit.mark.line, limit.mark.column)
