"""What `init --github` says of a server, a branch and other workflows that its own cannot go along with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.branch_repository import git
from tests.running import call
from tests.workflows.test_init import ACTION, repository

__all__ = ["repository"]  # a fixture
INIT = ("init", "--github", "--action", ACTION)
SITE = "A repository has one GitHub Pages site"


@pytest.mark.parametrize("target", ["pages", "artifact"])
@pytest.mark.parametrize(
    ("remote", "words", "code"),
    [
        ("", (), 0),
        ("git@github.com:acme/campaigns.git", (), 0),
        ("https://acme.ghe.com/acme/campaigns", (), 0),
        ("git@github.com:acme/campaigns.git", ("--no-queue",), 0),
        ("https://git.acme.example/acme/campaigns.git", (), 5),
        ("https://git.acme.example/acme/campaigns.git", ("--no-queue",), 5),
        ("svn://x/y", (), 5),
        ("git@github-of-acme:acme/campaigns.git", ("--queue",), 0),
    ],
)
def test_publishing_is_refused_where_the_server_cannot_do_it_and_nothing_is_written(
    repository: Path, target: str, remote: str, words: tuple[str, ...], code: int
) -> None:
    if remote:
        git(repository, "remote", "add", "origin", remote)
    done = call(repository, *INIT, "--publish", target, *words)
    assert done.code == code, done.all
    assert (repository / ".github").exists() == (repository / "invent.yaml").exists() == (code == 0)
    assert ("--publish needs github.com" in done.err) == (code == 5)
    assert ("Leave --publish out." in done.err) == (code == 5)


@pytest.mark.parametrize(
    ("default", "words", "warned"), [("", (), False), ("main", (), False), ("main", ("release",), True)]
)
def test_a_branch_from_which_github_starts_no_schedule_is_named(
    repository: Path, default: str, words: tuple[str, ...], warned: bool
) -> None:
    if default:
        git(repository, "symbolic-ref", "refs/remotes/origin/HEAD", f"refs/remotes/origin/{default}")
    for publish, waiting in ((), "drift by itself"), (("--publish", "artifact"), "drift and publish by themselves"):
        done = call(repository, *INIT, *(("--branch", *words) if words else ()), *publish)
        assert done.code == 0, done.all
        sentence = f"GitHub starts {waiting} only from the default branch, main, and merges to release are applied here"
        assert (sentence in " ".join(done.err.split())) == warned
        assert ("only from the default branch" in done.err) == warned


def test_a_second_project_that_would_publish_over_the_first_is_warned_of(repository: Path) -> None:
    for name in ("acme", "globex"):
        (repository / name).mkdir()
    assert SITE.lower() not in call(repository / "acme", *INIT, "--publish", "pages").err.lower()
    assert SITE.lower() not in call(repository / "acme", *INIT, "--publish", "pages").err.lower(), "it is its own"
    assert SITE.lower() not in call(repository / "globex", *INIT, "--publish", "artifact").err.lower()
    (repository / ".github" / "workflows" / "broadcasts-globex-publish.yml").unlink()
    done = call(repository / "globex", *INIT, "--publish", "pages")
    assert done.code == 0, done.all
    assert SITE.lower() in done.err.lower()
    assert ".github/workflows/broadcasts-acme-publish.yml" in done.err


def test_a_site_that_another_workflow_deploys_is_named(repository: Path) -> None:
    workflows = repository / ".github" / "workflows"
    workflows.mkdir(parents=True)
    (workflows / "docs.yaml").write_text("      - uses: actions/deploy-pages@v4\n", encoding="utf-8")
    (workflows / "notes.txt").write_text("      - uses: actions/deploy-pages@v4\n", encoding="utf-8")
    err = call(repository, *INIT, "--publish", "pages").err
    assert "other workflows deploy it: .github/workflows/docs.yaml. " in err
