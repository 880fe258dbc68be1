"""Who owns a path, by the text of a file CODEOWNERS: the last pattern that fits it decides."""

from __future__ import annotations

import re

# What the printed lines have where a name belongs, so it owns nothing.
PLACEHOLDER = "@TEAM"
_OWNER = re.compile(r"@[A-Za-z0-9][A-Za-z0-9_/.-]*|[^@\s]+@[^@\s]+\.[^@\s]+")


def owners_of(text: str, path: str) -> tuple[str, ...]:
    """Return the owners of a path below the root of the repository, () for none; a placeholder is none."""
    owners: tuple[str, ...] = ()
    for line in text.splitlines():
        pattern, *names = re.sub(r"(^|\s)#.*", "", line).split()[:50] or [""]
        # GitHub ignores a line with a negation or a range of signs.
        if not pattern or pattern[0] == "!" or "[" in pattern:
            continue
        if _regex(pattern).fullmatch(path):
            owners = tuple(name for name in names if _OWNER.fullmatch(name) and name != PLACEHOLDER)
    return owners


def _regex(pattern: str) -> re.Pattern[str]:
    """Return a pattern of CODEOWNERS: as in .gitignore, but `/*` at the end leaves out what is deeper."""
    anchored = "/" in pattern.rstrip("/")
    folder = pattern.endswith("/")
    parts = re.split(r"(\*\*/|/\*\*|\*\*|\*|\?)", pattern.strip("/"))
    signs = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    body = "".join(signs.get(part, re.escape(part)) for part in parts)
    start = "" if anchored else "(?:.*/)?"
    end = "/.*" if folder else "" if pattern.endswith("/*") else "(?:/.*)?"
    return re.compile(start + body + end)
