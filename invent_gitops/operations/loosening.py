"""Compares the rules of the files with those of the base, and adds what was loosened to a plan."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any

from invent_gitops.errors import InventGitopsError, Refused
from invent_gitops.model.document import Path as Steps
from invent_gitops.model.loosening import Loosening, PassesOnlySo, RuleChange, RuleChanges, Rules
from invent_gitops.model.plan import Plan
from invent_gitops.model.problem import Position
from invent_gitops.model.project import Guard
from invent_gitops.operations.base import NamedBase, commit_of, named_base
from invent_gitops.operations.console import Console
from invent_gitops.operations.guard_on_record import guarded_by_history
from invent_gitops.operations.project import PROJECT_FILE, LoadedProject, shown
from invent_gitops.operations.rules_at import FormerRules, rules_at
from invent_gitops.values import replace

# Makes the plan of a project anew, of other rules.
Replan = Callable[[LoadedProject], Plan]
_UNNAMED = (
    "policies.loosening is on, and no base is known, so the rules were compared with nothing. Name one: --base main"
)


def with_loosening(
    console: Console,
    plan: Plan,
    loaded: LoadedProject,
    replan: Replan,
    *,
    base: str,
    definitions: str | None,
    environment: Mapping[str, str] = os.environ,
) -> Plan:
    """Return the plan with what became weaker since the base; as it is where nobody names one.

    `base` is the option, "" for none, and `definitions` the folder named by hand. Raises `Refused` where a person named
    a base that cannot be read; one that the CI names is a fault of the plan. The guard of the files judges that, or the
    one that the history of this clone shows.
    """
    guard = loaded.project.policies.loosening
    named = named_base(base, environment)
    if named is None:
        if guard == "refuse":
            console.remark([_UNNAMED])
        return plan
    # A waiver of what was created already lets nothing pass.
    ahead = {item.key for item in plan.items if item.action in ("create", "refused", "blocked")}
    current = Rules(
        loaded.project,
        loaded.catalogue,
        {definition.key: definition.waive for definition in loaded.definitions if definition.key in ahead},
    )
    commit, rules, cure = _read(loaded.root, named, current, definitions)
    if isinstance(rules, str):
        if base:
            raise Refused(f"The rules of --base {base} cannot be read: {rules}.", cure)
        if guard == "warn" and guarded_by_history(loaded.root):
            # The change could have deleted the guard.
            guard = "refuse"
        return replace(plan, loosening=Loosening(named.reference, commit, guard, fault=rules, cure=cure))
    if not rules:
        return replace(plan, loosening=Loosening(named.reference, commit, guard))
    compared = [_compared(plan, loaded, replan, named, commit, former, current) for former in rules]
    return replace(plan, loosening=_joined(compared))


def _read(
    root: Path, named: NamedBase, current: Rules, definitions: str | None
) -> tuple[str, tuple[FormerRules, ...] | str, str]:
    """Return the commit of the base with its rules, or with the reason why they cannot be read, and the cure for
    that.
    """
    try:
        commit = commit_of(root, named)
    except InventGitopsError as error:
        message = error.message.removesuffix(".")
        return "", message[:1].lower() + message[1:], error.cure
    waivers = any(current.waivers.values())
    rules = rules_at(root, commit, current.project, definitions, waivers=waivers)
    if isinstance(rules, str):
        rules = f"at its commit {commit[:12]}, {rules}".removesuffix(".")
    return commit, rules, f"Fix {PROJECT_FILE} and the catalogue of {named.reference} first, in a separate change."


def _compared(
    plan: Plan,
    loaded: LoadedProject,
    replan: Replan,
    named: NamedBase,
    commit: str,
    former: FormerRules,
    current: Rules,
) -> Loosening:
    from invent_gitops.plan.loosening import passing_only_so
    from invent_gitops.policy.loosened_segments import with_counts_of
    from invent_gitops.policy.loosening import compare_rules

    base = former.rules
    changes = compare_rules(base, current, plan.context.at.date() - timedelta(days=1))
    loosening = Loosening(named.reference, commit, base.project.policies.loosening)
    if not (changes.weaker or changes.tighter):
        return loosening
    located = _located(changes, loaded, former.label)
    if not changes.weaker:
        return replace(loosening, changes=located)
    definitions = [replace(definition, waive=base.waivers.get(definition.key, {})) for definition in loaded.definitions]
    project = replace(loaded.project, policies=base.project.policies)
    by_base = replace(loaded, project=project, definitions=definitions)
    counted = with_counts_of(base.catalogue, loaded.catalogue)
    # By either count: a cap that rises with the count that it caps refuses neither the old nor the new one alone.
    catalogues = [counted] if counted == loaded.catalogue else [counted, loaded.catalogue]
    base_plans = [replan(replace(by_base, catalogue=catalogue)) for catalogue in catalogues]
    passing = passing_only_so(plan, base_plans, base, changes)
    return replace(loosening, changes=located, passing=passing)


def _joined(compared: Sequence[Loosening]) -> Loosening:
    """Several comparisons as one: with the guard of the strictest, and each change and each objection once."""
    guard: Guard = "refuse" if any(loosening.guard == "refuse" for loosening in compared) else "warn"
    weaker = dict.fromkeys(chain.from_iterable(loosening.changes.weaker for loosening in compared))
    tighter = dict.fromkeys(chain.from_iterable(loosening.changes.tighter for loosening in compared))
    passing: dict[tuple[str, str], PassesOnlySo] = {}
    for entry in chain.from_iterable(loosening.passing for loosening in compared):
        passing.setdefault((entry.key, entry.rule), entry)
    ordered = tuple(sorted(passing.values(), key=lambda entry: entry.key))
    return replace(compared[0], guard=guard, changes=RuleChanges(tuple(weaker), tuple(tighter)), passing=ordered)


# ---------------------------------------------------------------- where a rule is written


def _located(changes: RuleChanges, loaded: LoadedProject, label: str) -> RuleChanges:
    """Return the changes with the position of each in the files of today: of the nearest parent for what is gone.

    `label` says of what else than this project the rules of the base were, "" for nothing else.
    """
    documents: dict[str, Callable[[Steps], Position]] = {}
    definitions = {definition.key: definition for definition in loaded.definitions}

    def locate(change: RuleChange) -> RuleChange:
        if label:
            change = replace(change, subject=f"{change.subject} (of {label})")
        if change.source == "definition":
            return replace(change, position=definitions[change.key].at("waive"))
        name = PROJECT_FILE if change.source == "project" else loaded.project.segments
        finder = documents.get(name) or documents.setdefault(name, _finder(loaded.root / name, loaded))
        return replace(change, position=finder(change.path))

    return RuleChanges(*(tuple(locate(change) for change in side) for side in (changes.weaker, changes.tighter)))


def _finder(file: Path, loaded: LoadedProject) -> Callable[[Steps], Position]:
    """Answers where in a file a path is; the file as a whole, where it is gone."""
    from invent_gitops.load import read_document

    document = read_document(file, shown(file), loaded.root)[0] if os.path.lexists(file) else None
    if document is None:
        return lambda path: Position(shown(file))
    own: Steps = ("workspaces", loaded.project.name) if loaded.project.name else ()

    def find(path: Steps) -> Position:
        # What a workspace does not write itself stands above, for all of them.
        location = (
            (*own, *path) if own and file.name == PROJECT_FILE and _writes(document.content, (*own, *path)) else path
        )
        position: Position = document.locate(location).position
        return position

    return find


def _writes(content: Any, path: Steps) -> bool:
    for step in path:
        if not isinstance(content, Mapping) or step not in content:
            return False
        content = content[step]
    return True
