"""The English of the help, the pages and the messages: short sentences, and none of the words on the ban list.

`python -m tests.test_english` prints each fault as "file:line: sentence: what to write". `--write` lowers the counts of
`english_allowance.json`, which holds how many faults each file still has: it only shrinks.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests.cli.test_help import ALL
from tests.english import (
    BANNED,
    LONGEST_SENTENCE,
    faults_of,
    labels_of,
    labels_of_workflow,
    messages_in,
    prose_of,
    sentences_in,
)

ROOT = Path(__file__).resolve().parent.parent
ALLOWANCE = Path(__file__).with_name("english_allowance.json")
# Written by scripts: the sentences in them are those of the program, which have tests of their own.
GENERATED = ("docs/reference/",)


def pages() -> list[Path]:
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(page for page in found if not page.relative_to(ROOT).as_posix().startswith(GENERATED))


def modules() -> list[Path]:
    return sorted((ROOT / "invent_gitops").rglob("*.py"))


def workflows() -> list[Path]:
    """The workflows that `init` writes."""
    return sorted((ROOT / "invent_gitops" / "scaffold").glob("*.yml"))


def faults_in_page(page: Path) -> Iterator[str]:
    text = page.read_text(encoding="utf-8")
    for part in (prose_of(text), *labels_of(text)):
        yield from faults_in(name_of(page), part)


def faults_in_workflow(workflow: Path) -> Iterator[str]:
    for part in labels_of_workflow(workflow.read_text(encoding="utf-8")):
        yield from faults_in(name_of(workflow), part)


def faults_in(name: str, text: str) -> Iterator[str]:
    for sentence in sentences_in(text):
        for fault in faults_of(sentence):
            yield f"{name}: {readable(sentence)}\n    {fault}"


def faults_in_module(module: Path) -> Iterator[str]:
    for line, text in messages_in(module.read_text(encoding="utf-8")):
        yield from faults_in(f"{name_of(module)}:{line}", text)


def readable(sentence: str) -> str:
    return sentence.replace("\x00", "▢")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def all_faults() -> dict[str, list[str]]:
    """The faults of each file that has some."""
    listed = {name_of(page): [*faults_in_page(page)] for page in pages()}
    listed |= {name_of(module): [*faults_in_module(module)] for module in modules()}
    listed |= {name_of(workflow): [*faults_in_workflow(workflow)] for workflow in workflows()}
    return {name: faults for name, faults in listed.items() if faults}


def allowance() -> dict[str, int]:
    return dict(json.loads(ALLOWANCE.read_text(encoding="utf-8")))


def check(name: str, faults: list[str]) -> None:
    allowed = allowance().get(name, 0)
    assert len(faults) <= allowed, "\n" + "\n".join(faults)
    assert len(faults) == allowed, f"{name} has {len(faults)} faults now: python -m tests.test_english --write"


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_a_page_is_written_in_short_and_plain_sentences(page: Path) -> None:
    check(name_of(page), [*faults_in_page(page)])


@pytest.mark.parametrize("module", modules(), ids=name_of)
def test_the_messages_of_a_module_are_short_and_plain_sentences(module: Path) -> None:
    check(name_of(module), [*faults_in_module(module)])


@pytest.mark.parametrize("workflow", workflows(), ids=name_of)
def test_the_comments_and_the_steps_of_a_workflow_are_short_and_plain_sentences(workflow: Path) -> None:
    check(name_of(workflow), [*faults_in_workflow(workflow)])


def test_the_allowance_names_only_files_that_exist() -> None:
    assert [name for name in allowance() if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("words", ALL)
def test_the_help_is_written_in_short_and_plain_sentences(words: str) -> None:
    command = ALL[words]
    options = [option.help or "" for option in command.params if isinstance(option, click.Option)]
    texts = [command.help or "", *(text.partition("  [")[0] for text in options)]
    faults = [
        f"{sentence}\n    {it}" for text in texts for sentence in sentences_in(text) for it in faults_of(sentence)
    ]
    assert not faults, "\n".join(faults)
    assert all(text.strip().endswith(".") for text in texts if not text.strip().endswith("3d")), texts


# ---------------------------------------------------------------- the rules themselves

BAD = {
    "What is recorded is never created again.": "What",
    "Whoever reads this is warned.": "Whoever",
    "The key is to be removed.": "is to be",
    "p.json is no JSON.": "is no ",
    "There is none here.": "There is none",
    "It goes on all the same.": "all the same",
    "It is kept for ever.": "for ever",
    "Somebody edited it.": "Somebody",
    "The branch is checked as well.": "as well.",
    "The user is told first.": "told",
    "A name tells much.": "tells",
    "It stands in the file.": "stands",
    "The key is in doubt.": "in doubt",
    "The chain is whole.": "is whole",
    "The result is looked at again.": "is looked at",
    "Mend the state.": "Mend",
    "Git was not let in.": "let in",
    "Invent does not tell its name.": "not tell",
    "There's none.": "There's none",
    "There’s none here.": "There’s none",
    "It isn't whole.": "isn't whole",
    "Someone edited it.": "Someone",
    "The page is yet to be written.": "yet to be",
    "Tell it in one issue.": "Tell it",
    "It doesn't tell its name.": "n't tell",
}
GOOD = [
    "What does apply do?",
    "There is no schema of that name.",
    "It is no longer there.",
    "An id tells two equal names apart.",
    "Their ids tell them apart.",
    "There's one none-empty list.",
    "It isn't wholesome.",
    "Add some, one at a time.",
    "It is not yet the best, to be sure.",
    "Names as well as ids are cleaned.",
    "The whole list is read.",
    "The list is looked up.",
    " ".join(["word"] * LONGEST_SENTENCE) + ".",
]


@pytest.mark.parametrize("sentence", BAD)
def test_each_banned_phrase_is_seen(sentence: str) -> None:
    [fault] = faults_of(sentence)
    assert BAD[sentence].strip() in fault


def test_every_rule_has_a_sentence_that_breaks_it() -> None:
    advice = {fault.partition(": ")[2] for sentence in BAD for fault in faults_of(sentence)}
    assert advice == set(BANNED.values())


@pytest.mark.parametrize("sentence", GOOD)
def test_plain_sentences_pass(sentence: str) -> None:
    assert faults_of(sentence) == []


def test_a_sentence_of_one_word_too_many_is_seen() -> None:
    assert faults_of(" ".join(["word"] * (LONGEST_SENTENCE + 1)) + ".") == ["26 words: make two sentences of it"]


def test_each_word_of_a_command_on_a_page_counts() -> None:
    page = " ".join(["word"] * (LONGEST_SENTENCE - 2)) + " `state mv OLD NEW`."
    [sentence] = sentences_in(prose_of(page))
    assert faults_of(sentence) == ["27 words: make two sentences of it"]


def test_only_prose_of_a_page_is_read() -> None:
    page = """---
title: somebody
---
# What is somebody is told

One sentence with `somebody in code` and a [link to a page](somebody.md).
Another one, e.g. this.

| somebody | told |
| --- | --- |

```sh
echo somebody
```

- an item
- a second item that
  goes on

   ```yaml
   name: somebody
   ```
<!-- somebody -->
![somebody](picture.png)
"""
    assert [readable(sentence) for sentence in sentences_in(prose_of(page))] == [
        "One sentence with ▢ ▢ ▢ and a link to a page.",
        "Another one, e.g. this.",
        "- an item",
        "- a second item that goes on",
    ]


def test_titles_and_cells_of_a_page_are_read_beside_its_prose() -> None:
    page = """---
title: not here
---
# Who is told `code|code`
Prose.
!!! note "A box is whole"
=== "A tab"

| a cell | [a link](x.md) \\| more |
| :--- | ---: |
| `code\\|code` is [told][x] |  |

```md
# not here
| not here |
```
[x]: somebody.md
## The end {#end}
"""
    assert [" ".join(readable(label).split()) for label in labels_of(page)] == [
        "Who is told ▢",
        "A box is whole",
        "A tab",
        "a cell",
        "a link \\| more",
        "▢ is told",
        "The end",
    ]


def test_comments_and_names_of_a_workflow_are_read_and_its_commands_are_not() -> None:
    workflow = """\
# One sentence that
# goes on. Another.
name: <project> drift
jobs:
  a:
    name: Tell it # beside
    env:
      KEY: ${{ somebody.name }} # the key of <workspace>
    steps:
      - name: Look
        # In front.
        run: echo somebody
"""
    assert [readable(label) for label in labels_of_workflow(workflow)] == [
        "One sentence that\ngoes on. Another.",
        "▢ drift",
        "Tell it",
        "beside",
        "the key of ▢",
        "Look",
        "In front.",
    ]


def test_only_texts_for_people_are_read_of_a_module() -> None:
    source = '''
"""A docstring. Somebody."""
NAME = "somebody"
PATTERN = r"somebody \\w+ (?:is|was) told."
def function(count):
    """Tell somebody."""
    raise Refused(f"{count} keys {'are' if count else 'is'} told of {name('Somebody else. ')}.", "Fix " "it: plan")
'''
    assert sorted(readable(text) for _, text in messages_in(source)) == [
        "Fix it: plan",
        "Somebody else. ",
        "▢ keys ▢ told of ▢.",
    ]


def main() -> None:
    faults = all_faults()
    if "--write" in sys.argv:
        counts, allowed = Counter({name: len(sentences) for name, sentences in faults.items()}), allowance()
        lowered = {name: min(counts[name], allowed[name]) for name in allowed if counts[name]}
        ALLOWANCE.write_text(json.dumps(lowered, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        return
    names = [name for name in sys.argv[1:] if not name.startswith("-")]
    for name, sentences in faults.items():
        if not names or any(name.startswith(wanted) for wanted in names):
            print("\n".join(sentences))
    print({name: len(sentences) for name, sentences in faults.items()}, sum(map(len, faults.values())))


if __name__ == "__main__":
    main()
