"""A link that a commit has put on the way to the project does not lead out of the clone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode
from tests.running import COMMAND, call, environment

SECRET = "hunter2-neighbour"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone beside a neighbour's folder with a project of its own, whose definition holds a secret."""
    outside = tmp_path / "outside" / "broadcasts"
    outside.mkdir(parents=True)
    (outside.parent / "invent.yaml").write_text("timezone: Europe/Berlin\n", encoding="utf-8")
    (outside / "db.yaml").write_text(f"password: {SECRET}\n", encoding="utf-8")
    clone = tmp_path / "clone"
    subprocess.run(["git", "init", "-q", str(clone)], check=True)
    return clone


@pytest.mark.parametrize("words", [["validate"], ["plan"], ["init"], ["apply", "--sandbox", "--yes"], ["history"]])
def test_link_to_the_project_that_leads_out_of_the_clone_is_refused(clone: Path, words: list[str]) -> None:
    (clone / "campaigns").symlink_to("../outside")
    before = sorted(clone.parent.rglob("*"))
    result = call(clone, "-C", "campaigns", *words)
    assert (result.code, SECRET in result.all) == (ExitCode.REFUSED, False), result
    assert f"log -- {'campaigns'}" in result.err
    assert sorted(clone.parent.rglob("*")) == before


@pytest.mark.parametrize("way", ["in/campaigns", "hop", "in/../hop"])
def test_it_is_refused_also_in_a_chain_and_below_the_link(clone: Path, way: str) -> None:
    (clone / "in").mkdir()
    (clone / "in" / "campaigns").symlink_to("../../outside")
    (clone / "hop").symlink_to("in/campaigns")
    for path in (way, f"{way}/broadcasts"):
        assert call(clone, "-C", path, "validate").code == ExitCode.REFUSED


def test_a_link_into_the_folder_of_git_is_refused(clone: Path) -> None:
    (clone / "campaigns").symlink_to(".git/info")
    assert call(clone, "-C", "campaigns", "validate").code == ExitCode.REFUSED


def test_it_is_refused_where_a_shell_has_gone_through_the_link(clone: Path) -> None:
    (clone / "campaigns").symlink_to("../outside")
    walked = clone / "campaigns"
    for given, code in ((str(walked), ExitCode.REFUSED), (str(clone), ExitCode.INVALID), ("", ExitCode.INVALID)):
        # A shell says by which way it went; a variable that is of another folder, or is not there, says nothing.
        done = subprocess.run(
            [*COMMAND, "validate"],
            cwd=walked,
            env=environment() | {"PWD": given},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert (done.returncode, SECRET in done.stdout + done.stderr) == (code, code == ExitCode.INVALID)


def test_links_within_the_clone_and_those_outside_of_any_are_followed(clone: Path, tmp_path: Path) -> None:
    project = clone / "marketing" / "campaigns"
    (project / "broadcasts").mkdir(parents=True)
    (clone / "campaigns").symlink_to("marketing/campaigns")
    (tmp_path / "mine").symlink_to(project)
    for start, path in ((clone, "campaigns"), (tmp_path, "mine"), (tmp_path, os.fspath(tmp_path / "mine"))):
        assert call(start, "-C", path, "validate").code == 0
