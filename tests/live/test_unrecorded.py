"""What can be imported, under which key and as which text: a definition that gives exactly the live broadcast."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from invent_gitops.live.draft import Drafts
from invent_gitops.live.new_keys import FreePaths, key_for
from invent_gitops.live.unrecorded import Offer, Survey, recorded, survey
from invent_gitops.load import read_definitions
from invent_gitops.load.write import definition_text
from invent_gitops.model.broadcast import Catalogue, Definition, Remote, Request, Segment
from invent_gitops.model.command import cure_text
from invent_gitops.model.project import Project
from invent_gitops.model.state import State
from invent_gitops.schemas import read_schema
from invent_gitops.validate import validate_definitions
from invent_gitops.values import replace
from tests.making import (
    NOW,
    SOON,
    a_definition,
    a_provenance,
    a_record,
    a_remote,
    a_removal,
    a_request,
    a_state,
    altered,
    an_intent,
)

BERLIN = "Europe/Berlin"
SCHEMA = read_schema("broadcast")


def surveyed(
    *remotes: Remote, state: State | None = None, definitions: Iterable[Definition] = (), stems: Iterable[str] = ()
) -> Survey:
    return survey(remotes, state or a_state(), list(definitions), stems=frozenset(stems))


def only(found: Survey) -> Offer:
    (offer,) = found.offers
    return offer


# ---------------------------------------------------------------- keys


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Black Friday – VIP early access", "black-friday-vip-early-access"),
        ("  Spring   Sale!! ", "spring-sale"),
        ("Übergröße für Fußgänger", "ubergrosse-fur-fussganger"),
        ("Café", "cafe"),
        ("Cafe\u0301", "cafe"),
        ("ﬁne ②", "fine-2"),
        ("Привет", "broadcast-c0ffee42"),
        ("日本語 2027", "broadcast-2027"),
        ("😀", "broadcast-c0ffee42"),
        ("2027", "broadcast-2027"),
        ("CON", "broadcast-con"),
        ("com1", "broadcast-com1"),
        ("console", "console"),
        ("../../etc/passwd", "etc-passwd"),
        ("-rf", "rf"),
        ("a\nb\x00c", "a-b-c"),
        ("", "broadcast-c0ffee42"),
        ("x" * 300, "x" * 80),
        ("x" * 79 + " yy", "x" * 79),
    ],
)
def test_key_is_made_of_the_name(name: str, key: str) -> None:
    assert key_for(name, "b_00C0FFEE42") == key


@given(st.text(max_size=300), st.text(max_size=30))
@example("", "日本")
def test_any_name_and_id_give_a_key_that_is_a_file_name_everywhere(name: str, id: str) -> None:
    key = key_for(name, id)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key)
    assert len(key) <= 80
    assert not re.fullmatch(r"con|prn|aux|nul|(com|lpt)[0-9]", key)


def test_keys_of_equal_names_are_numbered_and_the_one_that_was_wanted_is_told() -> None:
    remotes = [a_remote(f"b_{day}", a_request("Sale", NOW + timedelta(days=day))) for day in range(1, 4)]
    offers = surveyed(*remotes).offers
    assert [(one.key, one.wanted) for one in offers] == [("sale", ""), ("sale-2", "sale"), ("sale-3", "sale")]


@pytest.mark.parametrize("taken", ["record", "intent", "tombstone", "definition", "file"])
def test_key_that_anything_has_is_not_given_again_whatever_its_case(taken: str) -> None:
    other = a_request("Something else", NOW - timedelta(days=1), ("seg_z",))
    state = {
        "record": a_state({"Sale": a_record(request=other)}),
        "intent": a_state(intents={"Sale": an_intent(other)}),
        "tombstone": a_state(removed={"Sale": a_removal(request=other)}),
    }.get(taken)
    definitions = [a_definition("Sale", other)] if taken == "definition" else []
    offer = only(
        surveyed(
            a_remote("b_9", a_request("SALE")),
            state=state,
            definitions=definitions,
            stems=["SALE"] if taken == "file" else [],
        )
    )
    assert (offer.key, offer.wanted, offer.why_not) == ("sale-2", "sale", "")


def test_numbered_keys_stay_as_short_as_the_others() -> None:
    name = "x" * 90
    offers = surveyed(a_remote("b_1", a_request(name)), a_remote("b_2", a_request(name, NOW))).offers
    assert [len(offer.key) for offer in offers] == [80, 80]


@pytest.mark.parametrize("key", ["../up", "/root", "C:x", "a b", "con", "deep/nul", ".hidden", "a//b", "a/", "ключ"])
def test_file_of_a_key_that_is_no_safe_path_has_a_name_of_its_own(key: str) -> None:
    path = next(FreePaths(frozenset()).offers(key))
    assert path != key
    assert "/" not in path
    assert not path.startswith(".")


def test_file_of_a_key_is_its_path_unless_that_is_taken() -> None:
    assert next(FreePaths(frozenset()).offers("newsletter/2040")) == "newsletter/2040"
    assert next(FreePaths(frozenset({"Sale"})).offers("sale")) == "sale-2"


# ---------------------------------------------------------------- what can be imported


def test_what_is_recorded_or_was_removed_is_not_offered() -> None:
    state = a_state({"spring": a_record("b_1")}, removed={"old": a_removal("b_2")})
    live = [a_remote("b_1"), a_remote("b_2"), a_remote("b_3", a_request("New"))]
    found = surveyed(*live, state=state)
    assert [one.remote.id for one in found.offers] == ["b_3"]
    assert [one.id for one in found.removed] == ["b_2"]


TOO_MANY = a_request(segments=[f"seg_{number}" for number in range(11)])


@pytest.mark.parametrize(
    ("remote", "reason"),
    [
        (a_remote(request=a_request("")), "no name"),
        (a_remote(request=a_request("x" * 256)), "256 characters"),
        (a_remote(request=a_request("a\nb")), "a line feed"),
        (a_remote(request=a_request("a\u202eb")), "U+202E"),
        (a_remote(request=a_request("a ")), "ends with a space"),
        (a_remote(request=a_request(segments=())), "nobody"),
        (a_remote(request=TOO_MANY), "11 segments"),
        (altered(a_remote(), send_to_all=True), "same time"),
        (a_remote(request=a_request(segments=(" ",))), "id of one of its segments"),
        (a_remote(request=a_request(segments=("x" * 253,))), "id of one of its segments"),
        (replace(a_remote(), unread=("scheduled_at",)), "does not show its scheduled_at"),
        (replace(a_remote(), unread=("name", "segments")), "does not show its name and segments"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_no_definition_could_say_is_not_imported(remote: Remote, reason: str) -> None:
    offer = only(surveyed(remote))
    assert reason in offer.why_not
    assert cure_text(offer.cure, "")
    assert recorded(surveyed(remote), a_provenance()) == []


@pytest.mark.parametrize(
    "remote",
    [
        a_remote(request=a_request("x" * 255)),
        a_remote(request=a_request(segments=[f"seg_{number}" for number in range(10)])),
        a_remote(request=a_request(everyone=True)),
        a_remote(request=a_request(at=None)),
        a_remote(status="SENT"),
        a_remote(status="SOMETHING_NEW"),
        replace(a_remote(), unread=("created_at", "status"), created_at=None, status=""),
    ],
)
def test_whatever_a_definition_can_say_is_imported_with_any_status(remote: Remote) -> None:
    offer = only(surveyed(remote))
    assert offer.why_not == ""
    (event,) = recorded(surveyed(remote), a_provenance())
    assert (event.record.id, event.record.how) == ("bc_1", "imported")
    assert event.record.status == (remote.status or "UNKNOWN")


@pytest.mark.parametrize("differs", [False, True])
def test_what_an_attempt_in_doubt_may_have_made_is_left_to_reconcile(differs: bool) -> None:
    intent = an_intent(a_request("Sale"), provenance=a_provenance(NOW - timedelta(minutes=1)))
    live = a_request("Sale", NOW + timedelta(days=9)) if differs else a_request("Sale")
    offer = only(surveyed(a_remote("b_1", live), state=a_state(intents={"spring": intent})))
    assert "spring" in offer.why_not
    assert "reconcile" in cure_text(offer.cure, "")
    assert "resolve spring --id b_1" in cure_text(offer.cure, "")


def test_of_two_that_are_the_same_the_older_is_imported() -> None:
    old = a_remote("b_2", created_at=NOW - timedelta(days=1))
    offers = surveyed(a_remote("b_1"), old).offers
    assert [(one.remote.id, bool(one.why_not)) for one in offers] == [("b_2", False), ("b_1", True)]
    assert "exactly like b_2" in offers[1].why_not


def test_twin_of_one_that_cannot_be_imported_is_not_held_up_by_it() -> None:
    bad = replace(a_remote("b_1"), unread=("scheduled_at",))
    assert [bool(one.why_not) for one in surveyed(bad, a_remote("b_2")).offers] == [True, False]


def test_what_is_exactly_like_a_recorded_one_is_not_imported() -> None:
    state = a_state({"spring": a_record("b_1")})
    offer = only(surveyed(a_remote("b_1"), a_remote("b_2"), state=state))
    assert "exactly like spring, which is recorded as b_1" in offer.why_not
    assert "state rm" not in cure_text(offer.cure, "")


def test_definition_that_asks_for_exactly_this_gets_the_record_and_no_file() -> None:
    definition = a_definition("spring")
    offer = only(surveyed(a_remote("b_1", definition.request), definitions=[definition]))
    assert (offer.key, offer.defined, offer.why_not) == ("spring", True, "")


def test_definition_that_asks_for_exactly_this_and_is_another_one_stands_in_the_way() -> None:
    definition = a_definition("spring")
    state = a_state({"spring": a_record("b_1", a_request("What it was before"))})
    offer = only(surveyed(a_remote("b_2", definition.request), definitions=[definition], state=state))
    assert "is recorded for another broadcast" in offer.why_not
    assert "state show spring" in cure_text(offer.cure, "")


def test_imported_record_without_a_definition_is_missing_and_a_created_one_is_not() -> None:
    state = a_state({"a": a_record("b_1", a_request("A"), how="imported"), "b": a_record("b_2", a_request("B"))})
    assert [one.key for one in surveyed(state=state).missing] == ["a"]
    defined = [a_definition("a", a_request("A"))]
    assert surveyed(state=state, definitions=defined).missing == ()


LATER = SOON + timedelta(days=1)


@pytest.mark.parametrize("live", [a_request(at=LATER), a_request("Renamed")], ids=["rescheduled", "renamed"])
def test_what_looks_like_a_definition_that_has_no_record_is_left_to_a_person(live: Request) -> None:
    definition = a_definition("vip", a_request())
    found = surveyed(a_remote("b_1", live), definitions=[definition])
    assert only(found).like == "vip"
    assert only(found).why_not == f"It looks like vip in {definition.position.file}, which has no record."
    assert "invent-gitops resolve vip --id b_1 --anyway" in cure_text(only(found).cure, "")
    assert recorded(found, a_provenance()) == []
    assert found.unrecorded == ("vip",)


@pytest.mark.parametrize(
    ("live", "definition", "state"),
    [
        (a_request("Other", LATER), a_definition("vip", a_request()), None),
        (a_request(at=LATER, segments=("seg_z",)), a_definition("vip", a_request()), None),
        (a_request("Other", None), a_definition("vip", a_request(at=None)), None),
        (a_request(at=LATER), a_definition("vip", a_request(), waive={"possible-rename": "another one"}), None),
        (a_request(at=LATER), a_definition("vip", a_request()), a_state({"vip": a_record("b_9")})),
    ],
    ids=["name and time differ", "audience differs", "both at once", "waived", "has a record"],
)
def test_what_looks_like_no_definition_without_a_record_is_imported(
    live: Request, definition: Definition, state: State | None
) -> None:
    offer = only(surveyed(a_remote("b_1", live), definitions=[definition], state=state))
    assert (offer.like, offer.why_not) == ("", "")


def test_definition_that_is_in_invent_exactly_so_holds_up_nothing_that_looks_like_it() -> None:
    definition = a_definition("vip", a_request())
    live = [a_remote("b_1", a_request(at=LATER)), a_remote("b_2", a_request())]
    found = surveyed(*live, definitions=[definition])
    assert [(one.key, one.why_not) for one in found.offers] == [("spring-sale", ""), ("vip", "")]


def test_sibling_without_a_record_takes_nothing_from_what_is_there_exactly_as_defined() -> None:
    """Say, the next one of a weekly series after the state was lost."""
    first, second = a_definition("w1", a_request()), a_definition("w2", a_request(at=LATER))
    found = surveyed(a_remote("b_1", first.request), definitions=[first, second])
    assert (only(found).key, only(found).defined, only(found).why_not) == ("w1", True, "")
    assert "w2" in found.unrecorded


@pytest.mark.parametrize("listed", [False, True], ids=["not listed", "recorded as gone"])
@pytest.mark.parametrize("with_file", [False, True])
def test_what_was_deleted_and_made_again_by_hand_is_imported_once_the_old_record_is_removed(
    listed: bool, with_file: bool
) -> None:
    record = replace(a_record("b_1"), status="GONE" if listed else "SCHEDULED")
    live = [a_remote("b_2"), *([a_remote("b_1")] if listed else [])]
    definitions = [a_definition("spring", record.request)] if with_file else []
    offer = only(surveyed(*live, state=a_state({"spring": record}), definitions=definitions))
    assert "invent-gitops state rm spring --reason …" in cure_text(offer.cure, "")
    assert ("delete the file of spring" in cure_text(offer.cure, "")) == with_file
    removed = a_state(removed={"spring": a_removal("b_1", request=record.request)})
    assert only(surveyed(a_remote("b_2"), state=removed)).why_not == ""
    kept = only(surveyed(a_remote("b_2"), state=removed, definitions=[a_definition("spring", record.request)]))
    assert kept.cure == "Delete the file of spring, then import it."


# ---------------------------------------------------------------- the text


def defined(folder: Path, request: Request, zone: str = "", catalogue: Catalogue | None = None) -> Definition:
    """The request as a file, read and validated again."""
    made = Drafts(timezone=zone, catalogue=catalogue, names={}).draft(request)
    text = definition_text(header=["Imported."], name=made.name, schedule=made.schedule, segments=made.segments)
    (folder / "spring.yaml").write_text(text, encoding="utf-8", newline="\n")
    documents, unread = read_definitions(folder, root=folder)
    found, problems = validate_definitions(
        documents, schema=SCHEMA, project=Project(timezone=zone), catalogue=catalogue
    )
    assert [*unread, *problems] == []
    (definition,) = found
    return definition


zones = st.sampled_from(
    ["", "UTC", BERLIN, "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Monrovia"]
)
instants = st.none() | st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0))
names = st.text(min_size=1, max_size=255) | st.sampled_from(["no", "12:30", "'", '"', "#", "a: b", "::error::", "{a}"])
CATALOGUE = Catalogue(
    {"VIP": Segment("VIP", "s1"), "no": Segment("no", "s2"), "id:s3": Segment("id:s3", "s3")},
    {"Twin": (Segment("Twin", "s4"), Segment("Twin", "s5"))},
)


@given(
    name=names,
    at=instants,
    ids=st.lists(
        st.sampled_from(["s1", "s2", "s3", "s4", "s9", "x" * 252, "a#b", "a: b", "☃"]), max_size=9, unique=True
    ),
    zone=zones,
    catalogue=st.sampled_from([None, CATALOGUE]),
)
def test_definition_of_an_import_gives_exactly_what_was_recorded(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    at: datetime | None,
    ids: list[str],
    zone: str,
    catalogue: Catalogue | None,
) -> None:
    request = a_request(name, at, ids, everyone=not ids)
    found = surveyed(a_remote("b_1", request))
    if found.refused:
        return
    folder = tmp_path_factory.getbasetemp() / "imported"
    folder.mkdir(exist_ok=True)
    (event,) = recorded(found, a_provenance(), zone)
    definition = defined(folder, request, zone, catalogue)
    assert (definition.request, definition.local) == (event.record.request, event.record.local)


@pytest.mark.parametrize(
    ("at", "zone", "schedule"),
    [
        (datetime(2026, 11, 27, 8, tzinfo=UTC), BERLIN, ("2026-11-27T09:00", BERLIN)),
        (datetime(2026, 11, 27, 8, 0, 30, tzinfo=UTC), BERLIN, ("2026-11-27T09:00:30", BERLIN)),
        (datetime(2026, 11, 27, 8, tzinfo=UTC), "", "2026-11-27T08:00:00Z"),
        # The clocks are turned back: this hour is there twice.
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), BERLIN, "2026-10-25T00:30:00Z"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), BERLIN, "2026-10-25T01:30:00Z"),
        (datetime(2026, 10, 25, 2, 30, tzinfo=UTC), BERLIN, ("2026-10-25T03:30", BERLIN)),
        (datetime(9999, 12, 31, 23, 30, tzinfo=UTC), BERLIN, "9999-12-31T23:30:00Z"),
        (None, BERLIN, "immediately"),
    ],
)
def test_time_is_written_on_the_clocks_of_the_project_where_that_is_clear(
    at: datetime | None, zone: str, schedule: str | tuple[str, str]
) -> None:
    assert Drafts(timezone=zone, catalogue=None, names={}).draft(a_request(at=at)).schedule == schedule


def test_segments_are_written_by_name_where_that_is_clear_and_else_by_id_with_the_name_beside_it() -> None:
    request = a_request(segments=["s1", "s2", "s4", "s9"])
    made = Drafts(timezone="", catalogue=CATALOGUE, names={"s4": "Twin", "s9": "New one", "s1": "VIP"}).draft(request)
    assert made.segments == (("VIP", ""), ("no", ""), ("id:s4", "Twin"), ("id:s9", "New one"))


def test_without_a_catalogue_segments_are_ids() -> None:
    made = Drafts(timezone="", catalogue=None, names={"s1": "VIP"}).draft(a_request(segments=["s1"]))
    assert made.segments == (("id:s1", "VIP"),)


def test_of_two_names_for_one_segment_always_the_same_is_written() -> None:
    catalogue = Catalogue({"b": Segment("b", "s1"), "a": Segment("a", "s1")})
    turned = Catalogue({name: catalogue.segments[name] for name in ("a", "b")})
    found = [
        Drafts(timezone="", catalogue=one, names={}).draft(a_request(segments=["s1"])) for one in (catalogue, turned)
    ]
    assert found[0] == found[1]
