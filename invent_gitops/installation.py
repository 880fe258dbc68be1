"""Where this program was installed from, and so where its action and its documentation are."""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from invent_gitops.git.repository import Git, GitFailed
from invent_gitops.text.addresses import page_address
from invent_gitops.values import Struct

PACKAGE = "invent-gitops"
# What the repository of this program tracks. A repository into which it was only installed has no such action.
_SOURCE_FILES = ("invent_gitops/__init__.py", "action.yml")


class Installation(Struct, frozen=True):
    """The git address and the commit of an installation, each "" if unknown.

    `cloned` is whether they are those of a clone, whose newest commits its remote may not have.
    """

    address: str = ""
    commit: str = ""
    cloned: bool = False


def installation() -> Installation:
    """Return what this program was installed from."""
    clone = Path(__file__).resolve().parents[1]
    if not _is_source(clone):
        origin = _direct_url()
        vcs = origin.get("vcs_info", {})
        if vcs.get("vcs") == "git":
            return Installation(str(origin.get("url", "")), str(vcs.get("commit_id", "")))
        clone = Path(unquote(urlsplit(str(origin.get("url", ""))).path))
    # A relative path would be that of the folder the program runs in, which is the user's own repository.
    if not (clone.is_absolute() and _is_source(clone)):
        return _released()
    return Installation(_git(clone, "remote", "get-url", "origin"), _git(clone, "rev-parse", "HEAD"), cloned=True)


def _is_source(folder: Path) -> bool:
    """Return whether `folder` is a clone of this program's repository: it has the files, and git tracks them there."""
    if not (folder / ".git").exists():
        return False
    try:
        listed = Git(folder).run("ls-files", "-z", "--", *_SOURCE_FILES).split("\0")
    except GitFailed:
        return False
    return all(name in listed and (folder / name).is_file() for name in _SOURCE_FILES)


def _released() -> Installation:
    """Return what a release has written into its metadata: the address of its source at the commit."""
    address, _, commit = _project_url("Source").partition("/tree/")
    return Installation(address, commit if re.fullmatch(r"[0-9a-f]{40}", commit) else "")


def docs_address(page: str) -> str:
    """Return where a page below docs/ can be read: on the site that the package names, in its repository, or as the
    path there.
    """
    if site := _project_url("Documentation"):
        return page_address(page, site=site)
    installed = installation()
    return page_address(page, origin=installed.address, commit="" if installed.cloned else installed.commit)


def _project_url(label: str) -> str:
    """Return the address that the metadata of the package has under a label, or ""."""
    try:
        listed = distribution(PACKAGE).metadata.get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    urls = dict(entry.partition(", ")[::2] for entry in listed)
    return str(urls.get(label, "")).strip()


def _direct_url() -> dict[str, Any]:
    """Return what the installer wrote down of the source (PEP 610), or {}."""
    try:
        written = json.loads(distribution(PACKAGE).read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return {}
    return written if isinstance(written, dict) else {}


def _git(clone: Path, *arguments: str) -> str:
    try:
        return Git(clone).run(*arguments).strip()
    except GitFailed:
        return ""
