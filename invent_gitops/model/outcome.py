"""What came of a call, and of a run: every answer is one of three verdicts, and none of them is None."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from invent_gitops.model.broadcast import Remote


@dataclass(frozen=True, slots=True)
class Created:
    """The API answered with a usable id."""

    broadcast: Remote


@dataclass(frozen=True, slots=True)
class NotCreated:
    """Surely nothing was created: the request was not sent, or the API refused it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request may have been carried out. Only a look at the list can tell."""

    reason: str


Answer = Created | NotCreated | Unknown

Fate = Literal["created", "adopted", "not-created", "unknown", "not-attempted"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one key in a run. `differs` names the fields in which the answer is not the request."""

    key: str
    fate: Fate
    name: str
    id: str = ""
    reason: str = ""
    differs: tuple[str, ...] = ()
