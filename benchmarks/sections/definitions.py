"""`validate` and `plan` beside the floor and the peers, at growing sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from benchmarks.bench import FLOOR, OURS, Bench, floor, rows
from benchmarks.measuring import HEADER, Command, Figures, Table, measure, ratio
from benchmarks.peers import SCHEMA, Peer, terraform_words, write_blocks, write_zone
from benchmarks.repositories import Shape

EDITED = 0.05
LARGE_RUNS = 3
Growth = dict[tuple[str, str], dict[int, Figures]]


def definitions(bench: Bench) -> Iterator[Table]:
    growth: Growth = {}
    for size in (*bench.sizes, *bench.large):
        peers = size in bench.sizes
        runs = bench.runs if peers else min(bench.runs, LARGE_RUNS)
        unchanged = bench.repository(Shape(size))
        yield _validate(bench, unchanged, size, runs, growth, peers=peers)
        yield _plan(bench, unchanged, size, runs, growth, peers=peers)
        yield _edited(bench, bench.repository(Shape(size, changed=EDITED)), size, runs, growth)
    if len(bench.sizes) + len(bench.large) > 1:
        yield _grown(bench, growth)


def _validate(bench: Bench, folder: Path, size: int, runs: int, growth: Growth, *, peers: bool) -> Table:
    commands = bench.ours(folder, "validate") | {FLOOR: floor("validate", folder)}
    absent: list[Peer] = []
    if peers:
        check, sourcemeta = bench.peers.check_jsonschema, bench.peers.sourcemeta
        files = sorted((folder / "broadcasts").rglob("*.yaml"))
        names = [path.relative_to(folder) for path in files]
        fast = ["validate", str(SCHEMA), "broadcasts", "--extension", ".yaml", "--fast"]
        words: list[tuple[Peer, list[str]]] = [
            (check, ["--schemafile", str(SCHEMA), *map(str, names)]),
            (sourcemeta, fast),
        ]
        for peer, arguments in words:
            if peer.installed:
                commands[peer.name] = Command([peer.program, *arguments], folder)
            else:
                absent.append(peer)
    figures = _measured(commands, runs, "validate", size, growth)
    _compare(bench, figures, "check-jsonschema", f"validate {size} check-jsonschema")
    return _table(f"`validate`, {size:,} definitions", figures, absent)


def _plan(bench: Bench, folder: Path, size: int, runs: int, growth: Growth, *, peers: bool) -> Table:
    commands = bench.ours(folder, "plan") | {FLOOR: floor("plan", folder)}
    absent: list[Peer] = []
    if peers:
        octodns, terraform = bench.peers.octodns, bench.peers.terraform
        if octodns.installed:
            zone = bench.fresh()
            commands[octodns.name] = Command([octodns.program, *write_zone(zone, size)], zone)
        else:
            absent.append(octodns)
        if size == min(bench.sizes):
            if terraform.installed:
                commands[terraform.name] = _terraform(bench, size)
            else:
                absent.append(terraform)
    figures = _measured(commands, runs, "plan, nothing changed", size, growth)
    bench.keep(f"plan {size} floor", ratio(figures[OURS], figures[FLOOR]))
    bench.keep(f"plan {size} memory", figures[OURS].peak)
    bench.keep(f"plan {size} seconds", figures[OURS].seconds)
    for peer in ("octoDNS", "Terraform"):
        _compare(bench, figures, peer, f"plan {size} {peer}")
    return _table(f"`plan`, {size:,} definitions, nothing changed", figures, absent)


def _terraform(bench: Bench, size: int) -> Command:
    """Return a plan of Terraform, which exits with 2 if it would change anything."""
    folder = bench.fresh()
    write_blocks(folder, size)
    bench.prepare(terraform_words(bench.peers, "init", "-input=false"), folder)
    return Command(terraform_words(bench.peers, "plan", "-refresh=false", "-input=false", "-detailed-exitcode"), folder)


def _edited(bench: Bench, folder: Path, size: int, runs: int, growth: Growth) -> Table:
    commands = bench.ours(folder, "plan") | {FLOOR: floor("plan", folder)}
    figures = _measured(commands, runs, "plan, 5 % edited", size, growth)
    bench.keep(f"plan {size} edited floor", ratio(figures[OURS], figures[FLOOR]))
    bench.keep(f"plan {size} edited memory", figures[OURS].peak)
    return _table(f"`plan`, {size:,} definitions, {EDITED:.0%} edited", figures, [])


def _measured(commands: Mapping[str, Command], runs: int, work: str, size: int, growth: Growth) -> dict[str, Figures]:
    figures = measure(commands, runs, warm=runs > 1)
    for name in commands:
        growth.setdefault((work, name), {})[size] = figures[name]
    return figures


def _compare(bench: Bench, figures: Mapping[str, Figures], peer: str, value: str) -> None:
    if peer in figures:
        bench.keep(value, ratio(figures[peer], figures[OURS]))


def _table(title: str, figures: Mapping[str, Figures], absent: list[Peer]) -> Table:
    return Table(title, [cell.format(FLOOR) for cell in HEADER], rows(figures, FLOOR, absent))


def _grown(bench: Bench, growth: Growth) -> Table:
    """Return how time and memory grow from size to size: 10 is in proportion."""
    sizes = [*bench.sizes, *bench.large]
    steps = list(pairwise(sizes))
    header = [
        "work",
        "command",
        *(f"{before:,} → {after:,}" for before, after in steps),
        *(f"MB at {s:,}" for s in sizes),
    ]
    listing = []
    for (work, name), figures in growth.items():
        times = [
            f"× {figures[after].seconds / figures[before].seconds:.1f}" if {before, after} <= figures.keys() else "–"
            for before, after in steps
        ]
        memory = [f"{figures[size].peak:.0f}" if size in figures else "–" for size in sizes]
        listing.append([work, name, *times, *memory])
    seconds = growth["plan, nothing changed", OURS]
    for before, after in steps:
        bench.keep(f"plan growth {before} {after}", seconds[after].seconds / seconds[before].seconds)
    return Table("Growth", header, listing, "How many times as long each step takes.")
