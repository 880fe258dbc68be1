"""The audience cap and the reason for sending to all: with the evidence absent, wrong and right."""

from __future__ import annotations

import pytest

from invent_gitops.model.broadcast import Catalogue, Definition
from invent_gitops.model.command import cure_text
from invent_gitops.model.plan import Refusal
from invent_gitops.model.project import Policies
from tests.making import a_catalogue, a_definition, a_request, actions, plan_of, refusals_of

TWO = a_definition(request=a_request(segments=("seg_a", "seg_b")))
EVERYONE = a_definition(request=a_request(everyone=True))


def capped(definition: Definition, catalogue: Catalogue | None, cap: int | None = 1000) -> tuple[Refusal, ...]:
    return refusals_of(definition, policies=Policies(audience_cap=cap), catalogue=catalogue)


@pytest.mark.parametrize(
    ("catalogue", "refused"),
    [
        (None, True),
        (a_catalogue(), True),
        (a_catalogue(a=1), True),
        (a_catalogue(a=1, b=None), True),
        (a_catalogue(a=2000, b=None), True),
        (a_catalogue(a=600, b=401), True),
        (a_catalogue(a=600, b=400), False),
        (a_catalogue(a=600, b=400, c=10**9), False),
    ],
    ids=["no catalogue", "empty", "one missing", "never read", "already above", "above", "at the cap", "others"],
)
def test_audience_must_be_known_and_not_above_the_cap(catalogue: Catalogue | None, refused: bool) -> None:
    assert [refusal.policy for refusal in capped(TWO, catalogue)] == ["audience-cap"] * refused


def test_everyone_has_no_known_number_however_small_the_segments_are() -> None:
    assert [refusal.policy for refusal in capped(EVERYONE, a_catalogue(a=1))] == ["audience-cap"]


def test_no_cap_asks_for_no_number() -> None:
    assert capped(TWO, None, cap=None) == capped(EVERYONE, None, cap=None) == ()


def test_cap_says_both_numbers() -> None:
    (refusal,) = capped(TWO, a_catalogue(a=20_000, b=5000), cap=20_000)
    assert refusal.message == "It would go to up to 25,000 contacts, and policies.audience_cap allows 20,000."


def test_cap_names_the_segments_without_a_number() -> None:
    definition = a_definition(request=a_request(segments=("seg_a", "seg_b", "seg_x")))
    (refusal,) = capped(definition, a_catalogue(a=5, b=None))
    assert "no number for b, seg_x, and" in refusal.message
    assert "contacts_count" in cure_text(refusal.cure, "")


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize(("definition", "everyone"), [(EVERYONE, True), (TWO, False)])
def test_sending_to_all_needs_a_reason_only_where_the_project_asks_for_one(
    definition: Definition, everyone: bool, asked: bool
) -> None:
    found = refusals_of(definition, policies=Policies(send_to_all_needs_reason=asked))
    assert [refusal.policy for refusal in found] == ["send-to-all"] * (asked and everyone)


def test_reason_for_sending_to_all_is_in_the_plan() -> None:
    definition = a_definition(request=EVERYONE.request, waive={"send-to-all": "new terms of service"})
    plan = plan_of([definition], policies=Policies(send_to_all_needs_reason=True))
    assert actions(plan) == {"spring": "create"}
    assert plan.items[0].waived == {"send-to-all": "new terms of service"}


def test_reason_for_another_policy_is_no_reason_for_sending_to_all() -> None:
    definition = a_definition(request=EVERYONE.request, waive={"audience-cap": "new terms of service"})
    policies = Policies(send_to_all_needs_reason=True, audience_cap=5)
    assert [refusal.policy for refusal in refusals_of(definition, policies=policies)] == ["send-to-all"]
