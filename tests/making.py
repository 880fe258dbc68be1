"""Small builders of values, with a default for whatever a test does not speak of, and strategies of random ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st

from invent_gitops.model.broadcast import Catalogue, Counts, Definition, Remote, Request, Segment
from invent_gitops.model.context import Context
from invent_gitops.model.listing import Reach
from invent_gitops.model.local import LocalTime
from invent_gitops.model.note import Note
from invent_gitops.model.outcome import Outcome, Report
from invent_gitops.model.plan import Action, Audience, FieldChange, Item, Plan, Refusal
from invent_gitops.model.problem import Position
from invent_gitops.model.project import WAIVABLE, Policies
from invent_gitops.model.record import RecordedCounts
from invent_gitops.model.state import (
    Absence,
    Candidate,
    Corrected,
    DeclaredAbsent,
    Event,
    How,
    Intended,
    Intent,
    Looked,
    Moved,
    Provenance,
    Record,
    Recorded,
    Refreshed,
    Removal,
    State,
    Withdrawn,
)
from invent_gitops.model.statuses import GONE
from invent_gitops.model.unsettled import Twin
from invent_gitops.plan.make import LiveList, Terms, make_plan
from invent_gitops.policy import is_waived, objections, timetable_of
from invent_gitops.policy.audience import audience_of
from invent_gitops.values import replace

T = TypeVar("T")

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SOON = NOW + timedelta(days=4)
ORG = "c"
API = "https://api.useinvent.com"
LINEAGE = "7c9e6679-7425-40de-944b-e07fc1f90ae7"

# What a name must not be able to do to a terminal, a log or a CI runner.
NASTY = "::error::x\n::set-output name=a::b\r##[error]y\x1b[31m\u202ered\u2066\u2028=======\u200b\x85%0A`|@you"


def a_request(
    name: str = "Spring sale",
    at: datetime | None = SOON,
    segments: Sequence[str] = ("seg_a",),
    everyone: bool = False,
) -> Request:
    return Request(name, at, () if everyone else tuple(sorted(segments)), everyone)


def a_definition(
    key: str = "spring",
    request: Request | None = None,
    *,
    at: datetime | None = SOON,
    timezone: str = "",
    description: str = "",
    owner: str = "",
    waive: Mapping[str, str] | None = None,
    marks: Mapping[str, Position] | None = None,
) -> Definition:
    """Its request is named after its key, so that two keys mean two requests."""
    return Definition(
        key,
        request or a_request(f"Broadcast {key}", at),
        Position(f"broadcasts/{key}.yaml", 2, 1),
        timezone,
        description=description,
        owner=owner,
        waive=waive or {},
        marks=marks or {},
    )


def a_provenance(at: datetime = NOW, by: str = "alice", commit: str = "", run: str = "") -> Provenance:
    return Provenance(at, by, commit, run)


def a_record(
    id: str = "bc_1", request: Request | None = None, *, how: How = "created", attempt: str = "", note: str = ""
) -> Record:
    return Record(
        id, request or a_request(), "SCHEDULED", how, a_provenance(), attempt or f"attempt of {id}", Note(note)
    )


def an_intent(
    request: Request | None = None,
    attempt: str = "attempt-1",
    *,
    provenance: Provenance | None = None,
    candidates: tuple[Candidate, ...] | None = None,
) -> Intent:
    return Intent(request or a_request(), attempt, provenance or a_provenance(), candidates)


def a_removal(id: str = "bc_gone", request: Request | None = None, reason: str = "sent by mistake") -> Removal:
    return Removal(id, request or a_request(), reason, a_provenance())


def a_move(key: str, to: str, id: str = "bc_1") -> Moved:
    return Moved(key, to, id, a_provenance())


def a_remote(
    id: str = "bc_1",
    request: Request | None = None,
    *,
    status: str = "SCHEDULED",
    created_at: datetime | None = NOW,
) -> Remote:
    return Remote(id, request or a_request(), status, created_at)


def altered(remote: Remote, **changes: Any) -> Remote:
    """The live broadcast with other values, wherever it holds them: itself, in its request or in its sending."""
    parts = {
        part: {field: changes.pop(field) for field in value.__struct_fields__ if field in changes}
        for part, value in (("request", remote.request), ("sending", remote.sending))
    }
    changed = {part: replace(getattr(remote, part), **values) for part, values in parts.items() if values}
    return replace(remote, **changed, **changes)


def a_state(
    broadcasts: Mapping[str, Record] | None = None,
    intents: Mapping[str, Intent] | None = None,
    removed: Mapping[str, Removal] | None = None,
    absences: Mapping[str, Absence] | None = None,
    *,
    lineage: str = LINEAGE,
    serial: int = 1,
) -> State:
    return State(lineage, serial, ORG, API, broadcasts or {}, intents or {}, removed or {}, absences or {})


def a_catalogue(**contacts: int | None) -> Catalogue:
    """Segments by name with their contacts; the segment `a` has the id `seg_a`."""
    return Catalogue({name: Segment(name, f"seg_{name}", count) for name, count in contacts.items()})


def an_item(key: str = "spring", action: Action = "create", request: Request | None = None) -> Item:
    definition = a_definition(key, request)
    return Item(key, action, definition.request, definition, audience=Audience(("vips",), False, 1200))


def a_plan(*items: Item, at: datetime = NOW, api: str = API, lineage: str = LINEAGE) -> Plan:
    return Plan(Context(at, ORG, api), tuple(items), lineage, 3)


def in_context(plan: Plan, **changes: Any) -> Plan:
    """The plan with other values in its context."""
    return replace(plan, context=replace(plan.context, **changes))


def plan_of(
    definitions: Sequence[Definition],
    state: State | None = None,
    *,
    now: datetime = NOW,
    policies: Policies | None = None,
    catalogue: Catalogue | None = None,
    only: Callable[[str], bool] = lambda key: True,
    strict: bool = False,
    live: Sequence[Remote] = (),
    reach: Reach = "",
) -> Plan:
    """The real planner, with a default for every argument."""
    state = state or a_state()
    return make_plan(
        definitions,
        state,
        terms=Terms(policies or Policies(), catalogue, strict),
        context=Context(now, state.org, state.api, names=catalogue.names_by_id() if catalogue else {}),
        only=only,
        listed=LiveList(live, reach),
    )


def refusals_of(
    definition: Definition,
    *,
    now: datetime = NOW,
    policies: Policies | None = None,
    catalogue: Catalogue | None = None,
    state: State | None = None,
    others: Sequence[Definition] = (),
) -> tuple[Refusal, ...]:
    """What the guards say of one definition beside others, without the planner."""
    segments = catalogue.by_id() if catalogue else {}
    found = objections(
        definition,
        now=now,
        policies=policies or Policies(),
        segments=segments,
        audience=audience_of(definition.request, segments),
        timetable=timetable_of([definition, *others], state or a_state(), now),
    )
    return tuple(refusal for refusal in found if not is_waived(definition, refusal))


def actions(plan: Plan) -> dict[str, Action]:
    return {item.key: item.action for item in plan.items}


# ---------------------------------------------------------------- random values

# For laws over whole documents, of which each example costs as much as ten of another law.
costly = settings(max_examples=settings().max_examples // 3)

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12) | st.sampled_from(
    ["black-friday", "##[error]x", "::error::x", "a\nb", "Größe – 🎉", "\x1b[2J", '"\\', "a b", "#"]
)
maybe_texts = st.just("") | texts
instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001  their zone follows
    lambda naive: naive.replace(microsecond=0, tzinfo=UTC)
)
segment_ids = st.lists(texts, min_size=1, max_size=3, unique=True).map(lambda ids: tuple(sorted(ids)))
requests = st.builds(Request, texts, st.none() | instants, segment_ids, st.just(False)) | st.builds(
    Request, texts, st.none() | instants, st.just(()), st.just(True)
)
provenances = st.builds(Provenance, instants, texts, maybe_texts, maybe_texts)
hows: st.SearchStrategy[How] = st.sampled_from(["created", "adopted", "resolved", "imported"])
local_times = st.builds(LocalTime, st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), texts, texts)  # noqa: DTZ001  as written
contact_counts = st.none() | st.integers(0, 10**6)
formers = st.lists(requests, max_size=2).map(tuple)
records = st.builds(
    Record,
    texts,
    requests,
    texts,
    hows,
    st.builds(Provenance, instants, texts, maybe_texts, maybe_texts, attempted=st.none() | instants),
    maybe_texts,
    st.builds(Note, maybe_texts),
    formers,
    st.none() | provenances,
    st.none() | local_times,
    st.builds(RecordedCounts, contact_counts, st.none() | st.builds(Counts, recipients=st.integers(0, 9))),
    st.lists(texts, max_size=2).map(tuple),
)
remotes = st.builds(
    Remote,
    id=texts,
    request=st.builds(Request, maybe_texts, st.none() | instants, segment_ids, st.booleans()),
    status=maybe_texts,
    created_at=st.none() | instants,
)
FIELDS = ("name", "scheduled_at", "segment_ids", "send_to_all", "created_at")
differing = st.lists(st.sampled_from(FIELDS), unique=True).map(tuple)
candidates = st.builds(Candidate, remotes, differing)
intents = st.builds(
    Intent,
    requests,
    texts,
    provenances,
    st.none() | st.lists(candidates, max_size=2).map(tuple),
    st.none() | instants,
    st.none() | local_times,
)
removals = st.builds(Removal, texts, requests, texts, provenances, maybe_texts, formers)
absences = st.builds(
    Absence,
    texts,
    texts,
    provenances,
    st.none() | requests,
    st.booleans(),
    st.lists(st.sampled_from(["too-early", "not-read"]), unique=True).map(tuple),
    st.lists(texts, max_size=2).map(tuple),
)


def up_to(
    size: int, values: st.SearchStrategy[T], keys: st.SearchStrategy[str] = texts
) -> st.SearchStrategy[dict[str, T]]:
    return st.dictionaries(keys, values, max_size=size)


states = st.builds(
    State,
    st.uuids().map(str),
    st.integers(0, 10**6),
    texts,
    texts,
    up_to(3, records),
    up_to(2, intents),
    up_to(2, removals),
    up_to(2, absences),
)

# Few keys, requests, ids and attempts, so that random values meet each other.
few_keys = st.sampled_from("abcde")
few_requests = st.sampled_from([a_request(name, at) for name in ("One", "Two", "Three") for at in (None, SOON)])
few_ids = st.sampled_from(["bc_1", "bc_2", "bc_3"])
few_attempts = st.sampled_from(["t1", "t2", "t3"])
few_records = st.builds(a_record, few_ids, few_requests, attempt=few_attempts)
few_intents = st.builds(an_intent, few_requests, few_attempts)
few_removals = st.builds(a_removal, few_ids, few_requests)
few_moments = st.sampled_from([a_provenance(NOW + timedelta(hours=hours)) for hours in range(3)])
few_refreshes = st.builds(Refreshed, few_keys, few_ids, few_requests, st.sampled_from(["SENT", GONE]), few_moments)
few_absences = st.builds(Absence, few_keys, st.just("looked"), st.just(a_provenance()), st.none() | few_requests)


def a_correction(key: str, wrong: str, right: str, request: Request, attempt: str) -> Corrected:
    return Corrected(
        key, wrong, replace(a_record(right, request, how="resolved", attempt=attempt), instead_of=(wrong,))
    )


few_corrections = st.builds(a_correction, few_keys, few_ids, few_ids, few_requests, few_attempts).filter(
    lambda event: event.wrong != event.record.id
)
crowded_states = st.builds(
    a_state,
    up_to(3, few_records, few_keys),
    up_to(3, few_intents, few_keys),
    up_to(3, few_removals, few_keys),
    up_to(2, few_absences, st.sampled_from(["t8", "t9"])),
)
found_candidates = st.lists(st.builds(Candidate, st.builds(a_remote, few_ids)), max_size=2).map(tuple)
# What apply, reconcile, refresh and resolve write; `state mv` and `state rm` write one event of their own kind.
run_events: st.SearchStrategy[Event] = st.one_of(
    st.builds(Intended, few_keys, few_intents),
    st.builds(Looked, few_keys, few_attempts, found_candidates),
    st.builds(Recorded, few_keys, few_records),
    st.builds(Withdrawn, few_keys, few_attempts),
    st.builds(DeclaredAbsent, few_attempts, few_absences),
    few_corrections,
    few_refreshes,
)

waivers = up_to(2, texts, st.sampled_from(WAIVABLE))
positions = st.builds(Position, texts, st.integers(1, 10**4), st.integers(1, 300)) | st.builds(Position, texts)
definitions_of_any_kind = st.lists(
    st.builds(
        Definition,
        texts,
        requests,
        positions,
        st.sampled_from(["", "Europe/Berlin", "America/New_York"]),
        description=maybe_texts,
        owner=maybe_texts,
        waive=waivers,
    ),
    max_size=4,
    unique_by=lambda definition: definition.key,
)
refusals = st.builds(Refusal, texts, texts, texts, positions)
changes = st.builds(FieldChange, st.just("name"), texts, texts)
outcomes = st.builds(
    Outcome,
    texts,
    st.sampled_from(["created", "adopted", "not-created", "unknown", "not-attempted", "already-created"]),
    texts,
    maybe_texts,
    maybe_texts,
    differing,
)
reports = st.builds(
    Report,
    st.lists(outcomes, max_size=4, unique_by=lambda outcome: outcome.key).map(tuple),
    stopped=st.booleans(),
    unrecorded=st.lists(texts, max_size=2).map(tuple),
    twins=st.lists(st.builds(Twin, texts, texts, remotes, maybe_texts, maybe_texts, maybe_texts), max_size=2).map(
        tuple
    ),
)
