"""The generated repositories: the same for the same seed, valid but for their faults, with the state of an apply."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.faults import FAULTS, WHOLE_FILE
from benchmarks.repositories import STYLES, Created, Shape, members, state, write
from tests.running import FAST, STATE, account, call, invent

SHAPES = [
    *(Shape(8, style=style) for style in STYLES),
    Shape(9, style="mixed", documents=4),
    Shape(8, catalogue=True, segments=5),
    Shape(8, segments=1, policies=True),
]


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def repository(folder: Path, shape: Shape, *, recorded: bool = True) -> Path:
    folder.mkdir()
    write(folder, shape, recorded=recorded)
    return folder


def test_one_seed_gives_one_repository_and_another_seed_another(tmp_path: Path) -> None:
    shape = Shape(40, style="mixed", changed=0.1, new=0.1, broken=0.1)
    first, again = (content(repository(tmp_path / name, shape)) for name in ("first", "again"))
    other = content(repository(tmp_path / "other", Shape(40, style="mixed", changed=0.1, new=0.1, broken=0.1, seed=14)))
    assert first == again
    assert first.keys() == other.keys()
    assert first != other


@pytest.mark.parametrize("shape", SHAPES, ids=Shape.name)
def test_the_state_is_what_an_apply_writes_byte_for_byte(tmp_path: Path, shape: Shape) -> None:
    folder = repository(tmp_path / "it", shape, recorded=False)
    with invent() as server:
        applied = call(folder, "apply", "--yes", *FAST, env=account(server.url))
    assert applied.code == 0, applied.all
    text = (folder / STATE).read_text(encoding="utf-8")
    document = json.loads(text)
    records = document["broadcasts"]

    def created(key: str) -> Created:
        record = records[key]
        return Created(record["id"], record["attempt"], record["contacts_count"], record["provenance"])

    assert state(shape, created, lineage=document["lineage"], api=server.url) == text
    # What the generator makes up has the form of what it stands for.
    [invented, *_] = json.loads(state(shape))["broadcasts"].values()
    [record, *_] = records.values()
    assert {name: type(value) for name, value in invented.items()} == {n: type(v) for n, v in record.items()}
    assert (len(invented["id"]), len(invented["attempt"])) == (len(record["id"]), len(record["attempt"]))


@pytest.mark.parametrize("shape", SHAPES, ids=Shape.name)
def test_plan_finds_nothing_to_do_in_a_recorded_repository(tmp_path: Path, shape: Shape) -> None:
    done = call(repository(tmp_path / "it", shape), "plan", "--json")
    assert done.code == 0, done.all
    assert {action: count for action, count in done.json["counts"].items() if count} == {"unchanged": shape.size}


@pytest.mark.parametrize("documents", [1, 10])
def test_the_shares_are_what_plan_and_validate_count(tmp_path: Path, documents: int) -> None:
    shape = Shape(40, style="mixed", documents=documents, changed=0.1, new=0.2)
    counts = call(repository(tmp_path / "sound", shape), "plan", "--json").json["counts"]
    assert (counts["changed"], counts["create"], counts["unchanged"]) == (4, 8, 28)
    shape = Shape(40, style="mixed", documents=documents, broken=0.3)
    problems = call(repository(tmp_path / "broken", shape), "validate", "--json").json["problems"]
    broken = [member for member in members(shape) if member.fault]
    assert len(broken) == 12
    assert {problem["file"] for problem in problems} == {f"broadcasts/{member.path}" for member in broken}
    assert len(problems) >= len(broken)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("style", STYLES[:3])
def test_each_fault_makes_a_definition_of_each_style_invalid(tmp_path: Path, fault: str, style: str) -> None:
    for catalogue in (False, True):
        folder = repository(tmp_path / f"{catalogue}", Shape(1, style=style, catalogue=catalogue))
        [path] = (folder / "broadcasts").rglob("*.yaml")
        assert call(folder, "validate").code == 0
        path.write_text(FAULTS[fault](path.read_text(encoding="utf-8")), encoding="utf-8")
        assert call(folder, "validate").code == 4


def test_faults_that_spoil_a_whole_file_are_left_out_of_files_of_many_documents() -> None:
    faults = {member.fault for member in members(Shape(200, documents=20, broken=1.0))}
    assert faults == FAULTS.keys() - WHOLE_FILE
