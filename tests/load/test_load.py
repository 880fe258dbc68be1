"""From files to documents: what is read, what is refused, and that both parsers answer alike."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from invent_gitops.errors import InvalidInput
from invent_gitops.load import grammar, read_definitions, read_document
from invent_gitops.model.document import Document
from invent_gitops.model.problem import Problem
from tests.forked import PATIENCE
from tests.test_growth import steps


def load(folder: Path, exclude: frozenset[Path] = frozenset()) -> tuple[list[Document], list[Problem]]:
    return read_definitions(folder, root=folder, exclude=exclude)


def load_text(tmp_path: Path, text: str | bytes) -> tuple[list[Document], list[Problem]]:
    (tmp_path / "x.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(tmp_path)


def data_of(tmp_path: Path, text: str | bytes) -> object:
    (document,), problems = load_text(tmp_path, text)
    assert problems == []
    return document.content


@pytest.fixture(params=["libyaml", "pure"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "pure":
        monkeypatch.setattr(grammar, "LIBYAML", False)
    elif not grammar.LIBYAML:
        pytest.skip("this PyYAML was built without libyaml")
    return str(request.param)


# ---------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("Null", None), ("nULL", "nULL"), ("''", ""),
        ("true", True), ("True", True), ("tRUE", "tRUE"), ("FALSE", False),
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("off", "off"), ("n", "n"), ("Y", "Y"),
        ("12:30", "12:30"), ("1:2:3", "1:2:3"), ("2026-11-27", "2026-11-27"), ("2025-02-30", "2025-02-30"),
        ("2026-11-27T09:00:00Z", "2026-11-27T09:00:00Z"), ("1_000", "1_000"), ("=", "="),
        ("0", 0), ("-7", -7), ("+7", 7), ("010", 10), ("0o17", 15), ("0x1F", 31), ("-0x1F", "-0x1F"), ("0b1", "0b1"),
        ("1.5", 1.5), (".5", 0.5), ("1.", 1.0), ("1e3", 1000.0), ("-1.5E-1", -0.15), (".", "."), ("+", "+"),
        ("1e", "1e"), ("'1'", "1"), ('"true"', "true"), ("|-\n  1", "1"), (">-\n  null", "null"),
        ("9" * 300, int("9" * 300)), ("[1, a, [~]]", [1, "a", [None]]), ("{b: 1, a: }", {"b": 1, "a": None}),
    ],
)  # fmt: skip
def test_scalars_follow_the_core_schema_of_yaml_1_2(tmp_path: Path, parser: str, text: str, value: object) -> None:
    read = data_of(tmp_path, f"a: {text}\n")
    assert read == {"a": value}
    assert isinstance(read, dict)
    assert type(read["a"]) is type(value)


def test_keys_may_look_like_words_of_yaml_if_they_are_quoted(tmp_path: Path, parser: str) -> None:
    assert data_of(tmp_path, '"1": a\n"<<": b\n"null": c\nno: d\n') == {"1": "a", "<<": "b", "null": "c", "no": "d"}


def test_aliases_are_written_out_as_values_of_their_own(tmp_path: Path, parser: str) -> None:
    data = data_of(tmp_path, "a: &x [1, {b: c}]\nd: *x\n")
    assert data == {"a": [1, {"b": "c"}], "d": [1, {"b": "c"}]}
    assert isinstance(data, dict)
    assert data["a"] is not data["d"]


@pytest.mark.parametrize("text", [b"\xef\xbb\xbfa: b\n", b"a: b\r\n", b"a: b", b"a: b\r", b"--- {a: b}\n...\n"])
def test_byte_order_mark_and_every_line_end_are_read(tmp_path: Path, parser: str, text: bytes) -> None:
    assert data_of(tmp_path, text) == {"a": "b"}


# ---------------------------------------------------------------- places


def test_positions_count_characters_from_one_in_every_kind_of_line(tmp_path: Path, parser: str) -> None:
    text = '\ufeff# é\r\nname: "ä😀"\r\nschedule:\r\n  at: x\r\n"é😀": {b: [1, 22]}\r\n'
    (document,), _ = load_text(tmp_path, text)
    at = document.locate
    assert str(document.start) == "x.yaml:2:1"
    assert document.marks["name"] == (2, 7)
    assert (str(at(("schedule", "at")).position), at(("schedule", "at")).source) == ("x.yaml:4:7", "  at: x")
    assert str(at(("é😀", "b", 1)).position) == "x.yaml:5:15"
    assert at(("é😀", "b", 1)).length == 2
    assert str(at(("é😀",), of_key=True).position) == "x.yaml:5:1"
    assert str(at(("schedule", "missing", "deeper")).position) == "x.yaml:4:3", "the nearest parent"


def test_places_in_the_second_document_are_its_own(tmp_path: Path, parser: str) -> None:
    documents, problems = load_text(tmp_path, "key: a\n---\nkey: b\nname: c\n")
    assert problems == []
    assert [document.default_key for document in documents] == ["", ""]
    assert str(documents[1].locate(("name",)).position) == "x.yaml:4:7"


def test_documents_before_a_broken_one_are_kept(tmp_path: Path, parser: str) -> None:
    documents, problems = load_text(tmp_path, "key: a\n---\nkey: [\n---\nkey: c\n")
    assert [document.content for document in documents] == [{"key": "a"}]
    assert documents[0].default_key == ""
    assert [problem.rule for problem in problems] == ["yaml-syntax"]


def test_very_long_lines_are_cut_in_problems(tmp_path: Path) -> None:
    (problem,) = load_text(tmp_path, f"a: {'x' * 5000}: b\n")[1]
    assert problem.position.column == 5004
    assert len(problem.source) == 1000


# ---------------------------------------------------------------- folders


def test_files_are_found_recursively_in_one_order_and_hidden_ones_are_not(tmp_path: Path) -> None:
    for name in ("b.yaml", "a/z.yml", "a/y.yaml", "a.yaml", ".hidden.yaml", ".git/x.yaml", "readme.md", "c.json"):
        path = tmp_path / "defs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"name: {name}\n")
    documents, problems = read_definitions(tmp_path / "defs", root=tmp_path)
    assert problems == []
    assert [document.start.file for document in documents] == [
        "defs/a.yaml",
        "defs/a/y.yaml",
        "defs/a/z.yml",
        "defs/b.yaml",
    ]
    assert [document.default_key for document in documents] == ["a", "a/y", "a/z", "b"]


def test_excluded_files_are_no_definitions(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "invent.yaml").write_text("a: b")
    (tmp_path / "sub" / "segments.yaml").write_text("a: b")
    exclude = frozenset({(tmp_path / "invent.yaml").resolve(), (tmp_path / "sub" / "segments.yaml").resolve()})
    assert load(tmp_path, exclude=exclude) == ([], [])


def test_folder_out_of_the_root_is_shown_as_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: b")
    (document,), _ = read_definitions(tmp_path, root=tmp_path / "elsewhere")
    assert document.start.file == f"{tmp_path.as_posix()}/x.yaml"


@pytest.mark.parametrize("name", ["missing", "file"])
def test_missing_folder_cannot_go_on_and_says_what_to_do(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput) as caught:
        load(tmp_path / name)
    assert caught.value.cure


def test_symbolic_links_are_followed_only_within_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "defs"
    (folder / "real").mkdir(parents=True)
    (tmp_path / "secret.yaml").write_text("name: secret\n")
    (tmp_path / "defs-other").mkdir()
    (tmp_path / "defs-other" / "x.yaml").write_text("name: x\n")
    (folder / "real" / "a.yaml").write_text("name: a\n")
    (folder / "inside.yaml").symlink_to(folder / "real" / "a.yaml")
    (folder / "out.yaml").symlink_to(tmp_path / "secret.yaml")
    (folder / "sibling.yaml").symlink_to(tmp_path / "defs-other" / "x.yaml")
    (folder / "loop.yaml").symlink_to(folder / "loop.yaml")
    (folder / "dangling.yaml").symlink_to(folder / "nowhere.yaml")
    (folder / "linked").symlink_to(folder / "real")
    (folder / "notes.txt").symlink_to(tmp_path / "secret.yaml")
    documents, problems = load(folder)
    assert [document.start.file for document in documents] == ["inside.yaml", "real/a.yaml"]
    assert [(problem.position.file, problem.rule) for problem in problems] == [
        ("dangling.yaml", "file-unreadable"),
        ("linked", "symlinked-folder"),
        ("loop.yaml", "file-unreadable"),
        ("out.yaml", "symlink-leaves-folder"),
        ("sibling.yaml", "symlink-leaves-folder"),
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.yaml")
    assert [problem.rule for problem in load(tmp_path)[1]] == ["file-special"]
    assert [problem.rule for problem in read_document(tmp_path / "x.yaml", "x.yaml")[1]] == ["file-special"]


def test_file_without_permission_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: b")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    assert [problem.rule for problem in load(tmp_path)[1]] == ["file-unreadable"]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are always Unicode here")
def test_file_name_that_is_not_utf8_is_a_problem_that_can_be_printed(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.yaml")).write_text("a: b")
    (problem,) = load(tmp_path)[1]
    assert problem.rule == "file-name"
    assert str(problem.position).encode()


def test_bytes_that_are_not_utf8_are_placed(tmp_path: Path) -> None:
    (problem,) = load_text(tmp_path, b"\xef\xbb\xbfa: b\r\nc: \xc3\xa9\xe9 d\n")[1]
    assert (problem.rule, str(problem.position)) == ("file-not-utf8", "x.yaml:2:5")


def test_file_may_have_a_megabyte_and_not_one_byte_more(tmp_path: Path) -> None:
    text = "a: b\n#" + "x" * (1024 * 1024 - 6)
    assert load_text(tmp_path, text)[1] == []
    assert [problem.rule for problem in load_text(tmp_path, text + "x")[1]] == ["file-too-long"]


def test_missing_file_is_a_problem_of_read_document(tmp_path: Path) -> None:
    document, (problem,) = read_document(tmp_path / "nothing.yaml", "nothing.yaml")
    assert document is None
    assert problem.rule == "file-unreadable"


@pytest.mark.parametrize("text", ["", "# only words\n", "---\n"])
def test_empty_project_file_is_an_empty_mapping(tmp_path: Path, parser: str, text: str) -> None:
    path = tmp_path / "invent.yaml"
    path.write_text(text)
    document, problems = read_document(path, "invent.yaml")
    assert problems == []
    assert document is not None
    assert document.content == {}
    assert document.locate(("a",)).position.file == "invent.yaml"


# ---------------------------------------------------------------- what YAML reads otherwise than people do


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('key: "value"# invalid comment\n', "x.yaml:1:13"),
        ("---\n[ a, b, c,#invalid\n]\n", "x.yaml:2:11"),
        ("---\n[ a, b, c, ]#invalid\n", "x.yaml:2:13"),
        ("block: ># comment\n  scalar\n", "x.yaml:1:9"),
        ("plain: a\n       b # end of scalar\n       c\n", "x.yaml:2:10"),
        ("word1  # comment\nword2\n", "x.yaml:1:8"),
        ("key: word1\n#  xxx\n  word2\n", "x.yaml:2:1"),
        ("key: value\nthis is #not a: key\n", "x.yaml:2:9"),
        ("---\nscalar1 # comment\n%YAML 1.2\n---\nscalar2\n", "x.yaml:3:1"),
        ("%YAML 1.1#...\n---\n", "x.yaml:1:1"),
        ("empty block scalar: >\n \n  \n   \n # comment\n", "x.yaml:5:2"),
        ("{a: b}#c\n", "x.yaml:1:7"),
        ("'a'#b\n", "x.yaml:1:4"),
        ("[#a\nb]\n", "x.yaml:1:2"),
        ("a: [b, c #d, e]\n", "x.yaml:1:10"),
    ],
)
def test_what_the_public_test_suite_calls_invalid_around_comments_is_refused(
    tmp_path: Path, parser: str, text: str, place: str
) -> None:
    (problem,) = load_text(tmp_path, text)[1]
    assert str(problem.position) == place
    assert (problem.cure, "This is not valid YAML" in problem.message) != ("", True)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: 'x' #c\nb: \"#\" #d\nc: [d] #e\nd: {e: f} #g\n", {"a": "x", "b": "#", "c": ["d"], "d": {"e": "f"}}),
        ("a: # c\n# d\n  - b#1 # e\n # f\n  - 'g#'\n#h\n", {"a": ["b#1", "g#"]}),
        ("a: |-\n  # b\n  c #d\n# e\nf: >- # g\n  '#h'\n", {"a": "# b\nc #d", "f": "'#h'"}),
        ("a: https://x/#y\nb: [\n  c, # d\n  e # f\n]\n", {"a": "https://x/#y", "b": ["c", "e"]}),
        ('a: Ready?\nb: x & y\nc: 2 * 3\nd: "[in?]"\n', {"a": "Ready?", "b": "x & y", "c": "2 * 3", "d": "[in?]"}),
        ("a: &x [b]\nc: *x\nd: {e: *x , f: &y g}\n", {"a": ["b"], "c": ["b"], "d": {"e": ["b"], "f": "g"}}),
    ],
)
def test_comments_anchors_and_signs_where_they_belong_are_read(
    tmp_path: Path, parser: str, text: str, data: object
) -> None:
    assert data_of(tmp_path, text) == data


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("name: &a:b\n", "yaml-anchor"), ("{&a:b}\n", "yaml-anchor"),
        ("{ ?at: x }\n", "yaml-complex-key"), ("? a\n: b\n", "yaml-complex-key"),
        ("a: b\n? c\n", "yaml-complex-key"), ("[? a : b]\n", "yaml-complex-key"),
        ("a: &x b\n*x : c\n", "yaml-alias-key"), ("a: &x b\nc: {*x:d}\n", "yaml-alias-key"),
        ("a: &x b\nc: [*x:d]\n", "yaml-alias-key"), ("a: Really?\nb: &x c\nd: {e: f, *x: g}\n", "yaml-alias-key"),
    ],
)  # fmt: skip
def test_signs_that_pass_for_letters_are_refused(tmp_path: Path, parser: str, text: str, rule: str) -> None:
    problems = load_text(tmp_path, text)[1]
    assert rule in [problem.rule for problem in problems]
    assert all(problem.cure for problem in problems)


def test_a_comment_that_ends_a_text_is_known_with_its_path_and_place(tmp_path: Path, parser: str) -> None:
    text = "name: a b #1\r\nsegments:\r\n  - c # d\r\n  - {e: f  #g\r\n    }\r\n'x': 'y' #z\r\n"
    (document,), problems = load_text(tmp_path, text)
    assert problems == []
    assert [(one.path, one.text, str(one.span.position)) for one in document.comments] == [
        (("name",), "#1", "x.yaml:1:11"),
        (("segments", 0), "# d", "x.yaml:3:7"),
        (("segments", 1, "e"), "#g", "x.yaml:4:12"),
    ]


def test_byte_order_mark_is_refused_wherever_the_file_does_not_begin(tmp_path: Path, parser: str) -> None:
    for text in ("a: b\ufeff\n", "\ufeff\ufeffa: b\n", "a: b\n---\n\ufeffc: d\n"):
        (problem,) = load_text(tmp_path, text)[1]
        assert (problem.rule, "byte order mark" in problem.message) == ("yaml-character", True)


@pytest.mark.parametrize("line", ["<<<<<<< HEAD", ">>>>>>> spring", "||||||| 1f2e3d4"])
def test_conflict_of_git_is_named_whatever_side_was_cleaned_up(tmp_path: Path, line: str) -> None:
    (problem,) = load_text(tmp_path, f"a: b\r\n{line}\r\nc: d\r\n" + (">>>>>>> x\n" if line[0] == "|" else ""))[1]
    assert (problem.rule, problem.position.line) == ("merge-conflict", 2)


def test_signs_of_a_conflict_within_a_text_are_no_conflict(tmp_path: Path, parser: str) -> None:
    text = "a: '<<<<<<< HEAD'\nb: |-\n  <<<<<<< HEAD\n  =======\n  >>>>>>> x\n"
    assert data_of(tmp_path, text) == {"a": "<<<<<<< HEAD", "b": "<<<<<<< HEAD\n=======\n>>>>>>> x"}


def test_many_faults_in_a_long_file_take_no_longer_than_their_number(tmp_path: Path) -> None:
    problems = load_text(tmp_path, "- [a]#b\n- e #f\n" * 15_000)[1]
    assert len(problems) == 15_000


# ---------------------------------------------------------------- hostile texts

DEEP = 60_000


@pytest.mark.parametrize(
    "text",
    ["[" * DEEP, "- " * DEEP, "? " * DEEP, "{a: " * DEEP, "a:\n" + "- " * DEEP, "[" * DEEP + "]" * DEEP, "{" * DEEP,
     "[{" * DEEP, "\n".join(" " * depth + "a:" for depth in range(1000))],
    ids=["[", "-", "?", "{a:", "a -", "[]", "{", "[{", "indented"],
)  # fmt: skip
def test_deep_nesting_is_a_quick_problem_and_no_crash(tmp_path: Path, text: str) -> None:
    # In a process of its own, since a crash of the C parser would take the test run with it.
    (tmp_path / "x.yaml").write_text(text)
    code = (
        "import sys; from pathlib import Path; from invent_gitops.load import grammar, read_definitions\n"
        "for fast in (grammar.LIBYAML, False):\n"
        "    grammar.LIBYAML = fast\n"
        "    folder = Path(sys.argv[1])\n"
        "    print([problem.rule for problem in read_definitions(folder, root=folder)[1]])\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2], timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["['yaml-too-deep']"] * 2


def test_sixty_four_levels_are_read_and_one_more_is_not(tmp_path: Path, parser: str) -> None:
    def nested(levels: int) -> str:
        return "[" * (levels - 1) + "x" + "]" * (levels - 1)

    assert load_text(tmp_path, nested(64))[1] == []
    assert [problem.rule for problem in load_text(tmp_path, nested(65))[1]] == ["yaml-too-deep"]


def test_billion_laughs_end_quickly(tmp_path: Path, parser: str) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]

    def refused(count: int) -> int:
        return steps(
            lambda: rules.append([problem.rule for problem in load_text(tmp_path, "\n".join(lines[:count]))[1]])
        )

    rules: list[list[str]] = []
    refused(30)  # what is made ready once
    assert refused(30) < refused(15) + 30_000, "what the values would expand to is never visited"
    assert rules == [["yaml-too-many-nodes"]] * 3


@pytest.mark.parametrize(
    "text", ["[" + "a," * 60_000 + "]", "&a x: [" + "*a," * 60_000 + "]"], ids=["plain", "aliases"]
)
def test_too_many_values_in_one_list_are_refused(tmp_path: Path, text: str) -> None:
    assert [problem.rule for problem in load_text(tmp_path, text)[1]] == ["yaml-too-many-nodes"]


def test_many_documents_in_one_file_are_not_too_many_values(tmp_path: Path) -> None:
    text = f"waive: [{'x, ' * 20}]\n"
    documents, problems = load_text(tmp_path, "---\n".join(f"key: k{number}\n{text}" for number in range(5_000)))
    assert (len(documents), problems) == (5_000, [])


# ---------------------------------------------------------------- both parsers answer alike

PARTS = [
    *(
        "a",
        "name",
        ": ",
        ":",
        "- ",
        "\n",
        "\n  ",
        " ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ",",
        "'",
        '"',
        "!",
        "!!str ",
        "!x",
        "&a ",
        "&a",
    ),
    *(
        "*a",
        "*a:",
        "<<",
        "|",
        ">",
        "|-\n",
        "#",
        " # c\n",
        " #c",
        "# c\n",
        "---\n",
        "--- ",
        "...\n",
        "~",
        "null",
        "1",
        "0x1",
        "1e5",
        ".inf",
        "\t",
    ),
    *("\r\n", "\\", "\\n", "\\ud83d", "\\xe9", "\\U00110000", "é", "? ", "?", "@", "`", "\U0001f600", "%", "=", "-"),
]


def outcome(folder: Path, text: str) -> object:
    documents, problems = load_text(folder, text)
    return [(one.content, one.default_key, one.start, one.marks, one.comments) for one in documents], problems


@pytest.mark.skipif(not grammar.LIBYAML, reason="this PyYAML was built without libyaml")
@settings(max_examples=1000)
@given(st.lists(st.sampled_from(PARTS), max_size=14).map("".join))
@example("a: ! b\n")
@example("a: &x !  'b'\n")
@example('"\\ud83d"')
@example('"\\U00110000"')
@example("[a:b, c]")
@example("a\t")
@example("? a")
@example("[a? ]")
@example("a: >#")
@example("a: b\n--- ")
@example("a: b #c\nd: [e, f # g\n]")
@example("{&a:b, ?c: d, *a : e}")
@example("a: |\n  b # c\n# d\ne: 'f'#g")
@example("a: &x >-\n  b\n\n # c\nd: *x #e")
def test_both_parsers_give_equal_data_places_and_problems(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "both"
    folder.mkdir(exist_ok=True)
    fast = outcome(folder, text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grammar, "LIBYAML", False)
        pure = outcome(folder, text)
    assert fast == pure
