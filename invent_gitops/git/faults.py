"""What git's words mean: the line that says why, whether it passes by itself, and what to do about it."""

from __future__ import annotations

import re
import shlex

from invent_gitops.git.credential import access_cure

# Git did not end in time; said by this program, since git says nothing then.
HANGS = "did not end within"

_LOCK = r"Unable to create '(?P<lock>[^'\n]+\.lock)': File exists"
_PASSING = re.compile(
    r"returned error: (?:429|5\d\d)|\bHTTP (?:429|5\d\d)\b|timed? ?out|early EOF|unexpected disconnect|"
    r"hung up unexpectedly|Connection (?:reset|refused|closed|aborted)|Could not resolve|name resolution|"
    r"Network is unreachable|No route to host|Broken pipe|Empty reply from server|RPC failed|SSL_ERROR_SYSCALL|"
    rf"TLS connection was non-properly terminated|(?:Recv|Send) failure|Failed to connect|{HANGS}|"
    rf"kex_exchange_identification|{_LOCK}|is at [0-9a-f]+ but expected",
    re.IGNORECASE,
)
_LASTING = re.compile(
    r"Permission denied|insufficient permission|Authentication failed|could not read (?:Username|Password)|"
    r"does not appear to be a git repository|repository .*not found|returned error: 40[134]|Host key verification|"
    r"No space left|quota exceeded|Read-only file system|dubious ownership|not allowed",
    re.IGNORECASE,
)
NETWORK = "Check the network, the name of the remote (git remote -v) and your access to it."
# By what git says, what mends it; groups of the pattern are put into the cure, quoted for a shell.
_CURES = (
    (
        r"(?:detected dubious ownership in|unsafe) repository (?:at )?\(?'(?P<path>[^'\n]+)'",
        "The .git folder belongs to another user. If you trust it: git config --global --add safe.directory {path}",
    ),
    (_LOCK, "If no other git is running here, delete what a killed one left behind: rm {lock}"),
    (
        r"'(?P<ref>refs/invent-gitops/[^'\n]+)' exists; cannot create",
        (
            "This clone remembers a branch of which the name begins like this one. If no state is there any more: "
            "git update-ref -d {ref}"
        ),
    ),
    (
        r"'refs/heads/(?P<branch>[^'\n]+)' exists; cannot create",
        "The remote has a branch {branch}, so that no other name can go on from it. Choose another name.",
    ),
    (r"No space left on device|quota exceeded", "Free some space on this machine, then run this again."),
    (
        # Of a file, not of ssh, which names its methods in brackets after it.
        (
            r"insufficient permission for adding|Read-only file|(?:unable to|could not|cannot) .*: Permission denied$|"
            r"unable to create directory for|(?:couldn't|could not|unable to|cannot) write"
        ),
        (
            "Git must be able to read and write all of the .git folder. See who owns it, and whether there is space: "
            "ls -ld .git .git/objects .git/refs; df -h .git"
        ),
    ),
    (
        r"cannot run |error: cannot exec|: command not found",
        "Git cannot start its ssh or helper. See: git config --show-origin --get core.sshCommand",
    ),
    (
        r"(?:cannot fork|unable to fork|Resource temporarily unavailable|Cannot allocate memory)",
        "This machine has no process or memory left. End other programs, then run this again.",
    ),
    (
        r"transport 'ext' not allowed",
        "An address that begins with ext:: is a command, and no command is run here. Use another: git remote set-url",
    ),
    (
        r"transport '(?P<scheme>[^'\n]+)' not allowed",
        "Git's settings forbid this kind of address. See: git config --show-origin --get-regexp '^protocol'",
    ),
    (r"Permission denied \(", "The remote rejects the ssh key of this user. See that this works: git ls-remote"),
    (r"Host key verification failed", "Accept the host's key once by hand: git ls-remote"),
    (
        r"certificate|CAfile",
        "Git does not trust the certificate. See: git config --show-origin --get-regexp '^http'",
    ),
    (
        r"does not appear to be a git repository|repository .*not found|unable to find remote helper",
        "See where the remote leads, and whether that is right: git remote -v",
    ),
    (
        r"bad (?:config|numeric|boolean)|unknown repository extension|invalid value for|missing value for",
        "Fix that line of git's settings. See: git config --list --show-origin",
    ),
    (
        r"(?m)^remote: (?:fatal|error): .*(?:bad (?:\w+ )?object|corrupt|unable to read|missing)|pack-objects died",
        "The repository at the remote is damaged. On its host, see what is missing: git fsck",
    ),
    (
        r"bad object|corrupt|unable to read (?:tree|sha1)|loose object|missing (?:blob|tree|commit)",
        "This clone is damaged. See what is missing: git fsck",
    ),
)


def reason_in(output: str) -> str:
    """Return the line of git's words that says why."""
    lines = [line for line in output.splitlines() if line.strip()]
    reasons = [line for line in lines if line.startswith(("fatal:", "error:", "remote:"))]
    return (reasons or lines or ["no reason given"])[0].rstrip()


def is_passing(output: str) -> bool:
    """Return whether the same may go well in a moment: the host or the network, or a lock that another git holds."""
    return bool(_PASSING.search(output)) and not _LASTING.search(output)


def cure_for(output: str) -> str:
    """Return what to do, by git's words; never "check the network" for a fault of this machine."""
    for pattern, cure in _CURES:
        match = re.search(pattern, output, re.IGNORECASE | re.MULTILINE)
        if match:
            return cure.format(**{name: shlex.quote(text) for name, text in match.groupdict().items()})
    if access_cure(output):
        return access_cure(output)
    return NETWORK if _PASSING.search(output) else "See what git status, git remote -v and git ls-remote say."
