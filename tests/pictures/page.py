"""Makes a page of HTML from the Markdown of a comment or an issue, by the same rules as GitHub."""

from __future__ import annotations

import html
import re
from pathlib import Path

STYLE = Path(__file__).with_name("page.css")


def page(markdown: str, said: str, *, margin: bool = False) -> str:
    """Return the page; `said` is what the line above the text says, and `margin` leaves room for notes beside it."""
    import cmarkgfm  # type: ignore[import-untyped, import-not-found, unused-ignore]
    from cmarkgfm.cmark import (  # type: ignore[import-untyped, import-not-found, unused-ignore]
        Options,
    )

    text = cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE)
    # Folded parts are what the pictures are to show, too.
    text = re.sub(r"<details(?: open)?>", "<details open>", text)
    text = re.sub(r"<table>(?=\s*<thead>\s*<tr>\s*<th>When)", '<table class="wide">', text)
    return (
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Picture</title>'
        f"<style>{STYLE.read_text(encoding='utf-8')}</style>"
        f'<body class="{"margin" if margin else ""}"><main>'
        f"<header><b>github-actions</b> <i>bot</i> {html.escape(said)}</header><article>{text}</article></main></body>"
        "</html>"
    )
