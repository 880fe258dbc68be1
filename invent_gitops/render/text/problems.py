"""Problems of the input: for a terminal with the line and a caret, and for GitHub as annotations."""

from __future__ import annotations

from collections.abc import Sequence

from invent_gitops.model.problem import Problem
from invent_gitops.render.github.annotations import Annotation, commands
from invent_gitops.render.text.style import Style
from invent_gitops.text.clean import clean
from invent_gitops.text.secret import hide

_WINDOW, _LEAST = 100, 40
# More than anybody mends before looking again.
MOST_SHOWN = 200


def problems_text(problems: Sequence[Problem], style: Style, width: int | None = None) -> str:
    """Return each problem: place and rule, what is wrong, the line with a caret, the cure. Ends without a line feed.

    `width` is that of the terminal, which cuts what is shown of the lines.
    Of very many, the first `MOST_SHOWN` and how many more there are.
    """
    blocks = ["\n".join(_block(problem, style, width)) for problem in problems[:MOST_SHOWN]]
    if (more := len(problems) - MOST_SHOWN) > 0:
        blocks.append(f"… and {more:,} more; to see them all: invent-gitops validate --json")
    count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
    return "\n\n".join([*blocks, style.red(style.bold(f"{count}. Nothing was created."))])


def _block(problem: Problem, style: Style, width: int | None) -> list[str]:
    lines = [f"{style.bold(clean(str(problem.position)))}  {style.dim(problem.rule)}", f"  {clean(problem.message)}"]
    if problem.source.strip():
        lines += [f"  {style.dim('|')} {line}" for line in _excerpt(problem, width)]
    if problem.cure:
        lines.append(f"  {style.green('→')} {clean(problem.cure)}")
    return lines


def _excerpt(problem: Problem, width: int | None) -> tuple[str, str]:
    """Return the source line and the carets below it, cut to a window around them; every character stays one wide."""
    column = max(problem.position.column - 1, 0)
    room = _WINDOW if width is None else max(_LEAST, min(_WINDOW, width - len("  | ")))
    start = max(0, column - room + 20) if column > room - 20 else 0
    # Before the window cuts one, and as long as it was, so that the carets stay where they belong.
    window = hide(problem.source, in_place=True)[start : start + room]
    visible = "".join(character if len(clean(character)) == 1 else "·" for character in window.replace("##[", "##("))
    carets = max(1, min(problem.length, len(visible) - (column - start)))
    return visible.rstrip(), " " * (column - start) + "^" * carets


def problems_github(problems: Sequence[Problem], prefix: str = "") -> str:
    """Workflow commands, one annotation a line, at most nine; the last says how many more there are.

    `prefix` leads from the root of the repository to the current folder, such as `examples/`.
    """
    annotations = [
        Annotation("error", problem.rule, f"{problem.message} {problem.cure}".strip(), problem.position)
        for problem in problems
    ]
    return commands(annotations, prefix, "problem")
