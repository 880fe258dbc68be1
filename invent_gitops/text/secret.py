"""The secrets that a run is given, taken out of everything that it prints or writes, in whatever dress they come.

`render.clean` does so for every text before it is marked up, since afterwards `ghs_x` may be `ghs&#95;x`; what leaves
the process is searched once more as it is. A secret is found as it stands, in the spellings of URLs, JSON, HTML and
base64, with each character written by its number, and with invisible characters in it, also where these are written
out already.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from invent_gitops.text.held import LEAST, given, held
from invent_gitops.text.spelled import is_as_seen, readings

# How often a text is written into another one at most, each time with escapes of its own.
_NESTED = 4
HIDDEN = "***"

# Tokens of GitHub, whoever they belong to, also as our Markdown spells them; and what stands behind a user or a scheme.
_SIGN = r"(?:_|&#95;|\\_|%5[Ff])"
_TOKENS = re.compile(
    rf"gh[pousr]{_SIGN}[A-Za-z0-9](?:[A-Za-z0-9-]|\.(?=[A-Za-z0-9_-]{{10}})|{_SIGN}){{15,}}"
    rf"|github{_SIGN}pat{_SIGN}[A-Za-z0-9](?:[A-Za-z0-9]|{_SIGN}){{15,}}"
    r"|(?<=x-access-token:)[^\s@\"'*]{4,}"
    r"|(?<=basic )[A-Za-z0-9+/=_-]{16,}",
    re.IGNORECASE,
)
_HINTS = ("gh", "github", "x-access-token:", "basic ")
# As base64, of which the first characters also depend on what stands before the secret, and the last ones on what
# follows: by the number of bytes before it, how many characters to leave out.
_OFFSETS = {0: 0, 1: 2, 2: 3}


def without_secrets(text: str, environment: Mapping[str, str]) -> str:
    """`text` without the secrets of that environment, without those that are held, and without tokens of GitHub."""
    return hide(text, given(environment))


def hide(text: str, more: Iterable[str] = (), *, in_place: bool = False) -> str:
    """`text` without any secret; `more` are further ones. With `in_place` the text keeps its length."""
    if len(text) < LEAST:
        return text
    secrets = (*held(), *more)
    forms = _forms(secrets) if secrets else ()
    hints = [hint for hint in _HINTS if hint in text] or [hint for hint in _HINTS if hint in text.casefold()]
    plain = is_as_seen(text)
    if plain and not hints and not any(form in text for form in forms):
        return text
    spans = [*_spans(text, forms), *(() if plain else _through_gaps(text, forms))]
    return _masked(text, spans, in_place=in_place)


@lru_cache(maxsize=16)
def _forms(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Return every spelling of each, the longest first, since one may begin as another does."""
    forms = {form for secret in secrets if len(secret) >= LEAST for form in _spelled(secret)}
    return tuple(sorted(forms, key=lambda form: (-len(form), form)))


def _spelled(secret: str) -> Iterator[str]:
    # Without a secret, nothing of this is needed.
    import base64
    import html
    import json
    from urllib.parse import quote

    quoted = quote(secret, safe="")
    yield from (secret, quoted, re.sub("%..", lambda match: match[0].lower(), quoted), html.escape(secret))
    for ascii_only in (True, False):
        spelled = secret
        # JSON in YAML in JSON.
        for _ in range(_NESTED):
            spelled = json.dumps(spelled, ensure_ascii=ascii_only)[1:-1]
            yield spelled
    encoded = secret.encode("utf-8", "surrogateescape")
    for before, left_out in _OFFSETS.items():
        # Only whole characters of the encoding: those that no neighbour changes.
        digits = (before + len(encoded)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            if len(form := encode(b"\0" * before + encoded).decode()[left_out:digits]) >= LEAST:
                yield form


def _spans(text: str, forms: Iterable[str]) -> Iterator[tuple[int, int]]:
    for form in forms:
        at = text.find(form)
        while at >= 0:
            yield at, at + len(form)
            at = text.find(form, at + len(form))
    yield from (match.span() for match in _TOKENS.finditer(text))


def _through_gaps(text: str, forms: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Yield where a secret is once what is invisible in it is left out, and what is written by its number is read."""
    for reading in readings(text):
        for start, end in _spans(reading.text, forms):
            yield reading.source(start, end)


def _masked(text: str, spans: list[tuple[int, int]], *, in_place: bool) -> str:
    parts: list[str] = []
    at = 0
    last = -1
    for start, end in sorted(spans):
        if start >= last:
            parts += [text[at:start], "*" * (end - start) if in_place else HIDDEN]
        elif in_place and end > last:
            parts.append("*" * (end - last))
        at = last = max(last, end)
    return "".join([*parts, text[at:]])
