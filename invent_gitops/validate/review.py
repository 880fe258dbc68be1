"""From `review:` of the project file to the rule: who has to approve what is created."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from invent_gitops.model.review import ReviewRule
from invent_gitops.text.quoting import quote
from invent_gitops.validate.report import ProblemReport

_CONTACTS = re.compile("[1-9][0-9]{0,9}")


def review_rule(report: ProblemReport, value: Mapping[str, Any]) -> ReviewRule:
    """Return the rule that `value`, which has the shape of the schema, sets; what it leaves out has the default."""
    over: list[tuple[int, int]] = []
    for contacts, approvals in value.get("over", {}).items():
        if _CONTACTS.fullmatch(contacts):
            over.append((int(contacts), int(approvals)))
        else:
            message = f"{quote(contacts)} in `review.over` is not a number of contacts."
            report.add(
                "wrong-form", message, "Write digits, such as `20000: 2`.", ("review", "over", contacts), of_key=True
            )
    if value.get("over") == {}:
        report.add("wrong-form", "`review.over` is empty.", "Write one, such as `20000: 2`.", ("review", "over"))
    return ReviewRule(
        int(value.get("approvals", 1)),
        value.get("dismiss_stale", True),
        tuple(value.get("send_to_all", ())),
        tuple(sorted(over)),
    )
