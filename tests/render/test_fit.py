"""A page is cut on whole rows, and what is cut off is never put into words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.errors import ExitCode
from invent_gitops.model.problem import Position, Problem
from invent_gitops.model.project import Policies
from invent_gitops.render.documents.envelope import document
from invent_gitops.render.documents.plan import plan_json
from invent_gitops.render.documents.status import status_json
from invent_gitops.render.markdown import cells, plan, status
from invent_gitops.render.markdown.fit import Part, Rows, Size, _joined, fitted, in_bytes
from tests.live.test_live_growth import status as status_page
from tests.making import a_definition, a_record, a_request, a_state, plan_of


def written_whole(parts: Sequence[Part], limit: int, size: Size, elsewhere: str) -> str:
    """The page as one makes it who writes all of it first."""
    counts = [len(part.rows) for part in parts]
    page = _joined(parts, counts, elsewhere)
    return page if size(page) <= limit else fitted(parts, limit, size, elsewhere)


some_lines = st.lists(st.text("aé🎉\n", max_size=5), max_size=3)
some_parts = st.lists(st.builds(Part, some_lines, some_lines, some_lines), min_size=1, max_size=4)


@given(some_parts, st.integers(0, 120), st.sampled_from([len, in_bytes]), st.sampled_from(["", "See there."]))
def test_page_is_cut_only_where_all_of_it_is_too_long(
    parts: list[Part], limit: int, size: Size, elsewhere: str
) -> None:
    every = [len(part.rows) for part in parts]
    whole = _joined(parts, every, elsewhere)
    page = fitted(parts, limit, size, elsewhere)
    assert (page == whole) == (size(whole) <= limit or not any(every))
    lazy = [Part(part.above, Rows(part.rows, lambda row: row), part.below) for part in parts]
    assert fitted(lazy, limit, size, elsewhere) == page == written_whole(parts, limit, size, elsewhere)


@given(st.lists(st.integers()), st.slices(9))
def test_rows_are_a_sequence_like_a_list_and_each_is_written_once(values: list[int], part: slice) -> None:
    asked: list[int] = []

    def write(value: int) -> str:
        asked.append(value)
        return str(value)

    rows = Rows(values, write)
    assert (rows[part], len(rows), bool(rows)) == ([*map(str, values)][part], len(values), bool(values))
    assert [*rows] == [*map(str, values)]
    assert sorted(asked) == sorted(values)


# ---------------------------------------------------------------- whole pages


def counted(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[object]:
    """What a function of a module is called with from now on."""
    calls: list[object] = []
    function = getattr(module, name)

    def call(*arguments: Any, **named: Any) -> Any:
        calls.append(arguments)
        return function(*arguments, **named)

    monkeypatch.setattr(module, name, call)
    return calls


def read(text: str) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(text)
    return fields


def creates(count: int) -> dict[str, Any]:
    definitions = [a_definition(f"k{number}", a_request(f"N{number}")) for number in range(count)]
    return read(document("plan", ExitCode.DONE, plan_json(plan_of(definitions, policies=Policies(max_creates=10**6)))))


def edited(count: int) -> dict[str, Any]:
    definitions = [a_definition(f"k{number}", a_request(f"N{number}")) for number in range(count)]
    state = a_state({f"k{number}": a_record(f"b{number}", a_request(f"M{number}")) for number in range(count)})
    return read(document("plan", ExitCode.DONE, plan_json(plan_of(definitions, state))))


def problems(count: int) -> dict[str, Any]:
    listed = [
        Problem(Position("a.yaml", number + 1, 1), "rule", "This is wrong here, and it matters.", "Fix it.")
        for number in range(count)
    ]
    return read(document("plan", ExitCode.INVALID, {}, problems=listed))


def statuses(count: int) -> dict[str, Any]:
    return read(document("status", ExitCode.DONE, status_json(status_page(count))))


PAGES: Mapping[str, tuple[Any, str, Callable[[int], dict[str, Any]], Callable[[dict[str, Any]], str]]] = {
    "creates": (plan, "_created", creates, plan.plan_markdown),
    "edits": (plan, "_changed", edited, plan.plan_markdown),
    "problems": (cells, "_problem", problems, plan.plan_markdown),
    "status": (status, "_coming", statuses, status.status_markdown),
}


@pytest.mark.parametrize("name", PAGES)
def test_page_of_four_times_as_many_entries_puts_no_more_of_them_into_words(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    module, function, make, page = PAGES[name]
    calls = counted(monkeypatch, module, function)
    numbers = []
    for count in (1_000, 3_000):
        calls.clear()
        text = page(make(count))
        assert len(text) <= 60_000
        numbers.append(len(calls))
    assert 0 < numbers[1] <= numbers[0] < 1_000
