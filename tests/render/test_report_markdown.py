"""The page of a report: the outcome in one line, then what needs a person, then ids; and nothing in it acts."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invent_gitops.errors import (
    ExitCode,
    Interrupted,
    InvalidInput,
    InventGitopsError,
    Refused,
    Unavailable,
    Unsettled,
)
from invent_gitops.model.outcome import Fate, Outcome, Report
from invent_gitops.model.plan import ACTIONS, Item, Plan
from invent_gitops.model.problem import Position, Problem
from invent_gitops.model.state import Candidate, Intent, Provenance
from invent_gitops.model.unsettled import Twin
from invent_gitops.render.documents.envelope import document
from invent_gitops.render.documents.report import report_json
from invent_gitops.render.github.annotations import MOST, report_annotations
from invent_gitops.render.github.outputs import step_outputs
from invent_gitops.render.markdown.document import page
from invent_gitops.render.markdown.fit import in_bytes
from invent_gitops.render.markdown.plan import COMMENT_LIMIT
from invent_gitops.values import replace
from tests.making import NOW, a_plan, a_provenance, a_remote, altered, an_intent, an_item, costly, in_context
from tests.render.test_markdown import (
    ALL_EVIL,
    EVIL,
    FILES,
    OURS,
    blocked,
    create,
    evil_item,
    made,
    many,
    refused,
    tables_are_even,
    tags,
    wild,
)

WHO = a_provenance(NOW, "ann", "0123456789abcdef", "https://ci.test/9")
FATES: tuple[Fate, ...] = ("created", "adopted", "not-created", "unknown", "not-attempted", "already-created")


def reported(
    report: Report,
    plan: Plan | None = None,
    code: int = 0,
    *,
    doubts: dict[str, Intent] | None = None,
    who: Provenance = WHO,
    error: InventGitopsError | None = None,
) -> Any:
    """The document of a report, read back."""
    body = report_json(report, plan, "invent.state.json", who, doubts)
    return json.loads(document("report", code, body, error=error or report.failure))


def failed(error: InventGitopsError, code: int | None = None) -> Any:
    return json.loads(document("report", code or error.exit_code, {}, error=error))


def outcome(key: str, fate: Fate = "created", **more: Any) -> Outcome:
    id = f"bc_{key}" if fate in ("created", "adopted", "already-created") else ""
    return Outcome(key, fate, f"Broadcast {key}", more.pop("id", id), **more)


def shown(*outcomes: Outcome, items: Sequence[Item] = (), code: int = 0, **more: Any) -> str:
    """The page of a report over the outcomes and a plan of these items, by default one for each outcome."""
    doubts = {one.key: an_intent(provenance=WHO) for one in outcomes if one.fate == "unknown"}
    plan = a_plan(*(items or [an_item(one.key) for one in outcomes]))
    return page(reported(replace(Report(outcomes), **more), plan, code, doubts=doubts), files=FILES)


def headline(markdown: str) -> str:
    return markdown.split("\n", maxsplit=1)[0].removeprefix("### ")


# ---------------------------------------------------------------- the outcome in one line


@pytest.mark.parametrize(
    ("fates", "more", "line"),
    [
        (["created"], {}, "✅ 1 broadcast created"),
        (["created"] * 3, {}, "✅ 3 broadcasts created"),
        (["created", "adopted"], {}, "✅ 1 broadcast created"),
        (["adopted"], {}, "✅ 1 found in Invent and recorded, nothing was created"),
        (["already-created"], {}, "✅ 1 broadcast was created already, by another run"),
        (["created", "unknown", "not-created"], {"code": 7},
         "⛔ 1 created, 1 may have been created: look before anyone retries"),
        (["unknown", "unknown"], {"code": 7}, "⛔ 2 may have been created: look before anyone retries"),
        (["created", "not-created"], {"code": 6}, "❌ 1 created, 1 not created: a re-run is safe"),
        (["created", "not-attempted", "not-attempted"], {"code": 130, "stopped": True},
         "⚠️ Stopped after 1 of 3: a re-run goes on with the rest"),
        (["created", "created"], {"code": 7, "unrecorded": ("k0",)},
         "⛔ 1 created, but not recorded: keep the ids below"),
        (["not-attempted"], {"code": 5}, "⚠️ 1 not attempted"),
        (["created", "not-attempted"], {"code": 5, "failure": Refused("The state moved.")},
         "⚠️ Stopped after 1 of 2: a re-run goes on with the rest"),
        (["created"], {"code": 4, "failure": InvalidInput("The disk is full.")},
         "⚠️ 1 created, then it could not go on"),
        (["created"], {"code": 70, "failure": InventGitopsError("A bug.")},
         "⛔ 1 created, then it broke off: look before anyone retries"),
        ([], {}, "Nothing was left to create"),
    ],
)  # fmt: skip
def test_one_line_says_what_came_of_it_the_worst_first(fates: list[Fate], more: dict[str, Any], line: str) -> None:
    outcomes = [outcome(f"k{number}", fate) for number, fate in enumerate(fates)]
    assert headline(shown(*outcomes, **more)) == line


@pytest.mark.parametrize(
    ("items", "code", "line"),
    [
        ([refused()], 5, "⛔ Nothing could be created"),
        ([blocked()], 7, "⛔ 1 still with an unknown outcome: look before anyone retries"),
        ([an_item("unmatched", "unchanged")], 7, "⛔ another outcome is still unknown: look before anyone retries"),
    ],
)
def test_run_without_outcomes_says_what_stands_in_the_way(items: list[Item], code: int, line: str) -> None:
    assert headline(shown(items=items, code=code)) == line


def test_created_beside_refused_is_no_plain_success() -> None:
    markdown = shown(outcome("new"), items=[an_item("new"), refused()], code=5)
    assert headline(markdown) == "⚠️ 1 broadcast created, 1 refused"
    assert "It is too soon." in markdown.split("<details>")[0]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (Refused("Not confirmed."), "⛔ Refused: nothing was created"),
        (InvalidInput("The state is damaged."), "⛔ Nothing was created: the input cannot be used"),
        (Unavailable("No answer."), "❌ Nothing was created: a re-run is safe"),
        (Unsettled("A push was lost."), "⛔ Something may have been created: look before anyone retries"),
        (Interrupted("Stopped."), "⚠️ It was cut off before its end"),
        (InventGitopsError("A bug."), "⛔ It broke off: look before anyone retries"),
    ],
)
def test_failure_without_outcomes_claims_only_what_its_exit_code_does(error: InventGitopsError, line: str) -> None:
    error.cure = "Do <b>this</b>."
    markdown = page(failed(error))
    assert headline(markdown) == line
    assert markdown.split("\n\n")[1] == f"{error.message} Do &lt;b&gt;this&lt;/b&gt;."


def test_refusal_shows_the_plan_that_was_refused() -> None:
    markdown = page(reported(Report(()), a_plan(create("new")), 5, error=Refused("Not what was approved.")))
    assert headline(markdown) == "⛔ Refused: nothing was created"
    assert "Broadcast new" in markdown[markdown.index("<details>") :]


def test_problems_are_listed_like_those_of_a_plan() -> None:
    problem = Problem(Position("a.yaml", 3, 7), "name-missing", "There is no name.", "Write one.")
    markdown = page(json.loads(document("report", 4, {}, problems=[problem])), files=FILES)
    assert headline(markdown) == "⛔ 1 problem in the input: nothing was created"
    assert f"- [`a.yaml`]({FILES}a.yaml#L3) line 3: There is no name. Write one. `name-missing`" in markdown


# ---------------------------------------------------------------- what stands where


def test_what_needs_a_person_comes_before_what_was_created_and_the_plan_is_folded_below() -> None:
    markdown = shown(
        outcome("done"), outcome("lost", "unknown", reason="No whole answer."), outcome("bad", "not-created"),
        outcome("odd", differs=("name",)), outcome("late", "not-attempted"), outcome("found", "adopted"), code=7,
    )  # fmt: skip
    numbers = "**1** may have been created · **1** not created · **1** not attempted · **2** created · **1** found"
    parts = [numbers, "#### ⛔ Look in Invent", "No whole answer.", "#### ❌ Not created", "#### ⚠️ Not attempted",
             "#### ⚠️ Invent's answer", "#### Created", "#### Found in Invent", "<sub>Ended",
             "<details><summary>The plan as it was", "#### 6 broadcasts to create"]  # fmt: skip
    places = [markdown.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_created_row_has_name_key_id_time_and_audience_soonest_first() -> None:
    items = [create("late", 9, "America/New_York"), create("soon", 4, "America/New_York")]
    markdown = shown(outcome("late"), outcome("soon"), items=items).replace("\u00a0", " ")
    lines = [line for line in markdown.split("<details>")[0].split("\n") if line.startswith("| <b>")]
    assert lines[0] == (
        "| <b>Broadcast soon</b><br>`soon` | `bc_soon` | <b>Tue 24 Nov 2026 07:00</b><br>"
        "America/New&#95;York (12:00 UTC) | vips<br>up to 1,200 contacts |"
    )
    assert "`bc_late`" in lines[1]


def test_unknown_outcome_shows_what_was_found_and_the_commands_with_its_id_quoted() -> None:
    other = altered(a_remote("b 2; rm -rf ~"), name="Nearly")
    found = an_intent(provenance=WHO, candidates=(Candidate(a_remote("bc_9")), Candidate(other, ("name",))))
    plan = in_context(a_plan(an_item("lost")), flags=" --org o")
    markdown = page(reported(Report((outcome("lost", "unknown"),)), plan, 7, doubts={"lost": found}))
    assert "Found `bc_9` <b>Spring sale</b>: as requested." in markdown
    assert "If it is there: `invent-gitops resolve --org o lost --id bc_9`" in markdown
    assert "`invent-gitops resolve --org o lost --id 'b 2; rm -rf ~' --anyway`" in markdown
    assert "If it surely is not there, from 2026-11-20 12:08 UTC on, in 8 minutes: `invent-gitops resolve" in markdown
    assert "lost --not-created --not bc_9 --not 'b 2; rm -rf ~' --reason" in markdown
    assert "To be sent Tue 24 Nov 2026 12:00 UTC to vips, up to 1,200 contacts." in markdown


def test_second_broadcast_for_a_recorded_key_gets_its_reason_and_no_command_that_would_not_work() -> None:
    twice = outcome("twice", "unknown", id="bc_2", reason="This is a second broadcast.")
    markdown = page(reported(Report((twice,)), a_plan(an_item("twice")), 7))
    assert "id `bc_2`. This is a second broadcast." in markdown
    assert "resolve" not in markdown


def test_id_that_is_not_recorded_is_shown_loudly_and_never_as_recorded() -> None:
    failure = Unsettled("The push was refused.", "Run it again.")
    markdown = shown(outcome("a"), outcome("b"), code=7, unrecorded=("a",), failure=failure)
    assert "is `bc_a`. The next run looks for it; if it cannot find it, `invent-gitops resolve a --id bc_a`" in markdown
    assert "`bc_a`<br><b>not recorded</b>" in markdown
    assert "`bc_b`<br>" not in markdown
    assert "The push was refused. Run it again." in markdown


def test_reason_of_what_was_not_created_links_its_file() -> None:
    markdown = shown(outcome("bad", "not-created", reason="Invent answered 422: no <segment>"), code=6)
    assert f"[`bad.yaml`]({FILES}broadcasts/bad.yaml#L2) | Invent answered 422: no &lt;segment&gt; |" in markdown


def test_page_names_who_ran_it_where_and_from_which_commit() -> None:
    line = next(line for line in shown(outcome("a")).split("\n") if line.startswith("<sub>Ended"))
    assert line == (
        "<sub>Ended Fri 20 Nov 2026 12:00 UTC, run by ann in [this run](https://ci.test/9) from commit "
        "`0123456789ab`; recorded in `invent.state.json`.</sub>"
    )


def test_stopped_run_says_that_going_on_is_safe() -> None:
    assert "nothing is created twice" in shown(outcome("a", "not-attempted"), stopped=True, code=130)
    assert "nothing is created twice" not in shown(outcome("a"), stopped=True, code=130)


def test_report_without_a_plan_has_no_plan_below() -> None:
    markdown = page(reported(Report((outcome("a", "adopted"),)), None))
    assert "| <b>Broadcast a</b><br>`a` | `bc_a` |  |  |" in markdown
    assert "<details>" not in markdown


# ---------------------------------------------------------------- any document


def test_documents_that_were_saved_before_they_held_all_of_this_are_still_pages() -> None:
    old = made(create("new"))
    for field in ("timezone", "options", "segment_names"):
        del old[field]
    assert page(old) == page(made(create("new")))
    report = reported(Report((outcome("new"), outcome("lost", "unknown"))), a_plan(create("new")), 7)
    for field in ("at", "by", "commit", "run"):
        del report[field]
    for each in report["outcomes"]:
        del each["intent"]
    report["plan"] = {name: value for name, value in report["plan"].items() if name not in ("options", "timezone")}
    assert headline(page(report)) == "⛔ 1 created, 1 may have been created: look before anyone retries"


@pytest.mark.parametrize("wrong", [None, [], "plan", {}, {"kind": "records"}, {"kind": ["plan"]}, {"kind": None}])
def test_document_of_another_kind_is_refused(wrong: object) -> None:
    with pytest.raises(InvalidInput, match="neither a plan nor a report"):
        page(wrong)


@pytest.mark.parametrize("kind", ["plan", "report"])
def test_document_with_a_part_missing_is_refused(kind: str) -> None:
    with pytest.raises(InvalidInput, match="is not valid"):
        page({"kind": kind})
    with pytest.raises(InvalidInput, match="is not valid"):
        page({"kind": kind, "problems": [], "error": None, "exit_code": 0, "items": 7, "plan": 7, "outcomes": [7]})


# ---------------------------------------------------------------- cutting


@pytest.mark.parametrize(("count", "limit", "size"), [
    (500, COMMENT_LIMIT, len), (5000, COMMENT_LIMIT, len), (5000, 500 * 1024, in_bytes)
])  # fmt: skip
def test_large_report_is_cut_to_the_limit_with_right_counts_and_says_so(count: int, limit: int, size: Any) -> None:
    items = many(count)
    whole = reported(Report(tuple(outcome(item.key) for item in items)), a_plan(*items))
    markdown = page(whole, files=FILES, limit=limit, size=size)
    assert limit - 500 < size(markdown) <= limit
    assert headline(markdown) == f"✅ {count:,} broadcasts created"
    rows = len(re.findall("^[|] <b>", markdown.split("<details>")[0], re.MULTILINE))
    assert f"**Cut to fit: {count - rows:,} of {count:,} entries are not shown below.**" in markdown
    assert "The plan is left out here" in markdown
    assert tables_are_even(markdown)


def test_plan_below_gets_the_room_that_is_left() -> None:
    items = many(200)
    whole = reported(Report(tuple(outcome(item.key) for item in items)), a_plan(*items))
    markdown = page(whole, files=FILES)
    above, below = markdown.split("<details>", 1)
    assert "Cut" not in above
    assert re.search(r"\*\*Cut to fit: \d+ of 200 entries", below)
    assert markdown.count("<details") == markdown.count("</details>")
    assert COMMENT_LIMIT - 500 < len(markdown) <= COMMENT_LIMIT


def test_what_needs_a_person_is_never_starved_by_what_was_created() -> None:
    items = many(900)
    outcomes = [outcome(item.key) for item in items] + [outcome("lost", "unknown"), outcome("odd", differs=("name",))]
    doubts = {"lost": an_intent(provenance=WHO)}
    markdown = page(reported(Report(tuple(outcomes)), a_plan(*items), 7, doubts=doubts))
    assert "invent-gitops resolve lost --id ID" in markdown
    assert "| `bc_odd` | `name` |" in markdown


# ---------------------------------------------------------------- what a person or a server wrote

evil_reports = st.lists(st.tuples(st.sampled_from(FATES), wild), max_size=15).map(
    lambda pairs: [
        Outcome(f"{number} {words}", fate, words, words if number % 3 else "", words, (words,) if number % 2 else ())
        for number, (fate, words) in enumerate(pairs)
    ]
)


@settings(costly)
@given(evil_reports, wild, st.sampled_from([12_000, COMMENT_LIMIT]), st.sampled_from(list(ExitCode)))
def test_any_report_keeps_the_limit_the_tables_and_lets_nothing_through(
    outcomes: list[Outcome], words: str, limit: int, code: ExitCode
) -> None:
    found = replace(an_intent(), provenance=a_provenance(NOW, words, words, words))
    found = replace(found, candidates=(Candidate(altered(a_remote(words or "x"), name=words), (words,)),))
    doubts = {one.key: found for one in outcomes if one.fate == "unknown"}
    plan = a_plan(*(evil_item(ACTIONS[number % 6], words, number) for number, _ in enumerate(outcomes)))
    plan = in_context(plan, flags=f" --org {words}", zone=words, names={words: words}, org=words, api=words)
    failure = InvalidInput(words, words) if code else None
    report = Report(tuple(outcomes), failure, stopped=True, unrecorded=tuple(one.key for one in outcomes[:1]))
    who = a_provenance(NOW, words, words, words)
    whole = json.loads(document("report", code, report_json(report, plan, words, who, doubts), error=report.failure))
    markdown = page(whole, files=FILES, limit=limit)
    assert len(markdown) <= limit
    assert tables_are_even(markdown)
    assert tags(markdown) <= OURS
    assert markdown.count("<details") == markdown.count("</details>")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", markdown)
    assert not [line for line in markdown.split("\n") if line.lstrip().startswith("::") or "##[" in line]


# ---------------------------------------------------------------- annotations and outputs


def test_annotations_of_a_report_are_errors_at_the_definitions_before_notices() -> None:
    outcomes = (
        outcome("a", "unknown", reason="No answer."), outcome("b", "not-created", reason="422."), outcome("c"),
        outcome("d", differs=("name",)),
    )  # fmt: skip
    plan = a_plan(*(an_item(key) for key in "abcd"), refused(), blocked())
    report = Report(outcomes, Unsettled("The push was lost."), unrecorded=("c",))
    lines = report_annotations(report, plan, "examples/").split("\n")
    assert [line.split("::")[1].replace("file=examples/broadcasts/", "") for line in lines] == [
        "error a.yaml,line=2,col=1,title=unknown",
        "error b.yaml,line=2,col=1,title=not created",
        "error c.yaml,line=2,col=1,title=not recorded",
        "error title=blocked",
        "error late.yaml,line=3,col=11,title=minimum-lead-time",
        "error title=invent-gitops apply",
        "notice d.yaml,line=2,col=1,title=differs",
    ]
    assert "bc_c" in lines[2]


def test_annotations_of_a_report_are_nine_at_most_and_one_that_counts_the_rest() -> None:
    outcomes = tuple(outcome(f"k{number}", "not-created") for number in range(50))
    lines = report_annotations(Report(outcomes), a_plan()).split("\n")
    assert len(lines) == MOST + 1
    assert lines[-1].startswith(f"::error ::and {50 - MOST} more messages")
    assert report_annotations(Report((outcome("a"),)), a_plan(an_item("a"))) == ""


@given(wild)
def test_annotation_of_any_outcome_is_one_command_on_one_line(words: str) -> None:
    fates: tuple[Fate, ...] = ("created", "not-created", "unknown")
    outcomes = tuple(Outcome(f"{fate} {words}", fate, words, words, words, (words,)) for fate in fates)
    report = Report(outcomes, InvalidInput(words, words), unrecorded=tuple(one.key for one in outcomes))
    for line in report_annotations(report, a_plan(evil_item("create", words))).split("\n"):
        assert re.fullmatch(r"::(error|notice) (file=[^,:]*,line=1,col=1,)?title=[^,:]*::[^\x00-\x1f\x85\u2028]*", line)
        assert "##[" not in line


def test_outputs_of_a_report_are_counts_and_ids_in_json_that_hold_nothing_but_text() -> None:
    evil = Outcome(ALL_EVIL, "created", "x", f"id {ALL_EVIL}")
    found = step_outputs(reported(Report((evil, outcome("b", "adopted"), outcome("c", "unknown"))), a_plan(), 7))
    told = str(found.pop("ids"))
    assert json.loads(told) == {ALL_EVIL: f"id {ALL_EVIL}", "b": "bc_b"}
    assert told.isascii()
    assert told.isprintable()
    assert "##[" not in told
    assert found == {
        "created": 1, "adopted": 1, "already_created": 0, "not_created": 0, "unknown": 1,
        "unreachable": 0, "digest": a_plan().digest, "exit_code": 7,
    }  # fmt: skip


def test_outputs_leave_out_ids_that_would_not_fit_and_claim_nothing_of_a_failure() -> None:
    assert step_outputs(reported(Report(tuple(outcome(f"k{number}") for number in range(2000)))))["ids"] == ""
    assert step_outputs(failed(Refused("No."))) == {
        "created": 0, "adopted": 0, "already_created": 0, "not_created": 0, "unknown": 0, "ids": "{}",
        "digest": "", "exit_code": 5,
    }  # fmt: skip


def test_no_name_of_the_api_mentions_anybody() -> None:
    outcomes = [Outcome(words, fate, words, words, words) for fate in FATES for words in EVIL]
    markdown = page(reported(Report(tuple(outcomes)), a_plan(), 7), limit=10**6)
    plain = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", markdown)
    assert not re.search(r"@\w|<img|\]\(http://evil|https?://evil", plain)


# ---------------------------------------------------------------- twins


def test_what_exists_twice_is_told_first_with_what_to_do() -> None:
    twin = Twin("spring", "bc_1", altered(a_remote("bc_2"), name="Spring"), "bc_2", "bc_1", "it has no message.")
    plan = in_context(a_plan(create("other")), flags=" --org o")
    report = Report((outcome("other"),), twins=(twin,))
    markdown = page(reported(report, plan, 7))
    assert headline(markdown) == "⛔ 1 created, 1 twice in Invent: delete one of the two"
    assert markdown.index("#### ⛔ Twice in Invent") < markdown.index("#### Created")
    assert "Better deleted in Invent: `bc_1`." in markdown
    assert "After that: `invent-gitops resolve --org o spring --id bc_2 --instead-of bc_1 --reason" in markdown
    assert "::error title=twice::" in report_annotations(report, plan)


def test_documents_of_older_versions_are_shown_without_what_they_do_not_hold() -> None:
    doubt = {"lost": an_intent(provenance=WHO)}
    found = reported(Report((outcome("lost", "unknown"),)), a_plan(an_item("lost")), 7, doubts=doubt)
    del found["twins"], found["outcomes"][0]["intent"]["settles_at"]
    for item in found["plan"]["items"]:
        del item["absence"]
    assert "If it surely is not there, from 2026-11-20 12:08 UTC on" in page(found)
