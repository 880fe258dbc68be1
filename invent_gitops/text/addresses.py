"""The address of a page of the documentation, as far as it is certain where the documentation is published."""

from __future__ import annotations

import re

DOCS = "docs/"
_GITHUB = re.compile(r"(?:^|[/@])(?:www\.|ssh\.)?github\.com(?::\d+)?[:/]([A-Za-z0-9-]+/[A-Za-z0-9._-]+?)(?:\.git)?/?$")
# What a template names until its repository is known. Nobody can open an address with it.
_PLACEHOLDER = re.compile(r"(?:^|[/:@.])(?:OWNER|ORG|YOUR[-_A-Z]*)(?:[/:.]|$)|[<>{}]|\bexample\.(?:com|org)\b")
# As many digits as tell commits apart, and leave the address on one line.
_DIGITS = 12


def repository_in(address: str) -> str:
    """Return OWNER/NAME of a repository on GitHub, or "" for any other address and for a placeholder."""
    match = _GITHUB.search(address)
    return match[1] if match and not _is_placeholder(address) else ""


def page_address(page: str, *, site: str = "", origin: str = "", commit: str = "") -> str:
    """Return where `page`, a path below docs/ such as `policies.md#waiving-one`, can be read.

    `site` is the published documentation, `origin` the git address of the source and `commit` the commit that is
    installed. Each is "" if unknown; without both addresses the result is the path in the repository.
    """
    path, _, title = page.partition("#")
    ending = f"#{title}" if title else ""
    if re.match(r"https?://", site) and not _is_placeholder(site):
        base = site.rstrip("/")
        if re.match(r"https?://(www\.)?github\.com/", base):
            # GitHub shows a folder at `tree`, and a file in it at `blob`.
            return f"{base.replace('/tree/', '/blob/')}/{path}{ending}"
        return f"{base}/{path.removesuffix('.md').removesuffix('index')}/{ending}".replace("//#", "/#")
    if repository := repository_in(origin):
        return f"https://github.com/{repository}/blob/{commit[:_DIGITS] or 'HEAD'}/{DOCS}{path}{ending}"
    return f"{DOCS}{path}{ending}"


def _is_placeholder(address: str) -> bool:
    return bool(_PLACEHOLDER.search(address))
