"""The workflows of a project with several workspaces: from an empty repository to two orgs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.branch_repository import git
from tests.github.standin import standing_in
from tests.running import KEY, call, define, invent
from tests.workflows.runner import Job, load
from tests.workflows.test_proof import ACTION, World, new_repository

TWO = {
    "acme": {"org": "org_111", "state": {"branch": "acme-state"}},
    "globex": {"org": "org_222", "state": {"branch": "globex-state"}},
}


def jobs(world: World, name: str, event: str, sha: str) -> dict[str, Job]:
    """What became of the job of each workspace, of those that the first job lists."""
    whole = world.clone / ".github" / "workflows" / f"broadcasts-{name}.yml"

    def run(job: str, workspace: str = "", key: str = "") -> Job:
        document = load(whole)
        document["jobs"] = {job: document["jobs"][job]}
        only = yaml.safe_dump(document, width=1000).replace("${{ matrix.workspace }}", workspace)
        only = only.replace("matrix.key", f"'{key}'")
        world.base = world.folder / "alone"
        world.base.mkdir(exist_ok=True)
        (world.base / f"{job}-{name}.yml").write_text(only, encoding="utf-8")
        done = world.run(name, event, sha)
        (world.base / f"{job}-{name}.yml").unlink()
        return done

    listing = run("workspaces")
    assert listing.conclusion == "success", listing.log
    matrix = json.loads(listing.steps[-1].outputs["matrix"])
    return {one["workspace"]: run(name, one["workspace"], one["key"]) for one in matrix["include"]}


def begin(clone: Path, workspaces: Mapping[str, object]) -> None:
    """A project of workspaces without a definition, and its workflows."""
    (clone / "invent.yaml").write_text(json.dumps({"workspaces": workspaces}), encoding="utf-8")
    assert call(clone, "init", "--github", "--action", ACTION).code == 0
    for name in workspaces:
        (clone / name / "broadcasts").mkdir(parents=True)
        (clone / name / "broadcasts" / ".gitkeep").touch()


def in_orgs(world: World) -> dict[str, list[str]]:
    return {name: sorted(one["name"] for one in world.server.sandbox.broadcasts(str(TWO[name]["org"]))) for name in TWO}


@pytest.mark.parametrize("changed", ["globex", "both"])
def test_each_workspace_is_planned_approved_and_applied_on_its_own(tmp_path: Path, changed: str) -> None:
    remote, clone = new_repository(tmp_path)
    with invent(key=KEY) as server, standing_in() as hub:
        world = World(tmp_path, hub, server, remote, clone)
        begin(clone, TWO)
        world.commit("Two workspaces")
        world.push()
        git(clone, "fetch", "--quiet", "origin")
        chosen = list(TWO) if changed == "both" else [changed]
        for name in chosen:
            define(clone, "spring", below=f"{name}/broadcasts")
        tried = world.open_pull(7)
        world.base = clone / ".github" / "workflows"
        planned = world.run("plan", "pull_request", tried, pull=7)
        assert planned.conclusion == "success", planned.log
        (planned_body,) = hub.bodies(7)
        assert re.findall(r"^## `(.*)`$", planned_body, re.MULTILINE) == chosen
        sha = world.merge(7)
        for _ in range(2):
            applied = jobs(world, "apply", "push", sha)
            assert {name: job.conclusion for name, job in applied.items()} == dict.fromkeys(TWO, "success"), [
                job.log for job in applied.values()
            ]
            assert in_orgs(world) == {name: ["Campaign spring"] if name in chosen else [] for name in TWO}
        assert hub.bodies(7)[0] == planned_body, "it stays the evidence"
        assert len(hub.bodies(7)) == 1 + len(chosen)
        for name in chosen:
            (id,) = [one["id"] for one in server.sandbox.broadcasts(str(TWO[name]["org"]))]
            assert [id in body for body in hub.bodies(7)].count(True) == 1
            state = json.loads(git(remote, "show", f"{name}-state:invent.state.json"))
            assert state["broadcasts"]["spring"]["id"] == id
        if changed == "both":
            looked = jobs(world, "drift", "schedule", sha)
            assert {name: job.conclusion for name, job in looked.items()} == dict.fromkeys(TWO, "success")
            assert hub.issues == [], "all is well in both"


def test_a_pull_request_that_touches_no_broadcast_gets_no_comment_and_its_merge_is_green(tmp_path: Path) -> None:
    remote, clone = new_repository(tmp_path)
    with invent(key=KEY) as server, standing_in() as hub:
        world = World(tmp_path, hub, server, remote, clone)
        begin(clone, TWO)
        world.commit("Two workspaces")
        world.push()
        git(clone, "fetch", "--quiet", "origin")
        (clone / "README.md").write_text("Hello\n", encoding="utf-8")
        planned = world.run("plan", "pull_request", world.open_pull(7), pull=7)
        assert planned.conclusion == "success", planned.log
        assert planned.steps[-1].log == "Nothing changes in Invent, so the pull request gets no comment.\n"
        applied = jobs(world, "apply", "push", world.merge(7))
        assert {name: job.conclusion for name, job in applied.items()} == dict.fromkeys(TWO, "success")
        assert all("::warning" not in job.log for job in applied.values()), [job.log for job in applied.values()]
        assert hub.bodies(7) == []


def test_each_job_sees_the_key_of_its_workspace_alone(tmp_path: Path) -> None:
    remote, clone = new_repository(tmp_path)
    several = {**TWO, "globex": {**TWO["globex"], "key": "INVENT_API_KEY_GLOBEX"}}
    with invent(key=KEY) as server, standing_in() as hub:
        world = World(tmp_path, hub, server, remote, clone)
        world.secrets["INVENT_API_KEY_GLOBEX"] = "k-of-globex"
        begin(clone, several)
        for path in (clone / ".github" / "workflows").iterdir():
            apply = "          exec invent-gitops apply"
            text = path.read_text("utf-8").replace(apply, f"          env | grep ^INVENT_API_KEY\n{apply}")
            path.write_text(text, encoding="utf-8")
        sha = world.commit("Two workspaces")
        world.push()
        applied = jobs(world, "apply", "push", sha)
        seen = {
            name: sorted(line for line in job.step("Apply").log.splitlines() if line.startswith("INVENT_API_KEY"))
            for name, job in applied.items()
        }
        assert seen == {
            "acme": [f"INVENT_API_KEY={KEY}", "INVENT_API_KEY_GLOBEX="],
            "globex": ["INVENT_API_KEY=", "INVENT_API_KEY_GLOBEX=k-of-globex"],
        }
