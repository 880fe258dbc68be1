"""The threat table names tests that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
# What no cut of our source can take away.
HELD_ELSEWHERE = {
    "tests/workflows/test_action.py::test_a_library_with_another_hash_is_not_installed": "pip compares the hash",
    "tests/workflows/test_hostile.py::test_no_command_opens_or_runs_what_it_was_not_told_of": "no place does it",
}
NAMED = re.findall(r"`(tests/[\w/.]+?)(?:::(\w+))?`", PAGE)


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[f"{path}::{name}" for path, name in NAMED])
def test_each_test_that_the_threat_table_names_exists(path: str, name: str) -> None:
    assert (ROOT / path).exists()
    assert not name or f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")


def test_each_named_test_is_seen_to_fail_without_its_guard() -> None:
    rows = [tomllib.loads(path.read_text("utf-8")) for path in (ROOT / "tests/guards/rows").glob("*.toml")]
    seen = {test.partition("[")[0] for row in rows for guard in row.values() for test in guard["tests"]}
    named = {f"{path}::{name}" for path, name in NAMED if name}
    assert named - seen == HELD_ELSEWHERE.keys()


def test_each_row_of_the_threat_table_names_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line]
    without = [row for row in rows if "`tests/" not in row and not row.endswith("| the test |")]
    assert (without, len(rows) > 40) == ([], True)
