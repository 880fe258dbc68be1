"""From documents to checked values, with every problem worded; the only room that imports jsonschema."""

from __future__ import annotations

from invent_gitops.validate.catalogue import renamed, validate_catalogue
from invent_gitops.validate.comments import remarked
from invent_gitops.validate.definitions import validate_definitions, validate_in_order
from invent_gitops.validate.project import validate_project
from invent_gitops.validate.schedule import Schedule, ScheduleFault, parse_schedule

__all__ = [
    "Schedule",
    "ScheduleFault",
    "parse_schedule",
    "remarked",
    "renamed",
    "validate_catalogue",
    "validate_definitions",
    "validate_in_order",
    "validate_project",
]
