"""What looks the same is the same: one form in which names, keys and segments are compared, and none is sent."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.live.drift import live_request
from invent_gitops.model.alike import alike, composed
from invent_gitops.values import replace
from tests.making import a_definition, a_record, a_remote, a_removal, a_request, a_state, actions, an_intent, plan_of
from tests.running import WHEN, account, call, invent, state_of

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Spring sale", "Spring\u00a0sale"), ("Spring sale", "Spring\u202fsale"), ("Spring sale", "Spring\u3000sale"),
        ("Spring sale", "Spring  sale"), ("Spring sale", " Spring sale\u2003"), ("Caf\u00e9", "Cafe\u0301"),
        ("VIP", "\uff36\uff29\uff30"), ("office", "o\ufb03ce"), ("\u2460", "1"),
        ("Spring", "Spr\u200ding"), ("Spring", "Spring\u200c"), ("Spring", "Spring\ufe0f"), ("\u2764", "\u2764\ufe0f"),
        ("\u2764\u200d\U0001f525", "\u2764\ufe0f\u200d\U0001f525"), ("A\u030a", "\u212b"), ("a b", "a \u200d b"),
    ],
)  # fmt: skip
def test_what_looks_the_same_is_alike(one: str, other: str) -> None:
    assert alike(one) == alike(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("VIP", "vip"), ("Spring sale", "Springsale"), (FAMILY, FAMILY.replace("\u200d", "")), ("a-b", "a_b"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u062e\u0648\u0627\u0647\u0645"),
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u0937"), ("\U0001f3c3\u200d\u27a1\ufe0f", "\U0001f3c3\u27a1\ufe0f"),
        ("\U0001f469\U0001f3fd\u200d\U0001f4bb", "\U0001f469\U0001f3fd\U0001f4bb"), ("q1", "q2"),
    ],
)  # fmt: skip
def test_what_people_tell_apart_is_not_alike(one: str, other: str) -> None:
    assert alike(one) != alike(other)


signs = st.text(
    st.sampled_from(
        "aé\u0301 \u00a0\u200c\u200d\ufe0f\u2764\U0001f468\U0001f3fd\u0915\u094d\u0645\u2122ﬁ½A\u030a\ufdfa"
    )
)


@given(st.one_of(st.text(), signs))
def test_the_form_is_its_own_form_and_that_of_every_spelling(text: str) -> None:
    assert alike(alike(text)) == alike(text)
    assert {alike(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")} == {alike(text)}
    assert alike(composed(text)) == alike(text)


def write(folder: Path, file: str, name: str, *more: str, segments: str = "[vip]") -> None:
    path = folder / "broadcasts" / file
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join([f"name: {name}", f"schedule: {WHEN}", f"segments: {segments}", *more, ""]), "utf-8")


def test_two_names_that_look_the_same_are_one_broadcast_and_both_places_are_told(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", "Spring sale")
    write(tmp_path, "b.yaml", "Spring\u00a0sale")
    (problem,) = call(tmp_path, "validate", "--json").json["problems"]
    assert (problem["rule"], problem["file"]) == ("duplicate-request", "broadcasts/b.yaml")
    assert "broadcasts/a.yaml:1:1" in problem["message"]


def test_two_keys_that_look_the_same_are_one_key_and_both_places_are_told(tmp_path: Path) -> None:
    write(tmp_path, "a.yaml", "A", "key: spring sale")
    write(tmp_path, "b.yaml", "B", "key: spring\u00a0sale")
    (problem,) = call(tmp_path, "validate", "--json").json["problems"]
    assert (problem["rule"], problem["file"]) == ("duplicate-key", "broadcasts/b.yaml")
    assert "looks the same as `spring sale` of broadcasts/a.yaml:1:1" in problem["message"]


@pytest.mark.parametrize("kept", ["recorded", "intended", "removed"])
def test_key_that_looks_like_one_of_the_state_is_not_begun_anew(kept: str) -> None:
    other = a_request("Something else", segments=["seg_z"])
    state = {
        "recorded": a_state({"spring sale": a_record("bc_1", other)}),
        "intended": a_state({}, {"spring sale": an_intent(other)}),
        "removed": a_state(removed={"spring sale": a_removal("bc_1", other)}),
    }[kept]
    made = plan_of([a_definition("spring\u00a0sale", a_request())], state)
    (item,) = [item for item in made.items if item.key == "spring\u00a0sale"]
    assert [refusal.policy for refusal in item.refusals] == ["same-key"]
    assert all(refusal.cure for refusal in item.refusals)
    assert actions(plan_of([a_definition("autumn sale", a_request())], state))["autumn sale"] == "create"


@pytest.mark.parametrize("spelled", ["Spring\u00a0sale", "Spring  sale", "Spring sale\u200d", "\uff33pring sale"])
def test_record_of_an_older_version_is_the_same_broadcast_however_its_name_is_spelled(spelled: str) -> None:
    state = a_state({"spring": a_record("bc_1", a_request(spelled))})
    assert actions(plan_of([a_definition("spring", a_request("Spring sale"))], state)) == {"spring": "unchanged"}
    (item,) = [it for it in plan_of([a_definition("new", a_request("Spring sale"))], state).items if it.key == "new"]
    assert [refusal.policy for refusal in item.refusals] == ["same-request"]
    shown = replace(a_remote("bc_1", a_request("Spring sale")), id="bc_1")
    assert live_request(a_request(spelled), shown).name == spelled


def test_what_is_sent_is_what_was_written(tmp_path: Path) -> None:
    name = "Spring\u00a0\u00bd \u2764\ufe0f \uff36\uff29\uff30"
    write(tmp_path, "a.yaml", name)
    with invent() as server:
        assert call(tmp_path, "apply", "--yes", env=account(server.url)).code == 0
        assert [one["name"] for one in server.sandbox.broadcasts()] == [name]
        again = call(tmp_path, "apply", "--yes", env=account(server.url))
        assert (again.code, len(server.sandbox.broadcasts())) == (0, 1)
    assert state_of(tmp_path)["broadcasts"]["a"]["request"]["name"] == name


def test_limits_hold_for_the_text_that_is_sent(tmp_path: Path) -> None:
    write(tmp_path, "short.yaml", "e\u0301" * 200)
    write(tmp_path, "long.yaml", "\u0958" * 200)
    (problem,) = call(tmp_path, "validate", "--json").json["problems"]
    assert (problem["rule"], problem["file"]) == ("too-long", "broadcasts/long.yaml")
    assert "400 characters" in problem["message"]


@pytest.mark.parametrize(
    ("entry", "id"),
    [("VIP\u00a01", "seg_1"), ("\uff36IP 1", "seg_1"), ("beta  users", "seg_2"), ("Old\u2003name", "seg_2")],
)
def test_segment_is_the_one_whose_name_looks_the_same(tmp_path: Path, entry: str, id: str) -> None:
    text = "VIP 1: seg_1\nbeta\u00a0users: {id: seg_2, formerly: [Old name]}\n"
    (tmp_path / "segments.yaml").write_text(text, "utf-8")
    write(tmp_path, "a.yaml", "A", segments=f'["{entry}"]')
    (item,) = call(tmp_path, "plan", "--json").json["items"]
    assert item["request"]["segment_ids"] == [id]


def test_two_names_of_a_catalogue_that_look_the_same_are_told_apart_by_id(tmp_path: Path) -> None:
    (tmp_path / "segments.yaml").write_text("VIP 1: seg_1\nVIP\u00a01: seg_2\n", "utf-8")
    write(tmp_path, "a.yaml", "A", segments="[VIP 1]")
    (problem,) = call(tmp_path, "validate", "--json").json["problems"]
    assert (problem["rule"], "id:seg_1" in problem["cure"], "id:seg_2" in problem["cure"]) == (
        "ambiguous-segment",
        True,
        True,
    )


def test_pull_writes_names_as_invent_spells_them_and_equal_looking_ones_once(tmp_path: Path) -> None:
    with invent() as server:
        server.sandbox.seed([("seg_1", "Caf\u00e9 \u00bd", 5), ("seg_2", "VIP 1", 6), ("seg_3", "VIP\u00a01", 7)])
        assert call(tmp_path, "segments", "pull", env=account(server.url)).code == 0
        text = (tmp_path / "segments.yaml").read_text("utf-8")
        assert "Café \u00bd: {id: seg_1, contacts_count: 5}\n" in text
        assert "VIP 1:\n  - {id: seg_2, contacts_count: 6}\n  - {id: seg_3, contacts_count: 7}\n" in text
        told = call(tmp_path, "segments", "pull", "--json", env=account(server.url)).json["changes"]
    assert told == {
        "new": [],
        "renamed": [],
        "retaken": [],
        "gone": [],
        "unwritable": [],
        "left_out": [],
        "recounted": 0,
    }


def test_name_of_one_sign_is_enough_if_people_can_see_it(tmp_path: Path) -> None:
    for number, name in enumerate(("\u2764\ufe0f", "!", "\u0915", "\U0001f1e9\U0001f1ea")):
        write(tmp_path, f"{number}.yaml", f'"{name}"')
    assert call(tmp_path, "validate").code == 0
    for number, name in enumerate(("\\u200d", "\\ufe0f", "\\u0301", "\\u2003")):
        write(tmp_path, f"{number}.yaml", f'"{name}"')
    assert {problem["rule"] for problem in call(tmp_path, "validate", "--json").json["problems"]} == {
        "nothing-visible",
        "only-spaces",
    }
