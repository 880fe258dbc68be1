"""The files that an import writes: one definition each, below a path that is free."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from invent_gitops.files import name_durably, write_new
from invent_gitops.live.draft import Drafts
from invent_gitops.live.new_keys import FreePaths
from invent_gitops.load.write import definition_text, schema_line
from invent_gitops.model.broadcast import Request
from invent_gitops.operations.project import LoadedProject, check_inside, shown


class DefinitionFiles:
    """Writes definitions into a project, one after the other; all of them are durable at the end of the block.

    What a crash takes back before that is recorded as imported, and the next import writes it again. `names` are those
    of segments by id. `stems` are file names without suffix that a new file cannot have.
    """

    def __init__(self, loaded: LoadedProject, names: Mapping[str, str], stems: AbstractSet[str]) -> None:
        self._root = loaded.root
        self._folder = loaded.root / loaded.project.definitions
        self._drafts = Drafts(timezone=loaded.project.timezone, catalogue=loaded.catalogue, names=names)
        self._paths = FreePaths(stems)
        self._schema_line = cache(lambda folder: schema_line(folder, loaded.root, "broadcast"))
        self._folders: set[Path] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for folder in sorted(self._folders):
            name_durably(folder, shown(folder))

    def write(self, key: str, request: Request, comment: str) -> str:
        """Write the definition into the first file that is free; its path. Raises `InvalidInput`."""
        draft = self._drafts.draft(request)
        for path in self._paths.offers(key):
            file = self._folder / f"{path}.yaml"
            check_inside(file, self._root, "The definition")
            text = definition_text(
                header=[*self._header(file.parent), comment],
                name=draft.name,
                schedule=draft.schedule,
                segments=draft.segments,
                key="" if path == key else key,
            )
            if write_new(file, text, shown(file), named=False):
                self._folders.add(file.parent)
                return shown(file)
        raise AssertionError("there is always another path")

    def _header(self, folder: Path) -> list[str]:
        return self._schema_line(folder)
