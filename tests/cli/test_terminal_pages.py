"""Whole pages on a real terminal: the totals come last, success once, and no line is wider than the screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from invent_gitops.render.text.width import cells
from tests.running import FAST, Terminal, account, call, define, ids, invent, posted
from tests.screen import screen

WIDE = "Its name is rather long, so that the line is too, and the terminal has only so many columns for all that"
LATE = f"name: {WIDE}\nschedule: 2020-03-01T09:00:00Z\nsegments: [vip]\n"
WRONG = f"name: {WIDE}\nschedule: tomorrow at nine o'clock in the morning, if that suits everybody\nsegment: [vip]\n"


def page(folder: Path, *words: str, env: dict[str, str], columns: int = 80, typed: str = "") -> list[str]:
    """The lines that the terminal shows in the end."""
    terminal = Terminal(folder, *words, env=env, screen=True, columns=columns)
    if typed:
        terminal.until("[y/N]")
        terminal.type(typed)
    terminal.end()
    return [line.rstrip() for line in screen(terminal.shown)]


def too_wide(lines: list[str], columns: int) -> list[str]:
    """Return the lines that do not fit. A command stays on a line of its own, so that it can be pasted."""
    return [line for line in lines if cells(line) > columns and not line.lstrip().startswith("invent-gitops ")]


@pytest.mark.parametrize("words", [("plan",), ("plan", "--refresh"), ("status",), ("apply", "--yes", *FAST)])
@pytest.mark.parametrize(("columns", "env"), [(80, {}), (0, {}), (132, {"COLUMNS": "60"})])
def test_no_line_is_wider_than_the_terminal(
    tmp_path: Path, words: tuple[str, ...], columns: int, env: dict[str, str]
) -> None:
    define(tmp_path, "a")
    (tmp_path / "broadcasts" / "late.yaml").write_text(LATE)
    with invent() as server:
        lines = page(tmp_path, *words, env=account(server.url) | env, columns=columns)
    assert too_wide(lines, int(env.get("COLUMNS", "80"))) == []
    assert any("late" in line for line in lines)


def test_problems_are_wrapped_and_their_carets_still_point_at_the_value(tmp_path: Path) -> None:
    define(tmp_path, "a")
    (tmp_path / "broadcasts" / "wrong.yaml").write_text(WRONG)
    lines = page(tmp_path, "validate", env={}, columns=60)
    assert too_wide(lines, 60) == []
    carets = next(number for number, line in enumerate(lines) if "^" in line)
    assert lines[carets - 1][lines[carets].index("^") :].startswith(("tomorrow", "segment"))


def test_pipe_gets_long_lines_and_no_second_totals(tmp_path: Path) -> None:
    define(tmp_path, "a")
    (tmp_path / "broadcasts" / "late.yaml").write_text(LATE)
    with invent() as server:
        env = {**account(server.url), "COLUMNS": "40"}
        plan = call(tmp_path, "plan", env=env)
        report = call(tmp_path, "apply", "--yes", *FAST, env=env)
    assert plan.out.count("1 broadcast to create") == 1
    assert max(map(len, plan.out.splitlines())) > 80
    assert f"  + a  created  id {ids(tmp_path)['a']}\n" in report.out, "a pipe gets every id"


def test_apply_at_a_terminal_asks_with_the_totals_and_ends_with_them(tmp_path: Path) -> None:
    define(tmp_path, "a", "b")
    with invent() as server:
        env = {**account(server.url), "NO_COLOR": "1"}
        lines = page(tmp_path, "apply", *FAST, env=env, typed="y\n", columns=200)
    question = next(line for line in lines if line.startswith("Create 2 broadcasts in org c"))
    assert "with" in question or "to an audience of unknown size" in question
    assert "all on Sun 1 Mar 2099 09:00 UTC? This cannot be undone." in question
    text = "\n".join(lines)
    assert [text.count(id) for id in ids(tmp_path).values()] == [1, 1], "success is not printed twice"
    recorded, totals, end = lines[-3:]
    assert (recorded, end) == ("The ids are recorded in invent.state.json.", "")
    assert totals.startswith("2 created, ")
    assert totals.endswith(", all on Sun 1 Mar 2099 09:00 UTC.")


def test_quiet_apply_at_a_terminal_prints_each_id_at_its_end(tmp_path: Path) -> None:
    define(tmp_path, "a", "b")
    with invent() as server:
        lines = page(tmp_path, "apply", "--yes", "-q", *FAST, env={**account(server.url), "NO_COLOR": "1"})
    assert [f"  + {key}  created  id {id}" in lines for key, id in ids(tmp_path).items()] == [True, True]


def test_stop_at_a_terminal_lists_what_is_left_once_and_in_one_word(tmp_path: Path) -> None:
    define(tmp_path, *(f"k{number}" for number in range(5)))
    with invent("delay=0.5@create:*") as server:
        words = ("apply", "--yes", "--rate", "60", "--concurrency", "4")
        terminal = Terminal(tmp_path, *words, env=account(server.url), screen=True)
        terminal.until("1 of 5, ")
        terminal.type("\x03")
        terminal.end()
        created = len(posted(server))
    lines = [line.rstrip() for line in screen(terminal.shown)]
    assert [line.split()[-2:] for line in lines if line.startswith("  · k")] == [["not", "attempted"]] * (5 - created)
    assert not [line for line in lines if "not created" in line]
    assert lines[-2].startswith(f"{created} created, {5 - created} not attempted.")
