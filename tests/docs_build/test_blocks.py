"""The shell blocks of each page run as they stand, in order, in a folder of their own; calls of the program parse."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs_build.blocks import REASONS, faults, misunderstood, reason, runs, script
from docs_build.markdown import blocks, pages
from invent_gitops.sandbox.server import serve
from invent_gitops.sandbox.service import Sandbox
from tests.forked import PATIENCE, SHELL, address
from tests.running import KEY, ROOT

PAGES = [page for page in pages(ROOT) if "reference" not in page.parts and page.name != "CHANGELOG.md"]
SHELLS = ("bash", "shell", "zsh", "cmd", "powershell", "shell-session")


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The variables of a machine of its own: an empty home, the program on the path, an Invent, no other network."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Ana\n\temail = ana@example.com\n[init]\n\tdefaultBranch = main\n", encoding="utf-8"
    )
    programs = tmp_path / "programs"
    programs.mkdir()
    program = programs / "invent-gitops"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{SHELL}" "{address()}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    with serve(Sandbox()) as server:
        kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT") if name in os.environ}
        nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9")
        yield {
            **kept,
            **nowhere,
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
            "HOME": str(home),
            "PATH": os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]]),
            "INVENT_BASE_URL": server.url,
            "INVENT_API_KEY": KEY,
            "PIP_NO_INDEX": "1",
        }


def folder_for(page: Path, work: Path) -> Path:
    """Where the script of a page runs: an empty folder; for a page of the examples, its own in a copy of them."""
    work.mkdir()
    if page.parts[0] == "examples":
        left = shutil.ignore_patterns(".invent-sandbox", "invent.sandbox*", "invent.state*")
        shutil.copytree(ROOT / "examples", work / "examples", ignore=left)
        return work / page.parent if len(page.parts) > 2 else work
    return work


def run(text: str, folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c", text],
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("page", [page for page in PAGES if script(page.read_text("utf-8"))], ids=name)
def test_the_blocks_of_a_page_run_in_order(page: Path, tmp_path: Path, world: dict[str, str]) -> None:
    text = script(page.read_text(encoding="utf-8"))
    done = run(f"set -x\n{text}", folder_for(page.relative_to(ROOT), tmp_path / "work"), world)
    assert done.returncode == 0, f"{name(page)} ends with {done.returncode}:\n{done.stdout}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_call_of_the_program_on_a_page_is_one_that_it_understands(page: Path) -> None:
    assert list(faults(page.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_block_of_a_shell_is_marked_as_one_that_runs_or_says_why_it_does_not(page: Path) -> None:
    for block in blocks(page.read_text(encoding="utf-8")):
        where = f"{name(page)}:{block.line}"
        why = reason(block)
        assert why is None or why.startswith(REASONS), f"{where}: a reason begins with one of {', '.join(REASONS)}"
        assert why is None or block.language in ("sh", "yaml", "json"), f"{where}: only what would run needs a reason"
        assert block.language not in SHELLS, f"{where}: write sh for what runs, and console for what is shown"
        shown = block.text.startswith("$ ")
        assert not shown or block.language in ("sh", "console"), f"{where}: write sh or console"
        assert block.language != "console" or re.search(r"^\$ ", block.text, re.MULTILINE), f"{where}: no `$ ` in it"
        assert not runs(block) or not re.search(r"^\$ ", block.text, re.MULTILINE), f"{where}: a `$ ` would not run"


# ---------------------------------------------------------------- the machinery itself


PAGE = """\
```yaml
# broadcasts/spring.yaml
name: Spring
```

```console
$ invent-gitops plan
```

```sh
cat broadcasts/spring.yaml > copy
```

<!-- not run: needs the network -->
<!-- another marker -->
```sh
exit 3
```

<!-- test command -->
```sh
exit 4
```

```json
# settings/x.json
{"a": 1}
```

```sh
cat settings/x.json >> copy
cd broadcasts
```

```sh
[ "$(basename "$PWD")" = broadcasts ]
```
"""


def test_a_page_is_one_script_of_its_files_and_of_what_runs(tmp_path: Path, world: dict[str, str]) -> None:
    done = run(script(PAGE), folder_for(Path("page.md"), tmp_path / "work"), world)
    assert (done.returncode, done.stdout) == (0, "")
    written = (tmp_path / "work" / "copy").read_text(encoding="utf-8")
    assert written == '# broadcasts/spring.yaml\nname: Spring\n{"a": 1}\n'


def test_a_page_on_which_nothing_runs_has_no_script() -> None:
    assert script(PAGE.replace("```sh", "```text")) == ""


def test_a_block_that_fails_ends_its_page(tmp_path: Path, world: dict[str, str]) -> None:
    done = run(
        script("```sh\nfalse\n```\n\n```sh\necho on\n```\n"), folder_for(Path("page.md"), tmp_path / "work"), world
    )
    assert (done.returncode, done.stdout) == (1, "")


def test_the_world_of_a_page_has_the_program_and_an_invent_and_no_network(
    tmp_path: Path, world: dict[str, str]
) -> None:
    text = "git config user.name && invent-gitops --version && ! pip download --quiet wheel 2> /dev/null"
    done = run(text, folder_for(Path("page.md"), tmp_path / "work"), world)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("Ana\ninvent-gitops ")
    check = "mkdir n && cd n && invent-gitops init > /dev/null && invent-gitops segments pull && invent-gitops status"
    asked = run(check, folder_for(Path("page.md"), tmp_path / "other"), world)
    assert asked.returncode == 0, asked.stdout


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`invent-gitops plan --refresh`", ""),
        ("`invent-gitops plan --refesh`", "No such option '--refesh'"),
        ("`invent-gitops state mv OLD NEW` and `invent-gitops state …`", ""),
        ("`invent-gitops COMMAND --help`", ""),
        ("`invent-gitops state move a b`", "There is no command move"),
        ("`invent-gitops plan --color sometimes`", "sometimes"),
        ("`invent-gitops apply --plan`", "requires an argument"),
        ("```sh\nX=1 invent-gitops plan --out p.json | jq . && invent-gitops aply\n```", "There is no command aply"),
        ("```sh\n.venv/bin/invent-gitops \\\n  plan --sandbx\n```", "No such option '--sandbx'"),
        ("```console\n$ invent-gitops plan --nope\nError: No such option '--nope'.\n```", ""),
        ("```console\n$ invent-gitops plan --nope\nanything else\n```", "No such option '--nope'"),
        ("```console\n$ ls\ninvent-gitops is no call in an output --nope\n```", ""),
        ("```yaml\n# `invent-gitops plan --nope`\n```", ""),
    ],
)
def test_a_call_that_the_program_does_not_understand_is_named(text: str, expected: str) -> None:
    found = list(faults(text))
    assert bool(found) == bool(expected), found
    assert all(expected in one for one in found)


def test_every_word_of_a_call_is_looked_at_as_far_as_the_program_looks() -> None:
    assert misunderstood(["plan", "--only", "a", "--only", "b", "x"]) == ""
    assert misunderstood(["plan", "--", "--not-an-option"]) == ""
