"""Shuts the world for every test: no network but loopback, no home directory, no settings from outside."""

from __future__ import annotations

import gc
import ipaddress
import os
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from invent_gitops.git import repository as git
from invent_gitops.state import branch, remote
from tests import progress
from tests.careful import fast_paths

# Variables that would reach into the program, into git or into httpx from the machine that runs the tests.
FOREIGN_PREFIXES = ("ACTIONS_", "GIT_", "GITHUB_", "INVENT_", "RUNNER_", "XDG_")
FOREIGN_NAMES = {"CI", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "EMAIL", "FORCE_COLOR", "LINES", "NO_COLOR"}
PROXIES = {"ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"}

# A file system in memory, where the machine has one, and how many bytes of it have to be free.
MEMORY, ROOM = Path("/dev/shm"), 2 * 1024**3

GIT_CONFIG = """\
[core]
    fsync = none
[user]
    name = Test Author
    email = author@example.test
[init]
    defaultBranch = main
    templateDir = {empty}
[commit]
    gpgSign = false
[gc]
    auto = 0
[maintenance]
    auto = false
"""

# The same examples in every run, and none kept on disk. To search further: pytest --hypothesis-profile=search
hypothesis.settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
hypothesis.settings.register_profile("search", max_examples=2_000, database=None, deadline=None)
hypothesis.settings.load_profile("repeatable")


# A shell ignores Ctrl-C for what it starts in the background, and every child inherits that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--careful", action="store_true", help="let no fast path of the program decide anything")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--careful"):
        fast_paths.install()
    if progress.is_whole(config):
        config.pluginmanager.register(progress.Progress(config), "progress-of-the-suite")
    if not (hasattr(config, "workerinput") or config.option.basetemp or "TMPDIR" in os.environ) and has_memory():
        _use_memory(config)


def has_memory() -> bool:
    """Whether a file system in memory has room for the folders of the tests, and runs the scripts in them."""
    if not (MEMORY.is_dir() and os.access(MEMORY, os.W_OK)):
        return False
    state = os.statvfs(MEMORY)
    return state.f_bavail * state.f_frsize > ROOM and not state.f_flag & os.ST_NOEXEC


def _use_memory(config: pytest.Config) -> None:
    """Put every temporary folder of this run, and of what it starts, there: a disk takes four times as long."""
    # One for all runs of a user, since pytest then takes away what failed in all but the latest ones.
    folder = MEMORY / f"tests-of-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        return
    os.environ["TMPDIR"], before = str(folder), tempfile.tempdir
    tempfile.tempdir = None

    def put_back() -> None:
        os.environ.pop("TMPDIR", None)
        tempfile.tempdir = before

    config.add_cleanup(put_back)


def pytest_report_header() -> str | None:
    return "careful: no fast path of the program decides anything" if fast_paths.is_on() else None


def pytest_xdist_auto_num_workers() -> int:
    """Two for each core, since most tests wait for processes, pushes and pauses."""
    return min(2 * progress.cores(), 16)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what lives for the whole run: thousands of tests, and the modules they are in."""
    gc.collect()
    gc.freeze()


class NetworkRefused(AssertionError):
    """A test reached for the network. Not an OSError, so that nothing takes it for an ordinary failed connection."""


def is_foreign(name: str) -> bool:
    return name.startswith(FOREIGN_PREFIXES) or name in FOREIGN_NAMES or name.upper() in PROXIES


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What asks a remote again waits no seconds for it in this process; how often it asks stays as it is."""
    for module in (branch, git, remote):
        monkeypatch.setattr(module, "PAUSES", tuple(pause / 20 for pause in module.PAUSES))


@pytest.fixture(scope="session", autouse=True)
def shut_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty home, a git with an identity of its own, and none of the caller's settings. `TZ` is left alone."""
    home = tmp_path_factory.mktemp("home")
    (home / "empty").mkdir()
    (home / "gitconfig").write_text(GIT_CONFIG.format(empty=home / "empty"), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if is_foreign(name)]:
            patch.delenv(name)
        for name, folder in {
            "HOME": "",
            "USERPROFILE": "",
            "XDG_CACHE_HOME": "cache",
            "XDG_CONFIG_HOME": "config",
            "XDG_DATA_HOME": "data",
            "XDG_STATE_HOME": "state",
        }.items():
            patch.setenv(name, str(home / folder))
        patch.setenv("GIT_CONFIG_GLOBAL", str(home / "gitconfig"))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("GIT_TERMINAL_PROMPT", "0")
        yield home


def is_loopback(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
    """`socket.connect` and its kin, whose last argument is the address."""

    def call(self: socket.socket, *args: Any) -> Any:
        address = args[-1]
        if self.family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(address[0]):
            raise NetworkRefused(f"A test tried to reach {address[0]}. Only loopback is open; serve it on 127.0.0.1.")
        return real(self, *args)

    return call


def guarded_lookup(real: Callable[..., Any]) -> Callable[..., Any]:
    """`socket.getaddrinfo`, which asks a name server for anything that is no address."""

    def call(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if isinstance(name, str) and name.endswith(".invalid"):  # never resolves, says RFC 6761
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if not is_loopback(name):
            raise NetworkRefused(f"A test tried to look up {name}. Use 127.0.0.1, or a name below .invalid.")
        return real(host, *args, **kwargs)

    return call


@pytest.fixture(scope="session", autouse=True)
def shut_network() -> Iterator[None]:
    """Refuses every connection, datagram and look-up beyond loopback in this process, before anything is sent."""
    with pytest.MonkeyPatch.context() as patch:
        for method in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, method, guarded(getattr(socket.socket, method)))
        patch.setattr(socket, "getaddrinfo", guarded_lookup(socket.getaddrinfo))
        yield
