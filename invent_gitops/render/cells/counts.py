"""What came of a broadcast: each count with its share."""

from __future__ import annotations

from invent_gitops.model.broadcast import Counts
from invent_gitops.model.status import SHARES
from invent_gitops.values import Struct

# The counts of a broadcast that was sent, in the order of the columns, each with its heading.
COUNTED = {
    "delivered": "delivered",
    "opened": "opened",
    "click": "clicked",
    "failed": "failed",
    "unsubscribed": "unsubscribed",
}
SHARES_NOTE = (
    "Delivered and failed are shares of the recipients; opened, clicked and unsubscribed of what was delivered."
)


class Counted(Struct, frozen=True):
    """`number` is a count. `share` is its percentage, "" where it has none."""

    number: str
    share: str


def counted(counts: Counts, name: str) -> Counted | None:
    """Return one count with its share; None where Invent did not report it, and for a 0 without any recipient."""
    count = getattr(counts, name)
    if count is None or (not counts.recipients and not count):
        return None
    return Counted(f"{count:,}", share_text(count, getattr(counts, SHARES[name])))


def number_text(count: int | None, missing: str) -> str:
    """Return `1,240`, or `missing` where Invent did not report the count."""
    return missing if count is None else f"{count:,}"


def share_text(part: int | None, total: int | None) -> str:
    """Return `part` of `total` as a percentage with one decimal, such as `96.7%`.

    The two counts are rounded once, half up. `0.0%` means none, and `100.0%` means all. Returns "" where a count is
    unknown, where `total` is 0, and where `part` is larger: one person can click a link more than once.
    """
    if part is None or not total or part > total:
        return ""
    if part in (0, total):
        return "100.0%" if part else "0.0%"
    tenths = (2000 * part + total) // (2 * total)
    return "{}.{}%".format(*divmod(min(max(tenths, 1), 999), 10))
