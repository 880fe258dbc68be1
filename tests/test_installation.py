"""The program knows where it was installed from by what the installer and git have written down."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import invent_gitops

COMMIT = "0123456789abcdef0123456789abcdef01234567"
ASK = "from invent_gitops.installation import docs_address; print(docs_address('policies.md'))"


def ask(site: Path) -> str:
    """What a copy of the package in `site` prints as the address of a page."""
    code = f"import sys; sys.path.insert(0, {str(site)!r}); {ASK}"
    done = subprocess.run([sys.executable, "-c", code], cwd=site, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def installed(folder: Path, *, origin: object = None, metadata: str = "") -> Path:
    """A copy of the package as an installer leaves it: outside of a clone, with what it has written down."""
    site = folder / "site"
    dist = site / "invent_gitops-9.9.dist-info"
    dist.mkdir(parents=True)
    package = Path(invent_gitops.__file__).parent
    shutil.copytree(package, site / "invent_gitops", ignore=shutil.ignore_patterns("__pycache__"))
    (dist / "METADATA").write_text(f"Metadata-Version: 2.4\nName: invent-gitops\nVersion: 9.9\n{metadata}\n", "utf-8")
    if origin is not None:
        (dist / "direct_url.json").write_text(origin if isinstance(origin, str) else json.dumps(origin), "utf-8")
    return site


def from_git(url: str) -> dict[str, object]:
    return {"url": url, "vcs_info": {"vcs": "git", "commit_id": COMMIT}}


def test_the_site_in_the_metadata_has_the_page_whatever_it_was_installed_from(tmp_path: Path) -> None:
    metadata = "Project-URL: Source, https://github.com/acme/tool\nProject-URL: Documentation, https://docs.acme.test/"
    site = installed(tmp_path, origin=from_git("https://github.com/acme/tool"), metadata=metadata)
    assert ask(site) == "https://docs.acme.test/policies/"


def test_an_installation_from_git_has_the_page_at_its_commit(tmp_path: Path) -> None:
    site = installed(tmp_path, origin=from_git("https://github.com/acme/tool.git"))
    assert ask(site) == f"https://github.com/acme/tool/blob/{COMMIT[:12]}/docs/policies.md"


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "{{{",
        "[]",
        {"url": "file:///nowhere", "dir_info": {}},
        {"url": "https://acme.test/tool.whl", "archive_info": {}},
        {"url": "https://github.com/OWNER/tool", "vcs_info": {"vcs": "git", "commit_id": COMMIT}},
    ],
    ids=["absent", "empty", "damaged", "list", "folder", "archive", "placeholder"],
)
def test_without_a_certain_source_the_page_is_named_by_its_path(tmp_path: Path, origin: object) -> None:
    assert ask(installed(tmp_path, origin=origin)) == "docs/policies.md"


def test_a_placeholder_in_the_metadata_is_never_printed(tmp_path: Path) -> None:
    metadata = "Project-URL: Documentation, https://OWNER.github.io/invent-gitops/"
    site = installed(tmp_path, origin=from_git("https://github.com/acme/tool"), metadata=metadata)
    assert ask(site) == "docs/policies.md"


def repository(site: Path, origin: str, *tracked: str) -> None:
    """Make a repository of `site` that tracks these files."""
    for command in ("init -q .", f"remote add origin {origin}", *(f"add -f -- {name}" for name in tracked)):
        subprocess.run(["git", "-C", str(site), *command.split()], check=True)
    subprocess.run(["git", "-C", str(site), "commit", "-q", "--allow-empty", "-m", "Begin"], check=True)


def test_a_clone_has_the_page_of_its_remote_as_that_is_now(tmp_path: Path) -> None:
    site = installed(tmp_path)
    (site / "action.yml").touch()
    repository(site, "git@github.com:acme/tool.git", "invent_gitops/__init__.py", "action.yml")
    assert ask(site) == "https://github.com/acme/tool/blob/HEAD/docs/policies.md"


@pytest.mark.parametrize("source", ["", f"https://github.com/acme/tool/tree/{COMMIT}"], ids=["unknown", "released"])
@pytest.mark.parametrize(
    ("tracked", "present"),
    [
        ([], []),
        (["invent_gitops"], []),
        (["invent_gitops"], ["action.yml"]),
        (["action.yml"], ["action.yml"]),
    ],
    ids=["ignored", "committed", "beside an action that is not committed", "beside an action of its own"],
)
def test_a_repository_that_the_program_was_installed_into_is_never_taken_for_its_source(
    tmp_path: Path, source: str, tracked: list[str], present: list[str]
) -> None:
    site = installed(tmp_path, metadata=f"Project-URL: Source, {source}" if source else "")
    for name in present:
        (site / name).touch()
    repository(site, "https://github.com/mine/campaigns.git", *tracked)
    assert action(site, site).startswith(f"acme/tool@{COMMIT}" if source else "OWNER/invent-gitops@v")
    assert "mine" not in ask(site)


def test_a_copy_in_a_repository_of_others_names_the_folder_that_it_was_installed_from(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    (clone / "invent_gitops").mkdir(parents=True)
    for name in ("invent_gitops/__init__.py", "action.yml"):
        (clone / name).touch()
    repository(clone, "https://github.com/acme/tool.git", "invent_gitops/__init__.py", "action.yml")
    site = installed(tmp_path, origin={"url": clone.as_uri(), "dir_info": {}})
    repository(site, "https://github.com/mine/campaigns.git", "invent_gitops")
    assert ask(site) == "https://github.com/acme/tool/blob/HEAD/docs/policies.md"


def action(site: Path, folder: Path) -> str:
    """The action that a copy of the package in `site` names, run in `folder`."""
    code = f"import sys; sys.path.insert(0, {str(site)!r}); from invent_gitops.scaffold.workflows import own_action"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; print(own_action())"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_release_knows_its_action_at_its_commit_by_its_metadata(tmp_path: Path) -> None:
    site = installed(tmp_path, metadata=f"Project-URL: Source, https://github.com/acme/tool/tree/{COMMIT}")
    assert action(site, tmp_path).startswith(f"acme/tool@{COMMIT} # v")


@pytest.mark.parametrize("source", ["", "https://github.com/acme/tool/tree/HEAD", "https://acme.test/tool"])
def test_the_repository_that_the_program_runs_in_is_never_taken_for_its_own(tmp_path: Path, source: str) -> None:
    mine = tmp_path / "campaigns"
    mine.mkdir()
    for command in ("init -q .", "remote add origin https://github.com/mine/campaigns.git", "add -A"):
        subprocess.run(["git", "-C", str(mine), *command.split()], check=True)
    subprocess.run(["git", "-C", str(mine), "commit", "-q", "--allow-empty", "-m", "Begin"], check=True)
    site = installed(tmp_path, metadata=f"Project-URL: Source, {source}" if source else "")
    named = action(site, mine)
    assert "mine" not in named
    assert named.startswith("acme/tool@v" if "github" in source else "OWNER/invent-gitops@v")
