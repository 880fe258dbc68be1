"""Where a list at GitHub goes on, by the header Link of its answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from invent_gitops.errors import Unavailable
from invent_gitops.github.refusal import LATER

_PARAMETER = r"""\s*;\s*[a-z*]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"',;<>]+))?"""
_LINK = re.compile(rf"\s*<([^<>]*)>((?:{_PARAMETER})*)\s*(?:,|$)", re.IGNORECASE)
_RELATIONS = re.compile(r""";\s*rel\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"',;<>]+))""", re.IGNORECASE)
# What tells one page of a list from another. The rest of an address is ours.
_PLACES = ("page", "after")
_PORTS = {"http": 80, "https": 443}


def next_page(link: str, base_url: str, asked: Mapping[str, str], number: int, *, full: bool) -> dict[str, str] | None:
    """Return the query of the page after `number`, None if there is none. `asked` is the query of this page.

    A `full` page is followed by another, whatever the header says, and the header may name one after a page that is
    not. Only the place in the list is taken from the header: the token goes to no other address. Raises `Unavailable`
    where the list goes on at another host, or nowhere that can be read: what is not read is not the same as none.
    """
    links = _links(link)
    elsewhere = {name: value for name, value in asked.items() if name not in _PLACES}
    if "next" not in links:
        if full:
            return elsewhere | {"page": str(number + 1)}
        last = _places(links.get("last", "")).get("page", "0")
        if not re.fullmatch(r"[0-9]{1,9}", last) or int(last) > number:
            raise Unavailable("GitHub's list ended before the page that GitHub says is the last.", LATER)
        return None
    address = links["next"]
    if _origin(address) != _origin(base_url):
        raise Unavailable(
            "GitHub says that a list goes on at another host, where this token must not go.",
            "Check GITHUB_API_URL: it must be the address that this server gives to itself.",
        )
    places = _places(address)
    query = elsewhere | places
    if not places or query == asked:
        raise Unavailable("GitHub says that a list goes on, and not where.", LATER)
    if places.get("page", str(number + 1)) != str(number + 1):
        raise Unavailable("GitHub says that a list goes on at another page than the next one.", LATER)
    return query


def _links(link: str) -> dict[str, str]:
    """Return the address of each relation, in lower case. Raises `Unavailable` for a header that cannot be read."""
    addresses: dict[str, str] = {}
    at = 0
    while at < len(link.rstrip()):
        match = _LINK.match(link, at)
        if not match:
            if re.search(r"\bnext\b", link, re.IGNORECASE):
                raise Unavailable("GitHub says that a list goes on, and not where.", LATER)
            raise Unavailable("GitHub's header Link cannot be read, and so not where a list ends.", LATER)
        at = match.end()
        for relations in _RELATIONS.findall(match[2]):
            for relation in "".join(relations).lower().split():
                addresses.setdefault(relation, match[1])
    return addresses


def _places(address: str) -> dict[str, str]:
    try:
        query = urlsplit(address).query
    except ValueError:
        return {}
    return {name: value for name, value in parse_qsl(query) if name in _PLACES and value}


def _origin(address: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme]
    except (KeyError, ValueError):
        return None
