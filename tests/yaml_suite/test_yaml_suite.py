"""The public YAML test suite: a valid text has an equal value, or it is on the list of what is refused on purpose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from invent_gitops.load import grammar, read_definitions

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))

# Valid YAML that is refused: the reason, and the rule and the cases that it is the reason of.
REFUSED: dict[str, dict[str, str]] = {
    "A tag changes how a value is read, and nothing that reviewers see says how.": {
        "yaml-tag": "2AUY 2XXW 33X3 35KP 52DL 565N 57H4 6JWB 735Y 74H7 7FWL 8MK2 9KAX BU8L CUP7 EHF6 F2C7 FH7J HMQ5 "
        "J7PZ LE5A M5C3 S4JQ UGM3 UKK6:2 Z67P",
        "yaml-syntax": "WZ62",
    },
    "A directive changes how the file is read.": {
        "yaml-directive": "27NA 2LFX 5TYM 6CK3 6LVF 6WLZ 6ZKB 9DXL 9WXW BEC7 C4HZ CC74 DK95:7 M7A3 MUS6:2 MUS6:3 "
        "MUS6:4 MUS6:5 MUS6:6 P76L RTP8 U3C3 UT92 W4TN XLQ9 Z9M4",
    },
    "The name of a field is text: JSON has no other, and a reviewer expects none.": {
        "yaml-key-not-text": "4FJ6 6BFJ 6PBE 9MMW KK5P LX3P M2N8:1 M5DY Q9WF RZP5 SBG9 V9D5 X38W XW4D",
    },
    "A field with no name has no place in a definition, and JSON has none either.": {
        "yaml-syntax": "2JQS 6M2F CFD4 FRK4 M2N8:0 NHX8 NKF9 S3PD SM9W:1 UKK6:0",
    },
    "The sign of a long key (`?`) passes for a part of the text.": {
        "yaml-complex-key": "5WE3 652Z 7W2P CT4Q DFF7 GH63 HM87:1 JTV5 L94M RR7F S9E8 X8DW ZWK4",
        "yaml-syntax": "JR7V",
    },
    "A name that is an alias hides from reviewers which field it is.": {"yaml-alias-key": "26DV E76Z"},
    "A sign after the name of an anchor belongs to it in YAML 1.2, and to the value for most readers.": {
        "yaml-anchor": "Y2GN",
        "yaml-syntax": "2SXE 8XYN W5VH",
    },
    "An anchor that is given twice lets an alias mean two things in one file.": {"yaml-syntax": "3GZX PW8X"},
    "A tab looks like any number of spaces.": {
        "yaml-syntax": "6BCT 6CA3 6HB6 A2M4 DC7X DK95:0 DK95:3 DK95:4 DK95:5 HS5T J3BT K54U NB6Z Q5MG UV7Q Y79Y:2 "
        "Y79Y:10",
    },
    "A `:` that touches the text on one side only, or begins a line, is read in two ways by the parsers out there.": {
        "yaml-syntax": "4MUZ:0 4MUZ:1 4MUZ:2 58MP 5MUD 5T43 DBG4 HM87:0 K3WX VJP3:1",
    },
    "A field's name in braces that goes on over two lines is no name that a reviewer would find again.": {
        "yaml-syntax": "9SA2 NJ66",
    },
    "A block of text at the left edge of a document looks like fields.": {"yaml-syntax": "DK3J FP8R"},
    "A document that ends with `...` and nothing before it, or that begins without `---` after it, is a slip.": {
        "yaml-syntax": "7Z25 HWV9 QT73",
    },
    "A definition that holds nothing is a slip.": {"empty-document": "6XDY PUW8", "empty-file": "8G76 98YD AVM7"},
}  # fmt: skip
# What the suite calls invalid and both parsers read, as a reviewer would: the reason, and the cases.
READ: dict[str, str] = {
    "Lines in brackets or quotes may begin at the left edge, or with a tab: what encloses them says where they end.": (
        "9C9N DK95:1 QB6E"
    ),
    "A dash alone in brackets is a text of one sign.": "G5U8 YJV2",
}
# Valid texts for which the suite gives events and no JSON, and what these events spell.
SPELLED: dict[str, list[Any]] = {
    "2G84:3": [""],
    "4ABK": [{"unquoted": "separate", "http://foo.com": None, "omitted value": None}],
}


@pytest.fixture(params=["libyaml", "pure"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "pure":
        monkeypatch.setattr(grammar, "LIBYAML", False)
    elif not grammar.LIBYAML:
        pytest.skip("this PyYAML was built without libyaml")


def read(folder: Path, text: str) -> tuple[list[Any], list[str]]:
    """The values of a text, and the rules that it breaks."""
    (folder / "x.yaml").write_bytes(text.encode())
    documents, problems = read_definitions(folder, root=folder)
    return [document.content for document in documents], [problem.rule for problem in problems]


def spelled(case: dict[str, Any]) -> list[Any] | None:
    """What the suite says that the documents of a case hold; None where no JSON can say it."""
    if "json" not in case:
        return SPELLED.get(case["id"])
    decoder, text, found = json.JSONDecoder(), case["json"].strip(), []
    while text:
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:].strip()
    return found


def test_the_suite_is_whole() -> None:
    assert len(CASES) == len({case["id"] for case in CASES}) == 402
    assert sum("error" in case for case in CASES) == 94


@pytest.mark.usefixtures("parser")
def test_a_valid_text_has_the_value_that_the_suite_gives_or_is_refused_for_a_listed_reason(tmp_path: Path) -> None:
    refused: dict[str, str] = {}
    for case in CASES:
        if "error" in case:
            continue
        values, rules = read(tmp_path, case["yaml"])
        if rules:
            refused[case["id"]] = rules[0]
        else:
            # As JSON, since True == 1 for Python.
            assert json.dumps(values) == json.dumps(spelled(case)), case["id"]
    listed = [(id, rule) for rules in REFUSED.values() for rule, ids in rules.items() for id in ids.split()]
    assert len(listed) == len(dict(listed)), "a case is listed twice"
    assert refused == dict(listed)


@pytest.mark.usefixtures("parser")
def test_an_invalid_text_is_refused_unless_it_is_listed(tmp_path: Path) -> None:
    accepted = {case["id"] for case in CASES if "error" in case and not read(tmp_path, case["yaml"])[1]}
    assert accepted == {id for ids in READ.values() for id in ids.split()}
