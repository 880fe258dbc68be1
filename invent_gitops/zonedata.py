"""Time zones from the `tzdata` package, and never from the machine: one time means one instant everywhere."""

from __future__ import annotations

from datetime import tzinfo
from functools import cache
from io import BytesIO

from invent_gitops.errors import Refused

__all__ = ["UnknownZone", "Zone", "load_zone", "zone_data_version", "zone_names"]

Zone = tzinfo


class UnknownZone(LookupError):
    """The package holds no zone of that name."""


@cache
def load_zone(name: str) -> Zone:
    """Return the zone of an IANA name, spelled as in the list. Raises `UnknownZone`.

    `ZoneInfo(name)` would prefer the operating system's files, whose rules differ from machine to machine.
    """
    if name not in zone_names():
        raise UnknownZone(name)
    from zoneinfo import ZoneInfo  # here, so that a start without a local time does not pay for it

    return ZoneInfo.from_file(BytesIO(_resource(f"zoneinfo/{name}")), key=name)


@cache
def zone_names() -> frozenset[str]:
    """Return every name that the package lists, such as `Europe/Berlin`."""
    return frozenset(_resource("zones").decode().split())


@cache
def zone_data_version() -> str:
    """Return the IANA version of the rules, such as `2026b`."""
    try:
        from tzdata import IANA_VERSION  # type: ignore[import-untyped]  # two constants, which nobody has typed
    except ImportError:
        raise _missing() from None
    return str(IANA_VERSION)


def _resource(name: str) -> bytes:
    import pkgutil  # here, so that a start without a local time does not pay for it

    try:
        content = pkgutil.get_data("tzdata", name)
    except (ImportError, OSError):
        content = None
    if content is None:
        raise _missing()
    return content


def _missing() -> Refused:
    return Refused(
        "The tzdata package is missing or incomplete, so no local time can be read.",
        "Install it again: python -m pip install --force-reinstall tzdata",
    )
