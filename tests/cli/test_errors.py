"""The one door: exit codes, the two streams, and what happens when one of them is closed, full or gone."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode
from tests.forked import PATIENCE
from tests.running import COMMAND, FAST, STATE, Terminal, account, call, define, environment, ids, invent, live, run

APPLY = ("apply", "--yes", *FAST)
ESC = "\x1b["


def shell(folder: Path, line: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `line` in bash; $CLI is the program, and the exit code is that of the program, not of its reader."""
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}".replace("$CLI", shlex.join(COMMAND))],
        cwd=folder,
        env=environment(env),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("plan",), 0),
        (("plan", "--exit-code"), 3),
        (("plan", "--bogus"), 2),
        (("plan", "one", "two"), 2),
        (("plan", "-C", "nowhere"), 2),
        (("plan", "--only", "nothing"), 2),
        (("plan", "nowhere"), 4),
        (("plan", "--state", "broken.json"), 4),
        (("apply",), 5),
        (("apply", "--yes", "--rate", "0"), 2),
        (("apply", "--yes", "--concurrency", "0"), 2),
        (("apply", "--yes", "--deadline", "-1"), 2),
        (("apply", "--yes", "--color", "pink"), 2),
        (("apply", "--yes"), 6),
        (("resolve",), 2),
        (("resolve", "a", "--not-created", "--reason", "x"), 5),
        (("state", "show", "a"), 5),
        (("state", "dance"), 2),
        (("dance",), 2),
        (("--dry_run", "apply"), 2),
        ((), 2),
    ],
)
def test_json_prints_one_document_and_nothing_else_in_every_exit_code(
    tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    define(tmp_path, "a")
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    # Nothing listens on port 9 of this machine.
    result = call(tmp_path, *words, "--json", env=account("http://127.0.0.1:9"))
    assert result.code == code
    assert result.json["exit_code"] == code
    assert "Traceback" not in result.err
    assert bool(result.json["error"]) == bool(code not in (0, 3) and words != ("apply", "--yes"))


@pytest.mark.parametrize("place", ["before", "after", "both"])
def test_the_common_options_stand_before_or_after_the_command(tmp_path: Path, place: str) -> None:
    define(tmp_path / "one" / "two", "a")
    words = {
        "before": ("-C", "one/two", "--json", "plan"),
        "after": ("plan", "-C", "one/two", "--json"),
        "both": ("-C", "one", "plan", "-C", "two", "--json"),
    }
    result = call(tmp_path, *words[place])
    assert result.code == 0
    assert [item["key"] for item in result.json["items"]] == ["a"]


def test_the_project_is_found_upwards(tmp_path: Path) -> None:
    define(tmp_path, "a")
    (tmp_path / "invent.yaml").write_text("timezone: UTC\n", encoding="utf-8")
    (tmp_path / "deep" / "down").mkdir(parents=True)
    assert "+ a" in call(tmp_path / "deep" / "down", "plan").out


@pytest.mark.parametrize(
    ("words", "env", "colored"),
    [
        ((), {}, False),
        (("--color", "always"), {}, True),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
        ((), {"FORCE_COLOR": "1"}, True),
        ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (("--color", "auto"), {"FORCE_COLOR": ""}, False),
    ],
)
def test_colors_follow_the_option_then_the_environment_then_the_terminal(
    tmp_path: Path, words: tuple[str, ...], env: dict[str, str], colored: bool
) -> None:
    define(tmp_path, "a")
    for line in (("plan", *words), (*words, "plan")):
        assert (ESC in call(tmp_path, *line, env=env).out) == colored


def test_a_document_holds_no_colors(tmp_path: Path) -> None:
    define(tmp_path, "a")
    assert ESC not in call(tmp_path, "plan", "--json", "--color", "always").out


def test_a_terminal_gets_colors_and_a_dumb_wish_is_kept(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent() as server:
        for env, colored in (({}, True), ({"NO_COLOR": "1"}, False)):
            terminal = Terminal(tmp_path, "apply", env={**account(server.url), **env})
            terminal.until("[y/N]")
            terminal.type("n\n")
            result = terminal.end()
            assert result.code == ExitCode.REFUSED
            assert (ESC in result.err) == colored
            assert ESC not in result.out, "its stdout is no terminal"


def test_q_leaves_the_result_only_and_errors_are_never_quiet(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent() as server:
        result = call(tmp_path, *APPLY, "-q", env=account(server.url))
        assert (result.code, result.err) == (0, "")
        assert ids(tmp_path)["a"] in result.out
    assert "Error:" in call(tmp_path, "-q", "state", "show", "nobody").err


def test_a_reader_that_goes_away_causes_no_traceback_and_costs_no_record(tmp_path: Path) -> None:
    keys = [f"k{number:02}" for number in range(12)]
    define(tmp_path, *keys)
    with invent() as server:
        done = shell(tmp_path, "$CLI apply --yes --rate 1000000 | head -1", account(server.url))
        assert done.returncode == 0
        assert done.stdout == "12 broadcasts to create, to an audience of unknown size.\n"
        assert "Traceback" not in done.stderr
        assert "BrokenPipe" not in done.stderr
        assert live(server) == {f"Campaign {key}": id for key, id in ids(tmp_path).items()}
        assert len(ids(tmp_path)) == 12


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
@pytest.mark.parametrize("form", ["", "--json"])
def test_a_result_that_could_not_be_delivered_is_no_success_and_costs_no_record(tmp_path: Path, form: str) -> None:
    define(tmp_path, "a")
    with invent() as server:
        done = shell(tmp_path, f"$CLI apply --yes {form} > /dev/full", account(server.url))
        assert done.returncode == ExitCode.UNSETTLED
        assert "Traceback" not in done.stderr
        assert ids(tmp_path)["a"] in done.stderr
        assert done.stderr.count("Error: The result could not be written to stdout: No space left on device.") == 1
        assert live(server) == {"Campaign a": ids(tmp_path)["a"]}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
@pytest.mark.parametrize("words", ["--help", "--version", "plan --help", "validate", "schema broadcast"])
def test_whatever_is_printed_a_full_disk_is_told_and_a_reader_that_goes_away_is_not(tmp_path: Path, words: str) -> None:
    define(tmp_path, "a")
    done = shell(tmp_path, f"$CLI {words} > /dev/full", {})
    assert (done.returncode, done.stderr.count("No space left on device")) == (ExitCode.UNSETTLED, 1)
    gone = shell(tmp_path, f"$CLI {words} | true", {})
    assert (gone.returncode, gone.stderr) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_wrong_usage_keeps_its_exit_code_and_its_document_where_stderr_is_full(tmp_path: Path) -> None:
    for words in ("--nope", "", "plan --nope"):
        assert shell(tmp_path, f"$CLI {words} 2> /dev/full", {}).returncode == ExitCode.USAGE
    done = shell(tmp_path, "$CLI plan --json --nope 2> /dev/full", {})
    assert (done.returncode, json.loads(done.stdout)["error"]["message"]) == (
        ExitCode.USAGE,
        "No such option '--nope'.",
    )


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&-  >&- 2>&-"])
def test_a_closed_stream_costs_neither_the_record_nor_the_exit_code(tmp_path: Path, closed: str) -> None:
    define(tmp_path, "a")
    with invent() as server:
        done = shell(tmp_path, f"$CLI apply --yes {closed}", account(server.url))
        assert ids(tmp_path) == {"a": live(server)["Campaign a"]}
        assert (done.returncode, "Traceback" in done.stderr) == (0, False)


def test_a_closed_stdin_is_nobody_to_ask(tmp_path: Path) -> None:
    define(tmp_path, "a")
    done = shell(tmp_path, "$CLI apply <&-", account("http://127.0.0.1:9"))
    assert done.returncode == ExitCode.REFUSED


def test_a_console_that_cannot_show_a_character_shows_its_code(tmp_path: Path) -> None:
    define(tmp_path, "é")
    done = shell(tmp_path, "$CLI plan", {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 0
    assert r"+ \xe9" in done.stdout


def test_wrong_usage_is_told_on_stderr_with_the_way_to_the_help(tmp_path: Path) -> None:
    result = call(tmp_path, "apply", "--dry_run")
    assert (result.code, result.out) == (ExitCode.USAGE, "")
    assert "invent-gitops apply --help" in result.err
    assert result.err.count("Error:") == 1


def test_an_error_is_a_sentence_and_a_cure_on_stderr_and_nothing_on_stdout(tmp_path: Path) -> None:
    (tmp_path / STATE).write_text("{", encoding="utf-8")
    define(tmp_path, "a")
    result = call(tmp_path, "plan")
    assert (result.code, result.out) == (ExitCode.INVALID, "")
    first, second = result.err.splitlines()
    assert first.startswith(f"Error: {STATE}")
    assert first.endswith(".")
    assert second.startswith("  → ")


def test_the_key_is_in_no_output_of_any_command(tmp_path: Path) -> None:
    secret = "very-secret-4711"
    define(tmp_path, "a")
    with invent(key="another") as server:
        for words in (
            ["plan", "-v"],
            [*APPLY, "-v"],
            [*APPLY, "--json"],
            ["state", "list"],
            ["reconcile"],
            ["validate"],
        ):
            result = call(tmp_path, *words, env=account(server.url, secret))
            assert secret not in result.all
    assert all(secret.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_an_internal_bug_leaves_with_70_one_sentence_and_a_trace_for_who_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    define(tmp_path, "a")
    # A package that was installed in half is the nearest thing to a bug that there is from outside.
    (tmp_path / "site" / "deepdiff").mkdir(parents=True)
    (tmp_path / "site" / "deepdiff" / "__init__.py").write_text("1 / 0\n", encoding="utf-8")
    with invent() as server:
        assert call(tmp_path, *APPLY, env=account(server.url)).code == 0
    path = tmp_path / "broadcasts" / "a.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("vip", "other"), encoding="utf-8")
    start = "import sys; sys.path.insert(0, 'site'); from invent_gitops.cli import main; main()"
    words = ["plan", "--json"]
    for more in ([], ["-v"]):
        line = shlex.join([COMMAND[0], "-c", start, *words, *more])
        done = shell(tmp_path, line, {})
        assert done.returncode == ExitCode.BUG
        document = json.loads(done.stdout)
        assert document["exit_code"] == ExitCode.BUG
        assert "This is a bug in invent-gitops: ZeroDivisionError" in document["error"]["message"]
        assert ("Traceback" in done.stderr) == bool(more)


def test_an_argument_that_is_no_text_is_wrong_usage(tmp_path: Path) -> None:
    define(tmp_path, "a")
    with invent() as server:
        assert call(tmp_path, *APPLY, env=account(server.url)).code == 0
    assert shell(tmp_path, "$CLI state rm a --reason $'caf\\xe9'", {}).returncode == ExitCode.USAGE


def test_a_run_of_the_module_and_of_the_program_are_the_same(tmp_path: Path) -> None:
    version = run(tmp_path, "--version")
    assert version.code == 0
    assert version.out.startswith("invent-gitops ")


@pytest.mark.parametrize(
    ("env", "words", "coloured"),
    [
        ({"TERM": "xterm"}, (), True),
        ({"TERM": "dumb"}, (), False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, (), True),
        ({"TERM": "dumb"}, ("--color", "always"), True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, (), False),
    ],
)
def test_terminal_that_can_show_no_colours_is_sent_none(
    tmp_path: Path, env: dict[str, str], words: tuple[str, ...], coloured: bool
) -> None:
    result = Terminal(tmp_path, "plan", "nowhere", *words, env=env).end()
    assert ("Error:" in result.err, ESC in result.err) == (True, coloured)


@pytest.mark.parametrize(("word", "meant"), [("--onyl", "--only"), ("--bogus", "")])
def test_misspelled_option_is_guessed_like_everything_else(tmp_path: Path, word: str, meant: str) -> None:
    result = call(tmp_path, "plan", word)
    assert (result.code, "Did you mean" in result.err, meant in result.err) == (2, bool(meant), True)
