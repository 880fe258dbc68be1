"""What is waved through while files are read is what the careful way would let pass: seeded random texts show it."""

from __future__ import annotations

import random

import pytest
from yaml.nodes import MappingNode, Node, ScalarNode

from invent_gitops.load import files, grammar, misread
from invent_gitops.load.source import Source

USUAL = "# A campaign.\nname: Sale 7 – VIP\nschedule:\n  at: 2040-01-25T09:00\nsegments: [seg_1, seg_2]\n# End\n"
PIECES = [
    *"#&*?%<>:-|'\"{}[],", "# x", " # x", "\n# x\n", "  #\n", "\n%", "&a ", "*a", "<<<<<<< HEAD\n", ">>>>>>>\n",
    "||||||| x\n", "version https://git-lfs.github.com/spec/v1\n", "\t", "\r", "\r\n", "\n", " ",
    "\xa0", "\u2028", "\x7f", "\ufeff", "true", "0x1f", "12", "12:30", "~", "''", '"a"', "- b\n",
]  # fmt: skip


def texts(seed: int, count: int) -> list[str]:
    """Return the usual text with some pieces put into it, or none; and pieces alone."""
    dice = random.Random(seed)  # noqa: S311  # repeatable, and no secret
    spoiled = []
    for number in range(count):
        text = USUAL if number % 3 else ""
        for _ in range(dice.randrange(5)):
            at = dice.randrange(len(text) + 1)
            text = text[:at] + dice.choice(PIECES) + text[at + dice.randrange(2) * dice.randrange(9) :]
        spoiled.append(text)
    return spoiled


def test_text_that_is_harmless_at_once_holds_nothing_suspect() -> None:
    harmless = [text for text in texts(1, 4000) if misread.quick_harmless(text) is not None]
    assert misread.quick_harmless(USUAL) == USUAL
    assert len(harmless) > 500
    assert [text for text in harmless if misread._SUSPECT.search(text)] == []


def test_text_that_is_allowed_at_once_holds_nothing_to_refuse() -> None:
    allowed = 0
    for text in texts(2, 4000):
        unusual = text.encode().translate(None, files._USUAL_BYTES).decode()
        if files.quick_allowed(text, unusual):
            allowed += 1
            assert list(files._refused(Source("it", text), unusual)) == []
    assert files.quick_allowed(USUAL.replace("–", "-"), "")
    assert allowed > 500


@pytest.mark.skipif(not grammar.LIBYAML, reason="there is no libyaml to compare")
def test_loader_of_shallow_texts_makes_the_nodes_of_the_one_that_counts() -> None:
    compared = 0
    for text in texts(3, 4000):
        if grammar._doubtful(text) or not grammar._surely_shallow(text) or set(text) & {"\x7f", "\ufeff"}:
            continue
        shallow, checked = (
            grammar._compose(loader, text) for loader in (grammar._ShallowLoader, grammar._CheckedLoader)
        )
        compared += len(shallow[0])
        assert [[*flat(root)] for root in shallow[0]] == [[*flat(root)] for root in checked[0]]
        assert shallow[1:] == checked[1:]
    assert compared > 1000


def flat(root: Node) -> list[object]:
    """Return what the rest of the room asks of each node."""
    own = root.start_mark.index, root.end_mark.index, root.start_mark.line, root.start_mark.column
    if isinstance(root, ScalarNode):
        return [(*own, root.value, root.style, grammar.is_plain(root))]
    children = (node for pair in root.value for node in (pair if isinstance(root, MappingNode) else (pair,)))
    return [(*own, type(root)), *(each for node in children for each in flat(node))]
