"""Plants a bare git repository among committed files: what a pull request can do to every git that runs beside it.

Files named HEAD, config, objects/ and refs/ make their folder a repository for git's own search, and git obeys its
config. `plant` writes such files, plain ones that any commit can carry, and `ran` says which commands of it were run.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.forked import PATIENCE

# By name, the lines of a config that make git run `{run}`. Those with a remote need a branch of it to be asked for.
ATTACKS = {
    "fsmonitor": '[core]\n\tfsmonitor = "{run}; false"\n',
    "ext": '[protocol "ext"]\n\tallow = always\n[remote "origin"]\n\turl = "ext::sh {script}"\n',
    "vcs": '[protocol "ext"]\n\tallow = always\n[remote "origin"]\n\tvcs = ext\n\turl = "sh {script}"\n',
    "ssh-command": '[core]\n\tsshCommand = "{run};"\n[remote "origin"]\n\turl = ssh://nobody.invalid/x.git\n',
    "git-proxy": '[core]\n\tgitProxy = "{script}"\n[remote "origin"]\n\turl = git://nobody.invalid/x.git\n',
    "upload-pack": '[remote "origin"]\n\turl = .\n\tuploadpack = "{run};"\n',
    "instead-of": (
        '[protocol "ext"]\n\tallow = always\n[remote "origin"]\n\turl = far:x\n'
        '[url "ext::sh {script} "]\n\tinsteadOf = "far:"\n'
    ),
    "include": "[include]\n\tpath = included\n",
    "clean-filter": '[filter "planted"]\n\tclean = "{run}; cat"\n',
    "promisor": (
        "[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tpartialClone = origin\n"
        '[remote "origin"]\n\tpromisor = true\n\turl = .\n\tuploadpack = "{run};"\n'
    ),
    "gpg-program": '[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = "{script}"\n[log]\n\tshowSignature = true\n',
}


def plant(folder: Path, marks: Path, *attacks: str, commondir: bool = False) -> Path:
    """Make `folder` a bare repository with a commit, an index and a config for each of `attacks`; returns its config.

    Each command that is run leaves a file in `marks`, a folder outside. With `commondir` the folder holds no objects/
    and no refs/ itself: its file of that name points to one beside it, which git follows as well. Nothing of it is
    named `.git`, and no folder is empty, so that `git add` takes all of it.
    """
    marks.mkdir(parents=True, exist_ok=True)
    home = folder / "planted" if commondir else folder
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        bare = Path(scratch) / "bare.git"
        _git(Path(scratch), "init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(bare))
        (Path(scratch) / "tree").mkdir()
        (Path(scratch) / "tree" / "decoy").write_text("", encoding="utf-8")
        words = (f"--git-dir={bare}", f"--work-tree={scratch}/tree")
        _git(Path(scratch), *words, "add", "--all")
        _git(Path(scratch), *words, "-c", "user.name=x", "-c", "user.email=x@example.test", "commit", "-qm", "Decoy")
        shutil.copytree(bare / "objects", home / "objects", dirs_exist_ok=True)
        shutil.copytree(bare / "refs", home / "refs", dirs_exist_ok=True)
        for name in ("HEAD", "index"):
            shutil.copy(bare / name, folder / name)
    for empty in [path for part in ("objects", "refs") for path in (home / part).rglob("*") if path.is_dir()]:
        (empty / ".keep").touch()
    if commondir:
        (folder / "commondir").write_text("planted\n", encoding="utf-8")
    (home / "info").mkdir(exist_ok=True)
    (home / "info" / "attributes").write_text("* filter=planted\n", encoding="utf-8")
    # The work tree is the folder with the project, as for a repository that somebody works in.
    config = home / "config"
    base = "[core]\n\trepositoryFormatVersion = 0\n\tbare = false\n\tworktree = .\n"
    config.write_text(base + "".join(_armed(name, home, marks) for name in attacks), encoding="utf-8")
    return config


def ran(marks: Path) -> list[str]:
    """The attacks whose command was run."""
    return sorted(path.name for path in marks.iterdir())


def _armed(attack: str, home: Path, marks: Path) -> str:
    """The lines of one attack, with the script beside them that some of them start."""
    script = home / f"{attack}.sh"
    script.write_text(f"#!/bin/sh\ntouch '{marks}/{attack}'\nexit 1\n", encoding="utf-8")
    script.chmod(0o755)
    if attack == "include":
        (home / "included").write_text(f'[core]\n\tfsmonitor = "touch {marks}/include; false"\n', encoding="utf-8")
    return ATTACKS[attack].replace("{run}", f"touch {marks}/{attack}").replace("{script}", str(script))


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, timeout=PATIENCE)
