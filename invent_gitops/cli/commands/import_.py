"""`import`: broadcasts that were made by hand in Invent come under the definitions."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from invent_gitops.cli.account_options import one_account_options
from invent_gitops.cli.completion.keys import chooser
from invent_gitops.cli.options import common_options, not_empty
from invent_gitops.cli.session import Session
from invent_gitops.errors import ExitCode, Interrupted, InventGitopsError, Refused, Unavailable, WrongUsage, worst
from invent_gitops.model.broadcast import Remote, Request
from invent_gitops.model.listing import Listing
from invent_gitops.model.state import State
from invent_gitops.operations.account import DEFAULT_RATE, Account, Store, connect
from invent_gitops.operations.look import of_this_account
from invent_gitops.operations.project import (
    PROJECT_FILE,
    Workspace,
    check_inside,
    checked_project,
    open_catalogue,
    open_workspace,
    shown,
)
from invent_gitops.operations.signals import Stopping
from invent_gitops.operations.unsettled import unsettled_code
from invent_gitops.provenance import find_origin
from invent_gitops.text.clean import clean

if TYPE_CHECKING:
    from invent_gitops.live.unrecorded import Survey
    from invent_gitops.render.text.imports import Imported


@click.command(name="import")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@one_account_options
@click.option("--all", "everything", is_flag=True, help="Import all that can be.")
@click.option(
    "--only", metavar="GLOB", callback=not_empty, help="Import those whose key to be matches, such as 'vip-*'."
)
@common_options
@click.pass_obj
def import_(session: Session, account: Account, ids: tuple[str, ...], everything: bool, only: str | None) -> ExitCode:
    """List the broadcasts in Invent that no record knows; with IDs, --all or --only, import them.

    An import records each broadcast, whatever its status, and writes its definition, so that the next
    plan does not create it. What looks like a definition that has no record is left to you. It never
    writes over a file, and writes nothing to Invent. Run again, it writes the definitions of imported
    records that have none.
    """
    session.kind = "import"
    if sum((bool(ids), everything, only is not None)) > 1:
        raise WrongUsage("There are two choices of what to import.", "Give IDs, or --all, or --only GLOB.")
    importing = Importing(session, account, _opened())
    return importing.run(ids, only) if ids or everything or only is not None else importing.show()


def _opened() -> Workspace:
    """The project without a fault; one that has no definitions yet needs no folder for them. Raises as `checked`."""
    root, project = checked_project()
    check_inside(root / project.definitions, root, "The folder of the definitions")
    if os.path.lexists(root / project.definitions):
        return open_workspace(None).checked()
    catalogue, problems = open_catalogue(root, root / project.segments, needed=False)
    return Workspace(root, project, catalogue, [], problems).checked()


@dataclass(frozen=True)
class Importing:
    """One import, with what its steps share."""

    session: Session
    account: Account
    workspace: Workspace

    def show(self) -> ExitCode:
        """List what could be imported, as far as the list could be read; nothing is written."""
        store = self._store()
        with Stopping(self.session) as stopping:
            listing = self._listed(stopping)
        # After the list, which must not know more than the records do.
        state = store.read()
        return self._shown(of_this_account(listing, state), self._survey(listing, state), store, state)

    def _shown(self, listing: Listing[Remote], found: Survey, store: Store, state: State) -> ExitCode:
        from invent_gitops.render.text.imports import Imported, survey_text

        if not self.session.json:
            zone, flags = self.workspace.project.timezone, self.account.flags(self.session)
            text = survey_text(
                found, self._names(listing), self.session.style, zone=zone, flags=flags, complete=listing.complete
            )
            self.session.result(text)
        return self._end(listing, found, Imported(), store, state)

    def run(self, ids: Sequence[str], only: str | None) -> ExitCode:
        """Record what is chosen, then write the definitions."""
        from invent_gitops.live.unrecorded import narrowed
        from invent_gitops.render.text.imports import Imported, imported_text

        with self._store() as store, Stopping(self.session) as stopping:
            listing = self._listed(stopping)
            store.refresh()
            listing = of_this_account(listing, store.state)
            found = self._survey(listing, store.state)
            if not listing.complete:
                # A twin, or what an attempt in doubt has made, may be on the part that could not be read.
                return self._shown(listing, found, store, store.state)
            for id in ids:
                _check_chosen(id, found, listing, store.state)
            keys = {one.key for one in found.offers} | {one.key for one in found.missing}
            chosen = chooser(only, keys)
            if only is not None and not any(chosen(key) for key in keys):
                raise WrongUsage(f"--only {only!r} matches no key.", "See the keys with: invent-gitops import")
            found = narrowed(found, lambda key, id: id in ids if ids else chosen(key))
            stopping.check()
            made = self._record(found, store)
            done = Imported(made, self._write(found, made, self._names(listing), stopping))
            if not self.session.json:
                self.session.result(imported_text(found, done, self.session.style, state=store.shown))
            state = store.state
        return self._end(listing, found, done, store, state, chosen=True)

    def _store(self) -> Store:
        return self.account.store(self.workspace.root, self.workspace.project, strict=True)

    def _listed(self, stopping: Stopping) -> Listing[Remote]:
        one, stop = self.workspace, stopping.event
        with connect(self.account, one.root, one.project, one.catalogue, rate=DEFAULT_RATE, stop=stop) as api:
            return api.readable_broadcasts()

    def _survey(self, listing: Listing[Remote], state: State) -> Survey:
        from invent_gitops.live.unrecorded import survey

        flags = self.account.flags(self.session)
        return survey(listing.entries, state, self.workspace.definitions, stems=self._stems(), flags=flags)

    @property
    def _folder(self) -> Path:
        return self.workspace.root / self.workspace.project.definitions

    def _stems(self) -> set[str]:
        """The names, without suffix, that a new file in the definitions folder cannot have."""
        catalogue = self.workspace.root / self.workspace.project.segments
        reserved = {
            path.stem for path in (self.workspace.root / PROJECT_FILE, catalogue) if path.parent == self._folder
        }
        check_inside(self._folder, self.workspace.root, "The folder of the definitions")
        entries = os.listdir(self._folder) if self._folder.is_dir() else []
        return reserved | {name.rpartition(".")[0] for name in entries if name.endswith((".yaml", ".yml"))}

    def _names(self, listing: Listing[Remote]) -> dict[str, str]:
        """The names of segments by id: as Invent shows them, and where they are in the catalogue, as it does."""
        live = {id: name for remote in listing.entries for id, name in remote.segments if name}
        catalogue = self.workspace.catalogue
        known = {id: one.name for id, one in catalogue.by_id().items()} if catalogue else {}
        return known | live

    def _record(self, found: Survey, store: Store) -> frozenset[str]:
        """Write all of it down at once; the keys under which it is recorded then."""
        from invent_gitops.live.unrecorded import recorded

        events = recorded(found, find_origin(self.workspace.root).now(), self.workspace.project.timezone)
        if not events:
            return frozenset()
        store.append(events)
        store.sync()
        after = store.state.broadcasts
        for event in events:
            if event.key not in after or after[event.key].id != event.record.id:
                self.session.note(f"{clean(event.record.id)} was recorded by another run meanwhile.")
        return frozenset(event.key for event in events if event.key in after and after[event.key].id == event.record.id)

    def _write(
        self, found: Survey, keys: frozenset[str], names: Mapping[str, str], stopping: Stopping
    ) -> dict[str, str]:
        """The definition of each key that has none, as a file of its own; the path of each by key."""
        wanted = [
            (one.key, one.request, one.remote.id, one.remote.status)
            for one in found.importable
            if one.key in keys and not one.defined
        ]
        wanted += [(one.key, one.record.request, one.record.id, one.record.status) for one in found.missing]
        files: dict[str, str] = {}
        taken = self._stems()
        for key, request, id, status in wanted:
            if stopping.event.is_set():
                raise Interrupted(
                    f"Stopped: {len(wanted) - len(files)} definitions of what is recorded are not written yet.",
                    "Run the same import again; it writes those that are missing.",
                )
            comment = f"Imported from Invent: {id}, {status or 'UNKNOWN'}."
            files[key] = self._define(key, request, comment, names, taken)
        return files

    def _define(
        self, key: str, request: Request, comment: str, names: Mapping[str, str], taken: AbstractSet[str]
    ) -> str:
        """Write the definition into the first file that is free; its path."""
        from invent_gitops.live.draft import draft
        from invent_gitops.live.new_keys import paths_for
        from invent_gitops.load.write import definition_text, schema_line, write_new

        one = self.workspace
        made = draft(request, timezone=one.project.timezone, catalogue=one.catalogue, names=names)
        for path in paths_for(key, taken):
            file = self._folder / f"{path}.yaml"
            check_inside(file, one.root, "The definition")
            text = definition_text(
                header=[*schema_line(file.parent, one.root, "broadcast"), comment],
                name=made.name,
                schedule=made.schedule,
                segments=made.segments,
                key="" if path == key else key,
            )
            if write_new(file, text, shown(file)):
                return shown(file)
        raise AssertionError("there is always another path")

    def _end(
        self,
        listing: Listing[Remote],
        found: Survey,
        done: Imported,
        store: Store,
        state: State,
        *,
        chosen: bool = False,
    ) -> ExitCode:
        """The document, or what could not be read, or what of the `chosen` needs a person; and the exit code."""
        from invent_gitops.render.text.imports import import_json

        error: InventGitopsError | None = None
        if not listing.complete:
            message = "Not all broadcasts could be read, so nothing is imported."
            error = Unavailable(f"{message} {' '.join(listing.gaps)}", "Run it again in a minute.")
        elif chosen and any(offer.like for offer in found.offers):
            error = _in_doubt(found)
        left = unsettled_code(self.session, self.account, state, listing)
        code = worst([error.exit_code if error else ExitCode.DONE, left])
        if self.session.json:
            body = import_json(found, done, listing.gaps, state=store.shown, segments=self._names(listing))
            self.session.answer("import", code, body, error=error)
        if error:
            self.session.failed(error, code)
        return code


def _in_doubt(found: Survey) -> Refused:
    pairs = ", ".join(f"{offer.remote.id} looks like {offer.like}" for offer in found.offers if offer.like)
    return Refused(
        f"What looks like a definition that has no record is not imported: {pairs}.",
        "Settle each as is said of it, before the next apply, so that nothing is created a second time.",
    )


def _check_chosen(id: str, found: Survey, listing: Listing[Remote], state: State) -> None:
    """Raises `Refused` for an id that cannot be imported, with the reason."""
    if any(one.record.id == id for one in found.missing):
        return
    offer = next((one for one in found.offers if one.remote.id == id), None)
    if offer is None:
        key = next((key for key, record in state.broadcasts.items() if record.id == id), "")
        if key:
            raise Refused(f"{id} is recorded under the key {key} already.", "There is nothing to import.")
        if any(remote.id == id for remote in found.removed):
            raise Refused(
                f"{id} was removed from the state, and is not imported again.", "Look with: invent-gitops state list"
            )
        raise Refused(f"Invent shows no broadcast with the id {id}.", "See the ids with: invent-gitops import")
    if offer.why_not:
        raise Refused(f"{id} cannot be imported. {offer.why_not}", offer.cure)
