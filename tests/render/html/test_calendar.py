"""The calendar's page without a browser: its bytes, its policy, its texts, its days and its hours."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

import invent_gitops.render.html
from invent_gitops.model.broadcast import NOT_TOLD, Counts
from invent_gitops.model.calendar import SEND_STATES, Calendar, CalendarRules, Clash, Revision
from invent_gitops.model.drift import Coverage
from invent_gitops.model.project import SANDBOX, BlackoutDays, QuietHours
from invent_gitops.render.html.calendar import calendar_html, page_of
from invent_gitops.render.html.looks import GRAVEST_FIRST
from invent_gitops.render.html.page import CalendarPage, Day, SendView
from tests.calendars import (
    AS_OF,
    BERLIN,
    HOSTILE,
    LONG,
    a_calendar,
    a_crowded_calendar,
    a_full_calendar,
    a_hostile_calendar,
    an_entry,
    an_instant,
    two_workspaces,
)

TEMPLATES = Path(invent_gitops.render.html.__file__).parent / "templates"
NEW_YORK = "America/New_York"
NO_RULES = CalendarRules()
# What may be in the page at all: none of these loads or runs anything but the one style and the one script.
_ELEMENTS = (
    "a abbr bdi body button caption code dd details dialog div dl dt fieldset h1 h2 h3 h4 head header html input label "
    "legend li link main meta ol option p section select span strong style script summary table tbody td th thead time "
    "title tr ul svg symbol use circle path rect"
)
ELEMENTS = frozenset(_ELEMENTS.split())


class Reader(HTMLParser):
    """The elements, the attributes and the texts of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def only(calendar: Calendar) -> SendView:
    [send] = [send for month in page_of([calendar]).months for day in month.days for send in day.sends]
    return send


def day_of(page: CalendarPage, day: str) -> Day:
    [found] = [cell for month in page.months for week in month.weeks for cell in week if cell and f"{cell.day}" == day]
    return found


def notes(send: SendView) -> list[str]:
    return [note.text for note in send.notes]


# ---------------------------------------------------------------- the bytes and the policy


def test_same_values_give_the_same_bytes() -> None:
    assert calendar_html([a_full_calendar()]) == calendar_html([a_full_calendar()])
    assert calendar_html(two_workspaces()) == calendar_html(two_workspaces())


def test_order_in_which_entries_come_does_not_matter() -> None:
    calendar = a_full_calendar()
    other = Calendar(calendar.context, calendar.entries[::-1], calendar.rules, look=calendar.look, changed_from="main")
    assert calendar_html([other]) == calendar_html([calendar])


def test_policy_allows_the_one_style_and_the_one_script_alone() -> None:
    html = calendar_html([a_hostile_calendar()])
    hashes = {}
    for name in ("style", "script"):
        [text] = re.findall(rf"<{name}>(.*?)</{name}>", html, re.S)
        hashes[name] = f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
    [policy] = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', html)
    assert policy.replace("&#39;", "'").replace("&#43;", "+").split("; ") == [
        "default-src 'none'",
        f"style-src {hashes['style']}",
        f"script-src {hashes['script']}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]


@pytest.mark.parametrize("calendars", [[a_hostile_calendar()], [a_full_calendar()], two_workspaces()])
def test_page_has_no_element_and_no_attribute_that_loads_or_acts(calendars: list[Calendar]) -> None:
    page = Reader(calendar_html(calendars))
    assert set(page.elements) <= ELEMENTS
    assert (page.elements.count("script"), page.elements.count("style"), page.elements.count("link")) == (1, 1, 1)
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name.startswith("on")} | (names & {"style", "src", "srcset", "action"})
    for name, value in page.attributes:
        if name == "href":
            assert value is not None
            assert value.startswith(("#", "data:image/svg+xml,"))


def test_templates_switch_no_escaping_off() -> None:
    for path in TEMPLATES.iterdir():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\|\s*safe\b|autoescape|Markup", text), path.name
    # Quotes, since a template is what may leave them out: a value that a person wrote could then end its attribute.
    for path in TEMPLATES.glob("*.html"):
        assert not re.search(r"=\s*\{\{", path.read_text(encoding="utf-8")), path.name


def test_page_with_500_sends_weighs_less_than_600_kilobytes() -> None:
    assert len(calendar_html([a_crowded_calendar(500)]).encode()) < 600_000


def test_every_state_has_a_sign_a_meaning_and_colours() -> None:
    page = page_of([a_calendar(*(an_entry(state, state=state) for state in SEND_STATES))])
    assert [look.word for look in page.looks] == list(SEND_STATES)
    signs = (TEMPLATES / "signs.html").read_text(encoding="utf-8")
    style = (TEMPLATES / "calendar.css").read_text(encoding="utf-8")
    for look in page.looks:
        assert f'<symbol id="i-{look.slug}"' in signs
        assert re.search(rf"\.{look.slug}\b[^{{}}]*\{{ --bg", style), look.slug
        assert look.meaning.endswith(".")
    assert {look.word for look in GRAVEST_FIRST} == set(SEND_STATES)


# ---------------------------------------------------------------- texts of people


def test_hostile_texts_are_texts() -> None:
    html = calendar_html([a_hostile_calendar()])
    assert "\u202e" not in html
    assert "<img" not in html
    assert "49" not in Reader(html).texts
    seen = HOSTILE.replace("\u202e", "\\u202e")
    texts = Reader(html).texts
    assert texts.count(seen) >= 4, "in the headline, the name, an owner and a choice of a filter"
    assert LONG in texts


def test_description_keeps_its_lines_and_hides_no_character() -> None:
    send = only(a_calendar(an_entry(author={"description": "First\nsecond \u200bone\n"})))
    assert send.details.description == "First\nsecond \\u200bone"


# ---------------------------------------------------------------- days and hours


def test_send_has_the_day_and_hour_of_the_project_and_of_utc() -> None:
    send = only(a_calendar(an_entry(at="2028-12-01T00:15")))
    assert (send.local.day, send.local.time, send.local.zone) == (date(2028, 12, 1), "00:15", BERLIN)
    assert (send.utc.day, send.utc.time) == (date(2028, 11, 30), "23:15")


def test_month_that_only_utc_has_a_send_in_is_there_and_hidden() -> None:
    page = page_of([a_calendar(an_entry(at="2029-02-01T00:15"), first=date(2029, 2, 1), last=date(2029, 2, 28))])
    assert [(month.id, month.counts, month.kept) for month in page.months] == [
        ("2029-01", (0, 1), False),
        ("2029-02", (1, 0), True),
    ]
    assert re.search(r'<section class="month" id="m2029-01"[^>]* hidden>', calendar_html([a_calendar(
        an_entry(at="2029-02-01T00:15"), first=date(2029, 2, 1), last=date(2029, 2, 28))]))  # fmt: skip


def test_weeks_begin_on_monday() -> None:
    [month] = page_of([a_calendar(an_entry())]).months
    assert [len(week) for week in month.weeks] == [7] * 5
    assert [cell.day.day if cell else None for cell in month.weeks[0]] == [None, None, 1, 2, 3, 4, 5]


def test_months_without_sends_are_left_out_unless_asked_for() -> None:
    entries = [an_entry(at="2028-11-23T09:00"), an_entry("Later", "2029-03-23T09:00")]
    assert [month.id for month in page_of([a_calendar(*entries)]).months] == ["2028-11", "2029-03"]
    asked = page_of([a_calendar(*entries, first=date(2028, 11, 5), last=date(2029, 3, 31))])
    assert [month.id for month in asked.months] == ["2028-11", "2028-12", "2029-01", "2029-02", "2029-03"]
    years = page_of([a_calendar(*entries, first=date(2028, 11, 5), last=date(2035, 3, 31))])
    assert [month.id for month in years.months] == ["2028-11", "2029-03"]


def test_page_begins_with_today_or_with_the_next_send() -> None:
    past, coming = an_entry("Past", "2028-09-01T09:00", "sent"), an_entry("Coming", "2029-03-01T09:00")
    assert page_of([a_calendar(past, coming)]).start == "2029-03"
    assert page_of([a_calendar(past, coming, an_entry())]).start == "2028-11"
    assert page_of([a_calendar(past)]).start == "2028-09"


def test_page_knows_today_on_both_clocks() -> None:
    late = datetime(2028, 11, 6, 23, 30, tzinfo=UTC)
    calendar = a_calendar(an_entry())
    page = page_of([Calendar(calendar.context.__class__(late, zone=BERLIN), calendar.entries)])
    assert day_of(page, "2028-11-07").today == (True, False)
    assert day_of(page, "2028-11-06").today == (False, True)


@pytest.mark.parametrize("at", [datetime.max.replace(tzinfo=UTC, microsecond=0), datetime(1, 1, 1, tzinfo=UTC)])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_ends_of_the_calendar_can_be_shown(at: datetime, zone: str) -> None:
    rules = CalendarRules(QuietHours(time(21), time(8), BERLIN), None)
    assert "Spring sale" in calendar_html([a_calendar(an_entry(at=at), zone=zone, rules=rules)])


def test_unknown_zone_is_shown_as_utc_and_says_so() -> None:
    send = only(a_calendar(an_entry(at=an_instant("2028-11-23T09:00")), zone="Mars/Olympus", rules=NO_RULES))
    assert (send.local.time, send.local.zone) == ("08:00", "UTC")


def test_send_at_once_says_so_and_shows_its_hour_only_once_it_has_one() -> None:
    send = only(a_calendar(an_entry(at=AS_OF, state="planned", at_once=True)))
    assert send.at_once
    assert send.details.facts[0].text == "At once, as soon as it is created"
    created = only(a_calendar(an_entry(at=AS_OF, state="sent", at_once=True)))
    assert not created.at_once
    assert created.local.time == "09:30"


def test_count_of_a_month_says_what_of_it_does_not_go_out() -> None:
    entries = [an_entry(state, f"2028-11-{day:02}T09:00", state) for day, state in enumerate(SEND_STATES, 10)]
    refused = [an_entry(f"Refused {day}", f"2028-12-{day:02}T09:00", "refused") for day in (1, 2)]
    calendar = a_calendar(*entries, *refused, an_entry("January", "2029-01-08T09:00"), rules=NO_RULES)
    tallies = re.findall('<span class="tally">(.*?)</span>', calendar_html([calendar]))
    assert tallies == ["13 sends, 1 refused, 1 blocked, 1 failed, 1 cancelled, 1 gone", "2 sends, 2 refused", "1 send"]


# ---------------------------------------------------------------- what is shaded and marked


@pytest.mark.parametrize(
    ("quiet", "day", "local", "universal"),
    [
        (QuietHours(time(21), time(8), BERLIN), "2028-11-08", "21:00–08:00", "20:00–07:00"),
        (QuietHours(time(21), time(8), "", BERLIN), "2028-11-08", "21:00–08:00", "20:00–07:00"),
        (QuietHours(time(21), time(8), BERLIN), "2028-10-31", "21:00–08:00", "20:00–07:00"),
        (QuietHours(time(12), time(14, 30), BERLIN), "2028-11-08", "12:00–14:30", "11:00–13:30"),
        (QuietHours(time(21), time(0), BERLIN), "2028-11-08", "21:00–24:00", "20:00–23:00"),
        (QuietHours(time(0, 30), time(8), BERLIN), "2028-11-08", "00:30–08:00", "23:30–07:00"),
        (QuietHours(time(21), time(8), NEW_YORK), "2028-11-08", "03:00–14:00", "02:00–13:00"),
        # The night in which the clocks go back is an hour longer, and UTC has both ends.
        (QuietHours(time(21), time(8), BERLIN), "2028-10-29", "21:00–08:00", "20:00–07:00"),
        (QuietHours(time(21), time(8), BERLIN), "2028-10-28", "21:00–08:00", "19:00–06:00"),
    ],
)
def test_quiet_hours_of_a_day_are_told_on_both_clocks(quiet: QuietHours, day: str, local: str, universal: str) -> None:
    page = page_of([a_calendar(an_entry(at=f"{day}T09:00"), rules=CalendarRules(quiet))])
    assert day_of(page, day).quiet == (local, universal)


def test_strip_shades_the_minutes_of_the_quiet_hours() -> None:
    page = page_of([a_calendar(an_entry(), rules=CalendarRules(QuietHours(time(21), time(8), BERLIN)))])
    local, universal = day_of(page, "2028-11-08").strips
    spans = {strip.number: strip.spans for strip in page.strips}
    assert spans[local] == ((0, 0, 480), (0, 1260, 180))
    assert spans[universal] == ((0, 0, 420), (0, 1200, 240))


@pytest.mark.parametrize(
    ("clock", "zone", "author", "quiet"),
    [
        ("2028-11-23T21:00", BERLIN, BERLIN, True),
        ("2028-11-23T20:59", BERLIN, BERLIN, False),
        ("2028-11-23T08:00", BERLIN, BERLIN, False),
        ("2028-11-24T07:59", BERLIN, BERLIN, True),
        # Without a zone of their own, the quiet hours are those of the send.
        ("2028-11-23T15:00", BERLIN, NEW_YORK, False),
        ("2028-11-23T21:30", "", NEW_YORK, False),
        ("2028-11-23T04:00", "", NEW_YORK, True),
    ],
)
def test_send_in_the_quiet_hours_is_marked_by_the_clocks_of_the_policy(
    clock: str, zone: str, author: str, quiet: bool
) -> None:
    rules = CalendarRules(QuietHours(time(21), time(8), zone, BERLIN))
    send = only(a_calendar(an_entry(at=clock, author={"timezone": author}), rules=rules))
    assert ("It is in the quiet hours." in notes(send)) == quiet
    assert ("in quiet hours" in [mark.word for mark in send.marks]) == quiet


def test_blackout_days_are_shaded_and_named_and_a_send_on_one_is_marked() -> None:
    spans = ((date(2028, 11, 10), date(2028, 11, 12)), (date(2028, 11, 23), date(2028, 11, 23)))
    page = page_of([a_calendar(an_entry(), rules=CalendarRules(None, BlackoutDays(spans, BERLIN)))])
    assert [day_of(page, f"2028-11-{day:02}").blackout for day in (9, 10, 12, 13)] == ["", "Blackout", "Blackout", ""]
    assert page.months[0].blackout == "10–12 November, 23 November"
    [send] = day_of(page, "2028-11-23").sends
    assert notes(send) == ["It is on a blackout day."]


def test_clash_names_the_other_the_segment_and_the_distance_and_leads_there() -> None:
    clash = Clash("other", "The other", ("vip",), timedelta(hours=2))
    calendar = a_calendar(an_entry(clashes=(clash,)), an_entry("The other", "2028-11-23T11:00", key="other"))
    first, second = day_of(page_of([calendar]), "2028-11-23").sends
    assert notes(first) == ["Clash with “The other”: 2 hours apart, both to vip."]
    assert first.notes[0].link == second.number
    everyone = only(a_calendar(an_entry(clashes=(Clash("", "Manual", (), timedelta()),))))
    assert notes(everyone) == [
        "Clash with “Manual”: at the same time, and they share an audience, since one goes to everyone."
    ]
    assert everyone.notes[0].link == 0


@pytest.mark.parametrize(
    ("apart", "text"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=1, minutes=30), "1 hour 30 minutes"),
        (timedelta(days=1, hours=2, minutes=5, seconds=9), "26 hours 5 minutes"),
    ],
)
def test_distance_of_a_clash_is_in_hours_and_minutes(apart: timedelta, text: str) -> None:
    send = only(a_calendar(an_entry(clashes=(Clash("", "Other", ("vip",), apart),))))
    assert notes(send) == [f"Clash with “Other”: {text} apart, both to vip."]


def test_clash_leads_to_the_send_of_its_own_workspace() -> None:
    clash = Clash("same", "Same", ("vip",), timedelta(hours=1))
    north = a_calendar(an_entry(key="same", name="Same"), workspace="north")
    south = a_calendar(
        an_entry(key="same", name="Same"), an_entry(key="x", name="Near", clashes=(clash,)), workspace="south"
    )
    sends = {send.name + send.workspace: send for send in day_of(page_of([north, south]), "2028-11-23").sends}
    assert sends["Nearsouth"].notes[0].link == sends["Samesouth"].number


# ---------------------------------------------------------------- results, filters and the head


def test_results_are_bars_with_what_they_are_a_share_of() -> None:
    counts = Counts(recipients=1240, delivered=1200, opened=684, click=0, failed=40, unsubscribed=0)
    details = only(a_calendar(an_entry(state="sent", results=counts))).details
    assert [(bar.number, bar.word, bar.percent, bar.of) for bar in details.bars] == [
        ("1,200", "delivered", "96.8", "1,240 recipients"),
        ("684", "opened", "57.0", "1,200 delivered"),
        ("0", "clicked", "0.0", "1,200 delivered"),
    ]
    assert details.further == "40 failed (3.2%)"


def test_result_without_its_base_is_a_number_without_a_bar() -> None:
    details = only(a_calendar(an_entry(state="sent", results=Counts(delivered=12)))).details
    assert [(bar.number, bar.percent) for bar in details.bars] == [("12", "")]
    assert only(a_calendar(an_entry(state="sent", results=NOT_TOLD))).details.bars == ()


def test_results_are_not_shown_before_anything_was_sent() -> None:
    counts = Counts(recipients=0, delivered=0, opened=0, click=0)
    assert only(a_calendar(an_entry(state="scheduled", results=counts))).details.bars == ()


def test_filters_count_the_sends_of_each_choice_and_leave_out_what_offers_none() -> None:
    entries = [
        an_entry("A", segments=("vip", "news"), author={"owner": "ann"}),
        an_entry("B", segments=("news",), author={"owner": ""}),
        an_entry("C", segments=(), author={"owner": "ann"}),
    ]
    page = page_of([a_calendar(*entries)])
    assert {each.id: [(option.label, option.count) for option in each.options] for each in page.filters} == {
        "segment": [("Everyone", 1), ("news", 3), ("vip", 2)],
        "owner": [("ann", 2), ("No owner", 1)],
    }
    labels = {option.number: option.label for each in page.filters for option in each.options}
    assert [[labels[number] for number in page.options[send]] for send in (1, 2, 3)] == [
        ["vip", "news", "ann"],
        ["news", "No owner"],
        ["Everyone", "vip", "news", "ann"],
    ]


def test_send_to_everyone_passes_the_filter_of_each_segment_and_the_filter_says_so() -> None:
    page = page_of([a_calendar(an_entry("VIP only", segments=("vip",)), an_entry("For all", segments=()))])
    [audience] = page.filters
    assert [(option.label, option.count) for option in audience.options] == [("Everyone", 1), ("vip", 2)]
    assert audience.note == "Sends to everyone pass each segment."
    none = page_of([a_calendar(an_entry("A", segments=("vip",)), an_entry("B", segments=("news",)))])
    assert [(each.id, each.note) for each in none.filters] == [("segment", "")]


def test_segments_of_two_workspaces_are_choices_of_their_own() -> None:
    brands = [
        a_calendar(an_entry("Letter"), an_entry("Sale", segments=()), workspace="north"),
        a_calendar(an_entry("Brief"), workspace="south"),
    ]
    page = page_of(brands)
    [audience] = [each for each in page.filters if each.id == "segment"]
    assert [(option.label, option.value, option.count) for option in audience.options] == [
        ("Everyone (north)", "north/", 1),
        ("newsletter (north)", "north/newsletter", 2),
        ("newsletter (south)", "south/newsletter", 1),
    ]


def test_head_says_how_much_of_invent_was_read() -> None:
    assert page_of([a_calendar()]).head.source.startswith("From files and records, offline.")
    assert page_of([a_calendar(look=Coverage())]).head.source == "Read from Invent."
    partly = page_of([a_calendar(look=Coverage(("Page 3 could not be read.",), ("a", "b"), 1))]).head
    assert partly.source == "Only partly read from Invent."
    assert partly.alarms == ("Page 3 could not be read.", "Not read in full: a, b. Their states may be old.")
    assert partly.remarks == ("1 broadcast in Invent is recorded nowhere.",)
    assert "This calendar is incomplete" in calendar_html([a_calendar(look=Coverage(("Gap.",)))])
    assert "This calendar is incomplete" not in calendar_html([a_calendar(look=Coverage())])


def test_page_of_a_rehearsal_says_that_nobody_is_messaged() -> None:
    assert "nobody is messaged" in calendar_html([a_calendar(an_entry(), api=SANDBOX)])
    assert "nobody is messaged" not in calendar_html([a_calendar(an_entry())])


def test_each_workspace_has_its_zone_its_rules_and_its_warnings() -> None:
    page = page_of(two_workspaces())
    assert page.head.zone == ""
    assert page.head.alarms[0].startswith("america: ")
    assert page.head.remarks == (
        "europe: From files and records, offline. Changes that were made in Invent do not appear.",
    )
    assert {(send.workspace, send.local.zone) for send in day_of(page, "2028-11-14").sends} == {
        ("europe", BERLIN),
        ("america", NEW_YORK),
    }
    assert day_of(page, "2028-11-14").quiet[0] == "europe 21:00–08:00, america 20:00–09:00"
    assert day_of(page, "2028-11-12").blackout == "Blackout: europe"


def test_legend_explains_every_sign_that_is_shown() -> None:
    for calendars in ([a_full_calendar()], two_workspaces()):
        page = page_of(calendars)
        sends = [send for month in page.months for day in month.days for send in day.sends]
        shown = {mark.sign for send in sends for mark in send.marks}
        assert shown <= {note.sign for note in page.legend}
    assert page_of([a_calendar(an_entry(), rules=NO_RULES)]).legend == ()


def test_legend_explains_a_clash_where_there_is_one_and_counts_the_gap_in_days() -> None:
    rules = CalendarRules(None, None, timedelta(days=5))
    clash = Clash("other", "The other", ("vip",), timedelta(hours=2))
    clashing = page_of([a_calendar(an_entry(clashes=(clash,)), rules=rules)])
    assert [note.text for note in clashing.legend] == ["Clash: two sends to one segment within 5 days."]
    assert page_of([a_calendar(an_entry(), rules=rules)]).legend == ()


def test_reason_of_a_refusal_is_said_once() -> None:
    remark = "It would go out at 22:00, in the quiet hours from 21:00 to 08:00, when nobody may be messaged."
    send = only(a_calendar(an_entry(at="2028-11-12T22:00", state="refused", remarks=(remark,))))
    assert notes(send) == [remark]
    assert [mark.sign for mark in send.marks] == ["alert", "moon", "blackout"]


def test_empty_calendar_says_what_to_do() -> None:
    assert "Add one in a pull request" in calendar_html([a_calendar()])
    asked = calendar_html([a_calendar(first=date(2028, 12, 1), last=date(2028, 12, 31))])
    assert "No broadcasts in this period" in asked
    assert "--month YYYY-MM" in asked
    assert "Period: 1 December 2028 – 31 December 2028" in asked


def test_page_of_an_organization_without_a_name_has_a_headline_of_its_own() -> None:
    html = calendar_html([a_calendar(an_entry(), org="c")])
    assert re.search(r"<h1[^>]*>Broadcast calendar</h1>", html)
    assert "<title>Broadcast calendar</title>" in html


def test_hours_of_several_zones_are_named_beside_each_time_in_the_month() -> None:
    several, single = calendar_html(two_workspaces()), calendar_html([a_full_calendar()])
    assert set(re.findall('<abbr class="zone">(.*?)</abbr>', several)) == {"CET", "EST"}
    assert 'class="zone">CET' not in single


def test_printed_warning_counts_what_it_leaves_out() -> None:
    gaps = tuple(f"Page {number} could not be read." for number in range(1, 6))
    assert "and 2 more in the file that was printed" in calendar_html([a_calendar(look=Coverage(gaps))])
    assert "more in the file" not in calendar_html([a_calendar(look=Coverage(gaps[:3]))])


def test_sends_of_this_change_are_marked_and_can_be_chosen() -> None:
    new = an_entry("New", state="planned", revision=Revision(None, in_change=True))
    page = page_of([a_calendar(new, an_entry("Older", state="planned"), changed_from="main")])
    first, second = day_of(page, "2028-11-23").sends
    assert [mark.word for mark in first.marks + second.marks] == ["in this change"]
    assert [(option.label, option.count) for option in page.filters[-1].options] == [
        ("In this change", 1),
        ("Not in this change", 1),
    ]
    assert page.head.remarks == ("“In this change” means new, edited or deleted since main.",)
