"""What many histories amount to, as Markdown that can be pasted into a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.chaos.judge import Row

COLUMNS = ("runs", "killed", "stopped", "faults", "clones", "by hand", "created", "adopted", "resolved")


def summary(rows: Sequence[Row], seed: int, histories: int) -> str:
    """A table of how often each thing happened, by place; then the seeds, the verdict, and what broke where."""
    places = list(dict.fromkeys(row.place for row in rows))
    counts = {place: sum((row.happened for row in rows if row.place == place), Counter[str]()) for place in places}
    names = sorted(set().union(*counts.values()), key=lambda name: (name not in COLUMNS, name))
    lines = ["", f"| what happened | {' | '.join(places)} |", f"| --- |{' ---: |' * len(places)}"]
    lines += [f"| histories | {' | '.join(str(sum(row.place == place for row in rows)) for place in places)} |"]
    lines += [f"| {name} | {' | '.join(f'{counts[place][name]:,}' for place in places)} |" for name in names]
    broken = [row for row in rows if row.broken]
    lines += ["", f"Seeds {seed} to {seed + histories - 1}, {' and '.join(places)}: {_verdict(rows, broken)}"]
    lines += [f"- {row.place}, {row.name}: {row.broken.strip().splitlines()[0]}" for row in broken]
    return "\n".join(lines)


def _verdict(rows: Sequence[Row], broken: Sequence[Row]) -> str:
    if broken:
        return f"the promise broke in {len(broken)} of {len(rows)} histories."
    return f"the promise held in all {len(rows)} histories."
