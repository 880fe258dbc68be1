"""How far the reading of a long list is, and how often a line that moves may change."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from invent_gitops.cli.live_line import ERASED, REDRAWN, LiveLine
from invent_gitops.model.step import Step
from invent_gitops.operations.list_progress import list_progress
from invent_gitops.operations.meter import Meter
from invent_gitops.render.text.pace import pace_text, short_pace_text
from invent_gitops.sandbox.server import Server
from tests.running import Terminal, account, define, invent, run
from tests.screen import screen

PAGES = 450


def filled(server: Server) -> dict[str, str]:
    server.sandbox.fill(broadcasts=PAGES, segments=3)
    return account(server.url)


# ---------------------------------------------------------------- how often it changes


class Pieces(io.StringIO):
    """A stream that keeps each piece that is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def write(self, text: str) -> int:
        self.pieces.append(text)
        return super().write(text)


def test_line_of_many_steps_changes_a_few_times_a_second() -> None:
    line, stream = LiveLine(), Pieces()
    for number in range(1_000):
        line.draw(stream, Step(number, 1_000, number / 500, "Reading broadcasts"))
    assert len(stream.pieces) <= 2 / REDRAWN + 1
    assert "Reading broadcasts: 875 of 1,000" in screen(stream.getvalue())[-1]


def test_each_outcome_is_written_at_once_with_the_line_below_it() -> None:
    line, stream = LiveLine(), Pieces()
    for number in range(1_000):
        line.draw(stream, Step(number, 1_000, number / 500), f"outcome {number}\n")
    assert len(stream.pieces) == 1_000, "an outcome and the line below it are one piece"
    assert all(f"{number:,} of 1,000" in piece for number, piece in enumerate(stream.pieces))
    *outcomes, last = screen(stream.getvalue())
    assert outcomes == [f"outcome {number}" for number in range(1_000)]
    assert " of 1,000" in last


def test_another_reading_changes_the_line_at_once() -> None:
    line, stream = LiveLine(), io.StringIO()
    line.draw(stream, Step(100, 300, 5.0, "Reading broadcasts"))
    line.draw(stream, Step(100, 300, 5.1, "Reading segments"))
    assert screen(stream.getvalue())[-1].startswith("[")
    assert "Reading segments: 100 of 300" in screen(stream.getvalue())[-1]
    line.draw(stream, Step(200, 300, 0.1, "Reading segments"))
    assert "200 of 300" in screen(stream.getvalue())[-1], "another round begins anew"


def test_line_without_a_total_has_no_bar_and_ends_when_it_is_told_so() -> None:
    line, stream = LiveLine(), io.StringIO()
    line.draw(stream, Step(100, None, 1.0, "Reading broadcasts"))
    assert screen(stream.getvalue()) == ["Reading broadcasts: 100, 100.0 a second"]
    line.draw(stream, Step(300, 300, 3.0, "Reading broadcasts"))
    assert (screen(stream.getvalue()), line.erasure) == ([""], "")


@pytest.mark.parametrize("width", range(80))
def test_numbers_are_whole_however_narrow_the_terminal_is(width: int) -> None:
    text = short_pace_text(Step(12_300, 50_000, 100.0, "Reading broadcasts"), width)
    assert len(text) <= width
    numbers = {"12,300", "50,000", "123.0", "5", "7"}
    assert set(re.findall(r"[\d,.]*\d", text)) <= numbers
    assert bool(text) == (width >= len("12,300 of 50,000"))


def test_log_gets_a_line_of_a_later_reading_too() -> None:
    line = LiveLine()
    steps = [Step(100, 900, 6.0), Step(200, 900, 12.0), Step(300, 900, 0.5), Step(400, 900, 6.0)]
    assert [line.due(step) for step in steps] == [True, True, False, True]


def test_meter_names_what_is_done() -> None:
    assert pace_text(Meter(3, lambda: 0.0, "Writing definitions").count()) == "Writing definitions: 1 of 3"


# ---------------------------------------------------------------- a real list


class Recording:
    """A console that keeps each step that it is shown."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def progress(self, text: str, step: Step) -> None:
        self.steps.append(step)


def test_each_round_of_a_reading_begins_its_clock_anew() -> None:
    console, moments = Recording(), iter([0.0, 10.0, 12.0, 20.0, 21.0])
    hear = list_progress(console, lambda: next(moments))  # type: ignore[arg-type]  # all that is asked of it
    for read in (0, 100, 0, 100):
        hear("broadcasts", read, 300 if read else None)
    assert console.steps == [Step(100, 300, 2.0, "Reading broadcasts"), Step(100, 300, 1.0, "Reading broadcasts")]


@pytest.mark.parametrize("command", [("status",), ("plan", "--refresh"), ("refresh",), ("import",)])
def test_terminal_shows_the_pages_while_they_come_and_nothing_of_it_stays(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    define(tmp_path, "a")
    with invent("delay=0.3@list:*") as server:
        terminal = Terminal(tmp_path, *command, env=filled(server))
        terminal.until(f"Reading broadcasts: 100 of {PAGES}")
        result = terminal.end()
    assert ERASED in terminal.shown
    assert not [line for line in screen(terminal.shown) if "Reading" in line]
    assert "\x1b" not in result.out


def test_pipe_shows_nothing_of_a_quick_reading(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent() as server:
        result = run(tmp_path, "status", env=filled(server))
    assert "Reading" not in result.all
    assert "\x1b" not in result.all


def test_log_says_now_and_then_how_far_a_slow_reading_is_unless_it_is_to_be_quiet(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent("delay=5.1@list:1") as server:
        result = run(tmp_path, "status", env=filled(server))
    said = [line for line in result.err.splitlines() if line.startswith("Reading")]
    assert [re.sub(r"\d+\.\d|about.*", "…", line) for line in said] == [
        f"Reading broadcasts: 100 of {PAGES}, … a second, …"
    ]
    assert "\x1b" not in result.all
