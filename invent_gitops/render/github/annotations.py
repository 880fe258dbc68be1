"""Annotations of a GitHub workflow: commands in the log that show a message at its line in the pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Literal

from invent_gitops.model.broadcast import WRITTEN_AS
from invent_gitops.model.command import cure_text
from invent_gitops.model.context import Context
from invent_gitops.model.outcome import Outcome, Report
from invent_gitops.model.plan import Item, Plan
from invent_gitops.model.problem import Position
from invent_gitops.model.unreachable import GUIDE, POLICY, Kind
from invent_gitops.render.github.loosening_annotations import WEAKER, loosening_messages
from invent_gitops.render.unreachable import audience_words, planned_for
from invent_gitops.text.clean import cut
from invent_gitops.values import Struct

# GitHub shows ten of each kind for a step and drops the rest without a word.
MOST = 9
_REST = re.compile(r"::[a-z]+ ::and ([0-9]+) more ")
_CHANGES: Mapping[Kind, str] = {
    "edit": "The edit",
    "deletion": "The deletion",
    "zone-change": "The change of time zone rules",
}
_LEVELS = ("error", "warning", "notice")
# The field of a definition in which a field of the request is written.


class Annotation(Struct, frozen=True):
    """A message at a place; the place may be unknown."""

    level: Literal["error", "warning", "notice"]
    title: str
    message: str
    position: Position | None = None

    def command(self, prefix: str) -> str:
        """Return the line for the log. `prefix` leads from the root of the repository to the current folder."""
        properties = []
        if self.position is not None:
            path = self.position.file
            properties.append(f"file={_property(path if path.startswith('/') or not path else prefix + path)}")
            if self.position.line:
                properties.append(f"line={self.position.line},col={self.position.column or 1}")
        return f"::{self.level} {','.join([*properties, f'title={_property(self.title)}'])}::{_data(self.message)}"


def plan_annotations(plan: Plan, prefix: str = "") -> str:
    """Return what needs a person: weaker rules, blocked and refused ones, and as notices edits that nothing is sent
    for.
    """
    notes = [note for tell in (_blocked, _refused) for item in plan.items for note in tell(item, plan.context)]
    notes += unreachable_notes(plan)
    listed_above = {edit.key for edit in plan.unreachable}
    notes += [note for item in plan.items if item.key not in listed_above for note in _changed(item, plan.context)]
    level: Literal["error", "warning"] = "error" if plan.held_back else "warning"
    notes[:0] = [Annotation(level, WEAKER, *of_rule) for of_rule in loosening_messages(plan.loosening)]
    if plan.counts["create"] and not plan.lineage:
        message = "The state is new: it knows of nothing that was created before. Approve no second plan that says so."
        notes.insert(0, Annotation("warning", "new state", message))
    return commands(notes, prefix)


def report_annotations(report: Report, plan: Plan, prefix: str = "") -> str:
    """Return what went wrong as errors at the definitions, then what the plan has for a person."""
    items = {item.key: item for item in plan.items}
    unrecorded = set(report.unrecorded)
    notes = [note for outcome in report.outcomes for note in _outcome(outcome, unrecorded, items.get(outcome.key))]
    notes += [
        Annotation("error", "twice", f"{twin.message} {twin.cure.text(plan.context.flags)}") for twin in report.twins
    ]
    notes += [note for outcome in report.outcomes for note in _differing(outcome, items.get(outcome.key))]
    notes += [note for it in report.outcomes for note in _exceeding(it, items.get(it.key))]
    notes += [note for tell in (_blocked, _refused) for item in plan.items for note in tell(item, plan.context)]
    if report.failure:
        message = f"{report.failure.message} {report.failure.cure}".strip()
        notes.append(Annotation("error", "invent-gitops apply", message))
    if plan.loosening and plan.loosening.fault and not plan.held_back:
        notes += [Annotation("warning", WEAKER, *of_rule) for of_rule in loosening_messages(plan.loosening)]
    notes += unreachable_notes(plan)
    notes.sort(key=lambda note: _LEVELS.index(note.level))
    return commands(notes, prefix)


def _outcome(outcome: Outcome, unrecorded: AbstractSet[str], item: Item | None) -> Iterator[Annotation]:
    """Yield an error for what may have been created, what was not, and what was and is not recorded."""
    name, reason = f"{outcome.key}: “{outcome.name}”", f" {outcome.reason}" if outcome.reason else ""
    position = item.definition.position if item and item.definition else None
    if outcome.fate == "unknown":
        message = f"may have been created: look before anyone retries; the summary has the commands.{reason}"
        yield Annotation("error", "unknown", f"{name} {message}", position)
    elif outcome.fate == "not-created":
        yield Annotation("error", "not created", f"{name} was not created, and a re-run is safe.{reason}", position)
    if outcome.key in unrecorded and outcome.id:
        message = f"was created with the id {outcome.id}, which could not be recorded: keep it."
        yield Annotation("error", "not recorded", f"{name} {message}", position)


def _differing(outcome: Outcome, item: Item | None) -> Iterator[Annotation]:
    if outcome.differs:
        fields = ", ".join(outcome.differs)
        position = item.definition.position if item and item.definition else None
        message = f"{outcome.key}: Invent's answer differs from the request in {fields}: look at it in Invent."
        yield Annotation("notice", "differs", message, position)


def _exceeding(outcome: Outcome, item: Item | None) -> Iterator[Annotation]:
    """Yield an error for what was created for more people than anybody has agreed to."""
    if outcome.headcount and outcome.headcount.exceeded:
        position = item.definition.at("segments") if item and item.definition else None
        message = f"{outcome.key}: {outcome.headcount.message} If that is wrong, stop it in Invent."
        yield Annotation("error", "more than reviewed", message, position)


def commands(annotations: Sequence[Annotation], prefix: str = "", noun: str = "message") -> str:
    """Return one command a line, at most `MOST` and one that says how many more there are."""
    lines = [annotation.command(prefix) for annotation in annotations[:MOST]]
    if others := annotations[MOST:]:
        level = "error" if any(note.level == "error" for note in others) else "notice"
        plural = "" if len(others) == 1 else "s"
        lines.append(f"::{level} ::and {len(others)} more {noun}{plural}; the log of this step has them all.")
    return "\n".join(lines)


def together(texts: Sequence[str]) -> str:
    """Return what `commands` made for several workspaces as those of one step, which shows no more than for one."""
    lines = [line for text in texts for line in text.split("\n") if line]
    counted = [(line, match) for line in lines if (match := _REST.match(line))]
    messages = [line for line in lines if not _REST.match(line)]
    messages.sort(key=lambda line: not line.startswith("::error "))
    kept, others = messages[:MOST], messages[MOST:] + [line for line, _ in counted]
    number = len(messages[MOST:]) + sum(int(match[1]) for _, match in counted)
    if number:
        level = "error" if any(line.startswith("::error ") for line in others) else "notice"
        plural = "" if number == 1 else "s"
        kept.append(f"::{level} ::and {number} more message{plural}; the log of this step has them all.")
    return "\n".join(kept)


def _blocked(item: Item, context: Context) -> Iterator[Annotation]:
    if item.action == "blocked":
        message = "may exist in Invent already, so no run creates it until it is settled; the log has the commands."
        position = item.definition.position if item.definition else None
        yield Annotation("error", "blocked", f"{item.key}: “{item.request.name}” {message}", position)


def _refused(item: Item, context: Context) -> Iterator[Annotation]:
    if item.action == "refused":
        for refusal in item.refusals:
            message = f"{item.key}: {refusal.message} {cure_text(refusal.cure, context.flags)}".strip()
            yield Annotation("error", refusal.policy, message, refusal.position)


def _changed(item: Item, context: Context) -> Iterator[Annotation]:
    if item.action == "changed" and item.definition:
        fields = [WRITTEN_AS.get(change.field, change.field) for change in item.changes]
        position = next((item.definition.marks[field] for field in fields if field in item.definition.marks), None)
        edited = f"{item.key}: {', '.join(fields)} changed after the creation."
        message = f"{edited} Invent has no update: there it stays as it was created."
        if item.remarks.zone_change:
            message = f"{item.key}: {item.remarks.zone_change.message}"
        yield Annotation("notice", "changed", message, position or item.definition.position)


def unreachable_notes(plan: Plan) -> Iterator[Annotation]:
    """Yield what will not reach Invent, each at its file, or at the project file where that is gone."""
    for edit in plan.unreachable:
        verb = _CHANGES[edit.kind]
        when = planned_for(edit, plan.context)
        fields = [
            f"{change.field} is {_value(change.old, plan)} in Invent and {_value(change.new, plan)} in the file."
            for change in edit.changes
        ]
        steps = [
            f"{step.text} {step.command_line(plan.context.flags)} ." if step.command else step.text
            for step in edit.steps
        ]
        audience = audience_words(edit.audience, str)
        first = f"{edit.key}: {verb} of “{edit.name}” will not reach Invent: {when}, to {audience}."
        waived = [f"Waived: {edit.waived}"] if edit.waived else []
        message = " ".join([first, *fields, *waived, *steps, f"See {GUIDE}."])
        yield Annotation("error" if edit.refused else "warning", POLICY, message, edit.position)


def _value(value: object, plan: Plan) -> str:
    if isinstance(value, list):
        return ", ".join(plan.context.names.get(str(id), str(id)) for id in value) or "none"
    return str(value)


def _data(message: str) -> str:
    return cut(message, 1000).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
