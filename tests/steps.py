"""What the tests of workflows share: the files of a step, and its commands in the log."""

from __future__ import annotations

import re
from pathlib import Path

from tests.running import Result

SHA = "0123456789abcdef0123456789abcdef01234567"
LINKS = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/campaigns", "GITHUB_SHA": SHA}


class Step:
    """The files of one step, as a runner gives them."""

    def __init__(self, folder: Path) -> None:
        self.summary, self.output = folder / "summary.md", folder / "output.txt"
        self.env = {"GITHUB_STEP_SUMMARY": str(self.summary), "GITHUB_OUTPUT": str(self.output)}

    @property
    def written(self) -> str:
        return self.summary.read_text(encoding="utf-8")

    @property
    def outputs(self) -> dict[str, str]:
        """Read as the runner reads them."""
        return read_outputs(self.output.read_text(encoding="utf-8"))


def read_outputs(text: str) -> dict[str, str]:
    """The outputs of a step, as the runner reads them from their file."""
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:  # after the last one, or where a step has set none
            continue
        name, mark, value = re.match(r"(.*?)(<<|=)(.*)", line).groups()  # type: ignore[union-attr]  # must match
        if mark == "<<":
            end, block = value, []
            while (each := next(lines)) != end:
                block.append(each)
            value = "\n".join(block)
        found[name] = value
    return found


def commands(result: Result) -> list[str]:
    return [line for line in result.out.split("\n") if line.lstrip().startswith("::")]
