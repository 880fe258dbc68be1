"""The line that names a broadcast in a terminal."""

from __future__ import annotations

from invent_gitops.text.clean import clean, cut


def title_line(symbol: str, key: str, name: str) -> str:
    """Return `  + spring  Spring sale`: what happens to it, its key, and its name, cut to the screen."""
    return f"  {symbol} {clean(key)}  {cut(name, 80)}"
