"""Every scene, by its name."""

from __future__ import annotations

from tests.replay.player import Scene
from tests.replay.scenes import applying, offline

SCENES: dict[str, Scene] = {
    scene.__name__.replace("_", "-"): scene for room in (offline, applying) for scene in room.SCENES
}
