"""The physical floor: what the files, the disk and a socket cost with no program around them."""

from __future__ import annotations

import os
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.measuring import Table
from benchmarks.repositories import Shape

TIMES = 50
LINE = b"x" * 400 + b"\n"


def physical(bench: Bench) -> Iterator[Table]:
    size = max(bench.sizes)
    folder = bench.repository(Shape(size))
    files = [str(path) for path in sorted((folder / "broadcasts").rglob("*.yaml"))]
    amount = read_all(files)
    reading = [timed(lambda: read_all(files)) for _ in range(3)]
    listing = [
        [f"read {size:,} files, {amount / 1e6:.1f} MB, from the page cache", *_cells(reading)],
        ["append one line of 401 bytes and fsync", *_cells(fsyncs(folder / "lines"))],
        ["one round trip of 100 bytes over a kept connection on loopback", *_cells(round_trips())],
    ]
    yield Table("Physical floor", ["what", "milliseconds (median)", "least–most"], listing)


def _cells(seconds: list[float]) -> list[str]:
    least, median, most = (1000 * part(seconds) for part in (min, statistics.median, max))
    return [f"{median:.3f}", f"{least:.3f}–{most:.3f}"]


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def read_all(files: list[str]) -> int:
    """Read every file with the fewest calls, and return how many bytes they hold."""
    total = 0
    for path in files:
        descriptor = os.open(path, os.O_RDONLY)
        total += len(os.read(descriptor, 1 << 20))
        os.close(descriptor)
    return total


def fsyncs(path: Path) -> list[float]:
    with open(path, "ab", buffering=0) as file:
        return [timed(lambda: _append(file.fileno())) for _ in range(TIMES)]


def _append(descriptor: int) -> None:
    os.write(descriptor, LINE)
    os.fsync(descriptor)


def _exchange(client: socket.socket) -> None:
    client.sendall(LINE[:100])
    client.recv(100)


def round_trips() -> list[float]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        echo = threading.Thread(target=_echo, args=(server,))
        echo.start()
        with socket.create_connection(server.getsockname()) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            seconds = [timed(lambda: _exchange(client)) for _ in range(TIMES)]
        echo.join()
    return seconds


def _echo(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while received := connection.recv(100):
            connection.sendall(received)
