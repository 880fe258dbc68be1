"""Which API to talk to, checked before anything is sent: one origin, https, and a key that fits in a header."""

from __future__ import annotations

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from invent_gitops.errors import WrongUsage
from invent_gitops.model.project import OWN_ORG
from invent_gitops.model.variables import KEY_VARIABLE
from invent_gitops.values import Struct

DEFAULT_BASE_URL = "https://api.useinvent.com"
DEFAULT_ORG = OWN_ORG


class Target(Struct, frozen=True):
    """`base_url` as it is called, `org` as the path holds it, `name` as the state is bound to it."""

    base_url: str
    org: str
    name: str
    key: str = ""

    def __repr__(self) -> str:
        """Leave the key out: a value that is printed may end up in a log."""
        return f"Target(base_url={self.base_url!r}, org={self.org!r}, name={self.name!r})"

    def __rich_repr__(self, /) -> list[tuple[str, Any]]:
        """Leave it out of the tracebacks of `rich`, too, which print local variables."""
        return [("base_url", self.base_url), ("org", self.org), ("name", self.name)]

    @property
    def loopback(self) -> bool:
        return is_loopback(urlsplit(self.base_url).hostname or "")


def checked_base_url(text: str, label: str = "The base URL", like: str = DEFAULT_BASE_URL) -> str:
    """Return the normal form of a base URL: lower-case host, no default port, no slash at the end. Raises `WrongUsage`.

    `label` is what people call it, `like` an example.
    """
    cure = f"Write it like {like}; http:// is allowed for 127.0.0.1 and localhost only."
    if not text.strip().isprintable():
        raise WrongUsage(f"{label} holds line feeds or other control characters.", cure)
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError as error:
        raise WrongUsage(f"{label} is not a URL: {error}.", cure) from None
    host = (parts.hostname or "").lower()
    # The text itself is never shown: it may hold a password.
    if "@" in text or parts.query or parts.fragment:
        raise WrongUsage(f"{label} may hold neither a user name nor a query nor a fragment.", cure)
    if parts.scheme not in ("http", "https") or not _is_host(host):
        raise WrongUsage(f"{label} has no usable scheme and host.", cure)
    if parts.scheme == "http" and not is_loopback(host):
        raise WrongUsage(f"{label} would send the key unencrypted.", cure)
    if not re.fullmatch(r"[A-Za-z0-9._~/-]*", parts.path) or ".." in parts.path:
        raise WrongUsage(f"{label} has an odd path.", cure)
    authority = f"[{host}]" if ":" in host else host
    suffix = "" if port in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{authority}{suffix}{parts.path.rstrip('/')}"


def checked_org(text: str) -> str:
    """Return an org id that stays one segment of the path. Raises `WrongUsage`."""
    if not re.fullmatch(r"[A-Za-z0-9._~-]{1,128}", text) or text.strip(".") == "":
        raise WrongUsage(f"The org {text!r} is not an id.", "Use the id that Invent shows, or c for the key's own org.")
    return text


def checked_key(text: str, variable: str = KEY_VARIABLE) -> str:
    """Return a key that a header can hold; it is never shown, not even when it is wrong. Raises `WrongUsage`.

    `variable` is the one of the environment that holds it.
    """
    key = text.strip()
    if not re.fullmatch(r"[!-~]{1,4096}", key):
        raise WrongUsage(
            f"{variable} holds spaces, line feeds or characters that a key cannot have.",
            "Copy the key again, without quotation marks or spaces around it.",
        )
    return key


def _is_host(host: str) -> bool:
    """Return whether it is an IP address or a name that a name service could know."""
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        pass
    labels = host.removesuffix(".").split(".")
    if len(host) > 253 or not all(re.fullmatch(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", label) for label in labels):
        return False
    if "xn--" not in host:
        return True
    try:
        return bool(host.encode("ascii").decode("idna"))
    except UnicodeError:
        return False


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
