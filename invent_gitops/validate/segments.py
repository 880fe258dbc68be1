"""The segments of a catalogue, looked up by what definitions write: each way is laid once for all definitions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from invent_gitops.model.alike import alike
from invent_gitops.model.broadcast import Catalogue, Segment
from invent_gitops.text.quoting import did_you_mean, listing, quote
from invent_gitops.text.slips import Vocabulary

ID_PREFIX = "id:"
# How often a name of the catalogue is compared with a word that nobody knows, in one run. A slip needs a few thousand;
# thousands of wrong words beside thousands of names are another catalogue, which no guess mends.
MOST_COMPARISONS = 100_000


class KnownSegments:
    """The segments of one catalogue. What is costly to make is made when a definition needs it, and once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._guesses: dict[str, str] = {}
        self.comparisons = 0

    @cached_property
    def _formerly(self) -> Mapping[str, tuple[Segment, ...]]:
        return self._catalogue.formerly()

    @cached_property
    def _names(self) -> list[str]:
        return self._catalogue.names()

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary(self._names)

    @cached_property
    def _by_id(self) -> Mapping[str, Segment]:
        return self._catalogue.by_id()

    @cached_property
    def _listed(self) -> str:
        return f"It has {listing(self._names)}." if self._names else "It is empty."

    def has(self, entry: str) -> bool:
        """Return whether a segment has that name now."""
        return bool(self._catalogue.named(entry))

    def now_or_formerly(self, entry: str) -> tuple[Segment, ...]:
        """Return the segments that have that name now, else those that had it."""
        return self._catalogue.named(entry) or self._formerly.get(alike(entry), ())

    def cure_of(self, entry: str) -> str:
        """Return what to write in place of a name that no segment has."""
        # Before there was a catalogue, an entry was an id.
        if names := self._by_id.get(entry):
            return f"It is the id of {quote(names.name)}: write that, or `id:…`."
        have = self._guess(entry) or self._listed
        return f"{have} If it is new in Invent: invent-gitops segments pull . Or write an id as `id:…`."

    def _guess(self, entry: str) -> str:
        if entry not in self._guesses:
            if self.comparisons + len(self._names) > MOST_COMPARISONS:
                return ""
            self.comparisons += len(self._names)
            self._guesses[entry] = did_you_mean(entry, self._vocabulary)
        return self._guesses[entry]
