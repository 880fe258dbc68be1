"""A page on a terminal of any width: lines end between words, and what is to be pasted stays whole."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.render.text.style import Style
from invent_gitops.render.text.width import cells
from invent_gitops.render.text.wrap import NARROWEST, plain, wrapped

LONG = "      It would go to everyone, and the project file asks for the reason in writing, which is not there."
words = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)


def test_line_goes_on_below_itself_set_in() -> None:
    assert wrapped(LONG, 60) == (
        "      It would go to everyone, and the project file asks for\n"
        "        the reason in writing, which is not there."
    )


def test_without_a_terminal_and_below_the_least_width_nothing_changes() -> None:
    assert {wrapped(LONG, width) for width in (None, 0, 1, NARROWEST - 1, 200)} == {LONG}


def test_short_lines_and_blank_ones_stay_as_they_are() -> None:
    text = "One\n\n  two   three\n"
    assert wrapped(text, 40) == text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "See and settle what is in doubt by now: invent-gitops plan --state a.json",
            ["See and settle what is in doubt by", "  now:", "  invent-gitops plan --state a.json"],
        ),
        (
            "  → invent-gitops resolve 'spring, early. And late' --not-created --reason …",
            ["  → invent-gitops resolve 'spring, early. And late' --not-created --reason …"],
        ),
        (
            "Then invent-gitops plan --state a.json says whether anything speaks against it.",
            ["Then", "  invent-gitops plan --state a.json", "  says whether anything speaks", "  against it."],
        ),
        (
            "First: invent-gitops import --all. Then look at the page again, since it takes a while.",
            ["First: invent-gitops import --all.", "  Then look at the page again, since", "  it takes a while."],
        ),
    ],
)
def test_command_is_never_broken_since_somebody_pastes_it(line: str, expected: list[str]) -> None:
    assert wrapped(line, 36).split("\n") == expected


def test_source_line_and_its_carets_stay_together() -> None:
    text = "  | name: a name that is rather long, and longer\n  |       ^^^^^^^^^^^^^^"
    assert wrapped(text, 30) == text


def test_colours_take_no_room_and_wide_characters_take_two_cells() -> None:
    style = Style(color=True)
    line = style.bold(style.green("twelve cells")) + " and " + style.red("ten")
    assert wrapped(line, 20) == line
    assert [cells(line) for line in wrapped("新聞 新聞 新聞 新聞 新聞", 20).split("\n")] == [19, 6]


def test_word_that_is_too_long_stays_whole() -> None:
    id = "b_" + "0" * 40
    assert wrapped(f"+ key  created  id {id}", 30).split("\n") == ["+ key  created  id", f"  {id}"]


@given(st.lists(words, min_size=1, max_size=30), st.integers(NARROWEST, 90), st.integers(0, 8))
def test_no_word_is_lost_and_no_line_is_too_wide_unless_a_word_is(texts: list[str], width: int, indent: int) -> None:
    line = " " * indent + " ".join(texts)
    result = wrapped(line, width).split("\n")
    assert re.sub(r"\s+", " ", " ".join(result)).strip() == re.sub(r"\s+", " ", line).strip()
    for piece in result:
        single = len(piece.split()) == 1 or len(piece.split()[0]) == 1
        assert cells(plain(piece)) <= width or single or re.search("git |invent-gitops", piece)
