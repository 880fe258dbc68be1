"""Every scene, by its name."""

from __future__ import annotations

from tests.replay.player import Scene
from tests.replay.scenes import applying, branching, living, offline, reviewing, settling, several

ROOMS = (offline, applying, settling, living, several, reviewing, branching)
SCENES: dict[str, Scene] = {scene.__name__.replace("_", "-"): scene for room in ROOMS for scene in room.SCENES}
