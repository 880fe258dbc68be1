"""What a run costs as its input grows: each kind of input at a size, at twice and at four times the size.

For each kind: the processor time beyond that of an empty project, and how many times as much twice and four times the
input cost: 2 and 4 is in proportion, 4 and 16 the square. The tests hold the same by counted steps
(`tests/test_growth.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.bench import OURS, Bench
from benchmarks.measuring import Command, Table, measure

SIZE = 1_000
Make = Callable[[Path, int], list[str]]
LINEAGE = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
REQUEST = {"scheduled_at": "2099-03-01T09:00:00Z", "segment_ids": ["s"], "send_to_all": False}
MADE = {"at": "2026-11-20T12:00:00Z", "by": "bench"}
GOOD = "---\nkey: k{0}\nname: N{0}\nschedule: 2099-01-01T09:00:00Z\nsegments: [s{0}]\n"


def lines(form: str, count: int) -> str:
    return "".join(form.format(number) for number in range(count))


def definitions(text: Callable[[int], str]) -> Make:
    def make(folder: Path, count: int) -> list[str]:
        write(folder / "broadcasts" / "a.yaml", text(count))
        return ["validate"]

    return make


def settings(text: Callable[[int], str]) -> Make:
    def make(folder: Path, count: int) -> list[str]:
        write(folder / "invent.yaml", text(count))
        return ["validate"]

    return make


def catalogue(text: Callable[[int], str]) -> Make:
    def make(folder: Path, count: int) -> list[str]:
        write(folder / "segments.yaml", text(count))
        write(folder / "broadcasts" / "a.yaml", lines("---\nkey: k{0}\nname: N{0}\nsegments: [aa-{0}]\n", count // 10))
        return ["validate"]

    return make


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")


def record(number: int) -> dict[str, object]:
    request = REQUEST | {"name": f"N{number}"}
    return {"id": f"bc_{number}", "request": request, "status": "", "how": "created", "provenance": MADE}


def state(folder: Path, count: int) -> list[str]:
    head = {"version": 1, "lineage": LINEAGE, "serial": 1, "org": "c", "api": "https://api.useinvent.com"}
    parts: dict[str, object] = {"intents": {}, "removed": {}, "absences": {}}
    records = {f"k{number}": record(number) for number in range(count)}
    write(folder / "invent.state.json", json.dumps({**head, **parts, "broadcasts": records}))
    return ["plan"]


def journal(folder: Path, count: int) -> list[str]:
    state(folder, 1)
    head = {"journal": 1, "lineage": LINEAGE, "serial": 1, "org": "c", "api": "https://api.useinvent.com"}
    events = [{"event": "recorded", "key": f"j{number}", "record": record(number + 1)} for number in range(count)]
    write(folder / "invent.state.json.journal", "".join(json.dumps(one) + "\n" for one in (head, *events)))
    return ["plan"]


def approved(folder: Path, count: int) -> list[str]:
    from invent_gitops.model.digest import Destination

    state(folder, count)
    names = lines(GOOD.replace("s{0}", "s").replace("2099-01-01", "2099-03-01"), count)
    write(folder / "broadcasts" / "a.yaml", names + GOOD.format("new"))
    digest = f"v2:{count // 2}:{Destination('c', 'https://api.useinvent.com').mark}:{'0' * 64}"
    return ["apply", "--yes", "--blind", "--approved", digest]


KINDS: dict[str, Make] = {
    "empty documents": definitions(lambda n: "---\n" * n),
    "documents without a mapping": definitions(lambda n: "---\nx\n" * n),
    "definitions": definitions(lambda n: lines(GOOD, n)),
    "definitions with one request": definitions(lambda n: lines(GOOD.replace("N{0}", "N").replace("s{0}", "s"), n)),
    "definitions with one key": definitions(lambda n: lines(GOOD.replace("k{0}", "k"), n)),
    "many keys twice": definitions(lambda n: lines("a{0}: 1\n", n) * 2),
    "unknown fields": definitions(lambda n: lines("nam{0}: 1\n", n)),
    "wrong segments": definitions(lambda n: f"segments: [{lines('{0}, ', n)}]"),
    "segments that are mappings": definitions(lambda n: f"segments: [{lines('{{id: {0}}}, ', n)}]"),
    "comments after texts": definitions(lambda n: f"segments:\n{lines('- a{0} #b' + chr(10), n)}"),
    "a long comment": definitions(lambda n: f"# {'x# ' * n * 10}\nname: A\n"),
    "anchors and aliases": definitions(
        lambda n: f"waive:\n{lines('  a{0}: &a{0} x{0}' + chr(10), n)}owner:\n{lines('  *a{0} : *a{0}' + chr(10), n)}"
    ),
    "one long line": definitions(lambda n: f"name: {'x' * n * 20}\n"),
    "tabs": definitions(lambda n: "\t" * n * 20),
    "brackets": definitions(lambda n: f"segments: [{'[], ' * n}]\n# ?"),
    "unknown segments": catalogue(lambda n: lines("aa-{0}-x: seg_{0}\n", n)),
    "a catalogue of wrong entries": catalogue(lambda n: lines("name {0}: 7\n", n)),
    "one name for many ids": catalogue(lambda n: f"vip: [{lines('seg_{0}, ', n)}]"),
    "workspaces": settings(lambda n: f"workspaces:\n{lines('  w{0}: {{org: org_{0}}}' + chr(10), n)}"),
    "workspaces with one org": settings(lambda n: f"workspaces:\n{lines('  w{0}: {{org: o}}' + chr(10), n)}"),
    "records of a state": state,
    "lines of a journal": journal,
    "records beside a digest": approved,
}


def growth(bench: Bench) -> Iterator[Table]:
    size = bench.amount(SIZE, least=20)
    listing = []
    for name, make in KINDS.items():
        if bench.only not in name:
            continue
        costs = [cost(bench, make, times * size) for times in (0, 1, 2, 4)]
        first, twice, four = (max(seconds - costs[0], 0.001) for seconds in costs[1:])
        listing.append([name, f"{first:.3f} s", f"{twice / first:.1f}", f"{four / first:.1f}"])
    header = ["input", f"processor at {size:,}", "× at twice", "× at four times"]
    yield Table("Growth of each kind of input", header, listing)


def cost(bench: Bench, make: Make, count: int) -> float:
    """Return the seconds of processor time of one run."""
    folder = bench.fresh()
    (folder / "broadcasts").mkdir()
    arguments = make(folder, count)
    command = {OURS: Command([bench.program, *arguments], folder, codes=(0, 4, 5))}
    return measure(command, 1, warm=False)[OURS].cpu[0]
