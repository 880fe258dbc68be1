"""Waivers of the project file that waive nothing, since their key is nowhere."""

from __future__ import annotations

from invent_gitops.model.state import State
from invent_gitops.operations.console import Console
from invent_gitops.operations.project import LoadedProject
from invent_gitops.text.quoting import quote


def note_idle_waivers(console: Console, loaded: LoadedProject, state: State) -> None:
    """Say of each waiver of `policies.unreachable_edits` whose key no definition and no record has that it is idle."""
    if not loaded.project.policies.unreachable_edits.waived:
        return
    keys = {definition.key for definition in loaded.definitions} | state.broadcasts.keys() | state.intents.keys()
    of = f" of the workspace {loaded.project.name}" if loaded.project.name else ""
    console.remark(
        [
            f"policies.unreachable_edits waives {quote(key)}, and no definition or record{of} has that key. So it "
            "waives nothing: correct the key, or delete the waiver."
            for key in loaded.project.policies.unreachable_edits.waived
            if key not in keys
        ]
    )
