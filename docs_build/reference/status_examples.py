"""An example of each alarm of `status`, and of each point of `github check`, made by the program's own judges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from docs_build.reference.plan_examples import AT, CATALOGUE, FILE, NOW, SALE
from invent_gitops.live.status import status_of
from invent_gitops.model.broadcast import Counts, Remote
from invent_gitops.model.command import cure_text
from invent_gitops.model.context import Context
from invent_gitops.model.listing import Listing
from invent_gitops.model.setup import (
    AllowedRef,
    BranchRules,
    Environment,
    JobEnvironment,
    Obstacle,
    SetupEvidence,
    SetupPoint,
    SetupTarget,
    StatePlaceEvidence,
    Unread,
    WorkflowFile,
)
from invent_gitops.model.state import State
from invent_gitops.model.status import Alarm
from invent_gitops.review.setup_check import check_setup
from invent_gitops.values import replace
from tests.making import a_provenance, a_record, a_remote, a_removal, a_state, altered, an_intent

_HOUR = timedelta(hours=1)
_ID = "bc_7f3a"


def _live(status: str, **fields: Any) -> Remote:
    return altered(a_remote(_ID, SALE, status=status, created_at=NOW - 24 * _HOUR), **{"templates": 1, **fields})


def _at(status: str, hours: float, **fields: Any) -> list[Alarm]:
    """Return the alarms of a broadcast that is due in so many hours, as Invent shows it."""
    request = replace(SALE, scheduled_at=NOW + hours * _HOUR)
    remote = altered(a_remote(_ID, request, status=status, created_at=NOW - 24 * _HOUR), **{"templates": 1, **fields})
    return _alarms(remote, request=request)


def _alarms(*remotes: Remote, state: State | None = None, file: bool = True, request: Any = SALE) -> list[Alarm]:
    definition = replace(FILE, request=request)
    record = replace(a_record(_ID, request), provenance=a_provenance(NOW - 24 * _HOUR))
    state = a_state({"spring": record}) if state is None else state
    found = status_of(
        [definition] if file else [],
        state,
        Listing(remotes, ()),
        before=state.ids(),
        catalogue=CATALOGUE,
        context=Context(NOW, state.org, state.api),
        soon=timedelta(hours=24),
    )
    return [alarm for row in found.rows for alarm in row.alarms]


_ALARMS: Mapping[str, Callable[[], list[Alarm]]] = {
    "blocked": lambda: _alarms(state=a_state(intents={"spring": an_intent(SALE, provenance=a_provenance(NOW))})),
    "twice": lambda: _alarms(_live("SCHEDULED"), replace(_live("SCHEDULED"), id="bc_9c01")),
    "failed": lambda: _at("FAILED", -1, error_message="No sender"),
    "poor-result": lambda: _at("SENT", -48, counts=Counts(recipients=1240, delivered=1100, failed=140)),
    "gone": _alarms,
    "overdue": lambda: _at("SCHEDULED", -1),
    "cancelled": lambda: _alarms(_live("CANCELLED")),
    "template-error": lambda: _alarms(_live("SCHEDULED", template_errors=("Too long",))),
    "no-content": lambda: _at("SCHEDULED", 1, templates=0),
    "still-draft": lambda: _at("DRAFT", 1),
    "drift": lambda: _alarms(_live("SCHEDULED", scheduled_at=AT + _HOUR)),
    "changed": lambda: _alarms(_live("SCHEDULED"), request=replace(SALE, name="Sale of spring"), state=_recorded()),
    "not-created": lambda: _alarms(state=a_state()),
    "no-file": lambda: _alarms(_live("SCHEDULED"), file=False),
    "removed": lambda: _alarms(_live("SCHEDULED"), state=a_state(removed={"spring": a_removal(_ID, SALE)}), file=False),
}


def _recorded() -> State:
    return a_state({"spring": a_record(_ID, SALE)})


def alarm_text(id: str) -> str:
    """Return what `status` says of it: the sentence, and the cure. Raises LookupError."""
    found = [alarm for alarm in _ALARMS[id]() if alarm.rule == id]
    if not found:
        raise LookupError(f"The example of {id} needs nobody.")
    return f"{found[0].message}\n→ {cure_text(found[0].cure, '')}"


# ---------------------------------------------------------------- the set-up on GitHub

_WORKFLOW = ".github/workflows/broadcasts-apply.yml"
_UNREAD = Unread("GitHub answered 403.", "contents: read")
_TARGET = SetupTarget(
    "acme/campaigns",
    "github.com",
    "main",
    (JobEnvironment("broadcasts", ("INVENT_API_KEY",)),),
    "Validate",
    ("invent.yaml",),
    "invent-gitops init --github",
    "",
)
_OPEN = Environment("any", (AllowedRef(1, "branch", "main"),), frozenset())
_BARE = SetupEvidence(
    BranchRules("main"),
    {"broadcasts": _OPEN, "staging": replace(_OPEN, secrets=frozenset({"INVENT_API_KEY"}))},
    {"INVENT_API_KEY": "repository"},
    (StatePlaceEvidence("", "broadcast-state", "origin", BranchRules("broadcast-state")),),
    (WorkflowFile(_WORKFLOW, present=True, line=3),),
    {},
)
_TWO = replace(
    _TARGET,
    environments=(
        JobEnvironment("acme", ("INVENT_API_KEY_ACME",), "acme"),
        JobEnvironment("globex", ("INVENT_API_KEY_GLOBEX",), "globex"),
    ),
)
_BOTH_KEYS = replace(_OPEN, secrets=frozenset({"INVENT_API_KEY_ACME", "INVENT_API_KEY_GLOBEX"}))
_CLOSED = replace(_BARE.states[0], rules=BranchRules("broadcast-state", obstacles=(Obstacle("pull_request"),)))
# Each shows other points: a bare repository, one without a place for the state, one that cannot be read, and so on.
_EVIDENCE = (
    (_TARGET, _BARE),
    (_TARGET, replace(_BARE, environments={"broadcasts": None}, secrets={})),
    (_TARGET, replace(_BARE, states=(StatePlaceEvidence("", "", "", None),))),
    (_TARGET, replace(_BARE, states=(_CLOSED,))),
    (_TARGET, replace(_BARE, workflows=_UNREAD, owners=_UNREAD, secrets=_UNREAD, environments=_UNREAD)),
    (_TWO, replace(_BARE, environments={"acme": _BOTH_KEYS, "globex": _BOTH_KEYS}, secrets={})),
)
# A longer command is one request to GitHub with a body that nobody reads.
_LONGEST_COMMAND = 140


@cache
def setup_points() -> Mapping[str, SetupPoint]:
    """Return one point that is not well for each id, by the part of the id before its colon."""
    found: dict[str, SetupPoint] = {}
    for target, evidence in _EVIDENCE:
        for point in check_setup(target, evidence).points:
            if point.state != "ok":
                found.setdefault(point.id.partition(":")[0], point)
    return found


def setup_text(id: str) -> str:
    """Return what `github check` says of a point: how it should be, how it is, why, and the short commands for it."""
    point = setup_points()[id]
    commands = [f"→ {command}" for command in point.commands if len(command) <= _LONGEST_COMMAND]
    return "\n".join([f"{point.state}: {point.title}", *filter(None, (point.detail, point.reason)), *commands])
