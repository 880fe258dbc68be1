"""A large apply that is killed and run again: nothing is created twice, no id is lost, no page is read twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from invent_gitops.operations import list_guard
from invent_gitops.operations.stopwatch import stopwatch
from tests.running import FAST, account, call, define, ids, invent, live
from tests.scale.killed import faults_of, play

COUNT = 320


def test_killed_apply_goes_on_where_it_was_and_reads_each_page_once(tmp_path: Path) -> None:
    history = play(tmp_path, COUNT, (120, 250))
    assert faults_of(history, COUNT) == []
    first, second, last = history.runs
    assert (first.code, second.code) == (-9, -9)
    assert first.creates >= 120
    assert second.creates > 0, "the second run went on before it was killed as well"
    assert sum(history.doubts) > 0, "no call was in flight when a run was killed"
    assert (first.pages, second.pages, last.pages) == (1, first.creates // 100 + 1, (COUNT - last.creates) // 100 + 1)


@pytest.mark.parametrize("left_in_doubt", [False, True])
def test_list_that_takes_long_to_read_is_read_once_before_the_creates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left_in_doubt: bool
) -> None:
    """The clock of what was read is one that stops when a page is read after it began."""
    with invent() as server:
        server.sandbox.fill(broadcasts=250)
        (tmp_path / "invent.yaml").write_text("policies:\n  max_creates: 9\n", encoding="utf-8")
        if left_in_doubt:
            define(tmp_path, "earlier")
            server.faults.add("close-before@create:1")
            assert call(tmp_path, "apply", "--yes", *FAST, env=account(server.url)).code == 7

        def until_a_page(seconds: float) -> Callable[[], bool]:
            pages, fresh = server.faults.seen("list"), stopwatch(seconds)
            return lambda: fresh() and server.faults.seen("list") == pages

        before = server.faults.seen("list")
        monkeypatch.setattr(list_guard, "stopwatch", until_a_page)
        define(tmp_path, "a", "b")
        result = call(tmp_path, "apply", "--yes", "--json", *FAST, env=account(server.url))
        assert server.faults.seen("list") - before == 3
        created = {outcome["key"] for outcome in json.loads(result.out)["outcomes"] if outcome["outcome"] == "created"}
        assert created == {"a", "b"}
        assert ids(tmp_path).keys() >= {"a", "b"}
        assert live(server)["Campaign a"] == ids(tmp_path)["a"]
