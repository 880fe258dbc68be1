"""A saved document as the page that people read in GitHub: a plan, what became of one, or how things stand."""

from __future__ import annotations

from invent_gitops.errors import InvalidInput
from invent_gitops.render.documents.reading import Document
from invent_gitops.render.markdown.fit import Size
from invent_gitops.render.markdown.plan import COMMENT_LIMIT, plan_markdown
from invent_gitops.render.markdown.report import report_markdown
from invent_gitops.render.markdown.setup import setup_markdown
from invent_gitops.render.markdown.status import status_markdown

_CURE = "Give a file that plan --out, apply --out or status --out of this version has written."


def page(
    document: object,
    *,
    files: str = "",
    limit: int = COMMENT_LIMIT,
    size: Size = len,
    with_plan: bool = True,
    elsewhere: str = "",
    calendar: str = "",
    guide: str = "",
) -> str:
    """Return a document of kind plan, report, status or setup as Markdown of at most `limit`, in what `size` counts.

    `files` is the address that paths are appended to, or ""; `with_plan` is whether a report ends with its plan;
    `elsewhere` says where the rows are that a plan or a report has no room for; `calendar` is the address of the
    calendar of a plan, and `guide` that of the page on changes, each "" for none. Raises `InvalidInput` for anything
    else, and for a document that was edited so that a part is missing.
    """
    kind = document.get("kind") if isinstance(document, dict) else None
    if not isinstance(document, dict) or kind not in ("plan", "report", "status", "setup"):
        raise InvalidInput("This is neither a plan nor a report nor a status of invent-gitops.", _CURE)
    content: Document = document
    try:
        if kind == "report":
            return report_markdown(
                content,
                files=files,
                limit=limit,
                size=size,
                with_plan=with_plan,
                elsewhere=elsewhere,
                guide=guide,
            )
        if kind == "plan":
            return plan_markdown(
                content,
                files=files,
                limit=limit,
                size=size,
                elsewhere=elsewhere,
                calendar=calendar,
                guide=guide,
            )
        if kind == "setup":
            return setup_markdown(content, limit=limit, size=size)
        return status_markdown(content, files=files, limit=limit, size=size)
    # An edited document may hold anything: a zone that does not exist, a number beyond every calendar.
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise InvalidInput(f"This {kind} is not valid: {type(error).__name__} {error}.", _CURE) from error
