"""A catalogue after a look into Invent: what is new, renamed, gone, several or another, by the id that stays."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.errors import Refused
from invent_gitops.live.segments import Pull, Renamed, Retaken, entries, merge
from invent_gitops.load import read_document
from invent_gitops.load.write import catalogue_text
from invent_gitops.model.broadcast import Catalogue, RemoteSegment, Segment
from invent_gitops.schemas import read_schema
from invent_gitops.validate import validate_catalogue

AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SCHEMA = read_schema("segments")


def merged(old: Catalogue | None, **names: str) -> Pull:
    """The catalogue after a reading that found each id with a name; each has five contacts."""
    return merge(old, [RemoteSegment(id, name, 5) for id, name in names.items()], AT)


def of(**names: str) -> Catalogue:
    return merged(None, **names).catalogue


def read_back(folder: Path, catalogue: Catalogue) -> Catalogue:
    path = folder / "segments.yaml"
    path.write_text(catalogue_text(entries(catalogue), ["A header."]), encoding="utf-8", newline="\n")
    document, unread = read_document(path, path.name)
    assert document
    found, problems = validate_catalogue(document, SCHEMA)
    assert [*unread, *problems] == []
    return found


def test_first_reading_has_every_segment_by_name_with_its_count_and_the_time() -> None:
    pull = merged(None, s1="VIP", s2="Readers")
    assert pull.catalogue.segments == {"Readers": Segment("Readers", "s2", 5), "VIP": Segment("VIP", "s1", 5)}
    assert (pull.catalogue.read_at, {one.id for one in pull.new}) == (AT, {"s1", "s2"})


def test_rename_is_told_as_one_and_both_names_are_understood() -> None:
    pull = merged(of(s1="VIP"), s1="VIP 2027")
    assert (pull.renamed, pull.new, pull.gone) == ((Renamed("s1", "VIP", "VIP 2027"),), (), ())
    assert pull.catalogue.segments["VIP 2027"].formerly == ("VIP",)
    assert [one.id for one in pull.catalogue.formerly()["VIP"]] == ["s1"]


def test_names_of_many_renames_are_kept_in_their_order_and_a_way_back_needs_none() -> None:
    catalogue = of(s1="a")
    for name in ("b", "c"):
        catalogue = merged(catalogue, s1=name).catalogue
    assert catalogue.segments["c"].formerly == ("a", "b")
    assert merged(catalogue, s1="a").catalogue.segments["a"].formerly == ("b", "c")


def test_name_that_a_person_gave_to_a_known_id_is_kept_as_a_former_one() -> None:
    by_hand = Catalogue({"vips": Segment("vips", "s1"), "VIP": Segment("VIP", "s1")})
    pull = merged(by_hand, s1="VIP")
    assert pull.catalogue.segments == {"VIP": Segment("VIP", "s1", 5, ("vips",))}
    assert pull.renamed == ()


def test_name_that_another_segment_took_means_that_one_and_is_told() -> None:
    pull = merged(of(s1="VIP", s2="x"), s1="VIP old", s2="x", s3="VIP")
    assert pull.retaken == (Retaken("VIP", "s1", "s3"),)
    assert pull.catalogue.named("VIP")[0].id == "s3"
    again = merged(pull.catalogue, s1="VIP old", s2="x")
    assert "VIP" not in again.catalogue.formerly(), "it would quietly mean the first one again"


def test_segment_that_was_made_anew_under_the_same_name_is_told_as_another() -> None:
    pull = merged(of(s1="VIP", s2="x"), s2="x", s9="VIP")
    assert (pull.retaken, [one.id for one in pull.gone]) == ((Retaken("VIP", "s1", "s9"),), ["s1"])


def test_names_that_several_have_are_told_apart_by_id() -> None:
    catalogue = merged(None, s2="Twin", s1="Twin").catalogue
    assert catalogue.segments == {}
    assert [one.id for one in catalogue.twins["Twin"]] == ["s1", "s2"]
    assert catalogue.by_id()["s1"].name == "Twin (id:s1)"


def test_name_of_twins_is_nobodys_former_name_and_is_clear_again_once_one_is_left() -> None:
    pull = merged(of(s1="Twin", s2="Twin"), s1="Other", s2="Twin")
    assert pull.catalogue.segments == {"Other": Segment("Other", "s1", 5), "Twin": Segment("Twin", "s2", 5)}
    assert pull.renamed == (Renamed("s1", "Twin", "Other"),)
    assert pull.retaken == ()


def test_name_that_several_had_is_not_understood_any_more_when_none_has_it() -> None:
    catalogue = merged(of(s1="Twin", s2="Twin"), s1="a", s2="b").catalogue
    assert catalogue.formerly() == {}


def test_names_that_look_alike_are_one_name() -> None:
    assert list(merged(None, s1="Café", s2="Cafe\u0301").catalogue.twins) == ["Café"]


@pytest.mark.parametrize(
    "name",
    ["", " ", "x" * 129, "a\nb", " a", "a\u00a0", "id:s2", "id:s1", "read_at", "\u202ea", "\x85", "\ufeffa", "\ud800"],
)
def test_segment_whose_name_cannot_be_written_stands_under_its_id(tmp_path: Path, name: str) -> None:
    pull = merged(None, s1=name)
    assert pull.catalogue.segments == {"id:s1": Segment("id:s1", "s1", 5)}
    assert [one.name for one in pull.unwritable] == [name]
    assert read_back(tmp_path, pull.catalogue) == pull.catalogue
    assert merged(pull.catalogue, s1="VIP").catalogue.segments == {"VIP": Segment("VIP", "s1", 5)}


@pytest.mark.parametrize(("id", "name"), [("x" * 253, "VIP"), ("x" * 126, "a\nb"), (" x", "VIP"), ("x\u200b", "VIP")])
def test_segment_that_no_definition_could_reach_is_left_out_and_told(id: str, name: str) -> None:
    pull = merged(None, **{id: name, "s1": "VIP"})
    assert list(pull.catalogue.segments) == ["VIP"]
    assert [one.id for one in pull.left_out] == [id]


@pytest.mark.parametrize("live", [{}, {"t1": "VIP"}])
def test_list_with_nothing_of_the_catalogue_is_refused_as_another_account(live: dict[str, str]) -> None:
    with pytest.raises(Refused, match="another account"):
        merged(of(s1="VIP"), **live)


def test_count_that_changed_and_one_that_is_not_told_are_counted() -> None:
    pull = merge(of(s1="a", s2="b", s3="c"), [RemoteSegment("s1", "a", 6), RemoteSegment("s2", "b", None)], AT)
    assert pull.recounted == 2
    assert [one.id for one in pull.gone] == ["s3"]


ids = st.sampled_from([f"s{number}" for number in range(8)])
odd = [
    "VIP",
    "vip",
    "no",
    "12:30",
    "id:s1",
    "a\nb",
    "read_at",
    "Café",
    "Cafe\u0301",
    "#x",
    " y",
    "'",
    '"',
    "@z",
    "x" * 129,
    "",
]
lists = st.dictionaries(ids, st.sampled_from(odd) | st.text(max_size=130), max_size=8)


@given(first=lists, second=lists)
def test_any_two_readings_give_a_catalogue_that_reads_back_and_knows_every_id(
    tmp_path_factory: pytest.TempPathFactory, first: dict[str, str], second: dict[str, str]
) -> None:
    second = {**second, **dict(list(first.items())[:1])}
    catalogue = merged(of(**first), **second).catalogue
    assert sorted(one.id for one in catalogue.every()) == sorted(second)
    assert read_back(tmp_path_factory.getbasetemp(), catalogue) == catalogue
    assert merged(catalogue, **second).catalogue == catalogue, "a second reading of the same changes nothing"
    clear = [name for segment in catalogue.every() for name in segment.formerly]
    assert not [name for name in clear if catalogue.named(name)]
