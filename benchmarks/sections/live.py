"""`refresh` and `status` over thousands of broadcasts in Invent, at the program's own pace."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from benchmarks.bench import Bench
from benchmarks.measuring import Table, compared, measure, sandbox
from benchmarks.repositories import Shape

BROADCASTS = 10_000
SEGMENTS = 50


def live(bench: Bench) -> Iterator[Table]:
    number = bench.amount(BROADCASTS, least=10)
    folder = bench.repository(Shape(number, segments=SEGMENTS))
    bench.prepare([sys.executable, "-m", "benchmarks.invented", folder, str(SEGMENTS)])
    with sandbox(bench.program, folder) as account:
        path = folder / "invent.state.json"
        bound = json.dumps(account["INVENT_BASE_URL"])
        text = path.read_text(encoding="utf-8").replace('"api": "https://api.useinvent.com"', f'"api": {bound}')
        path.write_text(text, encoding="utf-8")
        for command in ("status", "refresh"):
            commands = bench.ours(folder, command, env=account)
            figures = measure(commands, 1, warm=False)
            yield compared(f"`{command}`, {number:,} broadcasts in Invent", figures, next(iter(commands)))
