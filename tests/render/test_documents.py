"""The JSON documents: each conforms to its schema whatever it holds, names every key and id, and acts on nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from invent_gitops.errors import ExitCode, InvalidInput, InventGitopsError, Refused
from invent_gitops.model.broadcast import Definition
from invent_gitops.model.calendar import Calendar
from invent_gitops.model.context import Context
from invent_gitops.model.drift import Coverage, Renewal, Renewed
from invent_gitops.model.outcome import Outcome, Report
from invent_gitops.model.plan import FieldChange, Plan, Refusal
from invent_gitops.model.problem import Position, Problem
from invent_gitops.model.project import Policies
from invent_gitops.model.state import State
from invent_gitops.model.status import Status
from invent_gitops.operations.posts import PostResult
from invent_gitops.render.documents.calendar import calendar_json
from invent_gitops.render.documents.drift import renewal_json
from invent_gitops.render.documents.envelope import document
from invent_gitops.render.documents.plan import plan_json
from invent_gitops.render.documents.records import records_json
from invent_gitops.render.documents.report import report_json
from invent_gitops.render.documents.segments import catalogue_json
from invent_gitops.render.documents.status import status_json
from invent_gitops.schemas import read_schema, schema_names
from invent_gitops.values import replace
from tests.making import (
    NASTY,
    NOW,
    a_catalogue,
    a_plan,
    a_provenance,
    a_record,
    a_state,
    an_intent,
    an_item,
    changes,
    costly,
    crowded_states,
    definitions_of_any_kind,
    maybe_texts,
    plan_of,
    positions,
    refusals,
    reports,
    states,
    texts,
)

CHECKER = Draft202012Validator.FORMAT_CHECKER
# A document that a command prints names its kind; the other schemas are of files that people and programs write.
KINDS = [name for name in schema_names() if "kind" in read_schema(name).get("properties", ())]
SCHEMAS = {kind: Draft202012Validator(read_schema(kind), format_checker=CHECKER) for kind in KINDS}
CHANGE = FieldChange("status", "DRAFT", "SENT")
BODIES: dict[str, Mapping[str, object]] = {
    "plan": plan_json(a_plan(an_item())),
    "report": report_json(Report(()), None, "invent.state.json", a_provenance()),
    "records": records_json(a_state()),
    "validation": {"definitions": [{"key": "spring", "name": "Spring"}], "notes": ["A name is another one now."]},
    "catalogue": catalogue_json(a_catalogue(a=5, b=None), "segments.yaml", None, {"seg_a": ["spring"]}),
    "files": {"files": [{"path": "invent.yaml", "written": True, "existed": False}]},
    "schemas": {"schemas": ["plan"]},
    "github": PostResult(
        "comment", "updated", "The comment is up to date:", 7, "https://github.com/o/r/pull/7"
    ).as_json(),
    "refresh": renewal_json(Renewal((Renewed("a", "bc_1", "A", (CHANGE,)),), 1, Coverage()), "invent.state.json", 3),
    "status": status_json(Status(Context(NOW, "c", "sandbox"), (), Coverage(), timedelta(hours=24))),
    "calendar": calendar_json(Calendar(Context(NOW, "c", "sandbox"), ())),
    "workspaces": {"workspaces": [], "matrix": {"include": [{"workspace": "acme"}]}},
    "workspaces-run": {"workspaces": [{"workspace": "acme", "exit_code": None, "document": None}]},
    "error": {},
}
PROBLEM = Problem(Position("a.yaml", 3, 7), "name-missing", "No name.", "Write one.", "nme: x", 3, "spring")
codes = st.sampled_from(list(ExitCode))
problem_lists = st.lists(
    st.builds(Problem, positions, texts, texts, maybe_texts, maybe_texts, st.integers(1, 9), maybe_texts), max_size=3
)


def made(
    kind: str,
    body: Mapping[str, object],
    code: int = 0,
    *,
    problems: Sequence[Problem] = (),
    error: InventGitopsError | None = None,
) -> Any:
    """The document read back, after all that holds for every document was checked."""
    text = document(kind, code, body, problems=problems, error=error)
    assert text.isascii()
    assert text.replace("\n", " ").isprintable()
    assert "##[" not in text
    assert not any(line.strip().startswith("::") for line in text.split("\n"))
    found = json.loads(text)
    SCHEMAS[kind].validate(found)
    assert (found["kind"], found["exit_code"], found["version"]) == (kind, code, 1)
    return found


# ---------------------------------------------------------------- every kind


def test_every_document_has_a_schema_and_every_schema_is_valid() -> None:
    assert set(BODIES) <= set(KINDS)
    for kind in KINDS:
        Draft202012Validator.check_schema(read_schema(kind))
        assert read_schema(kind)["properties"]["kind"]["const"] == kind


@pytest.mark.parametrize("kind", BODIES)
def test_document_of_each_kind_conforms_when_all_went_well(kind: str) -> None:
    found = made(kind, BODIES[kind])
    assert found["error"] is None
    assert found["problems"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_document_of_each_kind_is_printed_when_the_command_failed(kind: str) -> None:
    found = made(kind, {}, ExitCode.REFUSED, error=Refused("No.", "Ask again."))
    assert found["error"] == {"message": "No.", "cure": "Ask again."}
    found = made(kind, {}, ExitCode.INVALID, problems=[PROBLEM])
    assert found["problems"] == [
        {"file": "a.yaml", "line": 3, "column": 7, "rule": "name-missing", "message": "No name.",
         "cure": "Write one.", "source": "nme: x", "key": "spring"}
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "error"])
def test_schema_refuses_a_success_without_its_content(kind: str) -> None:
    assert not SCHEMAS[kind].is_valid(json.loads(document(kind, 0, {})))


@pytest.mark.parametrize("kind", BODIES)
def test_schema_refuses_unknown_entries_and_another_kind(kind: str) -> None:
    assert not SCHEMAS[kind].is_valid(json.loads(document(kind, 0, {**BODIES[kind], "extra": 1})))
    assert not SCHEMAS[kind].is_valid(json.loads(document("other", 0, BODIES[kind])))


@pytest.mark.parametrize("code", list(ExitCode))
def test_every_exit_code_of_the_program_is_in_every_schema(code: ExitCode) -> None:
    for kind in KINDS:
        made(kind, {}, code, error=InvalidInput("No."))


@given(problem_lists, codes, st.none() | st.builds(InvalidInput, texts, maybe_texts))
def test_documents_of_any_failure_conform(
    problems: list[Problem], code: ExitCode, error: InventGitopsError | None
) -> None:
    found = made("error", {}, code, problems=problems, error=error)
    assert [problem["message"] for problem in found["problems"]] == [problem.message for problem in problems]


# ---------------------------------------------------------------- plans

few_changes = st.lists(changes, max_size=2).map(tuple)
few_refusals = st.lists(refusals, max_size=2).map(tuple)


@costly
@given(definitions_of_any_kind, states, st.booleans(), st.integers(0, 3))
def test_any_plan_conforms_and_names_every_key_and_id(
    definitions: list[Definition], state: State, strict: bool, max_creates: int
) -> None:
    plan = plan_of(definitions, state, strict=strict, policies=Policies(max_creates=max_creates))
    found = made("plan", plan_json(plan), plan.counts["blocked"] and 7)
    keys = {definition.key for definition in definitions} | state.broadcasts.keys() | state.intents.keys()
    assert {item["key"] for item in found["items"]} == keys
    assert {item["id"] for item in found["items"]} - {None} == {record.id for record in state.broadcasts.values()}
    assert [item["request"] for item in found["items"]] == [item.request.as_json() for item in plan.items]
    assert found["counts"] == plan.counts
    assert found["digest"] == plan.digest
    attempts = {item["intent"]["attempt"] for item in found["items"] if item["intent"]}
    assert attempts == {intent.attempt for intent in state.intents.values()}


@given(few_changes, few_refusals)
def test_any_refusal_and_any_edit_conforms(edits: tuple[FieldChange, ...], objections: tuple[Refusal, ...]) -> None:
    item = replace(an_item(action="refused"), changes=edits, refusals=objections)
    (found,) = made("plan", plan_json(a_plan(item)))["items"]
    assert [refusal["policy"] for refusal in found["refusals"]] == [refusal.policy for refusal in objections]
    assert [(edit["old"], edit["new"]) for edit in found["changes"]] == [(edit.old, edit.new) for edit in edits]


def test_plan_without_a_state_conforms() -> None:
    plan = plan_of([], State("", 0, "", ""))
    assert made("plan", plan_json(plan))["lineage"] is None


def test_looked_at_and_not_looked_at_are_told_apart() -> None:
    for candidates, expected in ((None, None), ((), [])):
        plan = plan_of([], a_state(intents={"a": an_intent(candidates=candidates)}))
        assert made("plan", plan_json(plan))["items"][0]["intent"]["candidates"] == expected


def test_plan_says_when_and_of_what_it_was_made() -> None:
    found = made("plan", plan_json(a_plan(an_item())))
    assert found["at"] == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (found["org"], found["api"], found["serial"]) == ("c", "https://api.useinvent.com", 3)


# ---------------------------------------------------------------- reports

plans: st.SearchStrategy[Plan | None] = st.none() | st.builds(plan_of, definitions_of_any_kind, crowded_states)


@costly
@given(reports, plans)
def test_any_report_conforms_and_names_every_key_and_id(report: Report, plan: Plan | None) -> None:
    found = made("report", report_json(report, plan, "invent.state.json", a_provenance()))
    expected = [(outcome.key, outcome.fate, outcome.id or None) for outcome in report.outcomes]
    assert [(outcome["key"], outcome["outcome"], outcome["id"]) for outcome in found["outcomes"]] == expected
    assert (found["stopped"], found["plan"] is None) == (report.stopped, plan is None)


@pytest.mark.parametrize(
    ("outcome", "unrecorded", "recorded"),
    [
        (Outcome("a", "created", "A", "bc_1"), (), True),
        (Outcome("a", "created", "A", "bc_1"), ("a",), False),
        (Outcome("a", "adopted", "A", "bc_1"), (), True),
        (Outcome("a", "unknown", "A"), (), False),
        (Outcome("a", "not-created", "A"), (), False),
        (Outcome("a", "not-attempted", "A"), (), False),
    ],
)
def test_report_says_of_each_id_whether_it_is_in_the_state(
    outcome: Outcome, unrecorded: tuple[str, ...], recorded: bool
) -> None:
    report = Report((outcome,), unrecorded=unrecorded)
    assert made("report", report_json(report, None, "x", a_provenance()))["outcomes"][0]["recorded"] is recorded


def test_broadcast_that_another_run_recorded_is_recorded() -> None:
    report = Report((Outcome("a", "already-created", "A", "bc_1"),))
    assert made("report", report_json(report, None, "x", a_provenance()))["outcomes"][0]["recorded"] is True


# ---------------------------------------------------------------- records


@costly
@given(states)
def test_any_state_conforms_and_names_every_key_id_and_attempt(state: State) -> None:
    found = made("records", records_json(state))
    assert [(one["key"], one["id"]) for one in found["broadcasts"]] == [
        (key, record.id) for key, record in sorted(state.broadcasts.items())
    ]
    assert [(one["key"], one["id"]) for one in found["removed"]] == [
        (key, removal.id) for key, removal in sorted(state.removed.items())
    ]
    assert [(one["key"], one["attempt"]) for one in found["intents"]] == [
        (key, intent.attempt) for key, intent in sorted(state.intents.items())
    ]
    assert {one["attempt"] for one in found["absences"]} == state.absences.keys()


def test_who_did_it_and_from_where_is_told() -> None:
    made_by = a_provenance(by="bob", commit="abc", run="https://ci.test/9")
    state = a_state({"a": replace(a_record("bc_1", note="A note."), provenance=made_by)})
    (found,) = made("records", records_json(state))["broadcasts"]
    assert (found["by"], found["commit"], found["run"], found["note"]) == ("bob", "abc", "https://ci.test/9", "A note.")
    (plain,) = made("records", records_json(a_state({"a": a_record()})))["broadcasts"]
    assert (plain["commit"], plain["run"], plain["note"]) == (None, None, None)


# ---------------------------------------------------------------- nothing acts


def test_nasty_text_is_kept_word_for_word_and_acts_on_nothing() -> None:
    found = made("records", records_json(a_state({NASTY: a_record(NASTY, note=NASTY)})))
    assert (found["broadcasts"][0]["key"], found["broadcasts"][0]["id"]) == (NASTY, NASTY)


@given(st.lists(st.sampled_from(["#", "[", "\\", '"', "u005b", " "])).map("".join))
def test_breaking_the_runners_command_apart_never_breaks_the_text(text: str) -> None:
    assert made("error", {}, error=InvalidInput(text))["error"]["message"] == text
