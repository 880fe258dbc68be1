"""Puts the campaigns of all examples into one project, and lets an October pass, for the picture of the calendar."""

from __future__ import annotations

import json
import re
import shutil

from tests.replay.player import Stage
from tests.running import ROOT

EXAMPLES = ROOT / "examples"
SOURCES = ("broadcasts", "weekly-newsletter/broadcasts", "launch-three-zones/broadcasts")
CATALOGUES = ("segments.yaml", "weekly-newsletter/segments.yaml", "launch-three-zones/segments.yaml")
ORG = "acme-bikes"
RULES = """\
timezone: Europe/Berlin
policies:
  quiet_hours: {from: "20:00", to: "08:00"}
  blackout_days: [2028-10-28..2028-10-29]
"""
# Added when the autumn is planned already, so that what lies too close together is shown, and not refused.
GAP = "  minimum_gap: 36h\n"
# Written, and not yet merged on the day of the picture.
NEW = "launch-three-zones/broadcasts/reminder.yaml"
SENT = (
    ("The autumn issue", "2028-10-03T07:00+00:00", 19350, 18901, 8694, 1512),
    ("Ask the makers", "2028-10-10T07:00+00:00", 18400, 18014, 7205, 1081),
    ("October newsletter", "2028-10-11T08:00+00:00", 21500, 20950, 8170, 1257),
    ("A day in the workshop", "2028-10-17T07:00+00:00", 18400, 18032, 8475, 1623),
)
CANCELLED = "Winter tyres for your bike"
EMPTY = ("Meet Atlas 2 – Americas",)
DAY = "2028-10-20T08:00+00:00"


def calendar_page(stage: Stage) -> str | None:
    """Return the page of October as of `DAY`; None where the program has no calendar."""
    stage.clock("2028-09-01T08:00+00:00")
    _begin(stage)
    stage.run("apply", "--yes", "--concurrency", "1", "-q")
    _live(stage)
    stage.clock(DAY)
    stage.run("refresh", "-q")
    stage.write("invent.yaml", RULES + GAP)
    shutil.copy(EXAMPLES / NEW, stage.folder / "broadcasts" / NEW)
    words = ("--refresh", "--month", "2028-10", "--format", "html", "--out", "calendar.html")
    return stage.read("calendar.html") if stage.run("calendar", *words) == 0 else None


def _begin(stage: Stage) -> None:
    for source in SOURCES:
        shutil.copytree(EXAMPLES / source, stage.folder / "broadcasts" / source)
    (stage.folder / "broadcasts" / NEW).unlink()
    stage.write("invent.yaml", RULES)
    texts = [(EXAMPLES / name).read_text(encoding="utf-8") for name in CATALOGUES]
    segments = {match[1]: match for text in texts for match in re.finditer(_SEGMENT, text, re.MULTILINE)}
    stage.write("segments.yaml", "".join(f"{match[0]}\n" for match in segments.values()))
    stage.invent()
    stage.account["INVENT_ORG_ID"] = ORG
    for name, match in segments.items():
        stage.dashboard(f"segments/{match[2]}", {"name": name, "contacts_count": int(match[3])}, org=ORG)


_SEGMENT = r"^([\w-]+): \{ *id: (\w+), contacts_count: (\d+) *\}"


def _live(stage: Stage) -> None:
    """Let people write most messages, call one letter off, and see what is due until `DAY` sent."""
    state = json.loads(stage.read("invent.state.json"))["broadcasts"]
    names = sorted(record["request"]["name"] for record in state.values())
    over = {name for name, *_ in SENT}
    for name in names:
        if name not in (*over, *EMPTY):
            status = "CANCELLED" if name == CANCELLED else "SCHEDULED"
            stage.dashboard(f"broadcasts/{name}", {"status": status, "templates": [{}]}, org=ORG)
    for name, moment, sent, delivered, opened, clicked in SENT:
        stage.clock(moment)
        counts = {"sent_count": sent, "delivered_count": delivered, "opened_count": opened, "click_count": clicked}
        counts["failed_count"] = sent - delivered
        stage.dashboard(f"broadcasts/{name}", {"status": "SENT", "templates": [{}], **counts}, org=ORG)
