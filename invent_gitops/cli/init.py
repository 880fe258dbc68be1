"""`init`: an empty folder becomes a working project."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from invent_gitops.cli.session import Session, common_options
from invent_gitops.errors import ExitCode, WrongUsage

# The schemas that an editor needs.
_EDITED = ("broadcast", "project", "segments")


@click.command()
@click.option("--timezone", default="UTC", show_default=True, metavar="ZONE", help="The project's time zone.")
@click.option("--dry-run", is_flag=True, help="Only say what would be written.")
@common_options
@click.pass_obj
def init(session: Session, timezone: str, dry_run: bool) -> ExitCode:
    """Turn the current folder into a working project.

    Writes a project file, one example, the schemas for your editor and a .gitignore. A file that is
    there already is never written over.
    """
    from invent_gitops.scaffold import project_files, write_files
    from invent_gitops.schemas import schema_text
    from invent_gitops.validate.zones import find_zone

    session.kind = "files"
    zone = find_zone(timezone)
    if isinstance(zone, tuple):
        _, message, cure = zone
        raise WrongUsage(message, cure)
    schemas = {f"{name}.schema.json": schema_text(name) for name in _EDITED}
    folder = Path.cwd()
    files = project_files(folder, now=datetime.now(UTC), timezone=timezone, schemas=schemas)
    if not dry_run:
        write_files(folder, files)
    if session.json:
        listed = [
            {"path": file.path, "written": not (file.exists or dry_run), "existed": file.exists} for file in files
        ]
        session.answer("files", ExitCode.DONE, {"files": listed})
        return ExitCode.DONE
    word = "would write" if dry_run else "wrote"
    for file in files:
        session.result(f"{'kept ' if file.exists else word} {file.path}")
    ignored = next(file for file in files if file.path == ".gitignore")
    if ignored.exists:
        session.note("Your .gitignore was kept. Add to it:\n" + ignored.text.rstrip())
    session.note("\nNext: invent-gitops plan, then invent-gitops apply --sandbox to try it without an account.")
    return ExitCode.DONE
