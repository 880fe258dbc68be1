"""The body of a comment: its hidden first line cannot be forged, broken out of or lost, whatever stands below it."""

from __future__ import annotations

import re
from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from invent_gitops.render.markdown.headline import NOTHING
from invent_gitops.review.comment import (
    BODY_LIMIT,
    digest_of,
    drift_body,
    outcomes_in,
    outdated_body,
    plan_body,
    plan_in,
    report_body,
    superseded_body,
    well_body,
)
from invent_gitops.review.evidence import approved_in
from invent_gitops.review.marker import Marker, MarkerStatus, encoded, read_marker
from invent_gitops.values import replace
from tests.making import NASTY, costly

COMMIT, DIGEST = "b" * 40, "v2:1:" + "d" * 16 + ":" + "d" * 64
MARKER = Marker("plan", "my/", COMMIT, DIGEST)
LINES = (
    MARKER.line(),
    *(
        f"<!-- invent-gitops: {what} -->"
        for what in ("the plan begins", "the plan ends", "the outcome of  begins", "the outcome ends")
    ),
)
any_text = st.lists(st.sampled_from([*"ab\n\r <!->/", *LINES, NASTY]), max_size=12).map("".join)
markers = st.builds(
    Marker,
    st.sampled_from(["plan", "report", "drift"]),
    st.text(max_size=20).map(encoded),
    st.sampled_from(["a" * 40, "0" * 64]),
    st.sampled_from(["", DIGEST]),
    st.sampled_from(["current", "outdated", "superseded"]),
)


@given(markers)
def test_marker_reads_back_as_it_was_written(marker: Marker) -> None:
    assert read_marker(marker.line()) == marker
    assert read_marker(f"{marker.line()}\r\nand more") == marker
    assert marker.line().isascii()
    assert marker.line().count("--") == 2


@given(st.text(), st.text())
def test_two_folders_never_share_a_comment(one: str, other: str) -> None:
    if one.encode("utf-8", "surrogateescape") != other.encode("utf-8", "surrogateescape"):
        assert encoded(one) != encoded(other)


@pytest.mark.parametrize(
    "edit",
    [
        ("<!--", " <!--"),
        ("<!--", "\n<!--"),
        (" 1 ", " 2 "),
        (COMMIT, "b" * 39),
        (COMMIT, "B" * 40),
        (DIGEST, "v2:"),
        (DIGEST, ""),
        ("my/", "my campaigns/"),
        ("my/", 'x"/'),
        (" current", ""),
        (" current", " current outdated"),
        ("plan", "other"),
        ("-->", "--> <!-- -->"),
    ],
)
def test_edited_marker_is_none(edit: tuple[str, str]) -> None:
    assert read_marker(MARKER.line().replace(*edit, 1)) is None


@costly
@given(any_text, any_text, st.sampled_from(["current", "outdated"]))
@example("\r\r", "\r", "current")
def test_no_content_can_be_taken_for_a_line_of_ours(plan: str, report: str, status: MarkerStatus) -> None:
    marker = replace(MARKER, status=status)
    body = plan_body(marker, lambda room: plan)
    assert body.count("<!--") == body.count("<!-- invent-gitops") + plan.count("<!--") - _ours(plan)
    assert read_marker(body) == marker
    old = outdated_body(body, marker)
    assert read_marker(old) == replace(MARKER, status="outdated")
    assert plan_in(old) == plan_in(body)
    done = replace(marker, kind="report")
    whole = report_body(done, lambda room: report, body)
    assert read_marker(whole) == done
    assert plan_in(whole) == plan_in(body)
    assert plan_in(report_body(done, lambda room: "again", whole)) == plan_in(body)


def _ours(text: str) -> int:
    """How many beginnings of a comment in `text` could be taken for ours, and so are broken."""
    return len(re.findall("<!--(?=[^\n]*invent-gitops)", text))


@costly
@given(st.integers(0, 70_000), st.integers(0, 70_000))
def test_no_body_passes_the_limit_if_its_content_keeps_to_its_room(plan: int, report: int) -> None:
    body = plan_body(MARKER, lambda room: "x" * min(plan, room))
    assert len(body) <= BODY_LIMIT
    assert len(outdated_body(body, MARKER)) <= BODY_LIMIT
    whole = report_body(replace(MARKER, kind="report"), lambda room: "y" * min(report, room), body)
    assert len(whole) <= BODY_LIMIT
    assert whole.count("y" * min(report, 20_000)), "an outcome has its room"
    assert len(drift_body(MARKER, lambda room: "x" * min(plan, room))) <= BODY_LIMIT


def test_plan_of_a_body_whose_lines_were_edited_away_is_all_but_the_marker() -> None:
    assert plan_in(f"{MARKER.line()}\nA plan") == "A plan"
    assert plan_in("") == ""


def test_banner_is_replaced_and_not_repeated() -> None:
    old = plan_body(replace(MARKER, status="outdated"), lambda room: "A plan")
    assert outdated_body(old, MARKER).count("[!WARNING]") == 1


@pytest.mark.parametrize(
    ("document", "digest"),
    [
        ({"digest": DIGEST}, DIGEST),
        ({"digest": DIGEST, "error": None, "problems": []}, DIGEST),
        ({"digest": DIGEST, "error": {"message": "x"}}, ""),
        ({"digest": DIGEST, "problems": [{}]}, ""),
        ({"digest": f"{DIGEST} -->"}, ""),
        ({"digest": 7}, ""),
        ({}, ""),
    ],
)
def test_only_a_whole_plan_has_a_digest(document: dict[str, object], digest: str) -> None:
    assert digest_of(document) == digest


def test_superseded_and_well_bodies_are_short_and_keep_their_marker() -> None:
    marker = read_marker(superseded_body(MARKER, "https://github.com/o/r/pull/7#issuecomment-1"))
    assert marker == replace(MARKER, digest="", status="superseded")
    assert read_marker(well_body(replace(MARKER, kind="drift"), "today")) == replace(MARKER, kind="drift")
    assert "as of today" in well_body(MARKER, "today")


def saying(text: str, room: int) -> str:
    return text[:room]


def test_outcomes_of_earlier_runs_stay_newest_first_but_for_those_that_had_nothing_to_do() -> None:
    marker, body = Marker("report", "", "a" * 40, ""), ""
    for second, outcome in enumerate(("### one", f"### {NOTHING}", "### two", "### three", "### three, again")):
        body = report_body(marker, partial(saying, outcome), body, f"2026-11-20T12:00:0{min(second, 3)}Z")
    assert list(outcomes_in(body).values()) == ["### three, again", "### two", "### one"]


def test_the_oldest_outcomes_go_first_where_there_is_no_room() -> None:
    marker, body = Marker("report", "", "a" * 40, ""), ""
    for number in range(9):
        body = report_body(
            marker, partial(saying, f"### {number} " + "x" * 9_000), body, f"2026-11-20T12:00:0{number}Z"
        )
        assert len(body) <= BODY_LIMIT
    assert [one[:5] for one in outcomes_in(body).values()] == [f"### {number}" for number in range(8, 2, -1)]


@costly
@given(st.integers(0, 70_000), st.integers(0, 70_000), st.integers(1, 70_000))
def test_outcome_that_came_before_is_cut_and_not_lost(plan: int, first: int, second: int) -> None:
    marker = replace(MARKER, kind="report")
    body = plan_body(MARKER, lambda room: "x" * min(plan, room))
    body = report_body(
        marker, lambda room: ("### one\n" + "row\n" * (first // 4))[: room // 4 * 4], body, "2026-11-20T12:00:00Z"
    )
    body = report_body(marker, lambda room: "y" * min(second, room), body, "2026-11-20T12:00:01Z")
    assert len(body) <= BODY_LIMIT
    newest, before = outcomes_in(body).values()
    assert newest == "y" * len(newest)
    assert len(newest) >= min(second, 20_000)
    assert before.startswith("### one")
    assert before.rstrip().endswith(("### one", "row", "shows the rest, and `invent-gitops state list` every id."))


def test_complete_outcome_replaces_those_of_earlier_runs() -> None:
    marker, body = Marker("report", "", "a" * 40, ""), ""
    for second, complete in enumerate((False, False, True)):
        body = report_body(
            marker, partial(saying, f"### {second}"), body, f"2026-11-20T12:00:0{second}Z", complete=complete
        )
    assert list(outcomes_in(body).values()) == ["### 2"]
    assert "Earlier runs" not in body


LINE = "<!-- invent-gitops: approved eNpV+/A= -->"


def test_line_of_what_was_approved_stays_through_marks_and_outcomes() -> None:
    body = plan_body(MARKER, lambda room: "A plan", LINE)
    for made in (outdated_body(body, MARKER), report_body(replace(MARKER, kind="report"), lambda room: "Done", body)):
        assert approved_in(made) == approved_in(body) == LINE
        assert made.count(LINE) == 1
        assert plan_in(made).startswith("A plan")
    assert plan_in(f"{MARKER.line()}\n{LINE}\nA plan") == "A plan"
