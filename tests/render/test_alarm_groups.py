"""What needs a person is grouped by rule and instruction, and each of its commands can be pasted."""

from __future__ import annotations

import html
import json
import re
import shlex
from datetime import timedelta
from typing import Any

import click
import pytest
from jsonschema import Draft202012Validator

from docs_build.root_context import root_context
from invent_gitops.cli.program import cli
from invent_gitops.errors import InvalidInput
from invent_gitops.live.drift import look_at
from invent_gitops.live.status import status_of
from invent_gitops.model.broadcast import Counts, Definition, Remote
from invent_gitops.model.command import Command, Cure
from invent_gitops.model.context import Context
from invent_gitops.model.cure_steps import steps_of
from invent_gitops.model.listing import Listing
from invent_gitops.model.note import second_note
from invent_gitops.model.plan import Item, Refusal
from invent_gitops.model.problem import Position
from invent_gitops.model.state import State
from invent_gitops.model.status import Status
from invent_gitops.render.alarm_groups import alarm_groups
from invent_gitops.render.documents.envelope import document
from invent_gitops.render.documents.plan import plan_json
from invent_gitops.render.documents.status import read_status, status_json
from invent_gitops.render.github.status_annotations import status_annotations
from invent_gitops.render.markdown.commands import command_block, cure_cell
from invent_gitops.render.markdown.plan import plan_markdown
from invent_gitops.render.markdown.status import COMMENT_LIMIT, status_markdown
from invent_gitops.render.text.status import status_text
from invent_gitops.render.text.style import Style
from invent_gitops.schemas import read_schema
from invent_gitops.values import replace
from tests.making import (
    NOW,
    SOON,
    a_catalogue,
    a_definition,
    a_plan,
    a_record,
    a_remote,
    a_removal,
    a_request,
    a_state,
    altered,
    an_intent,
    in_context,
)

FLAGS = " --org o --base-url https://api.example.com/v1"
SCHEMA = Draft202012Validator(read_schema("status"))
HOUR = timedelta(hours=1)
GAP = "\u200b"
AT = Position("broadcasts/spring.yaml", 2)
UNFINISHED_REASON = re.compile("…$")


def status(definitions: list[Definition], state: State, remotes: tuple[Remote, ...] = (), flags: str = FLAGS) -> Status:
    context = Context(NOW, state.org, state.api, flags=flags)
    return status_of(
        definitions,
        state,
        Listing(remotes),
        before=state.ids(),
        catalogue=a_catalogue(a=7),
        context=context,
        soon=timedelta(hours=24),
    )


def uncreated(count: int) -> Status:
    return status([a_definition(f"k{n:03}", a_request(f"N {n}"), owner="jo") for n in range(count)], a_state({}))


def mixture() -> Status:
    """A page with every rule, some of them for more than one."""
    at = {key: a_request(key.title(), NOW + n * HOUR) for n, key in enumerate(["empty", "draft", "ready"], 1)}
    far = {
        key: a_request(key.title(), SOON)
        for key in ["cancelled", "error", "drifted", "edited", "nofile", "gone", "gone2", "double"]
    }
    past = {key: a_request(key.title(), NOW - 48 * HOUR) for key in ["failed", "poor", "late"]}
    requests = {**at, **far, **past}
    records = {key: a_record(f"id-{key}", request) for key, request in requests.items()}
    records["double"] = replace(records["double"], note=second_note("double", "id-first"))
    shown: dict[str, dict[str, Any]] = {
        "empty": {"status": "DRAFT", "templates": 0},
        "draft": {"status": "DRAFT", "templates": 1},
        "ready": {"status": "SCHEDULED", "templates": 1},
        "cancelled": {"status": "CANCELLED"},
        "error": {"status": "SCHEDULED", "template_errors": ("Too long",)},
        "drifted": {"status": "SCHEDULED", "scheduled_at": SOON + HOUR},
        "edited": {"status": "SCHEDULED"},
        "nofile": {"status": "SCHEDULED"},
        "double": {"status": "SCHEDULED"},
        "failed": {"status": "FAILED", "error_message": "No sender"},
        "poor": {"status": "SENT", "counts": Counts(recipients=1000, delivered=24, failed=976)},
        "late": {"status": "SCHEDULED"},
    }
    remotes = [altered(a_remote(f"id-{key}", requests[key]), **fields) for key, fields in shown.items()]
    taken, remade = a_request("Taken", SOON), a_request("Like", SOON)
    remotes += [a_remote("id-taken", taken), a_remote("id-like", remade)]
    state = a_state(
        records,
        intents={key: an_intent(a_request(key.title(), SOON + HOUR)) for key in ("lost-1", "lost-2")},
        removed={"taken": a_removal("id-taken", taken)},
    )
    definitions = [a_definition(key, request) for key, request in requests.items() if key != "nofile"]
    definitions = [
        a_definition("edited", a_request("Other", SOON)) if definition.key == "edited" else definition
        for definition in definitions
    ]
    definitions += [a_definition("like", remade), a_definition("over", a_request("Over", NOW - HOUR))]
    definitions += [a_definition(f"new-{n}", a_request(f"New {n}", SOON + n * HOUR)) for n in range(3)]
    return status(definitions, state, tuple(remotes))


def saved(page: Status) -> Any:
    found = json.loads(document("status", 0, status_json(page)))
    SCHEMA.validate(found)
    return found


def as_text(page: Status, *, everything: bool = False) -> str:
    return status_text(page, Style(), width=None, everything=everything, past=None)


def blocks(markdown: str) -> list[str]:
    """What stands in the code blocks, each with its fence stripped."""
    return [match[2] for match in re.finditer(r"^( *)```+sh\n(.*?)\n\1```+$", markdown, re.DOTALL | re.MULTILINE)]


def parsed(line: str) -> click.Context:
    """A pasted line as the program reads it; what is not a command of it fails."""
    # The program refuses a reason that nobody has written.
    words = [UNFINISHED_REASON.sub("a reason", word) for word in shlex.split(line)]
    assert words[0] == "invent-gitops"
    command: click.Command = cli
    context = root_context()
    words = words[1:]
    while isinstance(command, click.Group):
        name, found, words = command.resolve_command(context, words)
        assert found is not None, line
        command = found
        if isinstance(command, click.Group):
            context = click.Context(command, info_name=name, parent=context)
    return command.make_context(command.name, words, parent=context, resilient_parsing=False)


# ---------------------------------------------------------------- one group for what is alike


def test_three_hundred_that_were_not_created_are_one_group_with_one_instruction() -> None:
    page = uncreated(300)
    [group] = alarm_groups(page)
    assert (group.title, len(group.keys)) == ("300 merged and not created", 300)
    text = as_text(page).partition("Coming up")[0]
    assert text.count("300 merged and not created [not-created]") == text.count("invent-gitops plan") == 1
    assert "… and 275 more; -v shows them all." in text
    assert text.count("owner jo") == 25
    assert as_text(page, everything=True).partition("Coming up")[0].count("      - k") == 300
    markdown = status_markdown(saved(page))
    assert len(markdown) <= COMMENT_LIMIT
    assert markdown.count("#### ⚠️") == 1
    assert blocks(markdown) == [f"invent-gitops plan{FLAGS}"]
    assert "- … and 275 more, in the tables below as far as they fit." in markdown
    assert "owner jo" in markdown
    notes = status_annotations(page).splitlines()
    assert len(notes) == 1
    assert "300 merged and not created: k000, k001, k002, k003, k004 and 295 more." in notes[0]
    assert "\n**300** merged and not created\n" in markdown
    [entry] = saved(page)["groups"]
    assert (entry["count"], len(entry["keys"]), entry["title"]) == (300, 300, "300 merged and not created")
    assert saved(page)["counts"]["needs_you"] == 300


def test_every_rule_is_once_on_each_page_poor_results_first_then_what_is_due_soon() -> None:
    page = mixture()
    groups = alarm_groups(page)
    listed = [group.rule for group in groups]
    every = {alarm.rule for row in page.rows for alarm in row.alarms}
    assert set(listed) == every >= {"blocked", "twice", "failed", "gone", "drift", "changed", "not-created", "removed"}
    assert listed[0] == "poor-result"
    assert listed.index("no-content") < listed.index("blocked"), "it is due within the day"
    assert sorted((row.key, alarm.rule) for row in page.rows for alarm in row.alarms) == sorted(
        (key, group.rule) for group in groups for key in group.keys
    ), "no alarm is lost or listed twice"
    text, markdown = as_text(page, everything=True), status_markdown(saved(page))
    assert "**5** merged and not created" in markdown.partition("####")[0], "groups of one kind count together"
    for group in groups:
        assert f"  ! {group.title} [{group.rule}]" in text
        assert f"#### ⚠️ {group.title} `{group.rule}`" in markdown
        for entry in group.entries:
            assert f"      - {entry.row.key}  " in text
            assert f"<b>{entry.row.request.name}</b> `{entry.row.key}` · " in markdown


def test_a_sentence_that_all_share_is_said_once_and_each_command_stands_below_its_key() -> None:
    text = as_text(mixture(), everything=True)
    gone = text.partition("2 gone from Invent")[2].partition("  ! ")[0]
    assert gone.count("If it was deleted there") == 1
    for key in ("gone", "gone2"):
        below = gone.partition(f"- {key}  ")[2].splitlines()[1]
        assert below.strip() == f"invent-gitops state rm{FLAGS} {key} --reason …"


def test_instructions_that_name_ids_do_not_become_a_group_for_each() -> None:
    requests = [a_request(f"Twin {n}") for n in range(40)]
    records = {f"twin-{n}": a_record(f"id-{n}", request) for n, request in enumerate(requests)}
    remotes = tuple(a_remote(f"{id}-{n}", request) for n, request in enumerate(requests) for id in ("id", "other"))
    definitions = [a_definition(f"twin-{n}", request) for n, request in enumerate(requests)]
    groups = [group for group in alarm_groups(status(definitions, a_state(records), remotes)) if group.rule == "twice"]
    assert [len(group.entries) for group in groups] == [40]


# ---------------------------------------------------------------- commands


def test_each_command_is_alone_in_its_block_and_the_program_reads_it() -> None:
    page = mixture()
    lines = blocks(status_markdown(saved(page)))
    assert len(lines) >= 10
    for line in lines:
        assert GAP not in line
        assert not line.endswith((".", ";", ","))
        assert parsed(line).command.name
    assert {shlex.split(line)[1] for line in lines} >= {"plan", "reconcile", "resolve", "state", "refresh"}
    assert any("https://api.example.com/v1" in shlex.split(line) for line in lines)


def test_each_command_of_the_text_has_a_line_of_its_own_and_the_program_reads_it() -> None:
    section = as_text(mixture(), everything=True).partition("Coming up")[0]
    lines = [line for line in section.splitlines() if "invent-gitops " in line]
    assert lines
    for line in lines:
        assert line.strip().startswith("invent-gitops "), line
        assert parsed(line.strip()).command.name


def test_the_document_has_each_command_apart_and_reads_back_to_the_same_page() -> None:
    page = saved(mixture())
    commands = [step["command"] for row in page["rows"] for it in row["warnings"] for step in it["steps"]]
    assert all(parsed(command).command.name for command in commands if command)
    groups, read_groups = alarm_groups(mixture()), alarm_groups(read_status(page))
    assert [(group.title, group.keys) for group in groups] == [(group.title, group.keys) for group in read_groups]


def test_a_document_of_an_older_version_is_grouped_by_the_words_of_its_cures() -> None:
    page = saved(uncreated(3))
    page.pop("groups")
    for row in page["rows"]:
        for warning in row["warnings"]:
            del warning["steps"]
    assert blocks(status_markdown(page)) == [f"invent-gitops plan{FLAGS}"]


@pytest.mark.parametrize(
    ("cure", "steps"),
    [
        ("Look in Invent.", [("Look in Invent.", "")]),
        ("See: invent-gitops state list", [("See:", "invent-gitops state list")]),
        ("Get it: invent-gitops segments pull.", [("Get it:", "invent-gitops segments pull")]),
        (
            "If so: invent-gitops segments pull . If not, name another.",
            [("If so:", "invent-gitops segments pull"), ("If not, name another.", "")],
        ),
        (
            "Fetch it: git fetch --unshallow (in a workflow: fetch-depth: 0).",
            [("Fetch it:", "git fetch --unshallow"), ("(in a workflow: fetch-depth: 0).", "")],
        ),
        ("If so: invent-gitops plan. Or write an id.", [("If so:", "invent-gitops plan"), ("Or write an id.", "")]),
        (
            Cure(("Settle it: ", Command("reconcile"), " ; or by hand, ", Command("resolve", "k --id ID"))),
            [("Settle it:", "invent-gitops reconcile"), ("Or by hand:", "invent-gitops resolve k --id ID")],
        ),
    ],
)
def test_a_cure_is_steps_with_each_command_apart(cure: Cure | str, steps: list[tuple[str, str]]) -> None:
    assert [(step.text, step.command_line("")) for step in steps_of(cure)] == steps


def test_no_address_in_a_command_is_broken_up_also_where_a_cell_or_a_tag_needs_escapes() -> None:
    command = Command("resolve", "k --id 'a|b<c'")
    cell = cure_cell(Cure(("If so: ", command, " . Or not.")), FLAGS)
    assert GAP not in cell
    assert "|" not in cell
    [inside] = re.findall(r"<code>(.*?)</code>", cell)
    assert html.unescape(inside.replace("<span></span>", "")) == command.text(FLAGS)
    [block] = command_block(command.text(FLAGS))
    assert html.unescape(re.sub(r"</?(?:pre|span)>", "", block)) == command.text(FLAGS)


def test_a_block_is_not_ended_by_what_stands_in_the_command() -> None:
    opening, line, closing = command_block("invent-gitops resolve k --id 'a```b'")
    assert (opening, line, closing) == ("````sh", "invent-gitops resolve k --id 'a```b'", "````")


# ---------------------------------------------------------------- recorded nowhere


def test_what_an_attempt_in_doubt_may_have_created_is_not_recorded_nowhere() -> None:
    request = a_request("Lost")
    state = a_state({}, intents={"lost": an_intent(request)})
    mine, stranger = a_remote("bc_8", request, created_at=NOW), a_remote("bc_9", a_request("By hand"))
    assert look_at(state, Listing((mine, stranger))).unrecorded == 1
    assert look_at(state, Listing((mine,))).unrecorded == 0
    assert look_at(a_state({}), Listing((mine, stranger))).unrecorded == 2
    page = status([a_definition("lost", request)], state, (mine,))
    assert "recorded nowhere" not in as_text(page)
    assert "recorded nowhere" not in status_markdown(saved(page))


def test_what_is_recorded_nowhere_has_a_command_with_the_account_alone_on_a_line() -> None:
    page = status([], a_state({}), (a_remote("bc_9", a_request("By hand")),))
    assert f"1 broadcast in Invent is recorded nowhere:\n  invent-gitops import{FLAGS}\n" in as_text(page)
    assert blocks(status_markdown(saved(page))) == [f"invent-gitops import{FLAGS}"]


# ---------------------------------------------------------------- other pages


def test_commands_in_the_cells_of_a_plan_and_in_its_errors_can_be_pasted() -> None:
    move = Command("state mv", "old spring")
    refusal = Refusal("possible-rename", "It looks like old.", Cure(("If it is: ", move, " . If not, waive it.")), AT)
    unread = Refusal("audience-size", "It grew.", "If that is right: invent-gitops segments pull . If not, look.", AT)
    item = Item("spring", "refused", a_request(), a_definition(), refusals=(refusal, unread))
    plan = in_context(a_plan(item), flags=FLAGS)
    page = plan_markdown(json.loads(document("plan", 0, plan_json(plan))))
    inline = [code for code in re.findall(r"`([^`]+)`", page) if code.startswith("invent-gitops ")]
    assert inline == [move.text(FLAGS), "invent-gitops segments pull"]
    assert all(parsed(command).command.name for command in inline)
    error = InvalidInput("The state is new.", "See the keys with: invent-gitops state list --org o . Or begin anew.")
    page = status_markdown(json.loads(document("status", 4, {}, error=error)))
    assert "See the keys with: `invent-gitops state list --org o` Or begin anew." in page
