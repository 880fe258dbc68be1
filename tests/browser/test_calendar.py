"""The calendar's page in a real Chromium: what a marketer sees and does, and what the page must never do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from invent_gitops.model.drift import Coverage
from invent_gitops.render.html.calendar import calendar_html
from tests.browser.conftest import Visit, Visitor
from tests.calendars import (
    HOSTILE,
    LONG,
    a_calendar,
    a_crowded_calendar,
    a_full_calendar,
    a_hostile_calendar,
    an_entry,
    two_workspaces,
)
from tests.running import ROOT, call

EXAMPLES = "the examples"
CALENDARS: Mapping[str, Any] = {
    "every state": lambda: [a_full_calendar()],
    "500 sends": lambda: [a_crowded_calendar()],
    "hostile texts": lambda: [a_hostile_calendar()],
    "two workspaces": two_workspaces,
    "no sends": lambda: [a_calendar()],
}
SIX_WEEKS = "2028-10-01"


@cache
def html_of(name: str) -> str:
    if name == EXAMPLES:
        return call(ROOT / "examples", "calendar", "--format", "html").out
    return calendar_html(CALENDARS[name]())


def names(visit: Visit) -> list[str]:
    """The sends of the agenda that are to be seen, in order."""
    texts: list[str] = visit.page.locator(".agenda .send:visible h4").all_inner_texts()
    return texts


def status(visit: Visit) -> str:
    return str(visit.page.locator("#status").inner_text())


def fragment(visit: Visit) -> dict[str, list[str]]:
    return parse_qs(urlsplit(visit.page.url).fragment, keep_blank_values=True)


@pytest.mark.parametrize("width", [375, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [EXAMPLES, *CALENDARS])
def test_page_is_accessible_fits_its_window_and_asks_for_nothing(
    visitor: Visitor, name: str, scheme: str, width: int
) -> None:
    # Of hundreds of equal items axe takes minutes, so the agenda has some of each kind.
    agenda = "&state=sent&state=refused" if name == "500 sends" else ""
    with visitor(html_of(name), width=width, scheme=scheme) as visit:
        for view in ("#view=month", f"#view=agenda{agenda}"):
            visit.open(view)
            assert visit.severe() == []
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "view"), [(375, "agenda"), (1440, "month")])
def test_phone_begins_with_the_agenda_and_a_desk_with_the_month(visitor: Visitor, width: int, view: str) -> None:
    with visitor(html_of("every state"), width=width) as visit:
        assert visit.page.locator(".current .agenda").is_visible() == (view == "agenda")
        assert visit.page.locator(".current table").is_visible() == (view == "month")
        assert visit.page.locator(".current h2").inner_text() == "November 2028"


def test_filters_narrow_what_is_shown_and_say_how_much(visitor: Visitor) -> None:
    with visitor(html_of("every state"), fragment="#view=agenda") as visit:
        assert status(visit) == (
            "November 2028: 21 sends, 1 refused, 1 blocked, 1 failed, 1 cancelled, 1 gone. "
            "24 sends in all, 2 refused, 1 blocked, 1 failed, 1 cancelled, 1 gone. Times in Europe/Berlin."
        )
        visit.page.get_by_role("button", name="Filters").click()
        visit.page.locator("label", has_text="editors").click()
        assert names(visit) == ["Weekly letter 44", "Weekly letter 45", "Weekly letter 46", "Weekly letter 47"]
        visit.page.locator("label", has_text="planned").click()
        assert names(visit) == ["Weekly letter 47"]
        assert status(visit).startswith("November 2028: 1 of 21 sends. 2 of 24 sends pass the filters.")
        assert visit.page.locator(".current .tally").inner_text() == "1 of 21 sends"
        visit.page.locator("label", has_text="refused").click()
        assert names(visit) == ["Weekly letter 47"], "choices of one group widen it, and groups narrow each other"
        visit.page.get_by_role("button", name="Clear all filters").click()
        assert len(names(visit)) == 21


def test_filters_of_audience_and_workspace_tell_everyone_and_each_workspace_apart(visitor: Visitor) -> None:
    with visitor(html_of("every state"), fragment="#view=agenda&segment=") as visit:
        assert names(visit) == ["Singles’ Day teaser", "Singles’ Day – 11 % on everything", "Black Friday"]
    with visitor(html_of("every state"), fragment="#view=agenda&segment=hamburg") as visit:
        to_everyone = ["Singles’ Day teaser", "Singles’ Day – 11 % on everything", "Black Friday"]
        assert sorted(names(visit)) == sorted([*to_everyone, "Store opening Hamburg"])
        assert "Sends to everyone pass each segment." in status(visit)
    with visitor(html_of("two workspaces"), fragment="#view=agenda&workspace=america") as visit:
        assert names(visit) == ["Brunch in Brooklyn", "Thanksgiving"]


def test_link_keeps_view_month_zone_and_filters(visitor: Visitor) -> None:
    with visitor(html_of("every state")) as visit:
        visit.page.get_by_role("button", name="Agenda").click()
        visit.page.get_by_role("button", name="UTC").click()
        visit.page.get_by_role("button", name="Next month with sends").click()
        visit.page.get_by_role("button", name="Filters").click()
        visit.page.locator("label", has_text="Everyone").click()
        expected = {"view": ["agenda"], "month": ["2028-12"], "zone": ["utc"], "segment": [""]}
        assert fragment(visit) == expected
        before = names(visit)
        visit.page.reload()
        assert fragment(visit) == expected
        assert names(visit) == before == ["Christmas greeting", "New year"]


def test_months_are_walked_through_and_chosen(visitor: Visitor) -> None:
    entries = [an_entry("First"), an_entry("Later", "2029-03-05T09:00"), an_entry("Much later", "2030-01-02T09:00")]
    with visitor(calendar_html([a_calendar(*entries)])) as visit:
        heading = visit.page.locator(".current h2")
        previous = visit.page.get_by_role("button", name="Previous month with sends")
        following = visit.page.get_by_role("button", name="Next month with sends")
        assert previous.is_disabled()
        following.click()
        assert heading.inner_text() == "March 2029", "months without sends are skipped"
        following.click()
        assert (heading.inner_text(), following.is_disabled()) == ("January 2030", True)
        visit.page.get_by_role("button", name="Today").click()
        assert heading.inner_text() == "November 2028"
        visit.page.locator("#months").select_option(label="March 2029")
        assert heading.inner_text() == "March 2029"
        previous.click()
        assert heading.inner_text() == "November 2028"


@pytest.mark.parametrize("name", ["every state", "two workspaces"])
def test_zone_moves_every_send_to_its_day_and_hour(visitor: Visitor, name: str) -> None:
    instants = sorted(entry.at for calendar in CALENDARS[name]() for entry in calendar.entries)
    shown = """items => items.map(item => [item.closest('.day').dataset.day, item.querySelector('time').textContent,
        item.querySelector('.zone').textContent])"""
    with visitor(html_of(name), fragment="#view=agenda") as visit:
        before = visit.page.locator(".agenda .send").evaluate_all(shown)
        visit.page.get_by_role("button", name="UTC").click()
        universal = visit.page.locator(".agenda .send").evaluate_all(shown)
        assert universal == [[f"{at:%Y-%m-%d}", f"{at:%H:%M}", "UTC"] for at in instants]
        days = "chips => chips.map(chip => chip.closest('td').dataset.day + chip.querySelector('time').textContent)"
        assert visit.page.locator(".chip").evaluate_all(days) == [day + time for day, time, _ in universal]
        visit.page.locator("button[data-zone=local]").click()
        assert visit.page.locator(".agenda .send").evaluate_all(shown) == before


def test_quiet_hours_follow_the_zone(visitor: Visitor) -> None:
    with visitor(html_of("every state"), fragment="#view=agenda") as visit:
        note = visit.page.locator("#d2028-11-08 .day-notes")
        assert note.inner_text() == "quiet 21:00–08:00"
        visit.page.get_by_role("button", name="UTC").click()
        assert note.inner_text() == "quiet 20:00–07:00"


FOCUSED = """() => {
    const element = document.activeElement;
    if (element === document.body) return null;
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    const order = [...document.querySelectorAll('*')].indexOf(element);
    const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    return {order, ring, visible: box.width > 0 && box.height > 0, html: element.outerHTML.slice(0, 80)};
}"""


@pytest.mark.parametrize("view", ["month", "agenda"])
def test_keyboard_reaches_everything_in_order_and_the_focus_is_seen(visitor: Visitor, view: str) -> None:
    with visitor(html_of("every state"), fragment=f"#view={view}&owner=editors") as visit:
        focused = []
        for _ in range(200):
            visit.page.keyboard.press("Tab")
            if (element := visit.page.evaluate(FOCUSED)) is None:
                break
            focused.append(element)
        orders = [element["order"] for element in focused]
        assert orders == sorted(set(orders))
        assert [element["html"] for element in focused if not (element["visible"] and element["ring"])] == []
        reachable = "a, button:not(:disabled), select, input, summary"
        assert len(orders) == visit.page.locator(f":is({reachable}):visible").count()


def test_details_open_by_keyboard_and_the_focus_comes_back(visitor: Visitor) -> None:
    with visitor(html_of("every state")) as visit:
        chip = visit.page.locator(".chip", has_text="VIP early access")
        chip.focus()
        visit.page.keyboard.press("Enter")
        dialog = visit.page.get_by_role("dialog")
        assert dialog.get_by_role("heading", level=2).inner_text() == "Thursday 23 November 2028"
        text = dialog.inner_text()
        for part in (
            "Early access for VIP customers",
            "Thu 23 Nov 2028 15:00 Europe/Berlin (14:00 UTC)",
            "09:00 America/New_York",
            "broadcasts/black-friday-vip.yaml",
            "Clash with “Cyber Monday warm-up”: 3 hours apart, both to vip-customers.",
        ):
            assert part in text
        dialog.get_by_role("link", name="Show the other").click()
        assert dialog.get_by_role("heading", level=4).inner_text() == "Cyber Monday warm-up"
        visit.page.keyboard.press("Escape")
        assert not dialog.is_visible()
        assert chip.evaluate("element => element === document.activeElement")
        visit.open("#view=agenda")
        summary = visit.page.locator(".send:visible summary").first
        summary.focus()
        visit.page.keyboard.press("Enter")
        assert visit.page.locator(".send:visible details").first.get_attribute("open") is not None


def test_crowded_day_counts_the_sends_that_it_does_not_show_and_lists_all_of_them(visitor: Visitor) -> None:
    with visitor(html_of("500 sends")) as visit:
        cell = visit.page.locator("#c2028-11-06")
        assert cell.locator(".chip:visible").count() == 3
        cell.locator(".more").click()
        dialog = visit.page.get_by_role("dialog")
        assert dialog.get_by_role("heading", level=2).inner_text() == (
            "Monday 6 November 2028: 17 sends, 1 refused, 2 blocked, 1 failed, 2 cancelled, 1 gone"
        )
        assert dialog.locator(".send").count() == 17
        shown = visit.page.locator(".chip:visible").count()
        hidden = sum(int(text.split()[0]) for text in visit.page.locator(".more .wide:visible").all_inner_texts())
        assert shown + hidden == 500


def test_month_on_a_phone_counts_the_sends_of_each_day(visitor: Visitor) -> None:
    with visitor(html_of("500 sends"), width=375, fragment="#view=month") as visit:
        counts = visit.page.locator(".more .narrow:visible").all_inner_texts()
        assert sum(int(text.split(":")[0]) for text in counts) == 500
        visit.page.locator("#c2028-11-06 .more").click()
        assert visit.page.get_by_role("dialog").locator(".send").count() == 17
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 375


@pytest.mark.parametrize("width", [720, 1100, 1440])
def test_states_are_never_cut_and_names_have_three_lines(visitor: Visitor, width: int) -> None:
    entries = [
        an_entry("Atlas 2: the last week of the price in Asia", "2028-11-23T09:00", "cancelled"),
        an_entry("Atlas 2: the last week of the price in Europe", "2028-11-23T10:00", "recorded nowhere"),
    ]
    html = calendar_html([a_calendar(*entries, look=Coverage(), changed_from="main")])
    with visitor(html, width=width, fragment="#view=month") as visit:
        for media in ("screen", "print"):
            visit.page.emulate_media(media=media)
            within = """words => words.every(word =>
                word.getBoundingClientRect().right <= word.closest('.chip').getBoundingClientRect().right)"""
            assert visit.page.locator(".chip .word").evaluate_all(within)
        visit.page.emulate_media(media="screen")
        entire = "names => names.every(name => name.scrollHeight <= name.clientHeight + 1)"
        assert visit.page.locator(".chip .name").evaluate_all(entire) or width < 1440


def test_line_of_the_head_ends_and_begins_with_no_dot(visitor: Visitor) -> None:
    calendar = a_calendar(an_entry(), look=Coverage(unrecorded=1), changed_from="main", org="org_" + "n" * 60)
    with visitor(calendar_html([calendar]), width=900) as visit:
        spans = visit.page.locator(".about > span")
        cut = """spans => spans.map(span => span.getBoundingClientRect().left
            < span.parentElement.getBoundingClientRect().left + 1)"""
        begins = spans.evaluate_all(cut)
        assert begins[0]
        assert begins.count(True) > 1, "the head has several lines"
        after = "spans => spans.map(span => getComputedStyle(span, '::after').content)"
        assert set(spans.evaluate_all(after)) == {"none"}
        clip = visit.page.locator(".about").evaluate("about => getComputedStyle(about).clipPath")
        assert clip.startswith("inset(0px 0px 0px ")


def test_printed_month_names_audience_and_owner_where_there_is_room(visitor: Visitor) -> None:
    with visitor(html_of("every state")) as visit:
        assert visit.page.locator(".chip .to:visible").count() == 0
        visit.page.emulate_media(media="print")
        text = visit.page.locator("#c2028-11-14 .to").inner_text()
        assert text == "to hamburg, up to 2,310 contacts · retail"
        assert visit.page.locator("#c2028-11-24 .to:visible").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_month_on_a_phone_shows_the_gravest_state_of_each_day(visitor: Visitor, scheme: str) -> None:
    entries = [
        an_entry("Good", "2028-11-21T09:00", "planned"),
        an_entry("Refused", "2028-11-22T09:00", "refused"),
        an_entry("One of two", "2028-11-23T09:00", "planned"),
        an_entry("The other", "2028-11-23T12:00", "cancelled"),
        an_entry("Sent", "2028-11-24T09:00", "sent"),
        an_entry("Blocked", "2028-11-24T10:00", "blocked"),
    ]
    html = calendar_html([a_calendar(*entries)])
    with visitor(html, width=375, scheme=scheme, fragment="#view=month") as visit:
        cells = visit.page.locator(".more .narrow:visible")
        assert cells.all_text_contents() == [
            "1: 1 planned",
            "1: 1 refused",
            "2: 1 cancelled, 1 planned",
            "2: 1 blocked, 1 sent",
        ]
        signs = "cells => cells.map(cell => cell.querySelector('use').getAttribute('href'))"
        assert cells.evaluate_all(signs) == ["#i-planned", "#i-refused", "#i-cancelled", "#i-blocked"]
        colours = cells.evaluate_all("cells => cells.map(cell => getComputedStyle(cell).backgroundColor)")
        assert len(set(colours)) == 4
        visit.open("#view=month&state=planned")
        assert cells.all_text_contents() == ["1: 1 planned", "1: 1 planned"], "what the filters hide colours no day"


def test_crowded_day_shows_the_gravest_state_of_what_it_leaves_out(visitor: Visitor) -> None:
    entries = [an_entry(f"Send {hour}", f"2028-11-23T{hour:02}:00", "planned") for hour in range(9, 15)]
    late = an_entry("Late", "2028-11-23T23:00", "refused")
    with visitor(calendar_html([a_calendar(*entries, late)])) as visit:
        more = visit.page.locator(".more .wide:visible")
        assert more.all_text_contents() == ["+4 more: 1 refused, 3 planned"]
        assert more.locator("use").get_attribute("href") == "#i-refused"


@pytest.mark.parametrize("view", ["month", "agenda"])
@pytest.mark.parametrize("name", [EXAMPLES, *CALENDARS, "six weeks"])
def test_month_prints_on_one_sheet(visitor: Visitor, name: str, view: str) -> None:
    html = calendar_html([a_crowded_calendar(500, SIX_WEEKS)]) if name == "six weeks" else html_of(name)
    with visitor(html, fragment=f"#view={view}") as visit:
        printed = visit.page.pdf(prefer_css_page_size=True, print_background=True)
        assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1
        [box] = set(re.findall(rb"/MediaBox\s*\[\s*([^\]]+)\]", printed))
        left, top, right, bottom = map(float, box.split())
        assert (round(right - left), round(bottom - top)) == (842, 595), "A4 on its side"
        visit.page.emulate_media(media="print")
        assert not visit.page.locator(".controls").is_visible()
        if name in ("500 sends", "six weeks"):
            assert visit.page.locator(".chip:visible").count() == 90
            assert visit.page.locator(".more .wide:visible").count() == 30
            bottom_of = "element => element.getBoundingClientRect().bottom"
            sheet = visit.page.locator(".current .sheet").evaluate(bottom_of)
            assert visit.page.locator(".current table").evaluate(bottom_of) <= sheet + 1


def test_print_says_which_filters_hold(visitor: Visitor) -> None:
    with visitor(html_of("every state"), fragment="#owner=editors") as visit:
        visit.page.emulate_media(media="print")
        text = visit.page.locator("#printed").inner_text()
        assert text == "Times in Europe/Berlin. Filtered, 5 of 24 sends. Owner: editors."


def test_texts_of_people_are_text_everywhere(visitor: Visitor) -> None:
    with visitor(html_of("hostile texts"), fragment="#view=agenda") as visit:
        count = "([tag]) => document.querySelectorAll(tag).length"
        assert visit.page.evaluate(count, ["img"]) == 0
        assert visit.page.evaluate(count, ["script"]) == 1
        seen = HOSTILE.replace("\u202e", "\\u202e")
        assert names(visit)[:2] == [seen, LONG]
        assert visit.page.title() == f"{seen} – Broadcast calendar"
        visit.page.get_by_role("button", name="Filters").click()
        visit.page.locator("fieldset label", has_text="onerror").first.click()
        assert names(visit) == [seen]
        assert seen in fragment(visit)["segment"]
        visit.page.reload()
        assert names(visit) == [seen]
        visit.page.get_by_role("button", name="Month", exact=True).click()
        visit.page.locator(".chip:visible").first.click()
        assert seen in visit.page.get_by_role("dialog").inner_text()
        assert visit.page.evaluate(count, ["img"]) == 0
        attributes = "[...document.querySelectorAll('*')].flatMap(element => element.getAttributeNames())"
        assert not [name for name in visit.page.evaluate(attributes) if re.match("on|style$", name)]


def test_page_can_be_read_without_javascript(visitor: Visitor) -> None:
    with visitor(html_of("every state"), java_script_enabled=False) as visit:
        assert len(names(visit)) == 24
        assert visit.page.locator(".chip:visible").count() == 24
        assert visit.page.locator(".controls").is_hidden()
        assert visit.page.locator("h2:visible").all_inner_texts()[:3] == [
            "November 2028",
            "December 2028",
            "January 2029",
        ]
    with visitor(html_of("every state"), java_script_enabled=False, width=375) as visit:
        assert len(names(visit)) == 24
        assert visit.page.locator("table:visible").count() == 0


def test_empty_month_that_was_asked_for_shows_the_days_on_which_nothing_may_go_out(visitor: Visitor) -> None:
    december = a_calendar(first=date(2028, 12, 1), last=date(2028, 12, 31))
    with visitor(calendar_html([december])) as visit:
        assert visit.page.locator("td.blackout:visible").count() == 3
        assert visit.page.locator("h2:visible").first.inner_text() == "No broadcasts in this period"


def test_project_in_utc_has_no_zone_to_choose(visitor: Visitor) -> None:
    with visitor(calendar_html([a_calendar(an_entry(), zone="")])) as visit:
        assert visit.page.get_by_role("button", name="UTC").count() == 0
        assert status(visit) == "November 2028: 1 send. 1 send in all. Times in UTC."


def test_page_from_a_server_asks_it_for_nothing_else(browser: Any) -> None:
    asked = []
    context = browser.new_context()

    def answer(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(body=html_of("every state"), content_type="text/html; charset=utf-8")

    context.route("**/*", answer)
    page = context.new_page()
    page.goto("https://pages.invalid/calendar/")
    page.locator(".chip:visible").first.click()
    context.close()
    assert asked == ["https://pages.invalid/calendar/"]
