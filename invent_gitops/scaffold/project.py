"""The files of a new project, and how to lay them down without ever writing over one."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from urllib.parse import quote

from invent_gitops.errors import InvalidInput
from invent_gitops.files import CREATE
from invent_gitops.inside import Outside, inside
from invent_gitops.model.filename import SUFFIXES
from invent_gitops.model.project import Project
from invent_gitops.values import Struct

_PROJECT = """\
# yaml-language-server: $schema=schemas/project.schema.json
# The settings of invent-gitops. Every entry is optional. The API key and the API's address are
# never read from here, only from INVENT_API_KEY and INVENT_BASE_URL.

# Local times in definitions that name no zone of their own are in this one.
timezone: {timezone}
{state}
policies:
  minimum_lead_time: 15m # refuse what would be sent sooner than this
  max_creates: 50 # refuse a run that would create more than this
"""

_ON_BRANCH = """
# What was created is remembered on this branch, which runs of workflows share.
state: {{branch: {branch}}}
"""

_EXAMPLE = """\
# yaml-language-server: $schema={up}schemas/broadcast.schema.json
# One broadcast. Its key is its file name: welcome.
name: Welcome to our newsletter
schedule: {at} # in the time zone of invent.yaml; or RFC 3339 with an offset; or immediately
segments: [example-segment] # ids of segments in Invent; or send_to_all: true
# The rest is for reviewers, and not sent.
description: The first broadcast of this repository
owner: marketing
"""

_IGNORED = """\
# invent-gitops: what a run needs for itself. The state, invent.state.json, belongs in git.
*.state.json.lock
*.state.json.journal
.*.state.json.*.tmp
*.sandbox.sqlite*
.invent-sandbox/
.invent-gitops.*.tmp
"""

_JETBRAINS = """\
<?xml version="1.0" encoding="UTF-8"?>
<project version="4">
  <component name="JsonSchemaMappingsProjectConfiguration">
    <state>
      <map>
{entries}
      </map>
    </state>
  </component>
</project>
"""

_JETBRAINS_PLACE = """\
                  <Item>
                    <option name="directory" value="{folder}" />
                    <option name="path" value="{path}" />
                    <option name="mappingKind" value="{kind}" />
                  </Item>"""

_JETBRAINS_ENTRY = """\
        <entry key="invent-gitops {name}">
          <value>
            <SchemaInfo>
              <option name="name" value="invent-gitops {name}" />
              <option name="relativePathToSchema" value="{schema}" />
              <option name="schemaVersion" value="JSON Schema version 7" />
              <option name="patterns">
                <list>
{places}
                </list>
              </option>
            </SchemaInfo>
          </value>
        </entry>"""


class NewFile(Struct, frozen=True):
    """A file of a new project; `exists` says that there is one already, which stays as it is.

    `same` says that what is there is what would be written.
    """

    path: str
    text: str
    exists: bool
    same: bool = False


def project_files(
    folder: Path,
    *,
    now: datetime,
    timezone: str,
    schemas: Mapping[str, str],
    editors: Sequence[str] = (),
    branch: str = "",
    more: Mapping[str, str] | None = None,
    project: Project | None = None,
) -> list[NewFile]:
    """Return what `init` writes into `folder`. `schemas` maps a file name to its text, `more` a path to that of its
    file.

    With `branch` the state is kept on that branch. `project` is the one that is there already, if so. Who has
    definitions gets no example: it would be created like them.
    """
    project = project or Project()
    state = _ON_BRANCH.format(branch=branch) if branch else ""
    # A Tuesday morning about a month ahead: far enough to be tried out, and not in the past tomorrow.
    day = now + timedelta(days=28)
    day += timedelta(days=(1 - day.weekday()) % 7)
    texts = {
        "invent.yaml": _PROJECT.format(timezone=timezone, state=state),
        **_example(folder, project, day),
        ".gitignore": _IGNORED,
        **{f"schemas/{name}": text for name, text in schemas.items()},
        **{path: text for editor in editors for path, text in editor_files(editor, project).items()},
        **(more or {}),
    }
    return [_new_file(folder, path, text) for path, text in texts.items()]


def _root_of(folder: Path, path: str) -> tuple[Path, str]:
    """Return the folder that a file of ours must not leave, and its path below that: workflows are above the
    project.
    """
    up = path.count("../")
    return folder.joinpath(*[".."] * up), path.removeprefix("../" * up)


def _new_file(folder: Path, path: str, text: str) -> NewFile:
    """Return a file beside what is there. Raises `InvalidInput` where a link leads it out of the repository."""
    root, below_root = _root_of(folder, path)
    above, _, name = below_root.rpartition("/")
    with inside(root) as opened:
        try:
            exists = os.path.lexists(os.path.join(opened.real, opened.resolve(above, missing=True), name))
        except OSError as error:
            raise _unwritable(path, error) from None
        try:
            same = exists and opened.read(below_root).decode().replace("\r\n", "\n") == text
        except (OSError, ValueError):
            same = False
    return NewFile(path, text, exists, same)


def _example(folder: Path, project: Project, day: datetime) -> dict[str, str]:
    if project.workspaces is not None or _has_others(folder, project.definitions):
        return {}
    up = "../" * len(Path(project.definitions).parts)
    return {f"{project.definitions}/welcome.yaml": _EXAMPLE.format(up=up, at=f"{day:%Y-%m-%d}T09:00")}


def _has_others(folder: Path, definitions: str) -> bool:
    """Return whether there are definitions but for the example. Links are not followed."""
    with inside(folder) as opened, suppress(OSError):
        waiting = [opened.resolve(definitions)]
        while waiting:
            at = waiting.pop()
            for entry in opened.list(at):
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{at}/{entry.name}".lstrip("/"))
                elif entry.name.endswith(SUFFIXES) and f"{at}/{entry.name}" != f"{definitions}/welcome.yaml":
                    return True
    return False


def _described(project: Project) -> dict[str, list[str]]:
    """Return what each schema describes, for editors: folders, with a slash at the end, and all below them, or
    files.
    """
    projects = list(project.workspaces.values()) if project.workspaces is not None else [project]
    return {
        "broadcast": [f"{workspace.definitions}/" for workspace in projects],
        "project": ["invent.yaml"],
        "segments": [workspace.segments for workspace in projects],
    }


def editor_files(editor: str, project: Project, below: str = "") -> dict[str, str]:
    """Return the settings, by path, that give new files completion and red lines in `vscode` or `jetbrains`.

    `below` is the project's folder with a slash at its end, where the editor opens a folder above it.
    """
    described = {
        name: (f"{below}schemas/{name}.schema.json", [f"{below}{path}" for path in paths])
        for name, paths in _described(project).items()
    }
    if editor == "vscode":
        # Patterns are compared with addresses of files, in which a blank is %20; paths of schemas are as they are.
        schemas = {
            schema: [
                quote(path) + glob
                for path in paths
                for glob in (("**/*.yaml", "**/*.yml") if path.endswith("/") else ("",))
            ]
            for schema, paths in described.values()
        }
        return {
            ".vscode/settings.json": _json({"yaml.schemas": schemas}),
            ".vscode/extensions.json": _json({"recommendations": ["redhat.vscode-yaml"]}),
        }
    entries = [
        _JETBRAINS_ENTRY.format(
            name=name,
            schema=escape(schema, quote=True),
            places="\n".join(
                _JETBRAINS_PLACE.format(
                    folder=str(path.endswith("/")).lower(),
                    path=escape(path.removesuffix("/"), quote=True),
                    kind="Directory" if path.endswith("/") else "File",
                )
                for path in paths
            ),
        )
        for name, (schema, paths) in described.items()
    ]
    return {".idea/jsonSchemas.xml": _JETBRAINS.format(entries="\n".join(entries))}


def write_files(folder: Path, files: list[NewFile]) -> None:
    """Write those that are not there yet, and none out of the repository through a link of it.

    Raises `InvalidInput` where one cannot be written.
    """
    for file in files:
        if file.exists:
            continue
        root, path = _root_of(folder, file.path)
        try:
            with inside(root) as opened:
                above = opened.resolve(path.rpartition("/")[0], missing=True)
                opened.make_folders(above)
                # At the name itself no link is followed.
                handle = opened.open_resolved(f"{above}/{path.rpartition('/')[2]}".lstrip("/"), CREATE)
            with open(handle, "w", encoding="utf-8") as out:
                out.write(file.text)
        except FileExistsError:
            continue
        except OSError as error:
            raise _unwritable(file.path, error) from None


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _unwritable(path: str, error: OSError) -> InvalidInput:
    cure = "Choose a folder that you may write to."
    if isinstance(error, Outside) or error.errno in (errno.ENOTDIR, errno.ELOOP):
        cure = f"Put a folder itself in the place of {path.rpartition('/')[0] or path}, which is none."
    return InvalidInput(f"{path} cannot be written: {error.strerror}.", cure)
