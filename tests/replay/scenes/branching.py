"""Scenes of a state on a branch: created there, read by others, its history, its proof, and the move to it."""

from __future__ import annotations

from tests.replay.player import Stage
from tests.replay.scenes.applying import ONE
from tests.replay.scenes.offline import GITHUB
from tests.replay.scenes.projects import plain

APPLY = ("apply", "--yes", *ONE)
ON_BRANCH = "state: {branch: broadcast-state}\n"


def _cloned(stage: Stage, project: str) -> None:
    """A clone of a bare remote, whose main holds two definitions."""
    stage.write("invent.yaml", project)
    plain(stage, "a", "b")
    stage.commit("Plan the campaigns (#7)")
    stage.git("init", "--quiet", "--bare", "--template=", str(stage.remote))
    stage.git("remote", "add", "origin", str(stage.remote))
    stage.git("push", "--quiet", "--set-upstream", "origin", "main")


def branch(stage: Stage) -> None:
    """Created, edited, moved and removed with the state on a branch; its history and its proof in every form."""
    _cloned(stage, ON_BRANCH)
    stage.invent()
    stage.run("plan")
    stage.run("state", "list")
    stage.run(*APPLY, "--only", "a")
    stage.clock("2026-11-20T10:00:00+00:00")
    stage.run(*APPLY, "--out", "report.json")
    stage.run("plan", "--json")
    stage.run("state", "list")
    stage.run("state", "show", "a")
    stage.move("broadcasts/b.yaml", "broadcasts/z.yaml")
    stage.commit("Rename b (#8)")
    stage.git("push", "--quiet")
    stage.clock("2026-11-21T10:00:00+00:00")
    stage.run("state", "mv", "b", "z")
    stage.dashboard("broadcasts/Campaign a", {"status": "CANCELLED"})
    stage.run("refresh")
    stage.keep("on-a-branch")
    stage.run("state", "rm", "a", "--reason", "Called off")
    stage.run("state", "restore", "a", "--reason", "Or not")
    stage.run("status", "--json")
    stage.run("history", "z")
    stage.run("history", "--json")
    stage.run("history")
    stage.run("state", "verify", account=False)
    stage.run("state", "verify", "--json", account=False)
    stage.write("broadcasts/dirty.yaml", "name: Dirty\nschedule: 2027-02-02T09:00:00Z\nsegments: [vip]\n")
    stage.run(*APPLY, "--format", "github", env=GITHUB)
    stage.run("state", "verify", account=False)
    stage.log("broadcast-state")


def behind(stage: Stage) -> None:
    """A lost answer with the state on a branch, a clone that is behind, another branch, and no remote."""
    _cloned(stage, ON_BRANCH)
    stage.invent("close-after@create:1", "lag=5@list:*")
    stage.run(*APPLY, "--only", "a", "--json")
    stage.run("plan")
    stage.clock("2026-11-20T12:00:00+00:00")
    stage.invent()
    stage.run(*APPLY, "--branch", "other")
    stage.run("reconcile")
    first = stage.git("rev-parse", "HEAD")
    stage.write("broadcasts/c.yaml", "name: More\nschedule: 2027-02-02T09:00:00Z\nsegments: [vip]\n")
    stage.commit("More (#8)")
    stage.git("push", "--quiet")
    stage.git("reset", "--quiet", "--hard", first)
    stage.run(*APPLY)
    stage.run("plan", "--exit-code")
    stage.git("checkout", "--quiet", "-b", "topic")
    stage.run(*APPLY)
    stage.run(*APPLY, "--branch", "topic", "--json")
    stage.git("remote", "set-url", "origin", str(stage.remote) + "-nowhere")
    stage.run("plan")
    stage.run("plan", "--json")
    stage.run("status")


def migrated(stage: Stage) -> None:
    """A state in a committed file: its history and its proof; then it moves to a branch."""
    _cloned(stage, "state: invent.state.json\n")
    stage.invent()
    stage.run(*APPLY)
    stage.commit("Apply")
    stage.clock("2026-11-20T10:00:00+00:00")
    stage.run("state", "rm", "b", "--reason", "Not needed")
    stage.commit("Remove b")
    stage.keep("committed")
    stage.run("history", account=False)
    stage.run("history", "b", "--json", account=False)
    stage.run("state", "verify", account=False)
    stage.run("state", "verify", "--json", account=False)
    stage.run("state", "migrate")
    stage.write("invent.yaml", ON_BRANCH)
    stage.commit("Keep the state on a branch")
    stage.git("push", "--quiet")
    stage.run("plan")
    stage.run("state", "migrate", "--json")
    stage.run("state", "migrate")
    stage.remove("invent.state.json")
    stage.run("plan", "--json")
    stage.run("history", "a", account=False)
    stage.run("state", "verify", account=False)
    stage.log("broadcast-state")


def tampered(stage: Stage) -> None:
    """A committed state that somebody has changed by hand: the proof fails."""
    _cloned(stage, "state: invent.state.json\n")
    stage.invent()
    stage.run(*APPLY, "-q")
    stage.commit("Apply")
    state = stage.read("invent.state.json").replace('"serial": 1', '"serial": 3')
    stage.write("invent.state.json", state.replace('"Campaign a"', '"Campaign z"'))
    stage.commit("Meddle")
    stage.run("state", "verify", account=False)
    stage.run("state", "verify", "--json", account=False)
    stage.run("history", "--json", account=False)
    stage.run("plan")
    stage.run("plan", "--refresh", "--json")


SCENES = (branch, behind, migrated, tampered)
