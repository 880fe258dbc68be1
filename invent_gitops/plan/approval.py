"""Binds an apply to what was approved: nothing is created that a reviewer has not seen exactly so."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from invent_gitops.compare import field_changes
from invent_gitops.errors import Refused
from invent_gitops.model.broadcast import Request, read_request
from invent_gitops.model.digest import Destination, digest, digest_of, entry, is_old_digest, read_digest
from invent_gitops.model.plan import Item, Plan
from invent_gitops.values import Struct, field

# What stands in place of a digest where people should have seen a plan, and there is no evidence that they did.
UNAPPROVED = "unapproved"
BY_HAND = (
    "Have a person review the plan. Then run the workflow by hand with its digest, which invent-gitops plan --json "
    "shows."
)


class Approved(Struct, frozen=True):
    """What a saved plan allows: the requests to be created by key, and in which account; no workspace is "".

    `contacts` is up to how many each of them was to reach, where the plan says so.
    """

    requests: Mapping[str, Request]
    org: str
    api: str
    workspace: str = ""
    contacts: Mapping[str, int] = field(default_factory=dict)


_AGAIN = "Plan again, have the new plan approved, and apply that."
_SETTLE = f"Settle that, and run this job again. Otherwise: {BY_HAND}"
_SAME = "plan and apply need the same --org, --base-url and --sandbox."
# Differences that a message names, and characters of each.
_MOST, _WIDTH = 10, 400
_LONGEST_REASON = 1_000


class Approval(Struct, frozen=True):
    """What was approved: `check` refuses a plan that is not that (raises `Refused`), `keys` are those that it covers.

    A plan that creates nothing is refused only if it is for another account than the approved one.

    `keys` is told the plan, since a digest does not name any: they are those whose requests have it.
    `contacts` are the audiences by key that a saved plan shows: its digest does not cover them.
    """

    check: Callable[[Plan], None]
    keys: Callable[[Plan], Collection[str]]
    contacts: Mapping[str, int] = field(default_factory=dict)


def by_plan(document: object, reason: str = "") -> Approval:
    """Return the approval of a saved plan; `reason` is why more is not approved. Raises `Refused` for what is none."""
    approved = approved_plan(document)
    return Approval(
        partial(check_plan, approved, reason=reason), lambda plan: approved.requests.keys(), approved.contacts
    )


def by_digest(approved: str, reason: str = "") -> Approval:
    """Return the approval of a digest, or of `UNAPPROVED`; `reason` is why no more is approved.

    Raises `Refused` for a text that is neither.
    """
    if approved == UNAPPROVED:
        return Approval(partial(check_nothing, reason), lambda plan: ())
    refuse_old(approved, "The approved digest")
    if not read_digest(approved):
        raise Refused("The approved digest is empty or no digest of a plan.", "Take it from plan --json: digest.")
    return Approval(partial(check_digest, approved, reason=reason), partial(_covered, approved))


def refuse_old(digest: object, label: str, cure: str = _AGAIN) -> None:
    """Raise `Refused` for a digest of an older version: it may be of any account, such as the sandbox."""
    if is_old_digest(digest):
        message = f"{label} was made by an older version of invent-gitops, and does not say for which account."
        raise Refused(message, cure)


def approved_plan(document: object) -> Approved:
    """Return what a saved plan (`plan --out`) says is to be created, and where.

    Raises `Refused` for anything that is not such a plan, or whose digest is not that of its items and account.
    """
    if isinstance(document, dict) and document.get("kind") == "plan":
        refuse_old(document.get("digest"), "The approved plan")
    loosened = document.get("loosened") if isinstance(document, dict) else None
    if isinstance(loosened, dict) and loosened.get("refused"):
        raise Refused("The approved plan was held back by policies.loosening, so it approves nothing.", _AGAIN)
    try:
        if not isinstance(document, dict) or document.get("kind") != "plan" or document.get("exit_code") in (2, 4, 70):
            raise ValueError
        creates = [item for item in document["items"] if item["action"] == "create"]
        requests = {str(item["key"]): read_request(item["request"]) for item in creates}
        contacts = {str(item["key"]): count for item in creates if (count := _contacts(item)) is not None}
        org, api, workspace = document["org"], document["api"], document["workspace"] or ""
        if not (isinstance(org, str) and org and isinstance(api, str) and api and isinstance(workspace, str)):
            raise ValueError
        if document["digest"] != digest(Destination(org, api, workspace), requests.items()):
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise Refused("The approved plan is not a plan of invent-gitops, or it was edited.", _AGAIN) from None
    return Approved(requests, org, api, workspace, contacts)


def _contacts(item: Mapping[str, Any]) -> int | None:
    """Return up to how many contacts the item of a plan document reaches; None where it says none. Raises
    `ValueError`.
    """
    audience = item.get("audience")
    count = audience["contacts"] if audience else None
    if count is not None and (type(count) is not int or count < 0):
        raise ValueError
    return count


def check_plan(approved: Approved, plan: Plan, reason: str = "") -> None:
    """Refuse if anything that would be created is not in the approved plan, or not as it is there, or elsewhere.

    `reason` is why a pull request of the same push is not approved: it explains what is not in the plan. Two accounts
    may well have the same keys with the same requests. Raises `Refused`.
    """
    context = plan.context
    if approved.workspace != context.workspace:
        workspaces = approved.workspace, context.workspace
        there, here = (
            f"the workspace {workspace}" if workspace else "a project without workspaces" for workspace in workspaces
        )
        raise Refused(f"The approved plan is for {there}, and this run for {here}.", _AGAIN)
    if (approved.org, approved.api) != (context.org, context.api):
        raise Refused(
            f"The approved plan is for org {approved.org} at {approved.api}, and this run for org {context.org} at "
            f"{context.api}.",
            f"{_AGAIN} {_SAME}",
        )
    differences = [line for item in plan.having("create") for line in _differences(approved.requests, item)]
    if differences:
        lines = [line if len(line) <= _WIDTH else f"{line[:_WIDTH]}…" for line in differences[:_MOST]]
        if len(differences) > _MOST:
            lines.append(f"and {len(differences) - _MOST:,} more")
        message = f"The plan differs from the approved one: {'; '.join(lines)}."
        is_missing = [item.key not in approved.requests for item in plan.having("create")]
        if (reason := _one_line(reason)) and any(is_missing):
            raise Refused(f"{message} {reason}", _SETTLE)
        raise Refused(message, _AGAIN)


def check_digest(approved: str, plan: Plan, reason: str = "") -> None:
    """Refuse another account, or if what would be created, with what was created of it meanwhile, has another digest.

    A digest tells how many broadcasts it was made from, and not which. So the present creates are taken together with
    the latest records and attempts up to that number, as a run that was cut short has left them. Raises `Refused`.
    """
    claim = read_digest(approved)
    if claim and claim.mark != plan.destination.mark:
        context = plan.context
        workspace = f", the workspace {context.workspace}" if context.workspace else ""
        raise Refused(
            f"The approved digest is of a plan for another org, API or workspace; this run is for org {context.org} at "
            f"{context.api}{workspace}.",
            f"{_AGAIN} {_SAME}",
        )
    if not plan.counts["create"] or _found(approved, plan) is not None:
        return
    keys = ", ".join(item.key for item in plan.having("create")[:_MOST]) or "nothing"
    message = (
        "The plan's digest does not match the approved digest. "
        f"It would create {keys}, and its digest is {plan.digest}."
    )
    if reason := _one_line(reason):
        raise Refused(f"{message} {reason}", _SETTLE)
    raise Refused(
        message,
        f"{_AGAIN} To see what differs, approve with --plan FILE.",
    )


def check_nothing(reason: str, plan: Plan) -> None:
    """Refuse if anything would be created, since there is no approved plan; `reason` may be "". Raises `Refused`."""
    creates = plan.having("create")
    if creates:
        keys = ", ".join(item.key for item in creates[:_MOST])
        creations = f"{len(creates):,} would be created ({keys}{', …' if len(creates) > _MOST else ''})"
        if reason := _one_line(reason):
            raise Refused(f"No approved plan was found, and {creations}. {reason}", _SETTLE)
        raise Refused(
            f"No approved plan was found, and {creations}; the warning of github approved says why.",
            BY_HAND,
        )


def _one_line(reason: str) -> str:
    return " ".join(reason.split())[:_LONGEST_REASON]


def _covered(approved: str, plan: Plan) -> Collection[str]:
    """Return the keys of the set of items that has the digest; none where no set has it."""
    return {item.key for item in _found(approved, plan) or ()}


def _found(approved: str, plan: Plan) -> Sequence[Item] | None:
    """Return the set of items that has the digest, or None."""
    claim = read_digest(approved)
    for items in _candidates(plan, claim.count) if claim else ():
        ordered = sorted(items, key=lambda item: item.key)
        if approved == digest_of(plan.destination, (entry(item.key, item.request) for item in ordered)):
            return items
    return None


def _differences(approved: Mapping[str, Request], item: Item) -> Iterator[str]:
    approved_request = approved.get(item.key)
    if approved_request is None:
        yield f"{item.key} was not in it"
        return
    for change in field_changes(approved_request, item.request):
        yield f"{item.key} has another {change.field} ({change.old!r} was approved, now {change.new!r})"


def _candidates(plan: Plan, count: int) -> Iterator[Sequence[Item]]:
    """Yield the sets of `count` items that may have been the creates of the approved plan: two at most."""
    creates, refused = plan.having("create"), plan.having("refused")
    done = [item for item in (*plan.having("unchanged"), *plan.having("blocked")) if item.definition]
    done.sort(key=lambda item: (_moment(item), item.key), reverse=True)
    # What was approved may by now be refused, for its hour came too close.
    for base in (creates, (*creates, *refused)):
        if len(base) <= count <= len(base) + len(done):
            yield (*base, *done[: count - len(base)])


def _moment(item: Item) -> float:
    origin = item.intent or item.record
    return origin.provenance.at.timestamp() if origin else 0.0
