"""Faults to order: which of the requests to come shall go wrong, and how."""

from __future__ import annotations

import math
import random
import re
import threading
from typing import Literal, cast, get_args

from invent_gitops.sandbox.contract import Answer, RouteName, json_answer
from invent_gitops.sandbox.false_answers import Alteration, CreateFault, ListFault
from invent_gitops.values import Struct

Kind = Literal[
    "delay",
    "429",
    "error-before",
    "error-after",
    "close-before",
    "close-after",
    "cut-body",
    "html-before",
    "html-after",
    "hang",
    "clock",
    "lag",
    "omit-silently",
    "omit",
    "omit-page",
    "other-id",
    "other-name",
    "other-time",
    "other-audience",
]
Target = RouteName | Literal["any"]

KINDS: tuple[Kind, ...] = get_args(Kind)
LIST_FAULTS: tuple[ListFault, ...] = get_args(ListFault)
CREATE_FAULTS: tuple[CreateFault, ...] = get_args(CreateFault)
TARGETS: tuple[Target, ...] = (*get_args(RouteName), "any")

_SPEC = re.compile(r"(?P<kind>[^=@]+)(=(?P<argument>[^@]*))?@(?P<target>[^:]+):(?P<when>.+)")
_HELP = (
    f"A fault is written KIND[=ARGUMENT]@WHERE, for example close-after@create:3. KIND is one of {', '.join(KINDS)}. "
    f"WHERE is one of {', '.join(TARGETS)}, then a colon and the requests. The requests are a number (3), a range "
    "(2-4), * for all, a share (20%), or a page of a list (page=3)."
)
_HTML = b"<!doctype html><title>Just a moment</title><p>Please wait while we look into it.</p>\n"
_SECONDS = r"\d{1,4}(\.\d{1,6})?"


class Fault(Struct, frozen=True):
    """One fault: `argument` is seconds for delay, hang and lag, the wait in whole seconds for 429, else a status.

    For clock, it is by how many seconds the `Date` of the answer is off; without it, the answer has no `Date`.

    It strikes requests number `first` to `last` of its target, or the `share` of them (from 0 to 1) if there is one,
    or if there is a `page`, every request for this page of a list.
    """

    spec: str
    kind: Kind
    argument: float | None
    target: Target
    first: int = 1
    last: float = math.inf
    share: float | None = None
    page: int | None = None

    @property
    def commits(self) -> bool:
        """Whether the request is carried out, whatever the client gets to see."""
        return (
            self.kind in ("delay", "error-after", "close-after", "cut-body", "html-after", "hang", "clock")
            or self.alters
        )

    @property
    def alters(self) -> bool:
        """Whether the client gets a whole answer that is not true."""
        return self.kind in LIST_FAULTS or self.kind in CREATE_FAULTS

    def alteration(self, turn: int) -> Alteration | None:
        """Return what is untrue in an answer to the request number `turn`, or None if it is altered in no such way."""
        return Alteration(self.kind, self.argument or 0.0, turn) if self.alters else None  # type: ignore[arg-type]  # `alters` says that it is one

    def answer(self, path: str) -> Answer | None:
        """Return what the client gets instead of the genuine answer; None means no answer at all."""
        match self.kind:
            case "429":
                wait = {} if self.argument is None else {"retry-after": str(int(self.argument))}
                return json_answer(429, {"message": "Too many requests (a fault to order)."}, wait)
            case "error-before" | "error-after":
                status = int(self.argument or (503 if self.kind == "error-before" else 500))
                # A client that follows redirects would send its request again, and that is to be seen.
                where = {"location": path} if status < 400 else {}
                return json_answer(status, {"message": "Something went wrong (a fault to order)."}, where)
            case "html-before" | "html-after":
                return Answer(200, {"content-type": "text/html; charset=utf-8"}, _HTML)
            case _:
                return None


def parse_fault(spec: str) -> Fault:
    """Read a fault; `ValueError` with full sentences where it is not one."""
    match = _SPEC.fullmatch(spec.strip())
    if not match or match["kind"] not in KINDS or match["target"] not in TARGETS:
        raise ValueError(f'"{spec}" is not a fault. {_HELP}')
    kind, target = cast(Kind, match["kind"]), cast(Target, match["target"])
    argument = _read_argument(spec, kind, match["argument"])
    only = "list" if kind in LIST_FAULTS else "create" if kind in CREATE_FAULTS else target
    if target != only:
        raise ValueError(f'"{spec}" is not a fault: {kind} is for {only} only. {_HELP}')
    when = match["when"]
    if when == "*":
        return Fault(spec, kind, argument, target)
    if number := re.fullmatch(r"([0-9]{1,9})(-([0-9]{1,9}))?", when):
        first, last = int(number[1]), int(number[3] or number[1])
        if 1 <= first <= last:
            return Fault(spec, kind, argument, target, first, last)
    if (share := re.fullmatch(r"([0-9]{1,3}(\.[0-9]{1,6})?)%", when)) and float(share[1]) <= 100:
        return Fault(spec, kind, argument, target, share=float(share[1]) / 100)
    if (page := re.fullmatch(r"page=([1-9][0-9]{0,8})", when)) and target != "create":
        return Fault(spec, kind, argument, target, page=int(page[1]))
    raise ValueError(
        f'"{spec}" does not say which requests: "{when}" is not a number, a range, *, a share or a page. {_HELP}'
    )


def _read_argument(spec: str, kind: Kind, text: str | None) -> float | None:
    match kind:
        case "delay" | "hang" | "lag":
            pattern, expected = _SECONDS, f"seconds, as in {kind}=0.5@{'list' if kind == 'lag' else 'create'}:1"
        case "429":
            pattern, expected = r"[0-9]{1,6}", "whole seconds for Retry-After, as in 429=2@create:1, or nothing"
        case "clock":
            pattern, expected = r"-?[0-9]{1,8}", "whole seconds, as in clock=-3600@list:*, or nothing"
        case "error-before" | "error-after":
            pattern, expected = r"[345][0-9][0-9]", f"a status from 300 to 599, as in {kind}=502@create:1, or nothing"
        case _:
            pattern, expected = "", f"nothing, as in {kind}@create:1"
    if text is None and kind not in ("delay", "hang", "lag"):
        return None
    if not pattern or text is None or not re.fullmatch(pattern, text, re.ASCII):
        raise ValueError(f'"{spec}" is not a fault: the argument of {kind} must be {expected}. {_HELP}')
    return float(text)


class Faults:
    """The faults of one server, and the count of its requests. Threads may use it at once.

    Requests are counted from 1 over the life of this object, whether or not there are faults. Equal specs and an
    equal `seed` strike equal requests by chance, since each fault draws from a generator of its own.
    """

    def __init__(self, *specs: str, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._seed = seed
        self._added = 0
        self._faults: list[tuple[Fault, random.Random]] = []
        self._counts: dict[Target, int] = dict.fromkeys(TARGETS, 0)
        for spec in specs:
            self.add(spec)

    def add(self, spec: str) -> None:
        """Order one more fault; `ValueError` where it cannot be read. Of several that strike, the first added wins."""
        fault = parse_fault(spec)
        with self._lock:
            self._added += 1
            # A text as the seed is hashed alike in every process, which a tuple is not.
            self._faults.append((fault, random.Random(f"{self._seed} {self._added} {spec}")))  # noqa: S311 - no secret

    def clear(self) -> None:
        """Order nothing any more; the count of requests goes on."""
        with self._lock:
            self._faults.clear()

    def seen(self, target: Target = "any") -> int:
        """Return how many requests of this kind have come so far."""
        with self._lock:
            return self._counts[target]

    def strike(self, route: RouteName | None, page: int | None = None) -> tuple[float, Fault | None]:
        """Count a request (None: it leads nowhere), and say how many seconds to delay it and which fault strikes it.

        `page` is the page of a list that it asks for, if it does.
        """
        delay, struck = 0.0, None
        with self._lock:
            self._counts["any"] += 1
            if route:
                self._counts[route] += 1
            for fault, chance in self._faults:
                if fault.target not in (route, "any"):
                    continue
                # Drawn even when another fault wins, so that one fault never changes the fortune of the next.
                if fault.page is not None:
                    hit = fault.page == page
                elif fault.share is None:
                    hit = fault.first <= self._counts[fault.target] <= fault.last
                else:
                    hit = chance.random() < fault.share
                if hit and fault.kind == "delay":
                    delay += fault.argument or 0.0
                elif hit:
                    struck = struck or fault
        return delay, struck
