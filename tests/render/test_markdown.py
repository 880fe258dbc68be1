"""The Markdown of a plan: what a reviewer sees first, how it is cut, and that nothing a person wrote acts in it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invent_gitops.errors import InvalidInput, InventGitopsError
from invent_gitops.model.plan import ACTIONS, Action, Audience, FieldChange, Item, Plan, Refusal, Remarks
from invent_gitops.model.problem import Position, Problem
from invent_gitops.model.state import Candidate
from invent_gitops.render.documents.envelope import document
from invent_gitops.render.documents.plan import plan_json
from invent_gitops.render.github.annotations import MOST, plan_annotations
from invent_gitops.render.github.outputs import step_outputs
from invent_gitops.render.markdown.fit import Part, fitted, in_bytes
from invent_gitops.render.markdown.markup import address, code, link, text
from invent_gitops.render.markdown.plan import COMMENT_LIMIT, plan_markdown
from invent_gitops.text.clean import cut
from invent_gitops.values import replace
from tests.making import (
    NASTY,
    NOW,
    a_definition,
    a_plan,
    a_provenance,
    a_record,
    a_remote,
    a_request,
    altered,
    an_intent,
    an_item,
    costly,
    in_context,
    texts,
)

FILES = "https://github.com/acme/campaigns/blob/0123456789abcdef0123456789abcdef01234567/"
LATE = Refusal("minimum-lead-time", "It is too soon.", "Give it a later time.", Position("broadcasts/late.yaml", 3, 11))
# What a name must not be able to do, wherever a reviewer reads it.
EVIL = [
    "@everyone #1 | <img src=x> ::error::x",
    "a\nb\r\n::error::c",
    "\x1b[31mred\x1b]8;;http://evil.test\x07",
    "`code` ``` ~~~ `",
    "</details></summary><!-- x -->",
    "%%{init: {'securityLevel': 'loose'}}%%",
    "##[group]x ##[error]y",
    "\u202ereversed\u2066 \u200b",
    "**bold** _it_ [l](javascript:alert(1)) ![p](http://evil.test/p.png) ~~gone~~",
    "https://evil.test www.evil.test me@evil.test acme/campaigns#7 GH-7 :tada:",
    "0123456789abcdef0123456789abcdef01234567 $x^2$ &lt;b&gt; \\| \\` |",
    "- item",
    "1. item",
    "# head",
    "=====",
    NASTY,
]
ALL_EVIL = " ".join(EVIL)
wild = st.sampled_from(EVIL) | texts | st.text(max_size=40)


def made(*items: Item, problems: Sequence[Problem] = (), error: InventGitopsError | None = None, **context: Any) -> Any:
    body = {} if problems or error else plan_json(in_context(a_plan(*items), **context))
    return json.loads(document("plan", 0, body, problems=problems, error=error))


def shown(*items: Item, files: str = "", limit: int = COMMENT_LIMIT, size: Any = len, **context: Any) -> str:
    """The page of a plan with other values in its context."""
    return plan_markdown(made(*items, **context), files=files, limit=limit, size=size)


def blocked(key: str = "doubt") -> Item:
    intent = an_intent(provenance=a_provenance(NOW - timedelta(hours=3), "alice", run="https://ci.test/9"))
    return Item(key, "blocked", intent.request, intent=replace(intent, candidates=(Candidate(a_remote("bc_9"), ()),)))


def refused(key: str = "late") -> Item:
    return replace(an_item(key, "refused"), refusals=(LATE,))


def changed(key: str = "edited") -> Item:
    marks = {"name": Position(f"broadcasts/{key}.yaml", 1, 7), "schedule": Position(f"broadcasts/{key}.yaml", 4, 3)}
    return Item(key, "changed", a_request("New"), a_definition(key, marks=marks), a_record("bc_7"),
                changes=(FieldChange("scheduled_at", "2026-11-24T12:00:00Z", "2026-11-25T12:00:00Z"),
                         FieldChange("segment_ids", ["seg_a"], ["seg_b"])))  # fmt: skip


def create(
    key: str, days: float = 4, zone: str = "", audience: Audience | None = None, waive: dict[str, str] | None = None
) -> Item:
    definition = a_definition(
        key, a_request(f"Broadcast {key}", NOW + timedelta(days=days)), timezone=zone, waive=waive
    )
    return Item(key, "create", definition.request, definition, audience=audience or Audience(("vips",), False, 1200))


def many(count: int) -> list[Item]:
    return [create(f"campaign/{number:05}", 1 + number / 10, "Europe/Berlin") for number in range(count)]


def rows(markdown: str) -> list[str]:
    """Rows of tables, without those of heads and rules, and without the months."""
    markdown = re.sub(r"\| Mon \|.*?\n\n", "", markdown, flags=re.DOTALL)
    lines = [line for line in markdown.split("\n") if line.startswith("|")]
    heads = {index + step for index, line in enumerate(lines) if set(line) <= set("| -") and "-" in line
             for step in (-1, 0)}  # fmt: skip
    return [line for index, line in enumerate(lines) if index not in heads]


def tables_are_even(markdown: str) -> bool:
    """Every block of table lines has one number of pipes; none of a person's is left to count."""
    blocks = re.findall(r"(?:^\|.*\n?)+", markdown, re.MULTILINE)
    return all(len({line.count("|") for line in block.strip().split("\n")}) == 1 for block in blocks)


def tags(markdown: str) -> set[str]:
    """The HTML in a text, outside of inline code."""
    return set(re.findall(r"<[^<>]*>?", re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", markdown)))


OURS = {"<b>", "</b>", "<br>", "<sub>", "</sub>", "<code>", "</code>", "<span>", "</span>",
        "<details>", "<details open>", "</details>", "<summary>", "</summary>"}  # fmt: skip


# ---------------------------------------------------------------- what stands where


def test_totals_come_first_then_what_needs_a_person_then_what_is_created() -> None:
    waived = create("waived", waive={"quiet-hours": "agreed with legal"})
    markdown = shown(waived, create("new"), changed(), blocked(), refused())
    parts = ["### 2 broadcasts to create", "**1** blocked · **1** refused", "1 blocked:", "1 refused:",
             "agreed with legal", "To be created", "November 2026, UTC", "<summary>1 changed", "Digest"]  # fmt: skip
    places = [markdown.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


@pytest.mark.parametrize(("count", "first"), [(15, "To be created"), (16, "November 2026")])
def test_months_stand_above_a_list_that_would_push_them_out_of_sight(count: int, first: str) -> None:
    markdown = shown(*many(count))
    places = {part: markdown.index(part) for part in ("To be created", "November 2026")}
    assert min(places, key=places.__getitem__) == first


def test_waiver_that_sets_nothing_aside_is_kept_apart_from_those_that_do() -> None:
    item = create("waived", waive={"quiet-hours": "agreed with legal", "audience-cap": "just in case"})
    markdown = shown(replace(item, remarks=Remarks(unneeded_waivers=("audience-cap",))))
    aside, _, idle = markdown.partition("<details><summary>1 waiver sets nothing aside</summary>")
    assert "sets aside `quiet-hours`: “agreed with legal”" in aside
    assert "audience-cap" not in aside
    assert "waives `audience-cap`: “just in case”" in idle
    assert "Rules set aside" not in shown(
        replace(item, remarks=Remarks(unneeded_waivers=("audience-cap", "quiet-hours")))
    )


@pytest.mark.parametrize(
    ("audiences", "words"),
    [
        ([Audience(("a",), False, 1200), Audience(("b",), False, 40)], "with up to **1,240** messages"),
        ([Audience(("a",), False, 1200), Audience(("b",), False, None)],
         "1 to up to **1,200** contacts, 1 to an audience of unknown size"),
        ([Audience(("b",), False, None)], "to an audience of unknown size"),
        ([Audience((), True, None)], "to **everyone**"),
        ([Audience((), True, None), Audience((), True, 9), Audience(("a",), False, 7), Audience(("a",), False, None)],
         "2 to **everyone**, 1 to up to **7** contacts, 1 to an audience of unknown size"),
    ],
)  # fmt: skip
def test_headline_adds_up_the_audience_and_owns_up_to_what_is_not_known(audiences: list[Audience], words: str) -> None:
    items = [create(f"k{number}", audience=audience) for number, audience in enumerate(audiences)]
    assert shown(*items).split("\n")[0].endswith(f"to create, {words}")


@pytest.mark.parametrize(
    ("items", "line"),
    [
        ([], "### Nothing to create"),
        ([changed()], "### Nothing to create"),
        ([refused()], "### Nothing can be created"),
        ([blocked()], "### Nothing can be created"),
    ],
)
def test_headline_says_whether_there_is_anything_to_create(items: list[Item], line: str) -> None:
    assert shown(*items).split("\n")[0] == line


def test_row_names_the_broadcast_its_local_and_utc_time_the_distance_the_audience_and_the_file() -> None:
    (row,) = rows(shown(create("vip", 4, "America/New_York"), files=FILES).replace("\u00a0", " "))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells == [
        "<b>Broadcast vip</b><br>`vip`",
        "<b>Tue 24 Nov 2026 07:00</b><br>America/New&#95;York (12:00 UTC)",
        "in 4 days",
        "vips<br>up to 1,200 contacts",
        f"[`vip.yaml`]({FILES}broadcasts/vip.yaml#L2)",
    ]


def test_soonest_broadcast_comes_first_and_at_once_before_all() -> None:
    now = Item("z", "create", a_request("Now", None), a_definition("z", a_request("Now", None)))
    markdown = shown(create("late", 9), create("soon", 1), now)
    assert re.findall(r"<br>`(\w+)`", "\n".join(rows(markdown))) == ["z", "soon", "late"]
    assert "The first is due **at once**." in markdown
    assert "<b>at once</b>" in markdown


def test_time_without_a_zone_is_shown_in_the_projects_and_a_zone_that_nobody_knows_as_utc() -> None:
    assert "Europe/Berlin\u00a0(12:00\u00a0UTC)" in shown(create("a"), zone="Europe/Berlin")
    assert "12:00</b><br>UTC" in shown(create("a", zone="Mars/Phobos"))


def test_field_diffs_are_folded_and_name_segments_and_times_as_people_do() -> None:
    markdown = shown(changed(), names={"seg_a": "customers"})
    folded = markdown[markdown.index("<details><summary>1 changed") :]
    assert "| `scheduled_at` | Tue 24 Nov 2026 12:00 UTC | Wed 25 Nov 2026 12:00 UTC |" in folded
    assert "| `segment_ids` | customers | seg&#95;b |" in folded


def test_blocked_key_shows_its_candidates_and_the_commands_that_settle_it() -> None:
    markdown = shown(blocked(), flags=" --org o")
    assert "[this run](https://ci.test/9)" in markdown
    assert "`invent-gitops resolve --org o doubt --id bc_9`" in markdown


def test_refusal_says_why_and_what_to_do() -> None:
    (row,) = rows(shown(refused(), files=FILES))
    assert "It is too soon. `minimum-lead-time` | Give it a later time. |" in row
    assert f"({FILES}broadcasts/late.yaml#L3)" in row


def test_problems_are_a_list_with_place_rule_and_cure() -> None:
    problem = Problem(Position("a.yaml", 3, 7), "name-missing", "There is no name.", "Write one.")
    markdown = plan_markdown(made(problems=[problem]), files=FILES)
    assert markdown.startswith("### ⛔ 1 problem in the input: nothing can be created\n")
    assert f"- [`a.yaml`]({FILES}a.yaml#L3) line 3: There is no name. Write one. `name-missing`" in markdown


def test_failure_is_told_with_its_cure() -> None:
    markdown = plan_markdown(made(error=InvalidInput("The state is damaged.", "Restore it <b>.")))
    assert markdown == "### ⛔ There is no plan\n\nThe state is damaged. Restore it &lt;b&gt;."


# ---------------------------------------------------------------- cutting


def longest_hidden(markdown: str) -> int:
    found = re.search(r"\*\*Cut to fit: ([\d,]+) of", markdown)
    return int(found[1].replace(",", "")) if found else 0


@pytest.mark.parametrize(("count", "limit", "size"), [
    (500, COMMENT_LIMIT, len), (5000, COMMENT_LIMIT, len), (5000, 900 * 1024, in_bytes)
])  # fmt: skip
def test_large_plan_is_cut_to_the_limit_with_right_counts_and_says_so(count: int, limit: int, size: Any) -> None:
    markdown = shown(*many(count), files=FILES, limit=limit, size=size)
    assert limit - 400 < size(markdown) <= limit, "another row would have fitted"
    assert markdown.startswith(f"### {count:,} broadcasts to create, with up to **{count * 1200:,}** messages")
    assert f"**{count:,}** to create" in markdown
    hidden = count - len(rows(markdown))
    assert f"**Cut here: {hidden:,} of {count:,} are not shown.**" in markdown
    assert longest_hidden(markdown) == hidden > 0
    assert tables_are_even(markdown)


def test_what_fits_is_not_cut() -> None:
    items = many(20)
    whole = shown(*items, limit=10**6)
    assert shown(*items, limit=len(whole)) == whole
    assert "Cut" not in whole
    assert "Cut here: 1 of 20" in shown(*items, limit=len(whole) - 1)


def test_many_problems_are_cut_the_same_way() -> None:
    problems = [Problem(Position("a.yaml", line + 1, 1), "rule", "It is wrong. " * 5) for line in range(3000)]
    markdown = plan_markdown(made(problems=problems))
    assert COMMENT_LIMIT - 400 < len(markdown) <= COMMENT_LIMIT
    assert markdown.startswith("### ⛔ 3,000 problems")
    assert markdown.count("\n- ") + longest_hidden(markdown) == 3000


def test_no_part_starves_another() -> None:
    items = [*many(900), *(refused(f"late{number}") for number in range(900)), blocked()]
    markdown = shown(*items)
    assert "resolve doubt" in markdown
    assert markdown.count("minimum-lead-time") > 50
    assert markdown.count("campaign/") > 50


def test_where_nothing_fits_the_headline_is_left() -> None:
    markdown = shown(*many(50), limit=300)
    assert len(markdown) <= 300
    assert markdown.startswith("### 50 broadcasts to create")


@given(st.lists(st.lists(st.text("aä", max_size=30), max_size=8), min_size=1, max_size=4), st.integers(300, 900))
def test_fitted_text_keeps_the_limit_and_drops_rows_from_the_end_only(lists: list[list[str]], limit: int) -> None:
    parts = [
        Part([f"head {index}"], [f"- {index}.{number} {row}" for number, row in enumerate(each)])
        for index, each in enumerate(lists)
    ]
    found = fitted(parts, limit, in_bytes)
    assert in_bytes(found) <= limit
    for part in parts:
        kept = [row for row in part.rows if f"\n{row}\n" in f"{found}\n"]
        assert list(part.rows[: len(kept)]) == kept


@given(st.lists(st.text("aä", max_size=60), min_size=1, max_size=20), st.integers(200, 900))
def test_the_first_row_that_is_left_out_would_not_have_fitted(words: list[str], limit: int) -> None:
    rows = [f"- {index} {each}" for index, each in enumerate(words)]
    found = fitted([Part(["head"]), Part([], rows)], limit, in_bytes)
    kept = sum(f"\n{row}\n" in f"{found}\n" for row in rows)
    assert in_bytes(found) <= limit
    if kept < len(rows):
        # The notes that count what is left out may get a digit shorter with one row more.
        assert in_bytes(found) + in_bytes(f"\n{rows[kept]}") > limit - 4 or kept + 1 == len(rows)


# ---------------------------------------------------------------- each place, and what a person wrote


@given(wild)
def test_text_shows_what_was_written_and_none_of_it_acts(words: str) -> None:
    safe = text(words)
    assert not re.search(r"[\\`*_\[\]|~!\n\r\x1b$]", safe.replace("<span>$</span>", ""))
    assert tags(safe) <= {"<span>", "</span>"}
    assert not re.search(r"@\w|#\d|GH-\d|://|www\.|[0-9a-f]{7}|:\w+:", html.unescape(safe), re.IGNORECASE)
    assert not re.match(r"[-+=#]|\d+[.)]", safe)
    assert html.unescape(safe.replace("<span>$</span>", "$")).replace("\u200b", "") == cut(words.strip(), 500)


@given(wild)
def test_inline_code_cannot_be_left(words: str) -> None:
    safe = code(words)
    assert not set("|\n") & set(safe)
    if safe.startswith("<code>"):
        assert tags(safe) <= {"<code>", "</code>", "<span>", "</span>"}
    else:
        assert "<" not in safe
        ticks = re.match("`+", safe)
        assert ticks
        assert ticks[0] not in re.findall("`+", safe[len(ticks[0]) : -len(ticks[0])])
        assert safe.endswith(ticks[0])


@pytest.mark.parametrize("path", ["/etc/passwd", "../a.yaml", "a/../../b", "a//b", "a\\b", "a\nb"])
def test_path_that_leaves_the_repository_is_not_linked(path: str) -> None:
    assert "](" not in link(path, 1, FILES)


def test_path_is_quoted_in_a_link() -> None:
    assert link("a b/c)(|#?.yaml", 3, FILES) == f"[{code('c)(|#?.yaml')}]({FILES}a%20b/c%29%28%7C%23%3F.yaml#L3)"


@pytest.mark.parametrize("url", [None, "", "javascript:alert(1)", "https://a.test/) [x](y", "https://a.test/ b", 7])
def test_only_a_plain_address_is_linked(url: object) -> None:
    assert address(url) == ""


def evil_item(action: Action, words: str, number: int = 0) -> Item:
    key = f"{number} {words}"
    request = a_request(words, NOW + timedelta(days=number + 1))
    definition = replace(
        a_definition(key, request, description=words, owner=words, waive={words: words}),
        position=Position(words, number + 1, 1),
    )
    item = Item(key, action, request, definition, audience=Audience((words,), False, 10))
    record = replace(a_record(words), request=request)
    match action:
        case "refused":
            return replace(item, refusals=(Refusal(words, words, words, Position(words, 1, 1)),))
        case "changed":
            change = FieldChange("name", words, words)
            return replace(item, record=record, changes=(change, FieldChange("segment_ids", [words], [])))
        case "blocked":
            intent = an_intent(provenance=a_provenance(by=words, run=words))
            remote = altered(a_remote(words), name=words, status=words)
            return replace(item, intent=replace(intent, candidates=(Candidate(remote, (words,)),)))
        case "undefined":
            return replace(item, definition=None, record=record)
        case _:
            return replace(item, record=record if action == "unchanged" else None)


evil_items = st.lists(st.tuples(st.sampled_from(ACTIONS), wild), max_size=25).map(
    lambda pairs: [evil_item(action, words, number) for number, (action, words) in enumerate(pairs)]
)


@settings(costly)
@given(evil_items, st.sampled_from([2_000, 8_000, COMMENT_LIMIT]), st.sampled_from(["", FILES]))
def test_any_plan_keeps_the_limit_the_tables_the_counts_and_lets_no_html_through(
    items: list[Item], limit: int, files: str
) -> None:
    markdown = shown(*items, limit=limit, files=files)
    assert len(markdown) <= limit
    assert tables_are_even(markdown)
    assert tags(markdown) <= OURS
    assert markdown.count("<details") == markdown.count("</details>")
    for action in ACTIONS:
        count = sum(item.action == action for item in items)
        words = "to create" if action == "create" else action
        assert (f"**{count}** {words}" in markdown.split("\n")[2]) == bool(count)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", markdown)
    assert not [line for line in markdown.split("\n") if line.lstrip().startswith("::") or "##[" in line]


# ---------------------------------------------------------------- annotations


def test_annotations_stand_at_the_value_with_errors_before_notices() -> None:
    lines = plan_annotations(a_plan(changed(), refused(), blocked()), "examples/").split("\n")
    assert [line.split("::")[1] for line in lines] == [
        "error title=blocked",
        "error file=examples/broadcasts/late.yaml,line=3,col=11,title=minimum-lead-time",
        "notice file=examples/broadcasts/edited.yaml,line=4,col=3,title=changed",
    ]


@pytest.mark.parametrize(("count", "lines"), [(0, 0), (1, 1), (MOST, MOST), (MOST + 1, 10), (500, 10)])
def test_at_most_nine_annotations_and_one_that_counts_the_rest(count: int, lines: int) -> None:
    found = plan_annotations(a_plan(*(refused(f"k{number}") for number in range(count)))).split("\n")
    assert len([line for line in found if line]) == lines
    if count > MOST:
        assert found[-1].startswith(f"::error ::and {count - MOST} more message")


@given(wild)
def test_annotation_of_anything_is_one_command_on_one_line(words: str) -> None:
    plan: Plan = a_plan(*(evil_item(action, words) for action in ("refused", "blocked", "changed")))
    for line in plan_annotations(plan).split("\n"):
        assert re.fullmatch(r"::(error|notice) (file=[^,:]*,line=1,col=1,)?title=[^,:]*::[^\x00-\x1f\x85\u2028]*", line)
        assert "##[" not in line
        assert not re.search("%(?!25|3A|2C)", line)


# ---------------------------------------------------------------- outputs


def test_outputs_are_counts_digest_and_code_and_claim_nothing_without_a_plan() -> None:
    assert step_outputs(made(create("a"), refused(), blocked(), changed())) == {
        "creates": 1, "refused": 1, "blocked": 1, "changed": 1, "unchanged": 0,
        "unreachable": 0, "digest": a_plan(create("a")).digest, "exit_code": 0,
    }  # fmt: skip
    assert step_outputs(made(error=InvalidInput("x"))) == {"creates": 0, "digest": "", "exit_code": 0}
