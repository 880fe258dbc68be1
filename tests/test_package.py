"""The package as people get it, the locked versions and the set-up, and the shut world of the tests themselves."""

from __future__ import annotations

import importlib.metadata
import os
import re
import socket
import subprocess
import sys
import tarfile
import tomllib
import urllib.request
import zipfile
from collections.abc import Callable
from email.parser import BytesParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import invent_gitops
from tests.forked import PATIENCE
from tests.test_release import uses

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
BEYOND = "192.0.2.1"  # reserved for documentation: nobody is there

# ---------------------------------------------------------------- what is built


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source archive, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def wheel(dist: Path) -> dict[str, bytes]:
    """The files of the wheel by name."""
    [path] = dist.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


# What a try in the sandbox leaves in the examples, as the README has people do it before they run the tests.
TRIED = ("invent.sandbox", "invent.state")
TRIED_IN = ".invent-sandbox"


def tree(folder: str) -> dict[str, bytes]:
    """The files below a folder of the repository by name, without caches and what a try has left."""
    paths = [path for path in (ROOT / folder).rglob("*") if path.is_file() and path.parent.name != "__pycache__"]
    kept = [path for path in paths if not path.name.startswith(TRIED) and TRIED_IN not in path.parts]
    return {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in kept}


def test_wheel_carries_every_schema(wheel: dict[str, bytes]) -> None:
    schemas = {f"invent_gitops/{name}": data for name, data in tree("schemas").items()}
    assert schemas
    assert {name: data for name, data in wheel.items() if name.startswith("invent_gitops/schemas/")} == schemas


def test_wheel_holds_the_typed_package_and_nothing_else(wheel: dict[str, bytes]) -> None:
    package = {name for name in wheel if ".dist-info/" not in name and "/schemas/" not in name}
    assert "invent_gitops/py.typed" in package
    assert package == set(tree("invent_gitops"))


def test_source_archive_can_be_tested(dist: Path) -> None:
    [path] = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"constraints.txt", "LICENSE", "README.md", "tests/conftest.py", "action.yml", "requirements.txt"} <= names
    assert {*tree("examples"), *tree("schema_parts"), *tree("schemas")} <= names
    tried = [name for name in names if Path(name).name.startswith(TRIED) or TRIED_IN in Path(name).parts]
    assert not tried, "nobody's try belongs to it"


# What the version of gh-action-pypi-publish that release.yml pins carries: twine 6.1.0 with packaging 25.0. Their check
# fails at metadata that is newer, before anything is published. Version 1.14.2 of the action accepts 2.5.
ACCEPTED_METADATA = {"v1.13.0": "2.4"}


def metadata_version(metadata: bytes) -> Version:
    return Version(BytesParser().parsebytes(metadata)["Metadata-Version"])


def test_the_publishing_action_accepts_the_metadata_of_both_archives(dist: Path, wheel: dict[str, bytes]) -> None:
    [pinned] = {version for name, version in uses() if name.startswith("pypa/gh-action-pypi-publish@")}
    assert pinned in ACCEPTED_METADATA, "look up which metadata the twine of this version accepts"
    [inside] = [content for name, content in wheel.items() if name.endswith(".dist-info/METADATA")]
    [path] = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        stream = archive.extractfile(f"{path.name.removesuffix('.tar.gz')}/PKG-INFO")
        assert stream is not None
        beside = stream.read()
    newest = Version(ACCEPTED_METADATA[pinned])
    assert (metadata_version(inside) <= newest, metadata_version(beside) <= newest) == (True, True)


def test_versions_agree() -> None:
    assert importlib.metadata.version("invent-gitops") == invent_gitops.__version__


@pytest.mark.parametrize("command", [["-m", "invent_gitops"], [str(Path(sys.executable).with_name("invent-gitops"))]])
def test_version_is_printed_by_the_module_and_by_the_console_script(command: list[str], tmp_path: Path) -> None:
    full = [sys.executable, *command] if command[0] == "-m" else command
    done = subprocess.run([*full, "--version"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert invent_gitops.__version__ in done.stdout


# ---------------------------------------------------------------- the locked versions and the set-up


def locked() -> list[str]:
    """The requirements in constraints.txt, each as one line."""
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]


def test_locked_file_names_no_package_index_and_no_place_on_a_machine() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert not re.findall(r"\w+://|file:|^\s*-|\s@\s|/(?:home|root|tmp|Users)/", text.replace("    --hash", ""), re.M)


def test_each_locked_requirement_has_an_exact_version_and_a_hash() -> None:
    for line in locked():
        assert re.fullmatch(r"[a-z0-9-]+==[^ ;]+( ; [^\\]+?)?\s+(--hash=sha256:[0-9a-f]{64}\s*)+", line), line


def test_locked_file_serves_what_pyproject_asks_for() -> None:
    versions = dict(line.split()[0].split("==") for line in locked())
    groups = PYPROJECT["dependency-groups"]
    asked = PYPROJECT["project"]["dependencies"] + groups["build"]
    asked += [one for one in groups["dev"] if one != {"include-group": "build"}]
    for requirement in map(Requirement, asked + PYPROJECT["build-system"]["requires"]):
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is not locked. Regenerate constraints.txt."
        assert version in requirement.specifier, f"{requirement}: {version}. Regenerate constraints.txt."


def test_contributing_sets_up_as_the_readme_does() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    marked = re.search(r"^<!-- test command -->\n+```\w*\n(.+)\n```$", readme, re.M)
    assert marked, "README.md must hold the test command as one line, in a fenced block after its marker."
    assert marked[1] in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()


# ---------------------------------------------------------------- the shut world of the tests


@pytest.mark.parametrize(
    "reach",
    [
        lambda tcp, _: tcp.connect((BEYOND, 80)),
        lambda tcp, _: tcp.connect_ex((BEYOND, 80)),
        lambda _, udp: udp.sendto(b"", (BEYOND, 53)),
        lambda *_: socket.create_connection((BEYOND, 80)),
        lambda *_: socket.create_connection(("example.com", 80)),
        lambda *_: urllib.request.urlopen(f"http://{BEYOND}/"),
        lambda *_: urllib.request.urlopen("http://example.com/"),
    ],
    ids=["connect", "connect_ex", "sendto", "address", "name", "http address", "http name"],
)
def test_network_beyond_loopback_is_refused(reach: Callable[[socket.socket, socket.socket], object]) -> None:
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.settimeout(1)
        with pytest.raises(AssertionError, match=r"Only loopback is open|tried to look up"):
            reach(tcp, udp)


def test_refused_connection_leaves_the_socket_unused() -> None:
    with socket.socket() as tcp:
        with pytest.raises(AssertionError):
            tcp.connect((BEYOND, 80))
        with pytest.raises(OSError, match=r"not connected|Socket is not"):
            tcp.getpeername()
        assert tcp.getsockname()[1] == 0


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        for host in ("127.0.0.1", "localhost"):
            with socket.create_connection((host, server.getsockname()[1]), timeout=PATIENCE) as client:
                assert client.getpeername() == server.getsockname()


def test_name_that_never_resolves_fails_like_one() -> None:
    with pytest.raises(socket.gaierror):
        socket.create_connection(("invent.invalid", 443))


def test_home_and_its_folders_are_temporary(shut_environment: Path) -> None:
    assert Path.home() == shut_environment
    assert {Path(value).parent for name, value in os.environ.items() if name.startswith("XDG_")} == {shut_environment}


def test_no_setting_reaches_the_tests_from_outside() -> None:
    assert not [name for name in os.environ if name.startswith(("INVENT_", "GITHUB_", "RUNNER_"))]


def test_git_commits_under_the_test_identity(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "first")
    assert git("log", "-1", "--format=%an <%ae> %D") == "Test Author <author@example.test> HEAD -> main"
