"""Histories to play, and the processes that play several at once."""

from __future__ import annotations

import contextlib
import multiprocessing
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.judge import Row
from tests.chaos.project import Place
from tests.chaos.scenes import one_death
from tests.chaos.seeded import play
from tests.chaos.world import Death


@dataclass(frozen=True)
class Job:
    """A history to play: of a `seed`, or with one `death` and one `answer`. It is sent to another process."""

    place: Place
    folder: Path
    seed: int = 0
    steps: int = 0
    verbose: bool = False
    death: Death | None = None
    answer: str = ""
    fresh: bool = False

    @property
    def name(self) -> str:
        return f"seed {self.seed}"

    def play(self) -> Row:
        """What happened. A fault of the suite itself is told as that, and ends no other history."""
        try:
            return self._play()
        except Exception:  # noqa: BLE001  # whatever it is, many hours of other histories are not lost by it
            return Row(self.place, self.name, broken=f"the suite itself failed\n{traceback.format_exc()}")

    def _play(self) -> Row:
        if self.death:
            return one_death(self.place, self.folder, self.death, self.answer, self.fresh)
        return play(self.seed, self.place, self.folder, self.steps, self.say)

    def say(self, line: str) -> None:
        if self.verbose:
            print(f"{self.place} {self.seed}: {line}", flush=True)


def played(jobs: Sequence[Job], workers: int) -> Iterator[Row]:
    """The rows in the order of the jobs. Each worker is a process, since the server of a history works as well."""
    if workers < 2:
        yield from map(Job.play, jobs)
        return
    with contextlib.ExitStack() as stack:
        context = multiprocessing.get_context("spawn")
        pool = stack.enter_context(ProcessPoolExecutor(workers, mp_context=context))
        stack.callback(pool.shutdown, cancel_futures=True)
        yield from pool.map(Job.play, jobs)
