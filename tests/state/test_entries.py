"""Two sections of a state, compared as text, differ in the entries in which they differ as dictionaries."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping

from invent_gitops.state.entries import BETWEEN, key_of, quick_difference

KEYS = ["a", "ab", "b", "broadcasts/x", 'q"k', "\\b", "ü", "é\u2028", "zz", *(f"k{number:02}" for number in range(40))]


def section(entries: Mapping[str, object]) -> bytes:
    """The lines between the braces of a section, as a state has them."""
    text = json.dumps({"broadcasts": entries}, indent=2, sort_keys=True, ensure_ascii=False)
    return text.partition('{\n    "')[2].rpartition("\n  }")[0].encode() if entries else b""


def test_quick_difference_is_that_of_the_dictionaries() -> None:
    rng = random.Random(13)  # noqa: S311  # made-up entries
    for _ in range(400):
        old = {key: {"id": rng.randrange(3), "name": "n" * rng.randrange(400)} for key in KEYS if rng.random() < 0.6}
        new = {key: value for key, value in old.items() if rng.random() < 0.9}
        new |= {key: {"id": rng.randrange(3), "name": "n"} for key in KEYS if rng.random() < 0.1}
        difference = quick_difference(section(old), section(new))
        assert difference is not None
        gone, came = ([*map(key_of, entries)] for entries in difference)
        assert gone == sorted(key for key in old if old[key] != new.get(key))
        assert came == sorted(key for key in new if new[key] != old.get(key))


def test_entries_out_of_order_and_without_a_key_are_left_to_the_careful_reader() -> None:
    entries = section({"a": 1, "b": 2, "c": 3}).split(BETWEEN)
    swapped = BETWEEN.join([entries[0], entries[2], entries[1]])
    assert quick_difference(section({"a": 1}), swapped) is None
    assert quick_difference(section({"a": 1}), b"no key") is None
