"""Whose posts are ours: by the author and by the first line, and by neither alone."""

from __future__ import annotations

import pytest

from invent_gitops.model.pull_request import Post
from invent_gitops.review.comment import plan_body, superseded_body
from invent_gitops.review.ownership import Ownership

OURS = Ownership("Bot[bot]", "my/", "acme")
MARKER = OURS.marker("plan", "a" * 40, "")
BODY = plan_body(MARKER, lambda room: "A plan")


def body_by(author: str, project: str, workspace: str) -> str:
    marker = Ownership(author, project, workspace).marker("plan", "a" * 40, "")
    return plan_body(marker, lambda room: "A plan")


@pytest.mark.parametrize(
    ("author", "body", "is_ours"),
    [
        ("Bot[bot]", BODY, True),
        ("bot[BOT]", BODY, True),
        ("", BODY, False),
        ("mallory", BODY, False),
        ("Bot[bot]", f"Look:\n{BODY}", False),
        ("Bot[bot]", "", False),
        ("Bot[bot]", superseded_body(MARKER, ""), False),
        ("Bot[bot]", body_by("", "more/", "acme"), False),
        ("Bot[bot]", body_by("", "my/", "other"), False),
        ("Bot[bot]", body_by("", "my/", ""), False),
        ("Bot[bot]", plan_body(OURS.marker("drift", "a" * 40, ""), lambda room: "x"), False),
    ],
)
def test_post_is_ours_by_its_author_and_by_its_first_line(author: str, body: str, is_ours: bool) -> None:
    assert bool(OURS.select([Post(1, author, body, "", None)], "plan", "report")) is is_ours


def test_author_that_is_unknown_owns_nothing() -> None:
    assert not Ownership("", "my/").wrote(Post(1, "", BODY, "", None))


def test_oldest_comes_first() -> None:
    posts = [Post(id, "bot[bot]", BODY, "", None) for id in (3, 1, 2)]
    assert [candidate.post.id for candidate in OURS.select(posts, "plan")] == [1, 2, 3]
