"""Bundle the published schemas in `schemas/` from their sources in this folder.

    python schema_parts/bundle.py            write each file of schemas/ that is stale
    python schema_parts/bundle.py --check    write nothing; name the stale files and exit with 1

`documents/` has one source for each published schema, `shared/` the parts that stand in several places. All are JSON.
A part is included by its name after three dots, on a line of its own:

    "problem": "...problem"       the part as the value of this member
    "...envelope": "members"      the members of the part, among the members of this object
    "...envelope-required"        in a list: the part as an entry, or its entries if the part is a list

The lines of a part are copied as they are, so the layout of a published file is that of its sources. Parts may include
parts.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PUBLISHED = HERE.parent / "schemas"
INCLUDE = re.compile(
    r'(?P<indent> *)(?P<member>"[^"]+": )?"\.\.\.(?P<part>[a-z-]+)"(?(member)|(?P<members>: "members")?)(?P<comma>,?)'
)


class BrokenSource(Exception):
    """A source that cannot be bundled."""


def sources(folder: Path = HERE) -> list[Path]:
    """List the source of each published schema."""
    return sorted((folder / "documents").glob("*.schema.json"))


def bundle(source: Path, including: tuple[str, ...] = ()) -> list[str]:
    """Return the lines of a source with each of its parts in place.

    `including` names the parts that led here. Raises BrokenSource for a part that does not exist or includes itself.
    """
    lines: list[str] = []
    for line in source.read_text(encoding="utf-8").removesuffix("\n").split("\n"):
        include = INCLUDE.fullmatch(line)
        if include is None:
            if '"...' in line:
                raise BrokenSource(f"{source.name}: an include needs a line of its own: {line.strip()}")
            lines.append(line)
            continue
        lines += _included(include, source, including)
    return lines


def _included(include: re.Match[str], source: Path, including: tuple[str, ...]) -> list[str]:
    """Return the lines that stand for one include, with its indentation, its member's name and its comma."""
    name = include["part"]
    path = source.parent.parent / "shared" / f"{name}.json"
    if name in including or not path.is_file():
        raise BrokenSource(
            f"{source.name}: the part {name} {'includes itself' if path.is_file() else 'does not exist'}."
        )
    lines = bundle(path, (*including, name))
    indent = include["indent"]
    entries = include["member"] is None and lines[0] == "["
    if include["members"] or entries:
        inner = lines[1:-1]
        if not inner:
            raise BrokenSource(f"{source.name}: the part {name} is empty.")
        return [*(indent + line.removeprefix("  ") for line in inner[:-1]), _last(indent, inner[-1][2:], include)]
    first = indent + (include["member"] or "") + lines[0]
    if len(lines) == 1:
        return [first + include["comma"]]
    return [first, *(indent + line for line in lines[1:-1]), _last(indent, lines[-1], include)]


def _last(indent: str, line: str, include: re.Match[str]) -> str:
    return f"{indent}{line}{include['comma']}"


def published(source: Path) -> str:
    """Return the text of the published file.

    Raises BrokenSource where it would not be valid JSON or would name a member twice.
    """

    def unique(members: list[tuple[str, object]]) -> dict[str, object]:
        if len(dict(members)) < len(members):
            raise BrokenSource(f"{source.name}: a member stands twice: {', '.join(name for name, _ in members)}.")
        return dict(members)

    text = "\n".join(bundle(source)) + "\n"
    try:
        json.loads(text, object_pairs_hook=unique)
    except ValueError as error:
        raise BrokenSource(f"{source.name}: bundled, it is not valid JSON: {error}") from None
    return text


def stale(folder: Path = HERE, target: Path = PUBLISHED) -> dict[Path, str | None]:
    """Return the published files that differ from their sources, with the text each should have.

    The text is None for a file in `target` that has no source.
    """
    texts = {target / source.name: published(source) for source in sources(folder)}
    differing: dict[Path, str | None] = {
        path: text for path, text in texts.items() if not path.is_file() or path.read_bytes() != text.encode()
    }
    return differing | {path: None for path in sorted(target.iterdir()) if path not in texts}


def main(arguments: list[str]) -> int:
    """Write the stale files, or with --check only name them."""
    if arguments not in ([], ["--check"]):
        print("Usage: python schema_parts/bundle.py [--check]", file=sys.stderr)
        return 2
    try:
        differing = stale()
    except BrokenSource as error:
        print(error, file=sys.stderr)
        return 1
    for path, text in differing.items():
        if text is None:
            print(f"schemas/{path.name} has no source in schema_parts/documents. Add one, or delete the file.")
        elif arguments:
            print(f"schemas/{path.name} is stale. Run: python schema_parts/bundle.py")
        else:
            path.write_bytes(text.encode())
            print(f"schemas/{path.name} written")
    return 1 if (arguments and differing) or None in differing.values() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
