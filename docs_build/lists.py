"""Lists as the builder of the site wants them: four columns for each level, and an empty line before the first entry.

GitHub takes what belongs to an entry by the column of its text, which is the third for a hyphen and the fourth for a
number. The builder reads the older Markdown, to which such lines are no part of the entry.
"""

from __future__ import annotations

import re

_MARKER = re.compile(r"( {0,3})([-*+]|\d{1,9}[.)])( +)(.*)")
_FENCE = re.compile(r" *(`{3,}|~{3,})(.*)")
# What begins something new, and so never goes on with the paragraph before it.
_BEGINS = re.compile(r" *(?:[-*+] |\d{1,9}[.)] |#{1,6} |`{3,}|~{3,}|\||<|>)")
_STEP = 4


def with_wide_lists(text: str) -> str:
    """Return a page whose lists the builder reads as GitHub does."""
    page = _Page()
    for line in text.split("\n"):
        page.take(line)
    return "\n".join(page.lines)


class _Page:
    def __init__(self) -> None:
        self.lines: list[str] = []
        # For each entry that is open, the column of its text.
        self._columns: list[int] = []
        self._fence, self._fence_column = "", 0
        # Whether the last entry holds several paragraphs: then the next one begins after an empty line.
        self._is_loose = False

    def take(self, line: str) -> None:
        """Add a line, where it belongs."""
        if not line.strip():
            self.lines.append("")
        elif self._fence:
            self._add(line[min(_indent(line), self._fence_column) :])
            match = _FENCE.fullmatch(line)
            if match and match[1].startswith(self._fence) and not match[2].strip():
                self._fence = ""
        else:
            self._text(line)

    def _text(self, line: str) -> None:
        goes_on = bool(self.lines and self.lines[-1]) and not _BEGINS.match(line)
        while self._columns and _indent(line) < self._column and not goes_on:
            self._columns.pop()
        rest = line[min(_indent(line), self._column) :]
        match = _MARKER.fullmatch(rest)
        if match and not goes_on:
            begins = not self._columns and not (self.lines and _is_in_list(self.lines[-1]))
            if self.lines and self.lines[-1] and (begins or self._is_loose):
                self.lines.append("")
            self._is_loose = False
            self._add(f"{match[2]} {match[4]}")
            self._columns.append(self._column + len(match[1] + match[2] + match[3]))
            return
        self._is_loose = bool(self._columns) and (self._is_loose or bool(self.lines and not self.lines[-1]))
        fence = _FENCE.fullmatch(rest)
        if fence and "`" not in fence[2]:
            self._fence, self._fence_column = fence[1], _indent(line)
        # Up to three columns more mean nothing; more are code.
        self._add(rest if _indent(rest) >= _STEP else rest.lstrip(" "))

    @property
    def _column(self) -> int:
        return self._columns[-1] if self._columns else 0

    def _add(self, rest: str) -> None:
        self.lines.append(" " * (_STEP * len(self._columns)) + rest)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _is_in_list(line: str) -> bool:
    return line.startswith(" ") or bool(_MARKER.fullmatch(line))
