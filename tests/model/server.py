"""The server: calls in flight, its list, and time. Nothing here knows of any rule of ours."""

from __future__ import annotations

from collections.abc import Iterator

from tests.model.values import Live, request
from tests.model.world import Configuration, Sent, Step, Steps, World, id_of, key_of, plain


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
        yield Step(f"Invent creates what {attempt} asks for", after, second(world, attempt, key))
    if configuration.lag != "none":
        for sent in world.server:
            if not sent.shown:
                server = tuple(one._replace(shown=True) if one == sent else one for one in world.server)
                yield Step(f"the list shows {sent.id}", world._replace(server=server))
    if world.clock < configuration.units:
        yield Step("time passes", _later(configuration, world))


def _later(configuration: Configuration, world: World) -> World:
    """One unit later: calls of the unit before the last one are over, for better or for worse."""
    clock = world.clock + 1
    server = world.server
    if configuration.lag == "bounded":
        server = tuple(sent._replace(shown=True) for sent in server)
    pending = tuple(one for one in world.pending if one[1] + 1 >= clock)
    return world._replace(clock=clock, server=server, pending=pending)


def second(world: World, attempt: str, key: str) -> str:
    """Why this create breaks the promise, "" if it does not."""
    kinds = {word.attempt: word.kind for word in world.words}
    if kinds.get(attempt) == "evidence":
        return f"the call of {attempt} is carried out after a person had settled it with evidence"
    if attempt in kinds:
        return ""
    for sent in world.server:
        by_run = sent.id.startswith(("id:run", "id:colleague."))
        if by_run and request(sent.key) == request(key) and plain(sent.id.removeprefix("id:")) not in kinds:
            return f"{key} is created a second time: {sent.id} is there, and nobody said otherwise"
    return ""
