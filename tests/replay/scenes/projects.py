"""The files that scenes begin with."""

from __future__ import annotations

from tests.replay.player import Stage

CATALOGUE = """\
read_at: "2026-11-01T08:00:00Z"
VIP: {id: vip, contacts_count: 1240}
Newsletter: {id: seg_456, contacts_count: 41800}
Nobody yet: {id: seg_0, contacts_count: 0}
"""
PROJECT = """\
timezone: Europe/Berlin
segments: segments.yaml
policies:
  minimum_lead_time: 2h
  max_creates: 5
"""
SPRING = """\
name: Spring – early access for VIPs
schedule:
  at: 2027-03-01T09:00
  timezone: America/New_York
segments: [VIP]
description: |
  Early access for VIPs.
  A day before everyone else.
owner: growth-team
"""
NEWS = """\
name: The December newsletter | with a pipe, 日本語 and an emoji 🎉
schedule: 2026-12-01T10:00
segments: [Newsletter, VIP]
"""
ALL = """\
name: Everyone, at last
schedule: 2026-12-24T18:00:00+01:00
send_to_all: true
owner: jo
"""
# With nothing but ids, and all in one instant's reach.
PLAIN = "name: Campaign {key}\nschedule: 2027-03-0{day}T09:00:00Z\nsegments: [vip]\n"


def campaigns(stage: Stage) -> None:
    """A project with a catalogue and three good definitions."""
    stage.write("invent.yaml", PROJECT)
    stage.write("segments.yaml", CATALOGUE)
    stage.write("broadcasts/spring.yaml", SPRING)
    stage.write("broadcasts/news/december.yaml", NEWS)
    stage.write("broadcasts/everyone.yaml", ALL)


def plain(stage: Stage, *keys: str, below: str = "broadcasts") -> None:
    """A good definition for each key, on days of their own, with no project file."""
    for key in keys:
        stage.write(f"{below}/{key}.yaml", PLAIN.format(key=key, day=1 + ord(key[0]) % 9))


def reviewed_segments(stage: Stage) -> None:
    """Let Invent have as many contacts as the catalogue says."""
    for id, name, contacts in (("vip", "VIP", 1240), ("seg_456", "Newsletter", 41800)):
        stage.dashboard(f"segments/{id}", {"name": name, "contacts_count": contacts})
