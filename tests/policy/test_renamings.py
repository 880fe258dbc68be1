"""Segments that Invent calls otherwise now: an index says what a search through all of them says, for less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from invent_gitops.model.alike import alike, composed
from invent_gitops.model.audience import AudienceWarning
from invent_gitops.model.broadcast import Catalogue, RemoteSegment, Request, Segment
from invent_gitops.plan.audience import with_audiences
from invent_gitops.policy.renamings import Renamings
from tests.making import NOW, a_definition, a_request, plan_of
from tests.test_growth import steps


def searched(
    request: Request, written: Sequence[str], catalogue: Catalogue, live: Sequence[RemoteSegment]
) -> Iterator[AudienceWarning]:
    """The same without an index."""
    named = {remote.id: remote.name for remote in live if remote.name}
    entries = {alike(entry) for entry in written}
    for segment in catalogue.every():
        id, names = segment.id, {alike(name) for name in (segment.name, *segment.formerly)}
        if id not in request.segment_ids or segment.name.startswith("id:"):
            continue
        retaken = {
            name: other
            for other, name in named.items()
            if other != id and alike(name) in names & (entries | {alike(segment.name)})
        }
        now = composed(named.get(id, segment.name))
        if retaken and alike(now) not in {alike(name) for name in retaken}:
            newcomers = " and ".join(f"{name} is {other} there now" for name, other in sorted(retaken.items()))
            message = f"The segment {segment.name} ({id}) is named {now} in Invent, and {newcomers}."
            cure = f"Write id:{id} if that one is meant, before anybody runs invent-gitops segments pull."
            yield AudienceWarning("audience-retaken", message, cure, id)
        elif alike(now) != alike(segment.name):
            message = f"The segment {segment.name} ({id}) is named {now} in Invent now."
            cure = "If it is still the one that is meant: invent-gitops segments pull . If not, name another segment."
            yield AudienceWarning("audience-renamed", message, cure, id)


# Few, so that they meet; some look like others, and one is the name of a segment that has none.
few_names = st.sampled_from(
    ["vip", "vip ", "VIP", "ne\u0301w", "n\u00e9w", "old", "id:s1", "\u212aelvin", "Kelvin", ""]
)
few_ids = st.sampled_from(["s1", "s2", "s3", "s4"])
segments = st.builds(Segment, few_names.filter(bool), few_ids, st.none(), st.lists(few_names, max_size=2).map(tuple))
catalogues = st.lists(segments, max_size=5).map(
    lambda entries: Catalogue({f"{number}": segment for number, segment in enumerate(entries)})
)
live_segments = st.lists(st.builds(RemoteSegment, few_ids, few_names), max_size=6, unique_by=lambda one: one.id)
sent = st.lists(few_ids, min_size=1, max_size=3, unique=True).map(lambda ids: a_request(segments=ids))


@given(sent, st.lists(few_names, max_size=3), catalogues, live_segments)
def test_index_says_what_a_search_says(
    request: Request, written: list[str], catalogue: Catalogue, live: list[RemoteSegment]
) -> None:
    assert [*Renamings(catalogue, live).warnings(request, written)] == [*searched(request, written, catalogue, live)]


def test_segment_whose_name_went_to_another_is_told_with_the_last_one_that_has_it() -> None:
    catalogue = Catalogue({"vip": Segment("vip", "s1")})
    live = [RemoteSegment("s1", "gold"), RemoteSegment("s2", "vip"), RemoteSegment("s3", "vip")]
    (warning,) = Renamings(catalogue, live).warnings(a_request(segments=["s1"]), ["vip"])
    assert (warning.rule, "vip is s3 there now" in warning.message) == ("audience-retaken", True)


def audiences(count: int) -> int:
    catalogue = Catalogue({f"n{number}": Segment(f"n{number}", f"s{number}", 5) for number in range(count)})
    live = [RemoteSegment(f"s{number}", f"other {number}", 5) for number in range(count)]
    definitions = [
        a_definition(f"k{number}", a_request(f"B{number}", NOW + timedelta(days=9), [f"s{number}"]))
        for number in range(count)
    ]
    plan = plan_of(definitions, catalogue=catalogue)
    return steps(lambda: with_audiences(plan, live, catalogue, 50, ()))


def test_audiences_of_four_times_as_many_segments_cost_four_times_as_much() -> None:
    audiences(10)
    assert audiences(600) < 4.6 * audiences(150)
