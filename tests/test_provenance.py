"""Who acted, from which commit and in which run: from CI, from a real git, or from the system."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from invent_gitops.provenance import find_origin

CI = {
    "GITHUB_ACTOR": "octocat",
    "GITHUB_SHA": "0123456789abcdef0123456789abcdef01234567",
    "GITHUB_SERVER_URL": "https://github.test",
    "GITHUB_REPOSITORY": "acme/campaigns",
    "GITHUB_RUN_ID": "42",
}
RUN = "https://github.test/acme/campaigns/actions/runs/42"


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "config", "user.name", "Ada Lovelace")
    (tmp_path / "a.yaml").write_text("name: A\n")
    git(tmp_path, "add", "a.yaml")
    git(tmp_path, "commit", "--quiet", "-m", "One")
    return tmp_path


@pytest.fixture
def without_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))


# ---------------------------------------------------------------- in CI


def test_ci_says_who_and_where_and_the_repository_says_what(repository: Path) -> None:
    origin = find_origin(repository, CI)
    assert (origin.by, origin.commit, origin.run) == ("octocat", git(repository, "rev-parse", "HEAD"), RUN)


def test_who_starts_a_run_again_is_who_acts(repository: Path) -> None:
    assert find_origin(repository, CI | {"GITHUB_TRIGGERING_ACTOR": "hubot"}).by == "hubot"


def test_ci_needs_no_git(tmp_path: Path, without_git: None) -> None:
    assert find_origin(tmp_path, CI).commit == CI["GITHUB_SHA"]


@pytest.mark.parametrize(("attempt", "end"), [("1", ""), ("2", "/attempts/2")])
def test_second_attempt_of_a_run_has_an_address_of_its_own(tmp_path: Path, attempt: str, end: str) -> None:
    assert find_origin(tmp_path, CI | {"GITHUB_RUN_ATTEMPT": attempt}).run == RUN + end


@pytest.mark.parametrize("missing", ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"])
def test_half_an_address_is_none(tmp_path: Path, missing: str) -> None:
    environment = {name: value for name, value in CI.items() if name != missing}
    assert find_origin(tmp_path, environment).run == ""
    assert find_origin(tmp_path, environment | {missing: ""}).run == ""


def test_environment_of_the_process_is_what_counts_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CI.items():
        monkeypatch.setenv(name, value)
    assert find_origin(tmp_path).by == "octocat"


# ---------------------------------------------------------------- on somebody's machine


def test_repository_says_who_and_from_which_commit(repository: Path) -> None:
    origin = find_origin(repository, {})
    assert (origin.by, origin.run) == ("Ada Lovelace", "")
    assert origin.commit == git(repository, "rev-parse", "HEAD")


def test_tag_does_not_stand_in_for_the_commit(repository: Path) -> None:
    git(repository, "tag", "-a", "v1", "-m", "v1")
    assert find_origin(repository, {}).commit == git(repository, "rev-parse", "HEAD")


def test_edits_on_top_of_the_commit_are_marked(repository: Path) -> None:
    (repository / "a.yaml").write_text("name: B\n")
    assert find_origin(repository, {}).commit == git(repository, "rev-parse", "HEAD") + "-dirty"


def test_commit_is_found_from_a_folder_within(repository: Path) -> None:
    (repository / "sub").mkdir()
    assert find_origin(repository / "sub", {}).commit == git(repository, "rev-parse", "HEAD")


def test_repository_without_a_commit_has_none(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert find_origin(tmp_path, {}).commit == ""


def test_folder_outside_any_repository_still_knows_who_from_the_settings_of_git(tmp_path: Path) -> None:
    origin = find_origin(tmp_path, {})
    assert (origin.by, origin.commit) == ("Test Author", "")


def test_without_git_the_system_says_who(tmp_path: Path, without_git: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "grace")
    assert (find_origin(tmp_path, {}).by, find_origin(tmp_path, {}).commit) == ("grace", "")


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no user ids")
def test_nobody_known_at_all_is_said_to_be_unknown(
    tmp_path: Path, without_git: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 3_999_999_999)
    assert find_origin(tmp_path, {}).by == "unknown"


def test_provenance_has_the_time_in_utc_and_whole_seconds(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    made = find_origin(tmp_path, CI).now()
    assert (made.by, made.commit, made.run) == ("octocat", CI["GITHUB_SHA"], RUN)
    assert (made.at.tzinfo, made.at.microsecond) == (UTC, 0)
    assert before.replace(microsecond=0) <= made.at <= datetime.now(UTC)


# ---------------------------------------------------------------- what the commit holds


def _a_project(repository: Path) -> dict[str, Path]:
    """Two definitions, a project file and a catalogue, all committed."""
    files = {"one": repository / "broadcasts" / "one.yaml", "two": repository / "broadcasts" / "below" / "two.yaml"}
    for path in (*files.values(), repository / "invent.yaml", repository / "segments.yaml"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"name: {path.stem}\n", encoding="utf-8")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "-m", "Plan")
    return files


def _dirty(repository: Path, files: dict[str, Path], environment: dict[str, str] | None = None) -> dict[str, bool]:
    shared = (repository / "invent.yaml", repository / "segments.yaml")
    origin = find_origin(repository, environment or {}, sources=files, shared=shared)
    head = git(repository, "rev-parse", "HEAD")
    found = {key: origin.now(key).commit for key in files}
    assert set(found.values()) <= {head, f"{head}-dirty"}
    return {key: commit.endswith("-dirty") for key, commit in found.items()}


CLEAN, FIRST, BOTH = ({"one": one, "two": two} for one, two in ((False, False), (True, False), (True, True)))


def _as_committed(repository: Path) -> None:
    (repository / "a.yaml").write_text("name: Something else\n", encoding="utf-8")
    (repository / "untracked").write_text("x", encoding="utf-8")


def _edited(repository: Path) -> None:
    (repository / "broadcasts" / "one.yaml").write_text("name: Edited\n", encoding="utf-8")


def _staged(repository: Path) -> None:
    _edited(repository)
    git(repository, "add", "--all")


def _hidden_from_the_index(repository: Path) -> None:
    git(repository, "update-index", "--assume-unchanged", "broadcasts/one.yaml")
    _edited(repository)


def _untracked(repository: Path) -> None:
    git(repository, "rm", "--quiet", "--cached", "broadcasts/one.yaml")
    git(repository, "commit", "--quiet", "-m", "Forget")


def _ignored(repository: Path) -> None:
    (repository / ".gitignore").write_text("one.yaml\n", encoding="utf-8")
    _untracked(repository)


def _linked(repository: Path) -> None:
    path = repository / "broadcasts" / "one.yaml"
    path.rename(repository / "broadcasts" / "real.yaml")
    path.symlink_to("real.yaml")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "-m", "Link")


def _other_project(repository: Path) -> None:
    (repository / "invent.yaml").write_text("timezone: Europe/Berlin\n", encoding="utf-8")


def _other_catalogue(repository: Path) -> None:
    (repository / "segments.yaml").write_text("segments: {}\n", encoding="utf-8")


def _no_catalogue(repository: Path) -> None:
    (repository / "segments.yaml").unlink()


def _never_a_catalogue(repository: Path) -> None:
    _no_catalogue(repository)
    git(repository, "commit", "--quiet", "--all", "-m", "None needed")


def _new_catalogue(repository: Path) -> None:
    _never_a_catalogue(repository)
    _other_catalogue(repository)


def _other_ends_of_lines(repository: Path) -> None:
    git(repository, "config", "core.autocrlf", "true")
    (repository / "broadcasts" / "one.yaml").write_bytes(b"name: one\r\n")


CASES = [
    *((change, CLEAN) for change in (_as_committed, _never_a_catalogue, _other_ends_of_lines)),
    *((change, FIRST) for change in (_edited, _staged, _hidden_from_the_index, _untracked, _ignored, _linked)),
    *((change, BOTH) for change in (_other_project, _other_catalogue, _no_catalogue, _new_catalogue)),
]


@pytest.mark.parametrize("environment", [{}, CI], ids=["a person", "CI"])
@pytest.mark.parametrize(("change", "dirty"), CASES, ids=[change.__name__.strip("_") for change, _ in CASES])
def test_a_definition_is_credited_to_a_commit_only_if_that_holds_its_bytes(
    repository: Path, change: Callable[[Path], None], dirty: dict[str, bool], environment: dict[str, str]
) -> None:
    files = _a_project(repository)
    change(repository)
    assert _dirty(repository, files, environment) == dirty


def test_a_definition_outside_the_repository_is_in_no_commit(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = _a_project(repository)
    files["one"] = tmp_path_factory.mktemp("outside") / "one.yaml"
    files["one"].write_text("name: one\n", encoding="utf-8")
    assert _dirty(repository, files) == FIRST


def test_a_name_of_a_file_that_is_no_utf8_or_has_two_lines_is_no_bug(repository: Path) -> None:
    files = _a_project(repository)
    files["one"] = repository / "broadcasts" / "one\nline.yaml"
    files["two"] = repository / "broadcasts" / os.fsdecode(b"gr\xfcn.yaml")
    for path in files.values():
        path.write_text("name: x\n", encoding="utf-8")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "-m", "Odd")
    assert _dirty(repository, files) == FIRST, "of two lines git cannot be asked, so it vouches for nothing"


def test_where_no_git_can_say_what_a_commit_holds_the_name_from_ci_is_marked(tmp_path: Path, without_git: None) -> None:
    origin = find_origin(tmp_path, CI, sources={"one": tmp_path / "one.yaml"})
    assert origin.now().commit == CI["GITHUB_SHA"]
    assert origin.now("one").commit == f"{CI['GITHUB_SHA']}-dirty"
    assert find_origin(tmp_path, {}, sources={"one": tmp_path / "one.yaml"}).now("one").commit == ""
