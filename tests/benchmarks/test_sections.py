"""Every section of `python -m benchmarks` runs, at sizes that say nothing of speed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks import aims
from benchmarks.__main__ import SECTIONS, main
from benchmarks.bench import OTHER, OURS, Bench
from benchmarks.floor import plan, read
from benchmarks.measuring import PROGRAM, Command, Figures, Table, measure
from benchmarks.peers import INSTALL, Peers, write_blocks, write_zone
from benchmarks.repositories import Shape, write
from benchmarks.sections.history import states
from tests.running import STATE, call

# Narrows the sections that measure many kinds of input.
ONLY = {"growth": "lines of a journal", "shapes": "documents"}
ROWS = {"creates": 4, "growth": 1, "paced-creates": 1, "many-creates": 1, "physical": 3, "starts": 4, "history": 1}


def bench(folder: Path, programs: Mapping[str, Path], only: str = "") -> Bench:
    (folder / "work").mkdir()
    peers = Peers(folder / "absent")
    return Bench(programs, peers, folder / "work", sizes=(3, 6), large=(), runs=1, share=0.001, only=only)


@pytest.mark.parametrize("name", sorted(SECTIONS.keys() - {"definitions"}))
def test_a_section_measures_something(tmp_path: Path, name: str) -> None:
    tables = list(SECTIONS[name](bench(tmp_path, {OURS: PROGRAM}, ONLY.get(name, ""))))
    assert tables
    for table in tables:
        assert len(table.rows) >= ROWS.get(name, 1)
        assert {len(row) for row in table.rows} == {len(table.header)}


def test_a_peer_that_is_not_installed_is_named_in_its_table_and_on_the_page(tmp_path: Path) -> None:
    tables = list(SECTIONS["definitions"](bench(tmp_path, {OURS: PROGRAM})))
    assert [table.title.partition(",")[0] for table in tables] == [*["`validate`", "`plan`", "`plan`"] * 2, "Growth"]
    absent = [row[0] for table in tables for row in table.rows if INSTALL in "".join(row)]
    assert set(absent) == {"check-jsonschema", "@sourcemeta/jsonschema", "octoDNS", "Terraform"}


def test_another_version_is_measured_in_the_same_tables(tmp_path: Path) -> None:
    [table] = SECTIONS["starts"](bench(tmp_path, {OURS: PROGRAM, OTHER: PROGRAM}))
    assert sum(str(row[0]).startswith(OTHER) for row in table.rows) == 3


def test_the_command_writes_a_page_with_every_aim_and_the_machine(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    arguments = ["--sections", "physical", "starts", "--sizes", "3", "--large", "--runs", "1", "--share", "0.05"]
    assert main([*arguments, "--peers", str(tmp_path), "--write", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert all(aim.text in text for aim in aims.AIMS)
    assert "| commit |" in text
    assert "**Not installed, and so not measured: check-jsonschema" in text
    assert "### Physical floor" in text
    assert str(tmp_path) not in text.replace(" ".join(arguments), "").replace(str(page), "").partition("## Machine")[2]


def test_a_missing_version_ends_the_command(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="does not exist"):
        main(["--against", str(tmp_path / "python"), "--sections", "starts"])


@pytest.mark.parametrize(
    ("figures", "verdict"),
    [((0.97, 1.0), "reached"), ((1.0004, 1.0), "reached"), ((1.001, 1.0), "**missed**"), ((0.9694, 1.0), "**missed**")],
)
def test_a_verdict_needs_every_figure_within_the_bounds(figures: tuple[float, float], verdict: str) -> None:
    aim = aims.Aim("it", ["a", "b"], aims.percent, least=0.97, most=1.0)
    assert aim.judged(dict(zip("ab", figures, strict=True)))[1] == verdict


def test_an_aim_without_its_figure_is_not_measured() -> None:
    aim = aims.Aim("it", ["a", "b"], aims.percent, least=0.97)
    assert aim.judged({"a": 1.0})[1] == "not measured (b)"


def test_a_command_that_takes_too_long_is_killed_and_said_to_take_more(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "import time; time.sleep(600)"]
    figures = measure({"it": Command(words, tmp_path)}, 3, patience=0.2)
    assert figures["it"].cut
    assert len(figures["it"].wall) == 1


def test_the_memory_of_a_process_is_its_own_and_not_that_of_the_process_that_measures(tmp_path: Path) -> None:
    ballast = bytearray(200 * 1024 * 1024)
    figures = measure({"it": Command([sys.executable, "-c", "pass"], tmp_path)}, 1, warm=False)
    assert figures["it"].peak < len(ballast) / 1024 / 1024 / 2


def test_a_command_that_fails_ends_the_benchmark(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="ended with 3"):
        measure({"it": Command([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)}, 1)


def test_the_floor_finds_the_edits_the_new_ones_and_the_broken_ones_that_the_program_finds(tmp_path: Path) -> None:
    shape = Shape(60, style="mixed", changed=0.1, new=0.1)
    write(tmp_path, shape)
    documents, problems = read(str(tmp_path / "broadcasts"))
    lines = plan(documents, str(tmp_path / STATE))
    items = call(tmp_path, "plan", "--json").json["items"]
    assert not problems
    assert {line.split()[1] for line in lines if line.startswith("~")} == keys_of(items, "changed")
    assert {line.split()[1] for line in lines if line.startswith("+")} == keys_of(items, "create")
    assert len(lines) == 12
    broken = tmp_path / "broken"
    write(broken, Shape(60, style="mixed", broken=0.2), recorded=False)
    ours = {problem["file"] for problem in call(broken, "validate", "--json").json["problems"]}
    faults = {line.partition(":")[0] for line in read(str(broken / "broadcasts"))[1]}
    # Equal keys are beyond the floor.
    missed = {path for path in ours if (broken / path).read_text(encoding="utf-8").count("owner: ") == 2}
    assert faults == {str(broken / path) for path in ours - missed}


def keys_of(items: list[dict[str, object]], action: str) -> set[object]:
    return {item["key"] for item in items if item["action"] == action}


def test_each_state_of_the_branch_is_one_that_the_program_writes() -> None:
    from invent_gitops.state.document import dump, parse

    listing = list(states(5))
    assert [len(json.loads(text)["broadcasts"]) for text in listing] == [1, 2, 3, 4, 5]
    assert [dump(parse(text, "state")) for text in listing] == listing


def test_octodns_and_terraform_are_given_as_many_things_as_there_are_definitions(tmp_path: Path) -> None:
    write_zone(tmp_path / "zone", 7)
    source, target = (tmp_path / "zone" / side / "example.com.yaml" for side in ("source", "target"))
    assert source.read_bytes() == target.read_bytes()
    assert source.read_text(encoding="utf-8").count("type: TXT") == 7
    write_blocks(tmp_path / "blocks", 7)
    recorded = json.loads((tmp_path / "blocks" / "terraform.tfstate").read_text(encoding="utf-8"))["resources"]
    assert len(recorded) == (tmp_path / "blocks" / "main.tf").read_text(encoding="utf-8").count("resource ") == 7


def test_the_generator_is_a_command_of_its_own(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "benchmarks.repositories", str(tmp_path), "--size", "4", "--documents", "2"]
    subprocess.run(words, check=True, cwd=Path(__file__).resolve().parents[2])
    assert len(list((tmp_path / "broadcasts").rglob("*.yaml"))) == 2


def test_a_ratio_is_the_median_of_the_ratios_of_the_turns() -> None:
    from benchmarks.measuring import ratio

    assert ratio(Figures(wall=[2.0, 20.0, 6.0]), Figures(wall=[1.0, 10.0, 2.0])) == 2.0


def test_a_table_is_markdown_with_its_title_and_note() -> None:
    table = Table("It", ["a", "b"], [["1", "2"]], "A note.")
    assert list(table.lines()) == ["### It\n", "A note.\n", "| a | b |", "| --- | --- |", "| 1 | 2 |", ""]
