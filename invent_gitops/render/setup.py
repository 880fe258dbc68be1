"""What the pages about a set-up say alike."""

from __future__ import annotations

from invent_gitops.model.setup import PointState, SetupCheck

STATE_WORDS: dict[PointState, str] = {
    "ok": "ok",
    "missing": "missing",
    "loose": "loose",
    "unknown": "cannot tell",
}
COMMANDS_TITLE = "Commands that fix it, in this order:"


def summary(check: SetupCheck) -> str:
    """`15 points: 12 ok, 2 missing, 1 cannot tell`."""
    number = len(check.points)
    counts = [f"{len(points)} {word}" for state, word in STATE_WORDS.items() if (points := check.of(state))]
    return f"{number} point{'' if number == 1 else 's'}: {', '.join(counts)}"
