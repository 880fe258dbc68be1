"""Who acted, in a state: by whom, from which commit, in which run, and who wrote and approved it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from invent_gitops.model.fields import Damaged, read_object, read_text, read_texts, shown
from invent_gitops.model.instant import read_instant, write_instant
from invent_gitops.model.record import Provenance
from invent_gitops.model.review import Signoff


def write_provenance(provenance: Provenance) -> dict[str, object]:
    written: dict[str, object] = {"at": write_instant(provenance.at), "by": provenance.by}
    if provenance.commit:
        written["commit"] = provenance.commit
    if provenance.run:
        written["run"] = provenance.run
    if provenance.signoff:
        written["signoff"] = write_signoff(provenance.signoff)
    return written


def read_provenance(value: Mapping[str, Any]) -> Provenance:
    at = read_instant(value.get("at"))
    if at is None:
        raise Damaged(f"at is {shown(value.get('at'))}, which is not a time with an offset")
    signoff = read_signoff(read_object(value, "signoff")) if "signoff" in value else None
    return Provenance(
        at, read_text(value, "by", ""), read_text(value, "commit", ""), read_text(value, "run", ""), signoff
    )


def write_signoff(signoff: Signoff) -> dict[str, object]:
    return {
        "pull_request": signoff.pull_request,
        "author": signoff.author,
        "reviewers": list(signoff.reviewers),
    }


def read_signoff(value: Mapping[str, Any]) -> Signoff:
    return Signoff(read_text(value, "pull_request"), read_text(value, "author", ""), read_texts(value, "reviewers"))
