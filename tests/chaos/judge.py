"""The promise, judged from outside: by what Invent holds, what the state says, and how each run ended."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal

from tests.chaos.project import Broken, Place, name_of
from tests.chaos.world import Ended, World

DOCUMENTED = {0, 5, 6, 7, 130}  # what an apply without a fault of the input may end with
# Faults of a list after which nobody who reads it can know everything.
UNTRUE = ("lag", "omit-silently")


@dataclass
class Row:
    """What happened in a history, for the table. `broken` is "" if the promise held."""

    place: Place
    name: str
    happened: Counter[str] = field(default_factory=Counter)
    broken: str = ""
    seconds: float = 0.0


class Judge:
    """Looks after each run. What a person did against all advice is written down here, and excuses just that.

    `risked` are creates beyond the first that somebody took upon himself: by a word about an attempt whose run was
    still alive, against the refusal and with the flag for it. `forgotten` are ids whose records went with a branch that
    was rewound, once the clones that remember it are thrown away, or that a person was shown and said no to: only
    Invent's list knows them, and only an apply that reads a true list can. `unvouched` are the keys of such a branch:
    with a list that lags, has gaps or cannot be read, nobody could know that they were created. In a folder whose
    state file or journal was taken away nothing is excused, since the memory of the clone is still there.
    """

    def __init__(self, world: World, row: Row, say: Callable[[str], None]) -> None:
        self.world, self.row, self.say = world, row, say
        self.risked: Counter[str] = Counter()
        self.forgotten: set[str] = set()
        self.unvouched: set[str] = set()
        # Whether the lists of now are all true, and whether a run is in flight of which the state need not know all.
        self.lists: Literal["true", "failing", "untrue"] = "true"
        self.in_flight = False
        # What was forgotten while a run was held that had read the state before: that run knows, and must not end well.
        self.read_before: set[str] = set()
        # Keys that somebody moved, removed or brought into doubt while it was held, perhaps after it had looked last.
        self.changed: set[str] = set()

    def check(self, ended: Ended, fate: object, also: Sequence[int] = (), killed: bool = False) -> None:
        """The promise, as far as it can be seen now. `also` are exit codes that this run may end with besides."""
        self.row.happened["runs"] += 1
        self.row.happened["killed"] += ended.killed
        self.row.happened["stopped"] += ended.code == 130
        self.say(f"{' '.join(ended.words)}: {fate}, ended with {ended.code}")
        if wrong := self._wrong(ended, {*DOCUMENTED, *also}, killed):
            raise Broken(f"{' '.join(ended.words)} ({fate}): {wrong}\n{ended.out}\n{ended.err}")

    def _wrong(self, ended: Ended, codes: set[int], killed: bool) -> str:
        if not (ended.code in codes or (ended.killed and killed)):
            return f"it ended with {ended.code}"
        if "Traceback" in ended.out + ended.err:
            return "it printed a traceback"
        if twice := self.twice():
            return f"it was created more than once: {twice}"
        if ended.code or self.in_flight:
            return ""
        state = self.world.state()
        words = list(ended.words)
        only = words[words.index("--only") + 1] if "--only" in words else "*"
        kept = {*state["broadcasts"], *self.changed}
        left = [key for key in self.world.keys if key not in kept and fnmatchcase(key, only)]
        doubts = sorted(set(state["intents"]) - self.changed)
        if ended.words[0] in ("apply", "reconcile") and (doubts or (left and ended.words[0] == "apply")):
            return f"it ended with 0, with {doubts} in doubt and {left} not recorded"
        applied = only if ended.words[0] == "apply" else ""
        if unknown := self.unknown(applied, looked=ended.words[0] != "state"):
            return f"it ended with 0, and ids of ours are unknown: {unknown}"
        return ""

    def twice(self) -> dict[str, list[str]]:
        """The keys that the tool created more often than once and than persons took upon themselves."""
        live, found = self.world.live(), {}
        for key in self.world.keys:
            ids = live.get(name_of(key), [])
            if len(ids) > 1 + self.risked[key] and key in self.unvouched and self.lists != "true":
                self.unvouched.discard(key)
                self.risked[key] += 1
                self.forgotten |= set(ids)
                self.row.happened["excused"] += 1
            if len(ids) > 1 + self.risked[key]:
                found[key] = ids
        return found

    def unknown(self, applied: str, *, looked: bool) -> dict[str, list[str]]:
        """The ids of ours in Invent that no record, tombstone, candidate or open intent of their key stands for.

        `applied` is the pattern of the keys that an apply was for, "" for any other command. `looked` is whether the
        command reads the list: `state mv`, `rm` and `restore` do not.
        """
        known, open_keys = self.known()
        found: dict[str, list[str]] = {}
        recorded = self.world.state()["broadcasts"]
        for key, ids in self.ours():
            for id in ids:
                # An apply looks for what it is about to create, and not for the second of what it has.
                looks = fnmatchcase(key, applied) and not (self.risked[key] and key in recorded)
                sees = (looks and self.lists == "true") or id in self.read_before
                excused = id in self.forgotten and not sees
                # A person's own broadcast looks like ours, and ours is not in the list, or nobody looked: who can tell?
                unseen = self.lists == "untrue" or not looked
                excused = excused or (unseen and set(self.world.all(key)) & self.world.by_hand != set())
                if id not in known and key not in open_keys and not excused:
                    found.setdefault(key, []).append(id)
        return found

    def ours(self) -> list[tuple[str, list[str]]]:
        live = self.world.live()
        return [(key, live[name_of(key)]) for key in self.world.keys if name_of(key) in live]

    def known(self) -> tuple[set[str], set[str]]:
        """The ids that the state and the journal beside it know, and the keys of their open intents."""
        state, events = self.world.state(), self.world.journaled()
        known = {record["id"] for record in state["broadcasts"].values()}
        known |= {gone["id"] for gone in state.get("removed", {}).values()}
        for intent in state["intents"].values():
            known |= {one["id"] for one in intent.get("candidates") or []}
        known |= {event["record"]["id"] for event in events if "record" in event}
        open_keys = set(state["intents"])
        for event in events:
            if event["event"] == "intended":
                open_keys.add(event["key"])
            elif event["event"] in ("recorded", "withdrawn", "absent"):
                open_keys.discard(event["absence"]["key"] if "absence" in event else event["key"])
        return known, open_keys

    def forget(self, ids: set[str], keys: set[str] | None = None) -> None:
        """Somebody took away what the state knew of `ids`, and with `keys` what any memory could know of them."""
        self.forgotten |= ids
        self.unvouched |= keys or set()
        if self.in_flight:
            self.read_before |= ids

    def risk(self, key: str) -> None:
        """Somebody took an attempt off the record while its run may still be alive: no one else can know of it."""
        self.risked[key] += 1
        known, _ = self.known()
        self.forgotten |= {id for name, ids in self.ours() if name == key for id in ids} - known

    def landed(self) -> None:
        """The run that was held is judged; what happened beside it excuses and accuses nobody any more."""
        self.read_before.clear()
        self.changed.clear()

    def mourn(self) -> None:
        """A run was killed whose attempts were taken off the record: what only it could know went with it."""
        self.forgotten |= {id for key, ids in self.ours() if self.risked[key] for id in ids}

    def check_quiet(self, ended: Ended) -> None:
        """Nothing changes any more: no id is lost, and nobody is left unsaid."""
        state = self.world.state()
        # Made by a person, or forgotten by the state: the tool does not make it again, and says so.
        unrecorded = {key for key in self.world.keys if key not in state["broadcasts"] and key not in state["intents"]}
        refused = {key for key in unrecorded if any(f"{key} --id {id}" in ended.out for id in self.world.all(key))}
        expected = 7 if state["intents"] else 5 if refused else 0
        # Of two broadcasts for one key, the second is said as long as nobody has settled it.
        if ended.code != expected and not (ended.code == 7 and (self.world.by_hand or self.risked.total())):
            raise Broken(f"it is quiet, and apply ended with {ended.code}: {ended.out}\n{ended.err}")
        for key in self.world.keys:
            count = (key in state["broadcasts"]) + (key in state["intents"]) + (key in refused)
            if count != 1 and not (count == 2 and self.risked[key]):
                raise Broken(f"{key} is neither just recorded nor just blocked: {state}\n{ended.out}\n{ended.err}")
        known, open_keys = self.known()
        for key, ids in self.ours():
            for id in ids:
                shown = id in known or f"--id {id}" in ended.out or id in ended.out + ended.err
                blocked = key in open_keys and self.risked[key]
                given_up = id in self.forgotten and key in state["broadcasts"]
                if not (shown or blocked or given_up):
                    raise Broken(f"the id {id} of {key} is lost: {state}\n{ended.out}\n{ended.err}")

    def check_settled(self) -> None:
        """Everything exists, and is recorded, exactly once."""
        state: dict[str, Any] = self.world.state()
        recorded = {key: record["id"] for key, record in state["broadcasts"].items()}
        names = {one["id"]: one["name"] for one in self.world.server.sandbox.broadcasts()}
        firsts = {key: names.get(id) for key, id in recorded.items() if key in self.world.keys}
        if firsts != {key: name_of(key) for key in self.world.keys}:
            raise Broken(f"the records are not what Invent holds: {recorded}, {names}")
        # A second record is of a create that was risked, or of a person's own that was taken for ours.
        seconds = {key for key in self.world.keys if self.risked[key] or set(self.world.all(key)) & self.world.by_hand}
        if {key.split("#")[0] for key in recorded.keys() - set(self.world.keys)} - seconds:
            raise Broken(f"there are records that nobody asked for: {recorded}")
        if lost := set(itertools.chain(*self.world.live().values())) - set(recorded.values()):
            raise Broken(f"Invent holds what no record knows: {lost}")
        if self.world.place == "branch" and not self.world.linear():
            raise Broken("the history of the state branch is not linear")
        self.row.happened.update(Counter(record["how"] for record in state["broadcasts"].values()))
