"""The site has every page, with links that lead from its own place to the others, and loads nothing from elsewhere."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from docs_build.__main__ import main
from docs_build.built import faults
from docs_build.markdown import links
from docs_build.site import BESIDE, NotPrepared, navigation, page_names, prepare
from tests.running import ROOT
from tests.workflows.runner import load

NAV = """\
a = 1
nav = [
  "index.md",
  { "Later" = ["later/*.md", "*.md"] },
  { "More" = ["x.md", "more/*.md"] },
]
b = 2
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "new"
    prepare(ROOT, folder)
    return folder


def named(entry: Any) -> list[str]:
    """The pages of a navigation, in their order."""
    if isinstance(entry, str):
        return [entry]
    return [page for part in (entry.values() if isinstance(entry, dict) else entry) for page in named(part)]


def test_each_page_of_the_repository_stands_once_in_the_navigation(site: Path) -> None:
    settings = tomllib.loads((site / "zensical.toml").read_text(encoding="utf-8"))
    pages = named(settings["project"]["nav"])
    assert sorted(pages) == sorted(page_names(ROOT).values())
    assert sorted(pages) == sorted(path.relative_to(site / "docs").as_posix() for path in site.rglob("*.md"))


def test_links_between_pages_lead_to_a_page_of_the_site(site: Path) -> None:
    for page in site.rglob("*.md"):
        for link in links(page.read_text(encoding="utf-8")):
            path = link.target.partition("#")[0]
            if path and not path.startswith("https:"):
                assert (page.parent / path).is_file(), f"{page.name}:{link.line}: {link.target}"


def test_a_link_to_a_file_leads_to_the_repository_where_that_is_known(tmp_path: Path, site: Path) -> None:
    prepare(ROOT, tmp_path / "new", "acme/broadcasts")
    page = (tmp_path / "new" / "docs" / "performance.md").read_text(encoding="utf-8")
    assert "](https://github.com/acme/broadcasts/blob/main/benchmarks/floor.py)" in page
    assert "](benchmarks.md)" in page
    assert "floor.py](" not in (site / "docs" / "performance.md").read_text(encoding="utf-8")


def small_repository(folder: Path, readme: str) -> Path:
    """A repository with every page that the site has from outside docs/, each empty but the README."""
    for name in ("benchmarks", "docs/deeper"):
        (folder / name).mkdir(parents=True)
    for name in BESIDE:
        (folder / name).touch()
    (folder / "README.md").write_text(readme, encoding="utf-8")
    (folder / "docs" / "deeper" / "page.md").touch()
    (folder / "zensical.toml").write_text('nav = [\n  "*.md",\n  "deeper/*.md",\n]\n', encoding="utf-8")
    return folder


@pytest.mark.parametrize("repository", ["", "acme/broadcasts"])
@pytest.mark.parametrize(
    "link",
    [
        "[a](docs/gone.md)",
        "[a](gone.py#L3)",
        "![a](docs/gone.png)",
        '<img src="gone.svg">',
        "[a](docs/gone/)",
        "[a](..)",
    ],
)
def test_a_link_to_a_path_that_exists_nowhere_prepares_no_site(tmp_path: Path, link: str, repository: str) -> None:
    root = small_repository(tmp_path / "repository", f"One {link} link.\n")
    with pytest.raises(NotPrepared, match=r"README\.md links to (docs/)?gone|README\.md links to \.\."):
        prepare(root, tmp_path / "new", repository)


def test_a_link_to_a_folder_and_to_a_file_beside_the_pages_prepares_a_site(tmp_path: Path) -> None:
    root = small_repository(
        tmp_path / "repository", "[a](docs/deeper/page.md#x) [b](docs/deeper/) [c](zensical.toml)\n"
    )
    prepare(root, tmp_path / "new", "acme/broadcasts")
    at = "https://github.com/acme/broadcasts/blob/main"
    page = (tmp_path / "new" / "docs" / "index.md").read_text(encoding="utf-8")
    assert page == f"[a](deeper/page.md#x) [b]({at}/docs/deeper) [c]({at}/zensical.toml)\n"


def test_the_settings_load_no_font_and_no_analytics() -> None:
    project = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]
    assert project["theme"]["font"] is False
    # With `repo_url`, the theme lets each reader's browser ask GitHub for the stars of the repository.
    assert not {"repo_url", "extra_javascript", "extra_css", "extra", "plugins"} & project.keys()


def test_the_site_is_published_from_main_only_and_where_the_repository_wants_it() -> None:
    workflow = load(ROOT / ".github" / "workflows" / "pages.yml")
    assert workflow["on"].keys() == {"push", "workflow_dispatch"}
    assert workflow["on"]["push"] == {"branches": ["main"]}
    build, publish = workflow["jobs"]["build"], workflow["jobs"]["publish"]
    assert build["if"] == "${{ vars.PUBLISH_DOCS == 'true' && github.ref == 'refs/heads/main' }}"
    assert (build["permissions"], "environment" in build) == ({"contents": "read"}, False)
    assert publish["permissions"] == {"id-token": "write", "pages": "write"}
    assert (publish["needs"], [step["uses"].partition("@")[0] for step in publish["steps"]]) == (
        "build",
        ["actions/deploy-pages"],
    )


def test_patterns_become_the_pages_that_match_and_groups_without_pages_are_left_out() -> None:
    filled = tomllib.loads(navigation(NAV, ["index.md", "more/2.md", "more/10.md", "x.md"]))
    assert filled == {"a": 1, "nav": ["index.md", {"More": ["x.md", "more/2.md", "more/10.md"]}], "b": 2}


def test_a_star_takes_no_page_that_stands_elsewhere_by_its_name() -> None:
    filled = tomllib.loads(navigation(NAV, ["index.md", "new.md", "x.md"]))
    assert filled["nav"] == ["index.md", {"Later": ["new.md"]}, {"More": ["x.md"]}]


def test_a_page_outside_the_navigation_is_an_error_that_names_it() -> None:
    with pytest.raises(NotPrepared, match=r"does not have lost/x\.md, more/deep/y\.md\."):
        navigation(NAV, ["index.md", "lost/x.md", "more/deep/y.md"])


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<a href="https://elsewhere.org/">x</a><link rel="canonical" href="https://here.org/">', ""),
        ("<code>\n- no list\n</code>", ""),
        ('<script src="https://elsewhere.org/x.js"></script>', "loads https://elsewhere.org/x.js"),
        ('<img src="//elsewhere.org/x.png">', "loads //elsewhere.org/x.png"),
        ('<link rel="stylesheet" href="https://fonts.org/x.css">', "loads https://fonts.org/x.css"),
        ("<p>a\n- b</p>", "shows Markdown as text: '- b'"),
        ("<p>\n| a | b |\n</p>", "shows Markdown as text"),
        ('<a href="page.html#x">x</a><a href="#x">x</a><a href="?q">x</a><a href="/">x</a>', ""),
        ('<img src="gone.png">', "names gone.png, which is not there"),
        ('<a href="../gone/">x</a>', "names ../gone/, which is not there"),
    ],
)
def test_a_built_page_that_loads_from_elsewhere_or_was_misread_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], body: str, fault: str
) -> None:
    (tmp_path / "page.html").write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    found = list(faults(tmp_path))
    assert [fault in one for one in found] == ([True] if fault else [])
    assert main(["built", str(tmp_path)]) == bool(fault)
    assert ("page.html" in capsys.readouterr().err) == bool(fault)
