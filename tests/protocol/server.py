"""The server: calls in flight, its list, and time. Nothing here knows of any rule of ours."""

from __future__ import annotations

from collections.abc import Iterator

from tests.protocol import asked, promises
from tests.protocol.rules import Configuration
from tests.protocol.values import Live
from tests.protocol.world import Sent, Step, Steps, World, id_of, key_of


def listed(world: World) -> tuple[Live, ...]:
    """What the list shows by now."""
    return tuple(sent.live for sent in world.server if sent.shown)


def whole(world: World) -> tuple[Live, ...]:
    """What the list will show in the end."""
    return tuple(sent.live for sent in world.server)


def readings(world: World) -> Iterator[tuple[str, tuple[Live, ...], bool, World]]:
    """The ways in which a reading of the list can end: all that it shows, or nothing, and that is said."""
    yield "reads the list", listed(world), True, world
    if world.left.gap:
        yield (
            "cannot read the list to its end",
            (),
            False,
            world._replace(left=world.left._replace(gap=world.left.gap - 1)),
        )


def is_created(world: World, attempt: str) -> bool:
    wanted = id_of(attempt)
    return any(sent.id == wanted for sent in world.server)


def with_sent(world: World, sent: Sent) -> World:
    return world._replace(server=tuple(sorted((*world.server, sent))))


def without_pending(world: World, attempt: str) -> World:
    return world._replace(pending=tuple(one for one in world.pending if one[0] != attempt))


def steps(configuration: Configuration, world: World) -> Steps:
    """What the server and the clock do by themselves."""
    for attempt, _ in world.pending:
        key = key_of(attempt)
        created = Sent(id_of(attempt), key, world.clock, configuration.lag == "none")
        after = with_sent(without_pending(world, attempt), created)
        yield Step(f"Invent creates what {attempt} asks for", after, promises.second(world, attempt, key))
    if configuration.lag != "none":
        for sent in world.server:
            if not sent.shown:
                server = tuple(one._replace(shown=True) if one == sent else one for one in world.server)
                yield Step(f"the list shows {sent.id}", world._replace(server=server))
    if world.clock < configuration.units and _matters(configuration, world):
        yield Step("time passes", _later(configuration, world))


def _matters(configuration: Configuration, world: World) -> bool:
    """Whether time can make a difference: only what is intended or in flight grows old."""
    if world.pending or any(run.attempt for run in world.runs):
        return True
    clone = world.clones[0]
    known = clone.file if configuration.place == "file" else world.tip
    return bool(asked.attempts_open(known)) or (configuration.place == "file" and clone.journal is not None)


def _later(configuration: Configuration, world: World) -> World:
    """One unit later: calls of the unit before the last one are over, for better or for worse."""
    clock = world.clock + 1
    server = world.server
    if configuration.lag == "bounded":
        server = tuple(sent._replace(shown=True) for sent in server)
    pending = tuple(one for one in world.pending if one[1] + 1 >= clock)
    return world._replace(clock=clock, server=server, pending=pending)
