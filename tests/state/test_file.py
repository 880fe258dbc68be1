"""The state in a file: what is written when, what is refused, and what a file on disk may look like."""

from __future__ import annotations

import json
import os
import stat
import uuid
from pathlib import Path

import pytest

from invent_gitops.errors import ExitCode, InvalidInput, InventGitopsError, Refused, Unsettled
from invent_gitops.model.state import Event, Intended, Recorded, Removed, State, Withdrawn
from invent_gitops.state.document import dump, parse
from invent_gitops.state.file import FileStore
from invent_gitops.state.journal import JournalWriter, read_journal
from invent_gitops.values import replace
from tests.making import API, LINEAGE, ORG, a_move, a_record, a_removal, a_state, an_intent

RECORDED = Recorded("spring", a_record("bc_1", attempt="t1"))
RUN: tuple[Event, ...] = (Intended("spring", an_intent(attempt="t1")), RECORDED)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "invent.state.json"


def store(path: Path, org: str = ORG, api: str = API) -> FileStore:
    return FileStore(path, label="invent.state.json", org=org, api=api)


def journal_of(path: Path) -> Path:
    return path.with_name(path.name + ".journal")


def left_behind(path: Path, state: State, *events: Event) -> bytes:
    """The journal of a run that was killed."""
    writer = JournalWriter(journal_of(path), state)
    writer.append(events)
    writer.close()
    return journal_of(path).read_bytes()


def others(path: Path) -> list[str]:
    """What lies in the folder beside the state and its lock."""
    return sorted(one.name for one in path.parent.iterdir() if one.name not in (path.name, path.name + ".lock"))


def saved(path: Path) -> State:
    return parse(path.read_text(encoding="utf-8"), path.name)


# ---------------------------------------------------------------- reading


def test_no_file_reads_as_an_empty_state_and_reading_writes_nothing(path: Path) -> None:
    assert store(path).read() == State("", 0, ORG, API)
    assert list(path.parent.iterdir()) == []


def test_reading_shows_what_a_killed_run_left_behind_and_writes_nothing(path: Path) -> None:
    path.write_text(dump(a_state()), encoding="utf-8")
    journal = left_behind(path, a_state(), *RUN)
    assert store(path).read().broadcasts == {"spring": RECORDED.record}
    assert (journal_of(path).read_bytes(), saved(path)) == (journal, a_state())
    assert others(path) == ["invent.state.json.journal"]


def test_reading_shows_the_journal_of_a_first_run_that_was_killed_before_any_state_was_written(path: Path) -> None:
    left_behind(path, a_state(serial=0), *RUN)
    found = store(path).read()
    assert (found.lineage, found.serial, list(found.broadcasts)) == (LINEAGE, 0, ["spring"])


# ---------------------------------------------------------------- what lies there by now


def test_older_file_under_a_run_that_writes_nothing_is_noticed_when_it_is_remembered(path: Path) -> None:
    with store(path) as newest:
        newest.append(RUN)
    older = path.read_bytes()
    with store(path) as newest:
        newest.append((Recorded("summer", a_record("bc_2", attempt="t2")),))
    with store(path) as one:
        one.remember()
        path.write_bytes(older)
        with pytest.raises(Refused, match="bc_2"):
            one.remember()


# ---------------------------------------------------------------- writing


def test_first_write_begins_a_lineage_with_serial_one(path: Path) -> None:
    with store(path) as one:
        one.append(RUN)
    state = saved(path)
    assert uuid.UUID(state.lineage).version == 4
    assert (state.serial, state.org, state.api) == (1, ORG, API)
    assert state.broadcasts == {"spring": RECORDED.record}
    assert others(path) == []


def test_later_write_keeps_the_lineage_and_counts_on(path: Path) -> None:
    path.write_text(dump(a_state({"a": a_record("bc_0")}, serial=41)), encoding="utf-8")
    with store(path) as one:
        one.append(RUN[:1])
        one.append(RUN[1:])
    state = saved(path)
    assert (state.lineage, state.serial, sorted(state.broadcasts)) == (LINEAGE, 42, ["a", "spring"])


def test_nothing_to_record_writes_no_file_and_counts_nothing(path: Path) -> None:
    with store(path):
        pass
    assert not path.exists()
    path.write_text(dump(a_state(serial=7)), encoding="utf-8")
    before = path.stat()
    with store(path):
        pass
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_events_that_change_nothing_in_the_end_are_no_write(path: Path) -> None:
    path.write_text(dump(a_state(serial=7)), encoding="utf-8")
    with store(path) as one:
        one.append([Intended("spring", an_intent(attempt="t1")), Withdrawn("spring", "t1")])
    assert saved(path) == a_state(serial=7)
    assert others(path) == []


def test_event_is_on_disk_as_soon_as_it_was_appended(path: Path) -> None:
    with store(path) as one:
        one.append(RUN[:1])
        assert store(path).read().intents == {"spring": an_intent(attempt="t1")}
        assert one.state.intents == {"spring": an_intent(attempt="t1")}
        one.append(RUN[1:])
        assert list(store(path).read().broadcasts) == ["spring"]


def test_what_was_recorded_before_an_exception_is_kept(path: Path) -> None:
    def interrupted() -> None:
        with store(path) as one:
            one.append(RUN)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(saved(path).broadcasts) == ["spring"]


def test_store_can_be_entered_again(path: Path) -> None:
    one = store(path)
    for number in (1, 2):
        with one:
            one.append([Recorded(f"b{number}", a_record(f"bc_{number}"))])
    assert (saved(path).serial, sorted(saved(path).broadcasts)) == (2, ["b1", "b2"])


def test_folder_of_the_state_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "invent.state.json"
    with store(path) as one:
        one.append(RUN)
    assert path.is_file()


# ---------------------------------------------------------------- the file on disk


def test_state_is_replaced_and_never_written_over(path: Path) -> None:
    path.write_text(dump(a_state()), encoding="utf-8")
    with path.open(encoding="utf-8") as reader:
        with store(path) as one:
            one.append(RUN)
        assert reader.read() == dump(a_state()), "whoever opened it before sees a whole state"
        assert os.fstat(reader.fileno()).st_ino != path.stat().st_ino
    assert list(saved(path).broadcasts) == ["spring"]
    assert others(path) == []


@pytest.mark.skipif(os.name == "nt", reason="modes and links as POSIX has them")
def test_mode_of_the_file_is_kept(path: Path) -> None:
    path.write_text(dump(a_state()), encoding="utf-8")
    path.chmod(0o640)
    with store(path) as one:
        one.append(RUN)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert saved(path).serial == 2


@pytest.mark.skipif(os.name == "nt", reason="modes and links as POSIX has them")
def test_link_to_the_state_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real" / "kept.json", tmp_path / "invent.state.json"
    real.parent.mkdir()
    with store(real) as one:
        one.append([Recorded("b0", a_record("bc_0"))])
    link.symlink_to(real)
    for number in (1, 2):
        with store(link) as one:
            one.append([Recorded(f"b{number}", a_record(f"bc_{number}"))])
    assert link.is_symlink()
    assert saved(real).serial == 3


def test_link_that_leads_nowhere_is_not_taken_for_a_first_run(tmp_path: Path) -> None:
    link = tmp_path / "invent.state.json"
    link.symlink_to(tmp_path / "unmounted" / "kept.json")
    with pytest.raises(InvalidInput, match="leads nowhere"):
        store(link)
    assert not (tmp_path / "unmounted").exists()


def test_state_that_was_replaced_by_a_newer_one_meanwhile_keeps_both(path: Path) -> None:
    path.write_text(dump(a_state({"old": a_record("bc_0")}, serial=3)), encoding="utf-8")
    with store(path) as one:
        one.append([Recorded("spring", a_record("bc_1"))])
        pulled = a_state({"old": a_record("bc_0"), "pulled": a_record("bc_2")}, serial=7)
        path.write_text(dump(pulled), encoding="utf-8")
    assert saved(path).serial == 8
    assert sorted(saved(path).broadcasts) == ["old", "pulled", "spring"]


def test_state_that_was_replaced_by_another_one_meanwhile_is_left_alone_and_the_journal_kept(path: Path) -> None:
    path.write_text(dump(a_state(serial=3)), encoding="utf-8")
    other = dump(replace(a_state(serial=1), lineage="another"))

    def replaced() -> None:
        with store(path) as one:
            one.append([Recorded("spring", a_record("bc_1"))])
            path.write_text(other, encoding="utf-8")

    with pytest.raises(Unsettled, match="kept in"):
        replaced()
    assert path.read_text(encoding="utf-8") == other
    assert journal_of(path).exists()


def test_lock_file_that_was_deleted_under_a_run_lets_no_second_one_in(path: Path) -> None:
    with store(path) as one:
        one.append([Intended("spring", an_intent())])
        path.with_name(path.name + ".lock").unlink()
        with pytest.raises(Refused, match="right now"), store(path):
            pass
        assert journal_of(path).exists()


# ---------------------------------------------------------------- what a killed run left behind


def test_journal_is_folded_in_when_the_next_writer_enters(path: Path) -> None:
    path.write_text(dump(a_state(serial=4)), encoding="utf-8")
    left_behind(path, a_state(serial=4), *RUN)
    with store(path) as one:
        assert list(one.state.broadcasts) == ["spring"]
        assert (saved(path).serial, list(saved(path).broadcasts)) == (5, ["spring"])
    assert others(path) == []


def test_journal_of_a_first_run_keeps_its_lineage(path: Path) -> None:
    left_behind(path, a_state(serial=0), *RUN)
    with store(path):
        pass
    assert (saved(path).lineage, saved(path).serial, list(saved(path).broadcasts)) == (LINEAGE, 1, ["spring"])


@pytest.mark.parametrize(
    "events",
    [
        RUN,
        (RUN[0], RECORDED, Intended("b", an_intent(attempt="t2"))),
        (a_move("old", "new", "bc_0"),),
        (Removed("old", a_removal("bc_0")),),
    ],
    ids=["a run", "a run cut off", "state mv", "state rm"],
)
def test_crash_between_the_fold_and_the_end_of_the_journal_changes_nothing_in_the_next_run(
    path: Path, events: tuple[Event, ...]
) -> None:
    path.write_text(dump(a_state({"old": a_record("bc_0")})), encoding="utf-8")
    with store(path) as one:
        one.append(events)
        journal = journal_of(path).read_bytes()
    folded = path.read_bytes()
    journal_of(path).write_bytes(journal)
    assert dump(store(path).read()) == folded.decode()
    with store(path):
        pass
    assert path.read_bytes() == folded
    assert others(path) == []


def test_torn_header_of_a_run_killed_at_its_beginning_is_cleared_away(path: Path) -> None:
    journal_of(path).write_bytes(b'{"journal": 1, "lin')
    with store(path) as one:
        one.append(RUN)
    assert list(saved(path).broadcasts) == ["spring"]


def test_journal_of_another_state_is_refused_and_kept(path: Path) -> None:
    path.write_text(dump(a_state()), encoding="utf-8")
    journal = left_behind(path, a_state(lineage=str(uuid.uuid4())), *RUN)
    with pytest.raises(InvalidInput, match="belongs to another state"):
        store(path).read()
    with pytest.raises(InvalidInput, match="belongs to another state"), store(path):
        pass
    assert (journal_of(path).read_bytes(), saved(path)) == (journal, a_state())


def test_damaged_journal_is_refused_kept_and_leaves_no_lock(path: Path) -> None:
    journal = left_behind(path, a_state(), *RUN).replace(b'"recorded"', b'"rec')
    journal_of(path).write_bytes(journal)
    for _ in range(2):
        with pytest.raises(InvalidInput, match="damaged"), store(path):
            pass
    assert journal_of(path).read_bytes() == journal


# ---------------------------------------------------------------- whose state it is


@pytest.mark.parametrize(
    ("org", "api"), [("other", API), (ORG, "https://other.test"), ("other", "https://other.test"), ("other", "")]
)
@pytest.mark.parametrize("where", ["state", "journal"])
def test_state_of_another_org_or_api_is_refused(path: Path, org: str, api: str, where: str) -> None:
    if where == "state":
        path.write_text(dump(a_state()), encoding="utf-8")
    else:
        left_behind(path, a_state(), *RUN)
    one = store(path, org, api)
    with pytest.raises(Refused) as caught:
        one.read()
    assert caught.value.exit_code is ExitCode.REFUSED
    for word in (ORG, API, org):
        assert word in caught.value.message
    with pytest.raises(Refused), one:
        pass


@pytest.mark.parametrize(("org", "api"), [(ORG, API), ("", API), (ORG, ""), ("", "")])
def test_own_state_is_accepted_and_so_is_any_where_none_is_named(path: Path, org: str, api: str) -> None:
    path.write_text(dump(a_state()), encoding="utf-8")
    with store(path, org, api) as one:
        one.append(RUN)
    assert (saved(path).org, saved(path).api, list(saved(path).broadcasts)) == (ORG, API, ["spring"])


# ---------------------------------------------------------------- what cannot be read or written


def failing(one: FileStore) -> InventGitopsError:
    with pytest.raises(InvalidInput) as caught, one:
        one.append(RUN)
    assert caught.value.exit_code is ExitCode.INVALID
    assert "invent.state.json" in caught.value.message
    assert caught.value.cure
    return caught.value


def test_folder_that_is_a_file_is_no_place_for_a_state(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    failing(store(tmp_path / "taken" / "invent.state.json"))
    assert (tmp_path / "taken").read_text() == "mine"


def test_state_that_is_a_folder_is_refused(path: Path) -> None:
    path.mkdir()
    assert "cannot be read" in failing(store(path)).message
    with pytest.raises(InvalidInput, match="cannot be read"):
        store(path).read()


def test_state_that_is_no_text_is_refused(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")
    assert "UTF-8" in failing(store(path)).message
    assert path.read_bytes() == b"\xff\xfe"


def test_damaged_state_is_refused_and_left_as_it_is(path: Path) -> None:
    path.write_text("<<<<<<< HEAD\n{}\n")
    failing(store(path))
    assert path.read_text() == "<<<<<<< HEAD\n{}\n"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder_is_refused(path: Path) -> None:
    path.parent.chmod(0o555)
    try:
        failing(store(path))
    finally:
        path.parent.chmod(0o755)


def test_state_whose_place_is_taken_at_the_end_keeps_everything_in_the_journal(path: Path) -> None:
    def blocked() -> None:
        with store(path) as one:
            one.append(RUN)
            path.mkdir()
            (path / "in the way").write_text("")

    with pytest.raises(Unsettled, match=r"kept in invent\.state\.json\.journal"):
        blocked()
    journal = read_journal(journal_of(path), "journal")
    assert journal is not None
    assert journal.events == RUN
    (path / "in the way").unlink()
    path.rmdir()
    with store(path):
        pass
    assert list(saved(path).broadcasts) == ["spring"]
    assert others(path) == []


def test_text_that_is_no_utf8_is_refused_and_leaves_no_half_line(path: Path) -> None:
    # What the shell passes on as it is: a reason on the command line, or the name of an actor in the environment.
    with pytest.raises(InvalidInput), store(path) as one:
        one.append([Recorded("spring", a_record("bc_1", note="\udcff"))])
    assert read_journal(journal_of(path), "journal") is None


def test_file_store_covers_one_call_with_each_sync_since_every_event_has_its_own_line(path: Path) -> None:
    assert store(path).batch(16) == 1


def test_state_file_is_json_that_other_tools_can_read(path: Path) -> None:
    with store(path) as one:
        one.append(RUN)
    assert json.loads(path.read_text(encoding="utf-8"))["broadcasts"]["spring"]["id"] == "bc_1"
