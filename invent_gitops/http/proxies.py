"""Which proxy leads to an origin: read from the variables of the environment, and none of them can break the start."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies

from invent_gitops.errors import WrongUsage
from invent_gitops.values import Struct

SCHEMES = ("http", "https", "socks5", "socks5h")
_SYSTEM = "The proxy of this system's settings"
_PORTS = {"http": 80, "https": 443}


class Proxy(Struct, frozen=True):
    """A proxy as it is called (`url`), the `variable` that names it, and the address to show: no user, no password."""

    url: str
    variable: str
    address: str

    @property
    def own_tls(self) -> bool:
        """Whether TLS is spoken with the proxy itself."""
        return self.url.startswith("https:")


def proxy_for(base_url: str) -> Proxy | None:
    """Return the proxy that the environment names for `base_url`, if it names one. Raises `WrongUsage` for one of no
    use.
    """
    origin = urlsplit(base_url)
    settings = getproxies()
    for name in (origin.scheme, "all"):
        value = settings.get(name, "").strip()
        if value:
            break
    else:
        return None
    return (
        None if is_exempt(origin, settings.get("no", "")) else _checked(value, _variable(f"{name}_proxy", os.environ))
    )


def is_exempt(origin: SplitResult, no_proxy: str) -> bool:
    """Return whether NO_PROXY names this origin. What cannot be read in it names nothing, as with curl.

    Read are `*`, names (their subdomains are meant as well, with or without a dot before them), addresses, networks
    such as `10.0.0.0/8` and `fd00::/8`, each with a port or without, and origins such as `https://host`; between
    them are commas or blanks.
    """
    return any(_names(entry, origin) for entry in re.split(r"[,\s]+", no_proxy.lower()) if entry)


def _names(entry: str, origin: SplitResult) -> bool:
    scheme, separator, authority = entry.rpartition("://")
    if separator and scheme not in ("all", origin.scheme):
        return False
    host = (origin.hostname or "").rstrip(".")
    if authority == "*":
        return True
    if authority == "<local>":
        return "." not in host and ":" not in host
    named, port = _split_port(authority.split("/")[0] if separator else authority)
    if port is not None and port != (origin.port or _PORTS.get(origin.scheme)):
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        suffix = named.removeprefix("*").strip(".")
        return bool(suffix) and (host == suffix or host.endswith(f".{suffix}"))
    try:
        return address in ipaddress.ip_network(named.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        return False


def _split_port(text: str) -> tuple[str, int | None]:
    """Return a host and its port; the colons of a bare IPv6 address belong to the address."""
    match = re.fullmatch(r"(\[[^\]]*\](?:/\d+)?|[^:]*):(\d{1,5})", text)
    return (match[1], int(match[2])) if match else (text, None)


def _variable(name: str, environment: Mapping[str, str]) -> str:
    """Return the variable as it is spelled there; of two spellings, the one in small letters counts."""
    spelled = [variable for variable in environment if variable.lower() == name]
    return name if name in spelled else spelled[0] if spelled else _SYSTEM


def _checked(value: str, variable: str) -> Proxy:
    url = value if "://" in value else f"http://{value}"
    # What is before the last @ may be a password.
    masked = re.sub(r"^(\w+://)?.*@", r"\1***@", value, flags=re.DOTALL)
    cure = f"Write it like {variable}=http://HOST:PORT, or unset it to go without a proxy."
    if variable == _SYSTEM:
        cure = "Set HTTPS_PROXY to http://HOST:PORT, or fix the settings."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise WrongUsage(f"{variable} holds {masked!r}, which is not an address of a proxy: {error}.", cure) from None
    if parts.scheme not in SCHEMES:
        raise WrongUsage(f"{variable} holds {masked!r}; a proxy's address begins with {_listed()}.", cure)
    if not url.isprintable() or not _is_host(host):
        raise WrongUsage(f"{variable} holds {masked!r}, which names no host that could be a proxy.", cure)
    host = f"[{host}]" if ":" in host else host
    return Proxy(url, variable, f"{host}:{port}" if port else host)


def _is_host(host: str) -> bool:
    return bool(re.fullmatch(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?|[0-9a-f:.]*:[0-9a-f:.%a-z]*", host))


def _listed() -> str:
    return ", ".join(f"{scheme}://" for scheme in SCHEMES)
