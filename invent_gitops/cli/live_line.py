"""The line that shows how far a run is: at the end of a terminal, or now and then in a log."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from invent_gitops.model.step import Step

# Seconds between two lines in a log, and between two changes of the line on a terminal.
EVERY = 5.0
REDRAWN = 0.25
ERASED = "\r\x1b[K"
_WIDEST, _NARROWEST = 30, 8


def columns_of(stream: TextIO) -> int:
    """Return the columns of the terminal that `stream` is: COLUMNS, else what the terminal says, else 80."""
    try:
        columns = int(os.environ.get("COLUMNS", ""))
    except ValueError:
        columns = 0
    if columns <= 0:
        try:
            columns = os.get_terminal_size(stream.fileno()).columns
        except (OSError, ValueError):
            columns = 0
    return columns if columns > 0 else 80


def bar_text(step: Step, columns: int) -> str:
    """Return a bar and the numbers in less than `columns`; without a bar where that is too narrow for one."""
    from invent_gitops.render.text.pace import pace_text, short_pace_text

    numbers = pace_text(step)
    width = min(_WIDEST, columns - len(numbers) - len("[]  ") - 1)
    if step.total is None or width < _NARROWEST:
        return short_pace_text(step, columns - 1)
    bar = click.progressbar(
        range(step.total),
        bar_template="[%(bar)s]  %(info)s",
        width=width,
        show_eta=False,
        show_percent=False,
        item_show_func=lambda item: numbers,
    )
    bar.make_step(step.done)
    return bar.format_progress_line()


class LiveLine:
    """Keeps one line at the end of a terminal. Whoever prints something else takes it away first."""

    def __init__(self) -> None:
        self._step: Step | None = None
        self._changed = 0.0
        self._logged = 0.0

    @property
    def erasure(self) -> str:
        """What takes the line away, "" where there is nothing to take away."""
        return ERASED if self._step else ""

    def draw(self, stream: TextIO, step: Step, above: str = "") -> None:
        """Draw it, unless all is done, below the lines of `above`. Raises `OSError` and `ValueError` as a stream does.

        All of it is one piece of output, so that the line does not flicker. Without anything `above`, it changes a few
        times a second, however many steps are done.
        """
        if not (above or step.over or self._may_change(step)):
            return
        erasure, self._step = self.erasure, None
        line = "" if step.over else bar_text(step, columns_of(stream))
        self._step, self._changed = None if step.over else step, step.elapsed
        if piece := f"{erasure}{above}{line}":
            stream.write(piece)
            stream.flush()
        # A stop that came in between has taken away what was there before.
        self._step = None if step.over else step

    def _may_change(self, step: Step) -> bool:
        before = self._step
        return before is None or before.label != step.label or not 0 <= step.elapsed - self._changed < REDRAWN

    def clear(self, stream: TextIO) -> Step | None:
        """Take it away; returns what it has shown. Raises what `draw` raises."""
        step, erasure = self._step, self.erasure
        self._step = None
        if erasure:
            stream.write(erasure)
            stream.flush()
        return step

    def forget(self) -> None:
        """Hear that it was taken away."""
        self._step = None

    def due(self, step: Step) -> bool:
        """Return whether it is time for another line in a log."""
        self._logged = self._logged if step.done and step.elapsed >= self._logged else 0.0
        if step.over or step.elapsed - self._logged < EVERY:
            return False
        self._logged = step.elapsed
        return True
