"""How long a run may begin new work, as a person asked for it."""

from __future__ import annotations

from invent_gitops.values import Struct, replace


class Deadline(Struct, frozen=True):
    """`seconds` as asked for, of which `spent` had passed when this run began: several workspaces share them."""

    seconds: float
    spent: float = 0.0

    @property
    def remaining(self) -> float:
        return max(0.0, self.seconds - self.spent)

    def after(self, spent: float) -> Deadline:
        """Return the same for a run that begins `spent` seconds later than the first."""
        return replace(self, spent=spent)
