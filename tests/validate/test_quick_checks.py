"""What is waved through without being worded is what the careful rules let pass: seeded random texts show it."""

from __future__ import annotations

import random

import pytest

from invent_gitops.model.document import Document, Span
from invent_gitops.model.problem import Position
from invent_gitops.validate import schedule
from invent_gitops.validate.names import check_quotes, fault_of_id, fault_of_line, quick_id, quick_line
from invent_gitops.validate.report import ProblemReport

SIGNS = "aZ09 _-./:#'\"\t\n\x7f\x00\xa0\u200b\u201c\u201d–é\u0301\u2028☂\U000e0020"
TIMES = ["2040-01-25T09:00", "2040-01-25T09:00:30", "2040-01-25T09:00:00Z", "2028-02-29T23:59Z", "2027-03-28T02:30"]


def words(seed: int, count: int) -> list[str]:
    dice = random.Random(seed)  # noqa: S311  # repeatable, and no secret
    return ["".join(dice.choices(SIGNS[: dice.choice((4, 11, len(SIGNS)))], k=dice.randrange(6))) for _ in range(count)]


def test_line_that_is_waved_through_has_no_fault_and_no_quotes_of_print() -> None:
    passed = [word for word in words(1, 4000) if quick_line(word) is not None]
    assert len(passed) > 500
    for word in passed:
        report = ProblemReport(Document(word, "", lambda *_, word=word, **__: Span(Position("f", 1, 1), word, 1)))
        assert fault_of_line(word, "It") is None
        assert not check_quotes(report, word, "it", ())


def test_id_that_is_waved_through_has_no_fault() -> None:
    passed = [word for word in words(2, 4000) if quick_id(word) is not None]
    assert len(passed) > 500
    assert [word for word in passed if fault_of_id(word, "It")] == []


@pytest.mark.parametrize("zone", ["", "Europe/Berlin"])
def test_time_that_is_read_at_once_is_read_the_same_with_care(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    dice = random.Random(3)  # noqa: S311  # repeatable, and no secret
    written = list(TIMES)
    for _ in range(6000):
        text = list(dice.choice(TIMES))
        for _ in range(dice.randrange(1, 3)):
            text[dice.randrange(len(text))] = dice.choice([*"0123456789-:TtZz ., +W", "\u0661", "00", ""])
        written.append("".join(text))
    at_once = [text for text in written if schedule._quick_time(text)]
    assert len(at_once) > 500
    quick = [schedule._parse(text, zone, "", ()) for text in at_once]
    monkeypatch.setattr(schedule, "_quick_time", lambda _: None)
    assert quick == [schedule._parse(text, zone, "", ()) for text in at_once]
    assert [repr(parsed) for parsed in quick] == [repr(schedule._parse(text, zone, "", ())) for text in at_once]
