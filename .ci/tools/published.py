"""Writes into a copy of the source where it is published: `python published.py FOLDER ADDRESS [COMMIT]`.

ADDRESS is that of the repository, such as https://github.com/acme/invent-gitops. The links and pictures of the README
become whole addresses, since PyPI shows the page without its folder, and pyproject.toml gets `[project.urls]`. With
COMMIT, both are those of that commit, and installed programs know which one they are. Without, they are those of HEAD.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

LINK = re.compile(r"(!?)\[((?:[^\[\]]|!\[[^\]]*\]\([^)]*\))*)\]\((?!https?:|mailto:)([^)\s]*)\)")


# What instructions write where a reader puts a name of their own: no address of theirs leads anywhere.
PLACEHOLDERS = {"ACCOUNT", "NAME", "ORG", "ORGANIZATION", "OWNER", "REPO", "REPOSITORY", "USER", "USERNAME"}


def published(readme: str, address: str, commit: str) -> str:
    """Return the page with whole addresses; a title of the page itself is one of the page in the repository."""

    def whole(match: re.Match[str]) -> str:
        picture, text, target = match.groups()
        inner = LINK.sub(whole, text)
        kind = "raw" if picture else "tree" if target.endswith("/") else "blob"
        path = f"README.md{target}" if target.startswith("#") else target.removesuffix("/")
        return f"{picture}[{inner}]({address}/{kind}/{commit or 'HEAD'}/{path})"

    parts = re.split(r"(^```.*?^```$)", readme, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if part.startswith("```") else LINK.sub(whole, part) for part in parts)


def project_urls(address: str, commit: str) -> str:
    """Return the table of pyproject.toml; the labels are those that PyPI knows."""
    at = f"{address}/tree/{commit or 'HEAD'}"
    return f"""
[project.urls]
Homepage = "{address}#readme"
Documentation = "{at}/docs"
Source = "{at}"
Issues = "{address}/issues"
Changelog = "{address}/blob/{commit or "HEAD"}/CHANGELOG.md"
"""


def main() -> None:
    folder, address, commit = Path(sys.argv[1]), sys.argv[2].rstrip("/"), "".join(sys.argv[3:4])
    if not re.fullmatch(r"https://[A-Za-z0-9.-]+(/[A-Za-z0-9._-]+){2}", address):
        sys.exit(f"{address} is not the address of a repository. Write https://github.com/NAME/invent-gitops.")
    if placeholders := PLACEHOLDERS & set(address.split("/")[3:]):
        sys.exit(f"{address} has the placeholder {min(placeholders)}. Write the name of the account that publishes.")
    if commit and not re.fullmatch(r"[0-9a-f]{40}", commit):
        sys.exit(f"{commit} is not a commit. Write all 40 digits.")
    readme, project = folder / "README.md", folder / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    if "[project.urls]" in text:
        sys.exit("pyproject.toml has [project.urls] already, so that it is not clear which ones hold.")
    readme.write_text(published(readme.read_text(encoding="utf-8"), address, commit), encoding="utf-8")
    project.write_text(text + project_urls(address, commit), encoding="utf-8")


if __name__ == "__main__":
    main()
