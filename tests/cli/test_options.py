"""Options: none is dropped without a word, none is offered that does not act."""

import json
from pathlib import Path

import pytest

from tests.running import account, call, define, invent

TWICE = "can have one value"


@pytest.mark.parametrize(
    "words",
    [
        "plan --workspace a --workspace b",
        "plan --state a.json --state b.json",
        "apply --yes --approved x --approved y",
        "apply --rate 1 --rate 2",
        "plan --out a.json --out b.json",
        "plan --format json --format text",
        "plan --org a --org b",
        "state show spring --state a.json --state b.json",
        "resolve spring --id a --id b",
        "status --past 1 --past 2",
    ],
)
def test_option_that_can_have_one_value_is_refused_with_two(tmp_path: Path, words: str) -> None:
    result = call(tmp_path, *words.split())
    assert result.code == 2, result.all
    assert TWICE in result.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", ["plan --strict --strict", "-C . -C . plan", "plan -q -q", "plan --json --json"])
def test_option_without_a_value_to_lose_may_be_given_twice(tmp_path: Path, words: str) -> None:
    assert TWICE not in call(tmp_path, *words.split()).err


def test_only_adds_up_and_each_pattern_must_match(tmp_path: Path) -> None:
    define(tmp_path, "one", "two", "three")
    with invent() as server:
        env = account(server.url)
        planned = call(tmp_path, "plan", "--only", "one", "--only", "tw*", "--json", env=env)
        assert [item["key"] for item in json.loads(planned.out)["items"]] == ["one", "two"]
        missed = call(tmp_path, "apply", "--yes", "--only", "one", "--only", "four", env=env)
        assert (missed.code, "'four' matches no key" in missed.err) == (2, True)
        applied = call(tmp_path, "apply", "--yes", "--only", "one", "--only", "three", env=env)
        assert applied.code == 0
        left = call(tmp_path, "plan", "--json", env=env)
        assert [item["key"] for item in json.loads(left.out)["items"] if item["action"] == "create"] == ["two"]
    empty = call(tmp_path, "plan", "--only", "one", "--only", "")
    assert (empty.code, "it is empty" in empty.err) == (2, True)


def test_sandbox_beside_an_address_is_refused_unless_the_address_is_a_variable(tmp_path: Path) -> None:
    define(tmp_path, "one")
    address = "https://invent.test"
    refused = call(tmp_path, "plan", "--sandbox", "--base-url", address)
    assert (refused.code, "cannot be combined" in refused.err) == (2, True)
    allowed = call(tmp_path, "plan", "--sandbox", "--json", env={"INVENT_BASE_URL": address})
    assert (allowed.code, json.loads(allowed.out)["api"]) == (0, "sandbox")


@pytest.mark.parametrize("words", ["history", "state verify", "state list"])
def test_state_of_another_account_than_the_one_that_is_named_is_refused(tmp_path: Path, words: str) -> None:
    define(tmp_path, "one")
    with invent() as server:
        assert call(tmp_path, "apply", "--yes", env=account(server.url)).code == 0
    for options in (["--org", "other"], ["--base-url", "https://invent.test"]):
        refused = call(tmp_path, *words.split(), *options)
        assert (refused.code, f"records the broadcasts of org c at {server.url}" in refused.err) == (5, True), (
            refused.all
        )
    for named in ([], ["--base-url", server.url], ["--org", "c"]):
        assert "records the broadcasts of org" not in call(tmp_path, *words.split(), *named).err


@pytest.mark.parametrize("words", ["history", "state list"])
def test_state_file_that_is_named_and_missing_is_an_error_where_it_is_only_read(tmp_path: Path, words: str) -> None:
    define(tmp_path, "one")
    assert call(tmp_path, "apply", "--sandbox", "--yes", "--state", "mine.state.json").code == 0
    assert call(tmp_path, *words.split(), "--sandbox", "--state", "mine.state.json").code == 0
    missed = call(tmp_path, *words.split(), "--sandbox", "--state", "mien.state.json")
    assert (missed.code, "There is no state in mien.state.json" in missed.err) == (5, True)
    assert call(tmp_path, *words.split()).code == 0, "without --state, nothing recorded yet is no error"


def test_pattern_of_only_that_matches_nothing_is_answered_with_the_nearest_key(tmp_path: Path) -> None:
    define(tmp_path, "welcome", "goodbye")
    missed = call(tmp_path, "plan", "--only", "welcom")
    assert (missed.code, "Did you mean `welcome`?" in missed.err) == (2, True)
    assert "Did you mean" not in call(tmp_path, "plan", "--only", "nosuch*").err
