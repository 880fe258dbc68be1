"""The rules of the protocol as switches, and what a configuration lets happen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from tests.protocol.world import Left, Place


@dataclass(frozen=True)
class Protocol:
    """The rules, each of which can be switched off, to see what it is for."""

    compare_file: bool = True
    compare_lock: bool = True
    rewrite_journal: bool = True
    memory_before_journal: bool = True
    clock_before_push: bool = True
    bounded_age: bool = True
    settle_needs_age: bool = True
    age_before_list: bool = True
    settle_needs_list: bool = True
    reopen: bool = True
    reopened_keeps_time: bool = True
    absence_stops_adoption: bool = True
    distrust_known_ids: bool = True
    guard_fold: bool = True
    guard_settled: bool = True
    keep_beside: bool = True
    memory: bool = True
    journal_gone_at_any_serial: bool = True
    memory_of_content: bool = True
    memory_at_the_end: bool = True
    memory_goes_on: bool = True
    read_back: bool = True
    look_for_twins: bool = True
    check_at_the_end: bool = True


@dataclass(frozen=True)
class Configuration:
    """How large a world is, and what may happen in it.

    `clones` names the clone of each run, `fresh` those that have never seen the state. `units` is how often time may
    pass. With `lag` "none" the list shows a broadcast at once, with "bounded" within the unit of its creation, with
    "any" at any time or never. `earlier` is whether something is recorded already, `older` which version somebody may
    put back, and `pulled` the key of a colleague's broadcast ("": the first one). `other` is whether Invent has one
    that is nobody's, and `elsewhere` whether the pushes of the first clone go to another place than is read.
    """

    name: str
    place: Place
    clones: tuple[int, ...] = (0, 0)
    fresh: tuple[int, ...] = ()
    keys: tuple[str, ...] = ("spring",)
    units: int = 0
    lag: Literal["none", "bounded", "any"] = "none"
    left: Left = field(default_factory=Left)
    earlier: bool = True
    older: Literal["begun", "before"] = "begun"
    other: bool = False
    elsewhere: bool = False
    pulled: str = ""
    tries: int = 2
    protocol: Protocol = field(default_factory=Protocol)
