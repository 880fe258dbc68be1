"""Comments after a text: what touches its `#` is no comment to people, and every other one is a note at most."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_import import made
from tests.running import ROOT, WHEN, account, call, invent, run

GOOD = f"name: A\nschedule: {WHEN}\nsegments: [vip]\n"


def write(folder: Path, text: str, file: str = "broadcasts/a.yaml") -> None:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def test_broadcast_does_not_go_to_a_larger_segment_because_of_a_number_sign(tmp_path: Path) -> None:
    write(tmp_path, "Customers: seg_1\n'Customers #vip': seg_2\n", "segments.yaml")
    write(tmp_path, f"name: A\nschedule: {WHEN}\nsegments:\n  - Customers #vip\n")
    (problem,) = call(tmp_path, "validate", "--json").json["problems"]
    assert (problem["rule"], problem["line"], problem["column"]) == ("comment-cuts-text", 4, 15)
    assert 'quotes: `"Customers #vip"`' in problem["cure"]
    write(tmp_path, f'name: A\nschedule: {WHEN}\nsegments:\n  - "Customers #vip"\n')
    (item,) = call(tmp_path, "plan", "--json").json["items"]
    assert item["request"]["segment_ids"] == ["seg_2"]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("name: Deal #1\n", "name"), ("key: spring #1\n", "key"), ("owner: team #growth\n", "owner"),
        ("description: For\n  VIPs #2\n", "description"),
        ("waive: {quiet-hours: agreed in #legal\n}\n", "waive.quiet-hours"),
        ("segments: [\n  vip #1\n]\n", "segments[1]"), ("segments:\n- a\n- b  #c\n", "segments[2]"),
    ],
)  # fmt: skip
def test_every_text_that_people_write_is_held_together(tmp_path: Path, text: str, path: str) -> None:
    field = text.partition(":")[0]
    rest = "".join(line + "\n" for line in GOOD.splitlines() if not line.startswith(f"{field}:"))
    write(tmp_path, text + rest)
    (problem,) = call(tmp_path, "validate", "--json").json["problems"]
    assert (problem["rule"], f"so `{path}` is only" in problem["message"]) == ("comment-cuts-text", True)
    write(tmp_path, text.replace("#", "# ") + rest)
    validated = call(tmp_path, "validate", "--json")
    (note,) = validated.json["notes"]
    assert (validated.code, f"not a part of `{path}`" in note) == (0, True)
    assert note in validated.err
    assert note in call(tmp_path, "plan").err


def test_nothing_is_said_where_a_comment_can_cut_nothing(tmp_path: Path) -> None:
    text = (
        f"# top\nname: 'A' #1\nschedule: {WHEN} #noon\nsegments: # who\n  - id:seg_7 # Beta testers\n  # all\n"
        "waive: {} # none\ndescription: >- # long\n  Text #1\n"
    )
    write(tmp_path, text)
    settings = "definitions: broadcasts # here\ntimezone: Europe/Berlin #CET\npolicies: {max_creates: 5 #five\n}\n"
    write(tmp_path, settings, "invent.yaml")
    validated = call(tmp_path, "validate", "--json")
    assert (validated.code, validated.json["notes"]) == (0, [])


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("invent.yaml", "definitions: broadcasts #1\n"),
        ("invent.yaml", "state: {branch: state, path: invent #2.json\n}\n"),
        ("segments.yaml", "vip: {id: seg_1, formerly: [\n  VIP #1\n]}\n"),
    ],
)
def test_paths_and_former_names_are_held_together_as_well(tmp_path: Path, file: str, text: str) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, text, file)
    problems = call(tmp_path, "validate", "--json").json["problems"]
    assert "comment-cuts-text" in [problem["rule"] for problem in problems]


def test_secret_in_the_project_file_is_not_shown_by_its_comment(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, "api_key: k-secret-1 #k-secret-2\n", "invent.yaml")
    assert "k-secret" not in call(tmp_path, "validate").all


def test_our_own_files_give_no_note(tmp_path: Path) -> None:
    assert call(ROOT / "examples", "validate", "--json").json["notes"] == []
    assert run(tmp_path, "init", "--timezone", "Europe/Berlin").code == 0
    assert call(tmp_path, "validate", "--json").json["notes"] == []


def test_what_an_import_writes_gives_no_note(tmp_path: Path) -> None:
    with invent() as server:
        server.sandbox.seed([("seg_7", "Beta #1", 5)])
        made(server, "By hand #1", segment_ids=["seg_7"])
        assert call(tmp_path, "import", "--all", env=account(server.url)).code == 0
    validated = call(tmp_path, "validate", "--json")
    assert (validated.code, validated.json["notes"]) == (0, [])
    assert "By hand #1" in [one["name"] for one in validated.json["definitions"]]
