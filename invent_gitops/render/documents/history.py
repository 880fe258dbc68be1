"""The bodies of the documents `history` and `verification`."""

from __future__ import annotations

from collections.abc import Sequence

from invent_gitops.model.chain import Change, Flaw
from invent_gitops.model.instant import write_instant


def history_json(changes: Sequence[Change]) -> dict[str, object]:
    return {
        "changes": [
            {
                "at": write_instant(change.at),
                "what": change.kind,
                "key": change.key,
                "id": change.id or None,
                "name": change.name or None,
                "by": change.by,
                "source_commit": change.source or None,
                "pull_request": change.pull_request,
                "written_by": change.signoff.author or None if change.signoff else None,
                "reviewed_by": list(change.signoff.reviewers) if change.signoff else [],
                "run": change.run or None,
                "state_commit": change.commit or None,
                "note": change.note or None,
                "fields": [{"field": it.field, "old": it.old, "new": it.new} for it in change.fields],
            }
            for change in changes
        ]
    }


def flaws_json(flaws: Sequence[Flaw], links: int) -> dict[str, object]:
    return {
        "states": links,
        "flaws": [{"place": flaw.location, "message": flaw.message, "missing": flaw.missing} for flaw in flaws],
    }
