"""Whether a workflow is as this version writes it, with the choices that the file itself shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import zip_longest

from invent_gitops.model.setup import WorkflowFile
from invent_gitops.scaffold.workflows import PUBLISH, Publish, Wording, workflow_path, workflow_texts
from invent_gitops.values import replace

_ACTION = re.compile(r"^ *- uses: ((?!actions/)[^\s@]+@\S+)(?: +# .*)?$", re.MULTILINE)
_PINNED = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+@[0-9a-f]{40}")
# A newer commit of another action is what a robot proposes, and the hour of a schedule is everyone's own choice.
_OTHER_PIN = re.compile(r"(uses: actions/[a-z-]+@)[0-9a-f]{40}")
_SCHEDULE = re.compile(r"- cron: .*")


def written_with(wording: Wording, texts: Mapping[str, str | None]) -> Wording:
    """Return the choices that the workflows show: the action that they install, the sandbox, the queue, and whether
    the calendar is published.

    `texts` are the workflows by path, None for one that is not there. What none of them shows is as in `wording`.
    """
    text = "\n".join(filter(None, texts.values()))
    if not text:
        return wording
    action = _ACTION.search(text)
    applying = texts.get(workflow_path(wording, "apply"))
    publishing = texts.get(workflow_path(wording, PUBLISH))
    target: Publish = "pages" if "actions/deploy-pages@" in (publishing or "") else "artifact"
    return replace(
        wording,
        action=action[1] if action else wording.action,
        sandbox=bool(re.search(r"invent-gitops.* apply.* --sandbox", text)),
        queue=wording.queue if applying is None else "queue: max" in applying,
        publish="" if publishing is None else target,
    )


def compared(wording: Wording, texts: Mapping[str, str | None]) -> tuple[WorkflowFile, ...]:
    """Return each workflow beside what this version writes with the same choices, but for comments and empty lines."""
    return tuple(_compared(path, texts.get(path), expected) for path, expected in workflow_texts(wording).items())


def _compared(path: str, text: str | None, expected: str) -> WorkflowFile:
    if text is None:
        return WorkflowFile(path, present=False)
    uses = [match[1] for match in _ACTION.finditer(text)]
    unpinned = next((action for action in uses if not _PINNED.fullmatch(action)), "")
    pairs = zip_longest(_meaning(text), _meaning(expected), fillvalue=(0, ""))
    lines = [number for (number, line), (_, other) in pairs if line != other]
    # Where lines are lacking at the end, that is after the last one.
    line = (lines[0] or len(text.splitlines()) + 1) if lines else 0
    return WorkflowFile(path, present=True, line=line, unpinned=unpinned)


def _meaning(text: str) -> list[tuple[int, str]]:
    """Return the lines that say something, with their numbers."""
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        plain = re.sub(r"(^|\s+)#.*", "", line).rstrip()
        plain = _SCHEDULE.sub("- cron", _OTHER_PIN.sub(r"\1", plain))
        if plain:
            lines.append((number, plain))
    return lines
