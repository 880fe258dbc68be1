"""Which account a command speaks of: its API, its org and its state, from flags and the environment."""

from __future__ import annotations

import os
import shlex
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from invent_gitops.errors import InvalidInput, Refused, WrongUsage
from invent_gitops.http.address import (
    DEFAULT_BASE_URL,
    DEFAULT_ORG,
    Target,
    checked_base_url,
    checked_key,
    checked_org,
)
from invent_gitops.model.broadcast import Catalogue
from invent_gitops.model.chain import Chain
from invent_gitops.model.project import OWN_ORG, SANDBOX, BranchPlace, Project
from invent_gitops.model.variables import KEY_VARIABLE
from invent_gitops.operations.console import Console
from invent_gitops.operations.list_progress import list_progress
from invent_gitops.operations.project import check_inside, shown, working
from invent_gitops.operations.sandbox_place import SandboxPlace, is_of_the_team, removal, sandbox_place
from invent_gitops.text.clean import clean
from invent_gitops.values import Struct, replace

if TYPE_CHECKING:
    from invent_gitops.api.client import InventApi
    from invent_gitops.state.branch import BranchStore
    from invent_gitops.state.file import FileStore

Store: TypeAlias = "FileStore | BranchStore"
# Below the documented 500 a minute, since others may share the address.
DEFAULT_RATE = 400


class Account(Struct, frozen=True):
    """The options as given; "" is "not given". The key and the base URL never come from the repository.

    `folder` is the one of -C, which printed commands repeat.

    Of several workspaces, the chosen one's name, org and variable of its key come from the project file, and the
    `org_option` must be that one. `others` are variables that must hold other keys, since the org is whatever one
    the key belongs to.
    """

    state: str = ""
    org: str = ""
    base_url: str = ""
    sandbox: bool = False
    folder: str = ""
    workspace: str = ""
    org_option: str = ""
    variable: str = KEY_VARIABLE
    others: tuple[str, ...] = ()

    def of(self, project: Project, workspaces: Mapping[str, Project]) -> Account:
        """Return the account of one of several workspaces."""
        others = tuple(
            other.key
            for other in workspaces.values()
            if OWN_ORG in (project.org, other.org) and other.key != project.key
        )
        chosen = replace(self, workspace=project.name, org_option=self.org, org=project.org)
        return replace(chosen, variable=project.key, others=others)

    def target(self) -> Target:
        """Return the API to talk to, without its key. Raises `WrongUsage`, and `Refused` for another org than the
        reviewed.
        """
        if self.workspace and self.org_option not in ("", self.org):
            raise Refused(
                f"The workspace {self.workspace} has the org {self.org}; "
                f"--org or INVENT_ORG_ID says {self.org_option}.",
                "Leave the org out: of several workspaces, the project file says it.",
            )
        org = checked_org(self.org or DEFAULT_ORG)
        if self.sandbox:
            return Target("", org, SANDBOX)
        base_url = checked_base_url(self.base_url or DEFAULT_BASE_URL)
        return Target(base_url, org, base_url)

    def target_with_key(self) -> Target:
        """Return the API to talk to, ready for calls. Raises `WrongUsage` if there is no usable key."""
        target = self.target()
        if self.sandbox:
            return replace(target, key=SANDBOX)
        key = os.environ.get(self.variable, "")
        if not key:
            raise WrongUsage(
                f"There is no API key: {self.variable} is not set.",
                f"Set {self.variable} to a key of your org, or try it without an account: --sandbox",
            )
        for other in self.others:
            if os.environ.get(other, "").strip() == key.strip():
                raise Refused(
                    f"{self.variable} and {other} hold the same key, so two workspaces would be one org.",
                    f"Set each to the key of its own org, or write the ids of the orgs instead of {OWN_ORG}.",
                )
        return replace(target, key=checked_key(key, self.variable))

    def store(self, root: Path, project: Project, *, strict: bool) -> Store:
        """Return the state. Unless `strict`, an account that nobody named is whatever the state is bound to."""
        target = self.target()
        org = target.org if strict or self.org else ""
        api = target.name if strict or self.base_url or self.sandbox else ""
        if self.sandbox:
            return self.sandbox_store(self.sandbox_place(root, project), root, org)
        if isinstance(project.state, BranchPlace) and not self.state:
            from invent_gitops.provenance import find_origin
            from invent_gitops.state.branch import BranchStore

            origin = cache(lambda: find_origin(root))
            # Where the state of a workspace is as long as the project file names no place for it.
            former = root / Project().standing_for(project.name).state.path if project.name else None
            return BranchStore(root, project.state, org=org, api=api, provenance=lambda: origin().now(), former=former)
        from invent_gitops.state.file import FileStore

        path = self.state_path(root, project)
        way_out = f"An older version has put it there. Delete it: {removal(path, self.folder)}"
        if self.state and not is_of_the_team(path, root, project, _several()):
            way_out = "Read it with --sandbox, or name the state of an account."
        return FileStore(own_place(path, root, "state"), label=shown(path), org=org, api=api, way_out=way_out)

    def chain(self, root: Path, project: Project) -> Chain:
        """Return the states that git remembers. Raises `Refused` where they are of another account than the one named,
        as soon as they are read.

        The first state says whose they are: a later one may have been altered, which is for the audit to find.
        """
        from invent_gitops.state.binding import check_binding

        store = self.store(root, project, strict=False)
        chain = store.chain() if self.sandbox else store.chain().without_rehearsal()
        return chain.checked(
            lambda first: check_binding(first.org, first.api, store.org, store.api, store.label, store.way_out)
        )

    def state_path(self, root: Path, project: Project) -> Path:
        """Return the state file; for a state on a branch, where it would be in the work tree."""
        return Path(self.state) if self.state else root / project.state.path

    def sandbox_place(self, root: Path, project: Project) -> SandboxPlace:
        """Return where the sandbox keeps what it needs. Raises as the function of that name."""
        return sandbox_place(root, project, _several(), state=self.state, folder=self.folder)

    def sandbox_store(self, location: SandboxPlace, root: Path, org: str) -> FileStore:
        """Return the state of the sandbox. Raises `Refused` where the database that it goes with is gone."""
        from invent_gitops.state.file import FileStore

        path, label = own_place(location.state, root, "state"), shown(location.state)
        way_out = f"Begin the sandbox anew: {location.anew}"
        store = FileStore(path, label=label, org=org, api=SANDBOX, way_out=way_out, begin=location.begin)
        try:
            state = store.read()
        except InvalidInput as error:
            if location.folder is None:
                # A state that a person named, and that nobody can read, may be that of an account.
                raise
            # Git ignores this folder, and nothing in it exists: no copy has to be restored.
            raise InvalidInput(error.message, f"Nothing in it exists in Invent. {way_out}") from None
        location.check_pair(state)
        return store

    def flags(self) -> str:
        """Return the options that make a printed command speak of the same account, with a space before each."""
        # The org of a workspace stands in the project file.
        org = "" if self.workspace else self.org
        options = {
            "-C": self.folder,
            "--workspace": self.workspace,
            "--state": self.state,
            "--org": org,
            "--base-url": self.base_url,
        }
        flags = [f" {name} {shlex.quote(value)}" for name, value in options.items() if value]
        return "".join(flags) + (" --sandbox" if self.sandbox else "")


def check_named_state(account: Account, *, exists: bool) -> None:
    """Raise `Refused` where --state names a file without a state: a command that only reads it means another one."""
    if account.state and not exists:
        raise Refused(f"There is no state in {shown(Path(account.state))}.", "Check the path after --state.")


def _several() -> Mapping[str, Project]:
    """Return the workspaces of the project that a command works in."""
    opened = working()
    return opened.several if opened else {}


def own_place(path: Path, root: Path, entry: Literal["state", "segments", "sandbox"]) -> Path:
    """Return where a file of the project is written, links followed; what leads out of it is refused, and not looked
    at.

    A link to nowhere stays as it is: the store refuses it, since it is no first run. Raises `InvalidInput`.
    """
    from invent_gitops.validate.paths import reserved

    subject = {"state": "The state", "segments": "The segment catalogue", "sandbox": "The file of the sandbox"}[entry]
    cure = "Put the file itself there" + (", or name it with --state." if entry == "state" else ".")
    resolved = check_inside(path, root, subject, cure)
    target = Path(os.path.realpath(root), *resolved.split("/"))
    if not resolved or not os.path.lexists(path):
        return path
    if os.path.islink(path) and not os.path.lexists(target):
        raise InvalidInput(
            f"{subject}, {shown(path)}, is a link to {resolved}, which is not there yet.",
            f"Restore {resolved}; on a first run, remove the link and write `{entry}: {resolved}` in invent.yaml.",
        )
    if target == Path(os.path.abspath(path)) or not os.path.lexists(target):
        return path
    if fault := reserved(resolved, entry):
        raise InvalidInput(f"{subject}, {shown(path)}, is a link. {fault[1]}", "Put the file itself there.")
    return target


@contextmanager
def connect(
    console: Console,
    account: Account,
    root: Path,
    project: Project,
    catalogue: Catalogue | None,
    *,
    rate: float = DEFAULT_RATE,
    stop: threading.Event,
) -> Iterator[InventApi]:
    """Yield the API, for as long as the block lasts; for --sandbox the built-in one is served on loopback meanwhile.

    The `console` hears why a call has to wait, and how far the reading of a list is.
    """
    from invent_gitops.api.client import InventApi

    target = account.target_with_key()
    with ExitStack() as stack:
        if account.sandbox:
            location = account.sandbox_place(root, project)
            account.sandbox_store(location, root, "")
            location.begin()
            path = own_place(location.database, root, "sandbox")
            served = _served(path, catalogue, target.org)
            target = replace(target, base_url=stack.enter_context(served))
        tell, heard = (lambda reason: console.note(clean(reason))), list_progress(console)
        yield stack.enter_context(InventApi(target, rate=rate, stop=stop, tell=tell, heard=heard))


@contextmanager
def _served(path: Path, catalogue: Catalogue | None, org: str) -> Iterator[str]:
    from invent_gitops.sandbox.server import serve
    from invent_gitops.sandbox.service import Sandbox

    segments = catalogue.every() if catalogue else ()
    with Sandbox(path) as sandbox:
        sandbox.introduce([(segment.id, segment.name, segment.contacts) for segment in segments], org=org)
        with serve(sandbox) as server:
            yield server.url
