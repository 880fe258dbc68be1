"""What is fixed for a replayed process: its clock, its random names, and the addresses of the servers on loopback.

Run by `tests/forking.py` in the process of any version of the program, so it imports nothing but the standard library.
Three variables say what it goes by: `REPLAY_CLOCK`, a file that holds a moment; `REPLAY_NAMES`, a folder for counters;
and `REPLAY_PORTS`, which leads `PORT=PORT` pairs, the one that is spoken of to the one that really listens.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import os
import secrets
import socket
import ssl
import threading
import time
import uuid
from pathlib import Path
from typing import Any

_real = datetime.datetime
_lock = threading.Lock()


def moment() -> datetime.datetime:
    """The fixed moment, in UTC; the true one where no run has begun."""
    clock = os.environ.get("REPLAY_CLOCK")
    return _real.fromisoformat(Path(clock).read_text(encoding="ascii")) if clock else _real.now(datetime.UTC)


class _Kind(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _real)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, _real)


class Frozen(_real, metaclass=_Kind):
    """`datetime.datetime` with a clock that stands still. It makes real ones only, so that no instance of it exists."""

    def __new__(cls, *values: Any, **more: Any) -> Any:
        return _real(*values, **more)

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Any:
        return moment().astimezone(tz) if tz else moment().replace(tzinfo=None)

    @classmethod
    def utcnow(cls) -> Any:
        return moment().replace(tzinfo=None)

    @classmethod
    def today(cls) -> Any:
        return moment().replace(tzinfo=None)


def next_name(kind: str, letters: int) -> str:
    """A hexadecimal name that looks random; each kind has its own sequence, which all processes of a scene share."""
    with _lock:
        counter = os.open(Path(os.environ["REPLAY_NAMES"]) / kind, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(counter, b".")
            count = os.lseek(counter, 0, os.SEEK_CUR)
        finally:
            os.close(counter)
    return hashlib.sha256(f"{kind} {count}".encode()).hexdigest()[:letters]


def token_hex(nbytes: int | None = None) -> str:
    return next_name(f"token-{nbytes}", 2 * (nbytes or 32))


def uuid4() -> uuid.UUID:
    return uuid.UUID(hex=next_name("uuid", 32), version=4)


def redirected(address: Any) -> Any:
    """The address where the server of this port listens now."""
    if not (isinstance(address, tuple) and address[0] == "127.0.0.1"):
        return address
    pairs = (pair.split("=") for pair in os.environ.get("REPLAY_PORTS", "").split() if pair)
    ports = {int(spoken): int(real) for spoken, real in pairs}
    return ("127.0.0.1", ports.get(address[1], address[1]), *address[2:])


def freeze() -> None:
    """Take the place of the clock, of random names and of connections; before anything else is imported."""
    datetime.datetime = Frozen  # type: ignore[misc]  # the point of it
    time.time = lambda: moment().timestamp()
    secrets.token_hex = token_hex
    uuid.uuid4 = uuid4
    # Reading the machine's certificates takes longer than a run; once is enough.
    ssl.create_default_context = functools.cache(ssl.create_default_context)  # type: ignore[assignment]  # the same answers
    ssl.create_default_context()
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
    socket.socket.connect = lambda self, address: connect(self, redirected(address))  # type: ignore[method-assign]  # the point of it
    socket.socket.connect_ex = lambda self, address: connect_ex(self, redirected(address))  # type: ignore[method-assign]  # the same


freeze()
