"""Two sets of rules beside each other: which of the newer ones let more pass, and which let less pass.

A change that cannot be judged counts as weaker, and so does one of a setting that this module does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from invent_gitops.model.loosening import RuleChange, RuleChanges, Rules
from invent_gitops.model.project import BlackoutDays, BranchPlace, FilePlace, Policies, Project, QuietHours
from invent_gitops.model.unreachable import POLICY as UNREACHABLE_EDITS
from invent_gitops.model.unreachable import UnreachablePolicy
from invent_gitops.policy.loosened_clocks import blackout_text, compare_blackout, quiet_hours_verdict, quiet_text
from invent_gitops.policy.loosened_segments import compare_catalogues
from invent_gitops.text.quoting import quote
from invent_gitops.values import Struct

Verdict = Literal["weaker", "tighter", "same"]
Judge = Callable[[Any, Any], Verdict]


class _Change(NamedTuple):
    verdict: Verdict
    change: RuleChange


# Of a project, these say where things are; what they hold is compared by itself.
_NO_RULES = frozenset({"account", "definitions", "segments", "policies", "file", "name", "workspaces", "misplaced"})
# These are first set some day, which lets nothing more pass.
_UNSET_FIRST = frozenset({"applies_from", "timezone", "org", "key"})
_UNITS = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "m"))


def compare_rules(base: Rules, current: Rules, today: date) -> RuleChanges:
    """Return what of `current` is weaker than `base`, and what is tighter; blackout days before `today` count for
    nothing.
    """
    changes = [
        *_policies(base.project.policies, current.project.policies, today),
        *_project(base.project, current.project),
        *(_Change(*pair) for pair in compare_catalogues(base.catalogue, current.catalogue)),
        *_waivers(base.waivers, current.waivers),
    ]
    weaker, tighter = (
        tuple(change for verdict, change in changes if verdict == side) for side in ("weaker", "tighter")
    )
    return RuleChanges(weaker, tighter)


def _policies(base: Policies, current: Policies, today: date) -> Iterator[_Change]:
    for name in Policies.__struct_fields__:
        old, new = getattr(base, name), getattr(current, name)
        if old == new:
            continue
        if name == "blackout_days":
            for side, was, now in compare_blackout(old, new, today):
                yield _Change(side, _change(name, was, now, ("policies", name)))
        else:
            verdict = _JUDGES.get(name, _unjudged)(old, new)
            yield _Change(verdict, _change(name, *_texts(old, new, name), ("policies", name)))


def _project(base: Project, current: Project) -> Iterator[_Change]:
    for name in dict.fromkeys([*Project.__struct_fields__, "org", "key"]):
        old, new = getattr(base, name), getattr(current, name)
        if name in _NO_RULES or old == new or (name in _UNSET_FIRST and not old):
            continue
        verdict = _JUDGES.get(name, _unjudged)(old, new)
        yield _Change(verdict, _change(name, *_texts(old, new, name), (name,)))


def _waivers(base: Mapping[str, Mapping[str, str]], current: Mapping[str, Mapping[str, str]]) -> Iterator[_Change]:
    for key, waived in current.items():
        before = base.get(key, {})
        # A waived edit lets no broadcast pass, and stays on the page with its reason.
        for policy in dict.fromkeys(name for name in [*waived, *before] if name != UNREACHABLE_EDITS):
            old, new = before.get(policy), waived.get(policy)
            if old == new:
                continue
            was, now = ("not waived" if reason is None else f"“{reason}”" for reason in (old, new))
            path = ("waive", policy) if new is not None else ("waive",)
            change = RuleChange("waiver", f"{key} waives {policy}", was, now, "definition", path, key)
            yield _Change("tighter" if new is None else "weaker", change)


def _change(name: str, old: str, new: str, path: tuple[str, ...]) -> RuleChange:
    return RuleChange(name.replace("_", "-"), ".".join(path), old, new, "project", path)


# ---------------------------------------------------------------- judges


def _more_is_weaker(old: Any, new: Any) -> Verdict:
    return "weaker" if new > old else "tighter"


def _less_is_weaker(old: Any, new: Any) -> Verdict:
    return "weaker" if new < old else "tighter"


def _cap(old: int | None, new: int | None) -> Verdict:
    return "weaker" if new is None or (old is not None and new > old) else "tighter"


def _unjudged(old: Any, new: Any) -> Verdict:
    """Return what has no judge of its own: a guard by its word, what is first set is tighter, and the rest is
    weaker.
    """
    if {old, new} == {"warn", "refuse"} if isinstance(old, str) and isinstance(new, str) else False:
        return "weaker" if new == "warn" else "tighter"
    return "tighter" if old is None else "weaker"


def _by_leaf(judges: Mapping[str, Judge], other: Judge) -> Judge:
    """Judges what has parts: it is weaker if one of them is. A part that is gone held nothing back any more."""

    def judge(old: Any, new: Any) -> Verdict:
        if old is None or new is None:
            return _unjudged(old, new)
        before, after = dict(_leaves(old)), dict(_leaves(new))
        if before == after:
            return "same"
        for name in before.keys() | after.keys():
            was, now = before.get(name), after.get(name)
            if was != now and (now is None or (was is not None and judges.get(name, other)(was, now) == "weaker")):
                return "weaker"
        return "tighter"

    return judge


def _one_of(old: Sequence[str], new: Sequence[str]) -> Verdict:
    """Of people of whom one has to agree, fewer are tighter, and nobody is weaker."""
    return "tighter" if new and (not old or set(new) < set(old)) else "weaker"


def _beyond(old: Sequence[tuple[int, int]], new: Sequence[tuple[int, int]]) -> Verdict:
    """Of pairs, beyond so many contacts so many people: weaker if fewer are enough for some number of contacts."""

    def people(pairs: Sequence[tuple[int, int]], contacts: int) -> int:
        return max((needed for limit, needed in pairs if contacts > limit), default=0)

    steps = {limit + 1 for limit, _ in (*old, *new)}
    return "weaker" if any(people(new, contacts) < people(old, contacts) for contacts in steps) else "tighter"


def _leaves(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, UnreachablePolicy):
        # By the guard alone: a waiver speaks of one broadcast, which stays on the page with the reason.
        yield "refuse", value.refuse
    elif isinstance(value, Struct):
        yield from ((name, getattr(value, name)) for name in value.__struct_fields__)
    elif isinstance(value, Mapping):
        yield from ((str(name), part) for name, part in value.items())


_JUDGES: Mapping[str, Judge] = {
    "minimum_lead_time": _less_is_weaker,
    "allow_immediate": _more_is_weaker,
    "max_creates": _more_is_weaker,
    "quiet_hours": quiet_hours_verdict,
    "minimum_gap": _less_is_weaker,
    "audience_cap": _cap,
    "audience_jump": _more_is_weaker,
    "send_to_all_needs_reason": _less_is_weaker,
    "results": _by_leaf({}, _more_is_weaker),
    "review": _by_leaf(
        {"approvals": _less_is_weaker, "dismiss_stale": _less_is_weaker, "send_to_all": _one_of, "over": _beyond},
        _unjudged,
    ),
    "unreachable_edits": _by_leaf({"refuse": _less_is_weaker}, _unjudged),
}


# ---------------------------------------------------------------- for people


def _texts(old: Any, new: Any, name: str) -> tuple[str, str]:
    """Both values; of a rule with parts that are numbers and lists, only the parts that differ."""
    before, after = dict(_leaves(old)), dict(_leaves(new))
    if type(old) is not type(new) or isinstance(old, QuietHours | FilePlace | BranchPlace) or not before:
        return _text(old, name), _text(new, name)
    parts = [part for part in dict.fromkeys([*before, *after]) if before.get(part) != after.get(part)]
    was, now = (", ".join(f"{part}: {_text(side.get(part), part)}" for part in parts) for side in (before, after))
    return was, now


def _text(value: Any, name: str) -> str:
    """Return a value as the project file has it, "off" for what is not set."""
    match value:
        case None | "":
            return "off" if value is None else "not set"
        case bool():
            return str(value).lower()
        case int():
            return f"{value:,}{'%' if name == 'audience_jump' else ''}"
        case timedelta():
            return _span(value)
        case QuietHours():
            return quiet_text(value)
        case BlackoutDays():
            return blackout_text(value.spans)
        case FilePlace():
            return f"the file {value.path}"
        case BranchPlace():
            return f"the branch {value.branch} of {value.remote}"
        case _ if parts := list(_leaves(value)):
            return ", ".join(f"{part}: {_text(inner, part)}" for part, inner in parts)
        case tuple() | list() if value and all(isinstance(entry, tuple) for entry in value):
            return ", ".join(": ".join(_text(part, name) for part in entry) for entry in value)
        case tuple() | list() if value:
            return ", ".join(_text(entry, name) for entry in value)
        case _:
            return str(value) if value or not isinstance(value, Sized) else "none"


def _span(span: timedelta) -> str:
    if not span:
        return "off"
    return next((f"{span // unit}{sign}" for unit, sign in _UNITS if not span % unit), quote(str(span)))
