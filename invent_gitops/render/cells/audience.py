"""Who would be messaged: of one broadcast, and of all that a plan creates."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from invent_gitops.model.broadcast import Request
from invent_gitops.model.context import Context
from invent_gitops.model.plan import Audience, Item
from invent_gitops.render.cells.spelling import Spelling

EVERYONE = "everyone"


def names_text(audience: Audience, spelling: Spelling) -> str:
    """Return `everyone`, or the names of the segments, or `nobody` for an audience without a segment."""
    if audience.everyone:
        return EVERYONE
    return ", ".join(spelling.write(name, spelling.segment) for name in audience.segments) or "nobody"


def size_text(audience: Audience, *, noun: str = " contacts") -> str:
    """Return `up to 1,240 contacts`, with `today` if Invent was asked for this page; "" where the size is unknown.

    A narrow column passes an empty `noun`, and then the text has the number alone.
    """
    if audience.contacts is None:
        return ""
    today = " today" if audience.today and noun else ""
    return f"up to {audience.contacts:,}{noun}{today}"


def requested_audience(request: Request, context: Context) -> Audience:
    """Return whom a request messages; a segment without a name keeps its id."""
    names = tuple(context.names.get(id, "") or id for id in request.segment_ids)
    return Audience(names, request.send_to_all, None)


def reach(items: Sequence[Item], strong: Callable[[str], str] = str) -> str:
    """Return such as `to up to 1,240 contacts`, or `with up to 3,400 messages` for more than one broadcast.

    Segments may overlap, so that a sum is an upper bound; and whom two broadcasts reach is one contact, but two
    messages. `strong` marks what the eye is to find.
    """
    audiences = [item.audience or Audience((), False, None) for item in items]
    everyone = sum(1 for audience in audiences if audience.everyone)
    counts = [audience.contacts for audience in audiences if not audience.everyone and audience.contacts is not None]
    unknown = len(audiences) - everyone - len(counts)
    total = strong(f"{sum(counts):,}")
    reached = f"to up to {total} contacts" if len(counts) == 1 else f"with up to {total} messages"
    if len(counts) > 1 and (everyone or unknown):
        # Beside other numbers, it could be taken for that of each.
        reached += " in all"
    numbers = {
        f"to {strong(EVERYONE)}": everyone,
        reached: len(counts),
        "to an audience of unknown size": unknown,
    }
    parts = {phrase: number for phrase, number in numbers.items() if number}
    if len(parts) == 1:
        return next(iter(parts))
    return ", ".join(f"{number:,} {phrase}" for phrase, number in parts.items())
