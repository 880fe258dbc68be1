"""Which account a command speaks of: its API, its org and its state, from flags and the environment."""

from __future__ import annotations

import os
import shlex
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from invent_gitops.api.target import (
    DEFAULT_BASE_URL,
    DEFAULT_ORG,
    SANDBOX,
    Target,
    checked_base_url,
    checked_key,
    checked_org,
)
from invent_gitops.cli.session import Session, files, not_empty
from invent_gitops.cli.workspace import check_inside, shown
from invent_gitops.errors import WrongUsage
from invent_gitops.model.broadcast import Catalogue
from invent_gitops.model.project import BranchPlace, Project
from invent_gitops.provenance import find_origin

if TYPE_CHECKING:
    from invent_gitops.api.client import InventApi
    from invent_gitops.state.branch import BranchStore
    from invent_gitops.state.file import FileStore

Store: TypeAlias = "FileStore | BranchStore"
Function = TypeVar("Function", bound=Callable[..., Any])
# Below the documented 500 a minute, since others may share the address.
DEFAULT_RATE = 400


@dataclass(frozen=True, slots=True)
class Account:
    """The options as given; "" is "not given". The key and the base URL never come from the repository."""

    state: str = ""
    org: str = ""
    base_url: str = ""
    sandbox: bool = False

    def target(self) -> Target:
        """The API to talk to, without its key. Raises `WrongUsage`."""
        org = checked_org(self.org or DEFAULT_ORG)
        if self.sandbox:
            return Target("", org, SANDBOX)
        base_url = checked_base_url(self.base_url or DEFAULT_BASE_URL)
        return Target(base_url, org, base_url)

    def target_with_key(self) -> Target:
        """The API to talk to, ready for calls. Raises `WrongUsage` if there is no usable key."""
        target = self.target()
        if self.sandbox:
            return replace(target, key=SANDBOX)
        key = os.environ.get("INVENT_API_KEY", "")
        if not key:
            raise WrongUsage(
                "There is no API key: INVENT_API_KEY is not set.",
                "Set INVENT_API_KEY to a key of your org, or try it without an account: --sandbox",
            )
        return replace(target, key=checked_key(key))

    def store(self, root: Path, project: Project, *, strict: bool) -> Store:
        """The state. Unless `strict`, an account that nobody named is whatever the state is bound to."""
        target = self.target()
        org = target.org if strict or self.org else ""
        api = target.name if strict or self.base_url or self.sandbox else ""
        if isinstance(project.state, BranchPlace) and not self.state:
            from invent_gitops.state.branch import BranchStore

            origin = cache(lambda: find_origin(root))
            return BranchStore(root, project.state, org=org, api=api, provenance=lambda: origin().now())
        from invent_gitops.state.file import FileStore

        path = self.state_path(root, project)
        if not self.state and not path.is_symlink():
            check_inside(path, root, "The state")
        return FileStore(path, shown=shown(path), org=org, api=api)

    def state_path(self, root: Path, project: Project) -> Path:
        """The state file; for a state on a branch, where it would be in the work tree."""
        return Path(self.state) if self.state else root / project.state.path

    def sandbox_path(self, root: Path, project: Project) -> Path:
        """Beside the state: `invent.state.json` has `invent.sandbox.sqlite`."""
        path = self.state_path(root, project)
        return path.with_name(path.name.removesuffix(".json").removesuffix(".state") + ".sandbox.sqlite")

    def flags(self, session: Session) -> str:
        """The options that make a printed command speak of the same account, with a space before each."""
        given = {"-C": session.folder, "--state": self.state, "--org": self.org, "--base-url": self.base_url}
        words = [f" {name} {shlex.quote(value)}" for name, value in given.items() if value]
        return "".join(words) + (" --sandbox" if self.sandbox else "")


def account_options(function: Function) -> Function:
    """--state, --org, --base-url and --sandbox, gathered into an `account` argument."""

    def gather(**values: Any) -> Any:
        account = Account(
            state=values.pop("state") or "",
            org=values.pop("org") or "",
            base_url=values.pop("base_url") or "",
            sandbox=values.pop("sandbox"),
        )
        return function(account=account, **values)

    gather.__name__, gather.__doc__ = function.__name__, function.__doc__
    gather.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]  # click's own mark
    wrapped: Any = gather
    for option in reversed(
        [
            click.option(
                "--state",
                metavar="FILE",
                callback=not_empty,
                shell_complete=files,
                help="The state file.  [default: the project's]",
            ),
            click.option(
                "--org", envvar="INVENT_ORG_ID", metavar="ID", callback=not_empty, help="The org; c is the key's own."
            ),
            click.option(
                "--base-url",
                envvar="INVENT_BASE_URL",
                metavar="URL",
                callback=not_empty,
                help="Another Invent than the public one.",
            ),
            click.option("--sandbox", is_flag=True, help="Talk to the built-in Invent, kept beside the state."),
        ]
    ):
        wrapped = option(wrapped)
    found: Function = wrapped
    return found


@contextmanager
def connect(
    account: Account, root: Path, project: Project, catalogue: Catalogue | None, *, rate: float, stop: threading.Event
) -> Iterator[InventApi]:
    """The API, for as long as the block lasts; for --sandbox the built-in one is served on loopback meanwhile."""
    from invent_gitops.api.client import InventApi

    target = account.target_with_key()
    with ExitStack() as stack:
        if account.sandbox:
            served = _served(account.sandbox_path(root, project), catalogue, target.org)
            target = replace(target, base_url=stack.enter_context(served))
        yield stack.enter_context(InventApi(target, rate=rate, stop=stop))


@contextmanager
def _served(path: Path, catalogue: Catalogue | None, org: str) -> Iterator[str]:
    from invent_gitops.sandbox.server import serve
    from invent_gitops.sandbox.service import Sandbox

    segments = catalogue.every() if catalogue else ()
    with Sandbox(path) as sandbox:
        sandbox.introduce([(segment.id, segment.name, segment.contacts) for segment in segments], org=org)
        with serve(sandbox) as server:
            yield server.url
