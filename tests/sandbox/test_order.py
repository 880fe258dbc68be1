"""A late page of a long list costs what the first one does, and shows what a search of the whole table shows."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from invent_gitops.sandbox.contract import STATUSES
from invent_gitops.sandbox.false_answers import Alteration
from invent_gitops.sandbox.service import Sandbox

HEADERS = {"Authorization": "Bearer k"}


def listed(box: Sandbox, collection: str, query: str) -> tuple[list[Any], int]:
    answer = box.handle("GET", f"/orgs/c/{collection}", query, HEADERS)
    assert answer.status == 200
    return answer.json(), int(answer.headers["pagination-count"])


def statements(box: Sandbox, collection: str, query: str) -> int:
    """How many steps the database takes for a page."""
    count = 0

    def counted() -> int:
        nonlocal count
        count += 1
        return 0

    listed(box, collection, "page=1&take=100")
    box._file.db.set_progress_handler(counted, 1)
    try:
        listed(box, collection, query)
    finally:
        box._file.db.set_progress_handler(None, 1)
    return count


@pytest.mark.parametrize("collection", ["broadcasts", "segments"])
def test_last_page_of_a_long_list_costs_what_the_first_page_of_a_short_one_does(collection: str) -> None:
    with Sandbox(limit=0) as short, Sandbox(limit=0) as long:
        short.fill(broadcasts=300, segments=300)
        long.fill(broadcasts=3_000, segments=3_000)
        least = statements(short, collection, "page=1&take=100")
        assert least > 0
        assert statements(long, collection, "page=30&take=100") <= least * 1.2
        assert statements(long, collection, "page=15&take=100") <= least * 1.2


def test_each_page_is_what_a_slice_of_the_whole_list_is_while_the_list_changes(tmp_path: Path) -> None:
    choose, path = random.Random(7), tmp_path / "box.sqlite"  # noqa: S311  # repeatable, keeps no secret
    with Sandbox(path, limit=0) as box, Sandbox(path, limit=0) as other:
        box.fill(broadcasts=40, segments=15)
        box.fill(broadcasts=5, org="elsewhere")
        for _ in range(120):
            writer, entries = choose.choice([box, other]), [*box.broadcasts()]
            match choose.choice(["create", "status", "delete", "segment", "nothing", "nothing"]):
                case "create":
                    writer.fill(broadcasts=1)
                case "status":
                    writer.update("c", choose.choice(entries)["id"], status=choose.choice(STATUSES))
                case "delete":
                    writer.delete("c", choose.choice(entries)["id"])
                case "segment":
                    writer.put_segment("c", f"new_{choose.randrange(9)}", contacts=choose.randrange(9))
                case _:
                    pass
            status, page, take = choose.choice(["ALL", *STATUSES]), choose.randrange(1, 5), choose.randrange(1, 20)
            part = slice((page - 1) * take, page * take)
            expected = [entry for entry in reversed(box.broadcasts()) if status in ("ALL", entry["status"])]
            found = listed(box, "broadcasts", f"status={status}&page={page}&take={take}")
            assert found == (expected[part], len(expected))
            everything = listed(other, "segments", "take=100")[0]
            assert listed(box, "segments", f"page={page}&take={take}") == (everything[part], len(everything))


def test_list_that_lags_hides_what_is_new_from_its_pages_and_its_count() -> None:
    with Sandbox(limit=0) as box:
        box.fill(broadcasts=5)
        answer = box.handle("GET", "/orgs/c/broadcasts", "take=2", HEADERS, altered=Alteration("lag", 3600))
        assert (answer.json(), answer.headers["pagination-count"]) == ([], "0")
        assert len(listed(box, "broadcasts", "take=2")[0]) == 2
