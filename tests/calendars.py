"""Makes calendars for tests: one with every state and mark, one with many sends, and one whose texts are hostile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from invent_gitops.model.broadcast import Counts, Request
from invent_gitops.model.calendar import (
    SEND_STATES,
    Author,
    Calendar,
    CalendarEntry,
    CalendarRules,
    Clash,
    Revision,
    SendState,
)
from invent_gitops.model.context import Context
from invent_gitops.model.drift import Coverage
from invent_gitops.model.plan import Audience
from invent_gitops.model.project import BlackoutDays, QuietHours
from invent_gitops.zonedata import load_zone

AS_OF = datetime(2028, 11, 6, 8, 30, tzinfo=UTC)
BERLIN = "Europe/Berlin"
HOSTILE = (
    "<img src=x onerror=alert(1)></script><script>alert(2)</script>{{7*7}}{% raw %}\"'` onload=alert(3) \u202e evil"
)
LONG = "W" * 255
RESULTS = Counts(
    contacts=1300,
    recipients=1240,
    skipped=60,
    sent=1240,
    failed=40,
    delivered=1200,
    opened=684,
    click=129,
    unsubscribed=3,
)
RULES = CalendarRules(
    QuietHours(time(21), time(8), BERLIN, BERLIN),
    BlackoutDays(((date(2028, 11, 12), date(2028, 11, 12)), (date(2028, 12, 24), date(2028, 12, 26))), BERLIN),
    timedelta(hours=24),
)


def an_instant(written: str, zone: str = BERLIN) -> datetime:
    """The instant of a local time such as `2028-11-23T09:00`."""
    return datetime.fromisoformat(written).replace(tzinfo=load_zone(zone)).astimezone(UTC)


def an_entry(
    name: str = "Spring sale",
    at: str | datetime = "2028-11-23T09:00",
    state: SendState = "scheduled",
    *,
    key: str = "",
    segments: tuple[str, ...] = ("newsletter",),
    contacts: int | None = 1240,
    at_once: bool = False,
    author: Mapping[str, str] | None = None,
    **fields: Any,
) -> CalendarEntry:
    instant = an_instant(at) if isinstance(at, str) else at
    ids = tuple(f"seg_{segment}" for segment in segments)
    request = Request(name, None if at_once else instant, ids, not segments)
    created = {} if state in ("planned", "refused") else {"id": f"brd_{abs(instant.timestamp()):.0f}"}
    return CalendarEntry(
        key or name.casefold().replace(" ", "-"),
        request,
        instant,
        state,
        Audience(segments, not segments, contacts),
        **{**created, "author": Author(**(author or {"owner": "growth-team"})), **fields},
    )


def a_calendar(*entries: CalendarEntry, zone: str = BERLIN, workspace: str = "", **fields: Any) -> Calendar:
    context = Context(AS_OF, fields.pop("org", "org_northwind"), fields.pop("api", ""), workspace, zone)
    ordered = tuple(sorted(entries, key=lambda entry: (entry.at, entry.key)))
    return Calendar(context, ordered, **{"rules": RULES, **fields})


def a_full_calendar() -> Calendar:
    """A month of a shop, with every state, clash, mark and result."""
    vip = Clash("cyber-monday", "Cyber Monday warm-up", ("vip-customers",), timedelta(hours=3))
    early = Clash("black-friday-vip", "Black Friday – VIP early access", ("vip-customers",), timedelta(hours=3))
    long = "Early access for VIP customers, one day before everyone else.\nThe landing page opens at the same hour."
    owner = {"owner": "growth-team"}
    editors = {"owner": "editors"}
    new = Revision(None, in_change=True)
    entries = [
        an_entry("Weekly letter 44", "2028-11-01T10:00", "sent", author=editors, results=RESULTS, status="SENT"),
        an_entry("Singles’ Day teaser", "2028-11-03T09:30", "sent", segments=(), contacts=None, author=owner,
                 results=Counts(None, 18400, None, 18400, 446, 17954, 6105, None, 1420, None, 38)),
        an_entry("Price alert: coffee machines", "2028-11-06T09:30", "sending", segments=("coffee-fans",),
                 author=owner),
        an_entry("Weekly letter 45", "2028-11-08T10:00", "scheduled", author=editors, status="SCHEDULED"),
        an_entry("Singles’ Day – 11 % on everything", "2028-11-11T11:11", "scheduled", segments=(), contacts=18400),
        an_entry("Store opening Hamburg", "2028-11-14T18:00", "draft", segments=("hamburg",), contacts=2310,
                 author={"owner": "retail"}, remarks=("It is still a draft, and it is due in 8 days.",)),
        an_entry("Weekly letter 46", "2028-11-15T10:00", "empty draft", author=editors, status="DRAFT",
                 remarks=("It has no message yet. Write one in Invent before Wed 15 Nov 2028 10:00 Europe/Berlin.",)),
        an_entry("Loyalty points expire", "2028-11-17T07:15", "refused", segments=("loyalty", "vip-customers"),
                 remarks=("It would go out in the quiet hours from 21:00 to 08:00, when nobody may be messaged.",)),
        an_entry("Lost cart reminder", "2028-11-20T12:00", "blocked", segments=("lost-carts",),
                 remarks=("The outcome of its creation is unknown. Look in Invent, then run resolve.",)),
        an_entry("Weekly letter 47", "2028-11-22T10:00", "planned", author=editors, revision=new),
        an_entry("Black Friday – VIP early access", "2028-11-23T15:00", "planned", key="black-friday-vip", revision=new,
                 segments=("vip-customers",), contacts=640, clashes=(vip,),
                 author={"owner": "growth-team", "description": long, "timezone": "America/New_York",
                         "file": "broadcasts/black-friday-vip.yaml"}),
        an_entry("Cyber Monday warm-up", "2028-11-23T18:00", "planned", key="cyber-monday",
                 segments=("vip-customers", "newsletter"), clashes=(early,)),
        an_entry("Black Friday", "2028-11-24T09:00", "planned", segments=(), contacts=18400),
        an_entry("Flash sale: headphones", "2028-11-24T12:00", "planned", segments=("audio",)),
        an_entry("Last hours", "2028-11-24T19:00", "planned", segments=("newsletter",)),
        an_entry("After-work deals", "2028-11-24T20:00", "planned", segments=("loyalty",)),
        an_entry("Midnight deals", "2028-11-25T00:30", "failed", segments=("audio",), status="FAILED"),
        an_entry("Old catalogue", "2028-11-27T09:00", "cancelled", author={"owner": "retail"}),
        an_entry("Partner offer", "2028-11-28T09:00", "gone", author={"owner": ""}),
        an_entry("Sent by hand", "2028-11-29T16:00", "recorded nowhere", key="", author={"owner": ""}),
        an_entry("Survey", "2028-11-30T09:00", "unknown", status="PAUSED", author={"owner": "research"}),
        an_entry("Advent, first door", "2028-12-01T08:00", "planned", author=editors),
        an_entry("Christmas greeting", "2028-12-24T10:00", "refused", segments=(), contacts=18400,
                 remarks=("It would go out on a blackout day (2028-12-24..2028-12-26).",)),
        an_entry("New year", "2029-01-01T00:15", "planned", segments=(), contacts=18400),
    ]  # fmt: skip
    return a_calendar(*entries, look=Coverage(unrecorded=1), changed_from="main")


def a_crowded_calendar(number: int = 500, first: str = "2028-11-01") -> Calendar:
    """So many sends in the thirty days from one on, on each of them and in every state."""
    owners = ("growth-team", "editors", "retail", "research", "")
    segments = ("newsletter", "vip-customers", "loyalty", "audio", "hamburg", "coffee-fans", "lost-carts")
    entries = [
        an_entry(
            f"Send {index:03}: {('Flash sale', 'Weekly letter', 'Store opening', 'Survey of the season')[index % 4]}",
            an_instant(f"{first}T08:00") + timedelta(days=index % 30, minutes=(index * 37) % 780),
            SEND_STATES[index * 7 % len(SEND_STATES)],
            key=f"send-{index:03}",
            segments=(segments[index % 7],) if index % 11 else (),
            author={
                "owner": owners[index % 5],
                "description": "One of many.",
                "file": f"broadcasts/send-{index:03}.yaml",
            },
            results=RESULTS if SEND_STATES[index * 7 % len(SEND_STATES)] == "sent" else Counts(),
        )
        for index in range(number)
    ]
    return a_calendar(*entries)


def two_workspaces() -> list[Calendar]:
    """Two brands in two zones, with quiet hours of their own, and one of them only partly read."""
    us_rules = CalendarRules(QuietHours(time(20), time(9), "", "America/New_York"), None, timedelta(hours=6))
    partly = Coverage(("Page 3 of the list could not be read: Invent answered 503.",), ("spring", "summer"))
    return [
        a_calendar(
            an_entry("Berlin brunch", "2028-11-14T10:00", "scheduled"),
            an_entry("Late offer", "2028-11-30T23:30", "planned"),
            workspace="europe",
        ),
        a_calendar(
            an_entry("Thanksgiving", an_instant("2028-11-23T21:30", "America/New_York"), "scheduled"),
            an_entry("Brunch in Brooklyn", an_instant("2028-11-14T10:00", "America/New_York"), "draft", author={}),
            zone="America/New_York",
            workspace="america",
            rules=us_rules,
            look=partly,
        ),
    ]


def a_hostile_calendar() -> Calendar:
    """Texts of people that would act in a page that believed them."""
    author = {"owner": HOSTILE, "description": f"{HOSTILE}\n{LONG}", "timezone": BERLIN, "file": HOSTILE}
    entries = [
        an_entry(HOSTILE, "2028-11-23T09:00", "planned", key=HOSTILE, segments=(HOSTILE,), author=author,
                 remarks=(HOSTILE,), clashes=(Clash("long", LONG, (HOSTILE,), timedelta(hours=1)),), status=HOSTILE),
        an_entry(LONG, "2028-11-23T10:00", "refused", key="long", segments=(LONG,), author={"owner": LONG}),
        an_entry("مرحبا بالعالم – תודה רבה 🎉👩‍👩‍👧‍👦", "2028-11-24T10:00", "scheduled", key="rtl"),
    ]  # fmt: skip
    return a_calendar(
        *entries, workspace=HOSTILE, org=HOSTILE, look=Coverage((HOSTILE,), (HOSTILE,), 2), changed_from=HOSTILE
    )
