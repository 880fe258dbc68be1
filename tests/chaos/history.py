"""One seeded history: runs that die, answers that lie, disks that are lost; and what must hold after each of them."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.world import ALONE, Broken, Death, Ended, Place, World, name_of, world

KEYS = ("autumn", "black-friday/early", "black-friday/vip", "spring", "summer", "winter")
FEW = ("one", "three", "two")
APPLY = ("apply", "--yes", "--rate", "100000")
# Every way in which a create can fail so that nobody can say whether it was carried out, and the 429, which says no.
ANSWERS = (
    *("close-before", "close-after", "cut-body", "html-before", "html-after", "429=0"),
    *("error-before=500", "error-before=503", "error-after=500", "error-after=502", "error-after=503"),
    *("error-after=504", "error-before=408", "error-after=409", "error-after=302"),
)
LISTS = ("close-before", "cut-body", "html-before", "error-before=503", "429=0")
SHARE, MIXED = 20, 4  # per cent of all creates, and how many kinds they are spread over in one run
DOCUMENTED = {0, 5, 6, 7, 130}  # what an apply without a fault of the input may end with
ROUNDS = 8


@dataclass
class Row:
    """What happened in a history, for the table. `broken` is "" if the promise held."""

    place: Place
    name: str
    happened: Counter[str] = field(default_factory=Counter)
    broken: str = ""
    seconds: float = 0.0


class History:
    """What may happen in a world, and the promise, which is asserted after each run."""

    def __init__(self, world: World, row: Row, say: Callable[[str], None] = lambda line: None) -> None:
        self.world, self.row, self.say = world, row, say

    def run(self, *words: str, death: Death = ALONE, rival: Path | None = None) -> Ended:
        """One run, with another one at the same time in the folder `rival`, if there is one."""
        other = self.world.start(*APPLY, folder=rival) if rival else None
        ended = self.world.run(*words, death=death)
        self.check(ended, death)
        if other:
            self.check(self.world.end(other), ALONE)
        return ended

    def check(self, ended: Ended, death: Death) -> None:
        """The promise, as far as it can be seen now."""
        self.row.happened["runs"] += 1
        self.row.happened["killed"] += ended.killed
        self.row.happened["stopped"] += ended.code == 130
        self.say(f"{' '.join(ended.words)}: {death}, ended with {ended.code}")
        wrong = None
        if not (ended.code in DOCUMENTED or (ended.killed and death.signal == "KILL" and death.at)):
            wrong = f"it ended with {ended.code}"
        elif "Traceback" in ended.out + ended.err:
            wrong = "it printed a traceback"
        elif twice := {name: ids for name, ids in self.world.live().items() if len(ids) > 1}:
            wrong = f"it was created more than once: {twice}"
        elif ended.code == 0:
            state = self.world.state()
            left = [key for key in self.world.keys if key not in state["broadcasts"]]
            if state["intents"] or (left and ended.words[0] == "apply"):
                wrong = f"it ended with 0, with {sorted(state['intents'])} in doubt and {left} not recorded"
        if wrong:
            raise Broken(f"{' '.join(ended.words)} ({death}): {wrong}\n{ended.out}\n{ended.err}")

    def until_quiet(self) -> None:
        """Run without faults until nothing changes any more. Then no id is lost and nobody is left unsaid."""
        self.world.faults.clear()
        before, ended, rounds = self.said(), self.run(*APPLY), 1
        while before != self.said():
            if rounds == ROUNDS:
                raise Broken(f"run {rounds} without faults still says something new: {before}, {self.said()}")
            before, ended, rounds = self.said(), self.run(*APPLY), rounds + 1
        state = self.world.state()
        # Made by a person, recorded nowhere: the tool does not make it again, and says so.
        unrecorded = {key for key in self.world.keys if key not in state["broadcasts"] and key not in state["intents"]}
        refused = {key for key in unrecorded if any(f"{key} --id {id}" in ended.out for id in self.world.all(key))}
        if ended.code != (7 if state["intents"] else 5 if refused else 0):
            raise Broken(f"it is quiet, and apply ended with {ended.code}: {ended.out}\n{ended.err}")
        for key in self.world.keys:
            if (key in state["broadcasts"]) + (key in state["intents"]) + (key in refused) != 1:
                raise Broken(f"{key} is neither just recorded nor just blocked: {state}")
            for id in self.world.live().get(name_of(key), []):
                if id not in known(state, key) and not (key in refused and f"--id {id}" in ended.out):
                    raise Broken(f"the id {id} of {key} is lost: {state}")

    def said(self) -> tuple[dict[str, Any], dict[str, list[str]]]:
        """What the state says, its serial included, and what Invent holds."""
        return self.world.state(), self.world.live()

    def settle(self) -> None:
        """Settle what is blocked as a person would. Then everything exists, and is recorded, exactly once."""
        state = self.world.state()
        blocked = sorted(key for key in self.world.keys if key not in state["broadcasts"])
        for key in blocked:
            made = self.world.live().get(name_of(key)) or ([] if key in state["intents"] else self.world.all(key))
            answer = (
                ["--id", made[0]] if made else ["--not-created", "--reason", "looked in Invent: not there", "--anyway"]
            )
            self.succeed("resolve", key, *answer)
            self.row.happened["resolved"] += 1
        if blocked:
            self.run(*APPLY)
        recorded = {key: record["id"] for key, record in self.world.state()["broadcasts"].items()}
        names = {one["id"]: one["name"] for one in self.world.server.sandbox.broadcasts()}
        if {key: names.get(id) for key, id in recorded.items()} != {key: name_of(key) for key in self.world.keys}:
            raise Broken(f"the records are not what Invent holds: {recorded}, {names}")
        if lost := {id for ids in self.world.live().values() for id in ids} - set(recorded.values()):
            raise Broken(f"Invent holds what no record knows: {lost}")
        self.succeed("plan", "--exit-code")
        self.succeed("state", "verify")
        if self.world.place == "branch" and not self.world.linear():
            raise Broken("the history of the state branch is not linear")
        how = Counter(record["how"] for record in self.world.state()["broadcasts"].values())
        self.row.happened.update(how)

    def succeed(self, *words: str) -> None:
        ended = self.world.run(*words)
        self.say(f"{' '.join(words)}: ended with {ended.code}")
        if ended.code:
            raise Broken(f"{' '.join(words)} ended with {ended.code}: {ended.out}\n{ended.err}")


def known(state: dict[str, Any], key: str) -> set[str]:
    """The ids that the state shows for a key: its record's, or those of its candidates."""
    if key in state["broadcasts"]:
        return {state["broadcasts"][key]["id"]}
    return {candidate["id"] for candidate in state["intents"].get(key, {}).get("candidates") or []}


def count_steps(folder: Path, place: Place, keys: tuple[str, ...] = KEYS, concurrency: int = 4) -> list[str]:
    """The steps of an apply that nothing disturbs, by name."""
    with world(folder, place, *keys) as found:
        listed = found.folder / "steps"
        ended = found.run(*APPLY, "--concurrency", str(concurrency), count=listed)
        if ended.code:
            raise Broken(f"an apply without faults ended with {ended.code}: {ended.out}\n{ended.err}")
        return listed.read_text(encoding="utf-8").splitlines()


def play(
    seed: int, place: Place, folder: Path, steps: int, say: Callable[[str], None] = lambda line: None, storms: int = 0
) -> Row:
    """One history: `storms` runs (0: drawn) in which anything may happen, then quiet, then a person's answers."""
    chance = random.Random(f"{place} {seed}")  # noqa: S311  # repeatable, and no secret
    row, started = Row(place, f"seed {seed}"), time.monotonic()
    with world(folder, place, *KEYS, seed=seed) as found:
        history = History(found, row, say)
        try:
            for _ in range(storms or chance.randint(3, 6)):
                _storm(history, chance, steps)
            history.until_quiet()
            history.settle()
        except Broken as broken:
            row.broken = str(broken)
        row.happened["faults"] = found.faults.times
        row.happened["clones"] = found.clones
        row.happened["by hand"] = len(found.by_hand)
    row.seconds = time.monotonic() - started
    return row


def _storm(history: History, chance: random.Random, steps: int) -> None:
    found = history.world
    found.faults.clear()
    for kind in chance.sample(ANSWERS, MIXED):
        found.faults.add(f"{kind}@create:{SHARE / MIXED}%")
    found.faults.add(f"{chance.choice(LISTS)}@list:10%")
    if found.place == "branch" and chance.random() < 0.3:
        found.fresh_clone()
    if chance.random() < 0.15:
        _click(found, chance.choice(KEYS))
    rival = None
    if chance.random() < 0.15:
        here = found.runner
        rival = found.fresh_clone() if found.place == "branch" else here
        found.runner = here
    fate = chance.random()
    # Squared, so that most deaths come early: a later run has less left to do, and so fewer steps.
    death = Death(1 + int(steps * chance.random() ** 2), chance.choice(["before", "after"]))
    if fate < 0.1:
        death = ALONE
    elif fate < 0.3:
        death = Death(death.at, death.when, chance.choice(["INT", "TERM"]))
    words = ["reconcile"] if chance.random() < 0.1 else [*APPLY, "--concurrency", str(chance.randint(1, 6))]
    history.run(*words, death=death, rival=rival)


def _click(found: World, key: str) -> None:
    """A person makes the same by hand, once at most: with two of them and no answer, nobody could tell them apart."""
    if name_of(key) not in {one["name"] for one in found.server.sandbox.broadcasts() if one["id"] in found.by_hand}:
        found.click(key)


def one_death(
    place: Place, folder: Path, death: Death, answer: str = "", fresh: bool = False, meddling: str = ""
) -> Row:
    """The smallest history: one apply of three definitions dies at one step, and what follows is quiet.

    The second create is answered with the fault `answer`, if there is one; with `fresh` the runs that follow are
    from another clone. `meddling` is code that spoils the product, to see that this is noticed.
    """
    name = ", ".join(word for word in (str(death), answer, "fresh clone" if fresh else "") if word)
    row, started = Row(place, name), time.monotonic()
    with world(folder, place, *FEW) as found:
        history = History(found, row)
        found.meddle(meddling)
        if answer:
            found.faults.add(f"{answer}@create:2")
        try:
            history.run(*APPLY, "--concurrency", "1", death=death)
            if fresh:
                found.fresh_clone()
            history.until_quiet()
            history.settle()
        except Broken as broken:
            row.broken = str(broken)
        row.happened["faults"] = found.faults.times
        row.happened["clones"] = found.clones
    row.seconds = time.monotonic() - started
    return row
