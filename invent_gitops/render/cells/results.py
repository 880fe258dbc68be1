"""What came of a broadcast, in one line."""

from __future__ import annotations

from collections.abc import Mapping

from invent_gitops.model.status import ALL_SHARES
from invent_gitops.render.cells.counts import share_text

_ALWAYS = ("recipients", "delivered", "failed")
# In the order in which they are read, with the words for people.
COUNTED = {
    "recipients": "recipients",
    "skipped": "skipped",
    "delivered": "delivered",
    "opened": "opened",
    "played": "played",
    "click": "clicked",
    "failed": "failed",
    "complained": "complained",
    "unsubscribed": "unsubscribed",
}
# Those that the tables of the status page have no column for.
RARER = ("skipped", "complained", "played")


def results_text(results: object) -> str:
    """Such as `1,240 recipients, 1,200 delivered (96.8%), 40 failed (3.2%)`; zeros are left out but for the first ones.

    `results` are the counts that were told, by name; anything else is `none`.
    """
    if not isinstance(results, Mapping):
        return "none"
    counted = [name for name in COUNTED if results.get(name) or (name in _ALWAYS and name in results)]
    return ", ".join(count_text(results, name) for name in counted) or "none"


def count_text(counts: Mapping[str, int | None], name: str) -> str:
    """Return one count with its share, such as `40 failed (3.2%)`."""
    share = share_text(counts.get(name), counts.get(ALL_SHARES[name])) if name in ALL_SHARES else ""
    return f"{counts[name]:,} {COUNTED[name]}" + (f" ({share})" if share else "")
