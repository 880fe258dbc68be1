"""The quick reader of a state says what the careful one says, or nothing: also of what was spoilt in any way.

`python -m tests.state.test_canonical 100000 7` tries that many spoilt states, from that seed on.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from invent_gitops.errors import InvalidInput
from invent_gitops.model.broadcast import Counts
from invent_gitops.model.local import LocalTime
from invent_gitops.model.note import Note, defined_note, second_note
from invent_gitops.model.record import RecordedCounts
from invent_gitops.model.review import Signoff
from invent_gitops.model.state import Absence, Candidate, State
from invent_gitops.state import canonical
from invent_gitops.state.canonical import quick_state
from invent_gitops.state.document import REFRESHED, VERSION, WITH_COUNTS, WITH_ROLES, dump, parse
from invent_gitops.state.file import FileStore
from invent_gitops.state.spelling import quick_spelling
from invent_gitops.values import replace
from tests.making import (
    API,
    NASTY,
    NOW,
    ORG,
    a_provenance,
    a_record,
    a_remote,
    a_removal,
    a_request,
    a_state,
    an_intent,
    costly,
    states,
)

LOCAL = LocalTime.read("2026-11-27T09:00:00", "Europe/Berlin", "2026b")
SIGNED = replace(a_provenance(commit="abc", run="https://ci/1"), signoff=Signoff("#7", "alice", ("bob", "eve")))
RICH = replace(
    a_record("bc_2", a_request("Fête – soldes", segments=("seg_b", "seg_a"))),
    provenance=replace(SIGNED, attempted=NOW - timedelta(microseconds=5)),
    formerly=(a_request("Fête"), a_request("Fest", None, everyone=True)),
    refreshed=a_provenance(NOW + timedelta(hours=1), by=NASTY),
    local=LOCAL,
    counts=RecordedCounts(7, Counts(sent=5, failed=0)),
    instead_of=("bc_0", "bc_1"),
)
FULL = replace(
    a_state(
        {"spring": a_record("bc_1", note="a note"), "été/fête": RICH, "": replace(RICH, id="bc_3", status="")},
        {"doubt": an_intent(candidates=(Candidate(a_remote("bc_5"), ("scheduled_at",)),))},
        {"gone": replace(a_removal("bc_9"), formerly=(a_request("Before"),))},
        {"t0": Absence("doubt", "looked", SIGNED, a_request(), True, ("too-early",), ("bc_8",))},
    ),
    listed=True,
)
PLAIN = a_state({f"k{number}": a_record(f"bc_{number}", a_request(f"N{number}")) for number in range(3)})
WITH_ROLE = a_state({"a": replace(a_record("bc_1", note="by hand"), note=Note("by hand", "second"))})
EDITED = a_state({"a": replace(a_record(), formerly=(a_request("b"),))})
ODD_NOTES = a_state(
    {
        "a": a_record("bc_1", note=second_note("k", "bc_4").text),
        "b": a_record("bc_2", how="imported", note=defined_note("x").text),
        "c": a_record("bc_3", how="imported", note="Restored: y"),
    }
)
SAMPLES = (a_state(), PLAIN, WITH_ROLE, ODD_NOTES, FULL, replace(FULL, intents={}, removed={}, absences={}))
# What somebody may write in the place of a value, or of a key with its value.
ODD = (
    *("null", "true", "false", "0", "-0", "1.0", "1e400", "NaN", "Infinity", "-1", "9" * 30, str(2**63), str(2**64)),
    *(
        '""',
        '" "',
        '"\\ud800"',
        '"\\u00e9"',
        '"e\u0301"',
        '"\\/"',
        '"\\u0000"',
        '"\u2028"',
        "[]",
        "{}",
        "[[]]",
        "[null]",
    ),
    *('"2026-11-24T12:00:00+00:00"', '"2026-11-24T13:00:00+01:00"', '"2026-11-24t12:00:00z"', '"2026-11-24T12:00:00"'),
    *('"2026-11-24T12:00:00.5Z"', '"2026-11-24T12:00:00.500000Z"', '"2026-11-24"', '"0001-01-01T00:00:00Z"'),
    *('"9999-12-31T23:59:60Z"', '"2026-11-24T24:00:00Z"', '"imported"', '"second"', '["b", "a"]', '["a", "a"]', '[""]'),
    *('{"a": 1, "a": 1}', '{"sent": 1}', '{"sent": null}', '{"nobody": 1}', '{"sent": true}', '["seg_a", 1]'),
)
_VALUE = re.compile(rb'(?<=: )("(?:[^"\\]|\\.)*"|[^\s,{}\[\]]+|\{\}|\[\])')


def read_carefully(content: bytes) -> State | None:
    """Return the state, or None where the careful reader finds a fault."""
    try:
        return parse(content.decode("utf-8-sig"), "invent.state.json")
    except (InvalidInput, UnicodeDecodeError):
        return None


def spoilt(content: bytes, chance: random.Random) -> bytes:
    """Return those bytes with a few changes of one kind: of bytes, of lines, of values, or of the layout."""
    kind = chance.randrange(9)
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(content) + 1)
        lines = content.split(b"\n")
        row = chance.randrange(len(lines))
        values = list(_VALUE.finditer(content))
        if kind == 0:
            content = content[:start] + content[start + chance.randint(1, 4) :]
        elif kind == 1:
            content = content[:start] + bytes([chance.randrange(256)]) + content[start + chance.randint(0, 1) :]
        elif kind == 2:
            content = b"\n".join([*lines[: row + 1], *lines[row:]])
        elif kind == 3:
            content = b"\n".join(lines[:row] + lines[row + 1 :])
        elif kind == 4 and row + 1 < len(lines):
            lines[row], lines[row + 1] = lines[row + 1], lines[row]
            content = b"\n".join(lines)
        elif kind == 5:
            content = _with_value(content, chance.choice(values), chance.choice(ODD).encode("utf-8", "surrogatepass"))
        elif kind == 6:
            first, second = chance.choice(values), chance.choice(values)
            content = _with_value(content, first, second[0])
        elif kind == 7:
            content = b"\n".join([*lines[:row], b'"odd": ' + chance.choice(ODD).encode() + b",", *lines[row:]])
        else:
            content = _laid_out_anew(content, chance)
    return content


def _with_value(content: bytes, match: re.Match[bytes], value: bytes) -> bytes:
    return content[: match.start()] + value + content[match.end() :]


def _laid_out_anew(content: bytes, chance: random.Random) -> bytes:
    """Return the same values in another layout, where they can be read at all."""
    try:
        document: Any = json.loads(content)
    except ValueError:
        return content
    return chance.choice(
        [
            json.dumps(document).encode(),
            json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass"),
            json.dumps(document, indent=2, sort_keys=True).encode() + b"\n",
            json.dumps(document, indent=4, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass"),
            b"\xef\xbb\xbf" + content,
            content + b"\n",
            content + b"{}",
            content.replace(b"\n", b"\r\n"),
            content.rstrip(),
            b"<<<<<<< HEAD\n" + content,
        ]
    )


def differences(count: int, seed: int) -> Iterator[bytes]:
    """Yield the spoilt states of which the quick reader says anything else than the careful one."""
    chance = random.Random(seed)  # noqa: S311  # seeded on purpose
    texts = [dump(sample).encode() for sample in SAMPLES]
    for _ in range(count):
        content = spoilt(chance.choice(texts), chance)
        state = quick_state(content)
        # Their texts are compared as well: they show types, offsets and the order of keys, too.
        if state is not None and repr(state) != repr(read_carefully(content)):
            yield content


@pytest.mark.parametrize("sample", SAMPLES)
def test_what_the_program_wrote_is_read_quickly_and_means_the_same(sample: State) -> None:
    content = dump(sample).encode()
    assert repr(quick_state(content)) == repr(read_carefully(content))
    assert quick_state(content) == sample


@costly
@given(states)
def test_every_state_that_is_written_is_read_quickly(state: State) -> None:
    content = dump(state).encode()
    assert quick_state(content) == parse(content.decode(), "x")


def test_what_was_spoilt_is_read_quickly_only_where_that_changes_nothing() -> None:
    assert list(differences(600, seed=13)) == []


@costly
@given(states)
def test_a_state_is_written_quickly_as_it_was_always_written(state: State) -> None:
    always = json.dumps(json.loads(dump(state)), indent=2, sort_keys=True, ensure_ascii=False)
    assert dump(state) == always + "\n"
    assert quick_spelling(json.loads(always)) == always.encode()


def test_half_a_character_is_written_as_it_came() -> None:
    state = a_state({"a": a_record("bc_1", a_request("\udc80"))})
    assert quick_spelling("\udc80") is None
    assert parse(dump(state), "x") == state


def test_texts_in_many_batches_are_proven_to_the_last_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canonical, "_AT_ONCE", 2)
    content = dump(a_state({f"k{number}": a_record(f"bc_{number}") for number in range(5)})).encode()
    assert quick_state(content) == read_carefully(content)
    assert quick_state(content + b" ") is None
    assert quick_state(content.replace(b'"bc_4"', b'"bc\\u005f4"')) is None


@pytest.mark.parametrize(
    ("sample", "version"),
    [(PLAIN, VERSION), (EDITED, REFRESHED), (WITH_ROLE, WITH_ROLES), (FULL, WITH_COUNTS)],
)
def test_each_version_of_a_state_is_read_quickly(sample: State, version: int) -> None:
    content = dump(sample).encode()
    assert json.loads(content)["version"] == version
    assert quick_state(content) == sample


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[" * 100_000,
        b"\xff" + dump(FULL).encode(),
        b"\xef\xbb\xbf" + dump(FULL).encode(),
        dump(FULL).encode("utf-16"),
        dump(FULL).encode() + b"{}",
        dump(FULL).replace('"version": 4', '"version": 5').encode(),
        dump(FULL).replace('"version": 4', '"version": true').encode(),
        dump(FULL).replace('"serial": 1', '"serial": 18446744073709551616').encode(),
        dump(FULL).replace('"serial": 1', '"serial": NaN').encode(),
        dump(FULL).replace('"serial": 1', '"serial": 1,\n  "serial": 1').encode(),
        dump(FULL).replace('"serial": 1', '"serial": 1,\n  "seriously": 1').encode(),
        dump(FULL).replace('"a note"', '"\\ud83d"').encode(),
        dump(FULL).replace(":00Z", ":00z").encode(),
        dump(FULL).replace('"2026-11-24T12:00:00Z"', '"2026-11-24T13:00:00+01:00"').encode(),
        dump(FULL).replace('"2026-11-20T12:00:00Z"', '"2026-11-20T13:00:00+01:00"').encode(),
    ],
)
def test_everything_else_is_left_to_the_careful_reader(content: bytes) -> None:
    assert quick_state(content) is None


def test_a_state_in_the_file_is_read_as_bytes_and_once_for_a_plan(tmp_path: Path) -> None:
    path = tmp_path / "invent.state.json"
    path.write_text(dump(FULL), encoding="utf-8")
    store = FileStore(path, label="s", org=ORG, api=API)
    assert store.went_back(ORG, API) == ""
    judged = store.read()
    path.write_text(dump(PLAIN), encoding="utf-8")
    assert (judged, store.read()) == (FULL, PLAIN)


if __name__ == "__main__":
    count, seed = (int(argument) for argument in sys.argv[1:])
    spoilt_differently = list(differences(count, seed))
    print(f"{count:,} spoilt states, {len(spoilt_differently)} read otherwise", *spoilt_differently[:3], sep="\n")
