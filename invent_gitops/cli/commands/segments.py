"""`segments pull|list`: the project's names for the segments in Invent."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from invent_gitops.cli.account_options import account_options
from invent_gitops.cli.errors import answers
from invent_gitops.cli.options import common_options
from invent_gitops.cli.result import Display, Result
from invent_gitops.cli.session import Session
from invent_gitops.cli.workspace_option import workspace_options
from invent_gitops.errors import ExitCode, InvalidInput, Refused, WrongUsage
from invent_gitops.model.broadcast import Catalogue, Definition
from invent_gitops.model.instant import write_instant
from invent_gitops.model.project import Project
from invent_gitops.operations.account import Account, connect, own_place
from invent_gitops.operations.project import InvalidDefinitions, checked_project, open_catalogue, open_workspace, shown
from invent_gitops.operations.signals import Stopping
from invent_gitops.text.clean import clean


@click.group()
@common_options
def segments() -> None:
    """Give the segments in Invent names that definitions can use."""


@segments.command()
@account_options
@common_options
@answers("catalogue")
def pull(session: Session, account: Account) -> Result:
    """Read all segments from Invent, and write the catalogue of their names.

    A renamed segment keeps its ID, so definitions can use both names. Segments with the same name need
    their IDs. pull reports each deleted segment, with the definitions that use it. It writes nothing
    unless it could read all pages.

    With --sandbox, pull writes names and IDs without counts. It refuses to overwrite a catalogue that
    was read from Invent, with exit code 5.
    """
    from invent_gitops.live.segments import entries, merge, used_by, without_pretence, written_by
    from invent_gitops.load.write import schema_line
    from invent_gitops.render.documents.segments import catalogue_json
    from invent_gitops.render.text.segments import pull_text

    if account.state and not account.sandbox:
        raise WrongUsage(
            "Without --sandbox, segments pull does not use a state, so --state has no effect.",
            "Leave --state out, or add --sandbox.",
        )
    root, project = checked_project()
    path = root / project.segments
    # Before anything is read, since what is read goes there.
    target_path = own_place(path, root, "segments")
    old = _catalogue(root, project)
    if account.sandbox and old and old.read_at:
        raise Refused(
            f"{shown(path)} was read from Invent at {write_instant(old.read_at)}, and the sandbox only pretends: apply "
            "would take its numbers for reviewed ones.",
            "Leave --sandbox out: invent-gitops segments pull",
        )
    definitions = _definitions(session)
    target = account.target()
    with (
        Stopping(session) as stopping,
        connect(session, account, root, project, old, stop=stopping.event) as api,
    ):
        live = api.segments()
    if account.sandbox:
        live = without_pretence(live, old)
    # What the sandbox tells was not read from Invent.
    merged = merge(old, live, None if account.sandbox else datetime.now(UTC).replace(microsecond=0))
    source = f"org {target.org} at {target.name}"
    header = [
        *schema_line(path.parent, root, "segments"),
        f"The segments of {source}, as invent-gitops segments pull has read them.",
        "Definitions write the names; a former one still means the same segment; id:… tells equal names apart.",
    ]
    # Without a catalogue an entry of a definition is an id, and an empty one would make an error of each.
    if old or live:
        text, remark = _text(root, path, entries(merged.catalogue), header)
        _write(target_path, shown(path), text, merged.catalogue)
        if remark:
            session.note(clean(remark))
    by_id, file = used_by(definitions), shown(path)

    def text_of(display: Display) -> str:
        if not (old or live):
            return f"There are no segments in Invent ({source}), so there is nothing to write."
        return pull_text(merged, by_id, written_by(definitions), display.style, catalogue_path=file, account=source)

    return Result("catalogue", ExitCode.DONE, lambda: catalogue_json(merged.catalogue, file, merged, by_id), text_of)


@segments.command(name="list")
@workspace_options("each")
@common_options
@answers("catalogue")
def list_(session: Session) -> Result:
    """List the segments of the catalogue: name, ID and the number of contacts when it was read.

    list works offline.
    """
    from invent_gitops.live.segments import used_by
    from invent_gitops.render.documents.segments import catalogue_json
    from invent_gitops.render.text.segments import catalogue_text

    root, project = checked_project()
    file = shown(root / project.segments)
    catalogue = _catalogue(root, project)
    if catalogue is None:
        raise InvalidInput(f"There is no segment catalogue {file}.", "Write it with: invent-gitops segments pull")
    return Result(
        "catalogue",
        ExitCode.DONE,
        lambda: catalogue_json(catalogue, file, None, used_by(_definitions(session))),
        lambda display: catalogue_text(catalogue, display.style),
    )


def _catalogue(root: Path, project: Project) -> Catalogue | None:
    """Return the catalogue as it is, None if there is none yet. Raises `InvalidDefinitions`."""
    catalogue, problems = open_catalogue(root, root / project.segments, needed=False)
    if problems:
        raise InvalidDefinitions(problems)
    return catalogue


def _definitions(session: Session) -> list[Definition]:
    """Return those without a fault; a name that the catalogue does not know yet is no reason not to read it anew."""
    try:
        workspace = open_workspace(None)
    except InvalidInput:
        return []
    if workspace.problems:
        session.note("Some definitions have problems, so the list of definitions for each segment is not complete.")
    return workspace.definitions


def _text(root: Path, path: Path, written: Mapping[str, object], header: Sequence[str]) -> tuple[str, str]:
    """Return the text of the catalogue around what a person wrote into it, and what to tell them of their comments."""
    from invent_gitops.load import read_text
    from invent_gitops.load.rewrite import rewritten
    from invent_gitops.load.source import Source
    from invent_gitops.load.write import catalogue_text

    source = read_text(path, shown(path), root) if os.path.lexists(path) else None
    if isinstance(source, Source):
        renewed = rewritten(source.text, written, header)
        return renewed.text, renewed.note
    return catalogue_text(written, header), ""


def _write(path: Path, name: str, text: str, expected: Catalogue) -> None:
    """Put the catalogue `name` into its file, once it is known that it reads back as what was meant."""
    from invent_gitops.files import replace

    replace(path, text, name, check=lambda fresh: _check(fresh, name, expected))


def _check(fresh: Path, name: str, expected: Catalogue) -> None:
    from invent_gitops.load import read_document
    from invent_gitops.schemas import read_schema
    from invent_gitops.validate import validate_catalogue

    document, problems = read_document(fresh, name)
    catalogue = None
    if document:
        catalogue, more = validate_catalogue(document, schema=read_schema("segments"))
        problems = [*problems, *more]
    if problems or catalogue != expected:
        reason = problems[0].message if problems else "it would not read back as it was meant."
        raise Refused(
            f"The catalogue of {len(list(expected.every())):,} segments is not written: {reason}",
            "Please report it. Until then, write ids as id:… in the definitions.",
        )
