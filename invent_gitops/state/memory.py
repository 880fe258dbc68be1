"""What this clone has seen of a state, kept outside of it, so that a state that went back in time is noticed."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from invent_gitops.errors import Refused
from invent_gitops.files import read_regular, replace_durably
from invent_gitops.git.repository import Git, GitFailed
from invent_gitops.model.fields import read_number, read_text, read_texts
from invent_gitops.model.project import SANDBOX
from invent_gitops.model.state import State
from invent_gitops.values import Struct


class Sighting(Struct, frozen=True):
    """The newest state of one lineage that was worked with: its serial, and every id and attempt in it.

    `journal` says whether a run had begun a journal on it, `vouched` whether that state was right for certain.
    """

    lineage: str
    serial: int
    identifiers: frozenset[str]
    journal: bool = False
    vouched: bool = False


class Memory:
    """The sighting of the state at `path`, for one org and one API host.

    It lies in `.git`, where neither a checkout nor a cleaning of the work tree reaches it; without a
    repository there is none. The state of a sandbox may be thrown away, and has none either.
    """

    def __init__(self, path: Path, label: str, org: str, api: str) -> None:
        self._state, self._label, self._org, self._api = path, label, org, api
        # What this run has found out: whether the list showed nothing that the state lacks.
        self.sure: bool | None = None

    def vouches(self, stored: State | None) -> bool:
        """Return whether this clone knows that state to be whole: it has read the list beside it, and nobody else
        writes it.

        Where the repository has a remote, others may have pushed a newer one that was not pulled.
        """
        sighting = _read(self._file(stored)) if stored else None
        is_vouched = bool(stored and sighting and sighting.vouched and sighting.lineage == stored.lineage)
        return is_vouched and not self._is_shared()

    def check(self, stored: State | None, *, journal: bool) -> None:
        """Raise `Refused` where the state, or the `journal` beside it, is older than what was seen of it."""
        if reason := self.older(stored, journal=journal):
            file = self._file(stored)
            raise Refused(
                f"{reason} What was created since then would be created again.",
                f"Restore the newest version: git log --all -- {self._label} . If this one is right, look in Invent "
                f"first, then delete what this clone remembers: {file or ''}",
            )

    def older(self, stored: State | None, *, journal: bool) -> str:
        """Return why the state is older than what this clone has seen, "" if it is not."""
        sighting = _read(self._file(stored))
        if SANDBOX in (self._api, stored.api if stored else ""):
            return ""
        if sighting and sighting.serial and stored is None and not journal:
            return f"The state {self._label} is gone; this clone has seen its serial {sighting.serial}."
        if sighting and stored and sighting.lineage != stored.lineage:
            return f"The state {self._label} was replaced by another one (its lineage differs)."
        if stored and (reason := self._lacking(stored)):
            return reason
        if sighting and sighting.journal and not journal:
            return f"The journal {self._label}.journal is gone, which held what an interrupted run had done."
        return ""

    def _lacking(self, stored: State) -> str:
        """Return why the state is older than, or beside, what was seen of its lineage from any work tree of this
        clone.
        """
        sightings = [sighting for sighting in self._every() if sighting.lineage == stored.lineage]
        highest = max((sighting.serial for sighting in sightings), default=0)
        if highest > stored.serial:
            return f"The state {self._label} went back: its serial is {stored.serial}, this clone has {highest}."
        identifiers = frozenset[str]().union(*(sighting.identifiers for sighting in sightings))
        if lacks := sorted(identifiers - stored.ids() - stored.attempts() - stored.corrected()):
            return f"The state {self._label} lacks what this clone has seen in it: {', '.join(lacks[:5])}."
        return ""

    def keep(self, state: State, *, journal: bool = False, vouched: bool | None = None) -> None:
        """Remember that state, durably; `vouched` is whether it was right for certain, None if nothing new is known.

        A memory that cannot be written is none, and the next run has less to go by.
        """
        if state.api == SANDBOX:
            return
        file = self._file(state)
        if file is None:
            return
        identifiers, serial = state.ids() | state.attempts(), state.serial
        if (before := _read(file)) and before.lineage == state.lineage:
            # A memory never goes back: the file may have been an older one for a while.
            identifiers, serial = identifiers | before.identifiers - state.corrected(), max(serial, before.serial)
            vouched = before.vouched if vouched is None else vouched
        value = {"lineage": state.lineage, "serial": serial, "journal": journal, "vouched": vouched is True}
        value["known"] = sorted(identifiers)
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            replace_durably(file, json.dumps(value) + "\n")

    def _file(self, stored: State | None) -> Path | None:
        if self._folder is None:
            return None
        binding = (stored.org, stored.api) if stored else (self._org, self._api)
        name = "\n".join([str(self._state), *binding]).encode("utf-8", "surrogateescape")
        return self._folder / f"{hashlib.sha256(name).hexdigest()[:32]}.seen"

    @cached_property
    def _folder(self) -> Path | None:
        """The folder in `.git`, or None where there is no repository."""
        try:
            common = Git(self._state.parent).run("rev-parse", "--git-common-dir").strip()
        except (GitFailed, OSError):
            return None
        return (self._state.parent / common).resolve() / "invent-gitops"

    def _is_shared(self) -> bool:
        try:
            return bool(Git(self._state.parent).run("remote").strip())
        except (GitFailed, OSError):
            return True

    def _every(self) -> list[Sighting]:
        """Return what was seen from any work tree of this clone."""
        return [sighting for path in self._folder.glob("*.seen") if (sighting := _read(path))] if self._folder else []


def _read(file: Path | None) -> Sighting | None:
    if file is None:
        return None
    try:
        value = json.loads(read_regular(file))
        identifiers = frozenset(read_texts(value, "known"))
        journal, vouched = value["journal"] is True, value["vouched"] is True
        return Sighting(read_text(value, "lineage"), read_number(value, "serial"), identifiers, journal, vouched)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
