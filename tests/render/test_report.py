"""What became of each broadcast, and what is recorded, for a terminal."""

from __future__ import annotations

import pytest

from invent_gitops.errors import InvalidInput
from invent_gitops.model.context import Context
from invent_gitops.model.outcome import Fate, Outcome, Report
from invent_gitops.model.state import Candidate
from invent_gitops.render.text.records import record_text, records_text
from invent_gitops.render.text.report import SYMBOLS, WORDS, outcome_line, report_text, summary
from invent_gitops.render.text.style import Style
from invent_gitops.values import replace
from tests.making import (
    NASTY,
    NOW,
    a_provenance,
    a_record,
    a_remote,
    a_removal,
    a_request,
    a_state,
    an_intent,
)
from tests.text.test_clean import is_harmless

PLAIN = Style()
FATES: tuple[Fate, ...] = ("created", "adopted", "not-created", "unknown", "not-attempted", "already-created")


def text_of(*outcomes: Outcome, **more: object) -> str:
    report = replace(Report(outcomes), **more)  # type: ignore[arg-type]  # named as in Report
    return report_text(report, PLAIN, Context(NOW, flags=" --state x.json"), state_label="invent.state.json")


# ---------------------------------------------------------------- the report


def test_report_says_first_how_much_then_what_became_of_each_then_what_to_do() -> None:
    text = text_of(
        Outcome("a", "created", "A", "bc_1"),
        Outcome("b", "not-created", "B", reason="Invent answered 422: no such segment"),
        Outcome("c", "unknown", "C", reason="Invent answered 502."),
    )
    assert text == (
        "1 created, 1 not created, 1 unknown.\n"
        "  + a  created  id bc_1\n"
        "  x b  not created  Invent answered 422: no such segment\n"
        "  ! c  unknown  Invent answered 502.\n"
        "The ids are recorded in invent.state.json.\n"
        "Unknown means: it may exist. See and settle it with: invent-gitops plan --state x.json"
    )


def test_every_fate_has_a_word_and_a_symbol_and_is_counted() -> None:
    assert set(WORDS) == set(SYMBOLS) == set(FATES)
    outcomes = [Outcome(f"{fate}{number}", fate, "N") for fate in FATES for number in range(2)]
    expected = "2 created, 2 found in Invent and adopted, 2 not created, 2 unknown, 2 not attempted, 2 created already."
    assert summary(outcomes) == expected
    assert summary([]) == "Nothing was created."


@pytest.mark.parametrize("fate", FATES)
def test_id_stands_right_after_the_word(fate: Fate) -> None:
    line = outcome_line(Outcome("a", fate, "A", "bc_1", "a reason"), PLAIN)
    assert line == f"{SYMBOLS[fate]} a  {WORDS[fate]}  id bc_1  a reason"


def test_answer_that_differs_from_the_request_is_pointed_out() -> None:
    line = outcome_line(Outcome("a", "created", "A", "bc_1", differs=("name", "scheduled_at")), PLAIN)
    assert "differs from the request in name, scheduled_at: look at it in Invent." in line


def test_id_that_could_not_be_recorded_is_called_out() -> None:
    error = InvalidInput("The disk is full.", "Free some space.")
    text = text_of(Outcome("a", "created", "A", "bc_1"), failure=error, unrecorded=("a",))
    assert "id bc_1" in text
    assert "not recorded yet: a." in text
    assert text.endswith("The disk is full. Free some space.")


def test_stopped_run_says_that_going_on_is_safe() -> None:
    text = text_of(Outcome("a", "not-attempted", "A"), stopped=True)
    assert text.endswith("Run apply again to go on; nothing is created twice.")
    assert "recorded in" not in text


def test_stop_that_came_after_the_last_one_asks_for_no_other_run() -> None:
    text = text_of(Outcome("a", "created", "A", "bc_1"), stopped=True)
    assert text.endswith("Stopped as asked.")
    text = text_of(Outcome("a", "not-attempted", "A"), stopped=True, deadline=1.0)
    assert text.endswith("The deadline of 1 second was over. Run apply again to go on; nothing is created twice.")


def test_nothing_in_a_report_acts() -> None:
    outcomes = [Outcome(NASTY, fate, NASTY, NASTY, NASTY) for fate in FATES]
    text = report_text(
        Report(tuple(outcomes), InvalidInput(NASTY, NASTY), True, (NASTY,)), PLAIN, Context(NOW), state_label=NASTY
    )
    assert [line for line in text.split("\n") if not is_harmless(line)] == []


# ---------------------------------------------------------------- reports put together


def test_later_round_takes_the_place_of_what_was_not_attempted() -> None:
    first = Report((Outcome("a", "created", "A", "bc_1"), Outcome("b", "not-attempted", "B")), unrecorded=("a",))
    later = Report((Outcome("b", "created", "B", "bc_2"),), unrecorded=("b",))
    both = first.followed_by(later)
    assert [(one.key, one.fate, one.id) for one in both.outcomes] == [
        ("a", "created", "bc_1"),
        ("b", "created", "bc_2"),
    ]
    assert (both.unrecorded, both.failure) == (("a", "b"), None)


def test_what_another_run_did_meanwhile_is_told_of_what_was_not_attempted() -> None:
    state = a_state({"a": a_record("bc_1"), "c": a_record("bc_3")}, {"b": an_intent()})
    outcomes = [Outcome(key, "not-attempted", key) for key in "abd"]
    report = Report((*outcomes, Outcome("c", "unknown", "c"))).seen_in(state)
    assert [(one.key, one.fate, one.id) for one in report.outcomes] == [
        ("a", "already-created", "bc_1"),
        ("b", "not-attempted", ""),
        ("d", "not-attempted", ""),
        ("c", "unknown", ""),
    ]
    assert "Another run" in report.outcomes[1].reason
    assert report.outcomes[2].reason == ""


def test_what_was_found_in_invent_takes_the_place_of_what_was_unknown() -> None:
    report = Report((Outcome("a", "unknown", "A"), Outcome("c", "created", "C", "bc_3")))
    found = report.with_adopted((Outcome("a", "adopted", "A", "bc_1"), Outcome("b", "adopted", "B", "bc_2")))
    assert [(one.key, one.fate) for one in found.outcomes] == [("a", "adopted"), ("b", "adopted"), ("c", "created")]
    assert [one.key for one in found.having("adopted")] == ["a", "b"]


# ---------------------------------------------------------------- the records


def test_records_are_one_line_each_in_columns_sorted_by_key() -> None:
    state = a_state(
        {"spring": a_record("bc_1", a_request("Spring")), "a": a_record("bc_22", a_request("A"))},
        {"doubt": an_intent(a_request("Doubt"))},
        {"gone": a_removal("bc_3", a_request("Gone"))},
    )
    assert records_text(state, PLAIN) == (
        "KEY     ID     STATUS     NAME\n"
        "a       bc_22  SCHEDULED  A\n"
        "spring  bc_1   SCHEDULED  Spring\n"
        "doubt   ?      IN DOUBT   Doubt\n"
        "gone    bc_3   REMOVED    Gone\n"
        "Serial 1, org c at https://api.useinvent.com."
    )


def test_state_without_records_says_so() -> None:
    assert records_text(a_state(), PLAIN) == "The state is empty."


def test_one_key_shows_all_that_is_known_of_it() -> None:
    made = a_provenance(by="bob", commit="abc123", run="https://ci.test/9")
    record = replace(a_record("bc_1", how="adopted", note="A note."), provenance=made)
    assert record_text(a_state({"spring": record}), "spring") == (
        "spring\n"
        "  id: bc_1\n"
        "  status: SCHEDULED\n"
        "  name: Spring sale\n"
        "  scheduled_at: Tue 24 Nov 2026 12:00 UTC\n"
        "  to: seg_a\n"
        "  adopted: Fri 20 Nov 2026 12:00 UTC by bob, from commit abc123, in the run https://ci.test/9\n"
        "  note: A note."
    )
    doubt = record_text(a_state(intents={"doubt": an_intent(a_request(everyone=True), candidates=())}), "doubt")
    assert "outcome unknown: it may have been created" in doubt
    assert "  to: everyone\n" in doubt
    assert "does not prove anything" in doubt
    gone = record_text(a_state(removed={"gone": a_removal("bc_3", reason="by mistake")}), "gone")
    assert "  reason: by mistake\n  id: bc_3\n" in gone


def test_nothing_in_the_records_acts() -> None:
    made = a_provenance(by=NASTY, commit=NASTY, run=NASTY)
    request = a_request(NASTY, segments=(NASTY,))
    candidate = Candidate(replace(a_remote(NASTY, request), status=NASTY))
    state = a_state(
        {NASTY: replace(a_record(NASTY, request, note=NASTY), status=NASTY, provenance=made)},
        {NASTY: an_intent(request, NASTY, provenance=made, candidates=(candidate,))},
        {NASTY: replace(a_removal(NASTY, request, NASTY), provenance=made)},
    )
    state = replace(state, org=NASTY, api=NASTY)
    for text in (records_text(state, PLAIN), record_text(state, NASTY)):
        assert [line for line in text.split("\n") if not is_harmless(line)] == []
