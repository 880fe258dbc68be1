"""The outputs that pages show below their commands: what the commands print today.

A `text` block right after a `sh` block is what that block prints on stdout. A `console` block on such a page is a
command with what it prints on both streams, and may fail. `python -m tests.page_outputs` writes today's outputs into
the pages.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.forked import PATIENCE, ROOT

_FENCED = re.compile(r"^((?:<!-- not run: [^>]*-->\n)?)```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# Parts the outputs of the blocks; no command prints it.
_SEPARATOR = "\x1e"
IDENTITY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "Ana"), ("EMAIL", "ana@example.com"))
}
# What differs in each run: distances and moments of today, ids, commits, and the version of the zone data.
_PASSING = (
    (r"\bin \d+ (?:minutes|hours|days|weeks|months|years)\b", "IN SOME TIME"),
    (r"(?<=  )\d+ (?:minutes|hours|days|weeks|months|years)(?=  )", "SOME TIME"),
    (r"As of [^,]+", "AS OF NOW"),
    (r"^\d{4}-\d\d-\d\d \d\d:\d\d", "NOW"),
    (r"\(\d\d:\d\d UTC\)  ", "NOW  "),
    (r"\bb_[0-9a-f]{24}\b", "ID"),
    (r"\b[0-9a-f]{12}\b", "COMMIT"),
    (r"data 2\d{3}[a-z]\b", "DATA"),
    (r" +$", ""),
)


class Shown(NamedTuple):
    """The output that a page shows: of which of its parts that run, its text, and where the text is in the page."""

    part: int
    text: str
    start: int
    end: int


def pages_with_outputs() -> list[Path]:
    """Return the pages of docs/ that show an output below a block that runs."""
    return [page for page in sorted((ROOT / "docs").rglob("*.md")) if outputs_in(page.read_text(encoding="utf-8"))]


def outputs_in(page: str) -> list[Shown]:
    """Return the outputs that a page shows, in their order; [] if none is right below its block."""
    outputs, count, ran_until = [], -1, -1
    for match in _FENCED.finditer(page):
        if match[2] == "console" or (match[2] == "sh" and not match[1]):
            count, ran_until = count + 1, match.end()
        below = match[2] == "text" and ran_until >= 0 and not page[ran_until : match.start()].strip()
        if match[2] == "console" or below:
            outputs.append(Shown(count, match[3], match.start(3), match.end(3)))
    return outputs if any(not output.text.startswith("$ ") for output in outputs) else []


def run_page(page: str, folder: Path) -> list[str]:
    """Run the blocks of a page in their order, in one shell, and return what each prints on stdout."""
    texts = [_script(match) for match in _FENCED.finditer(page) if match[2] in ("sh", "console") and not match[1]]
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", f"printf '{_SEPARATOR}'\n".join(texts)],
        cwd=folder,
        env=_variables(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"The blocks end with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout.split(_SEPARATOR)


def _script(block: re.Match[str]) -> str:
    """Return what the shell runs of a block: of `console` the command, which is shown and may fail."""
    if block[2] == "sh":
        return block[3]
    command = block[3].partition("\n")[0].removeprefix("$ ")
    return f"printf '%s\\n' {shlex.quote(f'$ {command}')}\n{{ {command}\n}} 2>&1 || true\n"


def lasting(text: str) -> str:
    """Return an output without what differs in each run."""
    for pattern, word in _PASSING:
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    # Columns are as wide as what differs in them.
    return re.sub(r" {2,}", "  ", text)


def renewed(page: str, printed: list[str]) -> str:
    """Return the page with today's outputs in the place of those that changed."""
    for output in reversed(outputs_in(page)):
        if lasting(output.text) != lasting(printed[output.part]):
            page = page[: output.start] + printed[output.part] + page[output.end :]
    return page


def _variables() -> dict[str, str]:
    """Return the environment with the program on the path, and without settings of an account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("INVENT_", "PYTHON", "GIT_"))}
    return {**kept, **IDENTITY, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def main() -> None:
    for path in pages_with_outputs():
        page = path.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            after = renewed(page, run_page(page, Path(folder)))
        if after != page:
            path.write_text(after, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
