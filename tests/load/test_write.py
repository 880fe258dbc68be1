"""What is written is read back: by both parsers, whatever somebody called something."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from invent_gitops.errors import InvalidInput, Refused
from invent_gitops.files import replace, write_new
from invent_gitops.load import grammar, read_document
from invent_gitops.load.write import (
    catalogue_text,
    comment,
    definition_text,
    flow,
    scalar,
    schema_line,
)

# What YAML, an older YAML, a CI log or an eye could take for something else.
ODD = [
    *("no", "Yes", "null", "~", "", "12:30", "2026-11-20", "0x1f", "1e5", "-", "- a", "?", "? a", "a: b", "a:b", "a:"),
    *(
        "#a",
        "a #b",
        "a#b",
        "&a",
        "*a",
        "!a",
        "!!str a",
        "%a",
        "@a",
        "`a`",
        "'a",
        '"a"',
        "a\\n",
        "\\",
        "|",
        ">",
        "a | b",
    ),
    *("[a]", "{a}", "a, b", "id:x", "id: x", " a", "a ", "\ta", "a\tb", "a\nb", "---", "...", "<<", "=", ".inf", "y"),
    *(
        "é",
        "e\u0301",
        "Ünïcödé",
        "日本語",
        "😀",
        "\U000e0001",
        "\u0600",
        "a\u00a0b",
        "\x85",
        "\ufeff",
        "\u2028",
        "\x7f",
    ),
    *(
        "\x00",
        "\x1b[31m",
        "::error::x",
        "##[error]x",
        "\u202e",
        "\u200b",
        "\uffff",
        "\ue000",
        "Café – VIP (2)",
        "a/b.c",
    ),
]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=128) | st.sampled_from(ODD)
data = st.recursive(
    texts | st.none() | st.booleans() | st.integers(-(10**12), 10**12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(params=["libyaml", "pure"], scope="module")
def parser(request: pytest.FixtureRequest) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "pure":
            patch.setattr(grammar, "LIBYAML", False)
        yield request.param


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("written") / "file.yaml"


def read_back(file: Path, text: str) -> object:
    file.write_text(text, encoding="utf-8", newline="\n")
    document, problems = read_document(file, file.name)
    assert problems == []
    assert document
    return document.content


@given(entries=st.dictionaries(texts, data, max_size=4), header=st.lists(texts, max_size=2))
def test_a_catalogue_is_read_back_as_it_was_written(
    parser: str, file: Path, entries: dict[str, Any], header: list[str]
) -> None:
    # A list has a line for each of its entries, and an empty one has none.
    entries = {name: value for name, value in entries.items() if value != []}
    assert read_back(file, catalogue_text(entries, ["begin", *header])) == entries


@pytest.mark.parametrize("text", ODD)
def test_an_odd_text_is_itself_as_key_as_value_and_in_brackets(parser: str, file: Path, text: str) -> None:
    written = f"{scalar(text)}: [{scalar(text)}, {flow({text: text})}]\nx:\n  - {scalar(text)}\n"
    if text != "x":
        assert read_back(file, written) == {text: [text, {text: text}], "x": [text]}


@given(
    name=texts,
    segments=st.lists(st.tuples(texts, texts), max_size=3),
    schedule=st.sampled_from(["immediately", "2027-03-01T09:00:00Z", ("2027-03-01T09:00", "Europe/Berlin")]),
    header=st.lists(texts, max_size=2),
    key=texts,
)
@example(name="A", segments=[("vip", "\n- everyone")], schedule="immediately", header=["x\nsend_to_all: true"], key="")
def test_a_definition_is_read_back_as_it_was_written(
    parser: str,
    file: Path,
    name: str,
    segments: list[tuple[str, str]],
    schedule: str | tuple[str, str],
    header: list[str],
    key: str,
) -> None:
    text = definition_text(header=header, name=name, schedule=schedule, segments=segments, key=key)
    expected: dict[str, Any] = {"key": key} if key else {}
    expected["name"] = name
    expected["schedule"] = schedule if isinstance(schedule, str) else {"at": schedule[0], "timezone": schedule[1]}
    expected |= {"segments": [entry for entry, _ in segments]} if segments else {"send_to_all": True}
    assert read_back(file, text) == expected


@pytest.mark.parametrize("text", ["vip-customers", "Black Friday – VIP", "id:seg_1", "Köln & Bonn", "a/b (2)", "日本"])
def test_what_needs_no_quotes_has_none(text: str) -> None:
    assert scalar(text) == text


@pytest.mark.parametrize("text", ["no", "On", "12:30", "2026", "a: b", "a #b", "a,b", "[a]", "a ", "", "a:"])
def test_what_people_or_older_readers_would_misread_is_in_quotes(text: str) -> None:
    assert scalar(text) == f'"{text}"'


def test_a_comment_stays_on_its_line_and_shows_what_is_invisible() -> None:
    assert comment("a\nname: x\u202e\x1b") == "# a\\u{a}name: x\\u{202e}\\u{1b}"


def test_editor_is_led_to_the_schema_only_where_there_is_one(tmp_path: Path) -> None:
    folder = tmp_path / "broadcasts" / "deep"
    assert schema_line(folder, tmp_path, "broadcast") == []
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "broadcast.schema.json").touch()
    assert schema_line(folder, tmp_path, "broadcast") == [
        "yaml-language-server: $schema=../../schemas/broadcast.schema.json"
    ]


# ---------------------------------------------------------------- files


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_new_file_never_takes_the_place_of_anything(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.yaml"
    assert write_new(path, "one\n", "a.yaml")
    assert not write_new(path, "two\n", "a.yaml")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "nowhere")
    assert not write_new(tmp_path / "link.yaml", "two\n", "link.yaml")
    assert path.read_text() == "one\n"
    assert (names(tmp_path), names(tmp_path / "deep")) == (["deep", "link.yaml"], ["a.yaml"])


def test_a_file_that_is_replaced_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "a.yaml", tmp_path / "link.yaml"
    path.write_text("old\n")
    path.chmod(0o640)
    link.symlink_to(path)
    replace(link, "new\n", "link.yaml")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode), link.is_symlink()) == ("new\n", 0o640, True)
    assert names(tmp_path) == ["a.yaml", "link.yaml"]


def test_a_check_that_says_no_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("old\n")

    def refuse(fresh: Path) -> None:
        assert fresh.read_text() == "new\n"
        raise Refused("No.")

    with pytest.raises(Refused):
        replace(path, "new\n", "a.yaml", refuse)
    assert (path.read_text(), names(tmp_path)) == ("old\n", ["a.yaml"])


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    for write in (write_new, replace):
        with pytest.raises(InvalidInput, match=r"a\.yaml cannot be written"):
            write(tmp_path / "a.yaml", "x\n", "a.yaml")


def test_place_below_a_file_is_told_as_one_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for write in (write_new, replace):
        with pytest.raises(InvalidInput, match=r"a\.yaml cannot be written"):
            write(tmp_path / "file" / "a.yaml", "x\n", "a.yaml")
