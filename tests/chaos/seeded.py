"""Histories that a seed draws: in each storm a run dies, is held, is refused something, or others act."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from tests.chaos.history import History, Hold, played
from tests.chaos.judge import Row
from tests.chaos.others import APPLY
from tests.chaos.project import Place, name_of
from tests.chaos.world import ALONE, SPEED, Death, Refusal

KEYS = ("autumn", "black-friday/early", "black-friday/vip", "spring", "summer", "winter")
PARTS = ("[ab]*", "black-friday/*", "s*", "*[rl]y", "w*")
# Every way in which a create can fail so that nobody can say whether it was carried out, and the 429, which says no.
ANSWERS = (
    *("close-before", "close-after", "cut-body", "html-before", "html-after", "429=0"),
    *("error-before=500", "error-before=503", "error-after=500", "error-after=502", "error-after=503"),
    *("error-after=504", "error-before=408", "error-after=409", "error-after=302"),
    *("other-name", "other-time", "other-audience"),
)
LISTS = (
    "close-before",
    "cut-body",
    "html-before",
    "error-before=503",
    "error-before=404",
    "429=0",
    "omit",
    "omit-page",
)
LAGS = ("lag=0.3", "lag=2", "lag=60", "omit-silently")
SHARE, MIXED = 20, 4  # per cent of all creates, and how many kinds they are spread over in one run
# What the system may say at which step.
REFUSALS = {
    "write": ("ENOSPC", "EDQUOT", "EIO"),
    "fsync": ("EIO", "ENOSPC", "EDQUOT"),
    "open": ("EACCES", "EROFS", "ENOSPC", "EDQUOT", "EIO", "EMFILE"),
    "read": ("EACCES", "EIO", "EMFILE"),
    "rename": ("EACCES", "EROFS", "ENOSPC", "EIO"),
    "unlink": ("EACCES", "EROFS", "EIO"),
    "flock": ("ENOLCK", "ENOSYS"),
    "start": ("EAGAIN", "ENOMEM"),
}


def play(
    seed: int, place: Place, folder: Path, steps: int, say: Callable[[str], None] = lambda line: None, storms: int = 0
) -> Row:
    """One history: `storms` runs (0: drawn) in which anything may happen, then quiet, then a person's answers."""
    chance = random.Random(f"{place} {seed}")  # noqa: S311  # repeatable, and no secret
    row = Row(place, f"seed {seed}")
    with played(folder, place, KEYS, row, say, chance) as history:
        history.world.speed = SPEED
        for _ in range(storms or chance.randint(3, 6)):
            _storm(history, steps)
        history.until_quiet()
        history.settle()
    return row


def _storm(history: History, steps: int) -> None:
    found, chance = history.world, history.chance
    history.after_rewind()
    if found.place == "branch" and chance.random() < 0.3:
        found.fresh_clone()
    if chance.random() < 0.15:
        _click(history, chance.choice(KEYS))
    fate = chance.random()
    _weather(history, alone=fate < 0.35)
    words = ["reconcile"] if chance.random() < 0.1 else [*APPLY, "--concurrency", str(chance.randint(1, 6))]
    if words[0] == "apply" and chance.random() < 0.4:
        words += ["--only", chance.choice(PARTS)]
    if fate < 0.5:
        _deadly(history, words, steps, rival=fate >= 0.35)
    elif fate < 0.65:
        kind = chance.choice(sorted(REFUSALS))
        nth = 1 + int(20 * chance.random() ** 2)
        refusal = Refusal(kind, nth, chance.choice(REFUSALS[kind]), chance.random() < 0.5)
        history.row.happened[f"refused: {refusal.errno} at {kind}"] += 1
        history.row.happened["no processes"] += kind == "start"
        history.run(*words, refusal=refusal)
    elif fate < 0.9:
        holds: list[Hold] = ["a step", "a step", "a question"]
        if found.place == "branch":
            holds += ["a push that is not received yet", "a push that others can see"]
        hold = chance.choice(holds)
        if hold == "a question":
            words = [word for word in words if word != "--yes"]
        at = Death(1 + int(steps * chance.random()), chance.choice(["before", "after"]), "STOP")
        acts, pause, killed = history.others.draw(), chance.random() < 0.7, chance.random() < 0.15
        history.held(*words, hold=hold, at=at, acts=acts, pause=pause, killed=killed)
    else:
        history.others.between()
        history.others.remember()


def _deadly(history: History, words: list[str], steps: int, rival: bool) -> None:
    """A run that may die at any step, with a rival at the same time or without."""
    found, chance = history.world, history.chance
    place = None
    if rival:
        here = found.runner
        place = found.fresh_clone() if found.place == "branch" else here
        found.runner = here
        history.row.happened["a rival"] += 1
    # Squared, so that most deaths come early: a later run has less left to do, and so fewer steps.
    death = Death(1 + int(steps * chance.random() ** 2), chance.choice(["before", "after"]))
    kind = chance.random()
    if kind < 0.1:
        death = ALONE
    elif kind < 0.3:
        death = Death(death.at, death.when, chance.choice(["INT", "TERM"]))
    history.run(*words, death=death, rival=place)


def _weather(history: History, alone: bool) -> None:
    """What the answers of this storm are like.

    An answer with the id of another broadcast can be told only by who knows that one: so only while nobody else
    creates anything, where something was created before, and with true lists.
    """
    found, chance = history.world, history.chance
    found.faults.clear()
    for kind in chance.sample(ANSWERS, MIXED):
        found.faults.add(f"{kind}@create:{SHARE / MIXED}%")
    draw = chance.random()
    if alone and draw < 0.25 and found.live():
        found.faults.add("other-id@create:15%")
        history.judge.lists = "true"
    elif draw < 0.6:
        found.faults.add(f"{chance.choice(LISTS)}@list:{chance.choice([10, 10, 60])}%")
        history.judge.lists = "failing"
    elif draw < 0.85:
        found.faults.add(f"{chance.choice(LAGS)}@list:*")
        history.judge.lists = "untrue"
    else:
        history.judge.lists = "true"


def _click(history: History, key: str) -> None:
    """A person makes the same by hand, once at most: with two of them and no answer, nobody could tell them apart."""
    found = history.world
    if name_of(key) not in {one["name"] for one in found.server.sandbox.broadcasts() if one["id"] in found.by_hand}:
        found.click(key)
