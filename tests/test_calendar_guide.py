"""docs/calendar.md: what it tells people to type works in an empty folder, in order."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from invent_gitops.cli.program import cli
from invent_gitops.model.calendar import SEND_STATES
from tests.running import ROOT, run

GUIDE = (ROOT / "docs" / "calendar.md").read_text(encoding="utf-8")


def test_commands_of_the_guide_work_in_an_empty_folder_and_leave_what_they_promise(tmp_path: Path) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    for line in "".join(blocks).splitlines():
        program, *words = shlex.split(line, comments=True)
        assert program == "invent-gitops"
        done = run(tmp_path, *words)
        assert done.code == 0, f"{line}: {done.all}"
    assert {path.name for path in tmp_path.glob("calendar.*")} == {"calendar.html", "calendar.ics", "calendar.json"}


def test_guide_explains_every_state_and_every_option() -> None:
    rows = set(re.findall(r"^\| ([a-z ]+) \|", GUIDE, re.MULTILINE))
    assert set(SEND_STATES) <= rows
    command = cli.commands.get("calendar") or cli.get_command(None, "calendar")  # type: ignore[arg-type]
    assert command
    common = {"--state", "--org", "--base-url", "-C", "--json", "--color", "-q", "--quiet", "-v", "--verbose"}
    options = {name for parameter in command.params for name in parameter.opts if name.startswith("-")} - common
    assert {name for name in options if f"`{name}" not in GUIDE and f" {name} " not in GUIDE} == set()
