"""Every scene, by its name."""

from __future__ import annotations

from tests.replay.player import Scene
from tests.replay.scenes import applying, branching, living, offline, reviewing, settling, several

ROOMS = (offline, applying, settling, living, several, reviewing, branching)
SCENES: dict[str, Scene] = {scene.__name__.replace("_", "-"): scene for room in ROOMS for scene in room.SCENES}
# The moments that are kept as files of the version before, and their scenes.
MOMENTS = {
    "created": "applied",
    "removed": "applied",
    "planned": "approvals",
    "killed": "killed",
    "interrupted": "interrupted",
    "blocked": "blocked",
    "two-candidates": "resolved",
    "denied": "denied",
    "unlisted": "adopted",
    "drifted": "drift",
    "workspaces": "workspaces",
    "commented": "reviewed",
    "to-be-approved": "reviewed",
    "reported": "reviewed",
    "issue": "drifted",
    "on-a-branch": "branch",
    "committed": "migrated",
}
