"""What came of a broadcast that was sent: whether it is a success, and whether a record keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal

from invent_gitops.model.broadcast import Counts, Remote
from invent_gitops.model.project import ResultLimits
from invent_gitops.model.record import Record
from invent_gitops.model.status import ALL_SHARES
from invent_gitops.model.statuses import GONE

# After so long, hardly anybody opens, complains or leaves any more: what is counted then is final.
SETTLED = timedelta(days=7)
_SENT, _ENDED = "SENT", ("SENT", "FAILED")
# One of these says that a message went out, whatever the number of recipients is.
_REACHED = ("sent", "failed", "delivered", "opened", "played", "click", "complained", "unsubscribed")
_BASES = {"contacts": "contacts", "recipients": "recipients", "delivered": "messages that were delivered"}


def poor_shares(counts: Counts, limits: ResultLimits) -> Iterator[str]:
    """Yield why a result is poor, the worst first; nothing where it is none. What is not told is not judged."""
    contradicted = counts.recipients == 0 and any(getattr(counts, name) for name in _REACHED)
    if counts.contacts and counts.recipients == 0 and not contradicted:
        yield f"Nobody of {counts.contacts:,} contacts was sent anything"
    poor = []
    for name in ("failed", "skipped", "complained", "unsubscribed"):
        of = "contacts" if contradicted and ALL_SHARES[name] == "recipients" else ALL_SHARES[name]
        part, total, limit = getattr(counts, name), getattr(counts, of), getattr(limits, name)
        # With nothing delivered, one complaint is more than any share.
        if part and total is not None and part * 100 > limit * total:
            base = f"{total:,} {_BASES[of]}"
            share = f", {_percent(part, total)}" if total else ""
            sentence = f"{part:,} of {base} {name}{share} (policies.results.{name} allows {limit}%)"
            poor.append((_excess(part, total, limit), sentence))
    yield from (sentence for _, sentence in sorted(poor, key=lambda entry: entry[0], reverse=True))


def has_ended(record: Record) -> bool:
    """Return whether it is on record that it was sent, or that it was over before Invent's list lost it."""
    # A refresh keeps the counts of what is over, and of nothing else.
    return record.status == "SENT" or (record.status == GONE and record.counts.results is not None)


def results_to_keep(record: Record, remote: Remote, status: str, now: datetime) -> Counts | None:
    """Return the counts that a refresh records, or None where it has nothing new to keep.

    They are kept when a broadcast is first seen to be over, and once more when they have settled: what grows in between
    is not written down each time.
    """
    counts = remote.sending.counts
    if status not in _ENDED or not counts.told or counts == record.counts.results:
        return None
    if record.counts.results is None or record.refreshed is None:
        return counts
    over = remote.sending.completed_at or remote.sending.started_at
    settled = over is not None and record.refreshed.at - over < SETTLED <= now - over
    return counts if settled else None


def _percent(part: int, total: int) -> str:
    """With one decimal, but two where that would say nothing; rounded up, so that it is never at a limit it passed."""
    share = Decimal(part * 100) / total
    return f"{share.quantize(Decimal('0.1') if share >= 1 else Decimal('0.01'), ROUND_UP)}%"


def _excess(part: int, total: int, limit: Decimal) -> Decimal:
    """Return how many times the limit it is; beyond all measure where the limit or the total is nothing."""
    return Decimal(part * 100) / (limit * total) if limit and total else Decimal("Infinity")
