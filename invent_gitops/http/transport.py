"""How connections come about: whom to trust, through which proxy, and one of its own for each request."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from invent_gitops.errors import WrongUsage
from invent_gitops.http.proxies import Proxy
from invent_gitops.values import Struct

_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")
# Closed as soon as the answer has come.
_ONE = httpx.Limits(max_connections=1, max_keepalive_connections=0)
# Kept for the next request, for less time than servers keep it.
_KEPT = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=3.0)


class Kept(Struct):
    """A connection that one request after the other may use, and a socket of ours for it once it stands."""

    transport: httpx.HTTPTransport
    socket: socket.socket | None = None

    def is_spent(self) -> bool:
        """Return whether nothing was received beyond the last answer: what is left would pass for the next one.

        A connection that does not show it, such as one of a library of another version, is not spent.
        """
        try:
            connection: Any
            [connection] = self.transport._pool.connections
            while not hasattr(connection, "_h11_state"):
                connection = connection._connection
            unread, _ = connection._h11_state.trailing_data
        except (AttributeError, TypeError, ValueError):
            return False
        return not unread

    def close(self) -> None:
        self.transport.close()
        if self.socket is not None:
            self.socket.close()


class OneEach(httpx.BaseTransport):
    """Gives each request a pool of one connection, which ends with its answer, unless the request brings its own.

    A pool that several threads share lends a connection to the next request in the moment before it closes it.
    """

    def __init__(self, opened: Callable[[httpx.Limits], httpx.HTTPTransport]) -> None:
        self._opened = opened

    def kept(self) -> Kept:
        """Return a connection to keep; a request brings it along as its extension `kept`."""
        return Kept(self._opened(_KEPT))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        kept: Kept | None = request.extensions.pop("kept", None)
        return (kept.transport if kept else self._opened(_ONE)).handle_request(request)


def one_each(proxy: Proxy | None, *, reads_environment: bool) -> OneEach:
    """Return connections of their own, straight or through a proxy, which share what they trust.

    Raises `WrongUsage` where the environment makes a connection impossible.
    """
    try:
        # Made once: it takes ten times as long as a request.
        context = _authorities(os.environ if reads_environment else {})
    except (OSError, ValueError) as error:
        raise WrongUsage(
            f"The certificates cannot be read: {error}.{certificate_settings()}",
            "Set SSL_CERT_FILE to the path of a PEM file, or unset it: then the usual authorities count.",
        ) from None
    if proxy is None:
        return OneEach(lambda limits: httpx.HTTPTransport(verify=context, limits=limits))
    try:
        through = httpx.Proxy(proxy.url, ssl_context=context if proxy.own_tls else None)
        httpx.HTTPTransport(verify=context, limits=_ONE, proxy=through)
    except ImportError:
        reason, cure = "a SOCKS proxy, which needs one more package", "Install it: pip install socksio"
    except (ValueError, httpx.InvalidURL) as error:
        reason, cure = f"no address of a proxy: {error}", f"Write it like {proxy.variable}=http://HOST:PORT"
    else:
        return OneEach(lambda limits: httpx.HTTPTransport(verify=context, limits=limits, proxy=through))
    raise WrongUsage(f"{proxy.variable} holds {reason}.", cure)


def certificate_settings() -> str:
    """Return which variables decide about certificates, and what they hold."""
    variables = [name for name in _CERTIFICATES if os.environ.get(name)]
    return "".join(f" {name} is {os.environ[name]!r}." for name in variables)


def _authorities(environment: Mapping[str, str]) -> ssl.SSLContext:
    """Whom to trust: the authorities of a variable if one is set, else the usual ones."""
    file, folder = environment.get("SSL_CERT_FILE"), environment.get("SSL_CERT_DIR")
    if file:
        return ssl.create_default_context(cafile=file)
    return ssl.create_default_context(capath=folder) if folder else httpx.create_ssl_context(trust_env=False)
