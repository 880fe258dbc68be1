"""Compare two values that should be the same: which fields were added, removed or changed.

DeepDiff judges each unequal pair. `reconcile` alone compares by itself: it does so between an answer of the API and
its record, where no import and no library may fail.
"""

from __future__ import annotations

from collections.abc import Mapping

from invent_gitops.model.broadcast import Request
from invent_gitops.model.plan import FieldChange


def unequal_fields(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[str, ...]:
    """Return the names of the fields that were removed, changed or added: those of `before` first, in its order.

    Equal pairs cost nothing. DeepDiff takes about 0.1 ms for a pair and far longer for thousands of entries at once,
    so hand over one pair at a time. A field whose sides are not equal is never left out, whatever DeepDiff says.
    """
    if before == after:
        return ()
    # Imported here: most runs have no unequal pair, and the import takes longer than a plan.
    from deepdiff import DeepDiff

    # By default it reports two values with few common fields as one, and passes over names that begin with "__".
    groups = DeepDiff(
        dict(before), dict(after), view="tree", threshold_to_diff_deeper=0, ignore_private_variables=False
    )
    named = {level.path(output_format="list")[0] for group in groups.values() for level in group}
    missing = object()
    return tuple(
        name
        for name in dict.fromkeys((*before, *after))
        if name in named or before.get(name, missing) != after.get(name, missing)
    )


def field_changes(old: Request, new: Request) -> tuple[FieldChange, ...]:
    """Return the fields of the request that differ, in the order of the API's documentation."""
    if old == new:
        return ()
    before, after = old.as_json(), new.as_json()
    return tuple(FieldChange(name, before[name], after[name]) for name in unequal_fields(before, after))
