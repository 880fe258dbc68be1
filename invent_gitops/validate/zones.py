"""Which time zones may be written: Area/City and UTC, whose meaning does not depend on the machine or on a habit."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from invent_gitops.text.quoting import quote
from invent_gitops.text.slips import edits
from invent_gitops.zonedata import UnknownZone, Zone, load_zone, zone_names

_AREAS = "Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific"
# Capitals as in the IANA names: where file names ignore case, a lookup alone would let other spellings through.
_WORD = "(?:(?:[A-Z][a-z]+)+|of|es|au|IN|DumontDUrville)"
_AREA_CITY = re.compile(rf"(?:{_AREAS})(?:/{_WORD}(?:[-_]{_WORD})*)+")
_INVERTED = re.compile(r"Etc/GMT([+-])(\d{1,2})")
# `UTC+8`, `GMT-03:30`, `+0530`: people write a minus in several ways.
_OFFSET = re.compile(r"(?:UTC|GMT)? ?([+\u2212-]) ?(\d{1,2})(?::?([0-5]\d))?", re.ASCII | re.IGNORECASE)

_FORM = "Write an Area/City such as `Europe/Berlin`, or `UTC`."

# Names that people know and that some systems no longer have; those of several places have all of them.
_RENAMED = {
    "US/Eastern": "America/New_York",
    "US/Central": "America/Chicago",
    "US/Mountain": "America/Denver",
    "US/Pacific": "America/Los_Angeles",
    "EST": "America/New_York",
    "EDT": "America/New_York",
    "EST5EDT": "America/New_York",
    "CST": "America/Chicago|Asia/Shanghai",
    "CST6CDT": "America/Chicago",
    "MST": "America/Denver|America/Phoenix",
    "MST7MDT": "America/Denver",
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "PST8PDT": "America/Los_Angeles",
    "CET": "Europe/Paris",
    "CEST": "Europe/Paris",
    "MET": "Europe/Paris",
    "EET": "Europe/Helsinki",
    "WET": "Europe/Lisbon",
    "BST": "Europe/London|Asia/Dhaka",
    "GB": "Europe/London",
    "IST": "Asia/Kolkata|Asia/Jerusalem|Europe/Dublin",
    "JST": "Asia/Tokyo",
    "GMT": "UTC",
    "Z": "UTC",
    "Zulu": "UTC",
    "UCT": "UTC",
    "Universal": "UTC",
}


@cache
def find_zone(name: str) -> Zone | tuple[str, str, str]:
    """Return the zone, or rule, message and cure."""
    if name in ("UTC", "Etc/UTC") or _AREA_CITY.fullmatch(name):
        try:
            return load_zone(name)
        except UnknownZone:
            return _unknown(name)
    inverted = _INVERTED.fullmatch(name)
    if inverted:
        sign = "-" if inverted[1] == "+" else "+"
        message = f"{quote(name)} is inverted: it means UTC{sign}{inverted[2]}, the opposite of its sign."
        return "zone-inverted", message, f"Write an Area/City, or the offset: `…T09:00:00{sign}{inverted[2]:0>2}:00`."
    meant = _RENAMED.get(name) or _RENAMED.get(name.upper())
    if meant:
        message = f"{quote(name)} does not name a place with clocks, so it is ambiguous."
        choices = " or ".join(quote(zone) for zone in meant.split("|"))
        return "zone-ambiguous", message, f"Write an Area/City instead. Did you mean {choices}?"
    if name in _known():
        return load_zone(name)
    return _unknown(name)


def read_offset(name: str) -> str:
    """Return the RFC 3339 offset that somebody wrote as a zone, `+08:00` for `UTC+8`; "" for anything else."""
    match = _OFFSET.fullmatch(name.strip())
    if not match or int(match[2]) > 14:
        return ""
    return f"{'+' if match[1] == '+' else '-'}{match[2]:0>2}:{match[3] or '00'}"


def _unknown(name: str) -> tuple[str, str, str]:
    message = f"There is no time zone {quote(name)} that could be used here."
    if offset := read_offset(name):
        cure = f"Write the offset into the time, such as `2029-03-01T09:00:00{offset}`, or an Area/City as the zone."
        return "zone-unknown", message, cure
    meant = " or ".join(quote(zone) for zone in _meant(name))
    return "zone-unknown", message, f"Did you mean {meant}?" if meant else _FORM


def _meant(name: str) -> list[str]:
    """Return the zones that a name surely stands for: the same letters, a city of that name, or a slip of the keyboard.

    A wrong guess moves a broadcast to another hour, so another word is never guessed.
    """
    if len(name) > 2 * max(map(len, _known())):
        return []
    plain = _plain(name)
    if same := [zone for zone, its in _plainly().items() if its == plain]:
        return same
    if "/" not in plain:
        return [zone for zone, its in _plainly().items() if "/" in its and its.rpartition("/")[2] == plain]
    near = [(slips, zone) for zone, its in _plainly().items() if (slips := _slips(plain, its))]
    least = min(near, default=(0, ""))[0]
    nearest = [zone for slips, zone in near if slips == least]
    return nearest if len(nearest) == 1 else []


def _plain(name: str) -> str:
    """Without case, accents and the kind of separator, by which no two places differ."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    return re.sub(r"[\s_.-]+", " ", bare.casefold().replace("\\", "/")).strip()


def _slips(written: str, zone: str) -> int:
    """Return how many slips lead from a zone to what is written; 0 where it is too far, so that it is another word."""
    pairs = list(zip(written.split("/"), zone.split("/"), strict=False))
    if written.count("/") != zone.count("/") or any(typed[:1] != expected[:1] for typed, expected in pairs):
        return 0
    counts = [edits(typed, expected) for typed, expected in pairs]
    # Two changed letters make another short word: `Munich` is two away from `Zurich`.
    far = any(count > (2 if len(expected) > 7 else 1) for count, (_, expected) in zip(counts, pairs, strict=True))
    return 0 if far or sum(counts) > 2 else sum(counts)


@cache
def _plainly() -> dict[str, str]:
    """Return every zone, sorted, with its name as names are compared."""
    return {zone: _plain(zone) for zone in sorted(_known())}


@cache
def _known() -> frozenset[str]:
    areas = tuple(f"{area}/" for area in _AREAS.split("|"))
    return frozenset({"UTC"} | {name for name in zone_names() if name.startswith(areas)})
