"""A running Prism that judges what passes through it by a description."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx

from tests.running import until

PRISM = os.environ.get("PRISM") or shutil.which("prism")
MISSING = "Prism is not installed: bash tests/prism/run installs it elsewhere"


@dataclass(frozen=True, slots=True)
class Judge:
    """A running Prism and what it wrote."""

    url: str
    log: Path

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    @contextmanager
    def hearing(self) -> Iterator[set[str]]:
        """Every request within the block is as described; the routes that it called are known at its end."""
        before = len(self.said())
        routes: set[str] = set()
        yield routes
        # Prism writes its log after it has answered: what came before a last request is written when that one is.
        end = f"/end-of-hearing-{before}"
        httpx.get(self.url + end, trust_env=False)
        until(lambda: f"{end} ✖" in self.said())
        text = self.said()[before:].partition(f"[HTTP SERVER] get {end} ")[0]
        routes |= set(re.findall(r"\[HTTP SERVER\] (\w+ \S+) .* Request received", text))
        assert routes, "nothing came to Prism"
        assert "Violation" not in text, text
        assert "terminated with error" not in text, text
        assert "did not pass" not in text, text


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def judging(mode: Literal["mock", "proxy"], *words: str | Path, port: int, log: Path) -> Iterator[Judge]:
    """Prism while the block lasts: it answers by itself (`mock`), or passes on to the server that `words` end with."""
    command = [str(PRISM), mode, "--errors", "--host", "127.0.0.1", "--port", str(port), *map(str, words)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True
        )
        try:
            until(lambda: "is listening" in log.read_text(encoding="utf-8") or process.poll() is not None)
            assert process.poll() is None, log.read_text(encoding="utf-8")
            yield Judge(f"http://127.0.0.1:{port}", log)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
