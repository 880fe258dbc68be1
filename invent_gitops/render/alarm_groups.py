"""What needs a person, grouped by rule and instruction, so that each instruction is read once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from invent_gitops.model.status import Alarm, Row, Rule, Status
from invent_gitops.model.unreachable import ManualStep
from invent_gitops.values import Struct

# The rules, the worst first.
_SEVERITY: Mapping[str, int] = {rule: rank for rank, rule in enumerate(get_args(Rule))}
_TITLES: Mapping[Rule, str] = {
    "blocked": "outcome unknown, maybe created",
    "twice": "twice in Invent",
    "failed": "failed",
    "poor-result": "sent with a poor result",
    "gone": "gone from Invent",
    "overdue": "overdue",
    "cancelled": "cancelled in Invent, with a file",
    "template-error": "with an error in the content",
    "no-content": "due soon and without a message",
    "still-draft": "due soon and still a draft",
    "drift": "changed in Invent",
    "changed": "changed in the file, not in Invent",
    "not-created": "merged and not created",
    "no-file": "without a file, and still to be sent",
    "removed": "removed from the state, and still in Invent",
}


class GroupedAlarm(Struct, frozen=True):
    """One broadcast of a group. `message` and `steps` are what only it has: "" and () where the group says it all."""

    row: Row
    alarm: Alarm
    message: str = ""
    steps: tuple[ManualStep, ...] = ()


class AlarmGroup(Struct, frozen=True):
    """Broadcasts with the same rule and instruction; `message` and `steps` are what all of them have alike."""

    rule: Rule
    entries: tuple[GroupedAlarm, ...]
    message: str = ""
    steps: tuple[ManualStep, ...] = ()

    @property
    def title(self) -> str:
        """`6 merged and not created`."""
        return f"{len(self.entries):,} {self.kind}"

    @property
    def kind(self) -> str:
        """`merged and not created`, which several groups may be."""
        return _TITLES.get(self.rule, self.rule)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(entry.row.key for entry in self.entries)


def alarm_groups(status: Status) -> tuple[AlarmGroup, ...]:
    """Return every alarm of a page once: poor results, then what is due within `soon`, then the rest, the worst rule
    first.
    """
    alike: dict[tuple[Rule, str], list[tuple[Row, Alarm]]] = {}
    for row in status.rows:
        for alarm in row.alarms:
            alike.setdefault((alarm.rule, _instruction(alarm)), []).append((row, alarm))
    singles: dict[Rule, list[tuple[Row, Alarm]]] = {}
    for (rule, _), members in alike.items():
        if len(members) == 1:
            singles.setdefault(rule, []).extend(members)
    # An instruction of its own for each, as for twins, must not become a group for each.
    groups = [_group(rule, members, status) for (rule, _), members in alike.items() if len(members) > 1]
    groups += [_group(rule, members, status) for rule, members in singles.items()]
    return tuple(sorted(groups, key=lambda group: _urgency(group, status)))


def _instruction(alarm: Alarm) -> str:
    return next((step.text for step in alarm.steps), "")


def _group(rule: Rule, members: Sequence[tuple[Row, Alarm]], status: Status) -> AlarmGroup:
    messages = {alarm.message for _, alarm in members}
    common = members[0][1].message if len(messages) == 1 else ""
    flags = status.context.flags
    sequences = [alarm.steps for _, alarm in members]
    written = [[(step.text, step.command_line(flags)) for step in steps] for steps in sequences]
    shared = 0
    while all(len(steps) > shared and steps[shared] == written[0][shared] for steps in written):
        shared += 1
    steps, own = sequences[0][:shared], [sequence[shared:] for sequence in sequences]
    if all(len(steps_left) == 1 and steps_left[0].text == own[0][0].text for steps_left in own):
        # The same sentence with a command for each: it is said once, and the commands stand with their keys.
        steps = (*steps, ManualStep(own[0][0].text))
        own = [(ManualStep("", steps_left[0].command),) for steps_left in own]
    entries = tuple(
        GroupedAlarm(row, alarm, "" if common else alarm.message, steps_left)
        for (row, alarm), steps_left in zip(members, own, strict=True)
    )
    return AlarmGroup(rule, entries, common, steps)


def _urgency(group: AlarmGroup, status: Status) -> tuple[bool, bool, int]:
    return group.rule != "poor-result", not any(_is_due(group, status)), _SEVERITY.get(group.rule, len(_SEVERITY))


def _is_due(group: AlarmGroup, status: Status) -> Iterator[bool]:
    """For each whether it is still to be sent, by now or soon."""
    for entry in group.entries:
        at = entry.row.at
        yield not entry.row.past and (at is None or at <= status.context.at + status.soon)
