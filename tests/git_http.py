"""Git over HTTP, as `git http-backend` answers it; who may ask is for the caller to say."""

from __future__ import annotations

import os
import subprocess
from email.message import Message
from pathlib import Path


def answer_git(
    root: Path, method: str, address: str, headers: Message, data: bytes
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body for one request to a bare repository below `root`."""
    path, _, query = address.partition("?")
    variables = {
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": method,
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(data)),
        "HTTP_CONTENT_ENCODING": headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": headers.get("Git-Protocol", ""),
        "REMOTE_USER": "github",
        "REMOTE_ADDR": "127.0.0.1",
    }
    environment = {**os.environ, **variables}
    done = subprocess.run(["git", "http-backend"], input=data, env=environment, capture_output=True, check=True)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    answered = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    status = int(answered.pop("Status", "200").split()[0])
    return status, {**answered, "Content-Length": str(len(body))}, body
