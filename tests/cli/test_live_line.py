"""How far a long apply is: a line that moves at the end of a terminal, and a line now and then elsewhere."""

from __future__ import annotations

import io
import json
import re
import signal
from pathlib import Path

import pytest

from invent_gitops.cli.live_line import ERASED, LiveLine, bar_text, columns_of
from invent_gitops.errors import ExitCode
from invent_gitops.model.step import Step
from invent_gitops.operations.meter import Meter
from invent_gitops.render.text.pace import pace_text, span_text
from tests.running import FAST, Terminal, account, define, ended, ids, invent, run, started, until
from tests.screen import screen

KEYS = [f"k{number}" for number in range(6)]
ONE_BY_ONE = ("apply", "--yes", "--concurrency", "1", *FAST)


# ---------------------------------------------------------------- the numbers


def test_meter_measures_with_the_clock_that_it_is_given() -> None:
    moments = iter([100.0, 100.0, 102.0, 105.0])
    meter = Meter(4, lambda: next(moments))
    assert (meter.now(), meter.count(), meter.count()) == (Step(0, 4, 0.0), Step(1, 4, 2.0), Step(2, 4, 5.0))


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (Step(0, 300, 0.0), "0 of 300"),
        (Step(0, 300, 9.0), "0 of 300"),
        (Step(3, 300, 0.0), "3 of 300"),
        (Step(120, 300, 50.0), "120 of 300, 2.4 a second, about 1 min 15 s left"),
        (Step(1, 3, 10.0), "1 of 3, 6.0 a minute, about 20 s left"),
        (Step(1_000, 12_000, 1_000.0), "1,000 of 12,000, 1.0 a second, about 3 h 3 min left"),
        (Step(3, 3, 3.0), "3 of 3, 1.0 a second, about 0 s left"),
    ],
)
def test_numbers_that_nobody_knows_yet_are_left_out(step: Step, text: str) -> None:
    assert pace_text(step) == text


def test_span_never_counts_sixty_seconds() -> None:
    assert [span_text(seconds) for seconds in (59.4, 59.6, 3_599.6)] == ["59 s", "1 min 0 s", "1 h 0 min"]


@pytest.mark.parametrize("columns", range(120))
def test_line_is_always_shorter_than_the_terminal(columns: int) -> None:
    text = bar_text(Step(120, 300, 50.0), columns)
    assert len(text) < max(columns, 1)
    assert columns < 50 or "about 1 min 15 s left" in text
    assert ("[" in text) == (columns >= 60)


@pytest.mark.parametrize(("value", "columns"), [("57", 57), ("0", 80), ("-3", 80), ("wide", 80), ("", 80)])
def test_columns_are_those_of_the_variable_then_of_the_terminal_then_eighty(
    monkeypatch: pytest.MonkeyPatch, value: str, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", value)
    assert columns_of(io.StringIO()) == columns


# ---------------------------------------------------------------- the line itself


def test_line_that_nothing_was_drawn_on_erases_nothing() -> None:
    line, stream = LiveLine(), io.StringIO()
    assert (line.clear(stream), line.erasure, stream.getvalue()) == (None, "", "")


def test_stop_in_the_middle_of_drawing_leaves_a_line_that_can_be_taken_away() -> None:
    line = LiveLine()

    class Stopped(io.StringIO):
        def write(self, text: str) -> int:
            line.forget()
            return super().write(text)

    stream = Stopped()
    line.draw(stream, Step(1, 2, 1.0))
    line.clear(stream)
    assert screen(stream.getvalue()) == [""]


def test_line_is_gone_when_all_is_done() -> None:
    line, stream = LiveLine(), io.StringIO()
    line.draw(stream, Step(1, 2, 1.0))
    assert line.erasure == ERASED
    line.draw(stream, Step(2, 2, 2.0))
    assert (line.erasure, screen(stream.getvalue())) == ("", [""])


def test_log_gets_a_line_every_few_seconds_and_none_at_the_end() -> None:
    line = LiveLine()
    steps = [Step(done, 10, elapsed) for done, elapsed in enumerate([0.0, 1.0, 4.9, 5.1, 9.0, 10.2, 10.3])]
    assert [step.done for step in steps if line.due(step)] == [3, 5]
    assert not line.due(Step(10, 10, 99.0))
    assert [line.due(Step(0, 3, 0.0)), line.due(Step(1, 3, 6.0))] == [False, True], "another run begins anew"


# ---------------------------------------------------------------- a real terminal


@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}, {"COLUMNS": "50"}])
def test_ids_stay_whole_above_the_line_and_the_line_goes(tmp_path: Path, env: dict[str, str]) -> None:
    define(tmp_path, *KEYS)
    with invent("delay=0.3@create:*") as server:
        terminal = Terminal(tmp_path, *ONE_BY_ONE, env=account(server.url) | env, screen=True)
        terminal.until(" of 6, ")
        assert "left" in screen(terminal.shown)[-1] or "of 6" in screen(terminal.shown)[-1]
        assert terminal.end().code == 0
    lines = [line.rstrip() for line in screen(terminal.shown)]
    outcomes = [line for line in lines if re.match(r"\[\d/6\]", line)]
    assert outcomes == [
        f"[{number}/6] + {key}  created  id {id}" for number, (key, id) in enumerate(ids(tmp_path).items(), 1)
    ]
    assert not [line for line in lines if " of 6" in line], "the line that moves is gone"
    assert ("\x1b[1m" in terminal.shown) == ("NO_COLOR" not in env)


def test_document_in_a_pipe_is_whole_beside_the_line(tmp_path: Path) -> None:
    define(tmp_path, *KEYS)
    with invent("delay=0.2@create:*") as server:
        terminal = Terminal(tmp_path, *ONE_BY_ONE, "--json", env=account(server.url))
        terminal.until(" of 6, ")
        result = terminal.end()
    assert {outcome["key"]: outcome["id"] for outcome in json.loads(result.out)["outcomes"]} == ids(tmp_path)
    assert "\x1b" not in result.out


def test_quiet_and_a_dumb_terminal_have_no_line_that_moves(tmp_path: Path) -> None:
    define(tmp_path, "a", "b")
    with invent() as server:
        quiet = Terminal(tmp_path, *ONE_BY_ONE, "-q", "--only", "a", env=account(server.url)).end()
        dumb = Terminal(tmp_path, *ONE_BY_ONE, env={**account(server.url), "TERM": "dumb"}).end()
    assert (quiet.code, quiet.err) == (0, "")
    assert (dumb.code, "\x1b" in dumb.err, " of 1" in dumb.err) == (0, False, False)


def test_ctrl_c_leaves_a_clean_line(tmp_path: Path) -> None:
    define(tmp_path, *KEYS)
    with invent("delay=0.5@create:*") as server:
        terminal = Terminal(tmp_path, *ONE_BY_ONE, env=account(server.url), screen=True)
        terminal.until("1 of 6, ")
        terminal.type("\x03")
        assert terminal.end().code == ExitCode.INTERRUPTED
    lines = screen(terminal.shown)
    stopping = [line for line in lines if "Stopping" in line]
    assert [line[:9] for line in stopping] == ["Stopping:"]
    assert not [line for line in lines if " of 6" in line or "^C" in line]
    assert lines[-1] == ""
    assert "\x1b[?25" not in terminal.shown, "the cursor is never hidden"


def test_second_ctrl_c_leaves_a_clean_line_too(tmp_path: Path) -> None:
    define(tmp_path, *KEYS)
    with invent("hang=600@create:2") as server:
        terminal = Terminal(tmp_path, *ONE_BY_ONE, env=account(server.url), screen=True)
        terminal.until("1 of 6, ")
        until(lambda: server.faults.seen("create") == 2)
        terminal.type("\x03")
        terminal.until("Stopping")
        terminal.type("\x03")
        assert terminal.end().code == ExitCode.INTERRUPTED
    assert not [line for line in screen(terminal.shown) if " of 6" in line]


def test_note_during_the_run_does_not_break_the_line(tmp_path: Path) -> None:
    define(tmp_path, *KEYS)
    with invent("429=11@create:3") as server:
        terminal = Terminal(tmp_path, *ONE_BY_ONE, env=account(server.url), screen=True)
        terminal.until("It is asked again in")
        terminal.until(" of 6")
        assert terminal.end().code == 0
    lines = screen(terminal.shown)
    assert [line for line in lines if line.startswith("Invent answered 429, too many requests. It is asked again in")]
    assert len([line for line in lines if line.startswith("[")]) == 6


# ---------------------------------------------------------------- a log


@pytest.mark.parametrize(("quiet", "count"), [((), 1), (("-q",), 0)])
def test_log_of_a_long_run_says_how_far_it_is(tmp_path: Path, quiet: tuple[str, ...], count: int) -> None:
    define(tmp_path, "a", "b", "c")
    with invent("delay=5.5@create:1") as server:
        result = run(tmp_path, *ONE_BY_ONE, *quiet, env=account(server.url))
    assert result.code == 0
    lines = [line for line in result.err.splitlines() if re.match(r"1 of 3, \d+\.\d a minute, about \d+ s left$", line)]
    assert len(lines) == count
    assert "a minute" not in result.out
    assert "\x1b" not in result.all


def test_ctrl_c_in_a_log_erases_nothing(tmp_path: Path) -> None:
    define(tmp_path, *KEYS)
    with invent("delay=0.5@create:*") as server, started(tmp_path, *ONE_BY_ONE, env=account(server.url)) as process:
        until(lambda: server.faults.seen("create") == 2)
        process.send_signal(signal.SIGINT)
        result = ended(process)
    assert "\x1b" not in result.all
