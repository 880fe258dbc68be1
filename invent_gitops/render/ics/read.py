r"""The text of an earlier feed → its events, if this program wrote it.

The library would look the zones up among the machine's, and work through whatever rules a foreign file holds. A feed of
ours has few kinds of lines, so all others are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Never, cast, get_args

from invent_gitops.errors import InvalidInput
from invent_gitops.render.ics.event import LARGEST_SEQUENCE, PRODUCT, FeedEvent, FeedItem, Issue, Status, whole
from invent_gitops.zonedata import UnknownZone, load_zone

_LINE = re.compile(r"(?P<name>[A-Z-]+)(?:;TZID=(?P<zone>[A-Za-z0-9/_+-]+)|;VALUE=DURATION)?:(?P<value>.*)", re.DOTALL)
_FOLD = re.compile(r"\r?\n[ \t]")
_ESCAPE = re.compile(r"\\([\\;,n])")
_CATEGORY = re.compile(r"(?:[^\\,]|\\.)+")
_CLOCK = re.compile(r"\d{8}T\d{6}Z?")
_LOCAL = "%Y%m%dT%H%M%S"
_NEEDED = {"UID", "SUMMARY", "DESCRIPTION", "STATUS", "CATEGORIES", "DTSTART", "SEQUENCE", "DTSTAMP"}
_KNOWN = _NEEDED | {"TRANSP", "DURATION", "LAST-MODIFIED", "X-INVENT-KEY", "X-INVENT-ID"}


def read_feed(text: str) -> tuple[FeedItem, ...]:
    """Return the events of an earlier feed; none of an empty one.

    Raises `InvalidInput` for one that is damaged or foreign.
    """
    if not text:
        return ()
    lines = _lines(text)
    if lines[:1] != ["BEGIN:VCALENDAR"] or lines[-1] != "END:VCALENDAR":
        _refuse("it is not one complete calendar")
    if f"PRODID:{PRODUCT}" not in lines:
        _refuse("another program wrote it")
    items = tuple(_item(event) for event in _events(lines))
    if len({item.event.uid for item in items}) < len(items):
        _refuse("two of its events have the same UID")
    return items


def _lines(text: str) -> list[str]:
    return re.split(r"\r?\n", _FOLD.sub("", text.rstrip("\r\n")))


def _events(lines: list[str]) -> Iterator[Mapping[str, re.Match[str]]]:
    """Yield the properties of each event by their names."""
    properties: dict[str, re.Match[str]] | None = None
    for line in lines:
        if line == "BEGIN:VEVENT":
            if properties is not None:
                _refuse("an event begins within another")
            properties = {}
        elif line == "END:VEVENT":
            if properties is None:
                _refuse("an event ends that did not begin")
            yield properties
            properties = None
        elif properties is not None:
            match = _LINE.fullmatch(line)
            if match is None or match["name"] not in _KNOWN or match["name"] in properties:
                _refuse("an event holds a line that no feed of ours has")
            properties[match["name"]] = match
    if properties is not None:
        _refuse("an event is cut off")


def _item(properties: Mapping[str, re.Match[str]]) -> FeedItem:
    if missing := _NEEDED - properties.keys():
        _refuse(f"an event lacks its {min(missing)}")
    texts = {name: _unescaped(match["value"]) for name, match in properties.items()}
    if texts["STATUS"] not in get_args(Status):
        _refuse("an event has a status that no feed of ours has")
    if not re.fullmatch(r"\d{1,10}", texts["SEQUENCE"]) or int(texts["SEQUENCE"]) > LARGEST_SEQUENCE:
        _refuse("an event has a SEQUENCE that is not a number of ours")
    event = FeedEvent(
        uid=texts["UID"],
        key=texts.get("X-INVENT-KEY", ""),
        id=texts.get("X-INVENT-ID", ""),
        at=_instant(properties["DTSTART"]),
        zone=properties["DTSTART"]["zone"] or "",
        summary=texts["SUMMARY"],
        description=texts["DESCRIPTION"],
        categories=tuple(_unescaped(part) for part in _CATEGORY.findall(properties["CATEGORIES"]["value"])),
        status=cast("Status", texts["STATUS"]),
    )
    if not event.categories or not event.account:
        _refuse("an event lacks its state or its account")
    return FeedItem(event, Issue(int(texts["SEQUENCE"]), _instant(properties["DTSTAMP"])))


def _instant(line: re.Match[str]) -> datetime:
    value, zone = line["value"], line["zone"]
    if not _CLOCK.fullmatch(value) or value.endswith("Z") == bool(zone):
        _refuse(f"a {line['name']} is not a time of ours")
    try:
        clock = datetime.strptime(value.removesuffix("Z"), _LOCAL)  # noqa: DTZ007  # its zone follows
        return whole(clock.replace(tzinfo=load_zone(zone) if zone else UTC))
    except (ValueError, OverflowError, UnknownZone):
        _refuse(f"a {line['name']} is not a time of ours")


def _unescaped(value: str) -> str:
    return _ESCAPE.sub(lambda match: "\n" if match[1] == "n" else match[1], value)


def _refuse(fault: str) -> Never:
    raise InvalidInput(
        f"The earlier feed cannot be continued: {fault}. Without it, no event could be shown as cancelled.",
        "Delete the file or choose another one with --out; then the feed begins anew.",
    )
