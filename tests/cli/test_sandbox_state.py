"""The sandbox has a state of its own: a rehearsal leaves the team's alone, and neither is taken for the other."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from invent_gitops.model.state import Recorded
from invent_gitops.state.file import FileStore
from tests.branch_repository import APPLY, Hub, applied, git, hub
from tests.making import a_record
from tests.running import STATE, Result, account, call, define, invent, posted

OWN = Path(".invent-sandbox")
LOST = "The sandbox has lost its database"
IN_FILE = "state: invent.state.json\n"


def rehearse(folder: Path, *words: str) -> Result:
    return call(folder, *APPLY, "--sandbox", *words)


def keys_in(state: Path) -> list[str]:
    return sorted(json.loads(state.read_text(encoding="utf-8"))["broadcasts"])


def command_in(text: str, program: str) -> list[str]:
    """The one command of that program that a message gives."""
    match = re.search(rf"{program} [^\n]+?(?= \. |\n|$)", text)
    assert match, text
    return shlex.split(match[0])


def old_state(folder: Path) -> Path:
    """A state of the sandbox where an older version kept it."""
    assert rehearse(folder).code == 0
    for name in (STATE, "invent.sandbox.sqlite"):
        shutil.move(folder / OWN / name, folder / name)
    shutil.rmtree(folder / OWN)
    return folder / STATE


def old_branch(remote: Hub, clone: Path) -> None:
    """A state branch that an older version's sandbox has begun."""
    state = old_state(clone)
    blob = git(clone, "hash-object", "-w", str(state))
    tree = git(clone, "mktree", data=f"100644 blob {blob}\t{STATE}\n")
    commit = git(clone, "commit-tree", tree, "-m", "Create\n\nSerial: 1")
    git(clone, "push", "--quiet", "origin", f"{commit}:refs/heads/broadcast-state")
    for name in (STATE, "invent.sandbox.sqlite"):
        (clone / name).unlink()


# ---------------------------------------------------------------- nothing of the team moves


def test_rehearsal_beside_a_live_branch_leaves_remote_clone_and_live_state_untouched(tmp_path: Path) -> None:
    remote = hub(tmp_path, "one", "two", "three")
    clone = remote.clone("clone")
    with invent() as server:
        assert applied(clone, server, "--only", "one").code == 0

        def seen() -> tuple[str, str, str, str]:
            refs = git(clone, "for-each-ref", "--format=%(refname) %(objectname)")
            return git(clone, "ls-remote", "origin"), refs, json.dumps(remote.state()), git(clone, "status", "--short")

        before, calls = seen(), len(posted(server))
        result = call(clone, *APPLY, "--sandbox", env={"INVENT_API_KEY": "k"})
        assert (result.code, "3 created" in result.out) == (0, True), result.all
        for words in ("plan", "status", "refresh", "reconcile", "history", "state list", "state verify", "import"):
            assert call(clone, *words.split(), "--sandbox").code == 0, words
        assert call(clone, "state", "mv", "one", "uno", "--sandbox").code == 0
        assert call(clone, "state", "rm", "uno", "--reason", "x", "--sandbox").code == 0
        assert call(clone, "segments", "pull", "--sandbox").code in (0, 4)
        git(clone, "checkout", "--quiet", "--", ".")
        (clone / "segments.yaml").unlink(missing_ok=True)
        assert (seen(), len(posted(server))) == (before, calls)
        live = applied(clone, server)
        assert (live.code, len(posted(server))) == (0, 3), live.all
    assert set(remote.ids) == {"one", "two", "three"}


def test_rehearsal_of_all_workspaces_pushes_nothing(tmp_path: Path) -> None:
    remote = hub(tmp_path, "one", "two", "three")
    clone = remote.clone("clone")
    workspaces = {name: {"org": f"org_{name}", "state": {"branch": f"{name}-state"}} for name in ("acme", "globex")}
    (clone / "invent.yaml").write_text(json.dumps({"workspaces": workspaces}), encoding="utf-8")
    for name in workspaces:
        define(clone / name, "one")
    before = git(clone, "ls-remote", "origin")
    done = rehearse(clone, "--all")
    assert done.code == 0, done.all
    assert git(clone, "ls-remote", "origin") == before
    orgs = {name: json.loads((clone / OWN / name / STATE).read_text(encoding="utf-8"))["org"] for name in workspaces}
    assert orgs == {"acme": "org_acme", "globex": "org_globex"}
    assert f"{OWN}/globex/{STATE}" in call(clone, "history", "--workspace", "globex", "--sandbox").err


def test_git_sees_nothing_of_a_rehearsal_in_a_repository_that_never_ran_init(tmp_path: Path) -> None:
    define(tmp_path, "one")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "-m", "Begin")
    for words in ([*APPLY], ["refresh"], ["segments", "pull"]):
        call(tmp_path, *words, "--sandbox")
        (tmp_path / "segments.yaml").unlink(missing_ok=True)
        assert git(tmp_path, "status", "--short", "--untracked-files=all") == "", words
    git(tmp_path, "add", "--all")
    assert git(tmp_path, "diff", "--cached", "--name-only") == ""


def test_plan_of_the_sandbox_writes_nothing_at_all(tmp_path: Path) -> None:
    define(tmp_path, "one")
    before = sorted(tmp_path.rglob("*"))
    assert call(tmp_path, "plan", "--sandbox").code == 0
    assert sorted(tmp_path.rglob("*")) == before


# ---------------------------------------------------------------- what is said


def test_rehearsal_begins_empty_says_so_and_names_its_state_from_then_on(tmp_path: Path) -> None:
    define(tmp_path, "one", "two")
    with invent() as server:
        assert call(tmp_path, *APPLY, env=account(server.url)).code == 0
    first = call(tmp_path, "plan", "--sandbox")
    assert ("2 to create" in first.out, f"{OWN / STATE}. It is empty: every definition counts as new" in first.err) == (
        True,
        True,
    )
    assert rehearse(tmp_path).code == 0
    for words in ("history", "state list", "state show one", "state verify", "status", "plan"):
        assert str(OWN / STATE) in call(tmp_path, *words.split(), "--sandbox").err, words
        assert str(OWN) not in call(tmp_path, *words.split(), env=account(server.url)).all, words
    assert "state list --sandbox" in call(tmp_path, "state", "show", "--sandbox", "three").err
    assert "state list --sandbox" in call(tmp_path, "history", "--sandbox", "three").err


@pytest.mark.parametrize("words", ["plan", "status"])
def test_page_of_a_rehearsal_says_that_nobody_is_messaged(tmp_path: Path, words: str) -> None:
    define(tmp_path, "one")
    assert "A rehearsal in the sandbox" in call(tmp_path, words, "--sandbox", "--format", "markdown").out
    with invent() as server:
        live = call(tmp_path, words, "--format", "markdown", env=account(server.url))
    assert (live.code, "sandbox" in live.out) == (0, False)


def test_outcome_of_a_rehearsal_says_that_nobody_was_messaged(tmp_path: Path) -> None:
    define(tmp_path, "one")
    summary = tmp_path / "summary.md"
    call(tmp_path, *APPLY, "--sandbox", "--format", "github", env={"GITHUB_STEP_SUMMARY": str(summary)})
    assert "A rehearsal in the sandbox" in summary.read_text(encoding="utf-8")


def test_shell_completes_the_keys_of_the_state_that_the_line_means(tmp_path: Path) -> None:
    define(tmp_path, "one")
    assert rehearse(tmp_path).code == 0
    for line, offered in (("state show --sandbox ", True), ("state show ", False)):
        env = {"_INVENT_GITOPS_COMPLETE": "bash_complete", "COMP_WORDS": f"invent-gitops {line}"}
        result = call(tmp_path, env={**env, "COMP_CWORD": str(len(line.split()) + 1)})
        assert ("one" in result.out) is offered, result


# ---------------------------------------------------------------- a pretend state is none of an account


def test_old_state_of_the_sandbox_in_the_file_of_the_team_is_refused_with_the_command_that_mends_it(
    tmp_path: Path,
) -> None:
    define(tmp_path, "one")
    old_state(tmp_path)
    with invent() as server:
        for words in ("plan", "apply --yes", "status", "history", "state list", "state verify", "refresh"):
            refused = call(tmp_path, *words.split(), env=account(server.url))
            assert (refused.code, "is a state of the sandbox" in refused.err) == (5, True), refused.all
        refused = call(tmp_path, "plan")
        subprocess.run(command_in(refused.err, "rm"), cwd=tmp_path, check=True)
        assert posted(server) == []
        assert call(tmp_path, *APPLY, env=account(server.url)).code == 0
        assert len(posted(server)) == 1
    assert not (tmp_path / "invent.sandbox.sqlite").exists()


def test_command_that_deletes_an_old_state_works_from_the_folder_of_the_shell(tmp_path: Path) -> None:
    define(tmp_path / "campaigns", "one")
    old_state(tmp_path / "campaigns")
    (tmp_path / STATE).write_text("of another project", encoding="utf-8")
    refused = call(tmp_path, "-C", "campaigns", "plan")
    subprocess.run(command_in(refused.err, "rm"), cwd=tmp_path, check=True)
    assert not (tmp_path / "campaigns" / STATE).exists()
    assert (tmp_path / STATE).exists()


def test_old_state_of_the_sandbox_is_named_beside_a_new_rehearsal(tmp_path: Path) -> None:
    define(tmp_path, "one")
    old = old_state(tmp_path).read_text(encoding="utf-8")
    result = rehearse(tmp_path)
    assert (result.code, "1 created" in result.out) == (0, True), result.all
    assert command_in(result.err, "rm") == ["rm", STATE, "invent.sandbox.sqlite"]
    assert (tmp_path / STATE).read_text(encoding="utf-8") == old


def test_old_journal_of_the_sandbox_is_recognized_without_a_state(tmp_path: Path) -> None:
    define(tmp_path, "one")
    killed = FileStore(tmp_path / STATE, label=STATE, org="c", api="sandbox")
    killed.__enter__()  # it never ends, as if it was killed
    killed.append([Recorded("one", a_record())])
    refused = call(tmp_path, "plan")
    assert (refused.code, command_in(refused.err, "rm")) == (5, ["rm", f"{STATE}.journal"]), refused.all


def test_old_branch_of_the_sandbox_is_refused_and_named_and_can_be_begun_anew(tmp_path: Path) -> None:
    remote = hub(tmp_path, "one", "two", "three")
    clone = remote.clone("clone")
    old_branch(remote, clone)
    git(clone, "fetch", "--quiet")
    with invent() as server:
        for words in ("plan", "apply --yes", "status", "history", "state list"):
            refused = call(clone, *words.split(), env=account(server.url))
            assert (refused.code, "is a state of the sandbox" in refused.err) == (5, True), refused.all
        refused = call(clone, "plan")
        assert posted(server) == []
        beside = rehearse(clone)
        assert (beside.code, command_in(beside.err, "git")) == (0, command_in(refused.err, "git")), beside.all
        subprocess.run(command_in(refused.err, "git"), cwd=clone, check=True, capture_output=True)
        assert applied(clone, server).code == 0
        assert len(posted(server)) == 3


def test_old_state_of_the_sandbox_is_not_moved_to_a_branch(tmp_path: Path) -> None:
    remote = hub(tmp_path, "one", "two", "three")
    clone = remote.clone("clone")
    old_state(clone)
    refused = call(clone, "state", "migrate")
    assert (refused.code, "is a state of the sandbox" in refused.err, remote.tip) == (5, True, ""), refused.all
    assert "Leave --sandbox out" in call(clone, "state", "migrate", "--sandbox").err


def test_commits_of_an_old_rehearsal_are_no_history_of_the_account(tmp_path: Path) -> None:
    define(tmp_path, "one")
    git(tmp_path, "init", "--quiet")
    old_state(tmp_path)
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "-m", "A rehearsal")
    subprocess.run(command_in(call(tmp_path, "plan").err, "rm"), cwd=tmp_path, check=True)
    with invent() as server:
        assert call(tmp_path, *APPLY, env=account(server.url)).code == 0
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "-m", "Live")
    history = call(tmp_path, "history", "--json").json
    assert [change["key"] for change in history["changes"]] == ["one"]
    assert call(tmp_path, "state", "verify").code in (0, 5)


def test_live_state_in_the_place_of_the_sandbox_is_refused(tmp_path: Path) -> None:
    define(tmp_path, "one")
    with invent() as server:
        assert call(tmp_path, *APPLY, env=account(server.url)).code == 0
    (tmp_path / OWN).mkdir()
    shutil.copy(tmp_path / STATE, tmp_path / OWN / STATE)
    (tmp_path / OWN / "invent.sandbox.sqlite").write_bytes(b"not empty")
    refused = call(tmp_path, "plan", "--sandbox")
    assert (refused.code, "and this run is for org c at sandbox" in refused.err) == (5, True), refused.all


def test_state_of_the_sandbox_in_the_place_of_an_account_is_refused_wherever_it_is_named(tmp_path: Path) -> None:
    define(tmp_path, "one")
    assert rehearse(tmp_path).code == 0
    refused = call(tmp_path, "plan", "--state", str(OWN / STATE))
    assert (refused.code, "Read it with --sandbox" in refused.err) == (5, True), refused.all
    assert call(tmp_path, "plan", "--sandbox", "--state", str(OWN / STATE)).code == 0


# ---------------------------------------------------------------- a state that a person names


def test_named_state_of_a_rehearsal_has_its_database_beside_it(tmp_path: Path) -> None:
    define(tmp_path, "one")
    assert rehearse(tmp_path, "--state", "try.state.json").code == 0
    assert (keys_in(tmp_path / "try.state.json"), (tmp_path / "try.sandbox.sqlite").exists()) == (["one"], True)
    assert not (tmp_path / OWN).exists()


@pytest.mark.parametrize("there", [True, False], ids=["there", "not there yet"])
@pytest.mark.parametrize("place", ["invent.state.json", "./invent.state.json", "link.json"])
def test_named_state_is_refused_where_it_is_the_place_of_the_team(tmp_path: Path, place: str, there: bool) -> None:
    define(tmp_path, "one")
    (tmp_path / "link.json").symlink_to(STATE)
    if there:
        with invent() as server:
            assert call(tmp_path, *APPLY, env=account(server.url)).code == 0
    before = (tmp_path / STATE).read_bytes() if there else None
    for words in ([*APPLY], ["plan"], ["state", "list"]):
        refused = call(tmp_path, *words, "--sandbox", "--state", place)
        assert (refused.code, "is the place of the project's state" in refused.err) == (2, True), refused.all
    assert ((tmp_path / STATE).read_bytes() if there else None) == before


def test_named_state_is_refused_where_another_workspace_has_its_own(tmp_path: Path) -> None:
    (tmp_path / "invent.yaml").write_text('{"workspaces": {"a": {"org": "o_a"}, "b": {"org": "o_b"}}}', "utf-8")
    for name in ("a", "b"):
        define(tmp_path / name, "one")
    refused = call(tmp_path, "plan", "--workspace", "a", "--sandbox", "--state", "b/invent.state.json")
    assert (refused.code, "is the place of the project's state" in refused.err) == (2, True), refused.all


# ---------------------------------------------------------------- one half without the other


@pytest.mark.parametrize("how", ["deleted", "empty", "begun anew"])
def test_state_without_its_database_is_refused_with_the_command_that_begins_anew(tmp_path: Path, how: str) -> None:
    define(tmp_path, "one")
    assert rehearse(tmp_path).code == 0
    database = tmp_path / OWN / "invent.sandbox.sqlite"
    database.unlink()
    if how == "empty":
        database.touch()
    if how == "begun anew":
        from invent_gitops.sandbox.service import Sandbox

        Sandbox(database).close()
    for words in ("plan", "apply --yes", "status", "state list", "history", "segments pull"):
        refused = call(tmp_path, *words.split(), "--sandbox")
        assert (refused.code, LOST in refused.err) == (5, True), refused.all
    refused = call(tmp_path, "plan", "--sandbox")
    subprocess.run(command_in(refused.err, "rm"), cwd=tmp_path, check=True)
    assert "1 created" in rehearse(tmp_path).out


def test_database_without_its_state_is_named_and_nothing_is_created_twice(tmp_path: Path) -> None:
    define(tmp_path, "one")
    assert rehearse(tmp_path).code == 0
    (tmp_path / OWN / STATE).unlink()
    refused = rehearse(tmp_path)
    assert (refused.code, "The sandbox has held a broadcast" in refused.err) == (5, True), refused.all
    assert command_in(refused.err, "rm")[:2] == ["rm", "-r"]
    assert call(tmp_path, "import", "--sandbox", "--all").code in (0, 5)


def test_sandbox_of_another_org_says_how_to_begin_anew(tmp_path: Path) -> None:
    define(tmp_path, "one")
    assert rehearse(tmp_path).code == 0
    refused = rehearse(tmp_path, "--org", "other")
    assert refused.code == 5
    subprocess.run(command_in(refused.err, "rm"), cwd=tmp_path, check=True)
    assert rehearse(tmp_path, "--org", "other").code == 0


# ---------------------------------------------------------------- links


@pytest.mark.parametrize("link", [".invent-sandbox", f".invent-sandbox/{STATE}"])
def test_link_from_the_place_of_the_sandbox_to_that_of_the_team_is_refused(tmp_path: Path, link: str) -> None:
    define(tmp_path, "one")
    with invent() as server:
        assert call(tmp_path, *APPLY, env=account(server.url)).code == 0
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to("." if link == str(OWN) else f"../{STATE}")
    before = (tmp_path / STATE).read_bytes()
    refused = rehearse(tmp_path)
    assert (refused.code, (tmp_path / STATE).read_bytes() == before) == (4, True), refused.all
    assert os.listdir(tmp_path / "broadcasts") == ["one.yaml"]
    subprocess.run(command_in(refused.err, "rm"), cwd=tmp_path, check=True)
    assert rehearse(tmp_path).code == 0


# ---------------------------------------------------------------- half of it, and what is damaged


def test_database_is_named_without_its_state_also_beside_a_state_that_a_person_named(tmp_path: Path) -> None:
    define(tmp_path, "one")
    named = ("--state", "try.json")
    assert rehearse(tmp_path, *named).code == 0
    beside = call(tmp_path, "plan", "--sandbox", *named)
    assert "The sandbox has a state of its own: try.json" in beside.all
    (tmp_path / "try.json").unlink()
    result = call(tmp_path, "plan", "--sandbox", *named)
    text = " ".join(result.all.split())
    assert "The sandbox has held a broadcast, and its state try.json is not there." in text
    assert "rm -f try.json try.json.journal try.sandbox.sqlite" in text


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 99}', "\xff"], ids=["cut off", "list", "newer", "binary"])
def test_damaged_state_of_the_sandbox_is_not_restored_from_git_but_begun_anew(tmp_path: Path, text: str) -> None:
    define(tmp_path, "one")
    assert rehearse(tmp_path).code == 0
    (tmp_path / OWN / STATE).write_bytes(text.encode("latin-1"))
    result = rehearse(tmp_path)
    assert result.code == 4
    assert "git" not in result.all.lower().replace("invent-gitops", "")
    subprocess.run(command_in(result.all, "rm"), cwd=tmp_path, check=True)
    assert rehearse(tmp_path).code == 0


@pytest.mark.parametrize("several", [False, True], ids=["one", "workspaces"])
def test_file_in_place_of_the_sandbox_folder_is_deleted_by_the_command_of_the_message(
    tmp_path: Path, several: bool
) -> None:
    define(tmp_path, "one", below="a/broadcasts" if several else "broadcasts")
    if several:
        (tmp_path / "invent.yaml").write_text("workspaces: {a: {org: o}}\n", encoding="utf-8")
        shutil.copy(tmp_path / "segments.yaml", tmp_path / "a") if (tmp_path / "segments.yaml").exists() else None
    (tmp_path / OWN).write_text("", encoding="utf-8")
    workspace = ("--workspace", "a") if several else ()
    result = call(tmp_path, "plan", "--sandbox", *workspace)
    assert result.code == 4
    subprocess.run(command_in(result.all, "rm"), cwd=tmp_path, check=True)
    assert call(tmp_path, "plan", "--sandbox", *workspace).code == 0


def test_damaged_state_that_a_person_named_is_not_to_be_deleted(tmp_path: Path) -> None:
    define(tmp_path, "one")
    (tmp_path / "try.json").write_text("{", encoding="utf-8")
    result = rehearse(tmp_path, "--state", "try.json")
    assert result.code == 4
    assert "Do not delete it" in " ".join(result.all.split())
