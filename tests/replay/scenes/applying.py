"""Scenes of apply and of what it leaves: the state, the journal, the report, approvals, stops."""

from __future__ import annotations

import json
import signal

from tests.replay.player import KEY, Stage
from tests.replay.scenes.offline import COLOUR, GITHUB
from tests.replay.scenes.projects import SPRING, campaigns, plain, reviewed_segments

ONE = ("--concurrency", "1", "--rate", "1000000")


def applied(stage: Stage) -> None:
    """A first apply, and the life of its records: shown, edited, renamed, removed, taken back."""
    campaigns(stage)
    stage.invent()
    stage.run("apply", "--yes", *ONE, "--only", "spring")
    stage.clock("2026-11-20T10:00:00+00:00")
    stage.run("apply", "--yes", *ONE, "--json", "--out", "report.json")
    stage.run("apply", "--yes", *ONE)
    stage.run("apply", "--yes", *ONE, "--format", "github", env=GITHUB)
    stage.keep("created")
    reviewed_segments(stage)
    stage.run("plan", "--exit-code")
    stage.run("plan", "--json")
    stage.run("state", "list")
    stage.run("state", "list", "--json")
    stage.run("state", "show", "spring")
    stage.run("state", "show", "spring", "--json")
    stage.run("history", "spring")
    stage.clock("2026-11-21T10:00:00+00:00")
    stage.write("broadcasts/spring.yaml", SPRING.replace("T09:00", "T10:00").replace("early", "late"))
    stage.move("broadcasts/news/december.yaml", "broadcasts/news/xmas.yaml")
    stage.remove("broadcasts/everyone.yaml")
    stage.write("broadcasts/fresh.yaml", "name: Fresh\nschedule: 2027-02-02T09:00\nsegments: [VIP]\n")
    for arguments in ("plan", "plan --strict", "plan --format markdown", "plan --json", "plan --format github"):
        stage.run(*arguments.split(), env=GITHUB if "github" in arguments else None)
    stage.run("apply", "--yes", *ONE)
    stage.run("apply", "--yes", *ONE, "--strict", "--json")
    stage.run("state", "mv", "news/december", "news/xmas")
    stage.run("state", "mv", "everyone", "spring")
    stage.run("apply", "--yes", *ONE, "--out", "report.json", "-q")
    stage.run("state", "rm", "everyone", "--reason", "Made by mistake")
    stage.run("state", "rm", "fresh", "--reason", "Made by mistake, too", "--json")
    stage.keep("removed")
    stage.run("state", "list")
    stage.run("plan")
    stage.run("state", "show", "fresh")
    stage.run("state", "restore", "fresh", "--reason", "It is right after all")
    stage.run("state", "restore", "spring", "--reason", "It is there")
    stage.run("state", "mv", "fresh", "fresher", "--json")
    stage.run("state", "restore", "everyone", "--reason", "Also", "--json")
    stage.run("state", "list", "--json")
    stage.run("status", "--json")


def approvals(stage: Stage) -> None:
    """Only what was approved: the plan itself, its digest, and what is refused."""
    campaigns(stage)
    stage.invent()
    stage.run("plan", "--out", "plan.json", "-q")
    stage.keep("planned")
    plan = json.loads(stage.read("plan.json"))
    stage.run("apply", "--yes", *ONE, "--approved", "v2:3:" + "0" * 16 + ":" + "0" * 64)
    stage.write("broadcasts/more.yaml", "name: More\nschedule: 2027-02-02T09:00\nsegments: [VIP]\n")
    stage.run("apply", "--yes", *ONE, "--plan", "plan.json", "--out", "report.json")
    stage.run("apply", "--yes", *ONE, "--approved", plan["digest"])
    stage.remove("broadcasts/more.yaml")
    stage.write("broadcasts/spring.yaml", SPRING.replace("T09:00", "T10:00"))
    stage.run("apply", "--yes", *ONE, "--plan", "plan.json")
    stage.run("apply", "--yes", *ONE, "--plan", "plan.json", "--json")
    stage.write("broadcasts/spring.yaml", SPRING)
    stage.write("broken.json", "{")
    stage.write("other.json", '{"kind": "report"}')
    stage.run("apply", "--yes", "--plan", "broken.json")
    stage.run("apply", "--yes", "--plan", "other.json")
    stage.run("apply", "--yes", "--approved", "unapproved")
    stage.run("apply", "--yes", *ONE, "--only", "everyone", "--approved", plan["digest"])
    stage.run("apply", "--yes", *ONE, "--plan", "plan.json", "--format", "github", env=GITHUB)
    stage.run("apply", "--yes", *ONE, "--approved", plan["digest"], "--json")


def asked(stage: Stage) -> None:
    """At a terminal: the plan, the question, and each answer."""
    plain(stage, "a", "b")
    question = "Create "
    stage.invent()
    stage.ask("apply", *ONE, answers=[(question, "no\n")])
    stage.ask("apply", *ONE, "--only", "a", "--json", answers=[(question, "yes\n")])
    stage.ask("apply", *ONE, answers=[(question, "yes\n")], env={"NO_COLOR": "1"})
    stage.ask("apply", *ONE, answers=[])
    stage.ask("plan", answers=[], env=COLOUR)


def refusals(stage: Stage) -> None:
    """Invent says no, in every way in which surely nothing is created, and in part of them."""
    plain(stage, "a", "b")
    apply = ("apply", "--yes", *ONE)
    stage.account = {"INVENT_BASE_URL": "http://127.0.0.1:1", "INVENT_API_KEY": KEY}
    stage.run(*apply)
    stage.invent("error-before=404@list:*", "error-before=404@segments:*")
    stage.run("plan", "--refresh")
    stage.run("status")
    stage.run("refresh", "--json")
    stage.run("import")
    stage.run("segments", "pull")
    stage.invent(key="another-key")
    stage.run(*apply)
    stage.run("reconcile")
    stage.run("status", "--json")
    stage.invent("clock=-3600@list:*")
    stage.run(*apply)
    stage.run(*apply, "--json")
    stage.invent("error-before=400@create:1")
    stage.run(*apply, "--out", "report.json")
    stage.run("plan", "--exit-code", "-q")
    stage.invent("other-time@create:1")
    stage.run(*apply, "--format", "github", env=GITHUB)
    stage.run("plan")


def killed(stage: Stage) -> None:
    """A run that is killed while a call is in flight, what it leaves, and what takes it up."""
    plain(stage, "a", "b", "c")
    stage.invent("hang=90@create:2")
    # The files that an older version kept have them in this order; c would be sent before both.
    arguments = ("apply", "--yes", *ONE, "--only", "[ab]", "--out", "report.json")
    stage.struck(*arguments, when=lambda: stage.created() == 2, signals=[signal.SIGKILL])
    stage.invent()
    stage.keep("killed")
    for line in ("plan", "plan --json", "plan --format markdown", "plan --format github", "status", "state list"):
        stage.run(*line.split(), env=GITHUB if "github" in line else None)
    stage.run("state", "list", "--json")
    stage.run("state", "show", "b")
    stage.run("resolve", "b", "--not-created", "--reason", "Too early to know")
    stage.run("reconcile", "--json")
    stage.run("apply", "--yes", *ONE, "--json")
    stage.run("plan", "--exit-code")


def interrupted(stage: Stage) -> None:
    """Ctrl-C once, and twice."""
    plain(stage, "a", "b", "c")
    stage.invent("hang=3@create:2")
    some = ("apply", "--yes", *ONE, "--only", "[ab]", "--out", "report.json")
    stage.struck(*some, when=lambda: stage.created() == 2, signals=[signal.SIGINT])
    stage.run("plan", "-q")
    stage.invent("hang=90@create:1")
    arguments = ("apply", "--yes", *ONE, "--out", "report.json")
    stage.struck(
        *arguments, when=lambda: stage.created() == 3, signals=[signal.SIGINT, signal.SIGINT], note="Ctrl-C twice"
    )
    stage.invent()
    stage.keep("interrupted")
    stage.run("plan", "--json")
    stage.clock("2026-11-20T12:00:00+00:00")
    stage.run("apply", "--yes", *ONE, "--format", "github", env=GITHUB)


def bound(stage: Stage) -> None:
    """A state of another account, a damaged one, one with conflict markers, and one from the future."""
    plain(stage, "a")
    stage.invent()
    stage.run("apply", "--yes", *ONE)
    stage.run("apply", "--yes", "--org", "org_2")
    stage.run("plan", "--sandbox")
    stage.run("state", "list", "--base-url", "https://invent.example.test", "--json")
    good = stage.read("invent.state.json")
    for text in (
        "{",
        "[]",
        good.replace('"version": ', '"version": 9'),
        f"<<<<<<< ours\n{good}=======\n{good}>>>>>>> theirs\n",
    ):
        stage.write("invent.state.json", text)
        stage.run("plan")
        stage.run("apply", "--yes", "--json")
    stage.write("invent.state.json", good.replace('"Campaign a"', '"Campaign z"'))
    stage.run("plan")
    stage.write("state/other.json", good)
    stage.run("state", "list", "--state", "state/other.json")
    stage.run("plan", "--state", "state/new.json", "--exit-code")


SCENES = (applied, approvals, asked, refusals, killed, interrupted, bound)
