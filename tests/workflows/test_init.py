"""`init --github`: one command, and the workflows are where GitHub looks for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from invent_gitops.errors import ExitCode
from invent_gitops.scaffold.workflows import TEMPLATES, Wording
from tests.branch_repository import git
from tests.cli.test_workspaces import project
from tests.running import call

ACTION = "somebody/invent-gitops@" + "a1" * 20


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--template=")
    return tmp_path


def written(repository: Path) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in (repository / ".github" / "workflows").iterdir()}


def test_it_writes_four_workflows_and_keeps_the_state_on_a_branch(repository: Path) -> None:
    done = call(repository, "init", "--github", "--action", ACTION)
    assert done.code == 0, done.all
    assert written(repository).keys() == {f"broadcasts-{name}.yml" for name in TEMPLATES}
    assert all(f"uses: {ACTION}\n" in text for text in written(repository).values())
    assert "state: {branch: broadcast-state}" in (repository / "invent.yaml").read_text("utf-8")
    assert call(repository, "validate").code == 0
    assert "INVENT_API_KEY" in done.err
    assert "in place of OWNER" not in done.err


def test_in_a_subfolder_the_workflows_go_to_the_root_and_work_there(repository: Path) -> None:
    (repository / "acme" / "eu").mkdir(parents=True)
    done = call(repository / "acme" / "eu", "init", "--github", "--sandbox", "--action", ACTION, "--json")
    paths = {file["path"] for file in done.json["files"] if file["written"]}
    name = f"broadcasts-{Wording(ACTION, folder='acme/eu').folder_name}-apply.yml"
    assert f"../../.github/workflows/{name}" in paths
    text = written(repository)[name]
    assert 'PROJECT: "acme/eu"' in text
    assert 'invent-gitops -C "$PROJECT" apply --sandbox --yes' in text
    assert "INVENT_API_KEY" not in text


def test_without_an_address_it_says_what_to_put_in_place_of_the_owner(repository: Path) -> None:
    done = call(repository, "init", "--github")
    text = written(repository)["broadcasts-plan.yml"]
    assert ("OWNER/invent-gitops@" in text) == ("replace OWNER with the account" in done.err)
    assert "uses:" in text


def test_another_branch_than_main_can_be_what_is_applied(repository: Path) -> None:
    call(repository, "init", "--github", "--action", ACTION, "--branch", "release")
    text = written(repository)["broadcasts-apply.yml"]
    assert "branches: [release]" in text
    assert "refs/heads/release" in text
    assert "main" not in text


def test_the_branch_is_that_of_the_repository_unless_told_otherwise(repository: Path) -> None:
    git(repository, "symbolic-ref", "HEAD", "refs/heads/trunk")
    done = call(repository, "init", "--github", "--action", ACTION)
    assert "branches: [trunk]" in written(repository)["broadcasts-apply.yml"]
    assert "for the branch trunk only" in done.err


def test_the_default_branch_of_the_remote_comes_before_the_current_one(repository: Path, tmp_path: Path) -> None:
    git(repository, "symbolic-ref", "HEAD", "refs/heads/my-work")
    git(repository, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    call(repository, "init", "--github", "--action", ACTION)
    assert "branches: [main]" in written(repository)["broadcasts-apply.yml"]


@pytest.mark.parametrize(
    ("server", "remote", "words", "queue"),
    [
        ("", "", (), True),
        ("", "https://github.com/acme/campaigns.git", (), True),
        ("", "git@github.com:acme/campaigns.git", (), True),
        ("", "ssh://git@ssh.github.com:443/acme/campaigns.git", (), True),
        ("", "https://acme.ghe.com/acme/campaigns", (), True),
        ("", "/srv/git/campaigns.git", (), True),
        ("", "https://token@git.acme.example:8443/acme/campaigns.git", (), False),
        ("", "git@git.acme.example:acme/campaigns.git", (), False),
        ("", "https://github.com.acme.example/acme/campaigns.git", (), False),
        ("https://git.acme.example", "https://github.com/acme/campaigns.git", (), False),
        ("https://github.com", "https://git.acme.example/acme/campaigns.git", (), True),
        ("https://git.acme.example", "", ("--queue",), True),
        ("", "https://github.com/acme/campaigns.git", ("--no-queue",), False),
    ],
)
def test_applies_wait_in_a_queue_only_on_a_server_that_knows_it(
    repository: Path, server: str, remote: str, words: tuple[str, ...], queue: bool
) -> None:
    if remote:
        git(repository, "remote", "add", "origin", remote)
    env = {"GITHUB_SERVER_URL": server} if server else {}
    result = call(repository, "init", "--github", "--action", ACTION, *words, env=env)
    assert result.code == 0, result.err
    text = (repository / ".github" / "workflows" / "broadcasts-apply.yml").read_text("utf-8")
    assert ("      queue: max\n" in text) == queue
    assert yaml.safe_load(text)["jobs"]["apply"]["concurrency"]["cancel-in-progress"] is False
    assert ("and none is\n# dropped." in text) == queue
    assert ("The workflow apply has no queue" in result.err) != queue


def test_more_workspaces_than_a_matrix_may_have_are_refused_before_github_does(repository: Path) -> None:
    def of(count: int) -> None:
        several = {f"w{number}": {"org": f"org_{number}"} for number in range(count)}
        (repository / "invent.yaml").write_text(json.dumps({"workspaces": several}), encoding="utf-8")

    of(257)
    for words in (
        ("init", "--github", "--action", ACTION),
        ("workspaces", "--format", "github"),
        ("workspaces", "--format", "matrix"),
    ):
        result = call(repository, *words)
        assert (result.code, result.out) == (5, ""), result.all
        assert "The project has 257 workspaces, and GitHub runs at most 256 jobs of one matrix." in result.err
    assert not (repository / ".github").exists()
    assert call(repository, "workspaces", "--format", "matrix", "--workspace", "w256").code == 0
    assert call(repository, "workspaces").code == 0
    of(256)
    assert len(json.loads(call(repository, "workspaces", "--format", "matrix").out)["include"]) == 256
    assert call(repository, "init", "--github", "--action", ACTION).code == 0


def test_a_workflow_that_is_there_is_kept_and_told_of(repository: Path) -> None:
    call(repository, "init", "--github", "--action", ACTION)
    path = repository / ".github" / "workflows" / "broadcasts-plan.yml"
    path.write_text("name: mine\n", encoding="utf-8")
    again = call(repository, "init", "--github", "--action", ACTION)
    assert path.read_text("utf-8") == "name: mine\n"
    assert "kept  .github/workflows/broadcasts-plan.yml" in again.out
    assert "broadcasts-plan.yml was kept, and is another" in again.err
    assert "broadcasts-apply.yml was kept" not in again.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--sandbox"], "Add --github."),
        (["--branch", "x"], "Add --github."),
        (["--action", ACTION], "Add --github."),
        (["--github", "--action", "somebody/invent-gitops@main"], "full commit"),
        (["--github", "--branch", "a b]"], "is not the name of a branch"),
        (["--github", "--branch", ""], "empty"),
    ],
)
def test_what_makes_no_sense_writes_nothing(repository: Path, words: list[str], told: str) -> None:
    done = call(repository, "init", *words)
    assert done.code == 2
    assert told in done.err
    assert not (repository / "invent.yaml").exists()


def test_outside_of_a_repository_there_is_nothing_for_github(tmp_path: Path) -> None:
    done = call(tmp_path, "init", "--github")
    assert (done.code, list(tmp_path.iterdir())) == (2, [])
    assert "git init" in done.err


def test_a_link_out_of_the_repository_is_not_written_through(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (repository / ".github").symlink_to(outside)
    done = call(repository, "init", "--github")
    assert done.code == 4
    assert list(outside.iterdir()) == []


def test_several_workspaces_get_workflows_with_a_job_for_each(repository: Path) -> None:
    project(repository)
    done = call(repository, "init", "--github", "--action", ACTION)
    assert done.code == ExitCode.DONE, done.all
    text = written(repository)["broadcasts-apply.yml"]
    assert "matrix: ${{ fromJSON(needs.workspaces.outputs.matrix) }}" in text
    assert "added workspaces: acme: state: {branch: broadcast-state-acme} to invent.yaml\n" in done.out
    assert call(repository, "validate", "--all").code == 0
    assert not (repository / "broadcasts").exists()


def test_each_key_that_a_workspace_names_is_a_secret_of_the_workflows(repository: Path) -> None:
    ours = {"acme": {"org": "o1"}, "globex": {"org": "o2", "key": "INVENT_API_KEY_GLOBEX", "state": {"branch": "g"}}}
    project(repository, ours)
    done = call(repository, "init", "--github", "--action", ACTION)
    holders = "broadcasts-acme with the secret INVENT_API_KEY, broadcasts-globex with the secret INVENT_API_KEY_GLOBEX."
    assert f"so that no job sees another's key: {holders}" in done.err
    assert [line for line in done.err.splitlines() if line.startswith("gh secret")] == [
        "gh secret set INVENT_API_KEY --env broadcasts-acme",
        "gh secret set INVENT_API_KEY_GLOBEX --env broadcasts-globex",
    ]
    assert "globex" not in done.out, "it keeps its state on a branch"
    chosen = "matrix.key == 'INVENT_API_KEY_GLOBEX' && secrets.INVENT_API_KEY_GLOBEX || ''"
    given = f"INVENT_API_KEY_GLOBEX: ${{{{ {chosen} }}}}"
    assert {name for name, text in written(repository).items() if given in text} == {
        "broadcasts-apply.yml",
        "broadcasts-drift.yml",
    }


def test_workspaces_of_a_sandbox_have_environments_without_keys(repository: Path) -> None:
    project(repository, {"acme": {"org": "o1"}, "globex": {"org": "o2"}})
    done = call(repository, "init", "--github", "--sandbox", "--action", ACTION)
    assert "for the branch main only: broadcasts-acme, broadcasts-globex.\n" in done.err
    assert "secret" not in done.err
    assert done.err.count("gh api -X PUT") == 2


def test_of_many_environments_a_few_are_named_and_each_has_its_commands(repository: Path) -> None:
    project(repository, {f"w{number}": {"org": f"o{number}"} for number in range(7)})
    done = call(repository, "init", "--github", "--action", ACTION)
    assert "broadcasts-w4 with the secret INVENT_API_KEY and 2 more." in done.err
    settings = [line for line in done.err.splitlines() if line.startswith("gh ")]
    assert len([line for line in settings if "secret set" in line]) == 7
    # A command that asks for a key takes what is pasted after it, so that these come last.
    assert all("secret set" in line for line in settings[-7:])


def test_one_workspace_can_be_listed_alone_and_an_unknown_one_is_refused(repository: Path) -> None:
    project(repository)
    one = call(repository, "workspaces", "--format", "matrix", "--workspace", "globex")
    assert json.loads(one.out) == {"include": [{"workspace": "globex", "key": "INVENT_API_KEY_GLOBEX"}]}
    unknown = call(repository, "workspaces", "--format", "matrix", "--workspace", "nobody")
    assert (unknown.code, "There are: acme, globex" in unknown.err) == (ExitCode.USAGE, True)
