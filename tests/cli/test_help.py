"""The help: every command has one, every option is described, and none of it needs a project or an account."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from docs_build.root_context import root_context
from invent_gitops.cli.help_page import EXAMPLES, PAGES, VARIABLES, page_of, variables_of
from invent_gitops.cli.program import COMMANDS, GROUPS, cli
from invent_gitops.cli.session import Session
from invent_gitops.scaffold.workflows import PUBLISH, TEMPLATES
from tests.running import ROOT, call, run
from tests.test_readme import anchors


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
            for variable in variables_of(parameter, words):
                assert re.search(rf"\[env:[^]]*\b({variable}\b|of other CI systems)", shown), variable
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


# ---------------------------------------------------------------- the overview


def test_each_command_is_in_exactly_one_group_of_the_overview() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(COMMANDS), "give a new command its group in GROUPS of cli/program.py"


def test_the_overview_lists_the_groups_with_their_commands(tmp_path: Path) -> None:
    page = call(tmp_path, "--help").out
    for title, names in GROUPS.items():
        section = page.partition(f"\n{title}:\n")[2].partition("\n\n")[0]
        assert re.findall(r"^  (\S+)", section, re.MULTILINE) == list(names)


@pytest.mark.parametrize("words", ALL)
def test_a_page_fits_eighty_columns(tmp_path: Path, words: str) -> None:
    page = call(tmp_path, *words.split(), "--help", env={"COLUMNS": "200"}).out
    assert [line for line in page.partition("Documentation:")[0].splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("words", [words for words, command in ALL.items() if isinstance(command, click.Group)])
def test_a_group_shows_the_whole_sentence_of_each_command(tmp_path: Path, words: str) -> None:
    assert "..." not in call(tmp_path, *words.split(), "--help").out.partition("\n")[2]


# ---------------------------------------------------------------- examples and pages

COMMAND_NAMES = [words for words in ALL if words]
# These need GitHub, several workspaces or an outcome that is unknown, or they serve until Ctrl-C.
PARSED_ONLY = {"github", "resolve", "sandbox", "state migrate"}


@pytest.mark.parametrize("words", COMMAND_NAMES)
def test_each_command_has_an_example_of_itself_and_a_page(tmp_path: Path, words: str) -> None:
    page = call(tmp_path, *words.split(), "--help").out
    example = EXAMPLES[words]
    assert f"\nExample:\n  {example}\n" in page
    assert example.startswith(f"invent-gitops {words}")
    assert re.search(r"\nDocumentation:\n  \S+\n$", page)
    path, _, title = page_of(words).partition("#")
    document = ROOT / "docs" / path
    assert document.is_file(), document
    assert not title or title in anchors(document), f"{path} has no title #{title}"


def test_nothing_is_said_of_commands_that_do_not_exist() -> None:
    assert set(EXAMPLES) == set(COMMAND_NAMES)
    assert set(PAGES) <= set(COMMAND_NAMES)
    assert {name for _, readers in VARIABLES.values() for name in readers} <= set(COMMAND_NAMES)


@pytest.mark.parametrize("words", COMMAND_NAMES)
def test_each_example_is_a_command_line_that_this_program_takes(words: str) -> None:
    arguments = shlex.split(EXAMPLES[words])[1:]
    command: click.Command = cli
    while isinstance(command, click.Group):
        below = command.get_command(root_context(), arguments.pop(0))
        assert below is not None
        command = below
    command.make_context(words, arguments, parent=root_context(), obj=Session())


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project whose example was created in the sandbox."""
    folder = tmp_path_factory.mktemp("applied")
    for example in ("invent-gitops init", EXAMPLES["plan"], EXAMPLES["apply"]):
        result = call(folder, *shlex.split(example)[1:])
        assert result.code == 0, result.all
    return folder


@pytest.mark.parametrize("words", [words for words in COMMAND_NAMES if words.split()[0] not in PARSED_ONLY])
def test_each_example_that_needs_nobody_else_succeeds_in_a_new_project(
    tmp_path: Path, applied: Path, words: str
) -> None:
    if words in PARSED_ONLY:
        pytest.skip("it needs a project of another kind")
    project = tmp_path / "project"
    shutil.copytree(applied, project)
    before = {"state restore": [EXAMPLES["state rm"]], "segments": [EXAMPLES["segments pull"]]}
    before["segments list"] = before["segments"]
    results = [call(project, *shlex.split(it)[1:]) for it in (*before.get(words, []), EXAMPLES[words])]
    # A new project is in no commit yet, so that its records cannot be traced.
    assert results[-1].code == (5 if words == "state verify" else 0), results


# ---------------------------------------------------------------- workflows


def test_the_help_of_init_names_each_workflow_that_it_can_write(tmp_path: Path) -> None:
    page = " ".join(call(tmp_path, "init", "--help").out.split())
    option = page.partition("--github Write")[2].partition("--sandbox")[0].replace("--publish", "")
    assert [name for name in (*TEMPLATES, PUBLISH) if not re.search(rf"\b{name}\b", option)] == []


# ---------------------------------------------------------------- variables

# What the package reads and no help names: the facts of a terminal, of git, and of a step or a run in CI.
NOT_IN_THE_HELP = re.compile(
    "COLUMNS|TERM|PATH|HOME|PWD|EMAIL|GIT_[A-Z_]+|GH_TOKEN|_INVENT_GITOPS_COMPLETE|PYTHON[A-Z0-9]+|LC_[A-Z]+|LANG"
    "|CI|GITHUB_(ACTIONS|ACTOR|TRIGGERING_ACTOR|REF|RUN_ATTEMPT|EVENT_NAME|OUTPUT|STEP_SUMMARY)"
)


def variables_read() -> set[str]:
    """The names in `environ.get(…)` and `environment.get(…)`, and in the brackets of both, throughout the package."""
    names = set()
    for path in (ROOT / "invent_gitops").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(value=owner, attr="get"), args=[ast.Constant(value=str(name)), *_]):
                    pass
                case ast.Subscript(value=owner, slice=ast.Constant(value=str(name))):
                    pass
                case _:
                    continue
            if ast.unparse(owner).split(".")[-1] in ("environ", "environment"):
                names.add(name)
    return names


def test_each_variable_that_a_person_may_set_is_in_the_help(tmp_path: Path) -> None:
    pages = "".join(call(tmp_path, *words.split(), "--help").out for words in ALL)
    names = variables_read()
    assert {"NO_COLOR", "GITHUB_TOKEN", "INVENT_UNAPPROVED"} <= names
    missing = {name for name in names if name not in pages and not NOT_IN_THE_HELP.fullmatch(name)}
    assert not missing, "give it to its option, or to VARIABLES of cli/help_page.py"
    assert {"INVENT_API_KEY", "INVENT_ORG_ID", "INVENT_BASE_URL"} <= set(re.findall(r"[A-Z_]{5,}", pages))


# reconcile needs no key while no outcome is unknown.
@pytest.mark.parametrize("words", [words for words in VARIABLES["INVENT_API_KEY"][1] if words != "reconcile"])
def test_a_command_whose_help_names_the_key_asks_for_it(tmp_path: Path, applied: Path, words: str) -> None:
    project = tmp_path / "project"
    shutil.copytree(applied, project)
    refresh = ["--refresh"]
    more = {
        "plan": refresh,
        "calendar": refresh,
        "apply": ["--yes"],
        "resolve": ["welcome", "--id", "b_1"],
        "import": ["--all"],
    }
    result = call(project, *words.split(), *more.get(words, []), env={"INVENT_BASE_URL": "http://127.0.0.1:9"})
    assert result.code != 0
    assert "INVENT_API_KEY" in result.err
