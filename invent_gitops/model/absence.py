"""What people have declared not to have been created, found by key and by request."""

from __future__ import annotations

from collections.abc import Mapping

from invent_gitops.model.broadcast import Request
from invent_gitops.model.record import Absence


class Absences:
    """The words of `resolve --not-created` in a state, as `State.absences` holds them: by attempt."""

    def __init__(self, absences: Mapping[str, Absence]) -> None:
        self._by_key: dict[str, dict[str, Absence]] = {}
        self._by_request: dict[Request, dict[str, Absence]] = {}
        for attempt, absence in absences.items():
            self._by_key.setdefault(absence.key, {})[attempt] = absence
            if absence.request is not None:
                self._by_request.setdefault(absence.request.plain, {})[attempt] = absence

    def of(self, key: str, request: Request | None = None) -> dict[str, Absence]:
        """By attempt, every word on a key, or on a request equal to the one that it is about now; oldest first."""
        absences = dict(self._by_key.get(key, {}))
        if request is not None:
            absences |= self._by_request.get(request.plain, {})
        return dict(sorted(absences.items(), key=lambda it: (it[1].provenance.at, it[0])))
