"""How each state of a send looks: its word, its colours, its sign, and what it means."""

from __future__ import annotations

from collections.abc import Mapping

from invent_gitops.model.calendar import SEND_STATES, SendState
from invent_gitops.render.html.page import Look

_MEANINGS: Mapping[SendState, str] = {
    "planned": "Not created yet. Apply creates it in Invent.",
    "refused": "A rule refuses it. Apply does not create it.",
    "blocked": "The outcome of its creation is unknown. A person must check Invent first.",
    "draft": "Created in Invent as a draft. A person must schedule it there.",
    "empty draft": "Created in Invent, but it has no message yet.",
    "scheduled": "Scheduled in Invent.",
    "sending": "Invent is sending it now.",
    "sent": "Sent.",
    "failed": "Invent could not send it.",
    "cancelled": "Cancelled. It does not go out.",
    "gone": "Recorded here, but Invent does not list it any more.",
    "recorded nowhere": "In Invent, but no file and no record describes it.",
    "unknown": "The records do not show its state. Look in Invent.",
}
# By how urgently a person should know of it: of several sends on one day, the first of these is the day's.
_GRAVEST_FIRST: tuple[SendState, ...] = (
    "blocked",
    "failed",
    "refused",
    "unknown",
    "recorded nowhere",
    "gone",
    "empty draft",
    "draft",
    "cancelled",
    "planned",
    "scheduled",
    "sending",
    "sent",
)
LOOKS: Mapping[SendState, Look] = {
    state: Look(state, state.replace(" ", "-"), _MEANINGS[state]) for state in SEND_STATES
}
GRAVEST_FIRST: tuple[Look, ...] = tuple(LOOKS[state] for state in _GRAVEST_FIRST)
