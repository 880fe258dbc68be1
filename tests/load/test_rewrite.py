"""A catalogue that is brought up to date: what a person wrote into it stays, and no comment is ever lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.load import read_document
from invent_gitops.load.rewrite import rewritten
from invent_gitops.load.write import catalogue_text, comment, scalar
from tests.running import account, call, invent

HEADER = [
    "The segments of org c at here, as invent-gitops segments pull has read them.",
    "Definitions write the names; a former one still means the same segment; id:… tells equal names apart.",
]
AT = "2027-01-01T00:00:00Z"


def segment(id: str, count: int = 5, *formerly: str) -> dict[str, Any]:
    return {"id": id, "contacts_count": count} | ({"formerly": list(formerly)} if formerly else {})


def renewed(old: str, **entries: Any) -> list[str]:
    """The lines that follow our own at the top."""
    text = rewritten(old, {"read_at": AT, **entries}, HEADER).text
    assert text.startswith("".join(f"{comment(line)}\n" for line in HEADER) + f'read_at: "{AT}"\n')
    return text.splitlines()[3:]


def test_what_nothing_changed_in_stays_letter_by_letter() -> None:
    old = '# buyers\n"VIP":  {contacts_count: 5,  id: seg_1}  # ask Ann\n\nShort: seg_2\n# the end\n'
    assert renewed(old, VIP=segment("seg_1"), Short="seg_2") == old.splitlines()


def test_order_of_a_person_stays_and_what_is_new_comes_after_it() -> None:
    lines = renewed("Zoo: seg_1\nAlpha: seg_2\n", Alpha="seg_2", Beta="seg_3", Zoo="seg_1")
    assert lines == ["Zoo: seg_1", "Alpha: seg_2", "Beta: seg_3"]


def test_where_the_file_is_in_order_what_is_new_is_put_into_it() -> None:
    lines = renewed("Alpha: seg_2 # a\nZoo: seg_1 # z\n", Alpha="seg_2", Beta="seg_3", Zoo="seg_1")
    assert lines == ["Alpha: seg_2 # a", "Beta: seg_3", "Zoo: seg_1 # z"]


def test_renamed_and_recounted_ones_keep_their_place_and_what_is_said_of_them() -> None:
    old = "# the best\nVIP: {id: seg_1} # ask Ann\nOther: {id: seg_2} # {odd}: #1\n"
    lines = renewed(old, Gold=segment("seg_1", 12, "VIP"), Other=segment("seg_2", 7))
    assert lines == [
        "# the best",
        "Gold: {id: seg_1, contacts_count: 12, formerly: [VIP]} # ask Ann",
        "Other: {id: seg_2, contacts_count: 7} # {odd}: #1",
    ]


def test_each_of_several_segments_with_one_name_keeps_its_remark() -> None:
    old = "Twin:\n  # both\n  - {id: seg_1} # germans\n  - {id: seg_2} # french\n"
    lines = renewed(old, Twin=[segment("seg_2", 1), segment("seg_1", 2)])
    assert lines == [
        "# both",
        "Twin:",
        "  - {id: seg_2, contacts_count: 1} # french",
        "  - {id: seg_1, contacts_count: 2} # germans",
    ]


def test_entry_of_several_lines_becomes_one_and_its_comments_stand_above() -> None:
    old = "VIP:\n  id: seg_1 # one\n  # two\n  contacts_count: 1\n  # three\nB: seg_2\n"
    assert renewed(old, B="seg_2", VIP=segment("seg_1")) == [
        "# two",
        "VIP: {id: seg_1, contacts_count: 5} # one",
        "  # three",
        "B: seg_2",
    ]


def test_comments_of_what_is_gone_stay_and_say_so() -> None:
    old = "# winter\nOld: seg_1 # bye\nSilent: seg_3\nVIP: seg_2\n"
    result = rewritten(old, {"read_at": AT, "VIP": "seg_2"}, HEADER)
    assert result.text.splitlines()[3:] == [
        "# winter",
        "# bye",
        "# This is about Old (seg_1), which is gone from Invent.",
        "VIP: seg_2",
    ]
    assert result.note == "Comments about what is gone stay in the file: Old."


@pytest.mark.parametrize(
    "old",
    [
        "# a\n{VIP: seg_1, # b\n Old: seg_2}\n# c\n",
        "# a\nOld: {id: seg_2, contacts_count: 1, formerly: &x [then]} # b\nVIP: {id: seg_1, formerly: *x}\n# c\n",
    ],
)
def test_comments_that_have_no_place_any_more_go_to_the_top(old: str) -> None:
    vip = {"id": "seg_1", "formerly": ["then"]}
    result = rewritten(old, {"VIP": vip, "Old": segment("seg_2", 2, "then")}, HEADER)
    assert result.text.splitlines()[:3] == ["# a", "# b", "# c"]
    assert "at its top" in result.note


def test_schema_line_of_a_person_is_not_written_twice() -> None:
    line = "yaml-language-server: $schema=../mine.json"
    text = rewritten(f"# {line}\nVIP: seg_1\n", {"VIP": "seg_1"}, ["yaml-language-server: $schema=x", *HEADER]).text
    assert text.count("yaml-language-server") == 1
    assert text.startswith(f"# {line}\n")


def test_line_ends_of_the_file_stay() -> None:
    text = rewritten("# a\r\nVIP: seg_1\r\n", {"VIP": "seg_1", "B": "seg_2"}, HEADER).text
    assert text.count("\r\n") == text.count("\n") == 5


names = st.sampled_from(["VIP", "no", "12:30", "Zoo", "a b", "#x", "Café", "x: y"])
ids = st.sampled_from([f"seg_{number}" for number in range(9)])
values = st.one_of(ids, st.builds(segment, ids, st.integers(0, 3)), st.lists(st.builds(segment, ids), min_size=1))


def each_id_once(entries: dict[str, Any]) -> dict[str, Any]:
    """As Invent lists them."""
    seen: set[str] = set()
    kept: dict[str, Any] = {}
    for name, value in entries.items():
        found = [
            each["id"] if isinstance(each, dict) else each for each in (value if isinstance(value, list) else [value])
        ]
        if len(set(found)) == len(found) and seen.isdisjoint(found):
            kept[name] = value
            seen |= set(found)
    return kept


def written(name: str, value: Any, block: bool) -> str:
    if block and isinstance(value, dict):
        return f"{scalar(name)}: # in\n  id: {value['id']} # in\n  # in\n  contacts_count: {value['contacts_count']}"
    return catalogue_text({name: value}, []).rstrip("\n").replace("\n", " # in\n")


@given(
    st.dictionaries(names, st.tuples(values, st.booleans(), st.sampled_from(["", " # in"])), max_size=5),
    st.dictionaries(names, values, max_size=5).map(each_id_once),
)
def test_whatever_becomes_of_the_entries_no_comment_is_lost_and_the_data_is_right(
    tmp_path_factory: pytest.TempPathFactory, old: dict[str, tuple[Any, bool, str]], new: dict[str, Any]
) -> None:
    text = (
        "".join(f"# in\n{written(name, value, block)}{end}\n\n" for name, (value, block, end) in old.items()) + "# in"
    )
    result = rewritten(text, new, HEADER)
    assert result.text.count("# in") >= text.count("# in")
    folder = tmp_path_factory.getbasetemp() / "rewritten"
    folder.mkdir(exist_ok=True)
    (folder / "segments.yaml").write_text(result.text, "utf-8")
    document, problems = read_document(folder / "segments.yaml", "segments.yaml")
    assert problems == []
    assert document is not None
    assert {name: plain(value) for name, value in document.content.items()} == {  # type: ignore[attr-defined]
        name: plain(value) for name, value in new.items()
    }
    assert rewritten(result.text, new, HEADER).text == result.text, "a second time changes nothing"


def plain(value: Any) -> Any:
    if isinstance(value, list):
        return [plain(each) for each in value]
    return {"id": value} if isinstance(value, str) else value


def test_pull_keeps_what_a_person_wrote_into_the_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "segments.yaml"
    path.write_text("# our people\nVIP: seg_1 # ask Ann\nAlpha: seg_2\nOld: seg_9 # winter\n", "utf-8")
    with invent() as server:
        server.sandbox.seed([("seg_1", "VIP", 5), ("seg_2", "Alpha", 3), ("seg_3", "Beta", 1)])
        result = call(tmp_path, "segments", "pull", env=account(server.url))
        assert (result.code, "Comments about what is gone stay in the file: Old." in result.err) == (0, True)
        first = path.read_text("utf-8")
        assert first.splitlines()[3:] == [
            "# our people",
            "VIP: {id: seg_1, contacts_count: 5} # ask Ann",
            "Alpha: {id: seg_2, contacts_count: 3}",
            "# winter",
            "# This is about Old (seg_9), which is gone from Invent.",
            "Beta: {id: seg_3, contacts_count: 1}",
        ]
        assert call(tmp_path, "segments", "pull", env=account(server.url)).code == 0
    assert path.read_text("utf-8").splitlines()[3:] == first.splitlines()[3:]
