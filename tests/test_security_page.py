"""The threat table names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/.]+?)(?:::(\w+))?`", PAGE)


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[f"{path}::{name}" for path, name in NAMED])
def test_each_test_that_the_threat_table_names_exists(path: str, name: str) -> None:
    assert (ROOT / path).exists()
    assert not name or f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")


def test_each_row_of_the_threat_table_names_a_test() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line]
    without = [row for row in rows if "`tests/" not in row and not row.endswith("| the test |")]
    assert (without, len(rows) > 40) == ([], True)
