"""What passes only because a rule was loosened: the plan that the base would make, beside the one of today."""

from __future__ import annotations

from collections.abc import Iterator

from invent_gitops import policy
from invent_gitops.errors import Refused
from invent_gitops.model.alike import alike
from invent_gitops.model.loosening import PassesOnlySo, RuleChanges, Rules
from invent_gitops.model.plan import Plan

AFTERWARDS = (
    "Merge the change of the rules first. Then plan the broadcasts again in a pull request of their own, which shows "
    "them under the new rules."
)
# How many of the rules a message names.
_MOST = 5


def passing_only_so(plan: Plan, base_plan: Plan, base: Rules, changes: RuleChanges) -> tuple[PassesOnlySo, ...]:
    """The creates of `plan` that `base_plan` refuses, each with every objection, in the order of the keys.

    `base_plan` is of the same definitions by the rules of `base`. A segment that means other people now refuses
    nothing there, so its creates are named by the change itself.
    """
    return tuple(entry for item in plan.having("create") for entry in _of_key(item.key, plan, base_plan, base, changes))


def check_loosening(plan: Plan) -> None:
    """Refuse to create anything where a rule was loosened and the guard is on. Raises `Refused`."""
    loosening = plan.loosening
    if not (loosening and loosening.refuses and plan.counts["create"]):
        return
    if loosening.fault:
        raise Refused(
            f"policies.loosening refuses to create anything: the rules of {loosening.reference} cannot be read, since "
            f"{loosening.fault}.",
            loosening.cure,
        )
    subjects = [change.subject for change in loosening.changes.weaker]
    named = ", ".join(subjects[:_MOST])
    more = f" and {len(subjects) - _MOST} more" if len(subjects) > _MOST else ""
    raise Refused(
        f"policies.loosening refuses to create anything together with weaker rules: {named}{more}.",
        AFTERWARDS,
    )


def _of_key(key: str, plan: Plan, base_plan: Plan, base: Rules, changes: RuleChanges) -> Iterator[PassesOnlySo]:
    now = next(item for item in plan.items if item.key == key)
    then = next((item for item in base_plan.items if item.key == key), None)
    refusals = then.refusals if then and then.action == "refused" else ()
    for refusal in refusals:
        yield PassesOnlySo(key, refusal.policy, refusal.message)
    if now.definition is None:
        return
    many = policy.too_many(plan.counts["create"], base.project.policies, now.definition)
    if many and many.policy not in (refusal.policy for refusal in refusals):
        yield PassesOnlySo(key, many.policy, many.message)
    for change in changes.weaker:
        if change.rule == "segment" and alike(change.key) in map(alike, now.definition.segments):
            message = f"{change.key} meant {change.old} then, so it would have gone to other people."
            yield PassesOnlySo(key, change.rule, message)
