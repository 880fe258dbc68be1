"""A person's hand in Invent's dashboard, over HTTP, for the tests of what becomes of a broadcast after its creation."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from typing import Any

from invent_gitops.sandbox.server import Server
from tests.forked import PATIENCE
from tests.running import KEY


def edit(server: Server, id: str, **fields: Any) -> None:
    """Set fields of a broadcast."""
    _ask(server, "POST", f"broadcasts/{id}", fields)


def delete(server: Server, id: str) -> None:
    _ask(server, "DELETE", f"broadcasts/{id}", {})


def fill_segment(server: Server, id: str, contacts: int, name: str = "") -> None:
    _ask(server, "POST", f"segments/{id}", {"contacts_count": contacts, **({"name": name} if name else {})})


def create_by_hand(server: Server, name: str, segments: Sequence[str] = ("vip",)) -> None:
    _ask(server, "POST", "broadcasts", {"name": name, "segment_ids": list(segments)}, control="")


def _ask(server: Server, method: str, what: str, fields: dict[str, Any], control: str = "/_sandbox") -> None:
    request = urllib.request.Request(
        f"{server.url}{control}/orgs/c/{what}",
        json.dumps(fields).encode(),
        {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
        method=method,
    )
    # No proxy of the machine has a part in what stays on it.
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=PATIENCE) as answer:
        assert answer.status == 200
