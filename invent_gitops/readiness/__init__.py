"""Says of each broadcast where it stands, what came of it, and whether a person must look."""

from invent_gitops.readiness.rows import status_of

__all__ = ["status_of"]
