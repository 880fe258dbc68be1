"""Keeps the one comment on a pull request that shows the plans of all workspaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from invent_gitops.model.pull_request import WorkflowEvent
from invent_gitops.operations.console import Console
from invent_gitops.operations.keep_comment import RenderDocument, keep_decided
from invent_gitops.operations.posts import JsonDocument, OwnPosts, PostResult, RenderPage
from invent_gitops.operations.review_notice import with_review
from invent_gitops.render.markdown.fit import Size
from invent_gitops.review.actions import CommentAction, Supersede
from invent_gitops.review.comment import digest_of
from invent_gitops.review.decide_joint import decide_joint
from invent_gitops.review.evidence import approved_line, held_back_line
from invent_gitops.review.joint import Section, joint_page
from invent_gitops.review.notable import is_notable
from invent_gitops.review.ownership import OwnPost
from invent_gitops.values import replace


def keep_joint_comment(
    console: Console,
    own: OwnPosts,
    event: WorkflowEvent,
    documents: Mapping[str, JsonDocument],
    render_of: RenderDocument,
    note: str = "",
) -> PostResult:
    """Write the plans of workspaces, by their names, into the one comment of the pull request.

    `note` is Markdown that the comment begins with, "" for none.
    """
    pull = own.pull_request(event)
    notable = {name: document for name, document in documents.items() if is_notable(document)}
    for name, document in notable.items():
        of_workspace = replace(own, ownership=replace(own.ownership, workspace=name))
        notable[name] = with_review(of_workspace, pull, document)
    sections = _sections(notable, render_of)

    def decide(posts: Sequence[OwnPost]) -> tuple[CommentAction, list[Supersede]]:
        return decide_joint(own.ownership, posts, pull, event.commit, sections, len(documents), note)

    return keep_decided(console, own, pull, lambda: own.joint_comments(pull.number), decide)


def joint_renderer(documents: Mapping[str, JsonDocument], render_of: RenderDocument, note: str = "") -> RenderPage:
    """Return the page of all that has something to say, for where there can be no comment; `note` comes first."""
    sections = _sections({name: it for name, it in documents.items() if is_notable(it)}, render_of)

    def render(limit: int, size: Size) -> str:
        # A character has at most four bytes.
        room = limit if size("é") == 1 else limit // 4
        return joint_page(sections, len(documents), room, note)

    return render


def _sections(documents: Mapping[str, JsonDocument], render_of: RenderDocument) -> list[Section]:
    return [_section(name, document, render_of(document)) for name, document in documents.items()]


def _section(name: str, document: JsonDocument, render: RenderPage) -> Section:
    digest = digest_of(document)
    hidden_line = approved_line(document) if digest else held_back_line(document)
    return Section(name, digest, hidden_line, lambda room: render(room, len))
