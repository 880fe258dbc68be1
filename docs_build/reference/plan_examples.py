"""An example of each refusal and of each warning of a plan, made by the planner and the guards themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from invent_gitops.model.audience import AudienceReading, AudienceWarning
from invent_gitops.model.broadcast import Definition, RemoteSegment
from invent_gitops.model.command import cure_text
from invent_gitops.model.context import Context
from invent_gitops.model.local import LocalTime
from invent_gitops.model.plan import Plan, Refusal
from invent_gitops.model.project import BlackoutDays, Policies, QuietHours
from invent_gitops.model.record import Absence
from invent_gitops.model.state import State
from invent_gitops.model.unreachable import UnreachablePolicy
from invent_gitops.plan.make import LiveList, Terms, make_plan
from invent_gitops.plan.unreachable import unreachable
from invent_gitops.policy.audience import audience_warnings
from invent_gitops.policy.headcount import audience_refusal, reviewed_audience
from invent_gitops.policy.renamings import Renamings
from invent_gitops.render.text.plan import plan_text
from invent_gitops.render.text.style import Style
from invent_gitops.values import replace
from tests.making import (
    a_catalogue,
    a_definition,
    a_provenance,
    a_record,
    a_remote,
    a_removal,
    a_request,
    a_state,
)

NOW = datetime(2028, 11, 20, 12, 0, tzinfo=UTC)
AT = datetime(2028, 11, 23, 14, 0, tzinfo=UTC)
SALE = a_request("Spring sale", AT, ("seg_vip",))
FILE = a_definition("spring", SALE)
CATALOGUE = a_catalogue(vip=1240)
ONLY_STANDING = Policies(max_creates=1)


def planned(definitions: Sequence[Definition] = (FILE,), state: State | None = None, **settings: Any) -> Plan:
    """Return the real plan of some definitions at a fixed moment."""
    state = state or a_state()
    catalogue = settings.pop("catalogue", CATALOGUE)
    terms = Terms(settings.pop("policies", Policies()), catalogue, settings.pop("strict", False))
    listed = LiveList(settings.pop("live", ()), settings.pop("reach", ""))
    context = Context(NOW, state.org, state.api, names=catalogue.names_by_id())
    return make_plan(definitions, state, terms=terms, context=context, listed=listed, **settings)


def _first(plan: Plan) -> Iterable[Refusal]:
    return [refusal for item in plan.items for refusal in item.refusals]


def _moved(at: datetime | None) -> Definition:
    return a_definition("spring", replace(SALE, scheduled_at=at))


def _twice() -> Iterable[Refusal]:
    other = a_definition("spring-reminder", a_request("Reminder", AT + timedelta(hours=2), ("seg_vip",)))
    return _first(planned([FILE, other], policies=Policies(minimum_gap=timedelta(days=1))))


def _renamed() -> Iterable[Refusal]:
    state = a_state({"march": a_record("bc_1", replace(SALE, name="Sale of March"))})
    return _first(planned(state=state))


def _unread() -> Iterable[Refusal]:
    absence = Absence("spring", "looked in Invent", a_provenance(NOW, by="alice"), SALE, listed=True)
    return _first(planned(state=a_state(absences={"attempt": absence}), reach="partly"))


def _grown() -> Iterable[Refusal]:
    segments = CATALOGUE.by_id()
    reviewed = reviewed_audience(SALE, segments)
    assert reviewed is not None
    refusal = audience_refusal(FILE, reviewed, AudienceReading({"seg_vip": 5400}), segments, 50)
    return [refusal] if refusal else []


def _everyone() -> Definition:
    return a_definition("spring", a_request("Spring sale", AT, everyone=True))


_REFUSALS: Mapping[str, Callable[[], Iterable[Refusal]]] = {
    "allow-immediate": lambda: _first(planned([_moved(None)])),
    "audience-cap": lambda: _first(planned(policies=Policies(audience_cap=1000))),
    "audience-jump": _grown,
    "blackout-days": lambda: _first(
        planned(policies=Policies(blackout_days=BlackoutDays(((date(2028, 11, 23), date(2028, 11, 24)),), "UTC")))
    ),
    "empty-segment": lambda: _first(planned(catalogue=a_catalogue(vip=0))),
    "exists-already": lambda: _first(planned(live=[a_remote("bc_7f3a", SALE)], reach="whole")),
    "max-creates": lambda: _first(
        planned([FILE, a_definition("summer", a_request("Summer sale", AT, ("seg_vip",)))], policies=ONLY_STANDING)
    ),
    "minimum-gap": _twice,
    "minimum-lead-time": lambda: _first(planned([_moved(NOW + timedelta(minutes=5))])),
    "possible-rename": _renamed,
    "quiet-hours": lambda: _first(
        planned(
            [_moved(datetime(2028, 11, 23, 22, 30, tzinfo=UTC))],
            policies=Policies(quiet_hours=QuietHours(time(21), time(8), "UTC")),
        )
    ),
    "removed": lambda: _first(planned(state=a_state(removed={"spring": a_removal("bc_7f3a", SALE)}))),
    "same-key": lambda: _first(
        planned(
            # The same for readers, and other bytes.
            [a_definition("caf\u00e9", a_request("Another sale", AT, ("seg_vip",)))],
            a_state({"cafe\u0301": a_record("bc_7f3a", SALE)}),
        )
    ),
    "same-request": lambda: _first(planned(state=a_state({"march": a_record("bc_7f3a", SALE)}))),
    "schedule-in-past": lambda: _first(planned([_moved(NOW - timedelta(days=1))])),
    "send-to-all": lambda: _first(planned([_everyone()], policies=Policies(send_to_all_needs_reason=True))),
    "strict": lambda: _first(
        planned([_moved(AT + timedelta(hours=1))], a_state({"spring": a_record("bc_7f3a", SALE)}), strict=True)
    ),
    "superseded": lambda: _first(planned(newest={})),
    "unread-list": _unread,
}


def refusal_text(id: str) -> str:
    """Return what a plan says where it refuses a create: the sentence, and the cure. Raises LookupError."""
    if id == "unreachable-edits":
        return unreached_text("edit", refuse=True)
    found = [refusal for refusal in _REFUSALS[id]() if refusal.policy == id]
    if not found:
        raise LookupError(f"The example of {id} is not refused by it.")
    return f"{found[0].message}\n→ {cure_text(found[0].cure, '')}"


_WAS, _ONE = CATALOGUE.by_id(), ("vip",)


def _renamings(*live: RemoteSegment) -> list[AudienceWarning]:
    return list(Renamings(CATALOGUE, live).warnings(SALE, _ONE))


_WARNINGS: Mapping[str, Callable[[], Sequence[AudienceWarning]]] = {
    "audience-empty": lambda: audience_warnings(SALE, _WAS, {"seg_vip": 0}, 50),
    "audience-gone": lambda: audience_warnings(SALE, _WAS, {}, 50),
    "audience-jump": lambda: audience_warnings(SALE, _WAS, {"seg_vip": 5400}, 50),
    "audience-untold": lambda: audience_warnings(SALE, _WAS, {"seg_vip": None}, 50),
    "audience-renamed": lambda: _renamings(RemoteSegment("seg_vip", "Best customers", 1240)),
    "audience-retaken": lambda: _renamings(
        RemoteSegment("seg_vip", "Best customers", 1240), RemoteSegment("seg_new", "vip", 90_000)
    ),
}


def warning_text(id: str) -> str:
    """Return what a plan that has read Invent warns of. Raises LookupError."""
    found = [warning for warning in _WARNINGS[id]() if warning.rule == id]
    if not found:
        raise LookupError(f"The example of {id} does not warn of it.")
    return f"{found[0].message}\n→ {found[0].cure}"


def unreached_text(kind: str, *, refuse: bool = False) -> str:
    """Return the part of a plan about what Invent is not going to know. Raises LookupError."""
    definitions: list[Definition] = [] if kind == "deletion" else [_moved(AT + timedelta(hours=1))]
    record = replace(a_record("bc_7f3a", SALE), status="SCHEDULED")
    if kind == "zone-change":
        local = LocalTime(datetime(2028, 11, 23, 9, 0), "America/New_York", "2026a")  # noqa: DTZ001  as it is written
        earlier = replace(SALE, scheduled_at=AT - timedelta(hours=1))
        record = replace(record, request=earlier, local=local)
        definitions = [replace(FILE, timezone="America/New_York", local=local)]
    plan = planned(definitions, a_state({"spring": record}))
    policy = UnreachablePolicy(refuse=refuse)
    edits = unreachable(plan, policy, CATALOGUE.by_id(), "invent.yaml")
    if not any(edit.kind == kind for edit in edits):
        raise LookupError(f"The example of {kind} is not one.")
    text = plan_text(replace(plan, unreachable=edits), Style(False))
    start = text.index("Will not reach Invent, which")
    return text[start:].partition("\n\n")[0]
