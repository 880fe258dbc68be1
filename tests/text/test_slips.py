"""What is guessed of a word that nobody knows: slips of the hand, and never other people or another number."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.text.slips import MOST_SLIPS, edits, guess
from tests.running import call, define


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("shedule", "schedule"), ("nmae", "name"), ("segmets", "segments"), ("descripton", "description"),
        ("owners", "owner"), ("Send-To-All", "send_to_all"), ("sendToAll", "send_to_all"), ("timeZone", "timezone"),
        ("VIP", "vip"), ("vip customers", "vip-customers"), ("vip_custmers", "vip-customers"),
        ("vip-customer", "vip-customers"), ("newslteter", "newsletter"), ("newslettr", "newsletter"),
        ("seg1", "seg_1"), ("SEG-1", "seg_1"), ("minimum-lead-tme", "minimum-lead-time"),
        ("Europe/Berln", "Europe/Berlin"), ("europe/berlin", "Europe/Berlin"), ("America/New York", "America/New_York"),
        ("subscirbers 2027", "subscribers-2027"), ("acme_eu", "acme-eu"), ("recieveers", "receivers"),
    ],
)  # fmt: skip
def test_a_slip_is_guessed(written: str, meant: str) -> None:
    assert guess(written, [meant, "something else"]) == meant


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ("vip-2027", "vip-2026"), ("seg_1", "seg_2"), ("seg_1", "seg_11"), ("q1", "q2"), ("top100", "top1000"),
        ("customers-fr", "customers-de"), ("customers-uk", "customers-us"), ("VIP men", "VIP women"),
        ("VIP man", "VIP men"), ("male", "female"), ("subscribed", "unsubscribed"), ("active", "inactive"),
        ("typical", "atypical"), ("paid", "unpaid"), ("opted in", "opted on"), ("slovakia", "slovenia"),
        ("austria", "australia"), ("iran", "iraq"), ("north", "south"), ("vip", "vip-customers"),
        ("customers", "vip-customers"), ("gold", "bold"), ("test", "best"), ("martians", "newsletter"),
        ("Europe/Paris", "Europe/Berlin"), ("car", "cars"), ("Asia/Dili", "Asia/Bali"), ("", "name"),
        ("beta testers", "beta users"),
    ],
)  # fmt: skip
def test_another_word_or_number_is_never_guessed(written: str, other: str) -> None:
    assert guess(written, [other]) == ""
    assert guess(other, [written]) == ""


def test_of_two_that_are_equally_near_neither_is_guessed() -> None:
    assert guess("customrs", ["customers", "customars"]) == ""
    assert guess("Customer", ["customer", "customers"]) == "customer"


@given(st.text(max_size=30), st.text(max_size=30))
def test_whatever_is_written_nothing_is_guessed_across_digits(written: str, known: str) -> None:
    meant = guess(written, [known])
    assert meant in ("", known)
    if meant:
        assert [sign for sign in written if sign.isnumeric()] == [sign for sign in known if sign.isnumeric()]


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_edits_are_the_same_in_both_directions(one: str, other: str) -> None:
    assert edits(one, other) == edits(other, one)
    assert (edits(one, other) == 0) == (one == other)


def all_edits(word: str, other: str) -> int:
    """Return the number of edits by the whole table, with nothing left out."""
    table = {(row, 0): row for row in range(len(word) + 1)} | {(0, column): column for column in range(len(other) + 1)}
    for row, letter in enumerate(word, 1):
        for column, other_letter in enumerate(other, 1):
            cost = table[row - 1, column - 1] + (letter != other_letter)
            cost = min(cost, table[row - 1, column] + 1, table[row, column - 1] + 1)
            if row > 1 and column > 1 and (letter, word[row - 2]) == (other[column - 2], other_letter):
                cost = min(cost, table[row - 2, column - 2] + 1)
            table[row, column] = cost
    return table[len(word), len(other)]


@given(st.text("abc", max_size=9), st.text("abc", max_size=9))
def test_few_edits_are_counted_exactly_and_many_are_far(one: str, other: str) -> None:
    assert edits(one, other) == min(all_edits(one, other), MOST_SLIPS + 1)


@given(st.text("abcdefgh", min_size=4, max_size=30), st.randoms(use_true_random=False))
def test_edits_of_a_long_word_with_slips_are_counted_exactly(word: str, dice: random.Random) -> None:
    other = list(word)
    for _ in range(dice.randrange(4)):
        at = dice.randrange(len(other))
        other[at : at + dice.choice((1, 2))] = dice.choice(([], ["x"], other[at : at + 2][::-1], [other[at], "y"]))
        other += [] if other else ["z"]
    assert edits(word, "".join(other)) == min(all_edits(word, "".join(other)), MOST_SLIPS + 1)


def test_unknown_segment_is_told_of_the_pull_whatever_is_guessed(tmp_path: Path) -> None:
    define(tmp_path, "a", "b")
    for key, segment in (("a", "customers-fr"), ("b", "vip-custmers")):
        path = tmp_path / "broadcasts" / f"{key}.yaml"
        path.write_text(path.read_text("utf-8").replace("[vip]", f"[{segment}]"), "utf-8")
    (tmp_path / "segments.yaml").write_text("customers-de: seg_1\nvip-customers: seg_2\n", "utf-8")
    first, second = call(tmp_path, "validate", "--json").json["problems"]
    assert "Did you mean" not in first["cure"]
    assert "Did you mean `vip-customers`?" in second["cure"]
    assert all("invent-gitops segments pull" in problem["cure"] for problem in (first, second))
