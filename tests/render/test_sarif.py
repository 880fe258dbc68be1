"""Problems as a SARIF log: its form, its places, what makes two problems different, and the limits of GitHub."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.errors import ExitCode, InvalidInput
from invent_gitops.model.problem import Position, Problem
from invent_gitops.render.sarif import MOST, MOST_SHOWN, failure_sarif, problems_sarif
from tests.making import NASTY, maybe_texts, positions, texts
from tests.running import WHEN, Result, call, define, run
from tests.text.test_clean import is_harmless

INVALID = Path(__file__).parents[1] / "definitions" / "invalid"
problem_lists = st.lists(
    st.builds(Problem, positions, texts, texts, maybe_texts, maybe_texts, st.integers(1, 9), maybe_texts), max_size=5
)


def a_problem(line: int = 3, column: int = 7, **more: Any) -> Problem:
    values = {"rule": "unknown-field", "message": "No.", "cure": "Yes.", "source": "name: x", **more}
    return Problem(Position("broadcasts/a.yaml", line, column), **values)


def sound(text: str) -> Any:
    """The one run of a log that has what SARIF and GitHub ask for, with every rule and every place as it must be."""
    assert text.isascii()
    assert "##[" not in text
    log = json.loads(text)
    assert (log["version"], log["$schema"]) == ("2.1.0", "https://json.schemastore.org/sarif-2.1.0.json")
    [run] = log["runs"]
    driver = run["tool"]["driver"]
    assert (driver["name"], run["columnKind"]) == ("invent-gitops", "unicodeCodePoints")
    assert re.fullmatch(r"\d+\.\d+\.\d+", driver["semanticVersion"])
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids)), ids
    for rule in driver["rules"]:
        assert all(rule[part]["text"] for part in ("shortDescription", "fullDescription", "help"))
        assert len(rule["shortDescription"]["text"]) <= len(rule["fullDescription"]["text"]) <= 1024
    assert {result["ruleId"] for result in run["results"]} == set(ids)
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert is_harmless(result["message"]["text"])
        assert len(result["message"]["text"]) > 0
        assert result["partialFingerprints"]["inventGitops/v1"]
        for place in [*result["locations"], *result.get("relatedLocations", ())]:
            where = place["physicalLocation"]
            assert re.fullmatch(r"[A-Za-z0-9._~/%:-]+", where["artifactLocation"]["uri"])
            assert where["artifactLocation"].get("uriBaseId") in (None, *run["originalUriBaseIds"])
            region = where["region"]
            assert 1 <= region["startLine"] == region["endLine"]
            assert 1 <= region["startColumn"] <= region["endColumn"]
    [invocation] = run["invocations"]
    assert isinstance(invocation["executionSuccessful"], bool)
    assert all(one["message"]["text"] for one in invocation["toolExecutionNotifications"])
    return run


def made(*problems: Problem, **more: Any) -> Any:
    text, told = problems_sarif(problems, quote, ExitCode.INVALID, **more)
    run = sound(text)
    assert [one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"]] == told
    return run


def fingerprints(*problems: Problem) -> list[str]:
    found = [result["partialFingerprints"]["inventGitops/v1"] for result in made(*problems)["results"]]
    assert len(set(found)) == len(problems)
    return found


# ---------------------------------------------------------------- one problem


def test_result_says_what_is_wrong_where_and_what_to_do() -> None:
    run = made(a_problem(3, 7, source="größe: 🎉 yes", length=6, message="It is wrong."))
    [result] = run["results"]
    assert (result["ruleId"], result["level"], result["message"]) == (
        "unknown-field", "error", {"text": "It is wrong. Yes."}
    )  # fmt: skip
    [place] = result["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "broadcasts/a.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "startColumn": 7, "endLine": 3, "endColumn": 13},
    }
    assert run["invocations"][0] == {"executionSuccessful": True, "exitCode": 4, "toolExecutionNotifications": []}


@pytest.mark.parametrize(
    ("column", "length", "source", "end"),
    [(7, 1, "name: x", 8), (7, 500, "name: x", 8), (8, 1, "name: x", 9), (1, 3, "", 4), (0, 1, "", 1)],
)
def test_region_ends_with_the_line_at_the_latest(column: int, length: int, source: str, end: int) -> None:
    [result] = made(a_problem(1, column, length=length, source=source))["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["endColumn"] == end


def test_problem_of_a_whole_file_stands_at_its_beginning() -> None:
    [result] = made(Problem(Position("a.yaml"), "empty-file", "The file is empty."))["results"]
    region = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1}
    assert result["locations"][0]["physicalLocation"]["region"] == region


def test_other_places_that_a_message_speaks_of_are_linked() -> None:
    [result] = made(a_problem(related=(Position("broadcasts/b.yaml", 2, 1),)))["results"]
    [related] = result["relatedLocations"]
    assert related["physicalLocation"]["artifactLocation"]["uri"] == "broadcasts/b.yaml"
    assert related["physicalLocation"]["region"]["startLine"] == 2


def test_rules_that_occur_are_described_once_with_what_cures_them_here() -> None:
    problems = [a_problem(line, cure=cure) for line, cure in enumerate(["Yes.", "Yes.", "Or this.", ""], 1)]
    [other, rule] = made(*problems, a_problem(9, rule="empty-file", cure=""))["tool"]["driver"]["rules"]
    assert (other["id"], rule["id"]) == ("empty-file", "unknown-field")
    assert rule["shortDescription"]["text"] == "Unknown field."
    assert rule["help"]["text"] == "Fix it here:\n- Yes.\n- Or this."


def test_no_problem_is_a_log_without_results() -> None:
    run = made()
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_failure_is_a_log_that_says_why_there_are_no_results() -> None:
    run = sound(failure_sarif(InvalidInput("There is no folder.", "Create it."), ExitCode.INVALID))
    [invocation] = run["invocations"]
    assert (run["results"], invocation["executionSuccessful"], invocation["exitCode"]) == ([], False, 4)
    assert invocation["toolExecutionNotifications"] == [
        {"level": "error", "message": {"text": "There is no folder. Create it."}}
    ]


# ---------------------------------------------------------------- what a person wrote


def test_nothing_that_a_person_wrote_acts_or_becomes_a_link() -> None:
    run = made(a_problem(message=f"{NASTY} [here](https://example.com)", cure=NASTY))
    [result], [rule] = run["results"], run["tool"]["driver"]["rules"]
    assert r"\[here\](https://example.com)" in result["message"]["text"]
    assert all(is_harmless(line) for line in rule["help"]["text"].split("\n"))


def test_brackets_that_make_no_link_stay_as_they_are() -> None:
    assert made(a_problem(message="Write `segments: [vip]` (or)."))["results"][0]["message"]["text"].startswith(
        "Write `segments: [vip]` (or)."
    )


@given(problem_lists)
def test_log_of_any_problems_is_sound(problems: list[Problem]) -> None:
    assert len(made(*problems)["results"]) == len(problems)


# ---------------------------------------------------------------- one alert for each problem, the same tomorrow


def test_fingerprint_stays_when_lines_are_added_above() -> None:
    assert fingerprints(a_problem(3), a_problem(9, source="x: 1")) == fingerprints(
        a_problem(5), a_problem(40, source="x: 1")
    )


def test_fingerprints_differ_by_rule_by_file_by_line_of_text_and_by_count() -> None:
    other = Problem(Position("broadcasts/b.yaml", 3, 7), "unknown-field", "No.", "Yes.", "name: x")
    fingerprints(a_problem(), a_problem(), a_problem(4), other, a_problem(rule="wrong-type"), a_problem(source="y"))


def test_the_line_hash_of_github_is_left_to_github_unless_it_would_make_two_problems_one() -> None:
    results = made(a_problem(3, 1), a_problem(3, 7), a_problem(4), a_problem(3, 1, rule="wrong-type"))["results"]
    assert ["primaryLocationLineHash" in result["partialFingerprints"] for result in results] == [
        False, True, False, False
    ]  # fmt: skip


# ---------------------------------------------------------------- the limits of GitHub


def test_no_more_results_are_given_than_github_takes_and_the_log_owns_up_to_it() -> None:
    problems = [a_problem(line, cure="") for line in range(1, MOST + 6)]
    log, told = problems_sarif(problems, quote, ExitCode.INVALID)
    assert len(json.loads(log)["runs"][0]["results"]) == MOST
    assert told == [
        f"Cut to what GitHub takes: {MOST:,} of {MOST + 5:,} problems are in this log.",
        f"GitHub shows {MOST_SHOWN:,} of the {MOST:,} problems in this log.",
    ]


def test_log_is_cut_until_it_is_small_enough_to_be_uploaded() -> None:
    words = [hashlib.shake_256(bytes([number])).hexdigest(400) for number in range(40)]
    run = made(
        *(a_problem(line, message=word, rule=f"rule-{line % 9}") for line, word in enumerate(words, 1)),
        most_bytes=6_000,
    )
    kept = len(run["results"])
    assert 0 < kept < 40
    assert len(zlib.compress(json.dumps(run).encode())) < 6_000
    [notice] = run["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"] == f"Cut to what GitHub takes: {kept} of 40 problems are in this log."


# ---------------------------------------------------------------- on the command line


def checked(result: Result, code: int = ExitCode.INVALID) -> Any:
    assert result.code == code
    found = sound(result.out)
    assert found["invocations"][0]["exitCode"] == code
    return found


def uris(found: Any) -> list[str]:
    return [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in found["results"]]


def test_log_holds_each_problem_that_the_document_holds(tmp_path: Path) -> None:
    shutil.copytree(INVALID, tmp_path / "broadcasts")
    (tmp_path / "segments.yaml").write_text("newsletter: seg_news\n", encoding="utf-8")
    problems = call(tmp_path, "validate", "--json").json["problems"]
    assert len(problems) > 50
    result = run(tmp_path, "validate", "--format", "sarif")
    found = checked(result)
    assert [one["ruleId"] for one in found["results"]] == [problem["rule"] for problem in problems]
    regions = [one["locations"][0]["physicalLocation"]["region"] for one in found["results"]]
    assert [region["startLine"] for region in regions] == [problem["line"] or 1 for problem in problems]
    assert [region["startColumn"] for region in regions] == [problem["column"] or 1 for problem in problems]
    assert [unquote(uri) for uri in uris(found)] == [problem["file"] for problem in problems]
    assert result.err == ""


def test_good_definitions_are_a_log_without_results(tmp_path: Path) -> None:
    define(tmp_path, "a")
    assert checked(call(tmp_path, "validate", "--format", "sarif"), ExitCode.DONE)["results"] == []


def test_paths_count_from_the_root_of_the_repository_and_are_spelled_as_addresses(tmp_path: Path) -> None:
    project = tmp_path / "my campaigns"
    folder = project / "broadcasts"
    folder.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    (project / "invent.yaml").write_text("timezone: Nowhere/Here\n", encoding="utf-8")
    for name in ("50 % off: größe #1", "a?b&c", "[x](y)"):
        (folder / f"{name}.yaml").write_text("name: 1\n", encoding="utf-8")
    for started, words in ((project, ()), (tmp_path, ("-C", "my campaigns")), (folder, ())):
        found = checked(call(started, "validate", *words, "--format", "sarif"))
        assert {unquote(uri) for uri in uris(found)} == {
            f"my campaigns/{name}"
            for name in (
                "invent.yaml",
                "broadcasts/50 % off: größe #1.yaml",
                "broadcasts/a?b&c.yaml",
                "broadcasts/[x](y).yaml",
            )
        }


def test_file_behind_a_link_is_named_and_what_lies_outside_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "project" / "broadcasts"
    folder.mkdir(parents=True)
    (tmp_path / "project" / ".git").mkdir()
    (tmp_path / "secret.yaml").write_text("name: x\n", encoding="utf-8")
    (folder / "real.yaml").write_text(f"nme: x\nname: x\nschedule: {WHEN}\nsegments: [a]\n", encoding="utf-8")
    (folder / "link.yaml").symlink_to("real.yaml")
    (folder / "out.yaml").symlink_to("../../secret.yaml")
    (folder / "round.yaml").symlink_to("round.yaml")
    (folder / "gone.yaml").symlink_to("nothing.yaml")
    found = checked(call(tmp_path / "project", "validate", "--format", "sarif"))
    assert sorted(uris(found)) == [f"broadcasts/{name}.yaml" for name in ("gone", "out", "real", "real", "round")]


def test_definitions_outside_of_the_repository_have_an_absolute_address(tmp_path: Path) -> None:
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    (tmp_path / "else where").mkdir()
    (tmp_path / "else where" / "a.yaml").write_text("name: x\n", encoding="utf-8")
    found = checked(call(tmp_path / "repository", "validate", str(tmp_path / "else where"), "--format", "sarif"))
    assert set(uris(found)) == {(tmp_path / "else where" / "a.yaml").as_uri()}
    assert "uriBaseId" not in found["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]


def test_failure_before_any_problem_is_a_log_as_well(tmp_path: Path) -> None:
    result = call(tmp_path, "validate", "nowhere", "--format", "sarif")
    found = checked(result)
    [notice] = found["invocations"][0]["toolExecutionNotifications"]
    assert (found["results"], found["invocations"][0]["executionSuccessful"]) == ([], False)
    assert "nowhere" in notice["message"]["text"]
    assert "nowhere" in result.err


def test_two_folders_are_refused_in_the_log_as_well(tmp_path: Path) -> None:
    result = call(tmp_path, "validate", "a", "b", "--format", "sarif")
    assert not checked(result, ExitCode.USAGE)["invocations"][0]["executionSuccessful"]
    assert "--files" in result.err


def test_json_and_sarif_contradict_each_other(tmp_path: Path) -> None:
    result = call(tmp_path, "validate", "--json", "--format", "sarif")
    assert result.code == ExitCode.USAGE
    assert "cannot be combined" in result.json["error"]["message"]
