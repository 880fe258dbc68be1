"""Brings broadcasts that were created by hand in Invent under the definitions: records first, then files."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from invent_gitops.errors import Interrupted, Refused
from invent_gitops.model.broadcast import Remote
from invent_gitops.model.command import cure_text
from invent_gitops.model.context import Context
from invent_gitops.model.listing import Listing
from invent_gitops.model.state import State
from invent_gitops.operations.account import Account, Store, connect
from invent_gitops.operations.console import Console
from invent_gitops.operations.context import context_of
from invent_gitops.operations.look import of_this_account
from invent_gitops.operations.meter import Meter
from invent_gitops.operations.plan import chooser
from invent_gitops.operations.project import (
    PROJECT_FILE,
    LoadedProject,
    check_inside,
    checked_project,
    open_catalogue,
    open_workspace,
)
from invent_gitops.operations.signals import Stopping
from invent_gitops.provenance import find_origin
from invent_gitops.text.clean import clean
from invent_gitops.values import Struct

if TYPE_CHECKING:
    from invent_gitops.live.unrecorded import Offer, Survey
    from invent_gitops.render.documents.imports import Imported


def project_for_import() -> LoadedProject:
    """Return the project without a fault; one that has no definitions yet needs no folder for them. Raises as
    `checked`.
    """
    root, project = checked_project()
    check_inside(root / project.definitions, root, "The folder of the definitions")
    if os.path.lexists(root / project.definitions):
        return open_workspace(None).checked()
    catalogue, problems = open_catalogue(root, root / project.segments, needed=False)
    return LoadedProject(root, project, catalogue, [], problems).checked()


class ImportReport(Struct, frozen=True):
    """The unrecorded broadcasts of a listing; `imported` is None where nothing was to be imported, or could be."""

    listing: Listing[Remote]
    survey: Survey
    state: State
    imported: Imported | None = None


class Importing(Struct, frozen=True):
    """One import, with the values that its steps share."""

    console: Console
    account: Account
    loaded: LoadedProject

    def show(self, store: Store) -> ImportReport:
        """List what could be imported, as far as the list could be read; nothing is written."""
        with Stopping(self.console) as stopping:
            listing = self._listed(stopping)
        # After the list, which must not know more than the records do.
        state = store.read()
        return ImportReport(of_this_account(listing, state), self._survey(listing, state), state)

    def run(self, store: Store, stopping: Stopping, ids: Sequence[str], only: Sequence[str]) -> ImportReport:
        """Record what is chosen, then write the definitions. Raises `Refused` for an id that cannot be imported."""
        from invent_gitops.live.unrecorded import narrowed
        from invent_gitops.render.documents.imports import Imported

        listing = self._listed(stopping)
        store.refresh()
        listing = of_this_account(listing, store.state)
        survey = self._survey(listing, store.state)
        if not listing.complete:
            # A twin, or what an attempt in doubt has created, may be on the part that could not be read.
            return ImportReport(listing, survey, store.state)
        _check_chosen(ids, survey, store.state, self.account.flags())
        keys = {offer.key for offer in survey.offers} | {missing.key for missing in survey.missing}
        named, chosen = set(ids), chooser(only, keys, listing="invent-gitops import")
        survey = narrowed(survey, lambda key, id: id in named if ids else chosen(key))
        stopping.check()
        recorded = self._record(survey, store)
        files = self._write(survey, recorded, self.segment_names(listing), stopping)
        return ImportReport(listing, survey, store.state, Imported(recorded, files))

    def store(self) -> Store:
        return self.account.store(self.loaded.root, self.loaded.project, strict=True)

    def _listed(self, stopping: Stopping) -> Listing[Remote]:
        loaded, stop = self.loaded, stopping.event
        with connect(self.console, self.account, loaded.root, loaded.project, loaded.catalogue, stop=stop) as api:
            return api.readable_broadcasts()

    def _survey(self, listing: Listing[Remote], state: State) -> Survey:
        from invent_gitops.live.unrecorded import survey

        return survey(listing.entries, state, self.loaded.definitions, stems=self._stems())

    @property
    def _folder(self) -> Path:
        return self.loaded.root / self.loaded.project.definitions

    def _stems(self) -> set[str]:
        """Return the names, without suffix, that a new file in the definitions folder cannot have."""
        catalogue = self.loaded.root / self.loaded.project.segments
        reserved = {path.stem for path in (self.loaded.root / PROJECT_FILE, catalogue) if path.parent == self._folder}
        check_inside(self._folder, self.loaded.root, "The folder of the definitions")
        entries = os.listdir(self._folder) if self._folder.is_dir() else []
        return reserved | {name.rpartition(".")[0] for name in entries if name.endswith((".yaml", ".yml"))}

    def context(self, listing: Listing[Remote]) -> Context:
        """In which a page or a document about `listing` is told."""
        return context_of(self.account, self.loaded.project, names=self.segment_names(listing))

    def segment_names(self, listing: Listing[Remote]) -> dict[str, str]:
        """Return the names of segments by id: as Invent shows them, and where they are in the catalogue, as it does."""
        live = {id: name for remote in listing.entries for id, name in remote.segments if name}
        catalogue = self.loaded.catalogue
        in_catalogue = catalogue.names_by_id() if catalogue else {}
        return in_catalogue | live

    def _record(self, survey: Survey, store: Store) -> frozenset[str]:
        """Write all of it down at once; the keys under which it is recorded then."""
        from invent_gitops.live.unrecorded import recorded

        events = recorded(survey, find_origin(self.loaded.root).now(), self.loaded.project.timezone)
        if not events:
            return frozenset()
        store.append(events)
        store.sync()
        after = store.state.broadcasts
        for event in events:
            if event.key not in after or after[event.key].id != event.record.id:
                self.console.note(f"{clean(event.record.id)} was recorded by another run meanwhile.")
        return frozenset(event.key for event in events if event.key in after and after[event.key].id == event.record.id)

    def _write(
        self, survey: Survey, keys: frozenset[str], names: Mapping[str, str], stopping: Stopping
    ) -> dict[str, str]:
        """Return the definition of each key that has none, as a file of its own; the path of each by key."""
        from invent_gitops.operations.definition_files import DefinitionFiles

        entries = [
            (offer.key, offer.request, offer.remote.id, offer.remote.status)
            for offer in survey.importable
            if offer.key in keys and not offer.defined
        ]
        entries += [
            (missing.key, missing.record.request, missing.record.id, missing.record.status)
            for missing in survey.missing
        ]
        files: dict[str, str] = {}
        meter = Meter(len(entries), time.monotonic, "Writing definitions")
        with DefinitionFiles(self.loaded, names, self._stems()) as writer:
            for key, request, id, status in entries:
                if stopping.event.is_set():
                    raise Interrupted(
                        f"Stopped: {len(entries) - len(files)} definitions of what is recorded are not written yet.",
                        "Run the same import again; it writes those that are missing.",
                    )
                comment = f"Imported from Invent: {id}, {status or 'UNKNOWN'}."
                files[key] = writer.write(key, request, comment)
                self.console.progress("", meter.count())
        return files


def _check_chosen(ids: Sequence[str], survey: Survey, state: State, flags: str) -> None:
    """Raise `Refused` for the first id that cannot be imported, with the reason."""
    missing_ids = {missing.record.id for missing in survey.missing}
    offers = {offer.remote.id: offer for offer in survey.offers}
    for id in ids:
        if id not in missing_ids:
            _check_offered(id, offers.get(id), survey, state, flags)


def _check_offered(id: str, offer: Offer | None, survey: Survey, state: State, flags: str) -> None:
    if offer is None:
        key = next((key for key, record in state.broadcasts.items() if record.id == id), "")
        if key:
            raise Refused(f"{id} is recorded under the key {key} already.", "There is nothing to import.")
        if any(remote.id == id for remote in survey.removed):
            raise Refused(
                f"{id} was removed from the state, and is not imported again.",
                f"Look with: invent-gitops state list{flags}",
            )
        raise Refused(f"Invent shows no broadcast with the id {id}.", "See the ids with: invent-gitops import")
    if offer.why_not:
        raise Refused(f"{id} cannot be imported. {offer.why_not}", cure_text(offer.cure, flags))
