"""Brings what was made by hand in Invent under the definitions: what can be, under which key, and as which text."""

from __future__ import annotations

from invent_gitops.importing.draft import Draft, draft
from invent_gitops.importing.keys import key_for, paths_for
from invent_gitops.importing.survey import Missing, Offer, Survey, narrowed, recorded, survey

__all__ = [
    "Draft",
    "Missing",
    "Offer",
    "Survey",
    "draft",
    "key_for",
    "narrowed",
    "paths_for",
    "recorded",
    "survey",
]
