"""What the pages for the terminal and for pull requests print alike."""

from __future__ import annotations


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
