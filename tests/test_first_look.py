"""The script that pastes the README stops at the first command that fails, and says which one that was."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.running import ROOT

APPLY = "true # invent-gitops apply --sandbox"


def first_look(folder: Path, first: str, second: str) -> subprocess.CompletedProcess[str]:
    """Run the script in a repository whose README has these two blocks."""
    (folder / ".ci").mkdir(parents=True)
    (folder / ".ci" / "first-look").write_bytes((ROOT / ".ci" / "first-look").read_bytes())
    blocks = "".join(f"```sh\n{block}\n```\n" for block in (first, second, "export INVENT_API_KEY=…"))
    (folder / "README.md").write_text(blocks, encoding="utf-8")
    for command in ("init -q .", "add -A", "commit -q -m Begin"):
        subprocess.run(["git", "-C", str(folder), *command.split()], check=True)
    return subprocess.run(["bash", str(folder / ".ci/first-look")], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("first", "second", "code", "named"),
    [
        ("true && (exit 3) && true\necho went on", APPLY, 3, "true && (exit 3) && true"),
        ("true", f"(exit 4) && true   # 'why'\necho went on\n{APPLY}", 4, "(exit 4) && true   # 'why'"),
        ("true \\\n  && false && true", f"echo went on\n{APPLY}", 1, "true \\\n  && false && true"),
        ("cat <<'END' && false && true\na line\nEND", f"echo went on\n{APPLY}", 1, "cat <<'END' && false && true"),
    ],
    ids=["in the middle", "at the beginning", "over two lines", "with a document"],
)
def test_a_command_that_fails_ends_the_paste_and_is_named(
    tmp_path: Path, first: str, second: str, code: int, named: str
) -> None:
    done = first_look(tmp_path / "clone", first, second)
    assert done.returncode == 1
    assert f"This command of the README ended with {code}: {named}" in done.stderr
    assert f"pasted in order, ended with {code}." in done.stderr
    assert "went on" not in done.stderr.replace(named, "")


def test_a_command_that_fails_before_another_that_is_meant_for_it_goes_on(tmp_path: Path) -> None:
    second = f"mkdir ../campaigns\necho went on >&2\nfalse && true\n{APPLY}"
    done = first_look(tmp_path / "clone", "false || true", second)
    assert "went on" in done.stderr
    assert "This command of the README ended with 1: false && true" in done.stderr
