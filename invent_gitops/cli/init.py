"""`init`: an empty folder becomes a working project."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from invent_gitops.cli.session import Session, common_options
from invent_gitops.errors import ExitCode, WrongUsage
from invent_gitops.render.clean import clean

if TYPE_CHECKING:
    from invent_gitops.scaffold import NewFile

# The schemas that an editor needs.
_EDITED = ("broadcast", "project", "segments")


@click.command()
@click.option("--timezone", default="UTC", show_default=True, metavar="ZONE", help="The project's time zone.")
@click.option(
    "--editor",
    "editors",
    type=click.Choice(["vscode", "jetbrains", "none"]),
    multiple=True,
    default=["vscode"],
    show_default=True,
    help="Whose settings to write, so that new files get completion and red lines; may be repeated.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be written.")
@common_options
@click.pass_obj
def init(session: Session, timezone: str, editors: tuple[str, ...], dry_run: bool) -> ExitCode:
    """Turn the current folder into a working project.

    Writes a project file, one example, the schemas and the settings for your editor, and a
    .gitignore. A file that is there already is never written over.
    """
    from invent_gitops.scaffold import project_files, write_files
    from invent_gitops.schemas import schema_text
    from invent_gitops.validate.zones import find_zone

    session.kind = "files"
    if "none" in editors and len(set(editors)) > 1:
        raise WrongUsage("--editor none and another --editor contradict each other.", "Leave out one of them.")
    chosen = [editor for editor in dict.fromkeys(editors) if editor != "none"]
    zone = find_zone(timezone)
    if isinstance(zone, tuple):
        _, message, cure = zone
        raise WrongUsage(message, cure)
    schemas = {f"{name}.schema.json": schema_text(name) for name in _EDITED}
    folder = Path.cwd()
    files = project_files(folder, now=datetime.now(UTC), timezone=timezone, schemas=schemas, editors=chosen)
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
    for note in (*_kept(files), *_from_above(folder, chosen)):
        session.note(f"\n{note}")
    session.note("\nNext: invent-gitops plan, then invent-gitops apply --sandbox to try it without an account.")
    return ExitCode.DONE


def _kept(files: Iterable[NewFile]) -> Iterator[str]:
    """What to add by hand to files that have other content and are not this program's own."""
    for file in files:
        if file.path.startswith(".") and file.exists and not file.same:
            yield f"Your {file.path} was kept. Add to it:\n{file.text.rstrip()}"


def _from_above(folder: Path, editors: Sequence[str]) -> Iterator[str]:
    """What to do where the project is a subfolder of a repository, which is what people open in their editors."""
    from invent_gitops.scaffold import editor_files

    root = next((above for above in (folder, *folder.parents) if os.path.lexists(above / ".git")), folder)
    if root == folder:
        return
    below = folder.relative_to(root).as_posix() + "/"
    for editor in editors:
        path, text = next(iter(editor_files(editor, below).items()))
        lines = "\n".join(clean(line) for line in text.splitlines())
        yield (
            f"{path} works where {clean(below)} itself is opened. "
            f"If you open the repository, {clean(str(root))}, add to its {path}:\n{lines}"
        )
