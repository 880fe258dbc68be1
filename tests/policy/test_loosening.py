"""Which of two sets of rules lets more pass: each kind of rule in both directions, and what nobody can judge."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest

from invent_gitops.model.broadcast import Catalogue, Segment
from invent_gitops.model.loosening import RuleChanges, Rules
from invent_gitops.model.project import BlackoutDays, BranchPlace, Policies, Project, QuietHours
from invent_gitops.model.unreachable import UnreachablePolicy
from invent_gitops.policy import loosening
from invent_gitops.policy.loosening import compare_rules
from invent_gitops.values import Struct, replace

TODAY = date(2026, 11, 20)
NIGHT = QuietHours(time(21), time(8), "Europe/Berlin")
BERLIN = "Europe/Berlin"


def days(*spans: tuple[str, str], zone: str = BERLIN) -> BlackoutDays:
    return BlackoutDays(tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in spans), zone)


def of_policies(old: dict[str, Any], new: dict[str, Any]) -> RuleChanges:
    base, current = (Rules(Project(policies=Policies(**values)), None) for values in (old, new))
    return compare_rules(base, current, TODAY)


def lines(changes: RuleChanges, side: str = "weaker") -> list[str]:
    return [f"{change.subject}: {change.old} → {change.new}" for change in getattr(changes, side)]


# By policy: a strict value, a weaker one, and how both are written.
STEPS: list[tuple[str, Any, Any, str, str]] = [
    ("minimum_lead_time", timedelta(hours=2), timedelta(minutes=15), "2h", "15m"),
    ("allow_immediate", False, True, "false", "true"),
    ("max_creates", 50, 5_000, "50", "5,000"),
    ("quiet_hours", NIGHT, None, "21:00 to 08:00 (Europe/Berlin)", "off"),
    (
        "quiet_hours",
        NIGHT,
        replace(NIGHT, start=time(23)),
        "21:00 to 08:00 (Europe/Berlin)",
        "23:00 to 08:00 (Europe/Berlin)",
    ),
    ("minimum_gap", timedelta(days=1), timedelta(), "1d", "off"),
    ("audience_cap", 20_000, 1_000_000, "20,000", "1,000,000"),
    ("audience_cap", 20_000, None, "20,000", "off"),
    ("audience_jump", 50, 400, "50%", "400%"),
    ("send_to_all_needs_reason", True, False, "true", "false"),
    ("loosening", "refuse", "warn", "refuse", "warn"),
]


@pytest.mark.parametrize(("name", "strict", "weak", "was", "now"), STEPS, ids=str)
def test_policy_is_weaker_one_way_and_tighter_the_other(name: str, strict: Any, weak: Any, was: str, now: str) -> None:
    changes = of_policies({name: strict}, {name: weak})
    assert lines(changes) == [f"policies.{name}: {was} → {now}"]
    assert changes.tighter == ()
    assert changes.weaker[0].path == ("policies", name)
    back = of_policies({name: weak}, {name: strict})
    assert (lines(back), lines(back, "tighter")) == ([], [f"policies.{name}: {now} → {was}"])


def test_every_policy_that_there_is_has_its_step_above_or_counts_as_weaker_by_itself() -> None:
    tested = {name for name, *_ in STEPS} | {"blackout_days"}
    others = {*Policies.__struct_fields__} - tested
    for name in others:
        values: dict[str, Any] = {name: "something else"}
        old, new = Policies(), Policies(**values)
        assert lines(compare_rules(Rules(Project(policies=old), None), Rules(Project(policies=new), None), TODAY))


@pytest.mark.parametrize(
    "other",
    [
        replace(NIGHT, timezone="America/New_York"),
        replace(NIGHT, timezone="", project_timezone=BERLIN),
        # As many hours, and others.
        replace(NIGHT, start=time(20), end=time(7)),
    ],
    ids=["another-zone", "the-definition's-zone", "moved"],
)
def test_quiet_hours_on_other_clocks_or_at_other_hours_are_weaker_whichever_way(other: QuietHours) -> None:
    assert len(of_policies({"quiet_hours": NIGHT}, {"quiet_hours": other}).weaker) == 1
    assert len(of_policies({"quiet_hours": other}, {"quiet_hours": NIGHT}).weaker) == 1


def test_quiet_hours_with_a_zone_of_their_own_do_not_depend_on_the_project_s() -> None:
    longer = replace(NIGHT, start=time(20), project_timezone="Asia/Tokyo")
    changes = of_policies({"quiet_hours": NIGHT}, {"quiet_hours": longer})
    assert (changes.weaker, len(changes.tighter)) == ((), 1)


def test_blackout_days_are_compared_day_by_day_and_those_that_are_past_do_not_count() -> None:
    old = days(("2026-01-01", "2026-03-01"), ("2026-12-24", "2027-01-01"), ("2026-12-06", "2026-12-06"))
    new = days(("2026-12-24", "2026-12-26"), ("2026-12-28", "2027-01-02"), ("2026-12-06", "2026-12-06"))
    changes = of_policies({"blackout_days": old}, {"blackout_days": new})
    assert lines(changes) == ["policies.blackout_days: 2026-12-27 → free again"]
    assert lines(changes, "tighter") == ["policies.blackout_days: free → 2027-01-02"]
    gone = of_policies({"blackout_days": old}, {})
    assert lines(gone) == ["policies.blackout_days: 2026-12-06, 2026-12-24..2027-01-01 → free again"]
    assert of_policies({"blackout_days": days(("2026-01-01", "2026-03-01"))}, {}) == RuleChanges()


def test_same_days_written_in_two_spans_are_no_change_and_on_other_clocks_they_are_one() -> None:
    whole, parts = days(("2026-12-24", "2026-12-27")), days(("2026-12-26", "2026-12-27"), ("2026-12-24", "2026-12-25"))
    assert of_policies({"blackout_days": whole}, {"blackout_days": parts}) == RuleChanges()
    moved = of_policies({"blackout_days": whole}, {"blackout_days": days(("2026-12-24", "2026-12-27"), zone="UTC")})
    assert lines(moved) == ["policies.blackout_days: days of Europe/Berlin → days of UTC"]


def test_all_days_that_the_calendar_has_are_compared_as_two_dates() -> None:
    ever = days(("0001-01-01", "9999-12-31"))
    assert lines(of_policies({"blackout_days": ever}, {})) == [
        "policies.blackout_days: 2026-11-20..9999-12-31 → free again"
    ]


# ---------------------------------------------------------------- the project itself


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ({}, {"state": BranchPlace("other")}, "state: the file invent.state.json → the branch other of origin"),
        ({"applies_from": "main"}, {"applies_from": "dev"}, "applies_from: main → dev"),
        ({"timezone": BERLIN}, {"timezone": "UTC"}, "timezone: Europe/Berlin → UTC"),
    ],
    ids=["state", "applies-from", "timezone"],
)
def test_another_place_branch_or_zone_is_weaker(old: dict[str, Any], new: dict[str, Any], line: str) -> None:
    base, current = Rules(Project(**old), None), Rules(Project(**new), None)
    assert lines(compare_rules(base, current, TODAY)) == [line]


def test_what_is_set_for_the_first_time_and_where_the_files_are_is_no_rule() -> None:
    current = Project(applies_from="main", timezone=BERLIN, definitions="campaigns", segments="names.yaml", file="x")
    assert compare_rules(Rules(Project(), None), Rules(current, None), TODAY) == RuleChanges()


class Bar(Struct, frozen=True):
    approvals: int
    dismiss_stale: bool
    over: Any
    send_to_all: tuple[str, ...]


Edits = UnreachablePolicy


def bar(approvals: int = 1, stale: bool = True, over: Any = (), to_all: tuple[str, ...] = ()) -> object:
    return Bar(approvals, stale, over, to_all)


@pytest.mark.parametrize(
    ("old", "new", "side"),
    [
        (None, bar(), "tighter"),
        (bar(), None, "weaker"),
        (bar(2), bar(1), "weaker"),
        (bar(), bar(stale=False), "weaker"),
        (bar(1), bar(2), "tighter"),
        # One part up and one down.
        (bar(1), bar(2, stale=False), "weaker"),
        (bar(over=((20_000, 2),)), bar(over=((90_000, 2),)), "weaker"),
        (bar(over=((20_000, 2),)), bar(over=((9_000, 2), (50_000, 3))), "tighter"),
        (bar(over=((20_000, 2),)), bar(), "weaker"),
        (bar(), bar(to_all=("legal",)), "tighter"),
        (bar(to_all=("legal",)), bar(to_all=("legal", "everybody")), "weaker"),
        (bar(to_all=("legal", "everybody")), bar(to_all=("legal",)), "tighter"),
        (bar(to_all=("legal",)), bar(), "weaker"),
        (Edits(False, {}), Edits(True, {}), "tighter"),
        (Edits(True, {}), Edits(False, {}), "weaker"),
        (Edits(True, {}), Edits(True, {"spring": "it is cancelled there"}), "same"),
        (Edits(True, {"spring": "it is cancelled there"}), Edits(True, {}), "same"),
        (Edits(True, {}), Edits(False, {"spring": "it is cancelled there"}), "weaker"),
        ({"failed": 5}, {"failed": 90}, "weaker"),
        ({"failed": 5}, {"failed": 5, "skipped": 1}, "tighter"),
        ({"failed": 5, "skipped": 1}, {"failed": 5}, "weaker"),
    ],
    ids=str,
)
def test_rule_with_parts_is_weaker_if_one_of_them_is(old: Any, new: Any, side: str) -> None:
    name = "results" if isinstance(old, dict) else "unreachable_edits" if isinstance(old, Edits) else "review"
    # By name, as a setting of that name is judged wherever it stands.
    assert loosening._JUDGES[name](old, new) == side


def test_of_a_rule_with_parts_only_those_that_differ_are_shown() -> None:
    old, new = bar(2, over=((20_000, 2),), to_all=("legal",)), bar(1, over=((90_000, 2),), to_all=("legal",))
    assert loosening._texts(old, new, "review") == ("approvals: 2, over: 20,000: 2", "approvals: 1, over: 90,000: 2")
    guards = UnreachablePolicy(True), UnreachablePolicy(False, {"spring": "it is cancelled there"})
    assert loosening._texts(*guards, "unreachable_edits") == ("refuse: true", "refuse: false")
    assert loosening._texts(None, bar(to_all=("legal",)), "review")[0] == "off"


# ---------------------------------------------------------------- the catalogue


def catalogue(*segments: Segment, twins: tuple[Segment, ...] = ()) -> Catalogue:
    return Catalogue({segment.name: segment for segment in segments}, {twins[0].name: twins} if twins else {})


def of_catalogues(old: Catalogue | None, new: Catalogue | None) -> RuleChanges:
    return compare_rules(Rules(Project(), old), Rules(Project(), new), TODAY)


VIP, EVERYBODY = Segment("vip", "seg_vip", 1_240), Segment("everybody", "seg_all", 412_000)


def test_name_that_means_another_id_is_weaker_with_both_counts() -> None:
    changes = of_catalogues(catalogue(VIP, EVERYBODY), catalogue(replace(EVERYBODY, name="vip")))
    assert lines(changes) == ["segment vip: seg_vip (1,240 contacts) → seg_all (412,000 contacts)"]
    assert (changes.weaker[0].key, changes.weaker[0].source) == ("vip", "segments")


def test_name_that_means_another_id_by_a_former_name_is_weaker() -> None:
    taken = replace(EVERYBODY, formerly=("vip",))
    assert lines(of_catalogues(catalogue(VIP, EVERYBODY), catalogue(taken))) == [
        "segment vip: seg_vip (1,240 contacts) → seg_all (412,000 contacts)"
    ]
    # The same segment under another name is no change.
    renamed = replace(VIP, name="best", formerly=("vip",))
    assert of_catalogues(catalogue(VIP), catalogue(renamed)) == RuleChanges()


def test_former_name_that_another_segment_takes_is_weaker() -> None:
    former = replace(VIP, name="best", formerly=("vip",))
    changes = of_catalogues(catalogue(former), catalogue(former, replace(EVERYBODY, name="vip")))
    assert lines(changes) == ["segment vip: seg_vip (1,240 contacts) → seg_all (412,000 contacts)"]


@pytest.mark.parametrize(("count", "now"), [(5, "5"), (None, "not counted"), (9_999, "9,999")])
def test_other_count_of_a_segment_is_weaker(count: int | None, now: str) -> None:
    changes = of_catalogues(catalogue(VIP), catalogue(replace(VIP, contacts=count)))
    assert lines(changes) == [f"contacts of vip: 1,240 → {now}"]
    assert changes.weaker[0].rule == "segment-count"


def test_name_that_several_segments_have_now_is_tighter_and_one_of_several_alone_is_weaker() -> None:
    both = catalogue(twins=(VIP, Segment("vip", "seg_2")))
    assert lines(of_catalogues(catalogue(VIP), both), "tighter") == [
        "segment vip: seg_vip (1,240 contacts) → seg_vip (1,240 contacts) and seg_2"
    ]
    assert lines(of_catalogues(both, catalogue(VIP))) == [
        "segment vip: seg_vip (1,240 contacts) and seg_2 → seg_vip (1,240 contacts)"
    ]


def test_new_names_gone_names_and_a_first_catalogue_are_no_change_and_one_that_is_gone_is_weaker() -> None:
    assert of_catalogues(catalogue(VIP), catalogue(EVERYBODY)) == RuleChanges()
    assert of_catalogues(None, catalogue(VIP)) == RuleChanges()
    assert lines(of_catalogues(catalogue(VIP), None)) == [
        "the segment catalogue: 1 segment → gone: names are taken for ids"
    ]


# ---------------------------------------------------------------- waivers


def test_new_waiver_or_one_with_another_reason_is_weaker_and_one_that_is_gone_is_tighter() -> None:
    base = Rules(Project(), None, {"a": {"quiet-hours": "agreed"}, "b": {"audience-cap": "all of them"}})
    current = Rules(
        Project(), None, {"a": {"quiet-hours": "agreed twice"}, "b": {}, "c": {"send-to-all": "new terms"}, "d": {}}
    )
    changes = compare_rules(base, current, TODAY)
    assert lines(changes) == [
        "a waives quiet-hours: “agreed” → “agreed twice”",
        "c waives send-to-all: not waived → “new terms”",
    ]
    assert lines(changes, "tighter") == ["b waives audience-cap: “all of them” → not waived"]
    assert compare_rules(base, base, TODAY) == RuleChanges()
