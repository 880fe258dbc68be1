"""A chain of any length is read by as many processes as a short one, and each state costs what differs in it."""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from invent_gitops.audit.verify import verify
from invent_gitops.model.chain import Chain
from invent_gitops.model.state import State
from invent_gitops.state import document, successive
from invent_gitops.state.successive import StateReader
from tests.branch_repository import BRANCH, STATE, Hub, a_store, git
from tests.careful import fast_paths
from tests.long_branch import long_branch
from tests.running import call
from tests.state.test_branch_surroundings import script
from tests.test_growth import steps

REAL = shutil.which("git") or "git"
QUICK = pytest.mark.skipif(fast_paths.is_on(), reason="it is about what the fast paths save")
Change = Callable[[dict[str, Any], random.Random], object]


def texts(remote: Hub) -> list[bytes]:
    commits = git(remote.bare, "rev-list", "--reverse", BRANCH).split()
    return [git(remote.bare, "show", f"{commit}:{STATE}").encode() + b"\n" for commit in commits]


def processes(folder: Path, pairs: int, words: tuple[str, ...], sources: int) -> int:
    folder.mkdir()
    clone = long_branch(folder, pairs, sources=sources).clone("clone")
    log = folder / "log"
    script(folder / "bin" / "git", f'echo "$*" >> {log}\nexec {REAL} "$@"')
    done = call(clone, *words, env={"PATH": f"{folder}/bin:{os.environ['PATH']}"})
    assert done.code == 0, done.all
    return len(log.read_text(encoding="utf-8").splitlines())


@QUICK
@pytest.mark.parametrize("words", [("history",), ("state", "verify")], ids=["history", "verify"])
def test_long_chain_of_many_source_commits_starts_no_more_processes_than_a_short_one(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    few = processes(tmp_path / "few", 2, words, sources=2)
    assert processes(tmp_path / "many", 12, words, sources=12) == few


@QUICK
def test_pair_of_commits_costs_the_same_whatever_was_recorded_before(tmp_path: Path) -> None:
    def work(pairs: int) -> int:
        folder = tmp_path / str(pairs)
        folder.mkdir()
        remote = long_branch(folder, pairs)
        chain = a_store(remote.clone("clone")).chain()
        read = list(chain.links)
        contents = texts(remote)

        def turn() -> None:
            reader = StateReader("it")
            assert all(reader.read(content).canonical for content in contents)
            verify(Chain(read, strict=True), lambda commit: "")

        return steps(turn)

    work(5)
    assert work(80) < 4.6 * work(20)


@QUICK
def test_only_one_state_and_its_neighbour_are_held(tmp_path: Path) -> None:
    chain = a_store(long_branch(tmp_path, 10).clone("clone")).chain()
    states = [link.state for link in chain.links]
    assert len(states) == 20
    first, last = states[0], states[-1]
    assert first is not None
    assert last is not None
    # What follows another state shares its entries.
    before = states[-2]
    assert before is not None
    assert all(last.broadcasts[key] is record for key, record in before.broadcasts.items())
    links = iter(chain.links)
    held = next(links).state
    next(links)
    next(links)
    assert sys.getrefcount(held) <= 2 + 1


def _rename(state: dict[str, Any], rng: random.Random) -> None:
    key = rng.choice(sorted(state["broadcasts"]))
    state["broadcasts"][rng.choice(["a", 'q"k', "ü", "\\b", "zz", "é\u2028"])] = state["broadcasts"].pop(key)


def _double(state: dict[str, Any], rng: random.Random) -> None:
    key = rng.choice(sorted(state["broadcasts"]))
    state["broadcasts"][f"{key}#2"] = state["broadcasts"][key] | {"id": f"bc_{rng.random()}"}


def _drop(state: dict[str, Any], rng: random.Random) -> None:
    del state["broadcasts"][rng.choice(sorted(state["broadcasts"]))]


def _count(state: dict[str, Any], rng: random.Random) -> None:
    state["broadcasts"][rng.choice(sorted(state["broadcasts"]))]["contacts"] = rng.randrange(9)
    state["version"] = rng.choice([1, 4, 4])


def _bury(state: dict[str, Any], rng: random.Random) -> None:
    key = rng.choice(sorted(state["broadcasts"]))
    record = state["broadcasts"].pop(key)
    kept = {name: record[name] for name in ("id", "request", "provenance", "attempt")}
    state["removed"][key] = kept | {"reason": "a test"}


def _open(state: dict[str, Any], rng: random.Random) -> None:
    record = state["broadcasts"][rng.choice(sorted(state["broadcasts"]))]
    intent = {"request": record["request"], "attempt": f"t{rng.random()}", "provenance": record["provenance"]}
    state["intents"][rng.choice(["a", "m", "z"])] = intent


CHANGES: list[Change] = [
    _rename,
    _double,
    _drop,
    _count,
    _bury,
    _open,
    lambda state, rng: state["intents"].clear(),
    lambda state, rng: state.update(listed=True),
    lambda state, rng: state.update(org=rng.choice(["c", "o"])),
    lambda state, rng: state.update(serial=rng.choice([1, 7, "x"])),
]


def _spelled(state: dict[str, Any], rng: random.Random) -> bytes:
    text = json.dumps(state, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    other = rng.choice(
        [
            json.dumps(state, indent=4, sort_keys=True) + "\n",
            json.dumps(state, indent=2, ensure_ascii=False) + "\n",
            json.dumps(state, indent=2, sort_keys=True) + "\n",
            text.rstrip("\n"),
            text.replace('": {', '":  {', 1),
            text.replace('"version": ', '"version": 0'),
            "[]",
            "",
        ]
    )
    written = (text if rng.random() < 0.8 else other).encode()
    return written.replace(b"Campaign", b"Camp\xffign", 1) if rng.random() < 0.05 else written


@pytest.mark.parametrize("seed", range(8))
def test_quick_reading_never_says_anything_else_than_the_careful_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311 -- texts, and no secrets
    contents = texts(long_branch(tmp_path, 6))
    sound = contents[-1]
    state = json.loads(sound)
    for _ in range(150):
        if len(state["broadcasts"]) < 3 or rng.random() < 0.1:
            state = json.loads(sound)
        for change in rng.sample(CHANGES, rng.choice([1, 1, 2])):
            if state["broadcasts"]:
                change(state, rng)
        contents.append(_spelled(state, rng))
    taken = 0
    quick, reader = successive.quick_successor, StateReader("it")

    def counted(before: successive.Canonical, content: bytes) -> successive.Canonical | None:
        nonlocal taken
        after = quick(before, content)
        taken += after is not None
        return after

    monkeypatch.setattr(successive, "quick_successor", counted)
    for content in contents:
        reading, careful = reader.read(content), StateReader("it").read(content)
        assert reading == careful
        if reading.state and careful.state:
            for section in ("broadcasts", "intents", "removed", "absences"):
                assert [*getattr(reading.state, section)] == [*getattr(careful.state, section)]
            assert reading.canonical == (document.dump(reading.state) == content.decode(errors="replace"))
    assert taken > len(contents) // 6


@QUICK
def test_states_as_apply_writes_them_are_all_read_quickly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = texts(long_branch(tmp_path, 10))
    careful: list[str] = []
    parse = document.parse

    def counted(text: str, name: str) -> State:
        careful.append(name)
        return parse(text, name)

    monkeypatch.setattr(document, "parse", counted)
    reader = StateReader("it")
    assert all(reader.read(content).canonical for content in contents)
    assert careful.count("it") == 1, "the first one alone"
