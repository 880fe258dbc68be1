"""How many people a plan would message, in the words of a headline."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def reach(audiences: Sequence[tuple[bool, int | None]], strong: Callable[[str], str] = str) -> str:
    """Such as `to up to 1,240 contacts`, or `with up to 3,400 messages` for several broadcasts.

    Of each broadcast, whether it goes to everyone, and else to at most how many contacts, None if nobody knows.
    Segments may overlap, so that a sum is an upper bound; and whom two broadcasts reach is one contact, but two
    messages. `strong` marks what the eye is to find.
    """
    everyone = sum(1 for all_of_them, _ in audiences if all_of_them)
    counts = [contacts for all_of_them, contacts in audiences if not all_of_them and contacts is not None]
    unknown = len(audiences) - everyone - len(counts)
    many = strong(f"{sum(counts):,}")
    reached = f"to up to {many} contacts" if len(counts) == 1 else f"with up to {many} messages"
    if len(counts) > 1 and (everyone or unknown):
        # Beside other numbers, it could be taken for that of each.
        reached += " in all"
    numbers = {
        f"to {strong('everyone')}": everyone,
        reached: len(counts),
        "to an audience of unknown size": unknown,
    }
    parts = {phrase: number for phrase, number in numbers.items() if number}
    if len(parts) == 1:
        return next(iter(parts))
    return ", ".join(f"{number:,} {phrase}" for phrase, number in parts.items())
