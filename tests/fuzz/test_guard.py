"""The guard of the fuzzing can fail: what hangs, dies, eats memory or is wrong is found, and costs only itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tests.fuzz.targets import TARGETS
from tests.running import ROOT, environment

# In a process of its own, since the guard forks.
SCRIPT = """
import os
from tests.fuzz import guard
from tests.fuzz.targets import Target

guard.PATIENCE = 5.0

def check(raw):
    while raw == b"hang":
        pass
    if raw == b"die":
        os.abort()
    if raw == b"eat":
        bytearray(guard.MEMORY * 2)
    return "wrong" if b"bad" in raw else ""

target = Target("made up", lambda chance: "", lambda bench, raw: None, check=check)
for tried in guard.try_all(target, [b"good", b"hang", b"good", b"die", b"eat", b"bad", b"good"]):
    print(tried.raw.decode(), tried.fault.kind if tried.fault else "-")
long = guard.try_all(target, [b"xxxxbadyyyyyyyyyyy"])[0]
print(guard.shrunk(target, long).decode())
"""


def python(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environment(), capture_output=True, encoding="utf-8", check=False
    )


def test_a_hang_a_death_too_much_memory_and_a_fault_are_found_and_the_others_go_on() -> None:
    done = python("-c", SCRIPT)
    told = ["good -", "hang hang", "good -", "die death", "eat death", "bad wrong", "good -", "bad"]
    assert done.stdout.splitlines() == told, done.stderr


def test_a_fault_is_kept_as_a_file_that_can_be_tried_again(tmp_path: Path) -> None:
    broken = (
        "import sys; from invent_gitops.model import fields\n"
        "fields.read_object.__code__ = (lambda value, name: value.get(name)).__code__\n"
        "from tests.fuzz.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    done = python("-c", broken, "state", "--each", "60", "--keep", str(tmp_path))
    assert done.returncode == 1, done.stdout + done.stderr
    path = min((tmp_path / "state").iterdir())
    assert f"again: python -m tests.fuzz state --replay {path}" in done.stdout
    assert python("-c", broken, "state", "--replay", str(path)).returncode == 1
    assert python("-m", "tests.fuzz", "state", "--replay", str(path)).returncode == 0


@pytest.mark.parametrize("target", TARGETS)
def test_the_same_seed_gives_the_same_inputs(target: str) -> None:
    chances = [[Random(f"1/{number}") for number in range(8)] for _ in range(2)]  # noqa: S311  # it can be had again
    first, second = ([TARGETS[target].input(chance) for chance in each] for each in chances)
    assert first == second
    assert len(set(first)) > 2
