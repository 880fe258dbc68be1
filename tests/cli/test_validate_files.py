"""`validate --files`: the whole project is checked, and what concerns the files is shown; also as a pre-commit hook."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from invent_gitops.errors import ExitCode
from tests.branch_repository import git
from tests.pages import block
from tests.render.test_sarif import checked
from tests.running import ROOT, WHEN, Result, call, define, environment, run

NAME = "invent-gitops-validate"
BROKEN = f"nme: x\nschedule: {WHEN}\nsegments: [vip]\n"


def broken(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / "broadcasts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(BROKEN, encoding="utf-8")


def shown(result: Result) -> set[str]:
    """The files of the problems in the text, which are what the exit code is about."""
    found = set(re.findall(r"^(\S.*?):?\d*:?\d*  [a-z-]+$", result.out, re.MULTILINE))
    assert result.code == (ExitCode.INVALID if found else ExitCode.DONE), result.all
    return found


def files(folder: Path, *names: str) -> Result:
    return call(folder, "validate", "--files", *names)


# ---------------------------------------------------------------- what is shown


def test_problems_in_the_files_are_shown_and_the_others_are_counted_on_stderr(tmp_path: Path) -> None:
    broken(tmp_path, "a.yaml", "b.yaml", "sub/c d ü.yaml")
    define(tmp_path, "good")
    for name in ("a.yaml", "sub/c d ü.yaml"):
        result = files(tmp_path, f"broadcasts/{name}")
        assert shown(result) == {f"broadcasts/{name}"}
        assert result.err == "2 problems in other files; see them with: invent-gitops validate\n"
    assert shown(files(tmp_path, "broadcasts/a.yaml", "broadcasts/a.yaml", "broadcasts/b.yaml")) == {
        "broadcasts/a.yaml",
        "broadcasts/b.yaml",
    }


def test_problems_elsewhere_stop_nobody(tmp_path: Path) -> None:
    broken(tmp_path, "a.yaml")
    define(tmp_path, "good")
    result = files(tmp_path, "broadcasts/good.yaml")
    assert (result.code, result.out) == (0, "No problem concerns these files.\n")
    assert result.err == "1 problem in other files; see them with: invent-gitops validate\n"
    assert files(tmp_path, "-q", "broadcasts/good.yaml").err == ""


def test_nothing_is_said_of_other_files_where_all_is_well(tmp_path: Path) -> None:
    define(tmp_path, "good")
    assert files(tmp_path, "broadcasts/good.yaml") == Result(0, "1 definition is valid.\n", "")


@pytest.mark.parametrize("rule", ["duplicate-key", "duplicate-request"])
def test_a_problem_elsewhere_is_shown_to_the_file_that_it_speaks_of(tmp_path: Path, rule: str) -> None:
    text = f"name: Twice\nschedule: {WHEN}\nsegments: [vip]\n"
    define(tmp_path, "good", "a")
    for name in ("a2.yaml", "b.yaml"):
        key = "key: one\n" if rule == "duplicate-key" else ""
        (tmp_path / "broadcasts" / name).write_text(key + text, encoding="utf-8")
    for name in ("a2.yaml", "b.yaml"):
        result = files(tmp_path, f"broadcasts/{name}")
        assert shown(result) == {"broadcasts/b.yaml"}
        assert rule in result.out
    # The name of this one begins the names of the others, and the message speaks of `a2`.
    assert shown(files(tmp_path, "broadcasts/a.yaml", "broadcasts/good.yaml")) == set()


@pytest.mark.parametrize("name", ["invent.yaml", "catalogue.yaml"])
def test_project_file_and_catalogue_concern_every_definition(tmp_path: Path, name: str) -> None:
    broken(tmp_path, "a.yaml", "b.yaml")
    (tmp_path / "invent.yaml").write_text("segments: catalogue.yaml\n", encoding="utf-8")
    (tmp_path / "catalogue.yaml").write_text("vip: seg_vip\n", encoding="utf-8")
    result = files(tmp_path, name)
    assert (shown(result), result.err) == ({"broadcasts/a.yaml", "broadcasts/b.yaml"}, "")
    (tmp_path / name).unlink()
    (tmp_path / "catalogue.yaml").write_text("vip: seg_vip\n", encoding="utf-8")
    assert shown(files(tmp_path, "invent.yaml")) == {"broadcasts/a.yaml", "broadcasts/b.yaml"}


def test_a_broken_project_file_is_shown_to_definitions_and_to_nothing_else(tmp_path: Path) -> None:
    define(tmp_path, "good")
    (tmp_path / "invent.yaml").write_text("timezoone: UTC\n", encoding="utf-8")
    (tmp_path / "workflow.yml").write_text("on: push\n", encoding="utf-8")
    assert shown(files(tmp_path, "broadcasts/good.yaml")) == {"invent.yaml"}
    assert shown(files(tmp_path, "workflow.yml")) == set()


def test_files_that_are_no_definitions_hurt_nothing(tmp_path: Path) -> None:
    broken(tmp_path, "a.yaml")
    (tmp_path / "broadcasts" / "picture.png").write_bytes(b"\x89PNG\xff")
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "round.yaml").symlink_to("round.yaml")
    names = ["broadcasts/picture.png", "/etc/hosts", "pipe.yaml", "round.yaml"]
    for given in names:
        assert shown(files(tmp_path, given)) == set(), given
    assert shown(files(tmp_path, *names, "broadcasts/a.yaml")) == {"broadcasts/a.yaml"}


@pytest.mark.parametrize(
    "name",
    ["broadcasts/gone.yaml", "../x.yaml", "a.yaml/b.yaml", "x" * 5000, "broadcasts/gone/\udcff.yaml", "",
     '"broadcasts/gr\\303\\274n.yaml"', '"broadcasts/a.yaml', "broadcasts/a\\056yml", '""'],
)  # fmt: skip
def test_a_path_that_names_nothing_is_an_error_and_not_no_problem(tmp_path: Path, name: str) -> None:
    broken(tmp_path, "a.yaml")
    for given in ([name], ["broadcasts/a.yaml", name]):
        result = files(tmp_path, *given)
        assert (result.code, result.out) == (ExitCode.USAGE, "")
        called = name.replace("\udcff", "\\xff") or "an empty path"
        assert f"--files names {called}, which is not there." in result.err


def test_names_are_understood_as_git_quotes_them(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    names = ["grün.yaml", 'a "b".yaml', "tab\there.yaml", "back\\303.yaml", "日本.yaml"]
    broken(tmp_path, "plain.yaml", *names)
    git(tmp_path, "add", ".")
    quoted = git(tmp_path, "diff", "--cached", "--name-only").splitlines()
    assert sum(name.startswith('"') for name in quoted) == len(names)
    for name in quoted:
        # As git prints it, and as xargs hands it on.
        for given in (name, name.removeprefix('"').removesuffix('"')):
            problems = files(tmp_path, "--json", given).json["problems"]
            assert len({problem["file"] for problem in problems}) == 1, given
    assert len({problem["file"] for problem in files(tmp_path, "--json", *quoted).json["problems"]}) == len(quoted)
    # A file of that very name comes first.
    broken(tmp_path, "gr\\303\\274n.yaml")
    problems = files(tmp_path, "--json", "broadcasts/gr\\303\\274n.yaml").json["problems"]
    assert {problem["file"] for problem in problems} == {"broadcasts/gr\\303\\274n.yaml"}


def test_no_file_is_nothing_to_report(tmp_path: Path) -> None:
    broken(tmp_path, "a.yaml")
    assert shown(files(tmp_path)) == set()


def test_a_folder_stands_for_what_is_in_it(tmp_path: Path) -> None:
    broken(tmp_path, "a.yaml", "sub/b.yaml")
    assert shown(files(tmp_path, "broadcasts/sub")) == {"broadcasts/sub/b.yaml"}
    assert shown(files(tmp_path, ".")) == {"broadcasts/a.yaml", "broadcasts/sub/b.yaml"}


def test_a_folder_that_is_not_read_is_shown_to_the_files_in_it(tmp_path: Path) -> None:
    define(tmp_path, "good")
    broken(tmp_path / "elsewhere", "b.yaml")
    (tmp_path / "broadcasts" / "link").symlink_to("../elsewhere/broadcasts")
    assert shown(files(tmp_path, "broadcasts/link/b.yaml")) == {"broadcasts/link"}
    assert shown(files(tmp_path, "broadcasts/good.yaml")) == set()


def test_file_whose_name_is_no_utf8_finds_its_problem(tmp_path: Path) -> None:
    define(tmp_path, "good")
    (tmp_path / "broadcasts" / "\udcff.yaml").write_text(BROKEN, encoding="utf-8")
    assert shown(files(tmp_path, "broadcasts/\udcff.yaml")) == {"broadcasts/\\xff.yaml"}
    assert shown(files(tmp_path, "broadcasts/good.yaml")) == set()


def test_link_and_the_file_behind_it_share_their_problems(tmp_path: Path) -> None:
    broken(tmp_path, "a.yaml", "b.yaml")
    (tmp_path / "broadcasts" / "link.yaml").symlink_to("a.yaml")
    (tmp_path / "elsewhere").symlink_to("broadcasts")
    both = {"broadcasts/a.yaml", "broadcasts/link.yaml"}
    for name in ("broadcasts/a.yaml", "broadcasts/link.yaml", "elsewhere/a.yaml"):
        assert shown(files(tmp_path, name)) == both


# ---------------------------------------------------------------- where files count from


def test_files_count_from_where_the_command_is_started_and_not_from_the_project(tmp_path: Path) -> None:
    project = tmp_path / "my campaigns"
    broken(project, "a.yaml", "b.yaml")
    broken(tmp_path, "a.yaml", "b.yaml")
    words = ("-C", "my campaigns", "--files", "my campaigns/broadcasts/a.yaml", "broadcasts/b.yaml")
    result = call(tmp_path, "validate", *words)
    assert shown(result) == {"broadcasts/a.yaml"}
    assert result.err == "1 problem in other files; see them with: invent-gitops -C 'my campaigns' validate\n"
    (project / "invent.yaml").touch()
    twice = call(tmp_path, "-C", "my campaigns", "validate", "-C", "broadcasts", *words[2:])
    assert len(shown(twice)) == 1
    assert shown(call(tmp_path, "validate", "-C", "my campaigns", "--files", str(project / "broadcasts/b.yaml"))) == {
        "broadcasts/b.yaml"
    }


def test_files_may_be_named_from_a_folder_within_the_project(tmp_path: Path) -> None:
    broken(tmp_path, "sub/a.yaml", "b.yaml")
    (tmp_path / "invent.yaml").touch()
    [name] = shown(files(tmp_path / "broadcasts" / "sub", "a.yaml"))
    assert Path(name).name == "a.yaml"


# ---------------------------------------------------------------- every format


def test_every_format_holds_what_concerns_the_files_and_nothing_else(tmp_path: Path) -> None:
    broken(tmp_path, "a.yaml", "b.yaml")
    words = ("validate", "--files", "broadcasts/a.yaml", "--format")
    found = call(tmp_path, *words, "json").json
    assert {problem["file"] for problem in found["problems"]} == {"broadcasts/a.yaml"}
    [line] = [line for line in call(tmp_path, *words, "github").out.splitlines() if line.startswith("::")]
    assert "file=broadcasts/a.yaml" in line
    [result] = checked(call(tmp_path, *words, "sarif"))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "broadcasts/a.yaml"
    (tmp_path / "other.yaml").touch()
    good = call(tmp_path, "validate", "--files", "other.yaml", "--format", "json")
    assert (good.json["problems"], good.code) == ([], 0)


def test_without_the_flag_two_arguments_are_refused_with_the_flag_as_the_cure(tmp_path: Path) -> None:
    result = call(tmp_path, "validate", "broadcasts/a.yaml", "broadcasts/b.yaml")
    assert result.code == ExitCode.USAGE
    assert "--files" in result.err


# ---------------------------------------------------------------- the hook


@pytest.fixture
def hook() -> dict[str, Any]:
    [found] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    return tmp_path


def committed(repository: Path, hook: dict[str, Any], *args: str) -> Result:
    """What pre-commit would run for what is staged: the entry, its arguments, and the names of the files."""
    git(repository, "add", "--all")
    names = git(repository, "diff", "--staged", "--name-only", "--no-ext-diff", "-z", "--diff-filter=ACMRTUXB")
    chosen = [name for name in names.split("\0") if re.search(hook["files"], name)]
    program, *words = shlex.split(hook["entry"])
    assert program == "invent-gitops"
    return run(repository, *words, *(args or hook["args"]), *chosen)


def test_hook_is_one_that_pre_commit_installs_and_runs_on_yaml_files(hook: dict[str, Any]) -> None:
    assert (hook["id"], hook["language"], hook["types"]) == (NAME, "python", ["yaml"])
    assert (hook["pass_filenames"], hook["require_serial"]) == (True, True)
    assert all(hook[text] for text in ("name", "description"))
    known = {"id", "name", "description", "entry", "args", "language", "types", "files"}
    assert set(hook) == known | {"pass_filenames", "require_serial"}
    for name, wanted in {"a.yaml": True, "b/c.yml": True, "a.yaml.txt": False, "yaml": False}.items():
        assert bool(re.search(hook["files"], name)) is wanted


def test_hook_stops_a_broken_definition_and_lets_a_good_one_pass(repository: Path, hook: dict[str, Any]) -> None:
    broken(repository, "spring sale ü.yaml")
    result = committed(repository, hook)
    assert shown(result) == {"broadcasts/spring sale ü.yaml"}
    assert "Did you mean `name`?" in result.out
    git(repository, "commit", "--quiet", "--message", "anyway")
    define(repository, "good")
    assert shown(committed(repository, hook)) == set()


def test_hook_works_on_a_project_in_a_folder_of_the_repository(repository: Path, hook: dict[str, Any]) -> None:
    broken(repository / "campaigns", "a.yaml")
    (repository / "workflow.yml").write_text("on: push\n", encoding="utf-8")
    assert shown(committed(repository, hook, "-C", "campaigns")) == {"broadcasts/a.yaml"}


def test_hook_takes_no_name_of_a_file_for_an_option(repository: Path, hook: dict[str, Any]) -> None:
    define(repository, "good")
    for name in ("--json.yaml", "-C.yaml", "-qv.yml", "--help.yaml"):
        (repository / name).write_text("x: 1\n", encoding="utf-8")
    assert shown(committed(repository, hook)) == set()


def test_snippet_of_the_docs_names_the_hook() -> None:
    [repo] = yaml.safe_load(block("# .pre-commit-config.yaml\n"))["repos"]
    assert set(repo) == {"repo", "rev", "hooks"}
    assert [hook["id"] for hook in repo["hooks"]] == [NAME]


def test_arguments_of_a_real_process_count_from_its_folder(tmp_path: Path) -> None:
    broken(tmp_path / "campaigns", "a.yaml")
    link = tmp_path / "link"
    link.symlink_to("campaigns")
    done = subprocess.run(
        [sys.executable, "-m", "invent_gitops", "validate", "-C", "link", "--files", "link/broadcasts/a.yaml"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert shown(Result(done.returncode, done.stdout, done.stderr)) == {"broadcasts/a.yaml"}
