"""What the pages about a set-up say alike."""

from __future__ import annotations

from collections.abc import Sequence

from invent_gitops.model.setup import PointState, SetupCheck

STATE_WORDS: dict[PointState, str] = {
    "ok": "ok",
    "missing": "missing",
    "loose": "loose",
    "unknown": "cannot tell",
}


def commands_title(commands: Sequence[str]) -> str:
    """Return what is printed above the commands. One that asks for a key takes for it what is pasted after it."""
    if any(command.startswith("gh secret set ") for command in commands):
        return "Commands that fix it, in this order. Paste them one by one: gh secret set asks for the key."
    return "Commands that fix it, in this order:"


def summary(check: SetupCheck) -> str:
    """`15 points: 12 ok, 2 missing, 1 cannot tell`."""
    number = len(check.points)
    counts = [f"{len(points)} {word}" for state, word in STATE_WORDS.items() if (points := check.of(state))]
    return f"{number} point{'' if number == 1 else 's'}: {', '.join(counts)}"
