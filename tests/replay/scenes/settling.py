"""Scenes of keys whose outcome is unknown, of what people say about them, and of what exists twice."""

from __future__ import annotations

import json

from tests.replay.player import Stage
from tests.replay.scenes.applying import ONE
from tests.replay.scenes.offline import GITHUB
from tests.replay.scenes.projects import plain

APPLY = ("apply", "--yes", *ONE)
LATER = "2026-11-20T12:00:00+00:00"


def blocked(stage: Stage) -> None:
    """Two lost answers while the list is not served: blocked, shown in every form, settled by a person."""
    plain(stage, "a", "b", "c")
    stage.invent("close-before@create:2", "html-after@create:3", "error-before=404@list:*")
    stage.run(*APPLY, "--blind", "--out", "report.json")
    stage.keep("blocked")
    stage.run(*APPLY, "--json")
    for line in ("plan", "plan --json", "plan --format markdown", "plan --format github", "status", "state list"):
        stage.run(*line.split(), env=GITHUB if "github" in line else None)
    stage.run("resolve", "a", "--not-created", "--reason", "Looked, and it is not there")
    stage.run("reconcile")
    stage.clock(LATER)
    stage.run("resolve", "a", "--not-created", "--reason", "The list says nothing", "--anyway")
    stage.invent()
    stage.run("status", "--format", "markdown")
    stage.run("reconcile")
    stage.run("plan")
    stage.run("plan", "--json", "--only", "a")
    stage.run(*APPLY)
    stage.run("state", "show", "b", "--json")


def resolved(stage: Stage) -> None:
    """A person's words: an id, a wrong one, its correction, and the id of a record that was lost."""
    plain(stage, "a", "b")
    stage.invent("close-after@create:1", "other-name@create:2", "omit-silently@list:*")
    stage.run(*APPLY)
    stage.clock(LATER)
    stage.invent()
    stage.create_by_hand("Campaign a", scheduled_at="2027-03-08T09:00:00Z")
    stage.keep("two-candidates")
    stage.run("plan")
    stage.run(*APPLY, "--json")
    stage.run("reconcile")
    stage.run("plan", "--json")
    first, second = (stage.id_of("Campaign a", number=number) for number in (0, 1))
    stage.run("resolve", "a", "--id", "b_nosuch")
    stage.run("resolve", "a", "--id", second, "--reason", "As far as I remember")
    stage.run("resolve", "a", "--id", second)
    stage.run("resolve", "a", "--id", first, "--instead-of", second, "--reason", "The other one was it")
    stage.run("resolve", "a", "--id", first, "--instead-of", second, "--reason", "Again", "--json")
    stage.run("plan", "--refresh")
    stage.run("status", "--json")
    stage.run("state", "show", "a")
    stage.write("invent.state.json", json.dumps(_without(stage, "b"), indent=2, sort_keys=True) + "\n")
    stage.run("plan")
    stage.run(*APPLY)
    stage.run("resolve", "b", "--id", stage.id_of("Campaign b"), "--json")
    stage.run("resolve", "nosuch", "--not-created", "--reason", "No")


def _without(stage: Stage, key: str) -> dict[str, object]:
    state = dict(json.loads(stage.read("invent.state.json")))
    del state["broadcasts"][key]
    return state


def denied(stage: Stage) -> None:
    """What was said not to be created turns up, beside the one that was created after it."""
    plain(stage, "a")
    stage.invent("close-after@create:1", "omit@list:*")
    stage.run(*APPLY)
    stage.clock(LATER)
    stage.invent("omit-silently@list:*")
    stage.run("resolve", "a", "--not-created", "--reason", "The whole list was read")
    stage.keep("denied")
    stage.run("plan")
    stage.run("plan", "--json")
    stage.run("state", "list", "--json")
    stage.run(*APPLY)
    stage.invent()
    stage.run("plan")
    stage.run(*APPLY)
    stage.run("reconcile", "--json")
    stage.run("status")
    stage.run("plan", "--refresh", "--format", "github", env=GITHUB)
    stage.run("plan", "--refresh", "--json")
    stage.run("resolve", "a", "--id", stage.id_of("Campaign a"), "--reason", "Found it")
    stage.run("resolve", "a", "--not-created", "--not", stage.id_of("Campaign a"), "--reason", "A test")
    stage.run(*APPLY, "--format", "github", env=GITHUB)


def adopted(stage: Stage) -> None:
    """A lost answer that is found, with another one exactly like it that turns up within a day."""
    plain(stage, "a", "b")
    stage.invent("close-after@create:1", "lag=5@list:*")
    stage.run(*APPLY, "--only", "a")
    stage.invent()
    stage.keep("unlisted")
    stage.run("plan", "--only", "a")
    stage.run(*APPLY, "--only", "a", "--json")
    stage.create_by_hand("Campaign a", scheduled_at="2027-03-08T09:00:00Z")
    stage.clock(LATER)
    stage.run(*APPLY, "--out", "report.json")
    stage.run("reconcile")
    stage.run("status", "--format", "github", env=GITHUB)
    stage.run("refresh")
    stage.run("import")
    stage.run("plan", "--refresh")


def renamed(stage: Stage) -> None:
    """What looks like a rename, in the state, in Invent only, and as a definition of its own."""
    plain(stage, "a")
    stage.invent()
    stage.run(*APPLY)
    stage.move("broadcasts/a.yaml", "broadcasts/z.yaml")
    stage.run("plan")
    stage.run(*APPLY, "--json")
    stage.write("broadcasts/a.yaml", stage.read("broadcasts/z.yaml"))
    stage.run("validate")
    stage.remove("broadcasts/a.yaml")
    stage.run("state", "mv", "a", "z")
    stage.create_by_hand("Campaign b", scheduled_at="2027-03-09T09:00:00Z")
    plain(stage, "b")
    stage.run("plan")
    stage.run("plan", "--refresh")
    stage.run(*APPLY)
    stage.run(*APPLY, "--json")


SCENES = (blocked, resolved, denied, adopted, renamed)
