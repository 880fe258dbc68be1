"""The GitHub workflows of a project: the templates beside this file, filled in."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from invent_gitops import __version__
from invent_gitops.errors import Refused, WrongUsage
from invent_gitops.git.repository import Git, GitFailed
from invent_gitops.installation import installation
from invent_gitops.text.addresses import repository_in
from invent_gitops.values import Struct

TEMPLATES = ("validate", "plan", "apply", "drift")
# The one that a project can do without.
PUBLISH = "publish"
CHECKOUT = "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2"
UPLOAD = "actions/upload-artifact@b7c566a772e6b6bfb58ed0dc250532a479d7789f # v6.0.0"
CACHE = "actions/cache@0057852bfaa89a56745cba8c7296529d2fc39830 # v4.3.0"
# Where the calendar can be published: on GitHub Pages, or as an artifact of each run.
Publish = Literal["pages", "artifact"]
# Stands where the address is not known. GitHub has no such owner's action, so a run fails before it does anything.
UNKNOWN_OWNER = "OWNER"


# GitHub runs at most so many jobs of one matrix.
MATRIX_LIMIT = 256
# Names of branches that YAML takes for text as they stand.
_PLAIN = re.compile(r"(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z][A-Za-z0-9._/-]*", re.IGNORECASE)
_SECRET = re.compile(r" *INVENT_API_KEY: \$\{\{ secrets\.INVENT_API_KEY \}\}\n")
# What the jobs have where a project holds several workspaces: one job of each, which the job `workspaces` lists.
_EACH = """\
    needs: workspaces
    strategy:
      fail-fast: false # one that fails does not stop the others
      matrix: ${{ fromJSON(needs.workspaces.outputs.matrix) }}
    env:
      WORKSPACE: ${{ matrix.workspace }}
"""
_CHOICE = """\
      workspace:
        description: The workspace whose plan that is. If empty, every workspace is applied.
        type: string
        default: ""
"""
_CHOSEN = """\
        env:
          CHOSEN: ${{ inputs.workspace }}
          APPROVED: ${{ inputs.approved }}
"""
# A digest is of one workspace, and would be refused in the others.
_CHOOSE = """\
|
          if [ -n "$APPROVED" ] && [ -z "$CHOSEN" ]; then
            echo "::error::Say which workspace the digest is for."
            exit 2
          fi
          exec invent-gitops<into> workspaces --format github ${CHOSEN:+--workspace "$CHOSEN"}"""
_PAGES = """\
      - name: Hand it to GitHub Pages
        if: ${{ github.event.repository.visibility == 'public' }}
        uses: actions/upload-pages-artifact@7b1f4a764d45c48632c6b24a0339c27f5614fb0b # v4.0.0
        with:
          path: ${{ runner.temp }}/site
"""
_PRIVATE = """\
        # The pages of a private repository are public, unless an Enterprise limits who sees them.
        if: ${{ github.event.repository.visibility != 'public' }}
"""
_LIST = "exec invent-gitops<into> workspaces --format github"


class Wording(Struct, frozen=True):
    """What the templates leave open.

    `action` is what `uses:` installs this program with, `branch` the branch whose pushes are applied, `folder` the
    project's folder in the repository ("" for its root); with `sandbox` no account is spoken to. `keys` are the
    variables that hold the keys of several workspaces; without any, the project is one. `queue` is whether the server
    lets more than one run wait. `publish` is where the calendar is published, "" for nowhere.
    """

    action: str
    branch: str = "main"
    folder: str = ""
    sandbox: bool = False
    keys: tuple[str, ...] = ()
    queue: bool = True
    publish: Publish | Literal[""] = ""

    @property
    def templates(self) -> tuple[str, ...]:
        """The names of the workflows that there are."""
        return (*TEMPLATES, PUBLISH) if self.publish else TEMPLATES

    @property
    def project(self) -> str:
        """Tells the projects of one repository apart: in the names of files, environments and branches."""
        return "-".join(filter(None, ["broadcasts", self.folder_name]))

    def environment(self, workspace: str = "") -> str:
        """Return the environment that holds the key of a workspace; "" in a project without workspaces."""
        return f"{self.project}-{workspace}" if workspace else self.project

    @property
    def state_branch(self) -> str:
        return "-".join(filter(None, ["broadcast-state", self.folder_name]))

    @property
    def folder_name(self) -> str:
        """The folder as a part of other names; "" for the root. Two folders have two names."""
        plain = self.folder.lower().replace("/", "-")
        name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
        if name == self.folder:
            return name
        return f"{name}-{hashlib.sha256(self.folder.encode()).hexdigest()[:6]}".strip("-")


def workflow_texts(wording: Wording) -> dict[str, str]:
    """Return the workflows by their path in the repository."""
    here = Path(__file__).parent
    return {
        workflow_path(wording, name): _filled((here / f"{name}.yml").read_text("utf-8"), wording)
        for name in wording.templates
    }


def workflow_path(wording: Wording, name: str) -> str:
    """Return the path of a workflow in the repository."""
    return f".github/workflows/{wording.project}-{name}.yml"


def default_branch(folder: Path) -> str:
    """Return what the remote calls its default branch, as far as this clone knows; else the current branch; else
    main.
    """
    return remote_default(folder) or _git(folder, "symbolic-ref", "--short", "HEAD") or "main"


def remote_default(folder: Path) -> str:
    """Return what the remote calls its default branch, "" where this clone does not know it."""
    return _git(folder, "symbolic-ref", "--short", "refs/remotes/origin/HEAD").removeprefix("origin/")


def server_of(folder: Path, environment: Mapping[str, str] = os.environ) -> str:
    """Return the host of the GitHub that this repository is on, as a workflow or the remote says it.

    "" if neither says one, and "?" if what they say cannot be read.
    """
    address = environment.get("GITHUB_SERVER_URL") or _git(folder, "remote", "get-url", "origin")
    match = re.match(
        r"(?:https?|ssh|git|git\+ssh|ssh\+git)://(?:[^@/]*@)?([^:/]+)|(?:[^@:/]+@)?([^:/@]+):(?!//)", address
    )
    if match:
        return (match[1] or match[2]).lower()
    # A folder is on no server.
    return "?" if address and not re.match(r"/|\.|file:", address) else ""


def remote_repository(folder: Path) -> str:
    """OWNER/NAME of the remote origin, "" if that names no repository of a server."""
    address = _git(folder, "remote", "get-url", "origin")
    match = re.search(r"[:/]([A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}?)(?:\.git)?/?$", address)
    return match[1] if match and server_of(folder, {}) not in ("", "?") else ""


def lets_runs_wait(server: str) -> bool:
    """Return whether a workflow may say `queue: max` there. An Enterprise Server refuses the whole workflow for it."""
    return server in ("", "github.com", "www.github.com", "ssh.github.com") or server.endswith(".ghe.com")


def check_matrix(count: int) -> None:
    """Raise `Refused` for more workspaces than GitHub runs jobs of one matrix."""
    if count > MATRIX_LIMIT:
        raise Refused(
            f"The project has {count} workspaces, and GitHub runs at most {MATRIX_LIMIT} jobs of one matrix.",
            "Divide the project into several folders, each with a project file, workspaces and workflows of its own.",
        )


def action_reference(reference: str) -> str:
    """Return `reference` if it names an action at a full commit. Raises `WrongUsage`."""
    if not re.fullmatch(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+@[0-9a-f]{40}", reference):
        raise WrongUsage(
            f"{reference!r} is not an action at a full commit.",
            "Write OWNER/REPOSITORY@SHA with all 40 digits: a tag or a branch can be moved to other code.",
        )
    return reference


def own_action() -> str:
    """Return the action at the commit from which this program was installed, as far as that can be found out.

    Without an owner that is known it begins with `UNKNOWN_OWNER`, without a commit it names the version's tag.
    """
    installed = installation()
    name = repository_in(installed.address) or f"{UNKNOWN_OWNER}/invent-gitops"
    return f"{name}@{installed.commit} # v{__version__}" if installed.commit else f"{name}@v{__version__}"


def _filled(template: str, wording: Wording) -> str:
    """Return a template without its marks: `<name>` is a value, and alone on its line it is a block or nothing."""
    by_workspace = bool(wording.keys)
    by_hand = by_workspace and "<choice>" in template
    into = ' -C "$PROJECT"' if wording.folder else ""
    blocks = {
        "workspaces": (Path(__file__).parent / "workspaces.yml").read_text("utf-8") if by_workspace else "",
        "each": _EACH if by_workspace else "",
        "choice": _CHOICE if by_hand else "",
        "chosen": _CHOSEN if by_hand else "",
        "at": "          ref: <quoted>\n" if "ref: <quoted>" in template else "",
        "queue": "      queue: max\n" if wording.queue else "",
        "pages": _PAGES if wording.publish == "pages" else "",
        "private": _PRIVATE if wording.publish == "pages" else "",
        "deploy": (Path(__file__).parent / "deploy.yml").read_text("utf-8") if wording.publish == "pages" else "",
        "place": "    env:\n      PROJECT: <folder>\n" if wording.folder else "",
    }
    values = {
        "project": wording.project,
        "action": wording.action,
        "checkout": CHECKOUT,
        "upload": UPLOAD,
        "cache": CACHE,
        "publish": wording.publish,
        "branch": wording.branch,
        "quoted": wording.branch if _PLAIN.fullmatch(wording.branch) else json.dumps(wording.branch),
        "folder": json.dumps(wording.folder),
        "dropped": ", and none is\n# dropped."
        if wording.queue
        else ". One that\n# waits is cancelled for a newer one.",
        "flags": " --sandbox" if wording.sandbox else "",
        "of": " ${{ matrix.workspace }}" if by_workspace else "",
        "ending": "-${{ matrix.workspace }}" if by_workspace else "",
        "where": f" {wording.folder_name}" if wording.folder else "",
        # By `-C`, so that the program sees the path, and refuses one that a committed link leads elsewhere.
        "into": into,
        "listing": (_CHOOSE if by_hand else _LIST).replace("<into>", into),
        # All plans in one job, which needs no key and posts one comment; one by one they would write over each other's.
        "every": " --all" if by_workspace else "",
        "each_name": "-{workspace}" if by_workspace else "",
        "minutes": "30" if by_workspace else "10",
        "workspace": ' --workspace "$WORKSPACE"' if by_workspace else "",
        # A sandbox is a file that goes with its runner, so that there is nothing to look at the day after.
        "look": "plan --sandbox" if wording.sandbox else "status",
    }
    text = template
    for name, block in blocks.items():
        text = re.sub(rf" *<{name}>\n", lambda _, block=block: block, text)  # type: ignore[misc]  # bound at once
    # At once, so that nothing in a value is taken for a mark.
    return re.sub(r"<(\w+)>", lambda mark: values[mark[1]], _with_keys(text, wording))


def _with_keys(text: str, wording: Wording) -> str:
    """With the secrets that there are, and with the variable of an org only where the project file names none."""
    if wording.keys:
        text = re.sub(r".*vars\.INVENT_ORG_ID.*\n", "", text)
        text = _SECRET.sub(lambda line: "".join(_key_line(line[0], key, wording) for key in wording.keys), text)
        text = text.replace(
            "Holds the secret INVENT_API_KEY. Restrict", "Holds the key of this workspace and no other. Restrict"
        )
    if wording.sandbox:
        text = re.sub(r".*secrets\.INVENT_API_KEY.*\n", "", text)
        text = re.sub(r"# Holds the [^.]+\. Restrict", "# Restrict", text)
    return text


def _key_line(line: str, key: str, wording: Wording) -> str:
    """Return the line of a secret, which a job gets only if it is the key of its workspace."""
    own = line.replace("INVENT_API_KEY", key)
    if len(wording.keys) == 1:
        return own
    return own.replace("${{ ", f"${{{{ matrix.key == '{key}' && ").replace(" }}", " || '' }}")


def _git(folder: Path, *arguments: str) -> str:
    try:
        return Git(folder).run(*arguments).strip()
    except GitFailed:
        return ""
