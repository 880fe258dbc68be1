"""What the generated pages print is text everywhere: a sentence of the program cannot end a cell, nor become markup."""

from __future__ import annotations

import pytest

from docs_build.reference.cells import block, code, prose, table


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Only keys\n  such as 'a/*'.", "Only keys such as 'a/\\*'."),
        ("Give `segments: [a|b]` or --format json.", "Give <code>segments: [a&#124;b]</code> or `--format` json."),
        ("`plan --refresh` reads", "`plan --refresh` reads"),
        ("<img src=x> & a_b [c](d) | e", "&lt;img src=x&gt; &amp; a\\_b \\[c\\](d) \\| e"),
        ("a -- b, well--known, ---", "a -- b, well--known, ---"),
    ],
)
def test_a_sentence_is_text_but_for_its_code_and_options(text: str, expected: str) -> None:
    assert prose(text) == expected


def test_code_with_a_bar_or_a_backtick_stays_one_cell() -> None:
    assert code("a|b`c<d") == "<code>a&#124;b&#96;c&lt;d</code>"
    assert (code("plain"), code("")) == ("`plain`", "")


def test_columns_that_are_empty_in_every_row_are_left_out() -> None:
    assert table(("A", "B", "C"), [("1", "", "3"), ("4", "", "")]) == "| A | C |\n| --- | --- |\n| 1 | 3 |\n| 4 |  |"
    assert table(("A",), []) == ""


def test_a_fence_is_longer_than_any_in_its_text() -> None:
    assert block("text", "a\n```\nb\n") == "````text\na\n```\nb\n````"
