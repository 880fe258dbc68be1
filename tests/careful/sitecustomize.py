"""Every Python that has this folder on its PYTHONPATH runs this at its start."""

from __future__ import annotations

from fast_paths import install  # type: ignore[import-not-found]  # the folder itself is on the path then

install()
