"""libyaml and PyYAML's own parser read every text alike: values, places and refusals, whatever characters it holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from invent_gitops.load import grammar, read_definitions
from tests.fuzz.mutations import BYTES, PIECES
from tests.fuzz.parsers import compare

pytestmark = pytest.mark.skipif(not grammar.LIBYAML, reason="this PyYAML was built without libyaml")

# What some readers take for the end of a line, for nothing, or for half a character; `None` is read.
CHARACTERS: dict[str, str | None] = {
    "\ufeff": "yaml-character", "\x85": "yaml-character", "\u2028": "yaml-character", "\u2029": "yaml-character",
    "\0": "yaml-character", "\x7f": "yaml-character", "\x9b": "yaml-character", "\x0b": "yaml-character",
    "\x0c": "yaml-character", "\ufffe": "yaml-character", "\uffff": "yaml-character", "\ud800": "file-not-utf8",
    "\U0001f600": None, "\U0010ffff": None, "\ue000": None, "\xa0": None, "\u3000": None, "e\u0301": None,
}  # fmt: skip
# Where such a character may stand; the first has a rule of its own, since a file may begin with a byte order mark.
PLACES = (
    *("{}a: b\n", "a: b{}\n", "a: {}b\n", "a{}: b\n", "a: b\n{}c: d\n", "a: b\n{}\nc: d\n", "a: b\n---\n{}c: d\n"),
    *("a: b\n{}---\nc: d\n", "a: b\n...{}\n", "a: '{}'\n", 'a: "b{}"\n', "a: |\n  b{}\n  c\n", "a: >\n  b\n  {}\n"),
    *("# {}\na: b\n", "a: [b{}, c]\n", "{{a{}: b}}\n", "a: &x{} b\n", "a: b #{}\n", "a: b\r{}c: d\r", "- {}\n- b"),
)


@pytest.mark.parametrize("character", CHARACTERS, ids=lambda it: "-".join(f"{ord(sign):04X}" for sign in it))
def test_a_character_is_read_or_refused_alike_wherever_it_stands(tmp_path: Path, character: str) -> None:
    rule = CHARACTERS[character]
    for place in PLACES:
        raw = place.format(character).encode("utf-8", "surrogatepass")
        assert compare(raw) == "", raw
        (tmp_path / "x.yaml").write_bytes(raw)
        rules = {problem.rule for problem in read_definitions(tmp_path, root=tmp_path)[1]}
        if place != PLACES[0] or character != "\ufeff":
            assert (rule in rules) == (rule is not None), raw


@pytest.mark.parametrize(
    "text",
    [
        *(
            "\ufeff",
            "\ufeff\n",
            "\ufeff---\n",
            "\ufeff\ufeffa: b\n",
            "\ufeff# c\na: b\n",
            "a: b\n\ufeff",
            "---\ufeff\na: b\n",
        ),
        *(
            "a: b\rc: d\r",
            "a: b\r\rc: d",
            "a: |\r  b\r  c\r",
            "a: >-\r\n  b\r\n\r\n  c",
            "a: b\r\n---\rc: d\n",
            "\r",
            "\r\n\r",
        ),
        *(
            "a:\tb\n",
            "\ta: b\n",
            "a: b\t\n",
            "a: 'b\tc'\n",
            "a: |\n \tb\n",
            "a: [b,\tc]\n",
            "a: b\n\t\n",
            "a: b\t# c\n",
        ),
        *(
            "a: |\n  b\n   ",
            "a: >\n  b\n   ",
            "a: |+\n   ",
            "a: b\n   ",
            "   ",
            "a: 'b\n   ",
            "a: |\n  b\n   \r",
            "a: |\r  b\r   ",
        ),
    ],
)
def test_byte_order_marks_line_ends_tabs_and_open_ends_are_read_alike(text: str) -> None:
    assert compare(text.encode()) == ""


STRUCTURE = (
    "a",
    "name",
    "schedule: ",
    "- ",
    "\n",
    "\n  ",
    "\n    ",
    "- a: b\n",
    "a: b\n",
    "key",
    '"',
    "'",
    "# x\n",
    "12",
)


@settings(max_examples=600)
@given(st.lists(st.sampled_from((*PIECES, *STRUCTURE, *STRUCTURE)), max_size=16).map("".join))
@example("a: >\n\n \n# b")
@example("? a\n: \ufeffb\n---\n")
def test_any_row_of_pieces_is_read_alike(text: str) -> None:
    assert compare(text.encode("utf-8", "surrogatepass")) == ""


@settings(max_examples=150)
@given(st.lists(st.one_of(st.sampled_from(BYTES), st.sampled_from(PLACES).map(str.encode), st.binary(max_size=6))))
def test_any_row_of_bytes_is_read_alike(parts: list[bytes]) -> None:
    assert compare(b"".join(parts)) == ""
