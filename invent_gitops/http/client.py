"""HTTP with one origin: no redirects, no repeats, bounded answers, and a verdict on whether a request has left."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx

from invent_gitops import __version__
from invent_gitops.http.address import is_loopback
from invent_gitops.http.errors import AnswerLost, EncodedAnswer, HttpError, NotSent
from invent_gitops.http.line import OPENING, Line
from invent_gitops.http.proxies import Proxy, proxy_for
from invent_gitops.http.transport import Kept, certificate_settings, one_each
from invent_gitops.http.watch import Watch

# Raised by the library for an invalid request: before a byte of it has left, though its beginning was announced.
_NO_REQUEST = (httpx.LocalProtocolError, httpx.UnsupportedProtocol)
# Codes of OpenSSL.
_OUT_OF_DATE, _OTHER_HOST = (9, 10), (62, 64)
# Answers of a proxy after which another try may end well.
_PASSING = (408, 425, 429)
# In the library's message about an answer whose Transfer-Encoding it does not know.
_TRANSFER = "transfer-encoding"


class Reply(NamedTuple):
    """A complete answer. The names of its headers match in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Bounds(NamedTuple):
    """What a request may take: `silence` seconds without a byte, `seconds` altogether, `size` bytes of an answer."""

    silence: float
    seconds: float
    size: int


class Connection:
    """The way to `base_url`, straight or through the proxy of the environment. Safe to use from several threads.

    `address` says how people choose the base URL. Raises `WrongUsage` where the environment makes a connection
    impossible.
    """

    def __init__(self, base_url: str, headers: Mapping[str, str], *, address: str) -> None:
        parts = urlsplit(base_url)
        self._host, self._address = parts.netloc, address
        # A proxy must not see what stays on this machine.
        self._proxy = None if is_loopback(parts.hostname or "") else proxy_for(base_url)
        self._watch = Watch()
        self.timeout = httpx.Timeout(10.0, write=30.0, pool=30.0)
        self._transport = one_each(self._proxy, reads_environment=parts.scheme == "https")
        self._idle: list[Kept] = []
        self._client = httpx.Client(
            base_url=base_url,
            # A compressed answer of some kilobytes can unpack to gigabytes, and be compressed several times over.
            headers={**headers, "Accept-Encoding": "identity", "User-Agent": f"invent-gitops/{__version__}"},
            follow_redirects=False,
            transport=self._transport,
        )

    def close(self) -> None:
        """Give the connections back."""
        for kept in self._idle:
            kept.close()
        self._client.close()
        self._watch.close()

    def exchange(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        bounds: Bounds,
        fresh: Callable[[], bool] = lambda: True,
        repeatable: bool = False,
    ) -> Reply:
        """Return one request and its whole answer. Raises `NotSent` or `AnswerLost`.

        A `repeatable` one may use a connection that an earlier one has left; should the server close it in that
        moment, the answer is lost. Any other has a connection of its own. The times of `bounds` count from the moment
        on in which `fresh` says yes, as the last thing before the request leaves.
        """
        kept = self._kept() if repeatable else None
        line, usual = Line(fresh, bounds.seconds, self._watch, kept), self.timeout
        content_headers = {} if body is None else {"Content-Type": "application/json", "Content-Length": str(len(body))}
        try:
            with self._client.stream(
                method,
                path,
                params=params,
                content=None if body is None else line.body(body),
                headers=content_headers,
                timeout=httpx.Timeout(connect=usual.connect, read=bounds.silence, write=usual.write, pool=usual.pool),
                extensions={"trace": line.trace, "kept": kept},
            ) as response:
                answer = _plain_body(response, bounds.size)
                line.complete = True
                return Reply(response.status_code, response.headers, answer)
        except NotSent:
            raise
        except (HttpError, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, RuntimeError) as error:
            if not line.begun or isinstance(error, _NO_REQUEST):
                raise self._not_sent(error, line) from error
            if line.over:
                raise AnswerLost(f"the answer took too long, more than {bounds.seconds:.0f} seconds") from error
            if isinstance(error, AnswerLost):
                raise
            if isinstance(error, httpx.RemoteProtocolError) and _TRANSFER in str(error).casefold():
                reason = "the answer is encoded on its way (Transfer-Encoding), and not only cut up"
                raise EncodedAnswer(reason) from error
            raise AnswerLost(str(error) or type(error).__name__) from error
        finally:
            line.close()
            if kept and line.complete and kept.is_spent():
                self._idle.append(kept)
            elif kept:
                kept.close()

    def _kept(self) -> Kept:
        """Return a connection that nobody else uses meanwhile."""
        try:
            return self._idle.pop()
        except IndexError:
            return self._transport.kept()

    def _not_sent(self, error: Exception, line: Line) -> NotSent:
        """Return why nothing was sent, in full sentences."""
        refused = _refused_certificate(error)
        # A tunnel's TLS is the origin's; before there is one, it can only be the proxy's own.
        is_proxys = self._proxy is not None and self._proxy.own_tls and line.stage == "connection.start_tls"
        if refused is not None:
            return self._distrusted(refused, self._proxy if is_proxys else None)
        reason = (str(error) or type(error).__name__).rstrip(".")
        if line.over:
            reason = f"it took longer than {OPENING:.0f} seconds"
        if self._proxy is None:
            return NotSent(f"{reason}.", unopened=line.stage == "connection.connect_tcp")
        proxy = f"The proxy {self._proxy.address} ({self._proxy.variable})"
        if not isinstance(error, httpx.ProxyError):
            cure = f"Check {self._proxy.variable} and the proxy, then try again."
            return NotSent(f"{proxy} did not open the way to {self._host}: {reason}.", cure=cure)
        status = int(reason[:3]) if reason[:3].isdigit() else 0
        cure = f"Check {self._proxy.variable} and the proxy; if there is a way without it, add the host to NO_PROXY."
        if status == 407:
            cure = f"Write user and password into it: {self._proxy.variable}=http://USER:PASSWORD@{self._proxy.address}"
        lasting = 400 <= status < 500 and status not in _PASSING
        return NotSent(f"{proxy} refused the way to {self._host}: {reason}.", lasting=lasting, cure=cure)

    def _distrusted(self, error: ssl.SSLCertVerificationError, proxy: Proxy | None) -> NotSent:
        owner = f"the proxy {proxy.address}" if proxy else self._host
        address = proxy.variable if proxy else self._address
        if error.verify_code in _OUT_OF_DATE:
            now = datetime.now(UTC)
            cure = (
                f"If this machine's clock, {now:%Y-%m-%d %H:%M} UTC, is right, the certificate must be renewed there."
            )
        elif error.verify_code in _OTHER_HOST:
            cure = f"It belongs to another host: check {address}."
        else:
            cure = (
                "If you know the authority that signed it, such as your company's for its proxy, set SSL_CERT_FILE to "
                f"the PEM file that holds its certificate. Else check {address}.{certificate_settings()}"
            )
        reason = f"The certificate of {owner} was refused: {error.verify_message}."
        return NotSent(reason, lasting=True, cure=cure)


def _plain_body(response: httpx.Response, limit: int) -> bytes:
    """Return the body as it came. Raises `AnswerLost` for one that is encoded or too large, and reads no more of it.

    So an answer is refused before anything is taken out of it, whatever its status says.
    """
    encodings = [encoding.strip().lower() for encoding in response.headers.get("content-encoding", "").split(",")]
    if encoded := [encoding for encoding in encodings if encoding not in ("", "identity")]:
        listing = re.sub(r"[^a-z0-9, -]", "?", ", ".join(encoded))[:60]
        raise EncodedAnswer(f"the answer is encoded ({listing}), though it was asked for as it is")
    length = response.headers.get("content-length", "")
    content = bytearray()
    if not (length.isascii() and length.isdigit() and len(length) < 19 and int(length) > limit):
        for chunk in response.iter_raw():
            content += chunk
            if len(content) > limit:
                break
        else:
            return bytes(content)
    raise AnswerLost(f"the answer is larger than {limit >> 20} MiB")


def _refused_certificate(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error
