"""Scenes of what people do in Invent: drift, refresh, status, import, and the catalogue of segments."""

from __future__ import annotations

from tests.replay.player import Stage
from tests.replay.scenes.applying import ONE
from tests.replay.scenes.offline import COLOUR, GITHUB
from tests.replay.scenes.projects import CATALOGUE, SPRING, campaigns, reviewed_segments

APPLY = ("apply", "--yes", *ONE)
DUE = "2026-12-01T12:00:00+00:00"


def _created(stage: Stage) -> None:
    campaigns(stage)
    stage.write("broadcasts/gone.yaml", "name: Gone\nschedule: 2027-02-02T09:00\nsegments: [VIP]\n")
    stage.write("broadcasts/off.yaml", "name: Called off\nschedule: 2027-02-03T09:00\nsegments: [VIP]\n")
    stage.invent()
    reviewed_segments(stage)
    stage.run(*APPLY, "-q")
    stage.dashboard("segments/seg_456", {"name": "Newsletter", "contacts_count": 90000})


def drift(stage: Stage) -> None:
    """Edited, put off, called off and deleted in Invent: seen in every form, then taken into the records."""
    _created(stage)
    stage.clock("2026-11-22T09:00:00+00:00")
    stage.dashboard("broadcasts/Gone")
    stage.dashboard("broadcasts/Called off", {"status": "CANCELLED"})
    stage.dashboard("broadcasts/Everyone, at last", {"name": "Everyone | <b>at last</b> ::error::"})
    edit = {"scheduled_at": "2027-03-02T14:00:00Z", "segment_ids": ["seg_456"], "templates": [{}]}
    stage.dashboard("broadcasts/Spring – early access for VIPs", edit)
    stage.keep("drifted")
    for line in ("plan", "plan --refresh", "plan --refresh --json", "plan --refresh --format markdown"):
        stage.run(*line.split())
    stage.run("plan", "--refresh", "--format", "github", "--out", "plan.json", env=GITHUB)
    stage.run("plan", "--refresh", env=COLOUR)
    stage.run("status")
    stage.run("refresh")
    stage.run("refresh", "--json")
    stage.run("plan", "--exit-code")
    stage.run("plan", "--json", "--only", "spring")
    stage.write("broadcasts/spring.yaml", SPRING.replace("2027-03-01", "2027-03-02").replace("[VIP]", "[Newsletter]"))
    stage.run("plan")
    stage.run("state", "list")
    stage.run("state", "show", "gone", "--json")
    stage.invent("error-before=404@list:page=1", "error-before=404@segments:*")
    stage.run("plan", "--refresh")
    stage.run("refresh")


def due(stage: Stage) -> None:
    """The page for those who run the campaigns: not ready, overdue, failed, in flight, sent; in every form."""
    _created(stage)
    stage.clock("2026-11-30T12:00:00+00:00")
    stage.run("status", "--exit-code")
    stage.clock(DUE)
    sent = {"status": "SENT", "sent_count": 43000, "delivered_count": 41000, "opened_count": 20500, "click_count": 1025}
    stage.dashboard("broadcasts/Gone", {**sent, "scheduled_at": "2026-11-28T09:00:00Z", "templates": [{}]})
    stage.dashboard("broadcasts/Called off", {"status": "FAILED", "scheduled_at": "2026-11-29T09:00:00Z"})
    stage.dashboard("broadcasts/Everyone, at last", {"status": "SENDING", "scheduled_at": "2026-12-01T11:59:00Z"})
    stage.dashboard("broadcasts/Spring – early access for VIPs", {"templates": [{"error": "No sender"}]})
    for line in ("status", "status --json --out status.json", "status --format markdown", "status --exit-code -q"):
        stage.run(*line.split())
    stage.run("status", "--format", "github", "--soon", "365d", env=GITHUB)
    stage.run("status", "--past", "1", env=COLOUR)
    stage.run("status", env={"COLUMNS": "60"})
    stage.run("status", "--soon", "365d", env={"COLUMNS": "200"})
    stage.run("refresh")
    stage.run("plan")
    stage.run("plan", "--refresh", "--format", "markdown")


def calendar(stage: Stage) -> None:
    """The calendar as files, records and Invent tell it: planned, refused, sent, made by hand."""
    _created(stage)
    stage.write("broadcasts/late.yaml", "name: Late\nschedule: 2026-11-21T09:00\nsegments: [VIP]\n")
    stage.write("broadcasts/new.yaml", "name: New\nschedule: 2027-02-02T11:00\nsegments: [VIP]\nowner: growth\n")
    # Earlier than any file of this run was written, so that the time of its change is that of the clock.
    stage.clock("2026-11-22T12:00:00+00:00")
    stage.run("calendar", "--json")
    sent = {"status": "SENT", "sent_count": 43000, "delivered_count": 41000, "opened_count": 20500, "click_count": 1025}
    stage.dashboard("broadcasts/Gone", {**sent, "scheduled_at": "2026-11-21T09:00:00Z", "templates": [{}]})
    stage.dashboard("broadcasts/Called off", {"status": "CANCELLED"})
    stage.create_by_hand("By hand <b>", scheduled_at="2027-03-01T14:00:00Z")
    stage.run("calendar", "--refresh", "--json")
    stage.run("calendar", "--month", "2026-13")
    stage.run("calendar", "--from", "2026-12-02", "--to", "2026-12-01")
    stage.run("calendar", "--out", "calendar.txt")
    stage.write("mine.ics", "mine")
    stage.run("calendar", "--out", "mine.ics")


def imported(stage: Stage) -> None:
    """Broadcasts that were made by hand: listed, chosen, written as definitions, and what is in the way."""
    campaigns(stage)
    stage.invent()
    stage.run("import")
    stage.dashboard("segments/vip", {"name": "VIP", "contacts_count": 1240})
    stage.create_by_hand("Spring – early access for VIPs", scheduled_at="2027-03-01T14:00:00Z")
    stage.create_by_hand("Spring Sale!", ["vip", "seg_new"], scheduled_at="2027-04-01T08:30:15Z")
    stage.create_by_hand("Spring sale", scheduled_at="2027-05-01T08:00:00Z")
    stage.create_by_hand("日本", scheduled_at="2027-06-01T08:00:00Z")
    stage.create_by_hand("At once")
    stage.write("broadcasts/spring-sale.yaml", "name: Another\nschedule: 2027-02-02T09:00\nsegments: [VIP]\n")
    for line in ("import", "import --json", "import --only spring*", "import nosuch"):
        stage.run(*line.split())
    stage.run("import", stage.id_of("日本"))
    stage.run("import", "--all", "--json")
    stage.run("import", "--all")
    stage.run("plan")
    stage.run("state", "list", "--json")
    stage.run("validate")


def segments(stage: Stage) -> None:
    """The catalogue: written, brought up to date, with comments and order kept, and with clashes."""
    stage.invent()
    stage.run("segments", "pull")
    stage.write("invent.yaml", "segments: segments.yaml\n")
    for id, name, contacts in (("vip", "VIP", 1240), ("s_2", "Twin", 3), ("s_3", "Twin", 4), ("s_4", "no", 5)):
        stage.dashboard(f"segments/{id}", {"name": name, "contacts_count": contacts})
    stage.run("segments", "pull")
    stage.run("segments", "list")
    stage.run("segments", "pull", "--json")
    stage.write("segments.yaml", CATALOGUE.replace("VIP:", "# The best\nVIP:"))
    stage.write("broadcasts/a.yaml", "name: A\nschedule: 2027-02-02T09:00Z\nsegments: [VIP, Newsletter]\n")
    stage.dashboard("segments/vip", {"name": "VIP 2027", "contacts_count": 7})
    stage.clock("2026-11-25T09:00:00+00:00")
    stage.run("segments", "pull", "--json")
    stage.run("segments", "list", "--json")
    stage.run("validate")
    stage.run("plan")
    stage.run("plan", "--refresh")
    stage.invent("error-before=404@segments:*")
    stage.run("segments", "pull")
    stage.write("segments.yaml", "VIP: [")
    stage.run("segments", "pull")


SCENES = (drift, due, calendar, imported, segments)
