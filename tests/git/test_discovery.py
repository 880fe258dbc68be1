"""Which repository is meant: every layout that a person can choose works, and the environment leads nowhere else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from invent_gitops.git.repository import Git
from tests.branch_repository import Hub, applied, commit, definition, git, hub, told
from tests.hostile_git import plant, ran
from tests.running import FAST, account, call, invent, live, run


@pytest.fixture
def remote(tmp_path: Path) -> Hub:
    return hub(tmp_path, "one")


def works(folder: Path, remote: Hub, env: dict[str, str] | None = None) -> None:
    """Apply records on the branch, knows its commit and whether files were edited, and all that reads finds it."""
    with invent() as server:
        done = applied(folder, server, env=env)
        assert done.code == 0, done.all
        assert remote.ids == {"one": live(server)["Campaign one"]}
        assert remote.state()["broadcasts"]["one"]["provenance"]["commit"] == git(remote.bare, "rev-parse", "main")
        assert told(folder, server, "plan", "--exit-code", env=env).code == 0
        assert told(folder, server, "state", "verify", env=env).code == 0
        assert told(folder, server, "history", env=env).code == 0
        (folder / "broadcasts" / "two.yaml").write_text(definition("two"), encoding="utf-8")
        assert applied(folder, server, env=env).code == 0
        assert remote.state()["broadcasts"]["two"]["provenance"]["commit"].endswith("-dirty")


def _worktree(remote: Hub) -> Path:
    git(remote.clone("clone"), "worktree", "add", "--quiet", "-b", "side", "../side", "main")
    return remote.bare.parent / "side"


def _worktree_of_a_bare_clone(remote: Hub) -> Path:
    bare = remote.bare.parent / "work" / ".bare"
    git(remote.bare.parent, "clone", "--quiet", "--bare", str(remote.bare), str(bare))
    (bare.parent / ".git").write_text("gitdir: ./.bare\n", encoding="utf-8")
    git(bare.parent, "worktree", "add", "--quiet", "main", "main")
    return bare.parent / "main"


def _worktree_inside_a_bare_clone(remote: Hub) -> Path:
    bare = remote.bare.parent / "work.git"
    git(remote.bare.parent, "clone", "--quiet", "--bare", str(remote.bare), str(bare))
    git(bare, "worktree", "add", "--quiet", "main", "main")
    return bare / "main"


def _bare_clone_in_dot_git(remote: Hub) -> Path:
    bare = remote.bare.parent / "work" / ".git"
    git(remote.bare.parent, "clone", "--quiet", "--bare", str(remote.bare), str(bare))
    git(bare.parent, "worktree", "add", "--quiet", "main", "main")
    return bare.parent / "main"


def _submodule(remote: Hub) -> Path:
    outer = remote.bare.parent / "outer"
    git(remote.bare.parent, "init", "--quiet", str(outer))
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(remote.bare), "inner")
    assert (outer / "inner" / ".git").is_file()
    return outer / "inner"


def _separate_git_dir(remote: Hub) -> Path:
    return remote.clone("clone", f"--separate-git-dir={remote.bare.parent}/kept-apart")


def _link_to_a_git_dir(remote: Hub) -> Path:
    clone = remote.clone("clone")
    (clone / ".git").rename(remote.bare.parent / "kept-apart")
    (clone / ".git").symlink_to("../kept-apart")
    return clone


def _link_to_the_clone(remote: Hub) -> Path:
    (remote.bare.parent / "link").symlink_to(remote.clone("clone"))
    return remote.bare.parent / "link"


def _bare_files_beside_dot_git(remote: Hub) -> Path:
    """For git, a `.git` comes first."""
    clone = remote.clone("clone")
    plant(clone, remote.bare.parent / "marks", "fsmonitor")
    commit(clone, "Add odd files")
    git(clone, "push", "--quiet", "origin", "main")
    return clone


def _bare_files_above(remote: Hub) -> Path:
    plant(remote.bare.parent / "around", remote.bare.parent / "marks", "fsmonitor")
    clone = remote.clone("clone")
    return clone.rename(remote.bare.parent / "around" / "clone")


LAYOUTS = (
    _worktree,
    _worktree_of_a_bare_clone,
    _worktree_inside_a_bare_clone,
    _bare_clone_in_dot_git,
    _submodule,
    _separate_git_dir,
    _link_to_a_git_dir,
    _link_to_the_clone,
    _bare_files_beside_dot_git,
    _bare_files_above,
)


@pytest.mark.parametrize("layout", LAYOUTS, ids=[one.__name__.strip("_") for one in LAYOUTS])
def test_layout_that_a_person_has_chosen_works(remote: Hub, layout: object) -> None:
    assert callable(layout)
    works(layout(remote), remote)
    marks = remote.bare.parent / "marks"
    assert not marks.exists() or ran(marks) == []


def test_work_tree_that_the_settings_of_the_repository_name_is_kept_to(remote: Hub) -> None:
    clone = remote.clone("clone")
    (clone / "below").mkdir()
    (clone / ".git").rename(clone / "below" / ".git")
    git(clone / "below" / ".git", "config", "core.worktree", str(clone))
    for name in ("invent.yaml", "broadcasts"):
        (clone / name).rename(clone / "below" / name)
    git(clone / "below", "add", "--all", str(clone))
    git(clone / "below", "commit", "--quiet", "-m", "Move")
    assert Git(clone / "below").run("ls-files", "--full-name").split() == [
        "below/broadcasts/one.yaml",
        "below/invent.yaml",
    ]
    with invent() as server:
        assert applied(clone / "below", server).code == 0
        assert remote.ids == {"one": live(server)["Campaign one"]}


# ---------------------------------------------------------------- the environment


def _kept_apart(remote: Hub) -> tuple[Path, dict[str, str]]:
    clone = remote.clone("clone")
    (clone / ".git").rename(remote.bare.parent / "kept-apart")
    return clone, {"GIT_DIR": str(remote.bare.parent / "kept-apart"), "GIT_WORK_TREE": str(clone)}


def test_repository_that_the_environment_names_with_its_work_tree_is_the_projects(remote: Hub) -> None:
    clone, env = _kept_apart(remote)
    works(clone, remote, env)


@pytest.mark.parametrize("missing", ["GIT_DIR", "GIT_WORK_TREE"])
def test_half_of_such_a_name_makes_no_repository(remote: Hub, missing: str) -> None:
    clone, env = _kept_apart(remote)
    with invent() as server:
        done = told(clone, server, "plan", env={name: value for name, value in env.items() if name != missing})
    assert done.code == 4, done.all
    assert "finds no repository" in done.err


def test_work_tree_of_which_the_project_is_no_part_makes_no_repository(remote: Hub, tmp_path: Path) -> None:
    clone, env = _kept_apart(remote)
    with invent() as server:
        done = told(clone, server, "plan", env=env | {"GIT_WORK_TREE": str(tmp_path / "kept-apart")})
    assert done.code == 4, done.all


def test_named_repository_does_not_make_an_embedded_one_acceptable(remote: Hub, tmp_path: Path) -> None:
    clone, env = _kept_apart(remote)
    plant(clone / "broadcasts", tmp_path / "marks", "fsmonitor", "ext")
    with invent() as server:
        done = told(clone, server, "apply", "--yes", env=env | {"CI": "true"})
    assert done.code == 5, done.all
    assert ran(tmp_path / "marks") == []


def test_git_of_a_hook_with_the_variables_of_its_own_commit_is_the_projects(remote: Hub) -> None:
    clone = remote.clone("clone")
    variables = {"GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index", "GIT_PREFIX": "broadcasts/"}
    works(clone, remote, variables)


def test_settings_in_a_file_for_git_config_alone_are_not_taken_for_the_repositorys(remote: Hub, tmp_path: Path) -> None:
    clone = remote.clone("clone")
    (tmp_path / "other").write_text('[remote "elsewhere"]\n\turl = /nowhere\n', encoding="utf-8")
    works(clone, remote, {"GIT_CONFIG": str(tmp_path / "other")})


def test_ceiling_that_the_user_has_set_is_kept_to(remote: Hub) -> None:
    clone = remote.clone("clone")
    (clone / "below").mkdir()
    (clone / "invent.yaml").rename(clone / "below" / "invent.yaml")
    with invent() as server:
        around = told(clone / "below", server, "plan")
        capped = told(clone / "below", server, "plan", env={"GIT_CEILING_DIRECTORIES": f"/nowhere:{clone}"})
    assert around.code == 0, around.all
    assert (capped.code, "finds no repository" in capped.err) == (4, True)


def test_trust_that_the_user_has_set_for_a_folder_of_another_user_counts(remote: Hub, tmp_path: Path) -> None:
    clone = remote.clone("clone")
    other = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}
    trust = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": str(clone)}
    # The remote is a folder of this machine, whose owner git judges as well, by the user's own file.
    (tmp_path / "gitconfig").write_text(f"[safe]\n\tdirectory = {remote.bare}\n", encoding="utf-8")
    other["GIT_CONFIG_GLOBAL"] = str(tmp_path / "gitconfig")
    with invent() as server:
        refused = told(clone, server, "plan", env=other)
        elsewhere = told(clone, server, "plan", env=other | trust | {"GIT_CONFIG_VALUE_0": f"{clone}/broadcasts"})
        trusted = told(clone, server, "plan", env=other | trust)
    assert (refused.code, elsewhere.code, trusted.code) == (5, 5, 0), trusted.all
    assert f"git config --global --add safe.directory {clone}" in refused.err


def test_owner_is_asked_for_again_once_the_repository_is_another(remote: Hub, tmp_path: Path) -> None:
    clone = remote.clone("clone")
    assert Git(clone).commit_of("HEAD")
    shutil.rmtree(clone / ".git")
    git(tmp_path, "init", "--quiet", "fresh")
    (tmp_path / "fresh" / ".git").rename(clone / ".git")
    assert Git(clone).commit_of("HEAD") == ""


def test_without_a_repository_the_user_is_still_known(tmp_path: Path) -> None:
    (tmp_path / "broadcasts").mkdir()
    (tmp_path / "broadcasts" / "one.yaml").write_text(definition("one"), encoding="utf-8")
    with invent() as server:
        done = call(tmp_path, "apply", "--yes", *FAST, env=account(server.url))
        assert done.code == 0, done.all
    assert '"by": "Test Author"' in (tmp_path / "invent.state.json").read_text(encoding="utf-8")


def test_repository_around_the_project_is_found_from_a_folder_far_below(remote: Hub) -> None:
    clone = remote.clone("clone")
    deep = clone / "a" / "b" / "c"
    deep.mkdir(parents=True)
    done = run(deep, "state", "list", env={"GIT_TRACE": "0", "PWD": os.fspath(deep)})
    assert done.code == 0, done.all
