"""The recipes of CONTRIBUTING.md name files that exist, and each counts them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CHAPTER = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("\n## Recipes\n")[2].partition("\n## ")[0]
RECIPES = dict(re.findall(r"^### (.*?): .*\n((?:.|\n)*?)(?=^### |\Z)", CHAPTER, re.MULTILINE))
COUNTS = {name: int(count) for name, count in re.findall(r"^### (.*?): .*?(\d+) files?\b", CHAPTER, re.MULTILINE)}
# What a recipe stands for is written in capitals: commands/NAME.py.
PLACEHOLDER = re.compile(r"/[A-Z]{4,}\b")


def paths_in(text: str) -> list[str]:
    """The files and folders between backticks, relative to the root."""
    quoted = re.findall(r"`([^`\s]+)`", text)
    return [path for path in quoted if "/" in path or path.endswith(".md")]


def test_seven_recipes_are_counted() -> None:
    assert list(RECIPES) == [
        "A new command",
        "A policy",
        "An output format",
        "A route of Invent's API",
        "A field of a broadcast",
        "A place for the state",
        "A message",
    ]


@pytest.mark.parametrize("recipe", RECIPES)
def test_files_that_a_recipe_names_exist(recipe: str) -> None:
    paths = paths_in(RECIPES[recipe])
    assert paths
    # Of a file that is new, the folder is there.
    missing = [path for path in paths if not (ROOT / PLACEHOLDER.split(path)[0]).exists()]
    assert not missing, f"{recipe} names what does not exist: {missing}"


@pytest.mark.parametrize("recipe", COUNTS)
def test_recipe_names_as_many_files_as_its_title_counts(recipe: str) -> None:
    steps = re.findall(r"^\d\. (?:.|\n   )*", RECIPES[recipe], re.MULTILINE)
    named = [path for step in steps for path in paths_in(step) if re.search(r"\.(py|json)$", path)]
    assert len(named) == COUNTS[recipe], named


def test_missing_file_and_new_file_are_told_apart() -> None:
    assert paths_in("Edit `a/b.py`, `README.md` and `Result`.") == ["a/b.py", "README.md"]
    assert PLACEHOLDER.split("invent_gitops/state/NAME.py")[0] == "invent_gitops/state"
    assert PLACEHOLDER.split("invent_gitops/state/file.py")[0] == "invent_gitops/state/file.py"
