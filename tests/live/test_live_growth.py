"""What looks at a long list of live broadcasts costs as much as the list is long: steps are counted at two sizes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.errors import ExitCode
from invent_gitops.live.calendar import calendar_of
from invent_gitops.live.draft import Drafts
from invent_gitops.live.drift import look_at, refreshed, renewal, with_drift
from invent_gitops.live.new_keys import FreePaths, _is_safe, key_for, other_keys
from invent_gitops.live.reconcile import Unclaimed, attempted_ids, candidates_of, reconcile
from invent_gitops.live.resolve import Word, absences
from invent_gitops.live.status import status_of
from invent_gitops.live.unrecorded import survey
from invent_gitops.live.unsettled import unsettled
from invent_gitops.model.broadcast import Catalogue, Remote, Segment, Sending
from invent_gitops.model.context import Context
from invent_gitops.model.listing import Listing
from invent_gitops.model.outcome import Outcome, Report
from invent_gitops.model.project import Policies
from invent_gitops.model.state import State
from invent_gitops.model.unreachable import WARN_ONLY
from invent_gitops.plan.unreachable import unreachable
from invent_gitops.render.documents.calendar import calendar_json, read_calendar
from invent_gitops.render.documents.drift import renewal_json
from invent_gitops.render.documents.envelope import document
from invent_gitops.render.documents.imports import Imported, import_json
from invent_gitops.render.documents.plan import plan_json
from invent_gitops.render.documents.report import report_json
from invent_gitops.render.documents.status import status_json
from invent_gitops.render.github.annotations import plan_annotations, report_annotations
from invent_gitops.render.markdown.months import Send, months
from invent_gitops.render.markdown.plan import plan_markdown
from invent_gitops.render.markdown.report import report_markdown
from invent_gitops.render.markdown.status import status_markdown
from invent_gitops.render.text.drift import drift_text, renewal_text
from invent_gitops.render.text.imports import imported_text, survey_text
from invent_gitops.render.text.report import advice
from invent_gitops.render.text.status import status_text
from invent_gitops.render.text.style import Style
from invent_gitops.values import replace
from tests.making import (
    NOW,
    a_definition,
    a_provenance,
    a_record,
    a_remote,
    a_removal,
    a_request,
    a_state,
    an_intent,
    crowded_states,
    few_requests,
    plan_of,
    texts,
)
from tests.test_growth import Work, steps

CONTEXT = Context(NOW, "c", "sandbox")


def live(count: int, name: str = "N{0}") -> list[Remote]:
    return [a_remote(f"b{number}", a_request(name.format(number))) for number in range(count)]


def recorded(count: int) -> State:
    return a_state({f"k{number}": a_record(f"b{number}", a_request(f"M{number}")) for number in range(count)})


def in_doubt(count: int) -> State:
    """As many attempts without an outcome, of which the list shows what each may have created."""
    intents = {f"k{number}": an_intent(a_request(f"N{number}"), f"t{number}") for number in range(count)}
    return a_state(intents=intents)


def imported(count: int, name: str) -> Work:
    remotes = [
        replace(remote, request=replace(remote.request, scheduled_at=NOW + timedelta(days=number)))
        for number, remote in enumerate(live(count, name))
    ]
    return lambda: survey(remotes, a_state(), [])


def drafted(count: int) -> Work:
    catalogue = Catalogue({f"n{number}": Segment(f"n{number}", f"s{number}") for number in range(count)})

    def work() -> None:
        drafts = Drafts(timezone="", catalogue=catalogue, names={})
        for number in range(count):
            drafts.draft(a_request(segments=[f"s{number}"]))

    return work


def pathed(count: int) -> Work:
    """Paths of keys that no file can have, all of which are written below one name."""

    def work() -> None:
        paths = FreePaths({"broadcast"})
        for number in range(count):
            next(paths.offers(chr(0x4E00 + number)))

    return work


def status(count: int) -> Any:
    remotes = [
        replace(remote, sending=Sending(1, channels=("sms" if number % 2 else "email",)))
        for number, remote in enumerate(live(count))
    ]
    listing = Listing(tuple(remotes))
    return status_of(
        [], recorded(count), listing, before=frozenset(), catalogue=None, context=CONTEXT, soon=timedelta(days=1)
    )


def told(count: int) -> Work:
    page = status(count)
    return lambda: (
        status_json(page),
        status_text(page, Style(False), width=None, everything=True, past=None),
        status_text(page, Style(False), width=80, everything=True, past=None),
        status_markdown(json.loads(document("status", ExitCode.DONE, status_json(page)))),
    )


def import_pages(count: int) -> Work:
    surveyed = survey(live(count), a_state(removed={"gone": a_removal("b1")}), [])
    done = Imported(frozenset(offer.key for offer in surveyed.offers), {offer.key: "x" for offer in surveyed.offers})
    return lambda: (
        import_json(surveyed, done, (), state="it", context=CONTEXT),
        survey_text(surveyed, Style(False), CONTEXT),
        imported_text(surveyed, done, Style(False), CONTEXT, state="it"),
    )


def refresh_pages(count: int) -> Work:
    before, listing = recorded(count), Listing(tuple(live(count)))
    events = refreshed(before, listing, a_provenance(), before=frozenset())

    def work() -> None:
        renewed = renewal(before, before.after(events), [event.key for event in events], listing)
        renewal_json(renewed, "it", 1)
        renewal_text(renewed, Style(False), CONTEXT)

    return work


def drift_pages(count: int) -> Work:
    plan = with_drift(plan_of([], recorded(count)), recorded(count), Listing(tuple(live(count))), before=frozenset())
    return lambda: (
        plan_json(plan),
        plan_annotations(plan),
        drift_text(plan, Style(False), CONTEXT, most=count),
        plan_markdown(json.loads(document("plan", ExitCode.DONE, plan_json(plan)))),
    )


def report_pages(count: int) -> Work:
    """What was created, and could not be recorded."""
    keys = tuple(f"k{number}" for number in range(count))
    report = Report(tuple(Outcome(key, "created", "N", f"b {key}") for key in keys), unrecorded=keys)
    plan = plan_of([])
    fields = report_json(report, plan, "it", a_provenance())
    return lambda: (
        report_json(report, plan, "it", a_provenance()),
        report_annotations(report, plan),
        report.healed(recorded(count)),
        advice(report, Style(False), CONTEXT, state="it", doubts=0),
        report_markdown(json.loads(document("report", ExitCode.UNSETTLED, fields))),
    )


def declared(count: int) -> Work:
    word, listing = Word(a_provenance(NOW + timedelta(days=1)), "looked"), Listing(tuple(live(count, "M{0}")))
    return lambda: absences(in_doubt(count), [f"k{number}" for number in range(count)], listing, word, CONTEXT)


def drawn(count: int) -> Work:
    """The calendar of records whose files are gone, and of as many broadcasts that no record knows."""
    state, listing = recorded(count), Listing(tuple(live(2 * count)))
    page = status_of([], state, listing, before=frozenset(), catalogue=None, context=CONTEXT, soon=timedelta(days=1))
    plan = plan_of([], state)
    plan = replace(plan, unreachable=unreachable(plan, WARN_ONLY, {}))
    policies = Policies(minimum_gap=timedelta(hours=24))

    def work() -> None:
        calendar = calendar_of(page, plan, state, policies, listing=listing)
        read_calendar(json.loads(document("calendar", ExitCode.DONE, calendar_json(calendar))))

    return work


CASES: Mapping[str, Callable[[int], Work]] = {
    "attempts settled": lambda n: lambda: reconcile(in_doubt(n), live(n), a_provenance()),
    "attempts beside a look": lambda n: lambda: look_at(in_doubt(n), Listing(tuple(live(n)))),
    "attempts declared to be none": declared,
    "attempts beside an import": lambda n: lambda: survey(live(n), in_doubt(n), []),
    "an import": lambda n: imported(n, "N{0}"),
    "an import of one name": lambda n: imported(n, "Newsletter"),
    "an import of what is like a record": lambda n: (
        lambda: survey([a_remote(f"c{number}", a_request(f"M{number}")) for number in range(n)], recorded(n), [])
    ),
    "an import beside definitions": lambda n: (
        lambda: survey(live(n), a_state(), [a_definition(f"k{number}", a_request(f"N{number}")) for number in range(n)])
    ),
    "drafts of a catalogue": drafted,
    "a calendar": drawn,
    "paths of keys that no file can have": pathed,
    "a refresh": lambda n: lambda: refreshed(recorded(n), Listing(tuple(live(n))), a_provenance(), before=frozenset()),
    "drift": lambda n: (
        lambda: with_drift(plan_of([], recorded(n)), recorded(n), Listing(tuple(live(n))), before=frozenset())
    ),
    "what is unsettled": lambda n: lambda: unsettled(recorded(n), Listing(tuple(live(n, "M{0}"))), NOW),
    "a status": lambda n: lambda: status(n),
    "months": lambda n: (
        lambda: months(
            [Send(NOW + timedelta(hours=number), f"N{number}", "new") for number in range(n)], now=NOW, timezone=""
        )
    ),
    "pages of an import": import_pages,
    "pages of a refresh": refresh_pages,
    "pages of drift": drift_pages,
    "pages of a report without a record": report_pages,
    "pages of a status": told,
}


@pytest.mark.parametrize("name", CASES)
def test_four_times_as_many_broadcasts_cost_four_times_as_much(name: str) -> None:
    CASES[name](5)()
    small, large = CASES[name](100), CASES[name](400)
    assert steps(large) < 4.6 * steps(small)


# ---------------------------------------------------------------- what is looked up is what a search finds


remotes = st.lists(
    st.builds(
        a_remote,
        st.sampled_from(["bc_1", "bc_2", "bc_3", "bc_4", "bc_5"]),
        few_requests | st.builds(a_request, st.sampled_from(["One", "On\u0065\u0301", "On\u00e9", "One\ufe0f", ""])),
        created_at=st.sampled_from([None, NOW - timedelta(days=1), NOW]),
    ),
    max_size=6,
    unique_by=lambda remote: remote.id,
)


@given(crowded_states, remotes)
def test_attempts_find_by_name_what_a_search_of_the_whole_list_finds(state: State, entries: list[Remote]) -> None:
    unknown = [remote for remote in entries if remote.id not in state.ids()]
    unclaimed = Unclaimed(state, entries)
    expected = {key: candidates_of(intent, unknown) for key, intent in state.intents.items()}
    assert {key: unclaimed.candidates(intent) for key, intent in state.intents.items()} == expected
    ids = {candidate.remote.id for candidates in expected.values() for candidate in candidates}
    assert attempted_ids(state, entries) == ids


def searched(key: str, occupied: set[str]) -> Iterator[str]:
    """Every path of a key, in turn, as if nothing had been tried before."""
    others = {name.casefold() for name in occupied}
    if _is_safe(key) and key.casefold() not in others:
        yield key
    yield from (path for path in other_keys(key_for(key, key)) if path not in others)


@given(st.lists(st.sampled_from(["a", "A", "a-2", "b/c", "ж", "a b", "con"]) | texts, max_size=8), st.sets(texts))
def test_each_key_gets_the_first_path_that_no_other_has(keys: list[str], occupied: set[str]) -> None:
    paths, written = FreePaths(occupied), set[str]()
    for key in keys:
        path = next(path for path in paths.offers(key) if path not in written)
        assert path == next(path for path in searched(key, occupied) if path not in written)
        written.add(path)
