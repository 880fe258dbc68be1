"""What a check of the set-up says of the rules of two branches: the one that is applied, and the one of a state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from invent_gitops.model.setup import BranchRules, PointState, SetupPoint, SetupTarget, StatePlaceEvidence, Unread
from invent_gitops.text.mending import check_rule, clear_obstacle, close_bypass, new_ruleset, review_rule
from invent_gitops.text.quoting import listing


def main_points(
    target: SetupTarget, rules: BranchRules, used_names: Iterable[str], *, pushed: bool
) -> list[SetupPoint]:
    """Return the points about the branch that is applied; one new ruleset mends all that are missing.

    As long as the workflows are not `pushed`, such a rule would stop their push, so it comes later.
    """
    branch = rules.branch
    has_check = target.check in rules.checks
    rows = (
        ("main-review", rules.approvals > 0, f"{branch} requires an approval",
         "A change that nobody has approved could be merged, and would then message people."),
        ("main-stale", rules.approvals > 0 and rules.dismisses_stale, f"{branch} dismisses stale approvals",
         "A commit after the approval could change who is messaged."),
        ("main-owners", rules.asks_owners, f"{branch} requires a review from code owners",
         "Without it, nobody in particular has to approve a weaker rule."),
        ("main-check", has_check, f"{branch} requires the check {target.check}",
         "Definitions with problems could be merged, and nothing could be created after that."),
        ("main-up-to-date", has_check and rules.strict, f"{branch} requires branches that are up to date",
         "Two changes that are valid alone could be invalid together."),
    )  # fmt: skip
    missing = {id for id, holds, _, _ in rows if not holds}
    command = () if rules.unread or not pushed else (_new_rules(target, rules, missing, used_names),)
    later = "" if pushed else " Push the workflows first, then check again: a rule would stop that push."
    return [
        SetupPoint(id, "loose", title, _who_bypasses(rules), reason, close_bypass(target, branch, rules.bypass))
        if holds and id == "main-review" and rules.bypass
        else SetupPoint(id, "ok", title, "", reason)
        if holds
        else _not_so(id, title, reason, rules.unread, command, f"No rule says so.{later}")
        for id, holds, title, reason in rows
    ]


def _who_bypasses(rules: BranchRules) -> str:
    people = {"administrators": "administrators", "list": "those on its bypass list"}
    names = " and ".join(people[bypass] for bypass in rules.bypass)
    return f"The protection of {rules.branch} lets {names} merge without one."


def _new_rules(target: SetupTarget, rules: BranchRules, missing: set[str], used_names: Iterable[str]) -> str:
    added: list[Mapping[str, object]] = []
    if missing & {"main-review", "main-stale", "main-owners"}:
        # A rule adds to those that are there: what they ask for already needs no second one.
        added.append(review_rule(stale=not rules.dismisses_stale, owners=not rules.asks_owners))
    if missing & {"main-check", "main-up-to-date"}:
        added.append(check_rule(target.check))
    return new_ruleset(target, rules.branch, added, frozenset(used_names))


def state_points(target: SetupTarget, state: StatePlaceEvidence, used_names: Iterable[str]) -> list[SetupPoint]:
    """Return the points about where the state of one workspace is."""
    name = state.name
    title = f"The state{f' of {name}' if name else ''} is on a branch"
    reason = "A file on a runner is gone with it, and the next apply would create everything again."
    if not state.branch:
        detail = "The project file names no branch for it."
        return [SetupPoint("state-place", "missing", title, detail, reason, (target.init,), name)]
    points = [SetupPoint("state-place", "ok", title, "", reason, workspace=name)]
    if state.rules is None:
        unread = (Unread(f"It is on another remote than origin: {state.remote}.", ""),)
        rules = BranchRules(state.branch, unread=unread)
    else:
        rules = state.rules
    return [*points, *_kept_points(target, rules, name, used_names), _open_point(target, rules, name)]


def _kept_points(target: SetupTarget, rules: BranchRules, name: str, used_names: Iterable[str]) -> list[SetupPoint]:
    branch = rules.branch
    rows = (
        ("state-deletion", rules.keeps_branch, f"{branch} cannot be deleted", "deletion",
         "Without its state, apply could create again what was created."),
        ("state-force-push", rules.keeps_commits, f"{branch} cannot be rewritten", "non_fast_forward",
         "A forced push could drop records, and apply could create those broadcasts again."),
    )  # fmt: skip
    types = [type for _, holds, _, type, _ in rows if not holds]
    rule: list[Mapping[str, object]] = [{"type": type} for type in types]
    command = () if rules.unread else (new_ruleset(target, branch, rule, frozenset(used_names)),)
    return [
        SetupPoint(id, "ok", title, "", reason, workspace=name)
        if holds
        else _not_so(id, title, reason, rules.unread, command, "No rule says so.", name)
        for id, holds, title, _, reason in rows
    ]


def _open_point(target: SetupTarget, rules: BranchRules, name: str) -> SetupPoint:
    title = f"apply may push to {rules.branch}"
    reason = "Otherwise apply stops before it creates anything."
    if rules.obstacles:
        kinds = listing(dict.fromkeys(obstacle.kind for obstacle in rules.obstacles))
        detail = f"A rule is in the way, unless GitHub Actions may bypass it: {kinds}."
        commands = tuple(dict.fromkeys(clear_obstacle(target, rules.branch, obstacle) for obstacle in rules.obstacles))
        return SetupPoint("state-open", "missing", title, detail, reason, commands, name)
    if rules.unread:
        return _not_so("state-open", title, reason, rules.unread, (), "", name)
    return SetupPoint("state-open", "ok", title, "", reason, workspace=name)


def _not_so(
    id: str,
    title: str,
    reason: str,
    unread: Sequence[Unread],
    commands: tuple[str, ...],
    detail: str,
    workspace: str = "",
) -> SetupPoint:
    """Return a point that nothing shows: missing, or not known where the token may not read all that could show it."""
    state: PointState = "unknown" if unread else "missing"
    return SetupPoint(id, state, title, cannot_tell(*unread) if unread else detail, reason, commands, workspace)


def cannot_tell(*unread: Unread) -> str:
    """Return why a point is not known, and what the token needs for it."""
    permissions = listing(dict.fromkeys(evidence.permission for evidence in unread if evidence.permission))
    reasons = " ".join(dict.fromkeys(evidence.reason for evidence in unread))
    return f"{reasons} The token needs the permission {permissions}." if permissions else reasons
