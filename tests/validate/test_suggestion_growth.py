"""Suggestions for many unknown words, and searches for many names, cost a little for each and never the square."""

from __future__ import annotations

import random

import pytest

from invent_gitops.errors import WrongUsage
from invent_gitops.model.problem import Position, Problem
from invent_gitops.operations.plan import chooser
from invent_gitops.text.slips import Vocabulary
from invent_gitops.validate.report import without_echoes
from tests.test_growth import SMALL, steps

MOST_STEPS_FOR_A_COMPARISON = 40


def long_words(seed: int, count: int) -> list[str]:
    dice = random.Random(seed)  # noqa: S311  # repeatable, and no secret
    return ["seg" + "".join(dice.choice("bdklm") + dice.choice("aeiou") for _ in range(20)) for _ in range(count)]


@pytest.mark.parametrize("form", ["{}", "{} 7", "Customers of {}"])
def test_comparing_long_words_costs_next_to_nothing_where_they_are_others(form: str) -> None:
    known, written = ([form.format(word) for word in long_words(seed, 50)] for seed in (1, 2))

    def work() -> None:
        vocabulary = Vocabulary(known)
        assert not any(vocabulary.guess(word) for word in written)

    assert steps(work) < MOST_STEPS_FOR_A_COMPARISON * len(known) * len(written)


def test_words_with_other_numbers_are_not_compared() -> None:
    def work(count: int) -> None:
        vocabulary = Vocabulary(f"segment {number}" for number in range(count))
        assert vocabulary.guess(f"segmant {count - 1}") == f"segment {count - 1}"
        assert not any(vocabulary.guess(f"segmant {number}") for number in range(count, 2 * count))

    assert steps(lambda: work(4 * SMALL)) < 4.6 * steps(lambda: work(SMALL))


def test_echoes_of_refused_keys_are_found_without_comparing_each_with_each() -> None:
    def work(count: int) -> None:
        refused = [Problem(Position("f", line, 5), "yaml-key-not-text", "") for line in range(count)]
        echoes = [Problem(Position("f", line, 1), "wrong-form", "", length=9) for line in range(0, count, 2)]
        others = [Problem(Position("f", line, 6), "wrong-form", "", length=9) for line in range(1, count, 2)]
        assert without_echoes([*echoes, *others], refused) == others

    assert steps(lambda: work(4 * SMALL)) < 4.6 * steps(lambda: work(SMALL))


def test_many_names_at_only_are_found_without_going_through_all_keys_for_each() -> None:
    def work(count: int) -> None:
        keys = [f"sale {number}" for number in range(count)]
        chosen = chooser([f"sale  {number}" for number in range(0, count, 2)], keys, listing="list")
        assert [chosen(key) for key in keys[:4]] == [True, False, True, False]

    assert steps(lambda: work(4 * SMALL)) < 4.6 * steps(lambda: work(SMALL))
    with pytest.raises(WrongUsage) as raised:
        chooser(["sael 1"], ["sale 1"], listing="list")
    assert "Did you mean `sale 1`?" in raised.value.cure
