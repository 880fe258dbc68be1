"""The page of the exit codes."""

from __future__ import annotations

from pathlib import Path

from docs_build.reference import page
from docs_build.reference.cells import prose, table
from invent_gitops.errors import ExitCode, worst

_DOCS = Path(__file__).resolve().parents[2] / "docs"
# What each code means, and whether running the same command again is safe.
MEANINGS: dict[ExitCode, tuple[str, str]] = {
    ExitCode.DONE: ("Done, or nothing to do.", "yes"),
    ExitCode.USAGE: (
        "The command line is wrong: an option, its value, or two options that cannot be combined.",
        "no",
    ),
    ExitCode.CHANGES: (
        "Only with `--exit-code`. `plan`: there is something to create. `status`: something needs a person.",
        "yes",
    ),
    ExitCode.INVALID: (
        "A definition, the project file, the catalogue or the state is invalid. Nothing was created.",
        "no",
    ),
    ExitCode.REFUSED: (
        "A policy, a stale or missing approval, a state that moved on, or a missing confirmation said no.",
        "no",
    ),
    ExitCode.UNAVAILABLE: (
        "The API or the network said no, and surely nothing more was created. Or not everything could be read.",
        "yes",
    ),
    ExitCode.UNSETTLED: (
        "The outcome of a create is unknown, a key is blocked, or a broadcast exists twice.",
        "look first",
    ),
    ExitCode.BY_HAND: (
        "Only `plan --exit-code`: nothing to create, but an edit or deletion does not reach Invent: a person must act.",
        "yes",
    ),
    ExitCode.BUG: ("A bug in this program. What was created is recorded, or known to be unknown.", "look first"),
    ExitCode.INTERRUPTED: ("Interrupted, or the deadline came. What happened is recorded.", "yes"),
}


def pages() -> dict[str, str]:
    """Return the page of the exit codes; a code with a page of its own leads there."""
    rows = [(_linked(code), prose(MEANINGS[code][0]), MEANINGS[code][1]) for code in sorted(ExitCode)]
    order = sorted(ExitCode, key=_rank, reverse=True)
    priority = f"If several apply, the worst wins: {', '.join(str(int(code)) for code in order)}."
    start = "Scripts and workflows can rely on these codes. The program ends with no other code on purpose."
    return {"exit-codes.md": page("Exit codes", start, table(("Exit", "Meaning", "Run it again?"), rows), priority)}


def _rank(code: ExitCode) -> int:
    """Return how many codes win against none of a pair with this one."""
    return sum(worst((code, other)) is code for other in ExitCode)


def _linked(code: ExitCode) -> str:
    where = f"recovery/exit-{int(code)}.md"
    return f"[{int(code)}](../{where})" if (_DOCS / where).is_file() else str(int(code))
