"""The reference, generated from the program and the schemas: what the pages hold, and whether they are fresh."""

from __future__ import annotations

from functools import cache
from pathlib import Path

COMMAND = "python -m docs_build reference"
FOLDER = Path("docs/reference")


@cache
def reference_pages() -> dict[str, str]:
    """Return the text of each page by its path below `docs/reference`."""
    from docs_build.reference import commands, environment, exit_codes, rules, schema_pages

    found: dict[str, str] = {}
    for pages in (
        commands.pages(), environment.pages(), exit_codes.pages(), schema_pages.pages(), rules.pages()
    ):  # fmt: skip
        found |= pages
    found["index.md"] = _index(found)
    return dict(sorted(found.items()))


def stale(root: Path) -> list[str]:
    """Return the paths of the pages that are missing, or not as they would be written, or not written any more."""
    wanted = reference_pages()
    there = {path.relative_to(root / FOLDER).as_posix() for path in (root / FOLDER).rglob("*.md")}
    return sorted(
        name
        for name in wanted.keys() | there
        if name not in there or wanted.get(name) != (root / FOLDER / name).read_text(encoding="utf-8")
    )


def write(root: Path) -> list[str]:
    """Write what is stale, and return its paths."""
    names = stale(root)
    wanted = reference_pages() if names else {}
    for name in names:
        path = root / FOLDER / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[name], encoding="utf-8")
        else:
            path.unlink()
    return names


def _index(pages: dict[str, str]) -> str:
    rows = [
        ("commands/index.md", "Each command with its options, defaults, variables and an example."),
        ("environment.md", "The variables of the environment that are read."),
        ("exit-codes.md", "What each exit code means, and what to do."),
        ("definition.md", "The fields of a definition, one broadcast."),
        ("project-file.md", "The entries of `invent.yaml`."),
        ("segments.md", "The entries of the segment catalogue."),
        ("policies.md", "The settings of the policies, and the waivers."),
        ("rules/index.md", "Each rule id, with an example of its message."),
        ("documents/index.md", "The JSON documents that the commands print and keep."),
    ]
    assert all(name in pages for name, _ in rows)
    lines = [f"- [{title_of(pages[name])}]({name}): {sentence}" for name, sentence in rows]
    return page("Reference", "These pages are generated from the program and its schemas.", "\n".join(lines))


def page(title: str, *parts: str) -> str:
    """Return a page of a title and its parts, each with an empty line before it."""
    body = "\n\n".join(part.strip("\n") for part in parts if part.strip())
    return f"# {title}\n\n<!-- Written by `{COMMAND}`. -->\n\n{body}\n"


def title_of(text: str) -> str:
    """Return the title of a page."""
    return text.partition("\n")[0].removeprefix("# ")
