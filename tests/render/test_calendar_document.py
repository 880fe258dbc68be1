"""The document of a calendar: it conforms to its schema, and reads back as what it was."""

from __future__ import annotations

import json
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.model.broadcast import Counts
from invent_gitops.model.calendar import (
    SEND_STATES,
    Author,
    Calendar,
    CalendarEntry,
    CalendarRules,
    Clash,
    Revision,
)
from invent_gitops.model.context import Context
from invent_gitops.model.drift import Coverage
from invent_gitops.model.plan import Audience
from invent_gitops.model.project import BlackoutDays, QuietHours
from invent_gitops.render.documents.calendar import calendar_json, read_calendar
from invent_gitops.render.documents.envelope import document
from tests.making import NASTY, NOW, a_request, costly, instants, maybe_texts, requests, texts
from tests.render.test_documents import made

numbers = st.none() | st.integers(0, 10**6)
some_texts = st.lists(texts, max_size=2).map(tuple)
days = st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1))
spans = st.timedeltas(timedelta(), timedelta(days=9)).map(lambda span: timedelta(seconds=int(span.total_seconds())))
clocks = st.builds(time, st.integers(0, 23), st.integers(0, 59))
entries = st.builds(
    CalendarEntry,
    maybe_texts,
    requests,
    instants,
    st.sampled_from(SEND_STATES),
    st.builds(Audience, some_texts, st.booleans(), numbers, st.booleans()),
    maybe_texts,
    maybe_texts,
    st.builds(Author, maybe_texts, maybe_texts, maybe_texts, maybe_texts),
    some_texts,
    st.builds(Counts, recipients=numbers, delivered=numbers, click=numbers),
    st.lists(st.builds(Clash, maybe_texts, texts, some_texts, spans), max_size=2).map(tuple),
    st.builds(Revision, st.none() | instants, st.booleans(), st.booleans()),
)
rules = st.builds(
    CalendarRules,
    st.none() | st.builds(QuietHours, clocks, clocks, maybe_texts, maybe_texts),
    st.none()
    | st.builds(
        BlackoutDays,
        st.lists(st.tuples(days.filter(bool), days.filter(bool)), max_size=2).map(tuple),
        maybe_texts,
    ),
    spans,
)
calendars = st.builds(
    Calendar,
    st.builds(Context, instants, texts, texts, st.sampled_from(["", "acme"]), maybe_texts, maybe_texts),
    st.lists(entries, max_size=3).map(tuple),
    rules,
    days,
    days,
    st.none() | st.builds(Coverage, some_texts, some_texts, st.integers(0, 9)),
    maybe_texts,
    st.lists(entries, max_size=2).map(tuple),
)


@costly
@given(calendars)
def test_any_calendar_conforms_and_reads_back_as_it_was(calendar: Calendar) -> None:
    fields = made("calendar", calendar_json(calendar))
    assert read_calendar(fields) == calendar
    assert sum(fields["counts"].values()) == len(calendar.entries)


@pytest.mark.parametrize("damage", [{"state": "lost"}, {"at": "soon"}, {"remarks": "no list"}, {"audience": None}])
def test_damaged_document_is_not_read(damage: dict[str, object]) -> None:
    entry = CalendarEntry("a", a_request(NASTY), NOW, "planned", Audience((), True, None))
    fields = json.loads(document("calendar", 0, calendar_json(Calendar(Context(NOW, "c", "sandbox"), (entry,)))))
    assert read_calendar(fields).entries[0].name == NASTY
    fields["entries"][0] |= damage
    with pytest.raises((LookupError, TypeError, ValueError)):
        read_calendar(fields)
