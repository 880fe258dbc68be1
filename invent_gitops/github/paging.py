"""Where a list at GitHub goes on, by the header Link of its answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from invent_gitops.errors import Unavailable
from invent_gitops.github.refusal import LATER

_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_NEXT = re.compile(r'\brel\s*=\s*(?:next\b|"[^"]*\bnext\b[^"]*")', re.IGNORECASE)
# What tells one page of a list from another. The rest of an address is ours.
_PLACES = ("page", "after")
_PORTS = {"http": 80, "https": 443}


def next_page(link: str, base_url: str, asked: Mapping[str, str]) -> dict[str, str] | None:
    """The query of the next page, None if there is none. `asked` is the query of this page.

    Only the place in the list is taken from the header: the token goes to no other address. Raises `Unavailable` where
    the list goes on at another host, or nowhere that can be read: what is not read is not the same as none.
    """
    address = next((match[1] for match in _LINK.finditer(link) if _NEXT.search(match[2])), None)
    if address is None:
        if re.search(r"\bnext\b", link):
            raise Unavailable("GitHub says that a list goes on, and not where.", LATER)
        return None
    if _origin(address) != _origin(base_url):
        raise Unavailable(
            "GitHub says that a list goes on at another host, where this token must not go.",
            "Check GITHUB_API_URL: it must be the address that this server gives to itself.",
        )
    places = {name: value for name, value in parse_qsl(urlsplit(address).query) if name in _PLACES and value}
    query = {name: value for name, value in asked.items() if name not in _PLACES} | places
    if not places or query == asked:
        raise Unavailable("GitHub says that a list goes on, and not where.", LATER)
    return query


def _origin(address: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme]
    except (KeyError, ValueError):
        return None
