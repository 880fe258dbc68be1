"""What passes only because a rule was loosened: the plan that the base would make, beside the one of today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from invent_gitops import policy
from invent_gitops.errors import Refused
from invent_gitops.model.alike import alike
from invent_gitops.model.loosening import Loosening, PassesOnlySo, RuleChange, RuleChanges, Rules
from invent_gitops.model.plan import Item, Plan, Refusal

AFTERWARDS = (
    "Merge the change of the rules first. Then plan the broadcasts again in a pull request of their own, which shows "
    "them under the new rules."
)
# How many of the rules a message names.
_MOST = 5


def passing_only_so(
    plan: Plan, base_plans: Sequence[Plan], base: Rules, changes: RuleChanges
) -> tuple[PassesOnlySo, ...]:
    """Return the creates of `plan` that one of `base_plans` refuses, each with every objection, in the order of the
    keys.

    `base_plans` are of the same definitions by the rules of `base`, with its counts and with those of today. A segment
    that means other people now refuses nothing there, so its creates are named by the change itself.
    """
    refused = _refused(base_plans)
    repointed = {alike(change.key): change for change in changes.weaker if change.rule == "segment"}
    return tuple(
        entry
        for item in plan.having("create")
        for entry in _of_item(item, refused.get(item.key, ()), repointed, plan.counts["create"], base)
    )


def uncompared(loosening: Loosening) -> str:
    """Return what a person must know where the base cannot be read."""
    return (
        f"The rules could not be compared with those of {loosening.reference}: {loosening.fault}. A rule or the guard "
        f"policies.loosening may have been loosened. {loosening.cure}"
    )


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


def _refused(base_plans: Sequence[Plan]) -> dict[str, tuple[Refusal, ...]]:
    """Return the objections to each key, by any of the plans; of one policy, as the first plan words it."""
    refused: dict[str, dict[str, list[Refusal]]] = {}
    for base_plan in base_plans:
        for item in base_plan.having("refused"):
            objections = refused.setdefault(item.key, {})
            for policy_id in dict.fromkeys(refusal.policy for refusal in item.refusals):
                same = [refusal for refusal in item.refusals if refusal.policy == policy_id]
                objections.setdefault(policy_id, same)
    return {key: tuple(chain.from_iterable(objections.values())) for key, objections in refused.items()}


def _of_item(
    item: Item, refusals: Sequence[Refusal], repointed: Mapping[str, RuleChange], count: int, base: Rules
) -> Iterator[PassesOnlySo]:
    """Yield the objections to one of `count` creates; `repointed` are the names that mean another id, as names
    compare.
    """
    for refusal in refusals:
        yield PassesOnlySo(item.key, refusal.policy, refusal.message)
    if item.definition is None:
        return
    many = policy.too_many(count, base.project.policies, item.definition)
    if many and many.policy not in (refusal.policy for refusal in refusals):
        yield PassesOnlySo(item.key, many.policy, many.message)
    for name in dict.fromkeys(map(alike, item.definition.segments)):
        if change := repointed.get(name):
            message = f"{change.key} meant {change.old} then, so it would have gone to other people."
            yield PassesOnlySo(item.key, change.rule, message)
