"""The help: every command has one, every option is described, and none of it needs a project or an account."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from invent_gitops.cli.program import COMMANDS, cli
from tests.running import call, run


def commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command and sub-command with the words that lead to it."""

    def below(words: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
        yield words, command
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                yield from below((*words, name), found)

    yield from below((), cli)


ALL = {" ".join(words): command for words, command in commands()}


@pytest.mark.parametrize("words", ALL)
def test_every_command_explains_itself_and_each_of_its_options(tmp_path: Path, words: str) -> None:
    result = call(tmp_path, *words.split(), "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"Usage: invent-gitops {words}".rstrip())
    shown = " ".join(result.out.split())
    for parameter in ALL[words].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{parameter.name} has no help"
            assert parameter.opts[-1] in shown
            assert " ".join(parameter.help.split())[:30] in shown
        else:
            assert isinstance(parameter, click.Argument)
            assert (parameter.metavar or parameter.human_readable_name).strip("[]").upper() in shown


@pytest.mark.parametrize("words", ALL)
def test_h_is_short_for_help(tmp_path: Path, words: str) -> None:
    assert call(tmp_path, *words.split(), "-h") == call(tmp_path, *words.split(), "--help")


@pytest.mark.parametrize("words", ALL)
def test_the_help_says_what_v_prints(tmp_path: Path, words: str) -> None:
    page = " ".join(call(tmp_path, *words.split(), "--help").out.split())
    assert "Print the traceback of a bug, all of a long plan or status, and the sandbox's requests." in page


def test_the_overview_names_every_command_with_a_sentence() -> None:
    assert set(COMMANDS) == {words.split()[0] for words in ALL if words}
    assert all(sentence.endswith(".") for sentence in COMMANDS.values())


def test_every_sentence_of_a_command_ends(tmp_path: Path) -> None:
    for words, command in ALL.items():
        assert (command.help or "").strip().endswith("."), words


def test_without_a_command_the_help_is_shown_as_wrong_usage(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.code == 2
    assert "Usage: invent-gitops" in result.all
    assert "apply" in result.all


def test_help_needs_no_usable_project(tmp_path: Path) -> None:
    (tmp_path / "invent.yaml").write_text("{{{", encoding="utf-8")
    assert call(tmp_path, "apply", "--help", env={"INVENT_BASE_URL": "nonsense"}).code == 0
