"""Every script of the workflows, and the program itself, in a checkout full of names that would run by themselves."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from invent_gitops.scaffold.workflows import TEMPLATES, Wording, workflow_texts
from tests.branch_repository import git
from tests.forked import PATIENCE
from tests.github.standin import standing_in
from tests.running import KEY, ROOT, WHEN, call, environment, invent
from tests.workflows.hostile import marks, write_hostile_names
from tests.workflows.runner import Job, load
from tests.workflows.test_proof import ACTION, World, new_repository
from tests.workflows.test_workspaces_proof import TWO, jobs

PROGRAM = str(Path(sys.executable).with_name("invent-gitops"))
WELCOME = f"name: Campaign welcome\nschedule: {WHEN}\nsegments: [vip]\n"
DEFINITION = f"name: Campaign spring\nschedule: {WHEN}\nsegments: [vip]\n"
EVENTS = {"validate": "merge_group", "apply": "push", "drift": "schedule"}
# Runs the program, and writes down which files it opens.
WATCHED = """\
import fcntl, json, os, sys
log, *words = sys.argv[1:]
opened, folder, by_folder, plainly = set(), os.path.realpath(os.getcwd()) + os.sep, [], os.open
def note(path):
    path = os.path.abspath(path)
    if path.startswith(folder):
        opened.add(path[len(folder):])
def watch(event, given):
    if event == "open" and isinstance(given[0], str) and not by_folder:
        note(given[0])
def watched_open(path, flags, mode=0o777, *, dir_fd=None):
    if dir_fd is None:
        return plainly(path, flags, mode)
    # The event has no folder, so ask where it is.
    try:
        at = os.readlink(f"/proc/self/fd/{dir_fd}")
    except OSError:
        at = fcntl.fcntl(dir_fd, fcntl.F_GETPATH, b" " * 1024).split(b"\\0")[0].decode()
    note(os.path.join(at, path))
    by_folder.append(path)
    try:
        return plainly(path, flags, mode, dir_fd=dir_fd)
    finally:
        by_folder.pop()
os.supports_dir_fd.add(watched_open)
os.open = watched_open
sys.addaudithook(watch)
from invent_gitops.cli import main
sys.argv = ["invent-gitops", *words]
try:
    main()
finally:
    seen = json.dumps(sorted(opened))
    with open(log, "w") as file:
        file.write(seen)
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    remote, clone = new_repository(tmp_path)
    with invent(key=KEY) as server, standing_in() as hub:
        made = World(tmp_path, hub, server, remote, clone)
        # What a team may have set for other tools of its repository.
        leading = str(tmp_path / "workspace")
        made.variables = {"PYTHONPATH": leading, "PYTHONUSERBASE": leading, "PIP_CONFIG_FILE": f"{leading}/pip.conf"}
        yield made


def spoil(world: World, *folders: str) -> Path:
    """Commit hostile names to these folders of the clone; returns the file that holds the marks."""
    mark = world.folder / "mark"
    for folder in folders:
        write_hostile_names(world.clone / folder, mark)
    return mark


def checked(job: Job, mark: Path, ran: list[str]) -> None:
    """Nothing ran that should not, and all of the job did what it does elsewhere."""
    assert (job.conclusion, marks(mark)) == ("success", []), job.log
    ran += [step.name for step in job.steps if step.outcome == "success"]


def scripts(wording: Wording) -> set[str]:
    """The names of the steps that have a script."""
    found = set()
    for path, text in workflow_texts(wording).items():
        file = ROOT / path
        document = load(file) if file.exists() else yaml.safe_load(text)
        found |= {step["name"] for job in document["jobs"].values() for step in job["steps"] if "run" in step}
    return found


@pytest.mark.parametrize("folder", ["", "campaigns"], ids=["in the root", "in a subfolder"])
def test_no_script_of_the_workflows_runs_what_the_checkout_holds(world: World, folder: str) -> None:
    project = world.clone / folder
    project.mkdir(exist_ok=True)
    assert call(project, "init", "--github", "--action", ACTION).code == 0
    (project / "broadcasts" / "welcome.yaml").write_text(WELCOME, encoding="utf-8")
    world.commit("Broadcasts as code")
    world.push()
    git(world.clone, "fetch", "--quiet", "origin")
    (project / "broadcasts" / "spring.yaml").write_text(DEFINITION, encoding="utf-8")
    mark = spoil(world, "", folder, f"{folder}/broadcasts")
    tried = world.open_pull(7)
    ran: list[str] = []
    for name in ("validate", "plan"):
        checked(world.run(name, "pull_request", tried, pull=7), mark, ran)
    sha = world.merge(7)
    for name, event in EVENTS.items():
        checked(world.run(name, event, sha), mark, ran)
    assert world.created == ["Campaign spring", "Campaign welcome"]
    assert scripts(Wording(ACTION)) - set(ran) == set(), "each script was tried"


def test_no_script_for_several_workspaces_runs_what_the_checkout_holds(world: World) -> None:
    (world.clone / "invent.yaml").write_text(json.dumps({"workspaces": TWO}), encoding="utf-8")
    assert call(world.clone, "init", "--github", "--action", ACTION).code == 0
    for name in TWO:
        (world.clone / name / "broadcasts").mkdir(parents=True)
        (world.clone / name / "broadcasts" / "spring.yaml").write_text(DEFINITION, encoding="utf-8")
    mark = spoil(world, "", *TWO)
    world.commit("Two workspaces")
    sha = world.push()
    for name, event in (("apply", "push"), ("drift", "schedule")):
        for job in jobs(world, name, event, sha).values():
            checked(job, mark, [])


@pytest.fixture
def checkout(tmp_path: Path) -> tuple[Path, Path, set[str]]:
    """A project in a repository, spoiled, the file that holds the marks, and the hostile names."""
    folder, mark = tmp_path / "checkout", tmp_path / "mark"
    folder.mkdir()
    git(folder, "init", "--quiet", "--template=")
    assert call(folder, "init").code == 0
    (folder / "broadcasts" / "welcome.yaml").write_text(DEFINITION, encoding="utf-8")
    before = set(folder.rglob("*"))
    for each in (folder, folder / "broadcasts"):
        write_hostile_names(each, mark)
    hostile = {path.relative_to(folder).as_posix() for path in set(folder.rglob("*")) - before}
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "Anybody's")
    return folder, mark, hostile


@pytest.mark.parametrize(
    "words",
    [
        ["validate"],
        ["plan", "--sandbox"],
        ["plan", "--sandbox", "--refresh"],
        ["apply", "--sandbox", "--yes"],
        ["status", "--sandbox"],
        ["history"],
        ["state", "list"],
        ["state", "verify"],
        ["segments", "list"],
        ["import", "--sandbox"],
        ["init", "--github", "--dry-run"],
        ["schema", "broadcast"],
        ["completion", "bash"],
    ],
    ids=" ".join,
)
def test_no_command_opens_or_runs_what_it_was_not_told_of(
    checkout: tuple[Path, Path, set[str]], words: list[str]
) -> None:
    folder, mark, hostile = checkout
    log = mark.with_name("opened")
    command = [sys.executable, "-I", "-c", WATCHED, str(log), *words]
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False
    )
    # There is no state to verify.
    codes = (5,) if words == ["state", "verify"] else (0, 4)
    assert done.returncode in codes, done.stdout + done.stderr
    assert marks(mark) == []
    # Data, it reads; and it looks for definitions under wrong names, so that it reads every file among the definitions.
    opened = [name for name in json.loads(log.read_text("utf-8")) if not name.startswith("broadcasts/")]
    assert [name for name in opened if name in hostile] == []
    assert "invent.yaml" in opened or words[0] in ("completion", "schema"), "the watch sees what is opened"
    console = subprocess.run([PROGRAM, *words], cwd=folder, capture_output=True, timeout=PATIENCE, check=False)
    assert (console.returncode in codes, marks(mark)) == (True, [])


def test_as_a_module_only_an_isolated_python_takes_nothing_from_the_current_folder(
    checkout: tuple[Path, Path, set[str]],
) -> None:
    folder, mark, _ = checkout
    for options, wanted in ((["-I"], False), ([], True)):
        command = [sys.executable, *options, "-m", "invent_gitops", "validate"]
        subprocess.run(command, cwd=folder, env=environment(), capture_output=True, timeout=PATIENCE, check=False)
        assert bool(marks(mark)) is wanted


@pytest.mark.parametrize("wording", [Wording(ACTION), Wording(ACTION, folder="a"), Wording(ACTION, keys=("A", "B"))])
def test_no_workflow_fetches_submodules_or_large_files_or_starts_python_by_itself(wording: Wording) -> None:
    texts = workflow_texts(wording)
    assert len(texts) == len(TEMPLATES)
    for text in texts.values():
        for word in ("submodules", "lfs", "cache", "python", "pip ", "BASH_ENV", "shell:"):
            assert word not in text
