"""What will not reach Invent on each page: it comes first, is told alike, and nothing in it acts."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from invent_gitops.errors import InvalidInput
from invent_gitops.model.command import Command
from invent_gitops.model.context import Context
from invent_gitops.model.plan import Audience, FieldChange, Plan
from invent_gitops.model.problem import Position
from invent_gitops.model.unreachable import ManualStep, Unreached
from invent_gitops.render.documents.envelope import document
from invent_gitops.render.documents.plan import plan_json
from invent_gitops.render.documents.unreachable import read_unreachable, unreachable_json
from invent_gitops.render.github.annotations import MOST, plan_annotations
from invent_gitops.render.markdown.document import page
from invent_gitops.render.markdown.unreachable import with_unreachable_head
from invent_gitops.render.text.plan import SHOWN, plan_text
from invent_gitops.render.text.style import Style
from invent_gitops.render.unreachable import NAMED, steps_left, steps_named, unreachable_title
from invent_gitops.values import replace
from tests.making import NASTY, NOW, SOON, a_plan, an_item
from tests.text.test_clean import is_harmless

EDIT = Unreached(
    "spring",
    "edit",
    "Spring sale",
    "bc_1",
    SOON,
    Audience(("vip",), False, 1240),
    (FieldChange("scheduled_at", "2026-11-24T12:00:00Z", "2026-11-24T12:01:00Z"),),
    (
        ManualStep("In Invent: move it."),
        ManualStep("Then:", Command("refresh")),
        ManualStep("Or undo it.", instead=True),
    ),
    "Europe/Berlin",
    Position("broadcasts/spring.yaml", 2, 11),
)
DELETION = replace(
    EDIT, key="winter", kind="deletion", name="Winter", changes=(), position=None, audience=Audience((), True, None)
)
CONTEXT = Context(NOW)


def planned(*edits: Unreached, creates: int = 1) -> Plan:
    items = [an_item(f"new-{number}") for number in range(creates)]
    return replace(a_plan(*items), unreachable=edits, context=Context(NOW, flags=" --org o"))


def saved(plan: Plan) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(document("plan", 0, plan_json(plan)))
    return whole


@pytest.mark.parametrize(
    ("edits", "title"),
    [
        ((EDIT,), "1 edit will not reach Invent"),
        ((EDIT, EDIT, DELETION), "2 edits and 1 deletion will not reach Invent"),
        ((DELETION, DELETION), "2 deletions will not reach Invent"),
    ],
)
def test_title_counts_each_kind(edits: tuple[Unreached, ...], title: str) -> None:
    assert unreachable_title(edits) == title


def test_sentence_names_few_and_counts_the_others_and_leaves_out_what_is_waived() -> None:
    edits = (*[EDIT] * (NAMED + 2), replace(EDIT, name="Waived one", waived="Ana does it"))
    sentence = f"{steps_left(edits)} {steps_named(edits, CONTEXT, str)}"
    assert sentence.startswith("5 steps in Invent are left: change “Spring sale”, planned for Tue 24 Nov 2026 13:00 ")
    assert sentence.endswith("; and 2 more.")
    assert "Waived one" not in sentence


def test_terminal_and_page_begin_with_it_and_create_below() -> None:
    text = plan_text(planned(EDIT, DELETION), Style())
    assert text.startswith("⚠ 1 edit and 1 deletion will not reach Invent.\n2 steps in Invent are left: ")
    assert "Tue 24 Nov 2026 13:00 Europe/Berlin (12:00 UTC), in 4 days · everyone" in text
    assert text.index("→ Then: invent-gitops refresh --org o") < text.index("To create:")
    markdown = page(saved(planned(EDIT, DELETION)))
    assert markdown.startswith("### ⚠️ 1 edit and 1 deletion will not reach Invent\n\n**2 steps in Invent are left:** ")
    assert "  2. Then: `invent-gitops refresh --org o`\n  - Or undo it." in markdown
    assert markdown.index("Or undo it.") < markdown.index("#### To be created")


def test_page_links_the_ways_out_only_to_an_address_that_is_known_and_plain() -> None:
    url = "https://github.com/o/r/blob/HEAD/docs/change-or-cancel.md"
    assert f"The ways out: [Change or cancel a send]({url})." in page(saved(planned(EDIT)), guide=url)
    for unknown in ("", "docs/change-or-cancel.md", "https://example.org/a) b"):
        assert "The ways out: docs/change-or-cancel.md, “" in page(saved(planned(EDIT)), guide=unknown)


def test_refused_ones_are_marked_so_everywhere() -> None:
    plan = planned(replace(EDIT, refused=True), DELETION)
    assert "and policies.unreachable_edits refuses that." in plan_text(plan, Style()).split("\n")[0]
    assert page(saved(plan)).startswith("### ⛔ 1 edit and 1 deletion will not reach Invent: refused\n")
    error, warning = plan_annotations(plan).split("\n")
    assert error.startswith("::error file=broadcasts/spring.yaml,line=2,col=11,title=unreachable-edits::")
    assert warning.startswith(
        "::warning title=unreachable-edits::winter: The deletion of “Winter” will not reach Invent"
    )


def test_bad_headline_stays_the_first_and_it_comes_right_below() -> None:
    lines = with_unreachable_head(["### ⛔ 1 may have been created", "", "more"], [EDIT], CONTEXT)
    assert lines[0] == "### ⛔ 1 may have been created"
    assert lines[2].startswith("⚠️ **1 edit will not reach Invent.** **1 step in Invent is left:** ")
    assert with_unreachable_head(["### ✅ 1 broadcast created"], [], CONTEXT) == ["### ✅ 1 broadcast created"]


def test_plan_with_nothing_else_never_says_no_changes() -> None:
    assert "No changes" not in plan_text(planned(DELETION, creates=0), Style())
    assert "No changes" in plan_text(planned(creates=0), Style())


def test_document_gives_back_what_it_was_made_of() -> None:
    plain = [replace(step, command=step.command_line(" --org o")) for step in EDIT.steps]
    edits = tuple(replace(edit, steps=tuple(plain), waived="a reason") for edit in (EDIT, DELETION))
    assert read_unreachable(json.loads(json.dumps(unreachable_json(edits, Context(NOW, flags=" --org o"))))) == edits


def test_plan_of_an_older_version_has_none_and_an_edited_one_is_refused() -> None:
    older = saved(planned(EDIT))
    del older["unreachable"], older["unreachable_counts"]
    assert page(older).startswith("### 1 broadcast to create")
    for entry in ({}, {"kind": "edit"}, 7, None):
        with pytest.raises(InvalidInput):
            page({**saved(planned(EDIT)), "unreachable": [entry]})


def test_zone_that_nobody_knows_any_more_is_shown_in_utc() -> None:
    plan = planned(replace(DELETION, timezone="Mars/Olympus"))
    for shown_page in (plan_text(plan, Style()), page(saved(plan)), plan_annotations(plan)):
        assert "Tue 24 Nov 2026 12:00 UTC" in shown_page


def test_nothing_that_a_person_wrote_acts() -> None:
    evil = replace(EDIT, name=NASTY, waived=NASTY, key=NASTY, id=NASTY, audience=Audience((NASTY,), False, None),
                   steps=(ManualStep(NASTY, NASTY),), changes=(FieldChange("name", NASTY, NASTY),))  # fmt: skip
    plan = planned(evil)
    assert all(map(is_harmless, plan_text(plan, Style()).split("\n")))
    markdown = page(saved(plan)).replace("\u200b", "")
    assert all(map(is_harmless, markdown.split("\n")))
    (annotation,) = plan_annotations(plan).split("\n")
    assert annotation.startswith("::warning file=broadcasts/spring.yaml,line=2,col=11,title=unreachable-edits::")
    assert is_harmless(annotation.removeprefix("::"))


def test_many_are_cut_and_counted() -> None:
    edits = [replace(EDIT, key=f"k{number}", at=SOON + timedelta(minutes=number)) for number in range(200)]
    text = plan_text(planned(*edits), Style())
    assert f"  … and {200 - SHOWN} more; -v shows them all." in text
    assert text.startswith("⚠ 200 edits will not reach Invent.")
    markdown = page(saved(planned(*edits)), limit=20_000)
    assert len(markdown) <= 20_000
    assert markdown.startswith("### ⚠️ 200 edits will not reach Invent\n")
    assert len(plan_annotations(planned(*edits)).split("\n")) == MOST + 1
