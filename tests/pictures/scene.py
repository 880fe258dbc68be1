"""Plays the campaigns of `examples/` through a pull request, and keeps the pages that the pictures show.

Real runs of the program, with a clock that stands still. Invent and GitHub are the stand-ins of the replay tests.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.github.standin import REPOSITORY
from tests.pictures.autumn import calendar_page
from tests.replay.player import INVENT, Stage
from tests.replay.program import Program, playing
from tests.running import ROOT

T = TypeVar("T")
IMAGES = ROOT / "docs" / "images"
DIGESTS = IMAGES / "inputs.sha256"
# What decides how a page looks, beside the page itself.
LOOKS = tuple(Path(__file__).with_name(name) for name in ("page.css", "page.py", "shots.py"))

API = "https://api.useinvent.com"
NEWSLETTER = "broadcasts/newsletter/2028.yaml"
FRIDAY = ("black-friday-everyone", "black-friday-vip")
HEAD, MERGE = (hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest() for name in ("head", "merge"))
RUN = f"https://github.com/{REPOSITORY}/actions/runs/77"
APPLY = ("--yes", "--concurrency", "1", "-q")


def pages() -> dict[str, str]:
    """Return the pages by the names of their files: Markdown, and HTML where the program makes it."""
    with playing(sys.executable, ROOT) as program:
        texts = _staged(program, _play)
        calendar = _staged(program, calendar_page)
        if calendar is not None:
            texts["calendar.html"] = calendar
        return {name: program.as_recorded(_public(text)) for name, text in texts.items()}


def _staged(program: Program, scene: Callable[[Stage], T]) -> T:
    folder = Path(tempfile.mkdtemp())
    stage = Stage(program, folder)
    try:
        return scene(stage)
    finally:
        stage.close()
        shutil.rmtree(folder)


def digests(texts: dict[str, str]) -> str:
    """Return the lines of the file that is committed beside the pictures: what they were made of."""
    looks = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in LOOKS}
    lines = [f"{hashlib.sha256(text.encode()).hexdigest()}  {name}" for name, text in (texts | looks).items()]
    return "\n".join(sorted(lines, key=lambda line: line.split()[1])) + "\n"


def _play(stage: Stage) -> dict[str, str]:
    texts: dict[str, str] = {}
    stage.clock("2028-09-01T08:00+00:00")
    _begin(stage)
    texts["comment.md"] = _planned(stage, 7, "Plan Black Friday (#7)")
    stage.run("apply", *APPLY)
    stage.clock("2028-09-25T08:00+00:00")
    later = re.sub(r"(2028-10-\d\dT)10:00", r"\g<1>11:00", stage.read(NEWSLETTER))
    stage.write(NEWSLETTER, later)
    stage.write("broadcasts/webinar.yaml", _WEBINAR)
    texts["annotated.md"] = _planned(stage, 8, "Move the October newsletter, invite to the webinar (#8)")
    stage.run("apply", *APPLY)
    _act_in_invent(stage)
    stage.clock("2028-11-22T15:00+00:00")
    stage.step_of_workflow(push=MERGE)
    stage.run("refresh", "-q")
    stage.run("status", "--format", "markdown")
    texts["status.md"] = stage.steps[-1].parts["stdout"] or ""
    return texts


_WEBINAR = """\
name: Webinar invitation
schedule: { at: 2028-10-18T15:00, timezone: Europe/Berlin }
segments: [trial-users]
description: How to set up your first automation
owner: growth-team
"""


def _begin(stage: Stage) -> None:
    """Let the newsletters of the examples be created already, and Black Friday be written and not yet merged."""
    shutil.copytree(ROOT / "examples" / "broadcasts", stage.folder / "broadcasts")
    for name in ("invent.yaml", "segments.yaml"):
        shutil.copy(ROOT / "examples" / name, stage.folder / name)
    stage.invent()
    for name, id, contacts in re.findall(
        r"^(\S+): \{ *id: (\S+), contacts_count: (\d+)", stage.read("segments.yaml"), re.M
    ):
        stage.dashboard(f"segments/{id}", {"name": name, "contacts_count": int(contacts)})
    held = {key: stage.read(f"broadcasts/{key}.yaml") for key in FRIDAY}
    for key in FRIDAY:
        stage.remove(f"broadcasts/{key}.yaml")
    stage.github()
    stage.commit("Plan the newsletters (#6)")
    stage.run("apply", *APPLY)
    for key, text in held.items():
        stage.write(f"broadcasts/{key}.yaml", text)


def _planned(stage: Stage, number: int, subject: str) -> str:
    """Return the comment on a pull request with what is in the folder now."""
    assert stage.hub
    stage.hub.add_pull(number, HEAD)
    stage.commit(subject)
    stage.step_of_workflow(pull=number)
    stage.run("plan", "--out", "plan.json", "-q")
    # As the workflow plan does it, after it has uploaded the calendar.
    stage.run("github", "comment", "plan.json", "--calendar-url", f"{RUN}/artifacts/1", "-q")
    stage.remove("plan.json")
    return str(stage.hub.comments(number)[0]["body"])


def _act_in_invent(stage: Stage) -> None:
    """Let people give content to all but one, follow the edited file, and see the first ones sent."""
    stage.dashboard("broadcasts/October newsletter", {"scheduled_at": "2028-10-11T09:00:00Z"})
    stage.dashboard("broadcasts/Black Friday", {"status": "SCHEDULED", "templates": [{}]})
    for name, moment, counts in SENT:
        stage.clock(moment)
        stage.dashboard(f"broadcasts/{name}", {"status": "SENT", "templates": [{}], **counts})


# What was sent, when, and what Invent counted.
SENT = (
    (
        "September newsletter",
        "2028-09-13T08:00+00:00",
        {"sent_count": 18400, "delivered_count": 18012, "opened_count": 7565, "click_count": 1081, "failed_count": 388},
    ),
    (
        "October newsletter",
        "2028-10-11T09:00+00:00",
        {"sent_count": 21500, "delivered_count": 20950, "opened_count": 8170, "click_count": 1257, "failed_count": 550},
    ),
    (
        "Webinar invitation",
        "2028-10-18T13:00+00:00",
        {"sent_count": 3100, "delivered_count": 3041, "opened_count": 1368, "click_count": 334, "failed_count": 59},
    ),
)


def _public(text: str) -> str:
    """Return the page as a team sees it whose Invent is the real one."""
    # What GitHub shows nobody: the marks of the comment, whose packed bytes are another with each version of zlib.
    text = re.sub(r"<!-- invent-gitops.*?-->\n", "", text)
    # Where the documentation is depends on the clone that plays the scene.
    text = re.sub(r"\[([^\]]+)\]\(https://[^)]*/(docs/[\w-]+\.md)\)", r"\2, “\1”", text)
    text = text.replace(f" --base-url {INVENT}", "").replace(INVENT, API)
    # With the mark that keeps GitHub from making a link of it.
    return text.replace(INVENT.replace(":", ":\u200b", 1), API.replace(":", ":\u200b", 1))
