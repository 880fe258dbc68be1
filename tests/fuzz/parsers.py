"""Reads one text with both YAML parsers: they give equal values, places and problems, whatever it holds."""

from __future__ import annotations

import tempfile
import traceback
from pathlib import Path

from invent_gitops.load import grammar, read_definitions


def compare(raw: bytes) -> str:
    """What is wrong: a parser that failed, or two that differ; "" if nothing is."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        path = Path(scratch) / "x.yaml"
        path.write_bytes(raw)
        fast = _outcome(path.parent)
        libyaml = grammar.LIBYAML
        grammar.LIBYAML = False
        try:
            pure = _outcome(path.parent)
        finally:
            grammar.LIBYAML = libyaml
    failed = next((one for one in (fast, pure) if "Traceback" in one), "")
    if failed:
        return f"{failed.strip().splitlines()[-1]}\n{failed}"
    return "" if fast == pure else f"the two parsers differ\nlibyaml: {fast[:2_000]}\npure:    {pure[:2_000]}"


def _outcome(folder: Path) -> str:
    try:
        documents, problems = read_definitions(folder, root=folder)
    except Exception:  # noqa: BLE001  # it is what is looked for
        return traceback.format_exc()
    read = [(one.content, one.default_key, one.start, one.marks, one.comments) for one in documents]
    return repr((read, problems))
