"""What speaks against a person's word on an attempt, and what is recorded of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from invent_gitops.errors import Refused, Unavailable
from invent_gitops.live.resolve import Word, absence, checked, correction, wanted
from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.context import Context
from invent_gitops.model.listing import Listing
from invent_gitops.model.record import CALL_LASTS
from invent_gitops.model.state import Absence, Candidate, DeclaredAbsent, Recorded, State
from invent_gitops.text.commands import from_when, not_created, settling
from invent_gitops.values import replace
from tests.making import NOW, a_provenance, a_record, a_remote, a_removal, a_request, a_state, altered, an_intent

SECOND = timedelta(seconds=1)
LATER = NOW + CALL_LASTS
IN_DOUBT = a_state(intents={"spring": an_intent()})
EMPTY: Listing[Remote] = Listing(())
UNREAD: Listing[Remote] = Listing((), ("Page 2 could not be read.",))


def said(
    *remotes: Remote,
    state: State = IN_DOUBT,
    listing: Listing[Remote] | None = None,
    late: timedelta = timedelta(),
    anyway: bool = False,
    others: frozenset[str] = frozenset(),
) -> Absence:
    """What is recorded of `--not-created`, `late` after the moment from which it may be said."""
    word = Word(a_provenance(LATER + late, by="bob"), "looked", anyway, others)
    event = absence(state, "spring", listing or Listing(remotes), word, Context(NOW))
    assert isinstance(event, DeclaredAbsent)
    return event.absence


def against(kind: type[Exception] = Refused, *remotes: Remote, **how: object) -> str:
    with pytest.raises(kind) as error:
        said(*remotes, **how)  # type: ignore[arg-type]  # handed on
    assert type(error.value) is kind
    return f"{error.value} {error.value.cure}"  # type: ignore[attr-defined]  # ours


# ---------------------------------------------------------------- evidence absent, wrong and right


def test_a_whole_list_that_shows_nothing_of_an_old_attempt_vouches_for_the_word() -> None:
    assert said(a_remote("bc_9", a_request("Another"))) == Absence(
        "spring", "looked", a_provenance(LATER, by="bob"), a_request(), listed=True
    )


@pytest.mark.parametrize(("late", "early"), [(timedelta(), False), (-SECOND, True), (timedelta(days=9), False)])
def test_the_word_is_refused_until_the_call_is_over_for_certain(late: timedelta, early: bool) -> None:
    if not early:
        assert said(late=late).overridden == ()
        return
    assert "may still be in flight" in against(late=late)
    assert "12:08 UTC on" in against(late=late)
    assert said(late=late, anyway=True).overridden == ("too-early",)


def test_the_intent_itself_says_when_its_call_is_over() -> None:
    slow = a_state(intents={"spring": replace(an_intent(), settles_at=LATER + timedelta(hours=1))})
    assert "13:08 UTC on" in against(state=slow)
    assert said(state=slow, late=timedelta(hours=1)).overridden == ()


def test_a_list_that_was_not_read_to_its_end_vouches_for_nothing() -> None:
    assert "Page 2 could not be read." in against(Unavailable, listing=UNREAD)
    word = said(listing=UNREAD, anyway=True)
    assert (word.listed, word.overridden) == (False, ("not-read",))


def test_everything_that_speaks_against_the_word_is_said_at_once() -> None:
    found = replace(UNREAD, entries=(a_remote("bc_5"),))
    words = against(Unavailable, listing=found, late=-SECOND)
    assert all(part in words for part in ("in flight", "Page 2", "bc_5"))
    word = said(listing=found, late=-SECOND, anyway=True, others=frozenset(["bc_5"]))
    assert (word.overridden, word.others) == (("too-early", "not-read"), ("bc_5",))


@pytest.mark.parametrize(
    ("remote", "words"),
    [
        (a_remote("bc_5"), "as requested"),
        (a_remote("bc_5", created_at=NOW - timedelta(days=9)), "differs in created_at"),
        (altered(a_remote("bc_5"), send_to_all=True), "differs in send_to_all"),
    ],
    ids=["match", "older", "candidate"],
)
def test_what_the_list_shows_is_set_aside_only_by_its_name(remote: Remote, words: str) -> None:
    assert words in against(Refused, remote)
    assert "--not bc_5" in against(Refused, remote, anyway=True, others=frozenset(["bc_6"]))
    assert said(remote, others=frozenset(["bc_5", "bc_6"])).others == ("bc_5",)


def test_what_is_recorded_or_removed_is_no_match() -> None:
    state = replace(IN_DOUBT, broadcasts={"a": a_record("bc_5")}, removed={"b": a_removal("bc_6")})
    assert said(a_remote("bc_5"), a_remote("bc_6"), state=state).others == ()


def test_what_was_seen_before_still_counts_where_the_list_is_not_read_and_no_longer_where_it_is() -> None:
    seen = a_state(intents={"spring": an_intent(candidates=(Candidate(a_remote("bc_5")),))})
    assert "bc_5" in against(Refused, listing=UNREAD, state=seen, anyway=True)
    assert said(state=seen).others == ()


def test_an_attempt_that_is_kept_beside_another_one_is_settled_under_its_own_key() -> None:
    both = a_state(intents={"spring": an_intent(attempt="t1"), "spring#t2": an_intent(attempt="t2")})
    word = Word(a_provenance(LATER), "looked")
    event = absence(both, "spring#t2", EMPTY, word, Context(NOW))
    assert (event.attempt, event.absence.key) == ("t2", "spring")
    left = both.after([event])
    assert list(left.intents) == ["spring"]
    alone = a_state(intents={"spring#t2": an_intent(attempt="t2")})
    assert absence(alone, "spring", EMPTY, word, Context(NOW)).attempt == "t2"


# ---------------------------------------------------------------- what an id may belong to


def declared(request: Request | None = None) -> State:
    return a_state(absences={"t1": Absence("spring", "looked", a_provenance(), request)})


def test_a_wrong_word_is_repaired_by_the_id_with_and_without_a_definition() -> None:
    for defined in (None, a_request("Edited since")):
        one, request, status = checked(wanted(declared(a_request()), "spring", defined), "bc_5", [a_remote("bc_5")])
        assert (one.attempt, request, status) == ("t1", a_request(), "SCHEDULED")


def test_a_wrong_word_of_an_older_version_takes_the_request_from_what_invent_shows() -> None:
    one, request, _ = checked(wanted(declared(), "spring", None), "bc_5", [a_remote("bc_5", a_request("Shown"))])
    assert (one.attempt, request.name) == ("t1", "Shown")


def test_an_id_of_a_declared_attempt_is_kept_beside_what_was_created_since() -> None:
    state = replace(declared(a_request()), broadcasts={"spring": a_record("bc_7", attempt="t2")})
    [one] = wanted(state, "spring", None)
    after = state.after([Recorded(one.key, a_record("bc_5", attempt=one.attempt))])
    assert after.broadcasts["spring#bc_5"].note.role == "second"


def test_a_declared_attempt_that_was_recorded_all_the_same_is_no_doubt_any_more() -> None:
    state = replace(declared(a_request()), broadcasts={"spring": a_record("bc_5", attempt="t1")})
    with pytest.raises(Refused, match="not blocked: it is recorded as bc_5"):
        wanted(state, "spring", None)


def test_a_correction_keeps_the_attempt_and_what_was_sent_and_comes_after_what_it_corrects() -> None:
    edited = replace(a_record("bc_1", a_request("Edited")), formerly=(a_request(),))
    edited = replace(edited, provenance=replace(edited.provenance, attempted=NOW))
    state = a_state({"spring": edited})
    event = correction(state, "spring", "bc_1", "bc_2", "DRAFT", Word(a_provenance(NOW - SECOND), "theirs"))
    record = state.after([event]).broadcasts["spring"]
    assert (record.id, record.request, record.attempt, record.attempted) == ("bc_2", a_request(), edited.attempt, NOW)
    with pytest.raises(Refused, match="recorded as bc_1, and not as bc_3"):
        correction(state, "spring", "bc_3", "bc_2", "DRAFT", Word(a_provenance(), "x"))


# ---------------------------------------------------------------- how it is printed


def test_the_time_is_never_told_too_early() -> None:
    at = NOW + timedelta(minutes=5, seconds=1)
    assert from_when(at, NOW) == "from 2026-11-20 12:06 UTC on, in 6 minutes"
    assert from_when(NOW + timedelta(minutes=1), NOW) == "from 2026-11-20 12:01 UTC on, in 1 minute"
    assert from_when(NOW, NOW) == "from 2026-11-20 12:00 UTC on"


@pytest.mark.parametrize("ids", [[], ["bc_1"], ["bc_1", "bc_2"]])
def test_every_printed_word_ends_in_a_reason_to_be_written(ids: list[str]) -> None:
    assert not_created(ids).endswith('…"')
    assert all(f"--not {id}" in not_created(ids) for id in ids)
    intent = an_intent(candidates=tuple(Candidate(a_remote(id)) for id in ids))
    assert "from 2026-11-20 12:08 UTC on, in 8 minutes" in settling(" --org o", "spring", intent, NOW)
    assert settling("", "spring", intent, NOW).endswith('…"')
