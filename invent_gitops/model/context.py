"""What a page is told in: its moment, its account, its time zone, and the options and names that its lines need."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from invent_gitops.values import Struct, field, replace


class Context(Struct, frozen=True):
    """One value that the renderers read; an operation makes it once, and a Plan and a Status hold it.

    `at` is aware. `org` and `api` are "" for a page that names no account, `workspace` is "" without several. `zone` is
    the project's, "" for UTC. `flags` are the options that a printed command needs to speak of the same account, with a
    space before each. `names` are those of segments by id.
    """

    at: datetime
    org: str = ""
    api: str = ""
    workspace: str = ""
    zone: str = ""
    flags: str = ""
    names: Mapping[str, str] = field(default_factory=dict)

    def within(self, zone: str) -> Context:
        """Return the same in the zone that an author wrote, if there is one."""
        return replace(self, zone=zone) if zone else self

    def naming(self, names: Mapping[str, str]) -> Context:
        """Return the same with more names of segments; a name that it has already stays."""
        return replace(self, names={**names, **self.names})
