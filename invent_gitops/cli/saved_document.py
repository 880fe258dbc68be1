"""Reads the documents that --out of a command wrote, for the commands that post them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from invent_gitops.cli.document_options import NAME
from invent_gitops.errors import InvalidInput, WrongUsage
from invent_gitops.operations.posts import JsonDocument
from invent_gitops.operations.project import chosen_file, find_root, read_project


def read_documents(pattern: str) -> Mapping[str, JsonDocument]:
    """Return the plan of each workspace of the project by its name, from the files that a pattern with {workspace}
    names.

    Raises `WrongUsage` without workspaces, and `InvalidInput` for a plan that is missing, damaged or of another one.
    """
    workspaces = read_project(find_root()).project.workspaces
    if not workspaces:
        raise WrongUsage(
            f"There are no workspaces, so {NAME} cannot be filled in.", "Name the file of the plan itself."
        )
    documents: dict[str, JsonDocument] = {}
    for name in workspaces:
        path = pattern.replace(NAME, name)
        documents[name] = read_document(path, "plan")
        if (of := workspace_of(documents[name])) != name:
            raise InvalidInput(
                f"{path} is not the plan of {name}, but of {of or 'no workspace'}.",
                "Write it again: invent-gitops plan --all --out FILE, with the same name of the file.",
            )
    return documents


def read_document(path: str, *kinds: str) -> JsonDocument:
    """Return a document of one of these kinds, as --out of a command wrote it. Raises `InvalidInput`."""
    commands = " or ".join(f"{'apply' if kind == 'report' else kind} --out" for kind in kinds)
    cure = f"Name a file of {commands}, and skip this step if the one that writes it did not run."
    try:
        document = json.loads(chosen_file(path, "The document").read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.", cure) from None
    except (ValueError, RecursionError):
        raise InvalidInput(f"{path} is not valid JSON.", cure) from None
    if not isinstance(document, dict) or document.get("kind") not in kinds:
        raise InvalidInput(f"{path} is not a document of the right kind.", cure)
    from invent_gitops.render.markdown.document import page

    # What cannot be shown is found out before anything is asked of GitHub.
    page(document, limit=1_000)
    # The page of a command that failed shows no counts.
    if not isinstance(document.get("counts") or {}, dict):
        raise InvalidInput(f"{path} was edited: its counts are not numbers.", cure)
    return document


def workspace_of(document: JsonDocument) -> str:
    """Return the workspace that a document is about; "" without. Raises `InvalidInput` for what is no name of one."""
    name = document.get("workspace") or ""
    if not isinstance(name, str) or not re.fullmatch(r"[a-z0-9-]*", name):
        raise InvalidInput(f"The document names a workspace that cannot be: {name!r}.", "Write it again.")
    return name
