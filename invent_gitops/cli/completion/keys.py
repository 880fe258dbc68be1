"""What a shell may complete: keys of definitions and of the state, and names of schemas.

Each function is a callback for click's `shell_complete`. Nothing here writes, asks, or reaches for the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from invent_gitops.cli.session import Session
from invent_gitops.errors import InventGitopsError
from invent_gitops.model.alike import composed
from invent_gitops.model.project import Project
from invent_gitops.model.state import State
from invent_gitops.operations.account import Account
from invent_gitops.operations.project import definitions_of, find_root, read_project, shown

Completed = list[CompletionItem[str]]


def schemas(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Completed:
    from invent_gitops.schemas import schema_names

    return _offered(schema_names(), incomplete)


def blocked(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Completed:
    """Keys that wait for somebody's word, without those that are on the line already."""
    typed = ctx.params.get(parameter.name or "") or ()
    return _offered(_recorded(ctx, lambda state: state.intents.keys() - set(typed)), incomplete)


def known(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Completed:
    """Return every key that the state speaks of."""
    return _offered(
        _recorded(ctx, lambda state: state.broadcasts.keys() | state.intents.keys() | state.removed.keys()), incomplete
    )


def recorded(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Completed:
    """Keys of broadcasts that were created."""
    return _offered(_recorded(ctx, lambda state: state.broadcasts.keys()), incomplete)


def removed(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Completed:
    """Keys that somebody took out of the records."""
    return _offered(_recorded(ctx, lambda state: state.removed.keys() - state.broadcasts.keys()), incomplete)


def unrecorded(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Completed:
    """Keys that are defined and that the state does not know: what a renamed definition is called now."""
    in_state = _recorded(ctx, lambda state: state.broadcasts.keys() | state.intents.keys() | state.removed.keys())
    return _offered(_defined(ctx) - in_state, incomplete)


def patterns(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Completed:
    """Keys for --only, and a pattern for each folder of them."""
    keys = _defined(ctx) | _recorded(ctx, lambda state: state.broadcasts.keys() | state.intents.keys())
    globs = {f"{key[:index]}/*" for key in keys for index, letter in enumerate(key) if letter == "/"}
    return _offered(keys | globs, incomplete)


def _offered(keys: Iterable[str], incomplete: str) -> Completed:
    """Return those that go on from what is written. Not what a shell would take for an option, or could not show."""
    fitting = (key for key in keys if key.startswith(incomplete) and key.isprintable() and not key.startswith("-"))
    return [CompletionItem(key) for key in sorted(fitting)]


def _recorded(ctx: click.Context, chosen: Callable[[State], Iterable[str]]) -> set[str]:
    """Keys of the state as this machine knows it; none where it cannot be read."""
    keys: set[str] = set()
    for root, project in _projects(ctx):
        with suppress(InventGitopsError, OSError):
            # Whatever account the state is bound to: these are only its keys.
            account = Account(state=ctx.params.get("state") or "", sandbox=bool(ctx.params.get("sandbox")))
            keys |= set(chosen(account.store(root, project, strict=False).last_seen()))
    return keys


def _defined(ctx: click.Context) -> set[str]:
    """Keys of the definitions; those of a file that cannot be read are missing."""
    keys: set[str] = set()
    for root, project in _projects(ctx):
        with suppress(InventGitopsError, OSError):
            # An option that has no value yet keeps click from handing out the arguments before it.
            path = ctx.params.get("definitions") or next(iter(ctx.args), "")
            folder = Path(path or shown(root / project.definitions))
            documents, _ = definitions_of(root, project, folder)
            keys |= {key for document in documents for key in _key(document.content, document.default_key)}
    return keys


def _key(definition: object, default: str) -> Iterator[str]:
    written = definition.get("key") if isinstance(definition, dict) else None
    key = composed(written) if isinstance(written, str) else default
    if key:
        yield key


def _projects(ctx: click.Context) -> list[tuple[Path, Project]]:
    """Return the project, or of several workspaces the one on the line; all of them if there is none. Not what is
    broken.
    """
    session = ctx.find_object(Session)
    if session is not None and session.astray:
        return []
    try:
        opened = read_project(find_root())
    except (InventGitopsError, OSError):
        return []
    if opened.problems:
        return []
    workspaces = opened.project.workspaces
    if workspaces is None:
        return [(opened.root, opened.project)]
    name = ctx.params.get("workspace")
    return [(opened.root, project) for project in workspaces.values() if not name or project.name == name]
