"""Where each record of a chain came from: under which key it was first, and of which commit its definition is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from invent_gitops.audit.transition import Transition, place
from invent_gitops.model.broadcast import Request
from invent_gitops.model.chain import Flaw, Link
from invent_gitops.model.state import Record, beside

# Of one source commit: the requests of its definitions by key, or why they cannot be had.
Source = Mapping[str, Request] | str


class Origins:
    """By id the key that a record had first, and by attempt the key and the commit of its intent."""

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}
        self.intended: dict[str, tuple[str, str]] = {}

    def take(self, step: Transition) -> None:
        """Take up what a step has brought."""
        new = {record.id: key for key, record in step.after.broadcasts.items() if record.id not in self.keys}
        self.keys |= new
        if step.before.intents or step.after.intents:
            self.intended |= {
                intent.attempt: (key, intent.provenance.commit) for key, intent in step.new.intents.items()
            }


def sourced(last: Link, origins: Origins, source: Callable[[str], Source]) -> Iterator[Flaw]:
    """Yield where the definition of a record's source commit does not give the request that was sent, by key.

    `last` is the newest link with a state. Each commit is asked for once, and none of them is kept.
    """
    assert last.state is not None
    flaws: dict[str, Flaw] = {}
    asked: dict[str, list[tuple[str, str, Record]]] = {}
    for key, record in sorted(last.state.broadcasts.items()):
        first, commit = origins.keys[record.id], record.provenance.commit
        if record.how != "created":
            # Settled by a later run, maybe of another commit than that of the definition, and under another id or key.
            first, commit = origins.intended.get(record.attempt, (first, "" if record.how == "resolved" else commit))
        if record.how == "imported" or (record.how == "resolved" and not commit):
            continue
        if not commit or commit.endswith("-dirty"):
            where = (
                "outside of any commit" if not commit else f"from edits on top of {commit.removesuffix('-dirty')[:12]}"
            )
            message = f"it was created {where}: its definition was not committed then and cannot be looked up"
            flaws[key] = Flaw(place(last, key), message, missing=True)
        else:
            asked.setdefault(commit, []).append((key, _asked(first, record), record))
    for commit, records in asked.items():
        flaws |= _compared(last, commit, source(commit), records)
    yield from (flaws[key] for key in sorted(flaws))


def _compared(
    last: Link, commit: str, requests: Source, records: list[tuple[str, str, Record]]
) -> Iterator[tuple[str, Flaw]]:
    """Yield by key what is wrong with the `records` of one commit, each with its key now and in the definitions."""
    for key, asked, record in records:
        if isinstance(requests, str):
            message = f"the definitions of its commit {commit[:12]} cannot be read: {requests}"
            yield key, Flaw(place(last, key), message, missing=True)
        elif requests.get(asked) != record.sent:
            message = f"its definition in {commit[:12]} does not give the request that was sent"
            yield key, Flaw(place(last, key), message)


def _asked(key: str, record: Record) -> str:
    """Return the key of the definition: a second record, and one of an attempt that was kept beside another, add to
    it.
    """
    return key.removesuffix(f"#{record.id}").removesuffix(beside("", record.attempt))
