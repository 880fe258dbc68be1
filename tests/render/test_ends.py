"""The end of a page on a terminal: how many, whom and when; and a headline that is green only if all is well."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from invent_gitops.errors import Unavailable
from invent_gitops.model.drift import Coverage, Drift, Renewal
from invent_gitops.model.outcome import Fate, Outcome, Report
from invent_gitops.model.plan import Action, Audience, Item, Plan
from invent_gitops.render.text.drift import renewal_text
from invent_gitops.render.text.plan import SHOWN, plan_text
from invent_gitops.render.text.report_end import report_end_text
from invent_gitops.render.text.style import Style
from invent_gitops.render.text.totals import plan_end, question_text
from invent_gitops.values import replace
from tests.making import NOW, a_plan, a_record, a_request, an_item

PLAIN, COLOURS = Style(), Style(color=True)
GREEN, YELLOW = "\x1b[32m", "\x1b[33m"
PLACE = "org c at https://api.useinvent.com"


def due(key: str, days: int | None, contacts: int | None = 10, action: Action = "create") -> Item:
    at = None if days is None else NOW.replace(second=0, microsecond=0) + timedelta(days=days)
    item = an_item(key, action, replace(a_request(f"Campaign {key}"), scheduled_at=at))
    return replace(item, audience=Audience(("VIP",), False, contacts))


def recorded(days: int, action: Action) -> Item:
    item = due("old", days, action=action)
    return replace(item, record=a_record("bc_1", item.request))


# ---------------------------------------------------------------- the plan and the question


def test_plan_ends_with_how_many_whom_and_when() -> None:
    assert plan_end(a_plan(due("b", 3), due("a", 9), due("c", 12), due("d", 4, action="refused")), PLAIN) == (
        "3 broadcasts to create, with up to 30 messages.\n"
        "1 refused · 3 to create (org c at https://api.useinvent.com)\n"
        "The first on Mon 23 Nov 2026 12:00 UTC, in 3 days, the last on Wed 2 Dec 2026 12:00 UTC, in 12 days."
    )


def test_plan_that_lists_nothing_does_not_repeat_itself() -> None:
    assert plan_end(a_plan(due("a", 3, action="unchanged")), PLAIN) == ""
    assert plan_end(a_plan(), PLAIN) == ""


def test_plan_before_the_question_ends_with_what_that_is_not_about() -> None:
    plan = a_plan(due("a", 3), due("b", 3, action="refused"), due("c", 3, action="refused"))
    assert plan_end(plan, PLAIN, asked=True) == "Not among them: 2 refused."
    assert plan_end(a_plan(due("a", 3)), PLAIN, asked=True) == ""


@pytest.mark.parametrize(
    ("items", "details"),
    [
        ([due("a", 3)], "1 broadcast in PLACE, to up to 10 contacts, on Mon 23 Nov 2026 12:00 UTC"),
        ([due("a", None)], "1 broadcast in PLACE, to up to 10 contacts, at once"),
        ([due("a", 3), due("b", 3)], "2 broadcasts in PLACE, with up to 20 messages, all on Mon 23 Nov 2026 12:00 UTC"),
        (
            [due("a", 3, 9), due("b", None)],
            "2 broadcasts in PLACE, with up to 19 messages, the first at once, the last on Mon 23 Nov 2026 12:00 UTC",
        ),
    ],
)
def test_question_says_how_many_whom_and_when(items: list[Item], details: str) -> None:
    assert question_text(a_plan(*items), PLACE) == f"Create {details.replace('PLACE', PLACE)}? This cannot be undone."


# ---------------------------------------------------------------- the report


def end(plan: Plan, *outcomes: Outcome, printed: bool = True, everything: bool = False, **more: Any) -> list[str]:
    report = replace(Report(outcomes), **more)
    text = report_end_text(report, plan, PLAIN, state="s.json", doubts=0, printed=printed, everything=everything)
    return text.split("\n")


def test_success_that_was_printed_is_only_counted() -> None:
    plan = a_plan(due("a", 3), due("b", 9))
    created = [Outcome(key, "created", key, f"bc_{key}") for key in "ab"]
    when = "the first on Mon 23 Nov 2026 12:00 UTC, the last on Sun 29 Nov 2026 12:00 UTC"
    totals = ["The ids are recorded in s.json.", f"2 created, with up to 20 messages, {when}."]
    first, *rest = end(plan, *created)
    assert first.startswith("Created is not ready: none of the 2 has a message yet."), "what is left stands above"
    assert rest == totals
    listed = ["  + a  created  id bc_a", "  + b  created  id bc_b"]
    assert end(plan, *created, printed=False) == [*listed, first, *totals]


@pytest.mark.parametrize(
    ("outcome", "more"),
    [
        (Outcome("a", "created", "A", "bc_a", differs=("name",)), {}),
        (Outcome("a", "created", "A", "bc_a", reason="The disk is full."), {}),
        (Outcome("a", "created", "A", "bc_a"), {"unrecorded": ("a",)}),
        (Outcome("a", "adopted", "A", "bc_a"), {}),
        (Outcome("a", "already-created", "A", "bc_a", reason="by Jo, in another run."), {}),
        (Outcome("a", "unknown", "A", reason="Invent answered 502."), {}),
        (Outcome("a", "not-created", "A", reason="Invent answered 422."), {}),
        (Outcome("a", "not-attempted", "A"), {"stopped": True}),
    ],
)
def test_whatever_is_no_plain_success_is_listed_above_the_totals(outcome: Outcome, more: Mapping[str, Any]) -> None:
    lines = end(a_plan(due("a", 3)), outcome, **more)
    assert lines[0].split()[1] == "a"
    assert lines[-1].startswith("1 ")


def test_long_rest_of_a_stopped_run_is_counted_and_its_soonest_listed() -> None:
    plan = a_plan(*(due(f"k{number:02}", 40 - number) for number in range(30)))
    waiting = [Outcome(item.key, "not-attempted", item.key) for item in plan.items]
    lines = end(plan, *waiting, stopped=True)
    assert [line.split()[1] for line in lines[:2]] == ["k29", "k28"]
    assert lines[SHOWN] == f"  … and {30 - SHOWN} more not attempted; -v shows them all."
    assert lines[-1] == "30 not attempted."
    assert len(end(plan, *waiting, stopped=True, everything=True)) == 32


def test_deadline_is_named_instead_of_a_wish() -> None:
    lines = end(a_plan(due("a", 3)), Outcome("a", "not-attempted", "A"), stopped=True, deadline=90.0)
    assert lines[1] == "The deadline of 90 seconds was over. Run apply again to go on; nothing is created twice."


def test_totals_of_a_mixed_run_say_whom_the_created_ones_reach() -> None:
    plan = a_plan(due("a", 3), due("b", 9), due("c", 2, action="refused"))
    lines = end(plan, Outcome("a", "created", "A", "bc_a"), Outcome("b", "unknown", "B", reason="Lost."))
    assert lines[-1] == (
        "1 created, 1 unknown, 1 refused. Created: to up to 10 contacts, on Mon 23 Nov 2026 12:00 UTC."
    )


# ---------------------------------------------------------------- green


def is_green(text: str) -> bool:
    headline = text.split("\n", maxsplit=1)[0]
    assert ("\x1b[" in headline) or headline
    return GREEN in headline


def drifted() -> Item:
    return replace(recorded(3, "unchanged"), drift=Drift(("gone",), "GONE", "SCHEDULED"))


@pytest.mark.parametrize(
    ("other", "green"),
    [
        (due("z", 3), True),
        (due("z", 3, action="unchanged"), True),
        (recorded(-3, "changed"), True),
        (recorded(-3, "undefined"), True),
        (due("z", 3, action="refused"), False),
        (recorded(3, "changed"), False),
        (recorded(3, "undefined"), False),
        (drifted(), False),
    ],
)
def test_headline_of_a_plan_is_green_only_if_all_is_well(other: Item, green: bool) -> None:
    plan = a_plan(due("a", 3), other)
    assert is_green(plan_text(plan, COLOURS)) == green
    assert is_green(plan_end(plan, COLOURS)) == green


@pytest.mark.parametrize(
    ("look", "green"),
    [(Coverage(), True), (Coverage(gaps=("Page 2.",)), False), (Coverage(unrecorded=1), False)],
)
def test_headline_is_not_green_where_invent_could_not_be_read(look: Coverage, green: bool) -> None:
    assert is_green(plan_text(replace(a_plan(due("a", 3)), look=look), COLOURS)) == green
    assert is_green(renewal_text(Renewal((), 1, look), COLOURS, a_plan().context)) is False
    assert not is_green(renewal_text(Renewal((), 1, look, doubts=("a",)), COLOURS, a_plan().context))


@pytest.mark.parametrize("fate", ["created", "adopted", "already-created", "unknown", "not-created", "not-attempted"])
def test_totals_of_a_report_are_green_only_for_success(fate: Fate) -> None:
    report, plan = Report((Outcome("a", fate, "A", "bc_a"),)), a_plan(due("a", 3))

    def green(report: Report, plan: Plan = plan, doubts: int = 0) -> bool:
        options = {"printed": True, "everything": False}
        text = report_end_text(report, plan, COLOURS, state="s.json", doubts=doubts, **options)
        return GREEN in text.split("\n")[-1]

    assert green(report) == (fate in ("created", "adopted", "already-created"))
    spoiled = [
        replace(report, failure=Unavailable("No.")),
        replace(report, stopped=True),
        replace(report, unrecorded=("a",)),
    ]
    assert not any(map(green, spoiled))
    assert not green(report, doubts=1)
    assert not green(report, a_plan(due("a", 3), due("b", 3, action="refused")))
