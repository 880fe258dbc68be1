"""The three promises, judged from outside: what is on the server, and what the state and its readers know of it."""

from __future__ import annotations

from tests.protocol import asked
from tests.protocol.rules import Configuration
from tests.protocol.values import NONE, request
from tests.protocol.world import World, id_of, is_ours, plain


def second(world: World, attempt: str, key: str) -> str:
    """Why a create for that key breaks the promise of at most one, "" if it does not."""
    kinds = {word.attempt: word.kind for word in world.words}
    if kinds.get(attempt) == "evidence":
        return f"the call of {attempt} is carried out after a person had settled it with evidence"
    if attempt in kinds:
        # Said without evidence: that is the risk of whoever said it.
        return ""
    for sent in world.server:
        by_run = sent.id.startswith(("id:run", "id:colleague."))
        if by_run and request(sent.key) == request(key) and plain(sent.id.removeprefix("id:")) not in kinds:
            return f"{key} is created a second time: {sent.id} is there, and nobody said otherwise"
    return ""


def found_in(configuration: Configuration, world: World, known: int) -> frozenset[str]:
    """The ids that the state records, or of which the next apply speaks once the list shows everything."""
    every = tuple(sent.live for sent in world.server)
    found = asked.ids(known) | asked.candidates(known, every)
    return found | asked.twins(known, every, world.clock) if configuration.protocol.look_for_twins else found


def unknown_after(configuration: Configuration, world: World, index: int, known: int) -> str:
    """Which ids of its own a run leaves unknown in the state `known`, though it ends with 0; "" if none."""
    mine = f"id:run{index + 1}-"
    made = {sent.id for sent in world.server if sent.id.startswith(mine)}
    lost = made - found_in(configuration, world, known) - _named_wrongly(world)
    return f"exit 0, and nobody knows of {', '.join(sorted(lost))}" if lost else ""


def forgotten(configuration: Configuration, world: World, found: frozenset[str]) -> str:
    """Which broadcasts of ours nobody knows of when nothing is going on, where readers know of `found`; "" if none."""
    ours = {sent.id for sent in world.server if is_ours(sent.id)} - _excused(configuration, world)
    lost = ours - found
    return f"nobody knows of {', '.join(sorted(lost))}" if lost else ""


def _named_wrongly(world: World) -> set[str]:
    """The ids in whose place a person has named another broadcast."""
    return {id_of(word.attempt) for word in world.words if word.kind == "wrong id"}


def _excused(configuration: Configuration, world: World) -> set[str]:
    """Ids that a person has given up by a wrong word, and those that a run which ended with 7 has told."""
    excused = {id_of(one.attempt) for run in world.runs for one in run.heard} | _named_wrongly(world)
    if configuration.pulled and configuration.pulled not in configuration.keys:
        excused.add(f"id:colleague.{configuration.pulled}")
    for word in world.words:
        run = int(word.attempt[3]) - 1 if word.attempt.startswith("run") else NONE
        died = run == NONE or world.runs[run].at == "dead"
        if word.kind == "evidence" and configuration.lag == "any":
            excused.add(id_of(word.attempt))
        if word.kind == "override" and (died or not word.working):
            excused.add(id_of(word.attempt))
    return excused
