"""Where git pushes to and where it reads from, and which setting parts the two."""

from __future__ import annotations

import re
import shlex

from invent_gitops.git.repository import Git, GitFailed
from invent_gitops.values import Struct


class Setting(Struct, frozen=True):
    """One line of git's settings: `scope` is git's word for its kind of file, `origin` names the file itself."""

    scope: str
    origin: str
    name: str
    value: str

    @property
    def place(self) -> str:
        return self.origin.removeprefix("file:")

    @property
    def removal(self) -> str:
        """The command that takes it out."""
        if self.scope == "command":
            return "it comes from GIT_CONFIG_COUNT or from git's -c"
        scope = {"local": "", "worktree": " --worktree"}.get(self.scope, f" --{self.scope}")
        command = f"git config{scope} --unset-all {shlex.quote(self.name)}"
        if self.name.endswith(".pushurl"):
            return command
        # A pattern of git's; a password is left out of it.
        credentials, _, address = self.value.rpartition("@")
        pattern = re.sub(r"[][.*+?(){}|^$\\]", r"\\\g<0>", address)
        return f"{command} {shlex.quote(('' if credentials else '^') + pattern + '$')}"


def why_apart(git: Git, remote: str) -> tuple[str, str]:
    """Return what sends the pushes to `remote` elsewhere than its fetches, and the command that mends it."""
    fetched, pushed = _urls(git, remote), _urls(git, remote, "--push", "--all")
    culprits = _culprits(git, remote)
    where = f"Git reads {_shown(fetched)} and pushes to {_shown(pushed)}"
    if not culprits or pushed == fetched[:1]:
        cure = "If the host serves reads from a mirror, wait until it has caught up, then run this again. Compare: "
        return f"{where}, and no setting of git parts the two", f"{cure}git ls-remote {shlex.quote(remote)}"
    lines = "; ".join(f"{setting.name} = {_bare(setting.value)} in {setting.place}" for setting in culprits)
    return (
        f"{where}. The setting is {lines}",
        f"Take it out: {' ; '.join(dict.fromkeys(setting.removal for setting in culprits))}",
    )


def _culprits(git: Git, remote: str) -> list[Setting]:
    """Return the settings that git takes an address for pushes from, other than the one for both."""
    name = f"remote.{remote}."
    own = [setting for setting in _settings(git, r"^remote\..*\.(url|pushurl)$") if setting.name.startswith(name)]
    pushes = [setting for setting in own if setting.name == f"{name}pushurl"]
    if pushes:
        return pushes
    urls = [setting for setting in own if setting.name == f"{name}url"]
    rewrites = _settings(git, r"^url\..*\.pushinsteadof$")
    used = [setting for setting in rewrites if any(url.value.startswith(setting.value) for url in urls)]
    return used or urls[1:]


def _settings(git: Git, pattern: str) -> list[Setting]:
    try:
        listed = git.run("config", "-z", "--show-scope", "--show-origin", "--get-regexp", pattern)
    except GitFailed:
        return []
    parts = listed.split("\0")
    return [
        Setting(scope, origin, *entry.partition("\n")[::2])
        for scope, origin, entry in zip(parts[::3], parts[1::3], parts[2::3], strict=False)
    ]


def _urls(git: Git, remote: str, *options: str) -> list[str]:
    try:
        return git.run("remote", "get-url", *options, remote).splitlines()
    except GitFailed:
        return []


def _shown(urls: list[str]) -> str:
    return " and ".join(map(_bare, urls)) or "nowhere"


def _bare(url: str) -> str:
    """Return an address without a password in it."""
    return re.sub(r"(?<=://)[^/@]*@", "", url)
