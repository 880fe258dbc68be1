"""Guesses what was meant by a word that nobody knows: only slips of the hand, never another word or number."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Shorter words differ by a letter because they are other words: `fr` and `de`, `men` and `man`.
_SHORTEST_WITH_A_SLIP = 3
_SHORTEST_WITHOUT_ITS_END = 4
_SHORTEST_WITH_A_WRONG_LETTER = 5
_SHORTEST_WITH_TWO_SLIPS = 8
_SEPARATORS = re.compile(r"[\s_./:-]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def guess(word: str, candidates: Iterable[str]) -> str:
    """Return the known word that was surely meant, or "": it differs in case, separators, or by one or two letters.

    Digits are never guessed, nor is a part of a word that could be a word of its own: a wrong guess leads to other
    people. If two known words are equally near, neither is meant.
    """
    nearest: dict[str, int] = {}
    for name in candidates:
        distance = _distance(word, name)
        if distance is not None:
            nearest[name] = distance
    best = min(nearest.values(), default=0)
    meant = [name for name, distance in nearest.items() if distance == best]
    return meant[0] if len(meant) == 1 else ""


def _distance(written: str, meant: str) -> int | None:
    """Return how many letters are wrong, 0 if only case and separators are; None if it is another word."""
    # Of thousands of names, nearly all begin otherwise.
    if written[:1].casefold() not in meant[:2].casefold() and meant[:1].casefold() not in written[:2].casefold():
        return None
    if abs(len(written) - len(meant)) > max(len(written), len(meant)) // 2 + 1:
        return None
    if _numbers(written) != _numbers(meant):
        return None
    if written == meant or _joined(written) == _joined(meant):
        return 0
    parts, others = _words(written), _words(meant)
    if len(parts) != len(others):
        # A separator too much or too few is a slip as well, but then nothing else may be wrong.
        return None
    slips = [_slips(letter, other) for letter, other in zip(parts, others, strict=True) if letter != other]
    total = sum(count for count in slips if count is not None)
    return None if None in slips or total > 2 else total


def _numbers(text: str) -> list[str]:
    return "".join(sign if sign.isnumeric() else " " for sign in text).split()


def _joined(text: str) -> str:
    return _SEPARATORS.sub("", text).casefold()


def _words(text: str) -> list[str]:
    # `sendToAll` is `send_to_all` to people who come from other languages.
    return _SEPARATORS.split(_HUMP.sub("-", text).casefold())


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
    """Return how many letters must be added, taken away, replaced, or swapped with the next one."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for index, letter in enumerate(word, 1):
        before, above, row = row, before, [index]
        for column, other_letter in enumerate(other, 1):
            cost = min(before[column] + 1, row[-1] + 1, before[column - 1] + (letter != other_letter))
            if index > 1 and column > 1 and letter == other[column - 2] and word[index - 2] == other_letter:
                cost = min(cost, above[column - 2] + 1)
            row.append(cost)
    return row[-1]
