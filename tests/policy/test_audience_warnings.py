"""Today's audience beside the catalogue's: with the evidence absent, wrong and right."""

from __future__ import annotations

from pathlib import Path

import pytest

from invent_gitops.load import read_document
from invent_gitops.model.audience import AudienceWarning
from invent_gitops.model.project import Policies
from invent_gitops.policy import audience_today, audience_warnings
from invent_gitops.policy.audience import change_share
from invent_gitops.schemas import read_schema
from invent_gitops.validate import validate_project
from tests.making import a_catalogue, a_request

TWO = a_request(segments=("seg_a", "seg_b"))
PULLED = a_catalogue(a=100, b=100).by_id()


def warnings(a: int | None, b: int | None = 100, *, was: int | None = 100, jump: int = 50) -> list[AudienceWarning]:
    pulled = a_catalogue(a=was, b=100).by_id()
    return list(audience_warnings(TWO, pulled, {"seg_a": a, "seg_b": b}, jump))


@pytest.mark.parametrize(
    ("now", "rules"),
    [
        (100, []),
        (150, []),
        (151, ["audience-jump"]),
        (50, []),
        (49, ["audience-jump"]),
        (0, ["audience-empty"]),
        (None, ["audience-untold"]),
    ],
)
def test_a_count_warns_at_zero_where_it_is_not_told_and_beyond_the_share(now: int | None, rules: list[str]) -> None:
    assert [warning.rule for warning in warnings(now)] == rules


@pytest.mark.parametrize(
    ("was", "now", "jump", "rules"),
    [
        (None, 10**9, 50, []),
        (0, 1, 9999, ["audience-jump"]),
        (0, 0, 50, ["audience-empty"]),
        (3, 3, 0, []),
        (3, 4, 0, ["audience-jump"]),
        (10**12, 10**12 + 1, 0, ["audience-jump"]),
        (1, 100, 9999, []),
    ],
    ids=["never counted", "of zero", "still zero", "same", "one more", "exact where numbers are large", "settable"],
)
def test_the_share_is_of_what_the_catalogue_has(was: int | None, now: int, jump: int, rules: list[str]) -> None:
    assert [warning.rule for warning in warnings(now, was=was, jump=jump)] == rules


def test_both_numbers_and_the_share_are_told() -> None:
    (warning,) = warnings(1100)
    assert (warning.segment, warning.was, warning.now) == ("seg_a", 100, 1100)
    assert "has 1,100 contacts today, and had 100 when the catalogue was read (+1,000%)" in warning.message


@pytest.mark.parametrize(
    ("was", "now", "change"),
    [(100_000, 100_001, "+1%"), (100_000, 99_999, "-1%"), (1000, 1, "-99%"), (2, 1, "-50%"), (200, 205, "+3%")],
)
def test_a_change_is_neither_none_nor_all_unless_it_is(was: int, now: int, change: str) -> None:
    (warning,) = warnings(now, was=was, jump=0)
    assert f"({change})" in warning.message


def test_segment_that_invent_has_no_more_is_called_gone_by_name_and_id() -> None:
    (warning,) = audience_warnings(TWO, PULLED, {"seg_b": 100}, 50)
    assert (warning.rule, warning.message) == ("audience-gone", "The segment a (seg_a) is not in Invent any more.")


def test_without_a_catalogue_the_live_count_is_judged_by_itself() -> None:
    found = audience_warnings(TWO, {}, {"seg_a": 5, "seg_b": 0}, 50)
    assert [(warning.rule, warning.segment) for warning in found] == [("audience-empty", "seg_b")]


def test_each_segment_is_compared_by_itself_so_that_changes_do_not_cancel_out() -> None:
    assert [warning.segment for warning in warnings(10, 190)] == ["seg_a", "seg_b"]


def test_nothing_is_said_of_everyone_whose_number_no_segment_tells() -> None:
    assert audience_warnings(a_request(everyone=True), PULLED, {}, 50) == ()
    assert audience_today(a_request(everyone=True), {}) is None


def test_audience_of_today_is_a_sum_only_where_every_count_is_known() -> None:
    assert audience_today(TWO, {"seg_a": 1, "seg_b": 2}) == 3
    assert audience_today(TWO, {"seg_a": 1, "seg_b": None}) is None
    assert audience_today(TWO, {"seg_a": 1}) is None


def test_share_is_set_in_the_project_file(tmp_path: Path) -> None:
    (tmp_path / "invent.yaml").write_text("policies: {audience_jump: 20%}\n", encoding="utf-8")
    document, _ = read_document(tmp_path / "invent.yaml", "invent.yaml")
    assert document
    assert validate_project(document, read_schema("project"))[0].policies == Policies(audience_jump=20)


@pytest.mark.parametrize("written", ["20", "'20'", "-5%", "20 %", "0.2", "'%'"])
def test_share_in_another_form_is_a_problem(tmp_path: Path, written: str) -> None:
    (tmp_path / "invent.yaml").write_text(f"policies: {{audience_jump: {written}}}\n", encoding="utf-8")
    document, _ = read_document(tmp_path / "invent.yaml", "invent.yaml")
    assert document
    project, problems = validate_project(document, read_schema("project"))
    assert len(problems) == 1
    assert "50%" in problems[0].cure
    assert project.policies == Policies()


@pytest.mark.parametrize(
    ("was", "now", "share"),
    [
        (1000, 1500, " (+50%)"),
        (1000, 1501, " (+50.1%)"),
        (100_000, 150_001, " (+50.1%)"),
        (1000, 499, " (-50.1%)"),
        (100_000, 1, " (-99%)"),
        (1000, 0, " (-100%)"),
        (1240, 5_000_000, " (+403,126%)"),
        (0, 7, ""),
    ],
)
def test_share_of_a_change_is_never_at_the_limit_that_it_passed(was: int, now: int, share: str) -> None:
    assert change_share(was, now, 50) == share
