"""Which time zones may be written: Area/City and UTC, whose meaning does not depend on the machine or on a habit."""

from __future__ import annotations

import re
import zoneinfo
from functools import cache
from zoneinfo import ZoneInfo

from invent_gitops.validate.words import did_you_mean, quote

_AREAS = "Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific"
# Capitals as in the IANA names: where file names ignore case, a lookup alone would let other spellings through.
_WORD = "(?:(?:[A-Z][a-z]+)+|of|es|au|IN|DumontDUrville)"
_AREA_CITY = re.compile(rf"(?:{_AREAS})(?:/{_WORD}(?:[-_]{_WORD})*)+")
_INVERTED = re.compile(r"Etc/GMT([+-])(\d{1,2})")

# Names that people know and that some systems no longer have.
_RENAMED = {
    "US/Eastern": "America/New_York",
    "US/Central": "America/Chicago",
    "US/Mountain": "America/Denver",
    "US/Pacific": "America/Los_Angeles",
    "EST": "America/New_York",
    "EDT": "America/New_York",
    "EST5EDT": "America/New_York",
    "CST": "America/Chicago",
    "CST6CDT": "America/Chicago",
    "MST": "America/Denver",
    "MST7MDT": "America/Denver",
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "PST8PDT": "America/Los_Angeles",
    "CET": "Europe/Paris",
    "CEST": "Europe/Paris",
    "MET": "Europe/Paris",
    "EET": "Europe/Helsinki",
    "WET": "Europe/Lisbon",
    "BST": "Europe/London",
    "GB": "Europe/London",
    "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo",
    "GMT": "UTC",
    "Z": "UTC",
    "Zulu": "UTC",
    "UCT": "UTC",
    "Universal": "UTC",
}


@cache
def find_zone(name: str) -> ZoneInfo | tuple[str, str, str]:
    """The zone, or rule, message and cure."""
    if name in ("UTC", "Etc/UTC") or _AREA_CITY.fullmatch(name):
        try:
            return ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            return _unknown(name)
    inverted = _INVERTED.fullmatch(name)
    if inverted:
        sign = "-" if inverted[1] == "+" else "+"
        message = f"{quote(name)} is inverted: it means UTC{sign}{inverted[2]}, the opposite of its sign."
        return "zone-inverted", message, f"Write an Area/City, or the offset: `…T09:00:00{sign}{inverted[2]:0>2}:00`."
    meant = _RENAMED.get(name) or _RENAMED.get(name.upper())
    if meant:
        message = f"{quote(name)} is no place whose clocks could be followed; such names are ambiguous."
        return "zone-ambiguous", message, f"Write an Area/City instead. Did you mean {quote(meant)}?"
    if name in _known():
        return ZoneInfo(name)
    return _unknown(name)


def _unknown(name: str) -> tuple[str, str, str]:
    cure = did_you_mean(name, sorted(_known())) or "Write an Area/City such as `Europe/Berlin`, or `UTC`."
    return "zone-unknown", f"There is no time zone {quote(name)} that could be used here.", cure


@cache
def _known() -> frozenset[str]:
    areas = tuple(f"{area}/" for area in _AREAS.split("|"))
    return frozenset({"UTC"} | {name for name in zoneinfo.available_timezones() if name.startswith(areas)})
