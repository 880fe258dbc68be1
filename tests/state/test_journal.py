"""The journal: durable a line at a time, forgiving of a torn end and of nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.errors import ExitCode, InvalidInput
from invent_gitops.model.state import (
    DeclaredAbsent,
    Event,
    Intended,
    Listed,
    Looked,
    Moved,
    Recorded,
    Refreshed,
    Removed,
    Reopened,
    Withdrawn,
)
from invent_gitops.state.journal import Journal, JournalWriter, read_event, read_journal, write_event
from tests.making import (
    API,
    LINEAGE,
    ORG,
    a_move,
    a_record,
    a_removal,
    a_state,
    absences,
    an_intent,
    candidates,
    costly,
    intents,
    maybe_texts,
    provenances,
    records,
    removals,
    requests,
    texts,
)

EVENTS: tuple[Event, ...] = (Intended("a", an_intent(attempt="t1")), Recorded("a", a_record("bc_1", attempt="t1")))

events = st.one_of(
    st.builds(Intended, texts, intents),
    st.builds(Reopened, texts, intents),
    st.just(Listed()),
    st.builds(Looked, texts, texts, st.lists(candidates, max_size=2).map(tuple)),
    st.builds(Recorded, texts, records),
    st.builds(Withdrawn, texts, texts),
    st.builds(DeclaredAbsent, texts, absences),
    st.builds(Moved, texts, texts, texts, provenances),
    st.builds(Removed, texts, removals),
    st.builds(Refreshed, texts, texts, requests, maybe_texts, provenances),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.journal"


def written(path: Path, *batches: tuple[Event, ...]) -> bytes:
    writer = JournalWriter(path, a_state())
    for batch in batches:
        writer.append(batch)
    writer.close()
    return path.read_bytes()


def read(path: Path) -> Journal | None:
    return read_journal(path, "state.journal")


def refusal(path: Path) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        read(path)
    assert caught.value.exit_code is ExitCode.INVALID
    assert "state.journal" in caught.value.message
    assert "ids" in caught.value.cure
    return caught.value


# ---------------------------------------------------------------- there and back


@given(events)
def test_event_is_read_back_as_it_was_written_on_one_line(event: Event) -> None:
    line = json.dumps(write_event(event), ensure_ascii=False)
    assert "\n" not in line
    assert read_event(json.loads(line)) == event


@costly
@given(found=st.lists(events, max_size=4))
def test_journal_holds_its_binding_and_its_events_in_order(
    found: list[Event], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("journal") / "state.journal"
    written(path, tuple(found[:2]), tuple(found[2:]))
    assert read(path) == Journal(LINEAGE, ORG, API, tuple(found), 1)


def test_event_can_be_read_as_soon_as_it_was_appended(path: Path) -> None:
    writer = JournalWriter(path, a_state())
    for count in (1, 2):
        writer.append(EVENTS[count - 1 : count])
        assert read(path) == Journal(LINEAGE, ORG, API, EVENTS[:count], 1)
    writer.close()


def test_journal_that_is_there_is_never_written_over(path: Path) -> None:
    before = written(path, EVENTS)
    with pytest.raises(FileExistsError):
        JournalWriter(path, a_state())
    assert path.read_bytes() == before


# ---------------------------------------------------------------- what a crash leaves behind


def test_no_journal_is_no_journal(path: Path) -> None:
    assert read(path) is None


def test_empty_journal_and_an_unfinished_header_hold_nothing(path: Path) -> None:
    header = written(path)
    for length in range(len(header)):
        path.write_bytes(header[:length])
        assert read(path) is None


def test_header_alone_holds_no_events(path: Path) -> None:
    written(path)
    assert read(path) == Journal(LINEAGE, ORG, API, (), 1)


def test_line_cut_off_anywhere_is_dropped_and_those_before_it_are_kept(path: Path) -> None:
    named = Recorded("a", a_record("bc_1", attempt="t1", note="Grüße 🎉"))
    whole = written(path, EVENTS[:1], (named,))
    start = whole.index(b"\n", whole.index(b"\n") + 1) + 1
    for length in range(start, len(whole)):
        path.write_bytes(whole[:length])
        assert read(path) == Journal(LINEAGE, ORG, API, EVENTS[:1], 1)


# ---------------------------------------------------------------- damage

DAMAGES = {
    "no JSON": b"garbage\n",
    "blank": b"\n",
    "a list": b"[]\n",
    "no event": b"{}\n",
    "unknown event": b'{"event": "sent", "key": "a"}\n',
    "without its key": b'{"event": "withdrawn", "attempt": "t1"}\n',
    "without its record": b'{"event": "recorded", "key": "a"}\n',
    "a record that is none": b'{"event": "recorded", "key": "a", "record": {"id": 5}}\n',
    "a record that is text": b'{"event": "recorded", "key": "a", "record": "bc_1"}\n',
    "cut in the middle": b'{"event": "withdr\n',
    "nested too deeply": b"[" * 100_000 + b"\n",
    "two lines in one": b'{"event": "withdrawn", "key": "a", "attempt": "t1"}{"event": "withdrawn"}\n',
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_line_in_the_middle_refuses_since_what_it_held_is_unknown(path: Path, damage: str) -> None:
    lines = written(path, EVENTS).splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], DAMAGES[damage], *lines[2:]]))
    assert "damaged" in refusal(path).message


@pytest.mark.parametrize(
    "header", [b"{}\n", b'{"journal": 2, "lineage": "x", "org": "c", "api": "y"}\n', b'{"journal": 1}\n', b"garbage\n"]
)
def test_first_line_that_is_no_header_of_ours_refuses(path: Path, header: bytes) -> None:
    path.write_bytes(header)
    assert "damaged" in refusal(path).message


@pytest.mark.parametrize("key", ["5", "null", "[1]", "{}"])
def test_key_that_is_no_text_is_damage(path: Path, key: str) -> None:
    line = f'{{"event": "withdrawn", "key": {key}, "attempt": "t1"}}\n'.encode()
    path.write_bytes(written(path, EVENTS) + line)
    refusal(path)


def test_bytes_that_are_no_text_are_damage(path: Path) -> None:
    whole = written(path, (Recorded("a", a_record("bc_1", note="marker")),), EVENTS[:1])
    path.write_bytes(whole.replace(b"marker", b"\xff\xfe"))
    refusal(path)


def test_journal_that_cannot_be_read_is_said_to_be_so(path: Path) -> None:
    path.mkdir()
    refusal(path)


def test_event_without_a_record_of_its_own_is_still_read(path: Path) -> None:
    moves: tuple[Event, ...] = (a_move("a", "b"), Removed("b", a_removal()), Withdrawn("c", "t9"))
    written(path, moves)
    assert read(path) == Journal(LINEAGE, ORG, API, moves, 1)
