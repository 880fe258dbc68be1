"""Prepare the documentation site: the pages of the repository in one folder, with links that lead to each other."""

from __future__ import annotations

import json
import posixpath
import re
import shutil
from pathlib import Path

from docs_build.lists import with_wide_lists
from docs_build.markdown import with_targets

# The pages outside docs/ that belong to the site, and their names there.
BESIDE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "reporting.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/RESULTS.md": "benchmarks.md",
}
PICTURES = (".gif", ".jpg", ".png", ".svg", ".webp")
CONFIGURATION = "zensical.toml"
_PATTERN = re.compile(r'"([^"\s]+\.md)",?')


class NotPrepared(Exception):
    """Why the site cannot be prepared."""


def prepare(root: Path, target: Path, repository: str = "") -> None:
    """Write what the builder reads into `target`, which must not exist.

    `repository` is OWNER/NAME on GitHub, if known; links to files that are no pages lead there. Without it they are
    plain text. Raises NotPrepared for a page that is missing, and for a link to a path that exists nowhere.
    """
    sources = page_names(root)
    shutil.copytree(root / "docs", target / "docs", ignore=shutil.ignore_patterns("*.md", "requirements.*"))
    for source, name in sources.items():
        if not (root / source).is_file():
            raise NotPrepared(f"{source} is missing.")
        page = target / "docs" / name
        page.parent.mkdir(parents=True, exist_ok=True)
        text = (root / source).read_text(encoding="utf-8")
        page.write_text(_moved(text, source, sources, root, target, repository), encoding="utf-8")
    settings = (root / CONFIGURATION).read_text(encoding="utf-8")
    expanded = navigation(settings, sorted(sources.values(), key=_numbered))
    (target / CONFIGURATION).write_text(expanded, encoding="utf-8")


def page_names(root: Path) -> dict[str, str]:
    """Return each page of the site: its path in the repository, and its name in the site."""
    own = {path.relative_to(root).as_posix() for path in (root / "docs").rglob("*.md")}
    return {**{path: path.removeprefix("docs/") for path in sorted(own)}, **BESIDE}


def navigation(settings: str, names: list[str]) -> str:
    """Return the configuration with the pages that match in the place of each pattern of `nav`; each stands once.

    Raises NotPrepared if a page matches none, since no reader would find it.
    """
    beginning, nav, rest = re.split(r"^(nav = \[\n.*?^\]\n)", settings, maxsplit=1, flags=re.MULTILINE | re.DOTALL)
    left = list(names)
    by_name = set(_PATTERN.findall(nav))

    def matching(match: re.Match[str]) -> str:
        # A star stands for a name, never for a folder, and takes no page that stands elsewhere by its name.
        form = re.compile(re.escape(match[1]).replace(r"\*", "[^/]*"))
        chosen = [name for name in left if form.fullmatch(name) and (name == match[1] or name not in by_name)]
        for name in chosen:
            left.remove(name)
        return ", ".join([json.dumps(name) for name in chosen] + [""] if chosen else [])

    filled = _PATTERN.sub(matching, nav)
    if left:
        raise NotPrepared(f"The navigation in {CONFIGURATION} does not have {', '.join(left)}.")
    return beginning + _without_empty(filled) + rest


def _without_empty(nav: str) -> str:
    """Return the navigation without the groups that have no page."""
    empty = re.compile(r' *\{ "[^"]+" = \[\s*\] \},? *\n?')
    while empty.search(nav):
        nav = empty.sub("", nav)
    return nav


def _numbered(name: str) -> list[tuple[int, str]]:
    """Return what sorts names with their numbers as numbers."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _moved(text: str, source: str, names: dict[str, str], root: Path, target: Path, repository: str) -> str:
    """Return a page as it is in the site: its links lead from its new name to the new names of the others.

    Raises NotPrepared for a link to a path that exists nowhere.
    """
    folder = posixpath.dirname(source)
    own_folder = posixpath.dirname(names[source]) or "."

    def change(link: str) -> str:
        path, _, title = link.partition("#")
        if re.match(r"[a-z]+:", link) or not path:
            return link
        there = posixpath.normpath(posixpath.join(folder, path))
        if there.startswith(("..", "/")) or not (root / there).exists():
            raise NotPrepared(f"{source} links to {link}, and the repository has no {there}.")
        if (root / there).is_dir():
            there = f"{there}/index.md"
        if there in names:
            return posixpath.relpath(names[there], own_folder) + (f"#{title}" if title else "")
        if there.startswith("docs/") and (root / there).is_file():
            return posixpath.relpath(there.removeprefix("docs/"), own_folder)
        if there.endswith(PICTURES) and (root / there).is_file():
            copy = target / "docs" / "pictures-beside" / posixpath.basename(there)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / there, copy)
            return posixpath.relpath(f"pictures-beside/{copy.name}", own_folder)
        return f"{_address(repository)}/blob/main/{there.removesuffix('/index.md')}" if repository else "#"

    changed = with_targets(text, change)
    # A link that leads nowhere without the repository is its text.
    return re.sub(r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(#\)", r"\1", with_wide_lists(changed))


def _address(repository: str) -> str:
    return f"https://github.com/{repository}"
