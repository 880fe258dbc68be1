"""Tells our comments and issues from everybody else's."""

from __future__ import annotations

from collections.abc import Iterable

from invent_gitops.model.pull_request import Post
from invent_gitops.review.marker import Marker, MarkerKind, MarkerStatus, encoded, read_marker
from invent_gitops.values import Struct


class OwnPost(Struct, frozen=True):
    """A post of ours, and the marker that it begins with."""

    post: Post
    marker: Marker


class Ownership(Struct, frozen=True):
    """Whose posts are ours: those by `author` about a project and a workspace.

    `project` is as `encoded` gives it, `workspace` is "" in a project without workspaces.
    """

    author: str
    project: str
    workspace: str = ""

    def wrote(self, post: Post) -> bool:
        """Return whether the author of a post is ours. An account that is gone is not."""
        return bool(post.author) and post.author.lower() == self.author.lower()

    def select(self, posts: Iterable[Post], *kinds: MarkerKind) -> list[OwnPost]:
        """Our posts of some kinds that still count, oldest first: by who wrote them and by what they begin with."""
        written = [(post, read_marker(post.body)) for post in posts if self.wrote(post)]
        own = [OwnPost(post, marker) for post, marker in written if marker and self._concerns(marker, kinds)]
        return sorted(own, key=lambda candidate: candidate.post.id)

    def select_joint(self, posts: Iterable[Post]) -> list[OwnPost]:
        """Our comments about all workspaces that count, oldest first; then those about the plan of a single one."""
        written = [(post, read_marker(post.body)) for post in posts if self.wrote(post)]
        own = [OwnPost(post, marker) for post, marker in written if marker and self._is_joint(marker)]
        return sorted(own, key=lambda candidate: (candidate.marker.kind != "plans", candidate.post.id))

    def marker(self, kind: MarkerKind, commit: str, digest: str, status: MarkerStatus = "current") -> Marker:
        """Return the marker that a post of ours begins with."""
        return Marker(kind, self.project, commit, digest, status, encoded(self.workspace))

    def _is_joint(self, marker: Marker) -> bool:
        is_kind = marker.kind == "plan" if marker.workspace else marker.kind == "plans"
        return is_kind and marker.project == self.project and marker.status != "superseded"

    def _concerns(self, marker: Marker, kinds: tuple[MarkerKind, ...]) -> bool:
        is_ours = (marker.project, marker.workspace) == (self.project, encoded(self.workspace))
        return is_ours and marker.kind in kinds and marker.status != "superseded"
