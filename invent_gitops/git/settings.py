"""What every git process is told: settings that this program needs, and nothing that leads it elsewhere.

How git reaches a host is left as the user has set it, in the environment and in the settings of the repository, of the
user and of the machine: ssh, proxies, credential helpers, `insteadOf`, signing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from invent_gitops.git.credential import token_settings

SETTINGS = {
    # A bare repository among the files of a work tree is one that came with a commit.
    "safe.bareRepository": "explicit",
    # A command for each look at the work tree, an address that is a command, and the hooks of the clone, which are
    # made for what people commit.
    "core.fsmonitor": "false",
    "protocol.ext.allow": "never",
    "core.hooksPath": os.devnull,
    "gc.auto": "0",
    "maintenance.auto": "false",
    # Messages are read back, whatever the user has set for their own.
    "i18n.commitEncoding": "UTF-8",
    "i18n.logOutputEncoding": "UTF-8",
    "log.showSignature": "false",
    "log.follow": "false",
    "color.ui": "false",
    # A state has no submodules; those of the project are nobody's business here. `only` would push nothing else.
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "push.recurseSubmodules": "no",
    "push.followTags": "false",
    "fetch.prune": "false",
    "fetch.pruneTags": "false",
    "fetch.writeCommitGraph": "false",
}
# Since 2.54 a setting can be a hook as well. 2.55 has a switch for each event: these are what our calls could cause.
EVENTS = ("pre-push", "reference-transaction", "post-index-change", "pre-auto-gc")
OPTIONS = ("--no-pager", "--literal-pathspecs")
# What git sets for its own children, or a caller for another git: it would lead to another repository or other files.
FOREIGN = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
}


def words_of(hooks: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the settings as arguments; `hooks` are the names of those in the user's settings, which are switched
    off.
    """
    off = {f"hook.{name}.enabled": "false" for name in (*EVENTS, *hooks)}
    return tuple(word for name, value in (SETTINGS | off).items() for word in ("-c", f"{name}={value}"))


def environment(search: str, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables of a git process, whose PATH is `search`."""
    protocols = inherited.get("GIT_ALLOW_PROTOCOL")
    # This list counts for more than the settings do.
    allowed = {} if protocols is None else {"GIT_ALLOW_PROTOCOL": _without_ext(protocols)}
    return {
        **{name: value for name, value in inherited.items() if name not in FOREIGN},
        "PATH": search,
        **allowed,
        # Nobody is there to answer a question.
        "GIT_TERMINAL_PROMPT": "0",
        "SSH_ASKPASS_REQUIRE": inherited.get("SSH_ASKPASS_REQUIRE", "never"),
        # A replaced object would be read as something else than what was recorded.
        "GIT_NO_REPLACE_OBJECTS": "1",
        "LC_ALL": "C",
        **token_settings(inherited),
    }


def _without_ext(protocols: str) -> str:
    return ":".join(protocol for protocol in protocols.split(":") if protocol != "ext")
