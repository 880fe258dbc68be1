"""Fills the file of the built-in Invent before it is served: `python -m benchmarks.invented FOLDER SEGMENTS`.

The segments are those of a generated catalogue. Every broadcast that the folder's state records is there, too.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

DATABASE = "bench.sqlite"
AT = "2026-11-20T12:00:00.000Z"


def fill(folder: Path, segments: int) -> None:
    from invent_gitops.sandbox.contract import new_broadcast
    from invent_gitops.sandbox.service import Sandbox

    names = ["all", *map(str, range(segments))]
    counts = {f"seg_{name}": 100 + index for index, name in enumerate(names)}
    with Sandbox(folder / DATABASE) as sandbox:
        sandbox.seed([(f"seg_{name}", f"group-{name}", counts[f"seg_{name}"]) for name in names])
    state = folder / "invent.state.json"
    records = json.loads(state.read_text(encoding="utf-8"))["broadcasts"] if state.exists() else {}
    rows = []
    for record in records.values():
        request = record["request"]
        audience = [
            {"id": id, "name": id.replace("seg_", "group-"), "color": "#000000", "contacts_count": counts[id]}
            | {"created_at": AT, "updated_at": AT}
            for id in request["segment_ids"]
        ]
        broadcast = new_broadcast(record["id"], request, audience, record["contacts_count"], AT)
        rows.append(("c", record["id"], broadcast["status"], json.dumps(broadcast)))
    with closing(sqlite3.connect(folder / DATABASE)) as database, database:
        database.executemany("INSERT INTO broadcasts (org, id, status, body) VALUES (?, ?, ?, ?)", rows)


if __name__ == "__main__":
    fill(Path(sys.argv[1]), int(sys.argv[2]))
