"""Local times as reviewers read them, and what a change of a zone's rules makes of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from invent_gitops.values import Struct

if TYPE_CHECKING:
    from invent_gitops.model.broadcast import Definition
    from invent_gitops.model.record import Record


class LocalTime(Struct, frozen=True):
    """A time as written, without an offset, its IANA zone, and the version of the zone data that it was read with."""

    at: datetime
    timezone: str
    zone_data: str

    @classmethod
    def read(cls, at: str, timezone: str, zone_data: str) -> LocalTime:
        """Return what `as_json` has written down. Raises `ValueError` if `at` is no local time."""
        local = datetime.fromisoformat(at)
        if local.tzinfo:
            raise ValueError(at)
        return cls(local, timezone, zone_data)

    def as_json(self) -> dict[str, object]:
        """As the state and the documents for machines both show it."""
        return {"at": self.at.isoformat(), "timezone": self.timezone, "zone_data": self.zone_data}


class ZoneChange(Struct, frozen=True):
    """The rules of a zone gave a local time another instant after its broadcast was created.

    `reviewed` holds the rules of the creation. `zone_data` is the version of today's rules. `goes_out` is what the
    clocks of the zone show at the instant that was sent, without an offset.
    """

    reviewed: LocalTime
    zone_data: str
    goes_out: datetime

    @property
    def message(self) -> str:
        """What happened and what to do, as one line that ends in no command."""
        versions = (self.reviewed.zone_data, self.zone_data)
        between = f" ({versions[0]} → {versions[1]})" if versions[0] != versions[1] else ""
        short = "%H:%M" if self.goes_out.date() == self.reviewed.at.date() else "%Y-%m-%d %H:%M"
        goes_out, reviewed = (f"{at:{short}}" for at in (self.goes_out, self.reviewed.at))
        changed = f"The time zone rules of {self.reviewed.timezone} changed{between}"
        return f"{changed}: it goes out at {goes_out} there, not at {reviewed}. Move it in Invent, then refresh."


def zone_change(record: Record, definition: Definition) -> ZoneChange | None:
    """Return what new rules did to a broadcast whose local time and zone are written as before; None if nothing.

    None as well where the broadcast was moved in Invent: then the record differs for another reason.
    """
    reviewed, written, sent = record.local, definition.local, record.sent.scheduled_at
    if not reviewed or not written or not sent or record.request.scheduled_at != sent:
        return None
    if (reviewed.at, reviewed.timezone) != (written.at, written.timezone) or sent == definition.request.scheduled_at:
        return None
    # Imported here: every start imports this module, and next to no plan comes this far.
    from invent_gitops.zonedata import load_zone

    goes_out = sent.astimezone(load_zone(written.timezone)).replace(tzinfo=None)
    return ZoneChange(reviewed, written.zone_data, goes_out)
