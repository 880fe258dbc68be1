"""Problems of the input, for a terminal with a caret and for GitHub as annotations."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.model.problem import Position, Problem
from invent_gitops.render.github.annotations import MOST
from invent_gitops.render.text.problems import problems_github, problems_text
from invent_gitops.render.text.style import Style
from tests.making import NASTY
from tests.text.test_clean import is_harmless

PLAIN = Style()


def a_problem(source: str = "name: x", column: int = 7, length: int = 1, **more: str) -> Problem:
    return Problem(
        Position(more.get("file", "broadcasts/a.yaml"), 3, column),
        more.get("rule", "name-missing"),
        more.get("message", "The name is wrong."),
        more.get("cure", "Write another."),
        source,
        length,
    )


def excerpt(problem: Problem) -> tuple[str, str]:
    """The source line and the line of carets, as shown below each other."""
    lines = [line for line in problems_text([problem], PLAIN).split("\n") if line.startswith("  | ")]
    assert len(lines) == 2
    return lines[0].removeprefix("  | "), lines[1].removeprefix("  | ")


def underlined(problem: Problem) -> str:
    source, carets = excerpt(problem)
    return "".join(character for character, caret in zip(source, carets, strict=False) if caret == "^")


# ---------------------------------------------------------------- for a terminal


def test_problem_shows_place_rule_message_line_caret_and_cure() -> None:
    assert problems_text([a_problem("segments: [vip]", 12, 3)], PLAIN) == (
        "broadcasts/a.yaml:3:12  name-missing\n"
        "  The name is wrong.\n"
        "  | segments: [vip]\n"
        "  |            ^^^\n"
        "  → Write another.\n"
        "\n"
        "1 problem. Nothing was created."
    )


def test_every_problem_is_shown_and_counted() -> None:
    text = problems_text([a_problem(rule=f"rule-{number}") for number in range(30)], PLAIN)
    assert [f"rule-{number}\n" in text for number in range(30)] == [True] * 30
    assert text.endswith("30 problems. Nothing was created.")


def test_problem_of_a_whole_file_shows_no_line() -> None:
    problem = Problem(Position("broadcasts/a.yaml"), "empty-file", "The file is empty.")
    expected = "broadcasts/a.yaml  empty-file\n  The file is empty.\n\n1 problem. Nothing was created."
    assert problems_text([problem], PLAIN) == expected


@pytest.mark.parametrize(
    ("source", "column", "length"),
    [
        ("name: x", 1, 4),
        ("name: x", 7, 1),
        ("\tname:\tx", 8, 1),
        ("größe: 🎉 yes", 10, 3),
        ("a" * 79 + "HERE", 80, 4),
        ("a" * 80 + "HERE", 81, 4),
        ("a" * 81 + "HERE" + "b" * 500, 82, 4),
        ("a" * 5000 + "HERE" + "b" * 5000, 5001, 4),
    ],
)
def test_caret_stands_under_what_it_is_about(source: str, column: int, length: int) -> None:
    wanted = source[column - 1 : column - 1 + length]
    assert underlined(a_problem(source, column, length)) == wanted


@given(
    source=st.text(st.characters(exclude_categories=["Cs", "Zs"], exclude_characters="#["), min_size=1, max_size=300),
    data=st.data(),
)
def test_caret_stands_under_the_right_character_of_any_line(source: str, data: st.DataObject) -> None:
    if not source.strip():
        return
    column = data.draw(st.integers(1, len(source)))
    line, carets = excerpt(a_problem(source, column))
    character = source[column - 1]
    found = line[carets.index("^")] if carets.index("^") < len(line) else " "
    assert carets.count("^") == 1
    assert found in (character, "·")
    assert len(line) <= 100
    assert is_harmless(line)


@pytest.mark.parametrize(("column", "length"), [(7, 500), (30, 1), (0, 1), (7, 0)])
def test_caret_of_an_odd_place_stays_within_reason(column: int, length: int) -> None:
    _, carets = excerpt(a_problem("name: x", column, length))
    assert re.fullmatch(" *\\^", carets)


def test_blank_source_is_not_shown() -> None:
    assert "|" not in problems_text([a_problem("   ")], PLAIN)


def test_nothing_in_a_problem_acts_on_a_terminal_or_a_runner() -> None:
    problem = a_problem(NASTY, 3, 9, file=NASTY, message=NASTY, cure=NASTY)
    assert [line for line in problems_text([problem], PLAIN).split("\n") if not is_harmless(line)] == []


# ---------------------------------------------------------------- for GitHub


def test_annotation_stands_at_the_line_and_the_column() -> None:
    expected = "::error file=broadcasts/a.yaml,line=3,col=7,title=name-missing::The name is wrong. Write another."
    assert problems_github([a_problem()]) == expected


def test_annotation_of_a_whole_file_has_no_line() -> None:
    problem = Problem(Position("a.yaml"), "empty-file", "The file is empty.")
    assert problems_github([problem]) == "::error file=a.yaml,title=empty-file::The file is empty."


def test_no_problems_are_no_annotations() -> None:
    assert problems_github([]) == ""


@pytest.mark.parametrize("count", [1, MOST - 1, MOST])
def test_as_many_annotations_as_github_shows_are_given_in_full(count: int) -> None:
    lines = problems_github([a_problem(rule=f"rule-{number}") for number in range(count)]).split("\n")
    assert [f"title=rule-{number}::" in line for number, line in enumerate(lines)] == [True] * count


@pytest.mark.parametrize("count", [MOST + 1, 500])
def test_more_than_nine_are_cut_and_the_last_line_owns_up_to_it(count: int) -> None:
    lines = problems_github([a_problem(rule=f"rule-{number}") for number in range(count)]).split("\n")
    assert len(lines) == MOST + 1 == 10
    assert f"and {count - MOST} more problem" in lines[-1]
    assert lines[-1].startswith("::error ::")


@pytest.mark.parametrize(
    ("file", "message", "line"),
    [
        ("a,b:c.yaml", "100 %, or: none", "::error file=a%2Cb%3Ac.yaml,line=3,col=7,title=r::100 %25, or: none cure"),
        ("a%0Ab.yaml", "x%0Ay", "::error file=a%250Ab.yaml,line=3,col=7,title=r::x%250Ay cure"),
        ("a\nb.yaml", "x\r\n::error::y", "::error file=a\\nb.yaml,line=3,col=7,title=r::x\\r\\n::error::y cure"),
    ],
)
def test_annotations_are_escaped_so_that_no_text_ends_them_or_begins_another(
    file: str, message: str, line: str
) -> None:
    assert problems_github([a_problem(file=file, message=message, cure="cure", rule="r")]) == line


@given(st.text(), st.text(), st.text())
def test_annotation_is_one_line_with_one_command_whatever_it_says(file: str, message: str, cure: str) -> None:
    text = problems_github([a_problem(file=file, message=message, cure=cure, rule="r")])
    assert re.fullmatch(r"::error file=[^,:\x00-\x1f]*,line=3,col=7,title=r::[^\x00-\x1f]*", text)
    assert "##[" not in text
