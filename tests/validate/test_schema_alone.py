"""The schemas of what people write, without the program, as editors have them.

What they refuse, what they must let pass, and that every judge says the same: jsonschema, jsonschema-rs, and the
ECMAScript patterns of check-jsonschema and of editors.
"""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema_rs
import pytest
import regress
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from invent_gitops.load import read_definitions
from invent_gitops.model.project import Project
from invent_gitops.schemas import read_schema
from invent_gitops.text.invisible import INVISIBLE
from invent_gitops.validate import ScheduleFault, parse_schedule, validate_definitions
from invent_gitops.validate.names import fault_of_line, has_words
from invent_gitops.validate.zones import find_zone
from tests.running import account, call, invent

HERE = Path(__file__).parent.parent
SCHEMAS = {name: read_schema(name) for name in ("broadcast", "project", "segments")}
SCHEMA = SCHEMAS["broadcast"]
SCHEMA_FILE = HERE.parent / "schemas" / "broadcast.schema.json"
JUDGES = {name: Draft202012Validator(schema) for name, schema in SCHEMAS.items()}
QUICKS = {name: jsonschema_rs.validator_for(schema) for name, schema in SCHEMAS.items()}
JUDGE, QUICK = JUDGES["broadcast"], QUICKS["broadcast"]
GOOD: dict[str, Any] = {"name": "A", "schedule": "immediately", "segments": ["vip"]}

# What a schema cannot know, with the evidence that it lacks. Whatever is not in this list it refuses.
BEYOND_A_SCHEMA = {
    "broadcast": {
        "ambiguous-segment": "the catalogue",
        "comment-cuts-text": "the text: parsers take comments away",
        "comment-cuts-text.lines": "the text: parsers take comments away",
        "duplicate-key": "the other documents",
        "duplicate-request": "the other documents",
        "duplicate-segment": "the catalogue",
        "empty-file": "there is no document to judge",
        "key-missing": "the other documents",
        "nothing-visible": "what people can see",
        "schedule-no-zone": "the project file",
        "schedule-range": "arithmetic",
        "schedule-repeated": "the rules of the time zone",
        "schedule-skipped": "the rules of the time zone",
        "typographic-quotes": "what people can see",
        "unknown-segment": "the catalogue",
        "yaml-alias-key": "the text: parsers put the value in its place",
        "yaml-anchor": "the text: parsers take anchors away",
        "yaml-comment": "the text: parsers take comments away",
        "yaml-complex-key": "the text: parsers make a key of it",
        "yaml-directive": "the text: parsers take it away",
        "yaml-duplicate-key": "the text: parsers keep one of the two",
        "yaml-syntax.surrogate": "a character that JSON cannot hold",
        "yaml-tag": "the text: parsers take tags away",
        "zone-unknown.another-place": "the names of the time zones",
    },
    "project": {
        "definitions-overlap": "what two workspaces have in common",
        "entry-beside-workspaces": "two entries of the file",
        "org-twice": "what two workspaces have in common",
        "org-unclear": "what two workspaces have in common",
        "paths-clash": "two entries of the file",
        "quiet-hours-empty": "two entries of the file",
        "range-reversed": "arithmetic",
        "segments-twice": "what two workspaces have in common",
        "several-documents": "the other documents",
        "state-branches-clash": "what two workspaces have in common",
        "state-twice": "what two workspaces have in common",
        "zone-unknown": "the names of the time zones",
    },
    "segments": {"reserved-name": "two entries of the file"},
}
# These never end for a judge that writes aliases out.
BOMBS = {"yaml-recursive-alias", "yaml-too-many-nodes"}
# Parsers of YAML 1.1, such as that of check-jsonschema, read `1_000` as a number.
OF_YAML_1_1 = {"core-schema-strings"}


class Loader(yaml.SafeLoader):
    """Reads what parses, as editors do, which leave times as the texts that they are."""


Loader.yaml_implicit_resolvers = {
    sign: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_constructor("tag:yaml.org,2002:timestamp", yaml.SafeLoader.construct_yaml_str)  # type: ignore[type-var]


def documents(path: Path) -> list[Any] | None:
    """The documents of a file; None if it does not parse."""
    try:
        return list(yaml.load_all(path.read_text(encoding="utf-8"), Loader))  # a safe one
    except yaml.YAMLError:
        return None


def invalid_files(folder: str) -> dict[str, list[Any]]:
    paths = sorted((HERE / "definitions" / folder).glob("*.yaml"))
    return {path.stem: found for path in paths if (found := documents(path)) is not None}


INVALID = {name: invalid_files(name.replace("broadcast", "invalid")) for name in SCHEMAS}


# ---------------------------------------------------------------- what it refuses


@pytest.mark.parametrize(("name", "least"), [("broadcast", 42), ("project", 19), ("segments", 6)])
def test_schema_alone_refuses_every_invalid_file_that_needs_no_other_evidence(name: str, least: int) -> None:
    passed = {stem for stem, found in INVALID[name].items() if all(map(JUDGES[name].is_valid, found))}
    assert passed == BEYOND_A_SCHEMA[name].keys()
    assert len(INVALID[name]) - len(passed) >= least


@pytest.mark.parametrize(("name", "stem"), [(name, stem) for name, found in INVALID.items() for stem in found])
def test_both_judges_say_the_same_of_an_invalid_file(name: str, stem: str) -> None:
    if stem not in {*BOMBS, "yaml-syntax.surrogate"}:
        for document in INVALID[name][stem]:
            assert QUICKS[name].is_valid(document) == JUDGES[name].is_valid(document)


def test_slip_in_a_schedule_is_answered_with_what_was_meant_and_never_with_immediately_alone() -> None:
    """With `oneOf`, the YAML language server says `Value must be "immediately"` to whoever mistypes a date."""
    schedule = SCHEMA["properties"]["schedule"]
    assert not {"oneOf", "anyOf", "const", "enum"} & schedule.keys()
    for slip in ("tomorrow", "2027-02-30T09:00Z", "2027-03-01T24:00Z", "2027-03-01T09:00+15:00", "2027-3-1T09:00Z"):
        (error,) = JUDGE.iter_errors({**GOOD, "schedule": slip})
        assert isinstance(error.schema, dict)
        assert error.schema["patternErrorMessage"], "an editor shows this instead of the pattern"


# ---------------------------------------------------------------- what it lets pass


def check(*paths: Path) -> subprocess.CompletedProcess[str]:
    tool = Path(sys.executable).with_name("check-jsonschema")
    words = [str(tool), "--schemafile", str(SCHEMA_FILE), *map(str, paths)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def one_by_one(path: Path, folder: Path) -> Iterator[Path]:
    """The documents of a file as files, since check-jsonschema reads one of each."""
    for number, text in enumerate(re.split(r"^---$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)):
        part = folder / f"{path.parent.name}-{path.stem}-{number}.yaml"
        part.write_text(text, encoding="utf-8")
        yield part


def test_check_jsonschema_passes_all_that_is_valid_and_that_the_program_writes(tmp_path: Path) -> None:
    project, parts = tmp_path / "project", tmp_path / "parts"
    project.mkdir()
    parts.mkdir()
    assert call(project, "init", "--timezone", "Europe/Berlin").code == 0
    with invent() as server:
        server.sandbox.fill(broadcasts=9, segments=12)
        for name in ("12:30", "no", "Ünïcode – # ok: “x”"):
            body = {"name": name, "scheduled_at": None, "segment_ids": ["seg_1"], "send_to_all": False}
            headers = {"authorization": "Bearer k"}
            server.sandbox.handle("POST", "/orgs/c/broadcasts", "", headers, json.dumps(body).encode())
        assert call(project, "import", "--all", env=account(server.url)).code == 0
    written = sorted((project / "broadcasts").rglob("*.yaml"))
    assert len(written) == 1 + 9 + 3
    golden = [each for each in (HERE / "definitions" / "valid").glob("*.yaml") if each.stem not in OF_YAML_1_1]
    examples = list((HERE.parent / "examples").rglob("broadcasts/**/*.yaml"))
    assert golden
    assert examples
    split = [part for path in (*golden, *examples) for part in one_by_one(path, parts)]
    done = check(*written, *split)
    assert done.returncode == 0, done.stdout + done.stderr
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("name: A\nschedule: tomorrow\nsegments: [vip]\n", encoding="utf-8")
    assert check(*written, wrong).returncode == 1, "it says no where it should"


# ---------------------------------------------------------------- every judge says the same

SIGNS = st.sampled_from(
    [
        *" \t\n\r\x00\x1c\x7f\x85\xa0\u2003\u2028\u3000\ufeff\u200b\u200d\ufe0f\u3164\u202e",
        *"ab1.:-é٣",
        "🏴",
        "\U000e0067",
    ]
)
texts = st.lists(SIGNS, max_size=6).map("".join) | st.text(max_size=8)
digits = st.sampled_from([*range(13), 14, 15, 23, 24, 28, 29, 30, 31, 32, 59, 60, 61, 99]).map("{:02}".format)
years = st.sampled_from(["0000", "0001", "1900", "2000", "2027", "2028", "2100", "9999", "20٣7"])
times = st.builds(
    "{}-{}-{}{}{}:{}{}{}{}".format,
    *(years, digits, digits, st.sampled_from("Tt _"), digits, digits),
    st.sampled_from(["", ":00", ":59", ":60", ":5", ":00.0", ":00.000", ":00.01", ":00."]),
    st.sampled_from(["", "", "Z", "z", "+01:00", "-05:30", "+14:00", "+14:01", "-15:00", "+09:60", "+0100", " Z"]),
    st.sampled_from(["", "", "", "\n", " "]),
)
zones = st.sampled_from(
    ["UTC", "Etc/UTC", "Europe/Berlin", "EST", "Etc/GMT+2", "europe/berlin", "../x", "", "Asia/X\n"]
)
at = times | texts | st.sampled_from(["2027-03-01T09:00", "immediately", "2027-03-01"])
schedules = (
    at
    | st.fixed_dictionaries({"at": at}, optional={"timezone": zones | texts})
    | st.just("immediately\n")
    | st.fixed_dictionaries({"at": times, "timezone": st.just("Europe/Berlin")})
)
entries = st.lists(texts | texts.map("id:{}".format) | st.just("vip"), max_size=3)
broadcasts = st.fixed_dictionaries(
    {"name": texts | st.just("A"), "schedule": schedules, "segments": entries},
    optional={
        "key": texts,
        "send_to_all": st.booleans(),
        "waive": st.dictionaries(st.just("quiet-hours"), texts | texts.map("{}....".format)),
    },
)


@given(broadcasts)
def test_jsonschema_and_jsonschema_rs_agree_on_what_is_nearly_a_broadcast(data: dict[str, Any]) -> None:
    assert QUICK.is_valid(data) == JUDGE.is_valid(data)


def test_parts_that_several_schemas_have_are_the_same_in_each() -> None:
    """A schema stands alone in an editor, so it cannot refer to another one."""
    parts: dict[str, list[Any]] = {}
    for schema in SCHEMAS.values():
        for name, part in schema["$defs"].items():
            parts.setdefault(name, []).append(part)
    assert {name for name, found in parts.items() if len(found) > 1} == {"line", "zone"}
    assert all(part == found[0] for found in parts.values() for part in found)


def patterns(part: object) -> Iterator[str]:
    """Every pattern of a schema, with those for the names of fields."""
    if isinstance(part, dict):
        if isinstance(part.get("pattern"), str):
            yield part["pattern"]
        for inner in part.values():
            yield from patterns(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from patterns(inner)


PATTERNS = sorted({each for schema in SCHEMAS.values() for each in patterns(schema)})
samples = (
    times | texts | zones | texts.map("id:{}".format) | st.sampled_from(["15m", "15m\n", "50%", "acme-eu", "21:00\n"])
)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern[:30].encode("ascii", "replace").decode())
def test_pattern_means_the_same_in_python_in_rust_and_in_ecmascript(pattern: str) -> None:
    python, ecma = re.compile(pattern), regress.Regex(pattern, flags="u")
    rust = jsonschema_rs.validator_for({"pattern": pattern}).is_valid

    @given(samples)
    def compare(text: str) -> None:
        # Where the end is told so simply, Python alone takes a last line feed; `line` beside it refuses that.
        text = text.rstrip("\n") if pattern.endswith("$") else text
        assert bool(python.search(text)) == bool(ecma.find(text)) == rust(text)

    compare()


# ---------------------------------------------------------------- it is no stricter than the program, nor much laxer


def told(data: dict[str, Any]) -> set[str]:
    """The rules that the program says of a schedule, where the project has a time zone."""
    parsed = parse_schedule(data["schedule"], "Europe/Berlin")
    return {parsed.rule} if isinstance(parsed, ScheduleFault) else set()


BY_TIME = {"schedule-range", "schedule-repeated", "schedule-skipped", "zone-unknown"}


@given(schedules)
def test_schema_refuses_exactly_the_schedules_that_the_program_refuses_but_for_times(schedule: object) -> None:
    rules = told({"schedule": schedule})
    refused = not JUDGE.is_valid({**GOOD, "schedule": schedule})
    assert not refused or rules or "" in (schedule, *(schedule.values() if isinstance(schedule, dict) else ()))
    assert refused or rules <= BY_TIME


def test_every_day_of_leap_years_and_others_is_judged_as_the_calendar_does() -> None:
    for year in ("0004", "1900", "2000", "2027", "2028"):
        for month in range(14):
            for day in range(33):
                text = f"{year}-{month:02}-{day:02}T09:00:00Z"
                fault = isinstance(parse_schedule(text, ""), ScheduleFault)
                assert JUDGE.is_valid({**GOOD, "schedule": text}) != fault, text


def test_every_zone_that_can_be_used_has_the_form_of_the_schema() -> None:
    form = re.compile(SCHEMA["$defs"]["zone"]["pattern"])
    names = zoneinfo.available_timezones()
    usable = {name for name in names if isinstance(find_zone(name), ZoneInfo)}
    assert len(usable) > 300
    assert usable == {name for name in names if form.search(name)}


def test_characters_that_nobody_sees_are_those_of_the_program() -> None:
    """Beyond single characters the schema is laxer: what a flag or a letter may hold takes what stands before."""
    lenient = re.compile("[\U000e0020-\U000e007f\ud800-\udfff]")
    visible = re.compile(SCHEMA["$defs"]["line"]["allOf"][0]["pattern"])
    for number in (*range(0x20000), *range(0xE0000, 0xE1000)):
        sign = chr(number)
        if not lenient.match(sign):
            assert bool(visible.search(f"a{sign}b")) != bool(INVISIBLE.search(f"a{sign}b")), f"U+{number:04X}"


@given(texts)
def test_texts_that_the_schema_refuses_are_refused_by_the_program(text: str) -> None:
    if text and not JUDGE.is_valid({**GOOD, "name": text}):
        assert fault_of_line(text, "")
    if len(text) >= 5 and not JUDGE.is_valid({**GOOD, "waive": {"quiet-hours": text}}):
        assert not has_words(text)


def test_what_only_the_schema_refuses_is_an_error_in_the_words_of_the_editor(tmp_path: Path) -> None:
    strict = copy.deepcopy(SCHEMA)
    strict["properties"]["name"] |= {"pattern": "^Spring", "patternErrorMessage": "Begin with Spring."}
    (tmp_path / "a.yaml").write_text("name: Summer\nschedule: immediately\nsegments: [vip]\n", encoding="utf-8")
    found, _ = read_definitions(tmp_path, root=tmp_path)
    definitions, problems = validate_definitions(found, schema=strict, project=Project(), catalogue=None)
    assert definitions == []
    assert [(str(each.position), each.rule, each.cure) for each in problems] == [
        ("a.yaml:1:7", "wrong-form", "Begin with Spring.")
    ]
