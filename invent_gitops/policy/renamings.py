"""Segments that Invent calls otherwise than reviewers read: the names are in definitions, the ids are sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from invent_gitops.model.alike import alike, composed
from invent_gitops.model.audience import AudienceWarning
from invent_gitops.model.broadcast import Catalogue, RemoteSegment, Request, Segment
from invent_gitops.values import Struct


class _Entry(Struct, frozen=True):
    """A segment of the catalogue at its `rank`; `names` are those that it has and had, in the form to compare."""

    rank: int
    segment: Segment
    own: str
    names: AbstractSet[str]


class Renamings:
    """The catalogue beside the segments of Invent, by id and by name: made once for a plan.

    A name that several segments have now says nothing of any of them.
    """

    def __init__(self, catalogue: Catalogue | None, live: Sequence[RemoteSegment]) -> None:
        self._named = {remote.id: remote.name for remote in live if remote.name}
        # By the form to compare: each spelling in Invent, and the ids that have it.
        self._holders: dict[str, dict[str, list[str]]] = {}
        for id, name in self._named.items():
            self._holders.setdefault(alike(name), {}).setdefault(name, []).append(id)
        self._entries: dict[str, list[_Entry]] = {}
        for rank, segment in enumerate(catalogue.every() if catalogue else ()):
            if not segment.name.startswith("id:"):
                names = frozenset(alike(name) for name in (segment.name, *segment.formerly))
                entry = _Entry(rank, segment, alike(segment.name), names)
                self._entries.setdefault(segment.id, []).append(entry)

    def warnings(self, request: Request, written: Sequence[str]) -> Iterator[AudienceWarning]:
        """Yield what is called otherwise there, in the order of the catalogue.

        `written` are the segments as the definition has them.
        """
        entries = [entry for id in set(request.segment_ids) for entry in self._entries.get(id, ())]
        spelled = {alike(name) for name in written} if entries else set()
        for entry in sorted(entries, key=lambda entry: entry.rank):
            segment, id = entry.segment, entry.segment.id
            # After a pull, what the definition writes would mean the segment that has the name by then.
            retaken = {
                name: holders
                for name in entry.names & (spelled | {entry.own})
                if (holders := self._holders.get(name, {})) and _others(holders, id)
            }
            now = composed(self._named.get(id, segment.name))
            if retaken and alike(now) not in retaken:
                yield _retaken(segment, now, tuple(retaken.values()))
            elif alike(now) != entry.own:
                message = f"The segment {segment.name} ({id}) is named {now} in Invent now."
                cure = (
                    "If it is still the one that is meant: invent-gitops segments pull . If not, name another segment."
                )
                yield AudienceWarning("audience-renamed", message, cure, id)


def _retaken(segment: Segment, now: str, holders: Sequence[Mapping[str, list[str]]]) -> AudienceWarning:
    newcomers = {
        name: others[-1]
        for spellings in holders
        for name, ids in spellings.items()
        if (others := [id for id in ids[-2:] if id != segment.id])
    }
    listed = " and ".join(f"{name} is {other} there now" for name, other in sorted(newcomers.items()))
    message = f"The segment {segment.name} ({segment.id}) is named {now} in Invent, and {listed}."
    cure = f"Write id:{segment.id} if that one is meant, before anybody runs invent-gitops segments pull."
    return AudienceWarning("audience-retaken", message, cure, segment.id)


def _others(holders: Mapping[str, list[str]], id: str) -> bool:
    """Return whether anything but `id` has one of the names."""
    return len(holders) > 1 or any(holder != id for ids in holders.values() for holder in ids[:2])
