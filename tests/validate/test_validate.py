"""From files to checked values: every rule, its words, its place, and that no input whatever breaks it."""

from __future__ import annotations

import ast
import json
import random
import re
import shutil
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from invent_gitops.load import grammar, read_definitions, read_document
from invent_gitops.model.broadcast import Catalogue, Definition, Segment
from invent_gitops.model.document import Document, Span
from invent_gitops.model.problem import Position, Problem
from invent_gitops.model.project import (
    JUDGED_IN_INVENT,
    WAIVABLE,
    BlackoutDays,
    BranchPlace,
    FilePlace,
    Policies,
    Project,
    QuietHours,
)
from invent_gitops.model.review import ReviewRule
from invent_gitops.schemas import read_schema
from invent_gitops.validate import validate_catalogue, validate_definitions, validate_project
from invent_gitops.validate.shape import Shape
from tests.running import WHEN, call, define

HERE = Path(__file__).parent.parent
FILES = HERE / "definitions"
PACKAGE = HERE.parent / "invent_gitops"
CATALOGUE = Catalogue(
    {
        "vip-customers": Segment("vip-customers", "seg_vip", 1200),
        "vip-clients": Segment("vip-clients", "seg_vip"),
        "newsletter": Segment("newsletter", "seg_news", 40_000, ("readers",)),
    },
    {"testers": (Segment("testers", "seg_t1", 12, ("beta",)), Segment("testers", "seg_t2", None, ("beta",)))},
)
SCHEMAS = {name: read_schema(name) for name in ("broadcast", "project", "segments")}
GOOD = "name: {name}\nschedule: 2027-03-01T09:00:00Z\nsegments: [newsletter]\n"

# What no file that git keeps can show, with the test that shows it instead.
SHOWN_ELSEWHERE = {
    "file-hard-linked": "test_inside: a second name",
    "file-name": "test_load: a name that is not UTF-8",
    "file-not-read": "test_skipped_files: names and contents that look like a definition",
    "file-not-utf8": "test_load: bytes that are not UTF-8",
    "file-special": "test_load: a pipe",
    "file-too-long": "test_load: more than a megabyte",
    "file-unreadable": "test_load: a dangling link",
    "symlink-leaves-folder": "test_load: symbolic links",
    "symlinked-folder": "test_load: symbolic links",
    "too-many-documents": "test_growth: more documents than a file may hold",
    "yaml-too-long": "test_growth: a long text that aliases repeat",
}


# ---------------------------------------------------------------- reading and writing down


def check_folder(
    folder: Path, *, project: Project | None = None, catalogue: Catalogue | None = CATALOGUE
) -> tuple[list[Definition], list[Problem]]:
    documents, unread = read_definitions(folder, root=folder)
    definitions, problems = validate_definitions(
        documents, schema=SCHEMAS["broadcast"], project=project or Project(), catalogue=catalogue
    )
    return definitions, sorted([*unread, *problems])


def check_text(tmp_path: Path, text: str, **settings: Any) -> tuple[list[Definition], list[Problem]]:
    (tmp_path / "spring.yaml").write_text(text, encoding="utf-8")
    return check_folder(tmp_path, **settings)


def check_alone(path: Path, tmp_path: Path) -> tuple[list[Definition], list[Problem]]:
    shutil.copy(path, tmp_path / path.name)
    return check_folder(tmp_path)


def check_project(path: Path) -> tuple[Project, list[Problem]]:
    document, unread = read_document(path, path.name)
    assert document is not None
    project, problems = validate_project(document, SCHEMAS["project"], path.name)
    return project, sorted([*unread, *problems])


def check_catalogue(path: Path) -> tuple[Catalogue, list[Problem]]:
    document, unread = read_document(path, path.name)
    assert document is not None
    catalogue, problems = validate_catalogue(document, SCHEMAS["segments"])
    return catalogue, sorted([*unread, *problems])


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "file.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def as_text(problems: list[Problem]) -> str:
    """`file:line:column rule`, what is wrong, what to do, and the first 100 characters of the line with carets."""
    lines: list[str] = []
    for problem in problems:
        lines += [f"{problem.position} {problem.rule}", f"  {problem.message}", f"  {problem.cure}"]
        if problem.source:
            before = problem.position.column - 1
            source = "".join(sign if sign.isprintable() or sign == "\t" else "?" for sign in problem.source)
            lines += [f"    {source[:100]}", f"    {' ' * before}{'^' * max(1, min(problem.length, 100 - before))}"]
        lines.append("")
    return "\n".join(lines)


def as_json(definitions: list[Definition]) -> object:
    return [
        {
            "key": definition.key,
            "position": str(definition.position),
            "request": definition.request.as_json(),
            "timezone": definition.timezone,
            "segments": list(definition.segments),
            "description": definition.description,
            "owner": definition.owner,
            "waive": dict(definition.waive),
            "marks": {name: str(mark) for name, mark in sorted(definition.marks.items())},
        }
        for definition in definitions
    ]


@pytest.fixture(params=["libyaml", "pure"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test that asks for it runs with both parsers of PyYAML."""
    if request.param == "pure":
        monkeypatch.setattr(grammar, "LIBYAML", False)
    elif not grammar.LIBYAML:
        pytest.skip("this PyYAML was built without libyaml")
    return str(request.param)


# ---------------------------------------------------------------- a file dropped in is a test


def dropped(folder: str) -> list[Path]:
    return sorted((FILES / folder).glob("*.yaml"))


def expect(path: Path, problems: list[Problem]) -> None:
    assert as_text(problems) == path.with_suffix(".txt").read_text(encoding="utf-8")
    assert path.name.partition(".")[0] in {problem.rule for problem in problems}
    assert all(problem.cure for problem in problems), "each problem says what to do"


@pytest.mark.parametrize("path", dropped("invalid"), ids=lambda path: path.stem)
def test_invalid_definition_is_refused_in_exactly_these_words(path: Path, tmp_path: Path, parser: str) -> None:
    _, problems = check_alone(path, tmp_path)
    expect(path, problems)


@pytest.mark.parametrize("path", dropped("project"), ids=lambda path: path.stem)
def test_invalid_project_file_is_refused_in_exactly_these_words(path: Path, parser: str) -> None:
    expect(path, check_project(path)[1])


@pytest.mark.parametrize("path", dropped("segments"), ids=lambda path: path.stem)
def test_invalid_catalogue_is_refused_in_exactly_these_words(path: Path, parser: str) -> None:
    expect(path, check_catalogue(path)[1])


@pytest.mark.parametrize("path", dropped("valid"), ids=lambda path: path.stem)
def test_valid_definition_becomes_exactly_this(path: Path, tmp_path: Path, parser: str) -> None:
    definitions, problems = check_alone(path, tmp_path)
    assert problems == []
    assert as_json(definitions) == json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


def rules_in_code() -> set[str]:
    """Every text in kebab-case in the two rooms: they use such words for rules and one encoding."""
    texts = {
        node.value
        for room in ("load", "validate")
        for path in (PACKAGE / room).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in texts if re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", text)} - {"utf-8"}


def test_every_rule_has_a_file_that_breaks_it() -> None:
    told = "\n".join(path.read_text(encoding="utf-8") for path in FILES.rglob("*.txt"))
    shown = set(re.findall(r"^\S+ ([a-z0-9-]+)$", told, re.MULTILINE))
    rules = rules_in_code()
    assert rules - shown == set(SHOWN_ELSEWHERE)
    assert shown <= rules


# ---------------------------------------------------------------- many files


def test_twenty_broken_files_give_twenty_problems_at_their_places(tmp_path: Path) -> None:
    expected: list[str] = []
    for path in dropped("invalid"):
        places = re.findall(r"^\S+ [a-z0-9-]+$", path.with_suffix(".txt").read_text(encoding="utf-8"), re.MULTILINE)
        # One mistake each, and none that is about other documents.
        if len(places) == 1 and not path.name.startswith(("duplicate", "empty-document", "key")) and len(expected) < 20:
            shutil.copy(path, tmp_path / path.name)
            expected += places
    _, problems = check_folder(tmp_path)
    assert len(problems) == 20
    assert [f"{problem.position} {problem.rule}" for problem in problems] == expected


def test_broken_file_hides_no_other_one(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: [\n")
    (tmp_path / "b.yaml").write_text(GOOD.format(name="B"))
    (tmp_path / "c.yaml").write_bytes(b"\xff")
    definitions, problems = check_folder(tmp_path)
    assert [definition.key for definition in definitions] == ["b"]
    assert [str(problem.position) for problem in problems] == ["a.yaml:2:1", "c.yaml:1:1"]


@given(st.randoms(use_true_random=False))
def test_order_of_files_does_not_matter(shuffler: random.Random) -> None:
    documents = [
        document_of(f"{number}.yaml", {"key": f"k{number % 7}", "name": f"N{number % 5}"}) for number in range(12)
    ]
    documents += [
        document_of(f"g{number}.yaml", {"name": f"N{number % 2}", "schedule": "immediately", "send_to_all": True})
        for number in range(4)
    ]
    shuffled = documents[:]
    shuffler.shuffle(shuffled)
    settings: dict[str, Any] = {"schema": SCHEMAS["broadcast"], "project": Project(), "catalogue": None}
    assert validate_definitions(shuffled, **settings) == validate_definitions(documents, **settings)


def document_of(file: str, data: object) -> Document:
    place = Position(file, 1, 1)
    return Document(data, file.removesuffix(".yaml"), lambda path, of_key=False: Span(place, "", 1), place, {})


def test_keys_of_files_are_their_paths_without_suffix(tmp_path: Path) -> None:
    (tmp_path / "2027" / "spring").mkdir(parents=True)
    (tmp_path / "2027" / "spring" / "sale.v2.yml").write_text(GOOD.format(name="A"))
    (tmp_path / "cafe\u0301.yaml").write_text(GOOD.format(name="B"))
    definitions, problems = check_folder(tmp_path)
    assert problems == []
    assert [definition.key for definition in definitions] == ["2027/spring/sale.v2", "caf\u00e9"]


def test_two_spellings_of_one_character_are_one_key(tmp_path: Path) -> None:
    text = "key: cafe\u0301\n" + GOOD.format(name="A") + "---\nkey: caf\u00e9\n" + GOOD.format(name="B")
    assert [problem.rule for problem in check_text(tmp_path, text)[1]] == ["duplicate-key"]


def test_duplicate_key_names_both_files_even_if_one_is_broken(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("key: same\nname: A\n")
    (tmp_path / "b.yaml").write_text("key: same\n" + GOOD.format(name="B"))
    duplicate = next(problem for problem in check_folder(tmp_path)[1] if problem.rule == "duplicate-key")
    assert str(duplicate.position) == "b.yaml:1:6"
    assert "a.yaml:1:1" in duplicate.message
    assert duplicate.key == "same"


def test_file_name_with_a_control_character_cannot_be_a_key(tmp_path: Path) -> None:
    (tmp_path / "spring\n::error::.yaml").write_text(GOOD.format(name="A"))
    (problem,) = check_folder(tmp_path)[1]
    assert (problem.rule, problem.position.line) == ("control-character", 0)


def test_path_that_is_too_long_for_a_key_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / ("a" * 130) / ("b" * 130)
    folder.mkdir(parents=True)
    (folder / "x.yaml").write_text(GOOD.format(name="A"))
    assert [problem.rule for problem in check_folder(tmp_path)[1]] == ["too-long"]


# ---------------------------------------------------------------- segments and schedules in a definition


def test_entries_are_ids_where_there_is_no_catalogue(tmp_path: Path) -> None:
    text = "name: A\nschedule: immediately\nsegments: [seg_b, 'id:seg_a']\n"
    (definition,), problems = check_text(tmp_path, text, catalogue=None)
    assert problems == []
    assert definition.request.segment_ids == ("seg_a", "seg_b")
    assert definition.segments == ("seg_b", "id:seg_a")


def test_id_need_not_be_in_the_catalogue_but_an_empty_catalogue_knows_no_name(tmp_path: Path) -> None:
    text = "name: A\nschedule: immediately\nsegments: [newsletter, 'id:seg_a']\n"
    (problem,) = check_text(tmp_path, text, catalogue=Catalogue({}))[1]
    assert problem.rule == "unknown-segment"
    assert problem.cure.startswith("It is empty.")


def test_project_timezone_holds_for_local_times_in_both_forms(tmp_path: Path) -> None:
    text = "key: a\nname: A\nschedule: 2027-07-01T09:00\nsend_to_all: true\n---\nkey: b\nname: B\n"
    text += "schedule: {at: 2027-07-01T09:00}\nsend_to_all: true\n"
    definitions, problems = check_text(tmp_path, text, project=Project(timezone="Europe/Berlin"))
    assert problems == []
    assert [definition.timezone for definition in definitions] == ["Europe/Berlin"] * 2
    assert {definition.request.as_json()["scheduled_at"] for definition in definitions} == {"2027-07-01T07:00:00Z"}


def test_one_document_shows_all_its_faults_at_once(tmp_path: Path) -> None:
    text = 'name: " A"\nschedule: {at: 2027-03-28T02:30, timezone: Europe/Berlin}\nsegments: [martians, 3]\nowners: x\n'
    rules = [problem.rule for problem in check_text(tmp_path, text)[1]]
    assert rules == ["outer-spaces", "schedule-skipped", "unknown-segment", "wrong-type", "unknown-field"]


def test_a_name_is_one_however_its_letters_are_spelled(tmp_path: Path) -> None:
    define(tmp_path, "a")
    for key, name in (("a", "Cafe\u0301"), ("b", "Caf\u00e9")):
        text = f"name: {name}\nschedule: {WHEN}\nsegments: [vip]\n"
        (tmp_path / "broadcasts" / f"{key}.yaml").write_text(text, encoding="utf-8")
    done = call(tmp_path, "validate")
    assert (done.code, "This is the same broadcast" in done.out) == (4, True)


def test_policies_that_can_be_waived_are_those_of_the_schema() -> None:
    assert tuple(SCHEMAS["broadcast"]["properties"]["waive"]["properties"]) == (*WAIVABLE, *JUDGED_IN_INVENT)


# ---------------------------------------------------------------- project file and catalogue


def test_empty_project_file_gives_the_defaults(tmp_path: Path) -> None:
    assert check_project(written(tmp_path, "# nothing yet\n")) == (Project(file="file.yaml"), [])


def test_review_is_read_with_numbers_of_contacts_as_they_are_written(tmp_path: Path) -> None:
    text = (
        "review: {approvals: 2, dismiss_stale: false, send_to_all: [legal, acme/pr, alice], over: {20000: 3, 500: 2}}\n"
    )
    project, problems = check_project(written(tmp_path, text))
    assert problems == []
    assert project.review == ReviewRule(2, False, ("legal", "acme/pr", "alice"), ((500, 2), (20000, 3)))
    assert check_project(written(tmp_path, "review: {}\n"))[0].review == ReviewRule()


def test_review_holds_for_every_workspace(tmp_path: Path) -> None:
    project, problems = check_project(written(tmp_path, "review: {approvals: 3}\nworkspaces: {acme: {org: org_1}}\n"))
    assert (problems, project.workspaces and project.workspaces["acme"].review) == ([], ReviewRule(3))


def test_full_project_file_is_read(tmp_path: Path) -> None:
    text = """\
definitions: ./campaigns/2027/
state: {branch: broadcast-state, remote: upstream, path: state/prod.json}
timezone: Europe/Berlin
segments: lists//segments.yaml
policies: {minimum_lead_time: 2h, allow_immediate: true, max_creates: 7}
"""
    project, problems = check_project(written(tmp_path, text))
    assert problems == []
    assert (project.definitions, project.segments) == ("campaigns/2027", "lists/segments.yaml")
    assert project.state == BranchPlace("broadcast-state", "upstream", "state/prod.json")
    assert project.policies == Policies(project.policies.minimum_lead_time, True, 7)
    assert project.policies.minimum_lead_time.total_seconds() == 7200


def test_fault_in_one_policy_leaves_the_careful_default_and_hides_no_other_fault(tmp_path: Path) -> None:
    text = "state: s.json\npolicies: {minimum_lead_time: 400d, max_creates: 0, allow_immediate: 1, typo: 2}\n"
    project, problems = check_project(written(tmp_path, text))
    assert [problem.rule for problem in problems] == ["out-of-range", "out-of-range", "wrong-type", "unknown-field"]
    assert project.state == FilePlace("s.json")
    assert project.policies.max_creates == Policies().max_creates
    assert project.policies.allow_immediate is False


def test_policies_that_are_off_by_default_are_read(tmp_path: Path) -> None:
    text = """\
timezone: Europe/Berlin
policies:
  quiet_hours: {from: "21:00", to: 08:30, timezone: Asia/Tokyo}
  blackout_days: [2026-12-25, 2026-12-24..2027-01-01, 2028-02-29]
  minimum_gap: 90m
  audience_cap: 20000
  send_to_all_needs_reason: true
"""
    project, problems = check_project(written(tmp_path, text))
    assert problems == []
    christmas, leap = date(2026, 12, 25), date(2028, 2, 29)
    spans = ((christmas, christmas), (date(2026, 12, 24), date(2027, 1, 1)), (leap, leap))
    assert project.policies == Policies(
        quiet_hours=QuietHours(time(21), time(8, 30), "Asia/Tokyo", "Europe/Berlin"),
        blackout_days=BlackoutDays(spans, "Europe/Berlin"),
        minimum_gap=timedelta(minutes=90),
        audience_cap=20_000,
        send_to_all_needs_reason=True,
    )


def test_quiet_hours_without_a_zone_leave_it_to_the_definition(tmp_path: Path) -> None:
    text = "policies:\n  quiet_hours: {from: 00:00, to: 06:00}\n  blackout_days: []\n  minimum_gap: 0m\n"
    project, problems = check_project(written(tmp_path, text))
    assert problems == []
    assert project.policies == Policies(quiet_hours=QuietHours(time(0), time(6)))


def test_fault_inside_the_quiet_hours_hides_no_other_policy(tmp_path: Path) -> None:
    text = "policies:\n  quiet_hours: {from: 25:00, to: 06:00}\n  blackout_days: [1, 2026-12-25]\n  audience_cap: 7\n"
    project, problems = check_project(written(tmp_path, text))
    assert [problem.rule for problem in problems] == ["wrong-form", "wrong-type"]
    assert project.policies == Policies(audience_cap=7)


def test_two_hundred_blackout_days_are_allowed(tmp_path: Path) -> None:
    text = f"policies:\n  blackout_days: [{', '.join(['2026-12-25'] * 200)}]\n"
    assert check_project(written(tmp_path, text))[1] == []


@pytest.mark.parametrize(
    "name",
    ["api_key", "API-KEY", "apikey", "key", "token", "secret", "base_url", "url", "invent_api_key", "host", "api"],
)
def test_secret_or_address_in_the_project_file_is_refused_without_showing_it(tmp_path: Path, name: str) -> None:
    (problem,) = check_project(written(tmp_path, f"{name}: sk-live-123\n"))[1]
    assert problem.rule == "secret-in-project"
    assert "sk-live-123" not in str(problem)


@pytest.mark.parametrize("path", ["..", "a/../../b", "/etc", "~/x", "C:/x", "c:x", "\\\\host\\share", "a\\..\\..\\b"])
def test_path_out_of_the_project_is_refused(tmp_path: Path, path: str) -> None:
    (problem,) = check_project(written(tmp_path, f"definitions: '{path}'\n"))[1]
    assert problem.rule == "path-leaves-project"


@pytest.mark.parametrize("name", ["-x", "a..b", "a b", "a:b", "a/.b", "a.lock", "a/", "a~1", "@{-1}", "a//b", ".a"])
def test_name_that_git_could_misread_is_refused(tmp_path: Path, name: str) -> None:
    (problem,) = check_project(written(tmp_path, f"state: {{branch: '{name}'}}\n"))[1]
    assert problem.rule == "git-name"


def test_catalogue_takes_ids_and_mappings(tmp_path: Path) -> None:
    text = "vip: seg_1\nall: {id: seg_2, contacts_count: 5, read_at: 2026-11-20T08:00:00Z}\n"
    catalogue, problems = check_catalogue(written(tmp_path, text))
    assert problems == []
    assert catalogue.segments == {"vip": Segment("vip", "seg_1"), "all": Segment("all", "seg_2", 5)}


# ---------------------------------------------------------------- nothing breaks it

YAML_PARTS = [
    *(
        "name",
        "schedule",
        "segments",
        ": ",
        ":",
        "- ",
        "\n",
        "  ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "'",
        '"',
        "!",
        "!!str ",
        "&a ",
        "*a",
    ),
    *(
        "<<",
        "|",
        ">",
        "#",
        "---\n",
        "...\n",
        "%",
        "~",
        "null",
        "1",
        "0x1",
        ".inf",
        "\t",
        "\r",
        "\\ud83d",
        "\\x",
        "é",
        "?",
    ),
    *("@", "`", "\u2028", "\ufeff", "\x00", "immediately", "2027-03-01T09:00Z", "\x85", "\U0001f600"),
]
yamlish = st.lists(st.sampled_from(YAML_PARTS), max_size=40).map("".join)


@given(st.binary(max_size=200) | yamlish.map(str.encode))
def test_no_bytes_whatever_raise(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    folder = tmp_path_factory.getbasetemp() / "anything"
    folder.mkdir(exist_ok=True)
    path = folder / "x.yaml"
    path.write_bytes(raw)
    definitions, problems = check_folder(folder)
    assert len(definitions) <= raw.count(b"name")
    assert definitions or problems, "silence would lose a broadcast"
    for document in filter(None, [read_document(path, "x.yaml")[0]]):
        validate_project(document, SCHEMAS["project"])
        validate_catalogue(document, SCHEMAS["segments"])


json_like = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.just("immediately"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def near(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Data that often fits the schema and often nearly does."""
    fields = {name: near(part) for name, part in schema.get("properties", {}).items()}
    examples = st.sampled_from(schema["examples"]) if schema.get("examples") else st.nothing()
    built = st.fixed_dictionaries({}, optional=fields) if fields else st.nothing()
    edge = st.sampled_from(
        [1.0, 0, True, False, "", "x" * 256, "15m\n", [], ["a", "a"], [1, 1.0], list("abcdefghijk"), {}]
    )
    return examples | built | edge | json_like


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_quick_yes_is_never_given_where_jsonschema_says_no(name: str) -> None:
    quick, judge = Shape(SCHEMAS[name]).surely_allows, Draft202012Validator(SCHEMAS[name])
    agreed = {True: 0, False: 0}

    @given(near(SCHEMAS[name]) | st.dictionaries(st.text(max_size=3), near(SCHEMAS[name]["properties"]["schedule"])
        if name == "broadcast" else json_like, max_size=3))  # fmt: skip
    def compare(data: Any) -> None:
        verdict = quick(data)
        agreed[verdict] += 1
        assert not verdict or judge.is_valid(data)

    compare()
    assert agreed[True], "the comparison saw no yes at all"
    assert agreed[False]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_quick_yes_is_given_to_the_examples_of_the_schemas(name: str) -> None:
    example = SCHEMAS[name]["examples"][0]
    assert Draft202012Validator(SCHEMAS[name]).is_valid(example)
    assert Shape(SCHEMAS[name]).surely_allows(example)


@pytest.mark.parametrize(
    "text",
    ["policies: {unreachable_edits: {waive: x}}\n", "policies: {results: x}\n", "policies: {quiet_hours: 7}\n"],
)
def test_example_behind_the_name_of_its_field_is_yaml_on_one_line(tmp_path: Path, text: str) -> None:
    _, problems = check_project(written(tmp_path, text))
    examples = re.findall(r"For example `([^`]+)`", as_text(problems))
    assert examples
    for example in examples:
        document, faults = read_document(written(tmp_path, f"{example}\n"), "example.yaml")
        assert document
        assert not faults, example


def test_one_character_is_counted_as_one(tmp_path: Path) -> None:
    define(tmp_path, "a")
    path = tmp_path / "broadcasts" / "a.yaml"
    path.write_text(f"{path.read_text('utf-8')}waive: {{quiet-hours: x}}\n", "utf-8")
    assert "`waive.quiet-hours` has 1 character; it needs at least 5." in " ".join(
        call(tmp_path, "validate").all.split()
    )
