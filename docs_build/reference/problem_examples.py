"""An example of each rule of `validate`: a file that breaks it, and what the program says of it."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from invent_gitops.load import read_definitions, read_document
from invent_gitops.model.broadcast import Catalogue, Segment
from invent_gitops.model.problem import Problem
from invent_gitops.model.project import Project
from invent_gitops.render.text.problems import problems_text
from invent_gitops.render.text.style import Style
from invent_gitops.schemas import read_schema
from invent_gitops.validate import validate_catalogue, validate_definitions, validate_project

_CORPUS = Path(__file__).resolve().parents[2] / "tests" / "definitions"
_FILE = "broadcasts/spring.yaml"
_GOOD = "name: Spring sale\nschedule: 2029-03-01T09:00:00Z\nsegments: [newsletter]\n"
_CATALOGUE = Catalogue(
    {
        "vip-customers": Segment("vip-customers", "seg_vip", 1200),
        "vip-clients": Segment("vip-clients", "seg_vip"),
        "newsletter": Segment("newsletter", "seg_news", 40_000, ("readers",)),
    },
    {"testers": (Segment("testers", "seg_t1", 12, ("beta",)), Segment("testers", "seg_t2", None, ("beta",)))},
)
# A longer file is not shown: its rule is about its length.
_LONGEST = 24


class Example(NamedTuple):
    """What the file is, its text ("" if that shows nothing), and what `validate` says."""

    file: str
    text: str
    output: str


def example_of(rule: str) -> Example:
    """Return the example of a rule. Raises LookupError if nothing here breaks it."""
    if rule in _MADE:
        with tempfile.TemporaryDirectory() as name:
            root = Path(name).resolve()
            (root / "broadcasts").mkdir()
            about = _MADE[rule](root / "broadcasts")
            return Example(about, "", _said(rule, _of_definitions(root)))
    path, folder = _breaking(rule)
    text = path.read_text(encoding="utf-8")
    file, problems = _read(path, folder)
    plain = text.isprintable() or all(sign.isprintable() or sign == "\n" for sign in text)
    shown = text if plain and text.count("\n") <= _LONGEST and max(map(len, text.split("\n"))) <= 120 else ""
    return Example(file, shown, _said(rule, problems))


def _breaking(rule: str) -> tuple[Path, str]:
    """Return the shortest file that breaks a rule, one that is named after it if there is one, and its folder."""
    others = sorted(
        (path.name.partition(".")[0] != rule, len(path.read_bytes()), path)
        for path, rules in _corpus().items()
        if rule in rules
    )
    if not others:
        raise LookupError(f"Nothing breaks {rule}. Add a file to {_CORPUS}, or a row to {Path(__file__).name}.")
    path = others[0][-1]
    return path, path.parent.name


@cache
def _corpus() -> dict[Path, frozenset[str]]:
    found = {}
    for folder in ("invalid", "project", "segments"):
        for path in sorted((_CORPUS / folder).glob("*.yaml")):
            said = path.with_suffix(".txt").read_text(encoding="utf-8")
            found[path] = frozenset(re.findall(r"^\S+ ([a-z0-9-]+)$", said, re.MULTILINE))
    return found


def _read(path: Path, folder: str) -> tuple[str, Sequence[Problem]]:
    if folder == "invalid":
        with tempfile.TemporaryDirectory() as name:
            root = Path(name).resolve()
            (root / "broadcasts").mkdir()
            shutil.copyfile(path, root / _FILE)
            return _FILE, _of_definitions(root)
    file = "invent.yaml" if folder == "project" else "segments.yaml"
    document, unread = read_document(path, file)
    assert document is not None
    problems = (
        validate_project(document, read_schema("project"), file)[1]
        if folder == "project"
        else validate_catalogue(document, read_schema("segments"))[1]
    )
    return file, sorted([*unread, *problems])


def _of_definitions(root: Path) -> list[Problem]:
    documents, unread = read_definitions(root / "broadcasts", root=root)
    _, problems = validate_definitions(
        documents, schema=read_schema("broadcast"), project=Project(), catalogue=_CATALOGUE
    )
    return sorted([*unread, *problems])


def _said(rule: str, problems: Sequence[Problem]) -> str:
    """Return what `validate` prints of the first problem of that rule, without its last line, the count."""
    first = next(problem for problem in problems if problem.rule == rule)
    return problems_text([first], Style(False)).rpartition("\n\n")[0]


# ---------------------------------------------------------------- what no file that git keeps can show


def _hard_link(folder: Path) -> str:
    (folder.parent / "elsewhere.yaml").write_text(_GOOD, encoding="utf-8")
    os.link(folder.parent / "elsewhere.yaml", folder / "spring.yaml")
    return "A file that has a second name in another folder."


def _odd_name(folder: Path) -> str:
    Path(os.fsdecode(os.fsencode(folder) + b"/fr\xfchling.yaml")).write_text(_GOOD, encoding="utf-8")
    return "A file whose name is not UTF-8."


def _not_read(folder: Path) -> str:
    (folder / "spring.yaml.txt").write_text(_GOOD, encoding="utf-8")
    return "A definition in a file with another ending."


def _latin_1(folder: Path) -> str:
    (folder / "spring.yaml").write_bytes(_GOOD.replace("Spring sale", "Frühling").encode("latin-1"))
    return "A file that an editor saved as Latin-1."


def _pipe(folder: Path) -> str:
    os.mkfifo(folder / "spring.yaml")
    return "A named pipe in the place of a file."


def _long_file(folder: Path) -> str:
    (folder / "spring.yaml").write_text(_GOOD + "# …\n" * 300_000, encoding="utf-8")
    return "A file of more than a megabyte."


def _dangling(folder: Path) -> str:
    (folder / "spring.yaml").symlink_to("gone.yaml")
    return "A symbolic link to a file that does not exist."


def _leading_out(folder: Path) -> str:
    (folder.parent / "elsewhere.yaml").write_text(_GOOD, encoding="utf-8")
    (folder / "spring.yaml").symlink_to("../elsewhere.yaml")
    return "A symbolic link to a file of another folder."


def _linked_folder(folder: Path) -> str:
    (folder / "eu").mkdir()
    (folder / "us").symlink_to("eu")
    return "A folder that is a symbolic link."


def _many_documents(folder: Path) -> str:
    (folder / "spring.yaml").write_text("---\n".join([_GOOD] * 10_001), encoding="utf-8")
    return "A file of far too many definitions."


def _repeated(folder: Path) -> str:
    text = "x" * 100_000
    (folder / "spring.yaml").write_text(
        f"name: &long {text}\nsegments: [{', '.join(['*long'] * 50)}]\n", encoding="utf-8"
    )
    return "A long text that aliases repeat."


_MADE: dict[str, Callable[[Path], str]] = {
    "file-hard-linked": _hard_link,
    "file-name": _odd_name,
    "file-not-read": _not_read,
    "file-not-utf8": _latin_1,
    "file-special": _pipe,
    "file-too-long": _long_file,
    "file-unreadable": _dangling,
    "symlink-leaves-folder": _leading_out,
    "symlinked-folder": _linked_folder,
    "too-many-documents": _many_documents,
    "yaml-too-long": _repeated,
}
