"""JSON of the wrong shape is damage with a place, wherever it is read: never a bug, never taken for anything else."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from invent_gitops.errors import ExitCode, InvalidInput
from invent_gitops.model.broadcast import Counts
from invent_gitops.model.record import RecordedCounts
from invent_gitops.model.state import (
    Absence,
    Candidate,
    DeclaredAbsent,
    Intended,
    Listed,
    Looked,
    Recorded,
    Refreshed,
    Removed,
    Reopened,
    Withdrawn,
)
from invent_gitops.state.document import dump, parse
from invent_gitops.state.journal import read_journal, write_event
from invent_gitops.values import replace
from tests.making import (
    NOW,
    a_correction,
    a_move,
    a_provenance,
    a_record,
    a_remote,
    a_removal,
    a_request,
    a_state,
    an_intent,
)
from tests.running import STATE, call, define

T = TypeVar("T")
LAST = "9999-12-31T23:59:59Z"
DEEP: list[Any] = []
for _ in range(300):
    DEEP = [DEEP]
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 10**30, 1.5, float("nan"), float("inf"), "", "\ud800", "\x1b[31m\u202e", LAST,
    "0001-01-01T00:00:00+14:00", [], {}, [None], {"a": 1}, DEEP,
)  # fmt: skip
GONE = object()

CANDIDATES = (Candidate(a_remote("bc_3"), ("name",)),)
STATE_OF_ALL = a_state(
    {
        "rec": replace(
            a_record(),
            formerly=(a_request("F"),),
            refreshed=a_provenance(),
            instead_of=("b",),
            counts=RecordedCounts(1, Counts(2)),
            provenance=replace(a_provenance(), attempted=NOW),
        )
    },
    {"int": replace(an_intent(a_request("I"), candidates=CANDIDATES), settles_at=NOW)},
    {"gone": a_removal()},
    {"att": Absence("int", "why", a_provenance(), a_request("I"), True)},
)
HEADER = {"journal": 1, "lineage": STATE_OF_ALL.lineage, "serial": 1, "org": STATE_OF_ALL.org, "api": STATE_OF_ALL.api}
EVENTS = (
    Intended("k", an_intent()),
    Reopened("k", an_intent(candidates=CANDIDATES)),
    Listed(),
    Looked("k", "attempt-1", CANDIDATES),
    Recorded("k", a_record("bc_7")),
    Withdrawn("k", "a"),
    DeclaredAbsent("a", Absence("k", "w", a_provenance(), a_request())),
    a_correction("rec", "bc_1", "bc_8", a_request(), "attempt of bc_1"),
    a_move("rec", "r2"),
    Removed("rec", a_removal()),
    Refreshed("rec", "bc_1", a_request(), "SENT", a_provenance()),
)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        yield from places(child, (*at, name))


def mutants(whole: Any) -> Iterator[Any]:
    """The value with each of its parts taken away, and put into each odd shape."""
    for at in places(whole):
        for odd in (*ODD, GONE) if at else ODD:
            if not at:
                yield odd
                continue
            mutant = copy.deepcopy(whole)
            parent = mutant
            for step in at[:-1]:
                parent = parent[step]
            if odd is GONE:
                del parent[at[-1]]
            else:
                parent[at[-1]] = odd
            yield mutant


def read_or_refused(read: Callable[[], T]) -> tuple[T | None, str]:
    """What was read, or why not."""
    try:
        return read(), ""
    except InvalidInput as error:
        return None, error.message


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_event_of_any_shape_is_read_or_is_damage_in_its_line(tmp_path: Path, event: Any) -> None:
    path = tmp_path / "journal"
    for mutant in mutants(write_event(event)):
        path.write_text(f"{json.dumps(HEADER)}\n{json.dumps(mutant)}\n", encoding="utf-8")
        found, message = read_or_refused(lambda: read_journal(path, "it"))
        if found is None:
            assert message.startswith("The journal it is damaged in line 2: ")
            assert len(message) < 400
        else:
            # What is read can be written again.
            dump(STATE_OF_ALL.after(found.events)).encode()


def test_header_of_any_shape_is_read_or_is_damage_in_the_first_line(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    for mutant in mutants(HEADER):
        path.write_text(f"{json.dumps(mutant)}\n", encoding="utf-8")
        found, message = read_or_refused(lambda: read_journal(path, "it"))
        assert found or message.startswith("The journal it is damaged in line 1: ")


def test_state_of_any_shape_is_read_or_is_damaged_and_what_is_read_can_be_written() -> None:
    for mutant in mutants(json.loads(dump(STATE_OF_ALL))):
        text = json.dumps(mutant)
        found, message = read_or_refused(lambda text=text: parse(text, "it"))  # type: ignore[misc]  # bound at once
        if found is None:
            assert message.startswith("it ")
            assert len(message) < 400
        else:
            assert parse(dump(found), "it") == found
            dump(found).encode()


LINES = {
    '{"event": []}': r"the event \[\] is not known",
    '{"event": {}}': r"the event {} is not known",
    '{"event": "intended", "key": "k", "intent": []}': r"of the event 'intended', intent is \[\]",
    '{"event": "recorded", "key": "k", "record": {"how": []}}': r"how is \[\], and should be one of created",
    '{"event": "listed", "event": "listed"}': r"'event' is in one object twice",
    "[]": r"is not an object",
    "{": r"is not JSON",
    "[" * 100_000: r"is not JSON",
    '{"event": "withdrawn", "key": "\\ud800", "attempt": "a"}': r"an escape that names no character",
    '{"event": ' + "9" * 5_000 + "}": r"is not JSON",
    "\ufeff{}": r"is not JSON",
}


@pytest.mark.parametrize(("line", "words"), LINES.items(), ids=list(LINES.values()))
@pytest.mark.parametrize("command", [("plan",), ("state", "mv", "rec", "other"), ("plan", "--json")], ids=" ".join)
def test_damaged_journal_is_invalid_input_with_file_and_line(
    tmp_path: Path, line: str, words: str, command: tuple[str, ...]
) -> None:
    define(tmp_path, "spring")
    (tmp_path / STATE).write_text(dump(STATE_OF_ALL), encoding="utf-8")
    journal = tmp_path / f"{STATE}.journal"
    journal.write_text(f"{json.dumps(HEADER)}\n{json.dumps({'event': 'listed'})}\n{line}\n", encoding="utf-8")
    before = journal.read_bytes()
    result = call(tmp_path, *command)
    assert result.code == ExitCode.INVALID
    assert re.search(rf"{STATE}\.journal is damaged in line 3: .*{words}", result.err)
    assert "record each of its ids with: invent-gitops resolve KEY --id ID" in result.err
    assert journal.read_bytes() == before


@pytest.mark.parametrize("form", [("plan",), ("plan", "--format", "markdown"), ("state", "list")])
@pytest.mark.parametrize("name", ["settles_at", "at"])
def test_last_moment_of_all_is_a_moment_like_any_other(tmp_path: Path, form: tuple[str, ...], name: str) -> None:
    define(tmp_path, "spring")
    last = datetime.fromisoformat(LAST).astimezone(UTC)
    intent = replace(an_intent(a_request(at=last)), provenance=a_provenance(last))
    intent = replace(intent, settles_at=last) if name == "settles_at" else intent
    (tmp_path / STATE).write_text(dump(a_state({"rec": a_record()}, {"int": intent})), encoding="utf-8")
    assert call(tmp_path, *form).code in (ExitCode.DONE, ExitCode.UNSETTLED)


def test_memory_of_any_shape_in_git_is_no_memory(tmp_path: Path) -> None:
    from invent_gitops.state import memory

    path = tmp_path / "a.seen"
    good = {"lineage": "l", "serial": 1, "journal": False, "vouched": True, "known": ["bc_1"]}
    path.write_text(json.dumps(good), encoding="utf-8")
    assert memory._read(path)
    for mutant in mutants(good):
        path.write_text(json.dumps(mutant), encoding="utf-8")
        found = memory._read(path)
        assert found is None or all(isinstance(one, str) for one in found.identifiers)
    for text in ("[" * 100_000, "", "\ufeff{}", '{"serial": ' + "9" * 5_000 + "}"):
        path.write_text(text, encoding="utf-8")
        assert memory._read(path) is None
