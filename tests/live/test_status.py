"""The status page: where each broadcast stands, what came of it, and what needs a person."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from invent_gitops.live.status import status_of
from invent_gitops.model.broadcast import Catalogue, Counts, Definition, Remote, Segment
from invent_gitops.model.command import cure_text
from invent_gitops.model.context import Context
from invent_gitops.model.listing import Listing
from invent_gitops.model.note import second_note
from invent_gitops.model.state import State
from invent_gitops.model.status import Row, Status
from invent_gitops.model.statuses import GONE
from invent_gitops.render.documents.envelope import document
from invent_gitops.render.documents.status import status_json
from invent_gitops.render.markdown.status import COMMENT_LIMIT, status_markdown
from invent_gitops.render.text.status import status_text
from invent_gitops.render.text.style import Style
from invent_gitops.render.text.width import cells
from invent_gitops.schemas import read_schema
from invent_gitops.values import replace
from tests.making import (
    API,
    NASTY,
    NOW,
    ORG,
    SOON,
    a_catalogue,
    a_definition,
    a_record,
    a_remote,
    a_removal,
    a_request,
    a_state,
    altered,
    an_intent,
    crowded_states,
    few_ids,
    few_keys,
    few_requests,
)
from tests.pages import every_block

SCHEMA = Draft202012Validator(read_schema("status"), format_checker=Draft202012Validator.FORMAT_CHECKER)
SENT = Counts(recipients=1000, delivered=980, opened=490, click=98, failed=20, unsubscribed=0)


def status(
    *remotes: Remote,
    definitions: tuple[Definition, ...] = (),
    state: State | None = None,
    gaps: tuple[str, ...] = (),
    soon: timedelta = timedelta(hours=24),
) -> Status:
    known = state or a_state()
    return status_of(
        definitions,
        known,
        Listing(remotes, gaps),
        before=known.ids(),
        catalogue=a_catalogue(a=7),
        context=Context(NOW, known.org, known.api),
        soon=soon,
    )


def of(remote: Remote | None, *, at: datetime | None = SOON, file: bool = True, recorded: str = "DRAFT") -> Row:
    """The row of one recorded broadcast as Invent shows it; None for "not in the list"."""
    request = a_request(at=at)
    record = replace(a_record("bc_1", request), status=recorded)
    definitions = (a_definition("spring", request),) if file else ()
    [row] = status(*([remote] if remote else []), definitions=definitions, state=a_state({"spring": record})).rows
    return row


def live(state: str, *, at: datetime | None = SOON, **fields: Any) -> Remote:
    return altered(a_remote("bc_1", a_request(at=at), status=state), **{"templates": 1, **fields})


def rules(row: Row) -> list[str]:
    return [alarm.rule for alarm in row.alarms]


# ---------------------------------------------------------------- what needs a person, and what does not

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("remote", "at", "expected"),
    [
        (live("SCHEDULED", at=NOW + HOUR), NOW + HOUR, []),
        (live("SCHEDULED", at=NOW + HOUR, templates=0), NOW + HOUR, ["no-content"]),
        (live("DRAFT", at=NOW + HOUR, templates=0), NOW + HOUR, ["no-content"]),
        (live("DRAFT", at=NOW + HOUR), NOW + HOUR, ["still-draft"]),
        (live("DRAFT", at=NOW + HOUR, templates=None), NOW + HOUR, ["still-draft"]),
        (live("DRAFT", at=NOW + 25 * HOUR, templates=0), NOW + 25 * HOUR, []),
        (live("SCHEDULED", template_errors=("Too long", "No sender")), SOON, ["template-error"]),
        (live("SCHEDULED", at=NOW - 14 * HOUR / 60), NOW - 14 * HOUR / 60, []),
        (live("SCHEDULED", at=NOW - 16 * HOUR / 60), NOW - 16 * HOUR / 60, ["overdue"]),
        (live("DRAFT", at=NOW - HOUR, templates=0), NOW - HOUR, ["overdue"]),
        (live("DRAFT", at=None, created_at=NOW - HOUR), None, ["overdue"]),
        (live("SENDING", at=NOW - HOUR), NOW - HOUR, []),
        (live("SENDING", at=NOW - 25 * HOUR), NOW - 25 * HOUR, ["overdue"]),
        (live("PAUSED", at=NOW - HOUR), NOW - HOUR, ["overdue"]),
        (live("PAUSED", at=NOW - HOUR, started_at=NOW - HOUR), NOW - HOUR, []),
        (live("PAUSED", at=NOW + HOUR, templates=0), NOW + HOUR, ["no-content"]),
        (live("PAUSED", at=NOW + HOUR), NOW + HOUR, []),
        (live("SENT", at=NOW - HOUR), NOW - HOUR, []),
        (live("ACTIVE", at=NOW - HOUR), NOW - HOUR, []),
        (live("FAILED", at=NOW - HOUR), NOW - HOUR, ["failed"]),
        (live("CANCELLED"), SOON, ["cancelled"]),
        (None, SOON, ["gone"]),
        (live("SCHEDULED", at=SOON + HOUR), SOON, ["drift"]),
        (live("SENT", at=SOON + HOUR), SOON, ["drift"]),
    ],
)
def test_each_state_needs_a_person_exactly_if_it_should(
    remote: Remote | None, at: datetime | None, expected: list[str]
) -> None:
    assert rules(of(remote, at=at)) == expected


def test_a_schedule_that_was_taken_back_needs_a_person() -> None:
    assert rules(of(live("DRAFT"), recorded="SCHEDULED")) == ["drift"]


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
def test_a_file_that_was_deleted_says_that_somebody_has_dealt_with_it(state: str) -> None:
    assert rules(of(live(state), file=False)) == []
    assert rules(of(None, file=False, recorded=GONE)) == []


def test_a_broadcast_without_a_file_that_is_still_to_be_sent_needs_a_person() -> None:
    row = of(live("SCHEDULED"), file=False)
    assert rules(row) == ["no-file"]
    assert "deleting a file cancels nothing" in row.alarms[0].message


def test_a_broadcast_that_was_sent_may_be_deleted_in_invent() -> None:
    assert rules(of(None, recorded="SENT")) == []


def test_failure_says_why_and_a_young_broadcast_that_is_gone_may_only_be_late() -> None:
    assert "No sender" in of(live("FAILED", error_message="No sender")).alarms[0].message
    assert "does not say why" in of(live("FAILED")).alarms[0].message
    assert "lists can lag" in of(None).alarms[0].message


def test_an_edit_of_the_file_that_invent_does_not_have_needs_a_person() -> None:
    state = a_state({"spring": a_record("bc_1", a_request())})
    edited = a_definition("spring", a_request(at=SOON + HOUR))
    [row] = status(live("SCHEDULED"), definitions=(edited,), state=state).rows
    assert rules(row) == ["changed"]
    assert "schedule" in row.alarms[0].message


@pytest.mark.parametrize(
    ("at", "told"),
    [(NOW + HOUR, "due soon"), (SOON, "defined, not recorded as created."), (NOW - HOUR, "its hour has passed")],
)
def test_what_was_merged_and_not_created_needs_a_person(at: datetime, told: str) -> None:
    [row] = status(definitions=(a_definition("spring", a_request(at=at)),)).rows
    assert (row.state, rules(row)) == ("not created", ["not-created"])
    assert told in row.alarms[0].message


def test_what_was_not_read_is_not_said_to_be_missing_and_what_looks_created_is_named() -> None:
    definition = a_definition("spring", a_request())
    [row] = status(definitions=(definition,), gaps=("Page 1 could not be read.",)).rows
    assert "so it may be there" in row.alarms[0].message
    for remote, words in (
        (a_remote("bc_9", a_request()), "one exactly like it: bc_9"),
        (a_remote("bc_9", a_request(segments=("seg_z",))), "one that looks like it: bc_9"),
    ):
        [row] = status(remote, definitions=(definition,)).rows
        assert (rules(row), words in row.alarms[0].message) == (["not-created"], True)
        assert "invent-gitops resolve spring --id bc_9" in cure_text(row.alarms[0].cure, "")


def test_one_that_invent_has_twice_needs_a_person() -> None:
    state = a_state({"spring": a_record("bc_1", a_request())})
    definition = a_definition("spring", a_request())
    twin = replace(live("SCHEDULED"), id="bc_2")
    [row] = status(live("SCHEDULED"), twin, definitions=(definition,), state=state).rows
    assert rules(row) == ["twice"]
    assert "bc_2 (SCHEDULED)" in row.alarms[0].message
    for harmless in (altered(twin, name="Another"), replace(twin, status="CANCELLED")):
        [row] = status(live("SCHEDULED"), harmless, definitions=(definition,), state=state).rows
        assert rules(row) == []


@pytest.mark.parametrize("file", [True, False])
def test_what_was_taken_out_of_the_state_and_is_still_to_be_sent_needs_a_person(file: bool) -> None:
    state = a_state(removed={"spring": a_removal()})
    remote = altered(a_remote(a_removal().id, a_removal().request, status="SCHEDULED"), templates=0)
    definitions = (a_definition("spring", a_removal().request),) if file else ()
    [row] = status(remote, definitions=definitions, state=state).rows
    assert (row.state, row.id, rules(row)) == ("SCHEDULED", a_removal().id, ["removed"])
    assert status(replace(remote, status="SENT"), state=state).rows == ()


def test_a_draft_that_somebody_made_by_hand_and_gave_no_hour_waits_for_nobody() -> None:
    remote = live("DRAFT", at=None, created_at=NOW - 100 * HOUR, templates=0)
    record = replace(a_record("bc_1", a_request(at=None)), how="imported", status="DRAFT")
    definitions = (a_definition("spring", a_request(at=None)),)
    [row] = status(remote, definitions=definitions, state=a_state({"spring": record})).rows
    assert rules(row) == []


def test_a_removed_key_with_a_file_needs_a_person() -> None:
    state = a_state(removed={"spring": a_removal()})
    [row] = status(definitions=(a_definition("spring"),), state=state).rows
    assert (rules(row), cure_text(row.alarms[0].cure, "")) == (["not-created"], "Delete the file.")


def test_what_is_in_doubt_needs_a_person_with_a_file_and_without() -> None:
    state = a_state(intents={"spring": an_intent(), "old": an_intent(attempt="t2")})
    found = {row.key: row for row in status(definitions=(a_definition("spring"),), state=state).rows}
    assert {key: (row.state, rules(row)) for key, row in found.items()} == dict.fromkeys(
        ("spring", "old"), ("in doubt", ["blocked"])
    )


def test_a_second_broadcast_for_a_key_needs_a_person() -> None:
    state = a_state({"spring#bc_1": replace(a_record("bc_1"), note=second_note("spring", "bc_0"))})
    [row] = status(live("SCHEDULED"), state=state).rows
    assert "twice" in rules(row)


def test_how_soon_is_soon_can_be_said() -> None:
    definition, state = a_definition("spring", a_request()), a_state({"spring": a_record("bc_1", a_request())})
    empty = live("SCHEDULED", templates=0)
    found = [status(empty, definitions=(definition,), state=state, soon=timedelta(days=days)) for days in (3, 4)]
    assert [len(one.alarmed) for one in found] == [0, 1]


# ---------------------------------------------------------------- what could not be read


def test_nothing_is_said_of_what_could_not_be_read_but_what_is_recorded() -> None:
    state = a_state({"spring": a_record("bc_1"), "late": a_record("bc_2", a_request(at=NOW - HOUR))})
    definitions = (a_definition("spring"), a_definition("late", a_request(at=NOW - HOUR)))
    found = status(definitions=definitions, state=state, gaps=("Page 1 could not be read.",))
    assert [(row.key, row.read, row.state, row.alarms) for row in found.rows] == [
        ("late", False, "SCHEDULED", ()),
        ("spring", False, "SCHEDULED", ()),
    ]
    assert not found.look.complete


def test_what_was_recorded_while_the_list_was_read_is_not_gone() -> None:
    state = a_state({"spring": a_record("bc_1")})
    found = status_of([], state, Listing(()), before=set(), catalogue=None, context=Context(NOW), soon=timedelta())
    assert [(row.read, row.state) for row in found.rows] == [(False, "SCHEDULED")]


# ---------------------------------------------------------------- the docs


def test_the_status_in_the_docs_is_the_one_that_is_shown() -> None:
    days = {"black-friday-vip": 27, "cyber-monday": 30, "teaser": 20}
    names = {"black-friday-vip": "Black Friday – VIP early access", "cyber-monday": "Cyber Monday", "teaser": "Teaser"}
    requests = {
        key: a_request(names[key], datetime(2026, 11, day, 8, tzinfo=UTC), ("seg_vip",), key == "cyber-monday")
        for key, day in days.items()
    }
    counts = Counts(recipients=1200, delivered=1176, opened=588, click=94, failed=24, unsubscribed=3)
    shown_as: dict[str, dict[str, Any]] = {
        "black-friday-vip": {"status": "DRAFT", "templates": 0, "counts": Counts(contacts=1240)},
        "cyber-monday": {"status": "SCHEDULED", "templates": 1},
        "teaser": {"status": "SENT", "templates": 1, "counts": counts},
    }
    records = {
        key: replace(a_record(f"b_{key}", request), status=shown_as[key]["status"]) for key, request in requests.items()
    }
    made = status_of(
        [a_definition(key, request) for key, request in requests.items()],
        a_state(records),
        Listing(tuple(altered(a_remote(f"b_{key}", requests[key]), **fields) for key, fields in shown_as.items())),
        before=a_state(records).ids(),
        catalogue=Catalogue({"VIP": Segment("VIP", "seg_vip", 1240)}),
        context=Context(datetime(2026, 11, 26, 9, tzinfo=UTC), ORG, API, zone="Europe/Berlin"),
        soon=timedelta(hours=24),
    )
    text = status_text(made, Style(), width=None, everything=False, past=None)
    assert f"$ invent-gitops status\n{text}\n" in set(every_block())


# ---------------------------------------------------------------- order and numbers


def test_what_is_to_come_is_soonest_first_and_what_is_over_newest_first() -> None:
    times = {"b": 3, "a": 1, "at-once": None, "sent-long-ago": -9, "sent": -2, "cancelled": 2, "late": -1}
    states = {"sent-long-ago": "SENT", "sent": "SENT", "cancelled": "CANCELLED"}
    requests = {
        key: a_request(key, None if days is None else NOW + timedelta(days=days)) for key, days in times.items()
    }
    state = a_state({key: a_record(f"bc_{key}", request) for key, request in requests.items()})
    remotes = [
        altered(a_remote(f"bc_{key}", request, status=states.get(key, "SCHEDULED")), templates=1)
        for key, request in requests.items()
    ]
    definitions = tuple(a_definition(key, request) for key, request in requests.items())
    found = status(*remotes, definitions=definitions, state=state)
    assert [row.key for row in found.coming] == ["at-once", "late", "a", "b"]
    assert [row.key for row in found.past] == ["cancelled", "sent", "sent-long-ago"]
    assert found.rows == (*found.coming, *found.past)


def test_shares_are_of_recipients_or_of_what_was_delivered() -> None:
    row = of(live("SENT", counts=SENT))
    assert {name: row.share(name) for name in ("delivered", "failed", "opened", "click", "unsubscribed")} == {
        "delivered": 0.98,
        "failed": 0.02,
        "opened": 0.5,
        "click": 0.1,
        "unsubscribed": 0.0,
    }


@pytest.mark.parametrize("counts", [Counts(), Counts(recipients=0, delivered=0, opened=0), Counts(opened=3)])
def test_there_is_no_share_of_nothing(counts: Counts) -> None:
    row = of(live("SENT", counts=counts))
    assert row.share("opened") is None
    assert "%" not in shown(row)


# ---------------------------------------------------------------- how it is shown


def board(*rows: Row, gaps: tuple[str, ...] = ()) -> Status:
    return replace(status(gaps=gaps), rows=rows)


def shown(*rows: Row, width: int | None = None, past: int | None = None, everything: bool = False) -> str:
    return status_text(board(*rows), Style(), width=width, everything=everything, past=past)


def whole(made: Status) -> Any:
    found = json.loads(document("status", 0, status_json(made)))
    SCHEMA.validate(found)
    return found


def test_terminal_shows_counts_with_their_shares_and_of_what_they_are_shares() -> None:
    text = shown(of(live("SENT", counts=SENT)))
    for part in ("1,000", "980  98.0%", "490  50.0%", "98  10.0%", "20   2.0%", "of the recipients", "delivered."):
        assert part in text


def test_every_broadcast_is_in_the_text_and_only_those_that_need_a_person_are_cut() -> None:
    rows = [replace(of(live("DRAFT", templates=0, at=NOW + HOUR), at=NOW + HOUR), key=f"key-{n}") for n in range(40)]
    text = shown(*rows)
    coming = text.partition("Coming up")[2]
    assert all(f"  {row.key}  " in coming for row in rows)
    assert "… and 15 more; -v shows them all." in text
    listed = shown(*rows, everything=True).partition("Coming up")[0]
    assert listed.count("[no-content]") == 1
    assert listed.count("      - key-") == 40


def test_past_bounds_what_is_over_and_says_so() -> None:
    rows = [replace(of(live("SENT")), key=f"key-{number}", past=True) for number in range(5)]
    assert "… and 3 more" in shown(*rows, past=2)
    assert "key-4" not in shown(*rows, past=2)


@pytest.mark.parametrize("width", [30, 60, 99, 100, 120, 200])
@pytest.mark.parametrize("name", ["春のセール🎉" * 20, "e\u0301" * 90, NASTY, "x" * 255])
def test_tables_fit_the_terminal_whatever_a_name_is_made_of(width: int, name: str) -> None:
    rows = [replace(of(live(state, counts=SENT)), request=a_request(name)) for state in ("SCHEDULED", "SENT")]
    lines = shown(*rows, width=width).splitlines()
    table = lines[lines.index("Coming up, soonest first:") :]
    over = [line for line in table if cells(line) > max(width, 141) and "shares of" not in line]
    assert not over
    if width < 100:
        assert all(cells(line) <= width for line in table if "newest" not in line and "shares of" not in line)


def test_wide_characters_do_not_push_columns_apart() -> None:
    rows = [replace(of(live("SCHEDULED")), key=key) for key in ("春のセール", "spring")]
    lines = [line for line in shown(*rows).splitlines() if "Spring" in line]
    assert len({cells(line[: line.index("Spring")]) for line in lines}) == 1


def test_what_a_person_or_invent_wrote_acts_nowhere() -> None:
    row = of(live("FAILED", error_message=NASTY, name=NASTY))
    for text in (shown(replace(row, key=NASTY)), status_markdown(whole(board(row)))):
        assert "\x1b" not in text
        assert "##[" not in text
        assert "\u202e" not in text
        assert not any(line.strip().startswith("::") for line in text.splitlines())


def test_markdown_begins_with_the_one_thing_to_know() -> None:
    fine, late = of(live("SCHEDULED")), of(live("SCHEDULED", at=NOW - HOUR), at=NOW - HOUR)
    heads = {
        "### ✅ The one broadcast is in order": board(fine),
        "### ✅ All 2 broadcasts are in order": board(fine, fine),
        "### ⚠️ 1 of 2 broadcasts needs a person": board(fine, late),
        "### There are no broadcasts": board(),
        "### ❔ 1 broadcast, and not all of Invent could be read": board(fine, gaps=("Page 2.",)),
    }
    for head, made in heads.items():
        assert status_markdown(whole(made)).startswith(head)


def test_markdown_of_a_thousand_broadcasts_fits_a_comment_and_says_what_it_left_out() -> None:
    row = of(live("SENT", counts=SENT))
    rows = [replace(row, key=f"key-{number}") for number in range(1234)]
    page = status_markdown(whole(board(*rows)))
    assert len(page) <= COMMENT_LIMIT
    assert "All 1,234 broadcasts are in order" in page
    assert "are not shown" in page
    assert page.count("<details>") == page.count("</details>") == 1


@given(
    st.lists(
        st.builds(
            a_remote, few_ids, few_requests, status=st.sampled_from(["DRAFT", "SENT", "FAILED", "CANCELLED", "X"])
        ),
        max_size=3,
        unique_by=lambda remote: remote.id,
    ),
    crowded_states,
    st.dictionaries(few_keys, few_requests),
    st.sampled_from([(), ("A gap.",)]),
)
def test_every_key_has_one_row_whose_document_keeps_its_schema_and_can_be_shown(
    remotes: list[Remote], state: State, requests: dict[str, Any], gaps: tuple[str, ...]
) -> None:
    definitions = tuple(a_definition(key, request) for key, request in requests.items())
    made = status(*remotes, definitions=definitions, state=state, gaps=gaps)
    waiting = {remote.id for remote in remotes if remote.status in ("DRAFT", "X")}
    removed = {key for key, removal in state.removed.items() if removal.id in waiting}
    assert sorted(row.key for row in made.rows) == sorted(
        requests.keys() | state.broadcasts.keys() | state.intents.keys() | removed
    )
    if gaps:
        assert not any("gone" in rules(row) for row in made.rows)
    assert status_markdown(whole(made))
    assert status_text(made, Style(), width=80, everything=True, past=None)


@pytest.mark.parametrize(
    ("counts", "shares", "number"),
    [
        (Counts(recipients=100_000, delivered=99_999, opened=1_190, click=1_190), ["99.9%", "1.2%", "1.2%"], 0.9999),
        (Counts(recipients=1_230, delivered=1_190, opened=1_190, click=3), ["96.7%", "100.0%", "0.3%"], 0.9675),
        (Counts(recipients=30, delivered=1, opened=1, click=30), ["3.3%", "100.0%", ""], 0.0333),
        (Counts(recipients=100_000, delivered=1, opened=0, click=0), ["0.1%", "0.0%", "0.0%"], 0.0001),
    ],
)
def test_both_pages_print_one_share_and_it_is_all_or_nothing_only_if_it_is(
    counts: Counts, shares: list[str], number: float
) -> None:
    row = of(live("SENT", counts=counts))
    page = status_markdown(whole(board(row)))
    [line] = [line for line in page.splitlines() if line.startswith("|") and "spring" in line]
    for text in shares:
        assert text in shown(row)
        assert text in line
    assert line.count("%") == shown(row).count("%") == len([text for text in shares if text])
    assert whole(board(row))["rows"][0]["shares"]["delivered"] == number
