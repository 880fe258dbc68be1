"""Guesses what was meant by a word that nobody knows: only slips of the hand, never another word or number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

# More letters that are wrong make another word.
MOST_SLIPS = 2
# Shorter words differ by a letter because they are other words: `fr` and `de`, `men` and `man`.
_SHORTEST_WITH_A_SLIP = 3
_SHORTEST_WITHOUT_ITS_END = 4
_SHORTEST_WITH_A_WRONG_LETTER = 5
_SHORTEST_WITH_TWO_SLIPS = 8
_SEPARATORS = re.compile(r"[\s_./:-]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Vocabulary:
    """Known words, made ready once: a word that nobody knows is compared with those that hold its numbers only."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._by_numbers: dict[tuple[str, ...], list[_Spelling]] = {}
        for word in dict.fromkeys(vocabulary):
            self._by_numbers.setdefault(_numbers(word), []).append(_Spelling(word))

    def guess(self, word: str) -> str:
        """Return the known word that was surely meant, or "": it differs in case, separators, or by one or two letters.

        Digits are never guessed, nor is a part of a word that could be a word of its own: a wrong guess leads to other
        people. If two known words are equally near, neither is meant.
        """
        written = _Spelling(word)
        best, nearest = MOST_SLIPS + 1, [""]
        for candidate in self._by_numbers.get(_numbers(word), ()):
            distance = _distance(written, candidate)
            if distance is not None and distance < best:
                best, nearest = distance, [candidate.text]
            elif distance is not None and distance == best:
                nearest.append(candidate.text)
        return nearest[0] if len(nearest) == 1 else ""


def guess(word: str, candidates: Iterable[str]) -> str:
    """Return what a `Vocabulary` of the candidates guesses; for many words, make one."""
    return Vocabulary(candidates).guess(word)


class _Spelling:
    """A word in each form in which words are compared; those that few comparisons come to are made on demand."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.first, self.first_two = text[:1].casefold(), text[:2].casefold()

    @cached_property
    def joined(self) -> str:
        return _SEPARATORS.sub("", self.text).casefold()

    @cached_property
    def words(self) -> list[str]:
        # `sendToAll` is `send_to_all` to people who come from other languages.
        return _SEPARATORS.split(_HUMP.sub("-", self.text).casefold())


def _distance(written: _Spelling, meant: _Spelling) -> int | None:
    """Return how many letters are wrong, 0 if only case and separators are; None if it is another word."""
    # Of thousands of names, nearly all begin otherwise.
    if written.first not in meant.first_two and meant.first not in written.first_two:
        return None
    length, other_length = len(written.text), len(meant.text)
    if abs(length - other_length) > max(length, other_length) // 2 + 1:
        return None
    if written.joined == meant.joined:
        return 0
    parts, others = written.words, meant.words
    if len(parts) != len(others):
        # A separator too much or too few is a slip as well, but then nothing else may be wrong.
        return None
    total = 0
    for part, other in zip(parts, others, strict=True):
        slips = 0 if part == other else _slips(part, other)
        if slips is None:
            return None
        total += slips
    return total if total <= MOST_SLIPS else None


def _numbers(text: str) -> tuple[str, ...]:
    return tuple("".join(sign if sign.isnumeric() else " " for sign in text).split())


def _slips(word: str, other: str) -> int | None:
    """Return how many slips lead from one word to another; None if that is no matter of slips."""
    shorter = min(len(word), len(other))
    swapped = sorted(word) == sorted(other)
    # People hardly ever miss the first letter, and it makes other words: `women`, `unsubscribed`, `atypical`.
    if shorter < _SHORTEST_WITH_A_SLIP or (word[0] != other[0] and not swapped):
        return None
    count = edits(word, other)
    if count == 1:
        wrong_letter = len(word) == len(other) and not swapped
        at_end = word.startswith(other) or other.startswith(word)
        needed = _SHORTEST_WITH_A_WRONG_LETTER if wrong_letter else _SHORTEST_WITHOUT_ITS_END if at_end else 0
        return 1 if shorter >= needed else None
    # Two letters that are both wrong make another word: `slovakia` and `slovenia`.
    two = count == 2 and shorter >= _SHORTEST_WITH_TWO_SLIPS and (len(word) != len(other) or swapped)
    return 2 if two else None


def edits(word: str, other: str) -> int:
    """Return how many letters must be added, taken away, replaced, or swapped with the next one.

    Two words that need more than `MOST_SLIPS` are other words, and get one more than that.
    """
    if word == other:
        return 0
    far = MOST_SLIPS + 1
    # A slip takes at most one letter out of a word, so nearly all are judged by the letters that are in them.
    letters, other_letters = set(word), set(other)
    if max(len(letters - other_letters), len(other_letters - letters), abs(len(word) - len(other))) > MOST_SLIPS:
        return far
    # Two slips touch at most four of five parts, if each swaps letters of two; the fifth is in the other word.
    length = len(word) // 5 + 1
    if not any(word[start : start + length] in other for start in range(0, 5 * length, length)):
        return far
    # A path that leaves this band about the diagonal needs more letters already.
    before: list[int] = []
    row = [min(column, far) for column in range(len(other) + 1)]
    for index, letter in enumerate(word, 1):
        before, above = row, before
        row = [far] * (len(other) + 1)
        row[0] = min(index, far)
        for column in range(max(1, index - MOST_SLIPS), min(len(other), index + MOST_SLIPS) + 1):
            other_letter = other[column - 1]
            cost = min(before[column] + 1, row[column - 1] + 1, before[column - 1] + (letter != other_letter))
            if index > 1 and column > 1 and letter == other[column - 2] and word[index - 2] == other_letter:
                cost = min(cost, above[column - 2] + 1)
            row[column] = min(cost, far)
        if min(row) == far:
            return far
    return row[-1]
