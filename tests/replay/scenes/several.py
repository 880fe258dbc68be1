"""Scenes of projects with several workspaces: each in turn, one by name, one with a fault."""

from __future__ import annotations

import json

from tests.replay.player import KEY, Stage
from tests.replay.scenes.applying import ONE
from tests.replay.scenes.offline import GITHUB
from tests.replay.scenes.projects import plain

APPLY = ("apply", "--yes", *ONE)
TWO = {"acme": {"org": "org_111"}, "globex": {"org": "org_222", "key": "INVENT_API_KEY_GLOBEX"}}


def _project(stage: Stage) -> None:
    stage.write("invent.yaml", json.dumps({"policies": {"max_creates": 3}, "workspaces": TWO}))
    for name in TWO:
        plain(stage, "a", "b", below=f"{name}/broadcasts")
    stage.invent()
    stage.account["INVENT_API_KEY_GLOBEX"] = KEY


def workspaces(stage: Stage) -> None:
    """Two workspaces in turn, with every command and every form that knows of `--all`."""
    _project(stage)
    for line in ("workspaces", "workspaces --json", "workspaces --format matrix", "workspaces --workspace acme"):
        stage.run(*line.split())
    stage.run("workspaces", "--format", "github", env=GITHUB)
    stage.run("apply", "--yes")
    stage.run("state", "show", "a")
    stage.run("plan", "--workspace", "nosuch")
    for line in (
        "plan",
        "plan --json",
        "plan --format markdown",
        "plan --out {workspace}.json -q",
        "validate --format sarif",
    ):
        stage.run(*line.split())
    stage.run("validate", "--format", "sarif")
    stage.run("plan", "--exit-code", "--format", "github", env=GITHUB)
    stage.run(*APPLY, "--all", "--only", "a")
    stage.run(*APPLY, "--all", "--json", "--out", "{workspace}.report.json")
    stage.run(*APPLY, "--all", "--format", "github", env=GITHUB)
    stage.keep("workspaces")
    stage.dashboard("broadcasts/Campaign a", {"status": "CANCELLED"}, org="org_222")
    for line in ("status", "status --json", "status --format markdown", "refresh --all", "reconcile --all --json"):
        stage.run(*line.split())
    for line in ("state list --all", "state list --all --json", "segments pull --all", "validate", "validate --json"):
        stage.run(*line.split())
    stage.run("state", "rm", "a", "--workspace", "acme", "--reason", "Not needed")
    stage.run("state", "show", "b", "--workspace", "globex", "--json")
    stage.run("status", "--workspace", "acme")
    stage.run("plan", "--out", "one.json")


def one_invalid(stage: Stage) -> None:
    """Two workspaces, one with an invalid definition; then with no key, a damaged state, and too many creates."""
    _project(stage)
    stage.write("globex/broadcasts/bad.yaml", "nmae: Bad\n")
    for line in (
        "validate",
        "validate --json",
        "validate --format sarif",
        "plan",
        "plan --json",
        "plan --format markdown",
    ):
        stage.run(*line.split())
    stage.run("validate", "--format", "github", env=GITHUB)
    stage.run("validate", "--files", "globex/broadcasts/bad.yaml", "acme/broadcasts/a.yaml")
    stage.run("plan", "--format", "github", "--out", "{workspace}.json", env=GITHUB)
    stage.run(*APPLY, "--all", "--only", "a", "--out", "{workspace}.report.json")
    stage.run(*APPLY, "--all", "--json", "--only", "b")
    stage.run("status")
    stage.remove("globex/broadcasts/bad.yaml")
    del stage.account["INVENT_API_KEY_GLOBEX"]
    stage.run(*APPLY, "--all")
    stage.run("status", "--json")
    stage.write("globex/invent.state.json", "{")
    stage.run("plan")
    stage.run("state", "list", "--all", "--json")
    stage.remove("globex/invent.state.json")
    stage.account["INVENT_API_KEY_GLOBEX"] = KEY
    plain(stage, "c", "d", "e", "f", below="acme/broadcasts")
    stage.run(*APPLY, "--all", "--format", "github", env=GITHUB)
    stage.write("invent.yaml", "workspaces: {acme: {org: org_1}, Acme: {org: org_1}, globex: {key: a b}}\n")
    stage.run("validate")
    stage.run("plan", "--all", "--json")


SCENES = (workspaces, one_invalid)
