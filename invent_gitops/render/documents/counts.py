"""What came of a broadcast, for machines."""

from __future__ import annotations

from invent_gitops.model.broadcast import Counts


def results_json(results: Counts) -> dict[str, int]:
    """Return each count that Invent told."""
    return results.told
