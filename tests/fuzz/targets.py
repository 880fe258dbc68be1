"""What is fuzzed: for each kind of document how a valid one is made, where it goes, and which commands read it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.fuzz import commands, documents, samples
from tests.fuzz.bench import ANSWERS, API, HUB_ROUTES, PULL, Bench, Fault
from tests.fuzz.commands import Words
from tests.fuzz.mutations import as_bytes, as_headers, as_json, as_lines, as_yaml, each_spoiled, scribbled, spoiled
from tests.fuzz.parsers import compare


@dataclass(frozen=True, slots=True)
class Target:
    """`make` gives a valid value or text; `put` lays an input before the commands; each of them may read it."""

    name: str
    make: Callable[[Random], Any]
    put: Callable[[Bench, bytes], None]
    commands: tuple[Words, ...] = ()
    spell: Callable[[Any, Random], str] = as_json
    check: Callable[[bytes], str] | None = None
    samples: tuple[Any, ...] = ()

    def each(self) -> Iterator[bytes]:
        """Every sample with each of its parts of each type, in the order in which they are made."""
        for number, value in enumerate(made for sample in self.samples for made in each_spoiled(sample)):
            chance = Random(number)  # noqa: S311  # only of how it is spelled
            yield self.spell(value, chance).encode("utf-8", "surrogatepass")

    def input(self, chance: Random) -> bytes:
        """An input: one in eight is valid, one in four has a text that was scribbled on, the others another shape."""
        value = self.make(chance)
        kind = chance.random()
        if kind < 0.12:
            return as_bytes(_text(self.spell, value, chance), chance)
        if kind < 0.7:
            value = spoiled(value, chance)
        text = _text(self.spell, value, chance)
        return as_bytes(scribbled(text, chance) if kind > 0.6 else text, chance)

    def run(self, bench: Bench, raw: bytes, readers: Sequence[Words] = ()) -> Fault | None:
        """Let commands meet the input, each with a project of its own: `readers`, or the one that its bytes choose."""
        if self.check:
            wrong = self.check(raw)
            return Fault((self.name,), wrong.split("\n", 1)[0], wrong) if wrong else None
        for words in readers or (self.commands[zlib.crc32(raw) % len(self.commands)],):
            self.put(bench, raw)
            if fault := bench.run(words):
                return fault
        return None


def _text(spell: Callable[[Any, Random], str], value: Any, chance: Random) -> str:
    return value if isinstance(value, str) else spell(value, chance)


# ---------------------------------------------------------------- where an input goes


def file(name: str) -> Callable[[Bench, bytes], None]:
    return lambda bench, raw: bench.reset({name: raw})


def _answer(route: str) -> Callable[[Bench, bytes], None]:
    def put(bench: Bench, raw: bytes) -> None:
        bench.reset({})
        bench.answers[route] = bench.placed(raw)

    return put


def _hub_answer(route: str) -> Callable[[Bench, bytes], None]:
    def put(bench: Bench, raw: bytes) -> None:
        bench.reset({})
        bench.hub_answers(route, raw)

    return put


def _comment(bench: Bench, raw: bytes) -> None:
    bench.reset({})
    bench.hub.add_comment(PULL, raw.decode("utf-8", "replace").replace(API, bench.invent.url))


def _document(bench: Bench, raw: bytes) -> None:
    """A document that finds a comment of ours, with a plan that was reviewed."""
    bench.reset({"plan.json": raw})
    bench.hub.add_comment(PULL, documents.commented())


def _event(bench: Bench, raw: bytes) -> None:
    bench.reset({})
    bench.event = raw


# ---------------------------------------------------------------- the list

_EVERY_YAML = ("valid", "invalid", "project", "segments")


def _files() -> list[Target]:
    d, by_hand = documents, samples
    broadcast = d.of_or_example("broadcast", "valid", "invalid")
    project, catalogue = d.of_or_example("project", "project"), d.of_or_example("segments", "segments")
    reading = (*commands.COMMENTS, *commands.ISSUES)
    journal, plan = "invent.state.json.journal", (*commands.PLANNED, *reading)
    every = d.of_or_example("broadcast", *_EVERY_YAML)
    return [
        Target("yaml", every, file("x"), spell=as_yaml, check=compare, samples=(by_hand.DEFINITION,)),
        Target(
            "definition",
            broadcast,
            file("broadcasts/b.yaml"),
            commands.DEFINITIONS,
            as_yaml,
            None,
            (by_hand.DEFINITION,),
        ),
        Target("project", project, file("invent.yaml"), commands.PROJECT, as_yaml, None, by_hand.PROJECTS),
        Target("catalogue", catalogue, file("segments.yaml"), commands.CATALOGUE, as_yaml, None, (by_hand.CATALOGUE,)),
        Target("state", d.state, file("invent.state.json"), commands.RECORDS, samples=(by_hand.STATE,)),
        Target("journal", d.journal, file(journal), commands.RECORDS, as_lines, None, by_hand.JOURNALS),
        Target("plan", d.plan, file("plan.json"), plan, samples=(by_hand.PLAN,)),
        Target("document", d.document, _document, reading, samples=by_hand.DOCUMENTS),
        Target("comment", d.comment, _comment, commands.HUB),
        Target("event", d.event, _event, (*commands.HUB, *commands.ISSUES), samples=(d.PULL_EVENT, d.PUSH_EVENT)),
    ]


def _answers() -> list[Target]:
    invent, hub = [], []
    for route, body in ANSWERS.items():
        asking = commands.APPLY if route == "create" else commands.ASKING
        shortest = body[-1:] if isinstance(body, list) else body
        invent.append(Target(f"invent-{route}", documents.fixed(body), _answer(route), asking, samples=(shortest,)))
    headers = documents.HEADERS
    make = documents.one_of(headers)
    invent.append(Target("invent-headers", make, _answer("headers"), commands.ASKING, as_headers, samples=headers))
    for route in HUB_ROUTES:
        asking = commands.ISSUES if "issue" in route else commands.HUB
        answer = documents.hub_answer(route, documents.commented())
        hub.append(Target(f"github-{route}", documents.hub(route), _hub_answer(route), asking, samples=(answer,)))
    return [*invent, *hub]


TARGETS: dict[str, Target] = {target.name: target for target in (*_files(), *_answers())}
