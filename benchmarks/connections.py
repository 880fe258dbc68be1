"""What a connection of its own costs a create, and what a kept one would cost: outcomes that nobody knows.

`python -m benchmarks.connections` sends creates to a server that closes idle connections, with pauses about as long as
its patience. Over a network, the end of a connection takes as long as a request to arrive; a request that crosses it
is lost, and its outcome unknown. Then it compares the processor time and the time of a create, with and without TLS.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import ssl
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from benchmarks.measuring import ROOT, environment

CERTIFICATE = ROOT / "tests" / "certificates" / "valid.pem"
BODY = json.dumps({"name": "Campaign", "scheduled_at": None, "segment_ids": ["vip"], "send_to_all": False}).encode()
# Seconds: the server's patience with an idle connection, and how long its end is on the way.
IDLE, ROUND_TRIP = 0.5, 0.05


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--creates", type=int, default=240)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--serve", choices=["http", "https"], help=argparse.SUPPRESS)
    parser.add_argument("--idle", type=float, default=60.0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve == "https", arguments.idle)
        return
    os.environ["SSL_CERT_FILE"] = str(CERTIFICATE)
    print(f"{arguments.creates} creates, with pauses about as long as the server waits: {IDLE} s\n")
    print("| connection | unknown, each run |\n| --- | --- |")
    for kept in (True, False):
        runs = [unknown(arguments.creates, arguments.workers, kept=kept) for _ in range(arguments.runs)]
        print(f"| {_named(kept)} | {', '.join(map(str, runs))} |", flush=True)
    print("\n| connection | processor time | time |\n| --- | --- | --- |")
    for scheme in ("http", "https"):
        for kept in (True, False):
            costs = [cost(scheme, arguments.creates, kept=kept) for _ in range(arguments.runs)]
            processor, seconds = (statistics.median(values) * 1e6 for values in zip(*costs, strict=True))
            print(f"| {scheme}, {_named(kept)} | {processor:.0f} µs | {seconds:.0f} µs |", flush=True)
    print(f"\nReading whom to trust, once for each command: {trust() * 1000:.1f} ms")


def _named(kept: bool) -> str:
    return "kept" if kept else "its own"


def unknown(creates: int, workers: int, *, kept: bool) -> int:
    """Return how many creates have an unknown outcome, of workers that rest between them."""
    chance = random.Random(7)
    pauses = [chance.uniform(IDLE - ROUND_TRIP, IDLE + 2 * ROUND_TRIP) for _ in range(creates)]

    def work(url: str, share: list[float]) -> int:
        lost = 0
        with creating(url, kept=kept) as create:
            for pause in share:
                lost += not create()
                time.sleep(pause)
        return lost

    with served("http", IDLE) as url, ThreadPoolExecutor(workers) as pool:
        return sum(pool.map(lambda number: work(url, pauses[number::workers]), range(workers)))


def cost(scheme: str, creates: int, *, kept: bool) -> tuple[float, float]:
    """Return the processor time and the seconds of a create, one after the other."""
    with served(scheme, 60.0) as url, creating(url, kept=kept) as create:
        assert create()
        processor, began = time.process_time(), time.perf_counter()
        for _ in range(creates):
            assert create()
        return (time.process_time() - processor) / creates, (time.perf_counter() - began) / creates


def trust() -> float:
    import certifi

    began = time.perf_counter()
    ssl.create_default_context(cafile=certifi.where())
    return time.perf_counter() - began


@contextmanager
def creating(url: str, *, kept: bool) -> Iterator[Callable[[], bool]]:
    """Yield a function that creates, and returns whether the outcome is known."""
    from invent_gitops.http.client import Bounds, Connection
    from invent_gitops.http.errors import AnswerLost

    connection = Connection(url, {"Authorization": "Bearer k-benchmark"}, address="")

    def create() -> bool:
        try:
            reply = connection.exchange(
                "POST", "/orgs/c/broadcasts", body=BODY, bounds=Bounds(30, 60, 1 << 20), repeatable=kept
            )
        except AnswerLost:
            return False
        return reply.status == 200

    try:
        yield create
    finally:
        connection.close()


@contextmanager
def served(scheme: str, idle: float) -> Iterator[str]:
    """Serve in a process of its own; yield the address."""
    words = [sys.executable, "-m", "benchmarks.connections", "--serve", scheme, "--idle", str(idle)]
    process = subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield f"{scheme}://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.terminate()
        process.communicate()


def serve(secure: bool, idle: float) -> None:
    """Answer every create, and let go of connections that are idle for `idle` seconds."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    body = json.dumps({"id": "b_1", "name": "Campaign", "status": "DRAFT"}).encode()
    answer = b"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    def talk(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            way = context.wrap_socket(connection, server_side=True) if secure else connection
            with way, way.makefile("rb") as reader:
                while True:
                    way.settimeout(idle)
                    try:
                        if not reader.peek(1):
                            return
                    except TimeoutError:
                        # Given up here, and not yet heard of there: what comes meanwhile is not read any more.
                        time.sleep(ROUND_TRIP)
                        return
                    length = 0
                    while (line := reader.readline()) != b"\r\n":
                        if line.lower().startswith(b"content-length:"):
                            length = int(line[15:])
                    reader.read(length)
                    way.sendall(answer)

    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()


if __name__ == "__main__":
    main()
