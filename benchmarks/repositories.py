"""Makes repositories to measure: definitions, and the state of an apply that created them, from one seed.

`python -m benchmarks.repositories FOLDER --size 10000 --changed 0.05` writes one. The state is written by this file,
with no call of the program, so that any version of it can be measured on the same bytes. It is the state that the
program would have written: `tests/benchmarks/test_repositories.py` applies a repository and compares every byte.
"""

from __future__ import annotations

import argparse
import json
import random
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta, tzinfo
from io import BytesIO
from pathlib import Path

from benchmarks.faults import FAULTS, WHOLE_FILE

STYLES = ("zone", "offset", "immediately", "mixed")
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney")
TEAMS = 9
# The first 28 of each month. Definitions of one day differ by minutes, so that no two have one time until 60,480.
DAYS = 12 * 28
API = "https://api.useinvent.com"
# Every policy that reads no more than the repository, each with a value that lets all definitions pass.
ALL_POLICIES = {
    "minimum_lead_time": "2h",
    "quiet_hours": {"from": "19:00", "to": "22:00", "timezone": "Europe/Berlin"},
    "blackout_days": ["2039-12-24..2039-12-26"],
    "minimum_gap": "1m",
    "send_to_all_needs_reason": True,
}


@dataclass(frozen=True)
class Shape:
    """What a repository holds.

    `style` is how schedules are written, `documents` how many stand in one file. `changed`, `new` and `broken` are
    shares of `size`, of definitions that were edited since they were created, that were not created yet, and that
    are invalid. `segments` is how many different ones are used; with `catalogue` they are names from a catalogue.
    """

    size: int = 1_000
    style: str = "zone"
    documents: int = 1
    changed: float = 0.0
    new: float = 0.0
    broken: float = 0.0
    segments: int = 50
    catalogue: bool = False
    policies: bool = False
    seed: int = 13

    def name(self) -> str:
        """Return what differs from the usual shape, as a title."""
        usual = Shape()
        differing = [field.name for field in fields(self) if getattr(self, field.name) != getattr(usual, field.name)]
        return ", ".join(f"{name} {getattr(self, name)}" for name in differing if name != "size") or "usual"


@dataclass(frozen=True)
class Created:
    """What only a run can know of one broadcast that it created."""

    id: str
    attempt: str
    contacts: int
    provenance: Mapping[str, object]


Creation = Callable[[str], Created]


@dataclass(frozen=True)
class Member:
    """One definition: its number, its key, its file, and whether it was edited, is new, or has which fault."""

    number: int
    key: str
    path: str
    style: str
    changed: bool
    new: bool
    fault: str

    @property
    def start(self) -> datetime:
        """The local time that its schedule says."""
        day = datetime(2040, self.number % DAYS // 28 + 1, self.number % 28 + 1, 9, tzinfo=UTC).replace(tzinfo=None)
        return day + timedelta(minutes=self.number // DAYS % 180)

    @property
    def zone(self) -> str:
        return ZONES[self.number % len(ZONES)]

    @property
    def offset(self) -> int:
        """The hours that its offset is ahead of UTC."""
        return self.number % 5 - 2


def members(shape: Shape) -> list[Member]:
    """Return every definition of a repository, in the order of its numbers."""
    chance = random.Random(f"{shape.seed}-{shape.size}")
    order = chance.sample(range(shape.size), shape.size)
    counts = [round(share * shape.size) for share in (shape.changed, shape.new, shape.broken)]
    changed, new, broken = (set(order[sum(counts[:part]) : sum(counts[: part + 1])]) for part in range(3))
    faults = sorted(FAULTS if shape.documents == 1 else FAULTS.keys() - WHOLE_FILE)
    listing = []
    for number in range(shape.size):
        style = STYLES[number % 3] if shape.style == "mixed" else shape.style
        file = number // shape.documents
        path = f"{file // 500:03}/c{file:06}.yaml"
        key = f"campaign-{number:06}" if shape.documents > 1 else path.removesuffix(".yaml")
        fault = faults[number % len(faults)] if number in broken else ""
        listing.append(Member(number, key, path, style, number in changed, number in new, fault))
    return listing


def segment_ids(member: Member, shape: Shape) -> list[str]:
    return sorted({f"seg_{member.number % shape.segments}", "seg_all"})


def definition(member: Member, shape: Shape) -> str:
    """Return the YAML of one definition."""
    names = [
        f"{'group-' * shape.catalogue}{id.removeprefix('seg_') if shape.catalogue else id}"
        for id in segment_ids(member, shape)
    ]
    lines = [
        "# A campaign of the benchmark.",
        *([f"key: {member.key}"] if shape.documents > 1 else []),
        f"name: {'Edited' if member.changed else 'Campaign'} {member.number}",
        *_schedule(member),
        f"segments: [{', '.join(names)}]",
        f"description: What campaign {member.number} is about",
        f"owner: team-{member.number % TEAMS}",
    ]
    text = "\n".join(lines) + "\n"
    return FAULTS[member.fault](text) if member.fault else text


def _schedule(member: Member) -> list[str]:
    if member.style == "zone":
        return ["schedule:", f"  at: {member.start:%Y-%m-%dT%H:%M}", f"  timezone: {member.zone}"]
    if member.style == "offset":
        sign = "-" if member.offset < 0 else "+"
        return [f"schedule: {member.start:%Y-%m-%dT%H:%M:%S}{sign}{abs(member.offset):02}:00"]
    return ["schedule: immediately"]


def record(member: Member, shape: Shape, created: Created, zones: Zones) -> dict[str, object]:
    """Return what a state says of a definition that was created."""
    instant: datetime | None = None
    written: dict[str, object] = {}
    if member.style == "zone":
        instant = member.start.replace(tzinfo=zones[member.zone]).astimezone(UTC)
        written["local"] = {"at": member.start.isoformat(), "timezone": member.zone, "zone_data": zones.version}
    elif member.style == "offset":
        instant = member.start.replace(tzinfo=UTC) - timedelta(hours=member.offset)
    request = {
        "name": f"Campaign {member.number}",
        "scheduled_at": f"{instant:%Y-%m-%dT%H:%M:%SZ}" if instant else None,
        "segment_ids": segment_ids(member, shape),
        "send_to_all": False,
    }
    return written | {
        "attempt": created.attempt,
        "contacts_count": created.contacts,
        "how": "created",
        "id": created.id,
        "provenance": created.provenance,
        "request": request,
        "status": "DRAFT",
    }


class Zones(dict[str, tzinfo]):
    """The time zones of the `tzdata` package, which is where the program finds them."""

    def __init__(self) -> None:
        from importlib import import_module
        from importlib.resources import files
        from zoneinfo import ZoneInfo

        self.version: str = import_module("tzdata").IANA_VERSION
        folder = files("tzdata.zoneinfo")
        super().__init__(
            {
                name: ZoneInfo.from_file(BytesIO(folder.joinpath(*name.split("/")).read_bytes()), key=name)
                for name in ZONES
            }
        )


def invented(seed: int) -> Creation:
    """Return what makes up the facts of a run, the same ones for the same seed."""
    chance = random.Random(f"created-{seed}")
    provenance = {"at": "2026-11-20T12:00:00Z", "by": "bench"}

    def create(key: str) -> Created:
        del key
        return Created(
            f"b_{chance.randbytes(12).hex()}", chance.randbytes(16).hex(), chance.randrange(50_000), provenance
        )

    return create


def state(
    shape: Shape, created: Creation | None = None, *, lineage: str = "", api: str = API, listed: bool = True
) -> str:
    """Return the state file of an apply that created every definition, but the new ones and the broken ones."""
    created = created or invented(shape.seed)
    zones = Zones()
    kept = [member for member in members(shape) if not member.new and not member.fault]
    document = {
        "absences": {},
        "api": api,
        "broadcasts": {member.key: record(member, shape, created(member.key), zones) for member in kept},
        "intents": {},
        "lineage": lineage or str(uuid.UUID(int=random.Random(shape.seed).getrandbits(128), version=4)),
        "org": "c",
        "removed": {},
        "serial": 1,
        "version": 4,
    }
    if listed:
        document["listed"] = True
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def files_of(shape: Shape) -> Iterator[tuple[str, str]]:
    """Yield each file of definitions: its path below the folder of the definitions, and its text."""
    listing = members(shape)
    for first in range(0, shape.size, shape.documents):
        part = listing[first : first + shape.documents]
        yield part[0].path, "---\n".join(definition(member, shape) for member in part)


def write(folder: Path, shape: Shape, *, recorded: bool = True, api: str = API) -> None:
    """Write a repository; without `recorded` nothing was created yet."""
    for path, text in files_of(shape):
        target = folder / "broadcasts" / path
        if not target.parent.exists():
            target.parent.mkdir(parents=True)
        with open(target, "w", encoding="utf-8", newline="") as file:
            file.write(text)
    policies = {"max_creates": max(1, shape.size), "allow_immediate": True} | (ALL_POLICIES if shape.policies else {})
    (folder / "invent.yaml").write_text(f"policies: {json.dumps(policies)}\n", encoding="utf-8")
    if shape.catalogue:
        (folder / "segments.yaml").write_text(catalogue(shape), encoding="utf-8")
    if recorded:
        (folder / "invent.state.json").write_text(state(shape, api=api), encoding="utf-8", newline="")


def catalogue(shape: Shape) -> str:
    """Return a catalogue with every segment that the definitions use."""
    names = ["all", *map(str, range(shape.segments))]
    return "".join(
        f"group-{name}: {{id: seg_{name}, contacts_count: {100 + index}}}\n" for index, name in enumerate(names)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--not-created", action="store_true", help="write no state")
    parser.add_argument("--api", default=API, help="the Invent that the state speaks of")
    for name, usual in asdict(Shape()).items():
        option = f"--{name}"
        if isinstance(usual, bool):
            parser.add_argument(option, action="store_true")
        else:
            parser.add_argument(option, type=type(usual), default=usual, choices=STYLES if name == "style" else None)
    given = vars(parser.parse_args())
    folder, not_created, api = given.pop("folder"), given.pop("not_created"), given.pop("api")
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, Shape(**given), recorded=not not_created, api=api)


if __name__ == "__main__":
    main()
