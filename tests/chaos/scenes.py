"""The smallest histories: one apply of three definitions, and one thing that happens to it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.chaos.history import History, Hold, played
from tests.chaos.judge import Row
from tests.chaos.others import APPLY
from tests.chaos.project import Broken, Place
from tests.chaos.world import ALONE, SPEED, Death, Refusal, world

FEW = ("one", "three", "two")


@dataclass(frozen=True)
class Scene:
    """An apply that is held at `hold` (at step `at`, if it is a step) while others do `acts`; then quiet.

    `faults` are in place until then. With `before`, two of the definitions are created first, one by one, so that there
    are older states.
    """

    place: Place
    hold: Hold | None = None
    acts: tuple[str, ...] = ()
    at: Death = ALONE
    faults: tuple[str, ...] = ()
    refusal: Refusal | None = None
    before: bool = False
    killed: bool = False
    words: tuple[str, ...] = (*APPLY, "--concurrency", "1")

    def __str__(self) -> str:
        told = [f"held at {self.hold}" if self.hold else "", str(self.at) if self.at.at else "", *self.acts]
        told += [*self.faults, str(self.refusal or ""), "killed" if self.killed else ""]
        return ", ".join(word for word in (self.place, *told) if word)


def one_scene(scene: Scene, folder: Path) -> Row:
    """Play a scene."""
    row = Row(scene.place, str(scene))
    with played(folder, scene.place, FEW, row) as history:
        for key in FEW[:2] if scene.before else ():
            history.run(*APPLY, "--only", key)
        _expect(history, scene.faults)
        history.world.speed = SPEED
        if scene.hold:
            words = [word for word in scene.words if word != "--yes" or scene.hold != "a question"]
            history.held(*words, hold=scene.hold, at=scene.at, acts=scene.acts, killed=scene.killed)
        else:
            history.run(*scene.words, refusal=scene.refusal, death=scene.at)
            history.others.act(scene.acts)
        history.until_quiet()
        history.settle()
    return row


def _expect(history: History, faults: tuple[str, ...]) -> None:
    for fault in faults:
        history.world.faults.add(fault)
        if "@list" in fault:
            history.judge.lists = "untrue" if fault.startswith(("lag", "omit-silently")) else "failing"


def count_steps(folder: Path, place: Place, keys: tuple[str, ...], concurrency: int = 4) -> list[str]:
    """The steps of an apply that nothing disturbs, by name."""
    with world(folder, place, *keys) as found:
        listed = found.folder / "steps"
        ended = found.run(*APPLY, "--concurrency", str(concurrency), count=listed)
        if ended.code:
            raise Broken(f"an apply without faults ended with {ended.code}: {ended.out}\n{ended.err}")
        return listed.read_text(encoding="utf-8").splitlines()


def one_death(
    place: Place, folder: Path, death: Death, answer: str = "", fresh: bool = False, meddling: str = ""
) -> Row:
    """The smallest death: one apply of three definitions dies at one step, and what follows is quiet.

    The second create is answered with the fault `answer`, if there is one; with `fresh` the runs that follow are
    from another clone. `meddling` is code that spoils the product, to see that this is noticed.
    """
    name = ", ".join(word for word in (str(death), answer, "fresh clone" if fresh else "") if word)
    row = Row(place, name)
    with played(folder, place, FEW, row) as history:
        history.world.meddle(meddling)
        if answer:
            history.world.faults.add(f"{answer}@create:2")
        history.run(*APPLY, "--concurrency", "1", death=death)
        if fresh:
            history.world.fresh_clone()
        history.until_quiet()
        history.settle()
    return row
