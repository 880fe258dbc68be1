"""Which comments of ours show the plan of a workspace: a comment of its own, or a section of the one about all."""

from __future__ import annotations

from collections.abc import Sequence

from invent_gitops.errors import Refused
from invent_gitops.model.pull_request import Post
from invent_gitops.plan.approval import BY_HAND
from invent_gitops.review.evidence import approved_in
from invent_gitops.review.joint import evidence_in
from invent_gitops.review.marker import Marker, encoded
from invent_gitops.review.ownership import Ownership
from invent_gitops.values import Struct, replace


class ShownPlan(Struct, frozen=True):
    """What a comment says of a plan: `marker` as if it were about that plan alone, `approved` is its line or ""."""

    post: Post
    marker: Marker
    approved: str


class ShownPlans(Struct, frozen=True):
    """All of them; `silent` is whether the comment about all workspaces says nothing of this one."""

    plans: Sequence[ShownPlan]
    silent: bool = False


def shown_plans(ownership: Ownership, posts: Sequence[Post], subject: str) -> ShownPlans:
    """Return the plans that comments show of a workspace, or of a project without any.

    Raises `Refused` where a comment about all workspaces was edited; `subject` is what the plan is of.
    """
    own = ownership.select(posts, "plan", "report")
    plans = [ShownPlan(it.post, it.marker, approved_in(it.post.body)) for it in own]
    joint = [it for it in ownership.select_joint(posts) if it.marker.kind == "plans"] if ownership.workspace else []
    if not joint:
        return ShownPlans(plans)
    # An outcome that stands alone was written after the merge, beside the comment about all workspaces.
    plans = [plan for plan in plans if plan.marker.kind == "plan" or plan.marker.digest]
    for it in joint:
        evidence = evidence_in(it.post.body)
        if evidence is None:
            raise Refused(f"The comment {subject} that shows its plan was edited.", BY_HAND)
        if of_workspace := evidence.get(ownership.workspace):
            marker = replace(it.marker, kind="plan", workspace=encoded(ownership.workspace), digest=of_workspace.digest)
            plans.append(ShownPlan(it.post, marker, of_workspace.approved))
    return ShownPlans(plans, not plans)
