"""The JSON Schemas by name, from an installed package or from a checkout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from invent_gitops.errors import InventGitopsError, WrongUsage

_HERE = Path(__file__).resolve().parent
# A wheel carries the schemas within the package; in a checkout the top-level folder is their one source.
_FOLDERS = (_HERE / "schemas", _HERE.parent / "schemas")
_SUFFIX = ".schema.json"


def schema_names() -> list[str]:
    """Return the names that `read_schema` knows, sorted."""
    return sorted(path.name.removesuffix(_SUFFIX) for path in _folder().glob(f"*{_SUFFIX}"))


def schema_text(name: str) -> str:
    """Return the schema as it is written. Raises WrongUsage for a name that is not among `schema_names()`."""
    names = schema_names()
    if name not in names:
        raise WrongUsage(f"There is no schema named {name!r}.", f"The schemas are: {', '.join(names)}.")
    return (_folder() / f"{name}{_SUFFIX}").read_text(encoding="utf-8")


def read_schema(name: str) -> dict[str, Any]:
    """Return the schema of that name, such as `broadcast`, as a dictionary of its own."""
    schema: dict[str, Any] = json.loads(schema_text(name))
    return schema


def _folder() -> Path:
    for folder in _FOLDERS:
        if folder.is_dir():
            return folder
    raise InventGitopsError("The JSON Schemas of this program are missing.", "Install it again.")
