"""What PyPI shows: links that lead somewhere, and metadata that names the repository by itself."""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
import zipfile
from email.message import Message
from pathlib import Path

import pytest

from invent_gitops import __version__
from tests.branch_repository import git
from tests.pages import FENCED, pages
from tests.running import ROOT
from tests.test_release import built, source

ADDRESS, COMMIT = "https://github.com/acme/invent-gitops", "0123456789abcdef0123456789abcdef01234567"
SCRIPT = ROOT / ".ci" / "tools" / "published.py"
RELATIVE = re.compile(r"\]\((?!https://)[^)]*\)")


def publish(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(folder), *words], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def metadata(tmp_path_factory: pytest.TempPathFactory) -> Message:
    """The metadata of the wheel of a release."""
    folder = source(tmp_path_factory.mktemp("published"), 0, 0o644)
    done = publish(folder, ADDRESS, COMMIT)
    assert done.returncode == 0, done.stderr
    (wheel,) = [data for name, data in built(folder, {}, 0o022).items() if name.endswith(".whl")]
    path = folder / "wheel.whl"
    path.write_bytes(wheel)
    with zipfile.ZipFile(path) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("/METADATA")]
        return email.message_from_bytes(archive.read(name))


def test_every_link_and_picture_of_the_page_on_pypi_is_a_whole_address_of_the_released_commit(
    metadata: Message,
) -> None:
    page = str(metadata.get_payload())
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert RELATIVE.findall(page) == []
    count = len(re.findall(r"\]\([^)]*\)", readme))
    assert len(re.findall(r"\]\(https://[^)\s]+\)", page)) == count
    assert f"{ADDRESS}/raw/{COMMIT}/docs/images/comment.png" in page
    assert f"{ADDRESS}/blob/{COMMIT}/README.md#change-or-cancel-a-send" in page


def test_each_address_on_pypi_leads_to_a_file_of_the_repository(metadata: Message) -> None:
    page = str(metadata.get_payload())
    named = re.findall(rf"{re.escape(ADDRESS)}/(?:raw|blob|tree)/{COMMIT}/([^)#]+)", page)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {path for path in named if f"({path}" not in readme and path != "README.md"} == set()


def test_the_metadata_says_whose_it_is_for_whom_and_where_things_are(metadata: Message) -> None:
    urls = dict(entry.split(", ") for entry in metadata.get_all("Project-URL", []))
    assert urls.keys() == {"Homepage", "Documentation", "Source", "Issues", "Changelog"}
    assert urls["Source"] == f"{ADDRESS}/tree/{COMMIT}"
    assert all(url.startswith(ADDRESS) for url in urls.values())
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Description-Content-Type"] == "text/markdown"
    classifiers = metadata.get_all("Classifier", [])
    assert {"Environment :: Console", "Typing :: Typed", "Programming Language :: Python :: 3.11"} <= set(classifiers)
    assert all("OWNER" not in value for value in metadata.values())


def test_what_is_shown_as_code_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(
        "[a](b.md)\n```md\n[a](b.md)\n```\n[![x](y.png)](#z) [c](d/)\n", encoding="utf-8"
    )
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    assert publish(tmp_path, ADDRESS).returncode == 0
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == (
        f"[a]({ADDRESS}/blob/HEAD/b.md)\n```md\n[a](b.md)\n```\n"
        f"[![x]({ADDRESS}/raw/HEAD/y.png)]({ADDRESS}/blob/HEAD/README.md#z) [c]({ADDRESS}/tree/HEAD/d)\n"
    )


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("acme/invent-gitops",), "not the address of a repository"),
        (("http://github.com/acme/invent-gitops",), "not the address of a repository"),
        (('https://github.com/acme/x"\n',), "not the address of a repository"),
        (("https://github.com/OWNER/invent-gitops",), "has the placeholder OWNER"),
        (("https://github.com/NAME/invent-gitops",), "has the placeholder NAME"),
        (("https://github.com/acme/REPOSITORY/",), "has the placeholder REPOSITORY"),
        ((ADDRESS, "main"), "not a commit"),
    ],
)
def test_what_is_no_address_or_no_commit_writes_nothing(tmp_path: Path, words: tuple[str, ...], fault: str) -> None:
    for name in ("README.md", "pyproject.toml"):
        (tmp_path / name).write_text("[a](b.md)\n", encoding="utf-8")
    done = publish(tmp_path, *words)
    assert (done.returncode, fault in done.stderr) == (1, True)
    assert {path.read_text(encoding="utf-8") for path in tmp_path.iterdir()} == {"[a](b.md)\n"}


def test_a_release_whose_repository_nobody_knows_is_refused(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    (clone / ".ci").mkdir(parents=True)
    (clone / "invent_gitops").mkdir()
    for name in (".ci/build", "invent_gitops/__init__.py"):
        (clone / name).write_bytes((ROOT / name).read_bytes())
    (clone / "CHANGELOG.md").write_text(f"## [{__version__}]\n", encoding="utf-8")
    git(clone, "init", "--quiet")
    for remote in ("", "/srv/git/invent-gitops.git"):
        if remote:
            git(clone, "remote", "add", "origin", remote)
        done = subprocess.run(
            ["bash", str(clone / ".ci" / "build"), str(tmp_path / "out"), f"v{__version__}"],
            env={name: value for name, value in os.environ.items() if name != "REPOSITORY"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, "Set REPOSITORY=https://" in done.stderr) == (1, True)


@pytest.mark.parametrize("owner", ["OWNER", "NAME"])
def test_a_build_whose_repository_is_a_placeholder_is_refused(tmp_path: Path, owner: str) -> None:
    done = subprocess.run(
        ["bash", str(ROOT / ".ci" / "build"), str(tmp_path / "out")],
        env={**os.environ, "REPOSITORY": f"https://github.com/{owner}/invent-gitops"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, f"has the placeholder {owner}" in done.stderr) == (1, True)
    assert [*(tmp_path / "out").iterdir()] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_whoever_is_to_replace_a_name_in_a_block_is_told_right_before_it(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for match in FENCED.finditer(text):
        if re.search(r"\bOWNER\b", match[0]):
            before = re.sub(r"<!--.*?-->", "", text[: match.start()], flags=re.DOTALL)
            paragraph = before.rstrip().rpartition("\n\n")[2]
            assert "`OWNER` is" in paragraph, match[0]
