"""The workflows of a project with several workspaces: from an empty repository to two orgs."""

from __future__ import annotations

import json
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


def jobs(world: World, name: str, event: str, sha: str, *, pull: int = 0) -> dict[str, Job]:
    """What became of the job of each workspace, of those that the first job lists."""
    whole = world.clone / ".github" / "workflows" / f"broadcasts-{name}.yml"

    def run(job: str, workspace: str = "") -> Job:
        document = load(whole)
        document["jobs"] = {job: document["jobs"][job]}
        only = yaml.safe_dump(document, width=1000).replace("${{ matrix.workspace }}", workspace)
        world.base = world.folder / "alone"
        world.base.mkdir(exist_ok=True)
        (world.base / f"{job}-{name}.yml").write_text(only, encoding="utf-8")
        done = world.run(name, event, sha, pull=pull)
        (world.base / f"{job}-{name}.yml").unlink()
        return done

    listing = run("workspaces")
    assert listing.conclusion == "success", listing.log
    matrix = json.loads(listing.steps[-1].outputs["matrix"])
    return {one["workspace"]: run(name, one["workspace"]) for one in matrix["include"]}


def in_orgs(world: World) -> dict[str, list[str]]:
    return {name: sorted(one["name"] for one in world.server.sandbox.broadcasts(str(TWO[name]["org"]))) for name in TWO}


@pytest.mark.parametrize("changed", ["globex", "both"])
def test_each_workspace_is_planned_approved_and_applied_on_its_own(tmp_path: Path, changed: str) -> None:
    remote, clone = new_repository(tmp_path)
    with invent(key=KEY) as server, standing_in() as hub:
        world = World(tmp_path, hub, server, remote, clone)
        (clone / "invent.yaml").write_text(json.dumps({"workspaces": TWO}), encoding="utf-8")
        assert call(clone, "init", "--github", "--action", ACTION).code == 0
        for name in TWO:
            (clone / name / "broadcasts").mkdir(parents=True)
            (clone / name / "broadcasts" / ".gitkeep").touch()
        world.commit("Two workspaces")
        world.push()
        git(clone, "fetch", "--quiet", "origin")
        chosen = list(TWO) if changed == "both" else [changed]
        for name in chosen:
            define(clone, "spring", below=f"{name}/broadcasts")
        tried = world.open_pull(7)
        planned = jobs(world, "plan", "pull_request", tried, pull=7)
        assert {name: job.conclusion for name, job in planned.items()} == dict.fromkeys(TWO, "success"), [
            job.log for job in planned.values()
        ]
        assert len(hub.bodies(7)) == 2
        sha = world.merge(7)
        for _ in range(2):
            applied = jobs(world, "apply", "push", sha)
            assert {name: job.conclusion for name, job in applied.items()} == dict.fromkeys(TWO, "success"), [
                job.log for job in applied.values()
            ]
            assert in_orgs(world) == {name: ["Campaign spring"] if name in chosen else [] for name in TWO}
        assert len(hub.bodies(7)) == 2
        for name in chosen:
            (id,) = [one["id"] for one in server.sandbox.broadcasts(str(TWO[name]["org"]))]
            assert [id in body for body in hub.bodies(7)].count(True) == 1
            state = json.loads(git(remote, "show", f"{name}-state:invent.state.json"))
            assert state["broadcasts"]["spring"]["id"] == id
        if changed == "both":
            looked = jobs(world, "drift", "schedule", sha)
            assert {name: job.conclusion for name, job in looked.items()} == dict.fromkeys(TWO, "success")
            assert hub.issues == [], "all is well in both"
