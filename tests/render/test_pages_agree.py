"""The terminal and the pull request say the same of the same value: when, how far, who, how many, and in what state."""

from __future__ import annotations

import html
import json
import re
from datetime import datetime, timedelta

import pytest

from invent_gitops.model.broadcast import Counts, Sending
from invent_gitops.model.drift import Coverage
from invent_gitops.model.plan import Audience, Item
from invent_gitops.model.status import IN_DOUBT, Row, Status
from invent_gitops.render.documents.envelope import document
from invent_gitops.render.documents.plan import plan_json, read_plan
from invent_gitops.render.documents.status import read_status, status_json
from invent_gitops.render.markdown.plan import plan_markdown
from invent_gitops.render.markdown.status import status_markdown
from invent_gitops.render.text.plan import plan_text
from invent_gitops.render.text.status import status_text
from invent_gitops.render.text.style import Style
from invent_gitops.values import replace
from tests.making import NOW, SOON, a_definition, a_plan, a_request

VIPS = Audience(("vips",), False, 1200)


def plain(markdown: str) -> str:
    """A page as a reader sees it: without marks, on single blanks."""
    text = html.unescape(re.sub(r"<[^>]*>|\*\*|[`|]", " ", markdown)).replace("\u200b", "")
    return re.sub(r"\s+", " ", text)


def plan_pages(item: Item) -> tuple[str, str]:
    plan = a_plan(item)
    saved = json.loads(document("plan", 0, plan_json(plan)))
    return plain(plan_text(plan, Style())), plain(plan_markdown(saved))


def create(at: datetime | None = SOON, zone: str = "", audience: Audience = VIPS) -> Item:
    definition = a_definition("spring", a_request(at=at), timezone=zone)
    return Item("spring", "create", definition.request, definition, audience=audience)


def status_pages(row: Row, *, width: int | None = None) -> tuple[str, str]:
    status = Status(a_plan().context, (row,), Coverage(), timedelta(hours=24))
    saved = json.loads(document("status", 0, status_json(status)))
    text = status_text(status, Style(), width=width, everything=True, past=None)
    return plain(text), plain(status_markdown(saved))


def row(state: str = "SENT", **fields: object) -> Row:
    made = Row("spring", a_request(at=NOW - timedelta(days=2)), state, VIPS, past=state == "SENT")
    return replace(made, **fields)  # type: ignore[arg-type]  # the fields of a row


@pytest.mark.parametrize(
    ("item", "sentences"),
    [
        (create(), ["Tue 24 Nov 2026 12:00", "in 4 days"]),
        (create(zone="America/New_York"), ["Tue 24 Nov 2026 07:00", "America/New_York (12:00 UTC)", "in 4 days"]),
        (create(zone="Mars/Phobos"), ["Tue 24 Nov 2026 12:00", "UTC"]),
        (create(None), ["at once"]),
        (create(NOW + timedelta(seconds=5)), ["in less than a minute"]),
        (create(), ["vips", "up to 1,200 contacts"]),
        (create(audience=Audience(("vips",), False, 7, today=True)), ["vips", "up to 7 contacts today"]),
        (create(audience=Audience(("vips", "new"), False, None)), ["vips, new", "to an audience of unknown size"]),
        (create(audience=Audience((), True, None)), ["everyone"]),
        (create(audience=Audience((), True, 9)), ["everyone", "up to 9 contacts"]),
        (create(audience=Audience((), False, 0)), ["nobody", "up to 0 contacts"]),
    ],
)
def test_when_distance_and_audience_of_a_plan_are_the_same_on_both_pages(item: Item, sentences: list[str]) -> None:
    for page in plan_pages(item):
        assert [sentence for sentence in sentences if sentence not in page] == []


@pytest.mark.parametrize("width", [None, 80])
@pytest.mark.parametrize(
    ("counts", "cells"),
    [
        (Counts(recipients=1230, delivered=1190, opened=595), ["1,230", "1,190", "96.7%", "595", "50.0%"]),
        (Counts(delivered=1000, opened=250), ["1,000", "250", "25.0%"]),
        (Counts(recipients=0, delivered=41), ["41"]),
        (Counts(unsubscribed=3), ["3"]),
        (Counts(delivered=10, click=30), ["10", "30"]),
    ],
)
def test_counts_and_shares_are_the_same_on_both_pages_also_where_the_recipients_are_unknown(
    counts: Counts, cells: list[str], width: int | None
) -> None:
    for page in status_pages(row(sending=Sending(counts=counts)), width=width):
        listed = page.split("newest first")[1]
        assert [cell for cell in cells if not re.search(rf"(?<![\d,]){re.escape(cell)}(?![\d,])", listed)] == []
        assert listed.count("%") == len([cell for cell in cells if cell.endswith("%")])


@pytest.mark.parametrize(
    ("state", "read", "sentence"),
    [
        ("DRAFT", True, "DRAFT"),
        ("DRAFT", False, "not read (was DRAFT)"),
        ("", True, "no status"),
        ("", False, "not read (was no status)"),
        (IN_DOUBT, False, "in doubt"),
        ("A STATUS OF TOMORROW", True, "A STATUS OF TOMORROW"),
    ],
)
def test_state_is_the_same_on_both_pages(state: str, read: bool, sentence: str) -> None:
    for page in status_pages(row(state, read=read)):
        assert sentence in page
        assert ("not read" in page) == sentence.startswith("not read")


def test_document_is_read_back_into_the_values_that_it_was_made_of() -> None:
    plan = a_plan(create(zone="Europe/Berlin"))
    assert read_plan(json.loads(document("plan", 0, plan_json(plan)))).plan.context == plan.context
    [item] = read_plan(json.loads(document("plan", 0, plan_json(plan)))).plan.items
    assert replace(item, definition=None) == replace(plan.items[0], definition=None)
    assert item.definition
    assert item.definition.timezone == "Europe/Berlin"
    status = Status(plan.context, (row(sending=Sending(counts=Counts(opened=3))),), Coverage(("A gap.",)), timedelta(1))
    saved = read_status(json.loads(document("status", 0, status_json(status))))
    assert (saved.context, saved.look, saved.soon) == (status.context, status.look, status.soon)
    assert saved.rows[0].sending == status.rows[0].sending
