"""`segments pull` and `segments list`, and what validate, plan and apply make of the names, over HTTP."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.paging import paged
from tests.running import WHEN, Received, account, call, invent, scripted
from tests.running import http as answer


def pull(folder: Path, url: str, *words: str) -> str:
    result = call(folder, "segments", "pull", *words, env=account(url))
    assert result.code == 0, result.all
    return result.out


def define(folder: Path, key: str, *segments: str) -> None:
    (folder / "broadcasts").mkdir(exist_ok=True)
    listed = "".join(f"  - {segment}\n" for segment in segments)
    (folder / "broadcasts" / f"{key}.yaml").write_text(f"name: {key}\nschedule: {WHEN}\nsegments:\n{listed}", "utf-8")


def catalogue(folder: Path) -> str:
    return (folder / "segments.yaml").read_text(encoding="utf-8")


def test_pulled_names_are_what_definitions_write_and_ids_are_what_is_created(tmp_path: Path) -> None:
    with invent() as server:
        server.sandbox.seed([("seg_1", "VIP", 1240), ("seg_2", "no", 3), ("seg_3", "12:30", 4)])
        pull(tmp_path, server.url)
        define(tmp_path, "spring", "VIP", '"no"', '"12:30"')
        assert call(tmp_path, "apply", "--yes", env=account(server.url)).code == 0
        (made,) = server.sandbox.broadcasts()
    assert sorted(one["id"] for one in made["segments"]) == ["seg_1", "seg_2", "seg_3"]


def test_all_pages_are_read_and_the_counts_are_in_the_plan(tmp_path: Path) -> None:
    with invent() as server:
        server.sandbox.seed([(f"seg_{number}", f"Segment {number}", number) for number in range(250)])
        told = pull(tmp_path, server.url)
    assert told.startswith("250 segments in Invent")
    define(tmp_path, "spring", "Segment 249")
    assert "up to 249 contacts" in call(tmp_path, "plan").out


def test_rename_in_invent_changes_nothing_but_a_note(tmp_path: Path) -> None:
    with invent() as server:
        server.sandbox.seed([("seg_1", "VIP", 5)])
        pull(tmp_path, server.url)
        define(tmp_path, "spring", "VIP")
        call(tmp_path, "apply", "--yes", env=account(server.url))
        server.sandbox.put_segment("c", "seg_1", name="VIP 2027")
        assert "renamed: VIP is now VIP 2027 (seg_1)" in pull(tmp_path, server.url)
    planned = call(tmp_path, "plan", "--exit-code", "--json")
    assert [item["action"] for item in planned.json["items"]] == ["unchanged"]
    noted = "broadcasts/spring.yaml:4:3: the segment `VIP` is named `VIP 2027` in Invent now."
    assert noted in planned.err
    validated = call(tmp_path, "validate", "--json")
    assert [note.partition(" Both")[0] for note in validated.json["notes"]] == [noted]
    assert noted in validated.err
    assert noted not in call(tmp_path, "validate", "-q").all


def test_equal_names_are_an_error_that_lists_the_ids(tmp_path: Path) -> None:
    with invent() as server:
        server.sandbox.seed([("seg_1", "Twin", 5), ("seg_2", "Twin", 70)])
        assert "2 segments are named Twin: write id:seg_1 (5 contacts) or id:seg_2 (70" in pull(tmp_path, server.url)
    define(tmp_path, "spring", "Twin")
    (problem,) = call(tmp_path, "validate", "--json").json["problems"]
    assert (problem["rule"], problem["line"], problem["column"]) == ("ambiguous-segment", 4, 5)
    assert problem["cure"] == "Write `id:seg_1` (5 contacts) or `id:seg_2` (70 contacts)."
    define(tmp_path, "spring", "id:seg_2")
    assert "Twin (id:seg_2) (up to 70 contacts)" in call(tmp_path, "plan").out


def test_what_is_gone_is_told_with_the_definitions_that_use_it(tmp_path: Path) -> None:
    with invent() as server:
        server.sandbox.seed([("seg_1", "VIP", 5), ("seg_2", "Old", 5)])
        pull(tmp_path, server.url)
        define(tmp_path, "spring", "Old", "VIP")
        define(tmp_path, "summer", "id:seg_2")
        server.sandbox.delete_segment("c", "seg_2")
        result = call(tmp_path, "segments", "pull", "--json", env=account(server.url))
    assert result.json["changes"]["gone"] == [{"id": "seg_2", "name": "Old", "used_by": ["spring", "summer"]}]
    (problem,) = call(tmp_path, "validate", "--json").json["problems"]
    assert problem["rule"] == "unknown-segment"


def test_definition_with_a_name_that_only_the_pull_brings_does_not_stop_it(tmp_path: Path) -> None:
    with invent() as server:
        server.sandbox.seed([("seg_1", "VIP", 5)])
        pull(tmp_path, server.url)
        define(tmp_path, "spring", "Brand new")
        server.sandbox.put_segment("c", "seg_2", name="Brand new")
        assert "new: Brand new" in pull(tmp_path, server.url)
    assert call(tmp_path, "validate").code == 0


def test_bare_id_from_before_there_was_a_catalogue_is_told_its_name(tmp_path: Path) -> None:
    define(tmp_path, "spring", "seg_1")
    assert call(tmp_path, "validate").code == 0
    with invent() as server:
        server.sandbox.seed([("seg_1", "VIP", 5)])
        pull(tmp_path, server.url)
    (problem,) = call(tmp_path, "validate", "--json").json["problems"]
    assert problem["cure"] == "It is the id of `VIP`: write that, or `id:…`."


def test_account_without_segments_gets_no_catalogue_which_would_make_errors_of_ids(tmp_path: Path) -> None:
    define(tmp_path, "spring", "seg_1")
    with invent() as server:
        assert "no segments in Invent" in pull(tmp_path, server.url)
        assert call(tmp_path, "segments", "pull", "--json", env=account(server.url)).json["segments"] == []
    assert not (tmp_path / "segments.yaml").exists()
    assert call(tmp_path, "validate").code == 0


def test_second_pull_of_the_same_changes_the_time_at_most(tmp_path: Path) -> None:
    with invent() as server:
        server.sandbox.seed([("seg_1", "VIP", 5), ("seg_2", "Old", 6)])
        pull(tmp_path, server.url)
        first = catalogue(tmp_path).splitlines()
        told = pull(tmp_path, server.url)
        second = catalogue(tmp_path).splitlines()
    assert len(told.splitlines()) == 1
    assert [a for a, b in zip(first, second, strict=True) if a != b] in ([], first[2:3])
    assert first[2].startswith("read_at: ")


@pytest.mark.parametrize("status", [404, 401])
def test_page_that_cannot_be_read_leaves_the_catalogue_as_it_was(tmp_path: Path, status: int) -> None:
    (tmp_path / "segments.yaml").write_text("VIP: seg_0\n", "utf-8")
    page = [{"id": f"seg_{number}", "name": f"S {number}", "contacts_count": 1} for number in range(100)]

    def reply(request: Received) -> bytes:
        number = request.query["page"]
        return answer(200, page, pagination_count="150") if number == "1" else answer(status, {}, retry_after=0)

    with scripted(reply) as server:
        result = call(tmp_path, "segments", "pull", "--json", env=account(server.url))
    assert result.code == 6
    assert result.json["error"]["message"]
    assert catalogue(tmp_path) == "VIP: seg_0\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["segments.yaml"]


def test_another_account_does_not_take_the_names_away(tmp_path: Path) -> None:
    (tmp_path / "segments.yaml").write_text("VIP: seg_0\n", "utf-8")
    with invent() as server:
        server.sandbox.seed([("seg_1", "VIP", 5)])
        result = call(tmp_path, "segments", "pull", env=account(server.url))
    assert result.code == 5
    assert "another account" in result.err
    assert catalogue(tmp_path) == "VIP: seg_0\n"


def test_catalogue_with_a_fault_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "segments.yaml").write_text("VIP: 5\n", "utf-8")
    with invent() as server:
        result = call(tmp_path, "segments", "pull", env=account(server.url))
        assert server.sandbox.requests == []
    assert result.code == 4
    assert catalogue(tmp_path) == "VIP: 5\n"


def test_name_that_another_segment_has_now_is_that_one_and_nothing_is_noted(tmp_path: Path) -> None:
    (tmp_path / "segments.yaml").write_text("VIP: seg_3\nVIP old: {id: seg_1, formerly: [VIP]}\n", "utf-8")
    define(tmp_path, "spring", "VIP")
    assert call(tmp_path, "validate", "--json").json["notes"] == []
    (item,) = call(tmp_path, "plan", "--json").json["items"]
    assert item["request"]["segment_ids"] == ["seg_3"]


def test_catalogue_that_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "segments.yaml").write_text("VIP: seg_0\n", "utf-8")
    # More than a megabyte, which is more than is read of any file.
    every = [{"id": f"seg_{number}", "name": f"{number:04}" + "\U0001f600" * 124} for number in range(2_200)]
    with scripted(paged(every)) as server:
        result = call(tmp_path, "segments", "pull", env=account(server.url))
    assert result.code == 5
    assert "2,200 segments is not written: The file is longer than" in result.err
    assert catalogue(tmp_path) == "VIP: seg_0\n"
    assert [path.name for path in tmp_path.iterdir()] == ["segments.yaml"]


def test_hostile_names_act_nowhere_and_are_reached_by_id(tmp_path: Path) -> None:
    hostile = "::error::x\n\x1b[31m\u202ename: y"
    with invent() as server:
        server.sandbox.seed([("seg_1", hostile, 5), ("seg_2", "VIP", 1)])
        told = pull(tmp_path, server.url)
    assert "\x1b" not in told
    assert "\n::" not in told
    assert "write id:seg_1 for the segment" in told
    define(tmp_path, "spring", "id:seg_1")
    assert "id:seg_1 (up to 5 contacts)" in call(tmp_path, "plan").out


def test_sandbox_knows_the_catalogue_and_what_was_renamed_in_it_stays_renamed(tmp_path: Path) -> None:
    (tmp_path / "segments.yaml").write_text("VIP: {id: seg_1, contacts_count: 7}\n", "utf-8")
    assert call(tmp_path, "segments", "pull", "--sandbox").code == 0
    assert "VIP: {id: seg_1, contacts_count: 7}\n" in catalogue(tmp_path)
    from invent_gitops.sandbox.service import Sandbox

    with Sandbox(tmp_path / ".invent-sandbox" / "invent.sandbox.sqlite") as box:
        box.put_segment("c", "seg_1", name="VIP 2027")
    assert call(tmp_path, "segments", "pull", "--sandbox").code == 0
    assert "VIP 2027: {id: seg_1, contacts_count: 7, formerly: [VIP]}\n" in catalogue(tmp_path)


def test_state_places_the_sandbox_and_is_refused_without_it(tmp_path: Path) -> None:
    (tmp_path / "segments.yaml").write_text("VIP: {id: seg_1, contacts_count: 7}\n", "utf-8")
    before = catalogue(tmp_path)
    with invent() as server:
        refused = call(tmp_path, "segments", "pull", "--state", "other.state.json", env=account(server.url))
    assert (refused.code, catalogue(tmp_path)) == (2, before), refused.all
    assert "so --state has no effect" in refused.err
    assert call(tmp_path, "segments", "pull", "--sandbox", "--state", "other.state.json").code == 0
    assert (tmp_path / "other.sandbox.sqlite").exists()
    assert not (tmp_path / ".invent-sandbox").exists()


def test_list_works_offline_and_says_what_to_write(tmp_path: Path) -> None:
    text = "read_at: 2026-11-20T08:00:00Z\nVIP: {id: seg_1, contacts_count: 1240}\nTwin: [{id: seg_2}, {id: seg_3}]\n"
    (tmp_path / "segments.yaml").write_text(text, "utf-8")
    define(tmp_path, "spring", "VIP")
    listed = call(tmp_path, "segments", "list")
    assert listed.out.splitlines() == [
        "SEGMENT   ID     CONTACTS",
        "VIP       seg_1  1,240",
        "id:seg_2  seg_2  ?  named Twin, as others",
        "id:seg_3  seg_3  ?  named Twin, as others",
        "Read from Invent at 2026-11-20T08:00:00Z.",
    ]
    document = call(tmp_path, "segments", "list", "--json").json
    assert [(one["id"], one["write"], one["used_by"]) for one in document["segments"]] == [
        ("seg_1", "VIP", ["spring"]),
        ("seg_2", "id:seg_2", []),
        ("seg_3", "id:seg_3", []),
    ]
    assert document["changes"] is None


def test_list_without_a_catalogue_says_how_to_get_one(tmp_path: Path) -> None:
    result = call(tmp_path, "segments", "list", "--json")
    assert result.code == 4
    assert "segments pull" in result.json["error"]["cure"]


def test_catalogue_where_the_project_wants_it_is_led_to_its_schema(tmp_path: Path) -> None:
    (tmp_path / "invent.yaml").write_text("segments: data/names.yaml\n", "utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "names.yaml").write_text("{}\n", "utf-8")
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "segments.schema.json").touch()
    with invent() as server:
        server.sandbox.seed([("seg_1", "VIP", 5)])
        pull(tmp_path, server.url)
    text = (tmp_path / "data" / "names.yaml").read_text("utf-8")
    assert text.startswith("# yaml-language-server: $schema=../schemas/segments.schema.json\n")


def test_sandbox_writes_no_number_that_apply_would_take_for_a_reviewed_one(tmp_path: Path) -> None:
    define(tmp_path, "spring", "seg_vip", "seg_news")
    written = "seg_vip: {id: seg_vip, contacts_count: 7}\nseg_news: {id: seg_news}\n"
    (tmp_path / "segments.yaml").write_text(written, "utf-8")
    # It may be done again: what the sandbox wrote was not read from Invent.
    for _ in range(2):
        assert call(tmp_path, "segments", "pull", "--sandbox").code == 0
        assert "read_at" not in catalogue(tmp_path)
        listed = call(tmp_path, "segments", "list", "--json").json["segments"]
        assert {segment["id"]: segment["contacts_count"] for segment in listed} == {"seg_vip": 7, "seg_news": None}


def test_sandbox_leaves_a_catalogue_alone_that_was_read_from_invent(tmp_path: Path) -> None:
    with invent() as server:
        server.sandbox.seed([("seg_1", "VIP", 1240)])
        pull(tmp_path, server.url)
        before = catalogue(tmp_path)
        assert "read_at" in before
        result = call(tmp_path, "segments", "pull", "--sandbox")
        assert result.code == 5
        assert "Leave --sandbox out: invent-gitops segments pull" in " ".join(result.all.split())
        assert catalogue(tmp_path) == before
        pull(tmp_path, server.url)
