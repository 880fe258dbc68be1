"""What a release is: the same bytes for everybody, built without rights, published without a token."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from invent_gitops import __version__
from tests.running import ROOT
from tests.workflows.runner import load

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
RELEASE = ROOT / ".github" / "workflows" / "release.yml"


def release_jobs() -> dict[str, Any]:
    jobs: dict[str, Any] = load(RELEASE)["jobs"]
    return jobs


# ---------------------------------------------------------------- the bytes


def source(folder: Path, minute: int, mode: int) -> Path:
    """A copy of what the archives are made of, with times and modes of its own."""
    for name in (
        *PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["only-include"],
        "pyproject.toml",
        ".gitignore",
    ):
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, folder / name, ignore=shutil.ignore_patterns("__pycache__", "invent.s*.*"))
        elif path.exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / name)
    for path in folder.rglob("*"):
        os.utime(path, (1_700_000_000 + minute * 60,) * 2)
        path.chmod((path.stat().st_mode & 0o100) | (0o700 if path.is_dir() else 0) | mode)
    return folder


def built(folder: Path, variables: Mapping[str, str], umask: int) -> dict[str, bytes]:
    """The archives by name, built in a process with these variables and this umask."""
    plain = {name: value for name, value in os.environ.items() if name not in ("SOURCE_DATE_EPOCH", "LANG", "TZ")}
    done = subprocess.run(
        [sys.executable, "-I", "-m", "build", "--no-isolation", "--outdir", str(folder / "out"), str(folder)],
        env=plain | dict(variables),
        umask=umask,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {path.name: path.read_bytes() for path in (folder / "out").iterdir() if path.name != ".gitignore"}


def test_two_people_build_the_same_bytes(tmp_path: Path) -> None:
    here = {"TZ": "UTC", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1", "USER": "one"}
    there = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "2", "USER": "other", "HOME": str(tmp_path)}
    one = built(source(tmp_path / "a", 0, 0o644), here, 0o022)
    other = built(source(tmp_path / "much" / "further" / "away", 61, 0o600), there, 0o077)
    assert sorted(one) == [f"invent_gitops-{__version__}-py3-none-any.whl", f"invent_gitops-{__version__}.tar.gz"]
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []


def build_release(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", str(ROOT / ".ci" / "build"), *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("tag", ["v9.9.9", __version__, f"v{__version__}.1", f"V{__version__}"])
def test_a_tag_that_is_not_the_version_builds_nothing(tmp_path: Path, tag: str) -> None:
    done = build_release(str(tmp_path / "release"), tag)
    assert (done.returncode, list((tmp_path / "release").iterdir())) == (1, [])
    assert "Tag the commit that has the version" in done.stderr


def test_a_release_is_not_mixed_with_what_is_there_already(tmp_path: Path) -> None:
    (tmp_path / "other.whl").touch()
    done = build_release(str(tmp_path))
    assert (done.returncode, [path.name for path in tmp_path.iterdir()]) == (1, ["other.whl"])
    assert "is not empty" in done.stderr


# ---------------------------------------------------------------- the workflow


# What the examples have is judged with the templates. There, `uses: ./` is code of the checkout, too; whoever can open
# such a pull request with a right has the right to push already.
@pytest.mark.parametrize(
    "path", [path for path in WORKFLOWS if "examples" not in path.name], ids=lambda path: path.name
)
def test_no_job_of_ours_both_runs_code_of_the_repository_and_holds_a_right_or_a_secret(path: Path) -> None:
    assert load(path)["permissions"] in ({}, "{}")
    assert "secrets." not in path.read_text("utf-8")
    assert "pull_request_target" not in load(path)["on"]
    for name, job in load(path)["jobs"].items():
        checked_out = any("checkout" in step.get("uses", "") for step in job["steps"])
        runs = any("run" in step or step.get("uses", "").startswith("./") for step in job["steps"])
        if checked_out and runs:
            assert (job["permissions"], "environment" in job) == ({"contents": "read"}, False), name
        assert "id-token" not in job["permissions"] or not runs, name


def test_a_rehearsal_by_hand_builds_and_does_nothing_else() -> None:
    assert load(RELEASE)["on"].keys() == {"push", "workflow_dispatch"}
    assert load(RELEASE)["on"]["push"].keys() == {"tags"}
    conditions = {name: job.get("if") for name, job in release_jobs().items()}
    assert conditions.pop("build") is None
    assert conditions.keys() == {"publish", "announce"}
    assert set(conditions.values()) == {"${{ github.event_name == 'push' }}"}


def test_publishing_needs_a_person_and_the_attestations_and_no_token() -> None:
    jobs = release_jobs()
    assert (jobs["publish"]["needs"], jobs["announce"]["needs"]) == ("build", "publish")
    # The person is asked before anything is signed, too.
    assert [name for name, job in jobs.items() if "environment" in job] == ["publish"]
    assert [name for name, job in jobs.items() if "id-token" in job["permissions"]] == ["publish"]
    assert jobs["publish"]["permissions"] == {"attestations": "write", "id-token": "write"}
    used = [step["uses"].partition("@")[0] for step in jobs["publish"]["steps"]]
    assert used[-3:] == [
        "actions/attest-build-provenance",
        "actions/attest-sbom",
        "pypa/gh-action-pypi-publish",
    ]
    text = RELEASE.read_text("utf-8")
    assert "secrets." not in text
    assert "password" not in text
    cached = [step for job in jobs.values() for step in job["steps"] if "cache" in step.get("with", {})]
    assert cached == [], "a cache is written by runs of other commits"


# ---------------------------------------------------------------- what is pinned


def uses() -> Iterator[tuple[str, str]]:
    """Each action at its commit, and the version in the comment, of all workflows and of the action."""
    for path in (*WORKFLOWS, ROOT / "action.yml"):
        for line in path.read_text("utf-8").splitlines():
            if match := re.match(r"\s*(?:- )?uses: (\S+)(?: # (.*))?$", line):
                yield match[1], match[2] or ""


def test_every_action_is_pinned_to_one_commit_with_its_version_beside_it() -> None:
    found = [(name, version) for name, version in uses() if not name.startswith("./")]
    assert len(found) > len(WORKFLOWS)
    for name, version in found:
        assert re.fullmatch(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}", name), name
        assert re.fullmatch(r"v\d+\.\d+\.\d+", version), name
    repositories = {(re.sub(r"^([^/]+/[^/@]+).*@", r"\1@", name), version) for name, version in found}
    assert len({name.partition("@")[0] for name, _ in repositories}) == len(repositories), "one version of each"


def hashed_files() -> list[Path]:
    """Every file that locks versions by hash."""
    folders = [
        ROOT.glob("*.txt"),
        *((ROOT / name).rglob("*.txt") for name in (".ci", ".github", "benchmarks", "docs", "tests")),
    ]
    return sorted(path for paths in folders for path in paths if "--hash=sha256:" in path.read_text("utf-8"))


def test_dependabot_looks_into_each_folder_that_holds_locked_versions() -> None:
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text("utf-8"))["updates"]
    (ours,) = [update for update in updates if update["package-ecosystem"] == "uv"]
    folders = {path.parent.relative_to(ROOT) for path in hashed_files()}
    listed = {Path(folder.removeprefix("/")) for folder in ours["directories"]}
    assert listed == folders, "list each folder in .github/dependabot.yml"
    assert {update["package-ecosystem"] for update in updates} == {"github-actions", "uv"}
    assert all(update["cooldown"]["default-days"] >= 7 for update in updates)


@pytest.mark.parametrize("path", hashed_files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_each_locked_version_has_a_hash_and_no_file_names_an_index(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"^\s*-(?!-hash)|^\s*--(?!hash)|://|file:", text, re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    locked = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    assert locked
    for line in locked:
        assert re.match(r"[a-z0-9.-]+==[^ ;]+( ; .+?)?\s+(--hash=sha256:[0-9a-f]{64}\s*)+", line), line


def test_a_release_is_built_with_the_versions_that_were_tested() -> None:
    def versions(name: str) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9.-]+)==([^ ;]+)", (ROOT / name).read_text("utf-8"), re.MULTILINE))

    tools, tested = versions(".ci/tools/release.txt"), versions("constraints.txt")
    assert {"build", "hatchling"} <= tools.keys() & tested.keys()
    assert {name for name in tools.keys() & tested.keys() if tools[name] != tested[name]} == set()


def test_the_audit_takes_a_version_that_was_not_looked_up_for_no_good_news() -> None:
    script = (ROOT / ".ci" / "audit").read_text("utf-8")
    assert "pip_audit --strict" in script
    (job,) = [job for job in load(RELEASE.with_name("nightly.yml"))["jobs"].values() if "audit" in str(job["steps"])]
    assert job["steps"][-1]["run"] == "bash .ci/audit"
