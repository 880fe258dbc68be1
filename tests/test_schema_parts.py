"""The published schemas are what their sources make; no part is unused, and nothing long is written twice."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from invent_gitops.schemas import schema_names
from schema_parts.bundle import HERE, INCLUDE, PUBLISHED, BrokenSource, published, sources

ROOT = Path(__file__).parent.parent
DOCUMENTS = sources()
PARTS = sorted((HERE / "shared").iterdir())
# How many lines with a word or a number may be equal in two places. Lines of brackets do not count.
FEW = 9


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with a copy of the published schemas and of their sources."""
    for folder in ("schemas", "schema_parts"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "schema_parts/bundle.py", *arguments]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "schemas").iterdir()}


def repeats(paths: list[Path], length: int) -> list[list[str]]:
    """Return the places, as `file:line`, where the same `length` lines that say something begin."""
    places = defaultdict(list)
    for path in paths:
        lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        telling = [(number, line.strip().rstrip(",")) for number, line in lines if re.search(r"\w", line)]
        for start in range(len(telling) - length + 1):
            window = tuple(line for _, line in telling[start : start + length])
            places[window].append(f"{path.name}:{telling[start][0]}")
    return [equal for equal in places.values() if len(equal) > 1]


# ---------------------------------------------------------------- the files of this repository


def test_every_published_schema_is_what_its_source_makes() -> None:
    assert run(ROOT, "--check").stdout == ""
    assert {path.name for path in DOCUMENTS} == {path.name for path in PUBLISHED.iterdir()}


def test_only_documents_are_offered_by_name() -> None:
    assert schema_names() == sorted(path.name.removesuffix(".schema.json") for path in DOCUMENTS)


@pytest.mark.parametrize("path", [*DOCUMENTS, *PARTS], ids=lambda path: path.name)
def test_every_source_is_json_by_itself(path: Path) -> None:
    json.loads(path.read_text(encoding="utf-8"))


def test_every_part_stands_in_more_than_one_place() -> None:
    uses: dict[str, int] = defaultdict(int)
    for path in [*DOCUMENTS, *PARTS]:
        for line in path.read_text(encoding="utf-8").splitlines():
            if include := INCLUDE.fullmatch(line):
                uses[include["part"]] += 1
    assert {path.stem for path in PARTS} == set(uses)
    assert not [name for name, count in uses.items() if count == 1], "a part for one place is a detour for the reader"


def test_nothing_long_is_written_twice() -> None:
    assert repeats([*DOCUMENTS, *PARTS], FEW + 1) == []
    assert repeats(sorted(PUBLISHED.iterdir()), FEW + 1), "this search finds what stands twice"


# ---------------------------------------------------------------- the program


def test_a_changed_part_makes_its_schemas_stale_until_they_are_bundled(checkout: Path) -> None:
    before = contents(checkout)
    part = checkout / "schema_parts" / "shared" / "zone.json"
    part.write_text(part.read_text(encoding="utf-8").replace("No time zone", "No zone"), encoding="utf-8")
    checked = run(checkout, "--check")
    assert checked.returncode == 1
    assert re.findall(r"schemas/(\w+)\.schema\.json is stale", checked.stdout) == ["broadcast", "project"]
    assert contents(checkout) == before, "a check writes nothing"
    assert run(checkout).returncode == 0
    after = contents(checkout)
    assert {name for name in after if after[name] != before[name]} == {"broadcast.schema.json", "project.schema.json"}
    assert run(checkout, "--check").returncode == 0


def test_a_missing_file_is_written_and_one_that_was_edited_by_hand_is_stale(checkout: Path) -> None:
    before = contents(checkout)
    (checkout / "schemas" / "plan.schema.json").unlink()
    (checkout / "schemas" / "state.schema.json").write_bytes(before["state.schema.json"].replace(b"\n", b"\r\n"))
    assert run(checkout, "--check").returncode == 1
    assert run(checkout).returncode == 0
    assert contents(checkout) == before


@pytest.mark.parametrize("arguments", [(), ("--check",)])
def test_a_published_file_without_a_source_is_named_and_kept(checkout: Path, arguments: tuple[str, ...]) -> None:
    (checkout / "schemas" / "other.schema.json").write_text("{}\n", encoding="utf-8")
    done = run(checkout, *arguments)
    assert done.returncode == 1
    assert "schemas/other.schema.json has no source" in done.stdout
    assert (checkout / "schemas" / "other.schema.json").exists()


def test_a_mistyped_option_writes_nothing(checkout: Path) -> None:
    (checkout / "schemas" / "plan.schema.json").unlink()
    assert run(checkout, "--chekc").returncode == 2
    assert not (checkout / "schemas" / "plan.schema.json").exists()


# ---------------------------------------------------------------- how parts are included


def bundled(folder: Path, document: str, **parts: str) -> str:
    for name in ("documents", "shared"):
        (folder / name).mkdir()
    for name, part in parts.items():
        (folder / "shared" / f"{name}.json").write_text(part, encoding="utf-8")
    source = folder / "documents" / "a.schema.json"
    source.write_text(document, encoding="utf-8")
    return published(source)


def test_a_part_is_a_value_members_an_entry_or_entries(tmp_path: Path) -> None:
    document = '{\n  "a": "...one",\n  "...one": "members",\n  "b": [\n    "...one",\n    "...two"\n  ]\n}\n'
    text = bundled(tmp_path, document, one='{\n  "x": 1,\n  "y": "...two"\n}\n', two="[\n  1,\n  2\n]\n")
    part = {"x": 1, "y": [1, 2]}
    assert json.loads(text) == {"a": part, **part, "b": [part, 1, 2]}
    # The layout is that of the sources, one level deeper for each level.
    assert text == json.dumps(json.loads(text), indent=2) + "\n"


@pytest.mark.parametrize(
    ("document", "part", "message"),
    [
        ('{\n  "a": "...none"\n}\n', "{}\n", "the part none does not exist"),
        ('{\n  "a": "...one"\n}\n', '{\n  "b": "...one"\n}\n', "the part one includes itself"),
        ('{ "a": "...one" }\n', "{}\n", "needs a line of its own"),
        ('{\n  "a": "...one": "members"\n}\n', '{\n  "b": 1\n}\n', "needs a line of its own"),
        ('{\n  "...one": "members"\n}\n', "{}\n", "the part one is empty"),
        ('{\n  "...one": "members"\n}\n', "[\n  1\n]\n", "not valid JSON"),
        ('{\n  "b": 1,\n  "...one": "members"\n}\n', '{\n  "b": 2\n}\n', "a member stands twice"),
    ],
)
def test_a_source_that_cannot_be_bundled_is_refused(tmp_path: Path, document: str, part: str, message: str) -> None:
    with pytest.raises(BrokenSource, match=message):
        bundled(tmp_path, document, one=part)
