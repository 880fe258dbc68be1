"""The plan for a terminal: what stands where, what it says, and that nothing in it acts."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import timedelta

import pytest

from invent_gitops.model.context import Context
from invent_gitops.model.plan import Audience, FieldChange, Item, Plan, Refusal
from invent_gitops.model.problem import Position
from invent_gitops.model.state import Candidate, Intent
from invent_gitops.render.cells.attempts import settling
from invent_gitops.render.cells.audience import reach
from invent_gitops.render.text.plan import SHOWN, plan_text
from invent_gitops.render.text.style import Style
from invent_gitops.values import replace
from tests.making import (
    NASTY,
    NOW,
    SOON,
    a_definition,
    a_plan,
    a_provenance,
    a_record,
    a_remote,
    a_request,
    altered,
    an_intent,
    an_item,
    in_context,
)
from tests.text.test_clean import is_harmless

PLAIN = Style()
LATE = Refusal("schedule-in-past", "Its time has passed.", "Give it a time to come.", Position("b.yaml", 3, 11))


def shown(plan: Plan, *, flags: str = "", everything: bool = False, zone: str = "") -> str:
    context = plan.context
    plan = in_context(plan, flags=flags or context.flags, zone=zone or context.zone)
    return plan_text(plan, PLAIN, everything=everything)


def blocked(key: str = "doubt", intent: Intent | None = None, candidates: tuple[Candidate, ...] | None = None) -> Item:
    intent = intent or an_intent(provenance=a_provenance(NOW - timedelta(hours=3), "alice", run="https://ci.test/9"))
    return Item(key, "blocked", intent.request, intent=replace(intent, candidates=candidates))


def one_of_each() -> list[Item]:
    record = a_record("bc_7")
    changed = Item("edited", "changed", a_request("New"), a_definition("edited"), record,
                   changes=(FieldChange("name", "Old", "New"),))  # fmt: skip
    return [
        an_item("new"),
        Item("same", "unchanged", a_request("Same"), a_definition("same"), record),
        changed,
        Item("gone", "undefined", a_request("Gone"), record=record),
        replace(an_item("late", "refused"), refusals=(LATE,)),
        blocked(),
    ]


def in_order(text: str, parts: Sequence[str]) -> bool:
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)


# ---------------------------------------------------------------- what stands where


def test_totals_come_first_then_what_needs_a_person_then_what_is_created() -> None:
    text = shown(a_plan(*one_of_each()))
    assert in_order(text, ["1 broadcast to create", "Blocked:", "Refused:", "Changed", "To create:", "Undefined:"])
    assert in_order(text, ["! doubt", "x late", "~ edited", "+ new", "- gone"])
    assert "same" not in text.split("Blocked:")[1]


def test_first_two_lines_say_it_all() -> None:
    first, second, third, *_ = shown(a_plan(*one_of_each())).split("\n")
    assert first == "1 broadcast to create, to up to 1,200 contacts."
    counts = "1 blocked · 1 refused · 1 changed · 1 to create · 1 undefined · 1 unchanged"
    assert second == f"{counts} (org c at https://api.useinvent.com)"
    assert third == ""


@pytest.mark.parametrize(
    ("items", "line"),
    [
        ([], "No changes. Nothing to create."),
        ([one_of_each()[1]], "No changes. Nothing to create."),
        ([one_of_each()[3]], "No changes. Nothing to create."),
        ([one_of_each()[2]], "Nothing to create."),
        ([one_of_each()[4]], "Nothing can be created."),
        ([blocked()], "Nothing can be created."),
        ([an_item("a"), an_item("b")], "2 broadcasts to create, with up to 2,400 messages."),
    ],
    ids=["nothing", "unchanged", "undefined", "changed", "refused", "blocked", "two"],
)
def test_headline_says_whether_there_is_anything_to_create(items: list[Item], line: str) -> None:
    assert shown(a_plan(*items)).split("\n")[0] == line


def test_plan_of_nothing_without_a_state_is_two_lines() -> None:
    assert shown(a_plan(api="api", lineage="")).endswith("no broadcasts (org c at api, no state yet)")


def test_text_ends_without_a_line_feed_and_no_line_ends_in_blanks() -> None:
    text = shown(a_plan(*one_of_each()))
    assert [line for line in text.split("\n") if line != line.rstrip()] == []
    assert not text.endswith("\n")


def test_colours_change_nothing_but_colours() -> None:
    import re

    plan = a_plan(*one_of_each())
    assert re.sub("\x1b\\[\\d+m", "", plan_text(plan, Style(color=True))) == shown(plan)


# ---------------------------------------------------------------- what is created


def test_broadcast_to_create_shows_whom_and_when_in_both_zones_and_how_far_ahead() -> None:
    item = an_item("new", request=a_request("Black Friday"))
    assert item.definition is not None
    item = replace(item, definition=replace(item.definition, timezone="America/New_York"))
    assert "  + new  Black Friday\n      Tue 24 Nov 2026 07:00 America/New_York (12:00 UTC), in 4 days · " in shown(
        a_plan(item)
    )
    assert shown(a_plan(item)).endswith("in 4 days · vips (up to 1,200 contacts)")


def test_times_without_a_zone_of_their_own_are_shown_in_the_projects() -> None:
    text = shown(a_plan(an_item()), zone="Pacific/Auckland")
    assert "Wed 25 Nov 2026 01:00 Pacific/Auckland (Tue 24 Nov 12:00 UTC), in 4 days" in text
    assert "Tue 24 Nov 2026 12:00 UTC, in 4 days" in shown(a_plan(an_item()))


def test_broadcast_that_is_sent_at_once_says_so() -> None:
    assert "      at once · " in shown(a_plan(an_item(request=a_request(at=None))))


def test_soonest_broadcast_comes_first_and_at_once_before_all() -> None:
    items = [an_item(f"b{days}", request=a_request(f"B{days}", NOW + timedelta(days=days))) for days in (9, 1, 5)]
    items.append(an_item("z", request=a_request("At once", None)))
    assert in_order(shown(a_plan(*items)), ["+ z", "+ b1", "+ b5", "+ b9"])


def test_waiver_is_shown_to_the_reviewers_with_its_reason() -> None:
    item = an_item()
    assert item.definition is not None
    item = replace(item, definition=replace(item.definition, waive={"minimum-lead-time": "agreed with legal"}))
    assert "      waives minimum-lead-time: agreed with legal" in shown(a_plan(item))


def test_refusal_shows_why_where_and_what_to_do() -> None:
    text = shown(a_plan(replace(an_item("late", "refused"), refusals=(LATE,))))
    assert "      Its time has passed. [schedule-in-past] b.yaml:3:11\n      → Give it a time to come." in text


def test_edits_are_shown_field_by_field_with_the_names_of_segments() -> None:
    edits = (
        FieldChange("name", "Old", "New"),
        FieldChange("scheduled_at", "2026-11-24T12:00:00Z", None),
        FieldChange("segment_ids", ["seg_a"], ["seg_b", "seg_x"]),
        FieldChange("send_to_all", False, True),
    )
    item = Item("edited", "changed", a_request(), a_definition("edited"), a_record("bc_7"), changes=edits)
    text = shown(in_context(a_plan(item), names={"seg_a": "vips", "seg_b": "all"}))
    assert "  ~ edited  Spring sale  (id bc_7)" in text
    for line in ("name: Old → New", "scheduled_at: Tue 24 Nov 2026 12:00 UTC → at once"):
        assert f"      {line}\n" in text
    assert "      segment_ids: vips → all, seg_x\n      send_to_all: no → yes" in text
    emptied = replace(item, changes=(FieldChange("segment_ids", ["seg_a"], []),))
    assert "segment_ids: seg_a → none" in shown(a_plan(emptied))


def test_strict_refusal_shows_the_edits_too() -> None:
    item = replace(one_of_each()[2], action="refused", refusals=(LATE,))
    assert "      name: Old → New" in shown(a_plan(item))


def test_undefined_broadcast_shows_its_id_and_its_note() -> None:
    item = Item("gone", "undefined", a_request("Gone"), record=a_record("bc_7", note="A second one."))
    assert "  - gone  Gone  (id bc_7)  A second one." in shown(a_plan(item))


# ---------------------------------------------------------------- what is blocked


def test_blocked_key_shows_who_attempted_it_when_and_in_which_run() -> None:
    text = shown(a_plan(blocked()))
    line = "Attempted Fri 20 Nov 2026 09:00 UTC (3 hours ago) by alice in the run https://ci.test/9; the answer is not"
    assert line in text
    assert "      for Tue 24 Nov 2026 12:00 UTC, in 4 days" in text


@pytest.mark.parametrize(
    ("candidates", "words"),
    [
        (None, "Nobody has looked yet"),
        ((), "does not prove anything"),
        ((Candidate(a_remote("bc_5", created_at=NOW)),), "  Spring sale  SCHEDULED, created just now; as req"),
        ((Candidate(a_remote("bc_5", created_at=None), ("send_to_all", "created_at")),),
         "candidate bc_5  Spring sale  SCHEDULED; differs in send_to_all, created_at"),
    ],
    ids=["not looked", "none", "one", "one that differs"],
)  # fmt: skip
def test_blocked_key_shows_what_was_found_in_invent(candidates: tuple[Candidate, ...] | None, words: str) -> None:
    assert words in shown(a_plan(blocked(candidates=candidates)))


def test_commands_that_settle_a_key_can_be_pasted_as_they_are() -> None:
    item = blocked("it's mine", candidates=(Candidate(a_remote("bc 5")), Candidate(a_remote("bc_6"))))
    text = shown(a_plan(item), flags=" --state 'other file.json' --sandbox")
    commands = [line.strip() for line in text.split("\n") if line.startswith("        invent-gitops ")]
    resolve = ["invent-gitops", "resolve", "--state", "other file.json", "--sandbox", "it's mine"]
    assert [shlex.split(command) for command in commands] == [
        [*resolve, "--id", "bc 5"],
        [*resolve, "--id", "bc_6"],
        [*resolve, "--not-created", "--not", "bc 5", "--not", "bc_6", "--reason", "none of these is it, since …"],
    ]


def test_without_candidates_the_command_asks_for_the_id() -> None:
    assert [answer.command for answer in settling("doubt", an_intent(), Context(NOW))] == [
        "invent-gitops resolve doubt --id ID",
        'invent-gitops resolve doubt --not-created --reason "…"',
    ]


# ---------------------------------------------------------------- how much of it


@pytest.mark.parametrize(("count", "rest"), [(SHOWN, None), (SHOWN + 1, 1), (SHOWN + 30, 30)])
def test_long_section_is_cut_and_says_how_many_are_left_out(count: int, rest: int | None) -> None:
    items = [an_item(f"b{number:03}") for number in range(count)]
    text = shown(a_plan(*items))
    assert text.count("  + b") == min(count, SHOWN)
    assert text.startswith(f"{count} broadcasts to create")
    assert text.endswith(f"  … and {rest} more; -v shows them all.") == (rest is not None)


def test_each_section_is_cut_by_itself_and_everything_shows_everything() -> None:
    items = [an_item(f"b{number:03}") for number in range(SHOWN + 2)]
    items += [blocked(f"d{number:03}") for number in range(SHOWN + 3)]
    cut = shown(a_plan(*items))
    assert "… and 2 more" in cut
    assert "… and 3 more" in cut
    full = shown(a_plan(*items), everything=True)
    assert (full.count("  + b"), full.count("  ! d")) == (SHOWN + 2, SHOWN + 3)
    assert " more; " not in full


# ---------------------------------------------------------------- the audience


def reaching(*audiences: Audience | None) -> list[Item]:
    return [replace(an_item(f"b{number}"), audience=audience) for number, audience in enumerate(audiences)]


EVERYONE, UNREAD = Audience((), True, None), Audience(("x",), False, None)


@pytest.mark.parametrize(
    ("audiences", "words"),
    [
        ([Audience(("a",), False, 12_340)], "to up to 12,340 contacts"),
        ([Audience(("a",), False, 1000), Audience(("b",), False, 2000)], "with up to 3,000 messages"),
        ([Audience(("a",), False, 0)], "to up to 0 contacts"),
        ([Audience(("a",), False, 5), UNREAD, UNREAD], "1 to up to 5 contacts, 2 to an audience of unknown size"),
        ([UNREAD], "to an audience of unknown size"),
        ([None], "to an audience of unknown size"),
        ([EVERYONE], "to everyone"),
        ([EVERYONE, EVERYONE], "to everyone"),
        (
            [Audience(("a",), False, 5), EVERYONE, UNREAD, Audience(("a",), False, 5)],
            "1 to everyone, 2 with up to 10 messages in all, 1 to an audience of unknown size",
        ),
    ],
)
def test_total_audience_never_understates_and_owns_up_to_what_it_does_not_know(
    audiences: list[Audience | None], words: str
) -> None:
    assert reach(reaching(*audiences)) == words


# ---------------------------------------------------------------- nothing acts


def nasty_items() -> list[Item]:
    request = a_request(NASTY, segments=(NASTY,))
    definition = replace(a_definition("x", request), key=NASTY, waive={"allow-immediate": NASTY})
    audience = Audience((NASTY,), False, None)
    refusal = Refusal("same-request", NASTY, NASTY, Position(NASTY, 1, 1))
    record = a_record(NASTY, request, note=NASTY)
    edits = (FieldChange("name", NASTY, NASTY), FieldChange("segment_ids", [NASTY], [NASTY]))
    return [
        Item(NASTY, "create", request, definition, audience=audience),
        Item(NASTY, "refused", request, definition, audience=audience, refusals=(refusal,), changes=edits),
        Item(NASTY, "changed", request, definition, record, changes=edits),
        Item(NASTY, "undefined", request, record=record),
    ]


def nasty_intent(candidates: tuple[Candidate, ...] = ()) -> Intent:
    made = a_provenance(by=NASTY, commit=NASTY, run=NASTY)
    return an_intent(a_request(NASTY), NASTY, provenance=made, candidates=candidates)


@pytest.mark.parametrize("number", range(4))
def test_nothing_that_somebody_wrote_acts_on_a_terminal_or_a_runner(number: int) -> None:
    plan = in_context(a_plan(nasty_items()[number]), org=NASTY, api=NASTY)
    assert [line for line in shown(plan).split("\n") if not is_harmless(line)] == []


def test_nothing_in_a_blocked_attempt_acts() -> None:
    found = (Candidate(altered(a_remote("bc_5"), name=NASTY, status=NASTY)),)
    text = shown(a_plan(blocked("doubt", nasty_intent(), found)))
    assert [line for line in text.split("\n") if not is_harmless(line)] == []


@pytest.mark.parametrize("where", ["key", "id", "differs"])
def test_nothing_in_the_state_can_act_through_the_commands_that_settle_a_key(where: str) -> None:
    candidate = Candidate(a_remote(NASTY if where == "id" else "bc_5"), (NASTY,) if where == "differs" else ())
    text = shown(a_plan(blocked(NASTY if where == "key" else "doubt", candidates=(candidate,))))
    assert [line for line in text.split("\n") if not is_harmless(line)] == []


def test_long_names_are_cut_so_that_a_plan_stays_on_the_screen() -> None:
    item = an_item(request=a_request("x" * 255, SOON))
    assert "x" * 79 + "…\n" in shown(a_plan(item))
    assert "x" * 80 not in shown(a_plan(item))
