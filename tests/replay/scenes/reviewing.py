"""Scenes of a repository on GitHub: the comment on a pull request, its approval, the outcome, and the issue."""

from __future__ import annotations

import json

from tests.replay.player import Stage
from tests.replay.scenes.applying import ONE
from tests.replay.scenes.projects import SPRING, campaigns, plain

APPLY = ("apply", "--yes", *ONE)
OLD, HEAD, MERGE, NEXT = "a" * 40, "b" * 40, "c" * 40, "d" * 40
EVIL = "@everyone #1 | <img src=x> ::error::x --> <!-- invent-gitops ##[group]"
EVIL_SPRING = SPRING.replace("Spring – early access for VIPs", f'"Spring {EVIL}"')


def reviewed(stage: Stage) -> None:
    """A pull request from its first plan to its outcome: the comment, its marker, the approved digest, and an apply."""
    campaigns(stage)
    stage.invent()
    hub = stage.github()
    hub.add_pull(7, OLD)
    stage.commit("Plan the campaigns (#7)")
    stage.step_of_workflow(pull=7)
    stage.run("plan", "--format", "github", "--out", "plan.json")
    stage.run("github", "comment", "plan.json")
    stage.run("github", "comment", "plan.json", "--json")
    stage.keep("commented")
    hub.push(7, HEAD)
    stage.step_of_workflow(pull=7)
    stage.run("github", "outdated")
    stage.run("github", "outdated", "--json")
    stage.clock("2026-11-20T10:00:00+00:00")
    stage.write("broadcasts/spring.yaml", EVIL_SPRING)
    stage.run("plan", "--out", "plan.json", "-q")
    stage.run("github", "comment", "plan.json", "-v")
    stage.step_of_workflow(push=MERGE)
    stage.run("github", "approved")
    stage.keep("to-be-approved")
    hub.merge(7, MERGE)
    stage.clock("2026-11-20T13:00:00+00:00")
    stage.step_of_workflow(push=MERGE, message="Plan the campaigns (#7)")
    stage.run("github", "approved", "--out", "approved.json")
    stage.run("github", "approved", "--required", "--json")
    stage.run("apply", "--yes", *ONE, "--plan", "approved.json", "--format", "github", "--out", "report.json")
    stage.keep("reported")
    stage.run("github", "comment", "report.json")
    stage.run("github", "comment", "report.json", "--json")
    stage.run("github", "approved", "--json")
    stage.step_of_workflow(push=NEXT)
    stage.run("github", "approved", "--required")


def unreviewed(stage: Stage) -> None:
    """What GitHub does not allow, and what is no evidence: forks, no token, others' comments, changed definitions."""
    plain(stage, "a")
    hub = stage.github()
    hub.add_pull(7, HEAD)
    stage.run("plan", "--out", "plan.json", "-q")
    stage.run("github", "comment", "plan.json")
    stage.step_of_workflow(pull=7, token="")
    stage.run("github", "comment", "plan.json")
    stage.step_of_workflow(pull=7, fork=True)
    stage.run("github", "comment", "plan.json", "--json")
    hub.writable = False
    stage.step_of_workflow(pull=7)
    stage.run("github", "comment", "plan.json")
    hub.writable = True
    stage.write(
        "failed.json", json.dumps({"kind": "plan", "version": 1, "exit_code": 4, "problems": [], "error": None})
    )
    for name in ("failed.json", "plan.json", "nosuch.json", "broadcasts/a.yaml"):
        stage.run("github", "comment", name)
    stage.write("invent.state.json", "{")
    stage.run("plan", "--json", "--out", "failed.json")
    stage.remove("invent.state.json")
    stage.run("github", "comment", "failed.json")
    hub.comments(7)[0]["user"] = {"login": "mallory", "type": "User"}
    hub.merge(7, MERGE)
    stage.step_of_workflow(push=MERGE)
    stage.run("github", "approved", "--out", "approved.json")
    stage.run("github", "approved", "--required", "--json")
    stage.run("apply", "--yes", "--sandbox", "--approved", "unapproved", "--format", "github")
    stage.step_of_workflow(push=MERGE, token="wrong")
    stage.run("github", "comment", "plan.json")
    stage.run("github", "issue", "plan.json")
    stage.run("github", "approved", "--json")


def drifted(stage: Stage) -> None:
    """The one issue: opened, brought up to date, closed, opened again; by plans, reports and pages of status."""
    plain(stage, "a", "b")
    stage.invent()
    hub = stage.github()
    stage.step_of_workflow(push=MERGE)
    stage.run("plan", "--out", "plan.json", "-q")
    stage.run("github", "issue", "plan.json")
    stage.run("github", "issue", "plan.json", "--json")
    stage.run(*APPLY, "--out", "report.json", "-q")
    stage.run("status", "--out", "status.json", "-q")
    stage.keep("issue")
    stage.clock("2026-11-21T09:00:00+00:00")
    stage.run("github", "issue", "status.json", "--title", "Another title")
    stage.run("github", "issue", "report.json", "--json")
    stage.dashboard("broadcasts/Campaign a", {"status": "FAILED"})
    stage.dashboard("broadcasts/Campaign b")
    stage.run("status", "--out", "status.json", "--format", "github")
    stage.run("github", "issue", "status.json")
    stage.run("plan", "--refresh", "--out", "plan.json", "--json")
    stage.run("github", "issue", "plan.json", "--json")
    hub.issues_enabled = False
    stage.run("github", "issue", "plan.json")


SCENES = (reviewed, unreviewed, drifted)
