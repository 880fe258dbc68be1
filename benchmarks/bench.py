"""What every section of the benchmarks gets: what to measure, how often, and where."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.measuring import Command, Figures, Table, environment, row_of
from benchmarks.peers import INSTALL, Peer, Peers
from benchmarks.repositories import API, Shape

OURS, OTHER, FLOOR = "invent-gitops", "the other version", "the floor"
FLOOR_SCRIPT = Path(__file__).resolve().with_name("floor.py")


@dataclass
class Bench:
    """One run of the benchmarks.

    `programs` are the versions of this program by name, `sizes` what is measured beside peers, `large` what is
    measured for ours and the floor alone, `values` what was reached, by a name that `aims` knows. `work` is an empty
    folder. `share` is the part of the usual amount of the sections without a size of their own, 1 for all of it. `only`
    narrows the sections of many kinds to those whose names hold a word.
    """

    programs: Mapping[str, Path]
    peers: Peers
    work: Path
    sizes: Sequence[int] = (1_000, 10_000)
    large: Sequence[int] = (100_000,)
    runs: int = 5
    share: float = 1.0
    only: str = ""
    values: dict[str, float] = field(default_factory=dict)

    @property
    def program(self) -> Path:
        """This version, which serves the built-in Invent for all."""
        return self.programs[OURS]

    @property
    def warm(self) -> bool:
        """Whether a turn that is not counted comes first."""
        return self.runs > 1

    def amount(self, usual: int, least: int = 1) -> int:
        """Return the part of a usual amount that this run takes."""
        return max(least, round(usual * self.share))

    def repository(self, shape: Shape, *, created: bool = True, api: str = API) -> Path:
        """Return the folder of a repository. A process of its own writes it."""
        folder = self.fresh()
        words = [sys.executable, "-m", "benchmarks.repositories", str(folder), "--api", api]
        for name, value in asdict(shape).items():
            if isinstance(value, bool):
                words += [f"--{name}"] * value
            else:
                words += [f"--{name}", str(value)]
        words += [] if created else ["--not-created"]
        self.prepare(words)
        return folder

    def fresh(self) -> Path:
        """Return a new empty folder."""
        folder = self.work / f"{len(list(self.work.iterdir())):03}"
        folder.mkdir()
        return folder

    def prepare(self, words: Sequence[str | Path], folder: Path | None = None) -> None:
        """Run something that is not measured."""
        root = Path(__file__).resolve().parent.parent
        env = environment(PYTHONPATH=str(root))
        subprocess.run(words, cwd=folder or root, env=env, check=True, stdout=subprocess.DEVNULL)

    def ours(self, folder: Path, *arguments: str, **options: object) -> dict[str, Command]:
        """Return a command of each version of this program."""
        return {name: Command([path, *arguments], folder, **options) for name, path in self.programs.items()}  # type: ignore[arg-type]

    def keep(self, name: str, figure: float) -> None:
        self.values[name] = figure


def floor(command: str, folder: Path, **options: object) -> Command:
    return Command([sys.executable, "-P", FLOOR_SCRIPT, command, "."], folder, **options)  # type: ignore[arg-type]


def rows(figures: Mapping[str, Figures], base: str, absent: Sequence[Peer] = ()) -> list[Sequence[str]]:
    """Return a row for each command, then one for each peer that could not be measured."""
    listing = [row_of(name, measured, figures[base]) for name, measured in figures.items()]
    return [*listing, *((peer.name, f"**not installed**: `{INSTALL}`", "", "", "", "") for peer in absent)]


Section = Callable[[Bench], Iterator[Table]]
